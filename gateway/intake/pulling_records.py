"""Use case: a pull of records, person by person or page by page, for one contract.

The source is asked only about people who may be followed and for the weeks that the contract needs and the source can
know. No transaction is open while it is asked. What came is kept aside together with how far the run has come and with
its event, and the policy is asked again in that transaction: an objection that comes meanwhile wins. A run that was
interrupted goes on where it was; at its end all of it is judged and stored in one step (`gateway.intake.record_runs`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.asking import OwnPage, ask_people, own_page
from connectors.base import Progress, no_progress
from connectors.errors import ConnectorError, ListMoved, SourceMalformed
from connectors.shapes import Owned
from connectors.transport import Ask, ListTransport, PersonTransport, PutsAway, ReadsFiles, Record, Transport
from connectors.trouble import Trouble
from gateway.contracts.declarations import source
from gateway.errors.holds import PullLooksWrong, PullRejected
from gateway.errors.pulls import NothingComplete
from gateway.events.event import PersonLine
from gateway.events.records import RecordsAsked, RecordsFailed
from gateway.installation.authority import deciding
from gateway.installation.gateway import Gateway
from gateway.intake.changes_told import ChangesTold
from gateway.intake.file_readers import waiting_for
from gateway.intake.pulling import PullReport, ask_to_pull, check_may_be_asked, note_reached
from gateway.intake.record_runs import RecordRun, RunTold, conclude, drop_held_run, run_step, standing_records
from gateway.store import holds, queries, records
from gateway.store.storing_records import ended_people
from policies.terms import Purpose
from vocabulary.cpr_in_text import may_hide_cpr
from vocabulary.errors import DeclarationInvalid
from vocabulary.records import SubjectRef
from vocabulary.weeks import Week

_CHUNK_PEOPLE = 50  # asked about between two commits
_READINGS = 2  # of one list, before it is refused because it moves
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)")


def pull_records(
    gateway: Gateway,
    contract_id: str,
    source_id: str,
    transport: Transport,
    *,
    purpose: Purpose = Purpose.OUTCOME_PAYMENT,
    progress: Progress = no_progress,
) -> PullReport:
    """Ask a declared source for what a contract needs, up to the last week that it can know.

    Raises `PolicyDenied`, `SourceUnknown`, `ContractUnknown`, `NothingComplete` where no new week can be known yet, or
    a `ConnectorError`; then what was told is kept, and the next call goes on from there. Raises `PullLooksWrong` where
    what it told is held, now or since an earlier pull, and `PullRejected` for files that were rejected.
    """
    run, ask, position = _begin(gateway, contract_id, source_id, transport, purpose)
    try:
        if isinstance(transport, PersonTransport):
            _ask_everybody(gateway, run, transport, ask, position, progress)
            told: RunTold | None = None
        elif run.tells_changes:
            _read_changes(gateway, run, transport, ask, progress)
            told = None
        else:
            told = _read_list(gateway, run, transport, ask, progress)
    except ConnectorError as error:
        with gateway.write() as uow:
            uow.record(RecordsFailed(contract=contract_id, source=source_id, run=run.id, error=error.code))
            if run.tells_changes:  # nobody knows when it goes on, and until then pages would lie in their order
                records.seal_anew(uow.session, contract_id, source_id)
            note_reached(uow, run.declaration, error)
        raise
    files = list(transport.digests) if isinstance(transport, PutsAway) else []
    if isinstance(transport, PutsAway):
        _leave_rejected(gateway, run, transport)
    run.newest_file = transport.newest_file if isinstance(transport, ReadsFiles) else ""
    with run_step(gateway, run, run.people) as step:
        if told is not None:
            step.note(len(told.owned))
        elif run.tells_changes:
            told = standing_records(step)
        else:
            told = RunTold(*holds.staged_answers(step.asking.session, run.contract_id, run.id), absence_is_known=True)
        done = conclude(step, told, files)
    if isinstance(done, PullLooksWrong):
        raise done
    if isinstance(transport, PutsAway):
        transport.finish([digest for digest in files if not waiting_for(gateway, source_id, digest)])
    return done


def _leave_rejected(gateway: Gateway, run: RecordRun, transport: PutsAway) -> None:
    """Put away files that were rejected. Raises `PullRejected` where there are some: the next pull reads the others."""
    with gateway.store.read() as session:
        rejected = holds.rejected_files(session, run.contract_id, run.declaration.id)
        found = [digest for digest in transport.digests if digest in rejected]
        rows = [row for row in holds.holds_of(session, run.contract_id, run.declaration.id) if {*found} & {*row.files}]
    if found:
        transport.finish([digest for digest in found if not waiting_for(gateway, run.declaration.id, digest)])
        raise PullRejected(source=run.declaration.id, hold=rows[-1].id)


def _begin(
    gateway: Gateway, contract_id: str, source_id: str, transport: Transport, purpose: Purpose
) -> tuple[RecordRun, Ask, str]:
    """The run, what it asks for, and the last person whose answer is kept already."""
    with deciding(gateway) as asking:
        declaration = source(asking.session, source_id)
        coverage = declaration.coverage
        if coverage is None or (coverage.answers == "changes" and isinstance(transport, PersonTransport)):
            reason = "a source that is asked person by person tells all of it" if coverage else "is a kind of file"
            raise DeclarationInvalid(
                file=declaration.file, line=1, key="coverage" if coverage else "kind", reason=reason
            )
        authorised, needed, stopped = ask_to_pull(gateway, asking, contract_id, declaration, purpose)
        check_may_be_asked(asking, source_id)
        drop_held_run(asking, contract_id, declaration, authorised.id)
        contract = gateway.contract(asking.session, contract_id)
        last = Week.of(asking.now.date() - timedelta(days=coverage.complete_after_days + 6))
        weeks = needed[0], min(needed[1], last)
        if weeks[1] < weeks[0]:
            raise NothingComplete(source=source_id, first=str(needed[0]), complete_to=str(last))
        everyone = gateway.boundary(asking.session).matcher(contract_id, without=stopped).everyone
        gone = ended_people(asking.session, contract_id, declaration, everyone, weeks=needed, now=asking.now)
        people = [person for person in everyone if person not in gone]
        row, goes_on = records.run_of(
            asking.session,
            contract_id,
            declaration,
            people,
            weeks,
            asked_to=needed[1],
            batches=len(queries.batches(asking.session, contract_id)),
            now=asking.now,
        )
        asking.uow.record(
            RecordsAsked(
                contract=contract_id,
                source=source_id,
                source_sha256=declaration.sha256,
                run=row.id,
                purpose=purpose,
                from_week=str(weeks[0]),
                to_week=str(weeks[1]),
                people=len(people),
                goes_on=goes_on,
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            ),
            [PersonLine(ref.value, "pull", purpose) for ref in people],
        )
        run = RecordRun(
            id=row.id,
            contract_id=contract_id,
            declaration=declaration,
            purpose=purpose,
            weeks=weeks,
            people=people,
            keeps_amounts=contract.needs_amounts,
        )
        run.count_on(row.counts)
        ask = Ask(
            weeks[0].monday,
            weeks[1].sunday,
            since=_since(row.cursor, coverage.lag_days),
            newest_file=records.newest_file(asking.session, contract_id, source_id),
        )
        return run, ask, row.position


def _since(cursor: str, lag_days: int) -> str:
    """The cursor, set back by the lag where it is an instant: what came late is told again."""
    if not lag_days or not _INSTANT.fullmatch(cursor):
        return cursor
    return (datetime.fromisoformat(cursor) - timedelta(days=lag_days)).isoformat()


def _may_be_kept(cursor: str) -> bool:
    """Whether a cursor says where to go on, and is nobody's number."""
    return bool(cursor) and (_INSTANT.fullmatch(cursor) is not None or not may_hide_cpr(cursor))


