"""Use case: a source's declaration is proved against the real source, and nothing of what it sends is stored.

A sample (one file, one page of a list, or the answer about one person) is read in memory, as a pull would read it, and
counted. That is access to people's data, so it is authorised as a pull is, for a contract, and logged with a line for
each person who was asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date

from connectors import transports
from connectors.boundary import CohortMatcher
from connectors.declaration import FILE_KINDS, SourceDeclaration
from connectors.errors import ConnectorError, FolderEmpty, RejectReason, SourceUnavailable
from connectors.file_form import FileForm, form_of
from connectors.inbox import Left
from connectors.pull import check_has_come, pull_file
from connectors.record_file import header_of, record_pages
from connectors.shapes import Owned, read_records
from connectors.source_file import SourceFile
from connectors.transport import Ask, Clock, ListTransport, Record, Secrets
from gateway.contracts.declarations import source
from gateway.events.event import PersonLine
from gateway.events.sources import SourceCheckAuthorised, SourceChecked
from gateway.installation.authority import deciding
from gateway.installation.gateway import Gateway
from gateway.intake.pulling import ask_to_pull
from gateway.store import circuit, contract_queries
from policies.terms import Purpose
from vocabulary.cpr_in_text import mask_id
from vocabulary.danish_days import danish_day
from vocabulary.errors import DeclarationInvalid
from vocabulary.records import SubjectRef
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """What a sample showed: counts, and names of columns and files. Never a cell.

    `dropped` are the columns of the sample that are never kept; a transport that asks for its columns alone sends none.
    """

    source: str
    contract: str
    sample: str  # "file NAME" | "page" | "person"
    records: int
    of_cohort: int  # rows or records of people of the cohort
    dropped: tuple[str, ...] = ()
    rejected: dict[str, int] = field(default_factory=dict)
    unknown_codes: dict[str, int] = field(default_factory=dict)
    left: tuple[Left, ...] = ()
    explains_no_code: bool = False


@dataclass(frozen=True, slots=True)
class _Question:
    """What was allowed, for one contract."""

    declaration: SourceDeclaration
    weeks: tuple[Week, Week]
    matcher: CohortMatcher
    asked: Sequence[SubjectRef]
    today: date


def contracts_with(gateway: Gateway, source_id: str) -> list[str]:
    """The contracts whose programmes name the source."""
    with gateway.store.read() as session:
        known = contract_queries.contract_ids(session)
        return [one for one in known if source_id in gateway.programme(session, one).sources]


def check_source(
    gateway: Gateway,
    contract_id: str,
    source_id: str,
    file: SourceFile | None,
    *,
    secrets: Secrets,
    clock: Clock,
    purpose: Purpose = Purpose.OUTCOME_PAYMENT,
) -> SourceCheck:
    """Read one sample as a pull would, and count it. Without a file the sample comes from the source itself.

    1 authorise and log, before the source is reached; 2 read, outside any transaction; 3 log how it ended.

    Raises `PolicyDenied`, `SourceUnknown`, `ContractUnknown` or the `ConnectorError` that a pull would end with.
    """
    question = _authorise(gateway, contract_id, source_id, purpose)  # 1
    try:
        checked = _look_at_sample(gateway, contract_id, question, file, secrets, clock)  # 2
    except (ConnectorError, DeclarationInvalid) as error:
        _record(gateway, contract_id, question.declaration, records=0, of_cohort=0, error=error.code)  # 3
        raise
    _record(gateway, contract_id, question.declaration, records=checked.records, of_cohort=checked.of_cohort, error="")
    return replace(checked, explains_no_code=question.declaration.explains_no_code)


def _authorise(gateway: Gateway, contract_id: str, source_id: str, purpose: Purpose) -> _Question:
    with deciding(gateway) as asking:
        declaration = source(asking.session, source_id)
        authorised, weeks, stopped = ask_to_pull(gateway, asking, contract_id, declaration, purpose)
        matcher = gateway.boundary(asking.session).matcher(contract_id, without=stopped)
        asked = matcher.everyone if _lists_everybody(declaration) else matcher.everyone[:1]
        asking.uow.record(
            SourceCheckAuthorised(
                contract=contract_id,
                source=source_id,
                declaration_sha256=declaration.sha256,
                purpose=purpose,
                people=len(asked),
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            ),
            [PersonLine(ref.value, "check", purpose) for ref in asked],
        )
    return _Question(declaration, weeks, matcher, asked, danish_day(asking.now))


def _record(
    gateway: Gateway, contract_id: str, declaration: SourceDeclaration, *, records: int, of_cohort: int, error: str
) -> None:
    with gateway.write() as uow:
        uow.record(
            SourceChecked(
                contract=contract_id,
                source=declaration.id,
                declaration_sha256=declaration.sha256,
                records=records,
                of_cohort=of_cohort,
                error=error,
            )
        )
        if error != SourceUnavailable.code:
            circuit.record_answer(uow.session, declaration.id)


def _lists_everybody(declaration: SourceDeclaration) -> bool:
    """Whether a sample holds whoever the source knows; else it is asked about one person, who is named in the log."""
    return form_of(declaration.transport) is not None or transports.lists_everybody(declaration.transport)


def _look_at_sample(
    gateway: Gateway,
    contract_id: str,
    question: _Question,
    file: SourceFile | None,
    secrets: Secrets,
    clock: Clock,
) -> SourceCheck:
    settings = question.declaration.transport
    form = form_of(settings)
    if form is None:
        return _of_transport(gateway, contract_id, question, secrets, clock)
    if file is not None:
        return _of_file(contract_id, question, form, file)
    with closing(transports.inbox(settings, secrets, clock, claims=False)) as box:
        found = box.look()
        if not found.files:
            why = "; ".join(f"{left.name}: {left.reason}" for left in found.left[:3]) or "nothing of this name is there"
            raise FolderEmpty(source=box.label, reason=f"no whole file lies there ({why})")
        checked = _of_file(contract_id, question, form, found.files[-1])
    return replace(checked, left=tuple(found.left))


def _of_file(contract_id: str, question: _Question, form: FileForm, file: SourceFile) -> SourceCheck:
    declaration = question.declaration
    dropped = tuple(map(mask_id, declaration.schema.dropped_of(header_of(file, form))))
    if declaration.kind in FILE_KINDS:
        pulled = pull_file(file, declaration, question.matcher, weeks=question.weeks)
        check_has_come(pulled, today=question.today)
        rejected = {reason.value: count for reason, count in pulled.rejected.items() if count}
        of_cohort = pulled.rows_read - pulled.rows_outside_cohort - sum(rejected.values())
        counted = SourceCheck(declaration.id, contract_id, f"file {file.name}", pulled.rows_read, of_cohort)
        return replace(counted, dropped=dropped, rejected=rejected, unknown_codes=dict(pulled.unknown_codes))
    records = [record for page in record_pages(file, form, declaration.schema) for record in page.records]
    return replace(_of_records(contract_id, question, records, f"file {file.name}"), dropped=dropped)


def _of_transport(
    gateway: Gateway, contract_id: str, question: _Question, secrets: Secrets, clock: Clock
) -> SourceCheck:
    """The first page of a list, or the answer about the first person of the cohort."""
    declaration, weeks = question.declaration, question.weeks
    ask = Ask(weeks[0].monday, weeks[1].sunday)
    with closing(transports.connect(declaration.transport, declaration.schema, secrets, clock)) as transport:
        if isinstance(transport, ListTransport):
            page = next(iter(transport.pages(ask)), None)
            return _of_records(contract_id, question, [] if page is None else page.records, "page")
        with gateway.store.read() as session:
            one = question.asked[:1]  # of all, where the module did not say that it asks one by one
            answers = gateway.boundary(session).with_cpr(one, lambda cpr_digits: transport.ask(cpr_digits, ask))
    owned = [Owned(who, record) for who, answer in zip(one, answers, strict=True) for record in answer]
    return _count(contract_id, question, owned, sum(map(len, answers)), {}, "person")


def _of_records(contract_id: str, question: _Question, records: Sequence[Record], sample: str) -> SourceCheck:
    place = list(question.declaration.columns).index("cpr")
    whose = question.matcher.identify_all([record[place] for record in records])
    owned = [Owned(who, one) for who, one in zip(whose, records, strict=True) if isinstance(who, SubjectRef)]
    rejected: dict[str, int] = {}
    for who in whose:
        if isinstance(who, RejectReason):
            rejected[who.value] = rejected.get(who.value, 0) + 1
    return _count(contract_id, question, owned, len(records), rejected, sample)


def _count(
    contract_id: str,
    question: _Question,
    owned: Sequence[Owned],
    records: int,
    rejected: dict[str, int],
    sample: str,
) -> SourceCheck:
    declaration = question.declaration
    words = list(declaration.columns)
    read = read_records(declaration.kind, owned, words, weeks=question.weeks, codes=declaration.codes)
    for reason, count in read.rejected.items():
        rejected[reason.value] = rejected.get(reason.value, 0) + count
    unknown = dict(read.unknown_codes)
    return SourceCheck(
        declaration.id, contract_id, sample, records, len(owned), rejected=rejected, unknown_codes=unknown
    )
