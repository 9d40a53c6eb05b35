"""Use case: a pull, which reads one file of a declared source for one contract.

The policy is asked before the file is opened, and again in the transaction that stores its rows. Whoever may not be
followed is left out of the question and out of the rows: an objection that comes while the file is read wins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sqlmodel import Session

from connectors.base import Progress, Pulled, no_progress
from connectors.declaration import SourceDeclaration
from connectors.errors import ConnectorError, FileChanged, FileNotNeeded, FolderEmpty, SourceUnavailable
from connectors.pull import check_has_come, pull_file
from connectors.reading import file_sha256
from connectors.source_file import LocalFile, SourceFile
from gateway.contracts.declarations import source
from gateway.errors.enrolment import FileOlder, FileOverlaps
from gateway.errors.pulls import IncomeNotRead, SourceRests
from gateway.events.event import PersonLine
from gateway.events.pulls import PullAuthorised, PullCompleted, PullFailed, PullNotNeeded, PullRepeated
from gateway.installation.authority import Asking, Authorised, deciding, municipality
from gateway.installation.gateway import Gateway
from gateway.intake.holding import LookedAt, check_may_be_used, findings_of, hold_pull, supersede_holds
from gateway.intake.judging_pulls import PullMeasures
from gateway.intake.measuring import measures_of_file
from gateway.intake.stops import record_programme_stop
from gateway.outcomes.ends import may_be_read
from gateway.outcomes.readings import asked_weeks, income_source_of
from gateway.store import basis, circuit, contract_queries, postings, queries, spells
from gateway.store.newcomers import judge_newcomers
from gateway.store.storing_records import ended_people
from gateway.store.tables import PullRow
from gateway.store.unit_of_work import UnitOfWork
from policies.errors import PolicyDenied
from policies.facts import PullFacts
from policies.terms import Action, Purpose
from vocabulary.danish_days import danish_day
from vocabulary.errors import DeclarationInvalid
from vocabulary.records import SubjectRef
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class PullReport:
    """What `pull` did: counts only, never a row. `is_new` is false where the file was pulled before."""

    source: str
    file: str
    file_sha256: str
    from_week: str
    to_week: str
    rows_read: int
    rows_outside_cohort: int
    rejected: dict[str, int]
    unknown_codes: dict[str, int]
    not_found: int
    uncertain: int
    people_changed: int
    postings_added: int
    is_new: bool


def pull(
    gateway: Gateway,
    contract_id: str,
    source_id: str,
    file: Path | SourceFile,
    *,
    purpose: Purpose = Purpose.OUTCOME_PAYMENT,
    progress: Progress = no_progress,
) -> PullReport:
    """Read one file of a declared source for one contract. The same file again changes nothing.

    1 authorise and log, before the file is opened for its rows; 2 read it, outside any transaction; 3 ask again, judge
    it, and store rows, cursor and event in one transaction.

    Raises `PolicyDenied`, `IncomeNotRead`, `SourceUnknown`, `ContractUnknown`, a `ConnectorError`, `PullLooksWrong`
    where it is held or `PullRejected`; then no row is stored.
    """
    file = LocalFile(file) if isinstance(file, Path) else file
    digest = file_sha256(file)
    with deciding(gateway) as asking:  # 1
        declaration = source(asking.session, source_id)
        keeps_amounts = gateway.contract(asking.session, contract_id).needs_amounts
        authorised, weeks, stopped = ask_to_pull(gateway, asking, contract_id, declaration, purpose)
        batches = len(queries.batches(asking.session, contract_id))
        known = _pulled_before(asking.session, contract_id, declaration, digest, to_week=weeks[1], batches=batches)
        is_accepted = check_may_be_used(asking.session, contract_id, declaration, digest)
        left_out = stopped | _subjects_gone(gateway, asking, contract_id, declaration, weeks)
        matcher = gateway.boundary(asking.session).matcher(contract_id, without=left_out)
        asking.uow.record(
            PullAuthorised(
                contract=contract_id,
                source=source_id,
                file_sha256=digest,
                purpose=purpose,
                from_week=str(weeks[0]),
                to_week=str(weeks[1]),
                people=matcher.size,
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            ),
            [PersonLine(ref.value, "pull", purpose) for ref in matcher.everyone],
        )
    if known is not None:
        return report(known, people_changed=0, postings_added=0, is_new=False)
    try:
        pulled = pull_file(  # 2
            file, declaration, matcher, weeks=weeks, keeps_amounts=keeps_amounts, progress=progress
        )
        if pulled.file_sha256 != digest:  # what was authorised is what is stored
            raise FileChanged(file=file.name)
        check_has_come(pulled, today=danish_day(gateway.clock()))
    except FileNotNeeded:
        with gateway.write() as uow:
            uow.record(PullNotNeeded(contract=contract_id, source=source_id, file_sha256=digest))
        raise
    except (ConnectorError, DeclarationInvalid) as error:
        with gateway.write() as uow:
            uow.record(PullFailed(contract=contract_id, source=source_id, file_sha256=digest, error=error.code))
        raise
    with deciding(gateway) as asking:  # 3
        authorised, _, stopped = ask_to_pull(gateway, asking, contract_id, declaration, purpose)
        known = _pulled_before(asking.session, contract_id, declaration, digest, to_week=weeks[1], batches=batches)
        if known is not None:  # another command was faster
            asking.uow.record(
                PullRepeated(contract=contract_id, source=source_id, file_sha256=digest, decision=authorised.id)
            )
            return report(known, people_changed=0, postings_added=0, is_new=False)
        left_out |= stopped
        kept = _judge_newcomers(asking, contract_id, declaration, _without(pulled, left_out))
        measures = measures_of_file(asking.session, contract_id, declaration, kept, people=matcher.size)
        supersede_holds(asking, contract_id, declaration, digest, authorised.id)
        findings = () if is_accepted else findings_of(asking.session, contract_id, declaration, measures)
        if findings:
            covered = pulled.from_week, pulled.to_week
            held = LookedAt(contract_id, declaration, digest, purpose, covered, file_name=pulled.file)
            looks_wrong = hold_pull(asking, held, findings, authorised.id)
        else:
            row, changed, added = _store(
                asking,
                contract_id,
                declaration,
                kept,
                measures,
                authorised,
                without=left_out,
                asked_to=weeks[1],
                batches=batches,
            )
    if findings:
        raise looks_wrong
    return report(row, people_changed=changed, postings_added=added, is_new=True)


def _subjects_gone(
    gateway: Gateway, asking: Asking, contract_id: str, declaration: SourceDeclaration, weeks: tuple[Week, Week]
) -> set[str]:
    """Of whom the source has nothing left to tell: see `storing_records.ended_people`."""
    everyone = gateway.boundary(asking.session).matcher(contract_id).everyone
    gone = ended_people(asking.session, contract_id, declaration, everyone, weeks=weeks, now=asking.now)
    return {ref.value for ref in gone}


def ask_to_pull(
    gateway: Gateway, asking: Asking, contract_id: str, declaration: SourceDeclaration, purpose: Purpose
) -> tuple[Authorised, tuple[Week, Week], set[str]]:
    """The decision, the weeks to ask for, and whom not to ask for. `IncomeNotRead` where the contract reads no pay.

    A refusal of the policy leaves a signed receipt that reading has stopped, in the transaction that records it.
    """
    contract = gateway.contract(asking.session, contract_id)
    if declaration.tells_pay and not income_source_of(contract):
        raise IncomeNotRead(contract=contract_id, source=declaration.id)
    programme = gateway.programme(asking.session, contract_id)
    weeks, today = asked_weeks(contract, declaration.id), asking.now.date()
    everyone = [subject.subject_id for subject in queries.subjects(asking.session, contract_id)]
    stopped = set(basis.stops(asking.session, programme, everyone, at=asking.now, purposes=frozenset({purpose})))
    facts = PullFacts(
        purpose=purpose,
        contract_sha256=contract_queries.newest_digest(asking.session, contract_id),
        source=declaration.id,
        agreement_valid=declaration.agreement.is_valid(on=today),
        agreement_purposes=declaration.agreement.permitted_purposes,
        purpose_assessed=programme.is_assessed(
            declaration.id, for_another_purpose=declaration.is_supplied_for_another_purpose
        ),
        period_within_programme=programme.covers(weeks[0].monday, weeks[1].sunday),
        pull_open=programme.pull_open(on=today) and may_be_read(contract, on=today),
        subjects_enrolled=bool(queries.batches(asking.session, contract_id)),
        subjects_covered=len(stopped) < len(everyone) or not everyone,
    )
    try:
        authorised = asking.ask(municipality(programme), Action.PULL_SOURCE, programme, facts)
    except PolicyDenied as refused:
        record_programme_stop(gateway, asking.uow, programme, refused.decision, source=declaration.id)
        raise
    return authorised, weeks, stopped


def check_may_be_asked(asking: Asking, source_id: str) -> None:
    """Raise `SourceRests` where the source is left alone now."""
    row = circuit.resting(asking.session, source_id, asking.now)
    if row is not None and row.rests_until is not None:
        until = row.rests_until.isoformat(timespec="minutes")
        raise SourceRests(source=source_id, failures=row.failures, until=until)


def note_reached(uow: UnitOfWork, declaration: SourceDeclaration, error: ConnectorError | None) -> None:
    """Remember whether a pull could reach its source. A folder on this machine is never left alone."""
    if not isinstance(error, SourceUnavailable) or isinstance(error, FolderEmpty):
        circuit.record_answer(uow.session, declaration.id)
    elif declaration.transport.kind != "file":
        circuit.record_failure(uow.session, declaration.id, uow.now)


def _without(pulled: Pulled, stopped: set[str]) -> Pulled:
    """The rows without those of people who may not be followed any more."""

    def may_stay(subject: SubjectRef) -> bool:
        return subject.value not in stopped

    return replace(
        pulled,
        spells=[spell for spell in pulled.spells if may_stay(spell.subject)],
        postings=[posting for posting in pulled.postings if may_stay(posting.subject)],
    )


def _judge_newcomers(asking: Asking, contract_id: str, declaration: SourceDeclaration, pulled: Pulled) -> Pulled:
    """The rows with unknown weeks of people who are new to a benefit that closed to new people."""
    told, unknown = judge_newcomers(asking.session, contract_id, declaration, pulled.spells, now=asking.now)
    return replace(pulled, spells=told, unknown_codes=pulled.unknown_codes + unknown)


def _pulled_before(
    session: Session, contract_id: str, declaration: SourceDeclaration, digest: str, *, to_week: Week, batches: int
) -> PullRow | None:
    """The pull that read this file already, for as many weeks, of as many batches and under the same meanings: an
    extension asks for more of the same file, and another declaration or code list reads it otherwise.
    """
    wanted = digest, declaration.meaning_sha256, to_week.ordinal, batches
    return next(
        (
            row
            for row in queries.pulls(session, contract_id, declaration.id)
            if (row.file_sha256, row.meaning_sha256, row.asked_to_week, row.batches) == wanted
        ),
        None,
    )


def _store(
    asking: Asking,
    contract_id: str,
    declaration: SourceDeclaration,
    pulled: Pulled,
    measures: PullMeasures,
    authorised: Authorised,
    *,
    without: set[str],
    asked_to: Week,
    batches: int,
) -> tuple[PullRow, int, int]:
    source_id = declaration.id
    # statuses are told a week and an edition; postings add up, so the same months must never count twice
    replaced = _replaced_pulls(asking.session, contract_id, source_id, pulled) if declaration.kind == "income" else []
    rejected = {reason.value: count for reason, count in pulled.rejected.items() if count}
    unknown = dict(pulled.unknown_codes)
    counts = {
        "rows_read": pulled.rows_read,
        "rows_outside_cohort": pulled.rows_outside_cohort,
        "rejected": rejected,
        "unknown_codes": unknown,
        "not_found": pulled.not_found,
        "uncertain": pulled.uncertain,
    }
    row = PullRow(
        contract_id=contract_id,
        source_id=source_id,
        file_name=pulled.file,
        file_sha256=pulled.file_sha256,
        meaning_sha256=declaration.meaning_sha256,
        from_week=pulled.from_week.ordinal,
        to_week=pulled.to_week.ordinal,
        edition=pulled.edition,
        asked_to_week=asked_to.ordinal,
        batches=batches,
        counts=counts,
        measures=measures.counts(),
        decision_id=authorised.id,
        known_at=asking.now,
    )
    asking.session.add(row)
    asking.session.flush()
    changed = spells.store_spells(
        asking.session,
        contract_id,
        source_id,
        pulled.spells,
        from_week=pulled.from_week,
        to_week=pulled.to_week,
        edition=pulled.edition,
        now=asking.now,
        covered_since=_weeks_covered_since(asking.session, contract_id, source_id, pulled.edition),
    )
    added = postings.store_postings(
        asking.session,
        contract_id,
        source_id,
        row.id or 0,
        pulled.postings,
        replaced=replaced,
        without=without,
        now=asking.now,
    )
    asking.uow.record(
        PullCompleted(
            contract=contract_id,
            source=source_id,
            file_sha256=pulled.file_sha256,
            rows_read=pulled.rows_read,
            rows_outside_cohort=pulled.rows_outside_cohort,
            rejected=rejected,
            unknown_codes=unknown,
            not_found=pulled.not_found,
            uncertain=pulled.uncertain,
            decision=authorised.id,
        )
    )
    return row, changed, added


def _weeks_covered_since(
    session: Session, contract_id: str, source_id: str, edition: int
) -> Callable[[str], frozenset[int]]:
    """By subject id the weeks that a file of a newer edition has covered, which was pulled when that person was sealed.
    What it left open, such as the weeks of a row that could not be read, an older file does not fill.
    """
    newer = [row for row in queries.pulls(session, contract_id, source_id) if row.edition > edition]
    by_batch = {
        batch.batch_id: frozenset(
            week for row in newer if row.batches > place for week in range(row.from_week, row.to_week + 1)
        )
        for place, batch in enumerate(queries.batches_as_sealed(session, contract_id))
    }
    weeks = {one.subject_id: by_batch[one.batch_id] for one in queries.subjects(session, contract_id)} if newer else {}
    return lambda subject: weeks.get(subject, frozenset())


def _replaced_pulls(session: Session, contract_id: str, source_id: str, pulled: Pulled) -> list[int]:
    """The earlier pulls whose months this income file delivers again.

    Raises `FileOverlaps` where it holds only a part, and `FileOlder` where their names say that it was made before
    them: what comes late undoes nothing.
    """
    replaced = []
    for row in queries.pulls(session, contract_id, source_id):
        if row.to_week < pulled.from_week.ordinal or pulled.to_week.ordinal < row.from_week:
            continue
        if row.from_week < pulled.from_week.ordinal or pulled.to_week.ordinal < row.to_week:
            raise FileOverlaps(file=pulled.file, other=row.file_name)
        if 0 < pulled.edition < row.edition:
            raise FileOlder(file=pulled.file, other=row.file_name)
        replaced.append(row.id or 0)
    return replaced


def report(row: PullRow, *, people_changed: int, postings_added: int, is_new: bool) -> PullReport:
    return PullReport(
        source=row.source_id,
        file=row.file_name,
        file_sha256=row.file_sha256,
        from_week=str(Week(row.from_week)),
        to_week=str(Week(row.to_week)),
        people_changed=people_changed,
        postings_added=postings_added,
        is_new=is_new,
        **row.counts,
    )