def _ask_everybody(
    gateway: Gateway, run: RecordRun, transport: PersonTransport, ask: Ask, position: str, progress: Progress
) -> None:
    """Each answer is kept aside. Of whom none can be used nothing is concluded, and the others are told
    (`connectors.asking.Trouble`).
    """
    left = [person for person in run.people if person.value > position]
    done = len(run.people) - len(left)
    trouble = Trouble(has_answered=done > 0)
    for start in range(0, len(left), _CHUNK_PEOPLE):
        chunk = left[start : start + _CHUNK_PEOPLE]
        with gateway.store.read() as session:
            answers = ask_people(gateway.boundary(session), chunk, transport, ask, run.words, trouble)
        if start + _CHUNK_PEOPLE >= len(left):
            trouble.check_somebody_answered()
        with run_step(gateway, run, chunk) as step:
            own = [one for one in answers.owned if one.subject in step.allowed]
            failed = {person: reason for person, reason in answers.failed.items() if person in step.allowed}
            holds.stage(
                step.asking.session, run.contract_id, run.id, own, failed, [person.value for person in step.allowed]
            )
            step.row.position = chunk[-1].value
            step.note(len(own))
        progress(done + start + len(chunk), len(run.people))


def _read_list(gateway: Gateway, run: RecordRun, transport: ListTransport, ask: Ask, progress: Progress) -> RunTold:
    """Everything that a source lists, held until its last page: a list that breaks off stores nothing.

    One that moved while it was read is read again from its beginning, once; one that moves on is refused.
    """
    for reading in range(1, _READINGS + 1):
        outside, unowned, rejected = run.outside, run.unowned, run.rejected.copy()
        found: list[Owned] = []
        seen: set[tuple[SubjectRef, Record]] = set()
        try:
            for number, own in enumerate(_pages(gateway, run, transport, ask), start=1):
                found += _new_on_page(run, own.owned, seen)
                progress(number, 0)  # nobody knows how many pages there are
        except ListMoved:
            if reading == _READINGS:
                raise
            run.outside, run.unowned, run.rejected = outside, unowned, rejected
        else:
            break
    return RunTold(found, {}, absence_is_known=not run.unowned)


def _new_on_page(run: RecordRun, owned: Sequence[Owned], seen: set[tuple[SubjectRef, Record]]) -> list[Owned]:
    """The records of a page that no earlier page had. Periods that come twice say one thing; two equal postings on two
    pages may be one or two, and nobody could tell.
    """
    page = {(one.subject, one.record) for one in owned}
    if run.declaration.kind == "postings" and page & seen:
        reason = "two pages have the same posting, and postings without a number cannot be told apart"
        raise SourceMalformed(source=run.declaration.id, reason=reason)
    new = [one for one in owned if (one.subject, one.record) not in seen]
    seen |= page
    return new


def _read_changes(gateway: Gateway, run: RecordRun, transport: ListTransport, ask: Ask, progress: Progress) -> None:
    """Each page is kept with its cursor; at the end the rows of everybody are derived from the standing records."""
    coverage = run.declaration.coverage
    if coverage is None:
        raise TypeError("a file of a kind tells no changes")
    answer, keys = ChangesTold(run.declaration, coverage.version), gateway.source_keys(run.contract_id, run.declaration)
    for number, own in enumerate(_pages(gateway, run, transport, ask), start=1):
        told = [*map(answer.of_person, own.owned), *map(answer.of_anybody, own.unowned)]
        elsewhere = [replace(answer.of_stranger(record), is_deleted=True) for record in own.strangers]
        with run_step(gateway, run, run.people) as step:
            session = step.asking.session
            kept = [one for one in told if one.subject is None or one.subject in step.allowed]
            kept += records.known_records(session, step.row, keys, elsewhere)
            news = records.keep(session, step.row, keys, kept)
            # from an earlier cursor the source tells some records again, which changes nothing
            step.row.cursor = own.cursor if _may_be_kept(own.cursor) else step.row.cursor
            # whoever may not be followed any more is told of from the beginning, should that end
            step.row.people = sorted(person.value for person in step.allowed)
            step.note(news)
        progress(number, 0)  # nobody knows how many pages there are


def _pages(gateway: Gateway, run: RecordRun, transport: ListTransport, ask: Ask) -> Iterator[OwnPage]:
    """The records of those who are asked about, page by page; everybody else's are counted and dropped."""
    asked = set(run.people)
    with gateway.store.read() as session:
        boundary = gateway.boundary(session)
        matcher = boundary.matcher(run.contract_id)
    for page in transport.pages(ask):
        own = own_page(matcher, page, run.words, boundary.hide)
        found = replace(own, owned=tuple(one for one in own.owned if one.subject in asked))
        run.outside += len(own.strangers) + len(own.owned) - len(found.owned)
        run.unowned += len(own.unowned)
        run.rejected.update(own.rejected)
        yield found
