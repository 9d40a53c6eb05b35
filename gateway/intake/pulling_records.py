"""Use case: a pull of records, person by person or page by page, for one contract.

The source is asked only about people who may be followed and for the weeks that the contract needs and the source can
know. No transaction is open while it is asked. What came is stored together with how far the run has come and with its
event, and the policy is asked again in that transaction: an objection that comes meanwhile wins. A run that was
interrupted goes on where it was; asking for something again changes nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from connectors.asking import OwnPage, Trouble, ask_people, own_page
from connectors.base import Progress, no_progress
from connectors.declaration import SourceDeclaration
from connectors.errors import ConnectorError, ListMoved, RejectReason, SourceMalformed
from connectors.shapes import Owned
from connectors.transport import Ask, ListTransport, PersonTransport, PutsAway, ReadsFiles, Record, Transport
from connectors.versions import VersionForm
from gateway.contracts.declarations import source
from gateway.errors.pulls import NothingComplete, RunOvertaken
from gateway.events.event import PersonLine
from gateway.events.records import RecordsAsked, RecordsComplete, RecordsFailed, RecordsStored
from gateway.installation.authority import Asking, deciding
from gateway.installation.gateway import Gateway
from gateway.intake.changes_told import ChangesTold
from gateway.intake.file_readers import waiting_for
from gateway.intake.pulling import PullReport, ask_to_pull, check_may_be_asked, note_reached, report
from gateway.store import records
from gateway.store.record_tables import PullRun
from gateway.store.storing_records import RecordQuestion, ended_people, store_whole
from gateway.store.tables import PullRow
from policies.terms import Purpose
from vocabulary.errors import DeclarationInvalid
from vocabulary.records import SubjectRef
from vocabulary.weeks import Week

_CHUNK_PEOPLE = 50  # asked about between two commits
_READINGS = 2  # of one list, before it is refused because it moves
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)")


@dataclass(slots=True)
class _Run:
    """A run as it goes: what it asks for, and what it has counted."""

    id: str
    contract_id: str
    declaration: SourceDeclaration
    purpose: Purpose
    weeks: tuple[Week, Week]
    ask: Ask
    people: list[SubjectRef]  # who may be followed, in the order in which they are asked about
    position: str
    keeps_amounts: bool
    version_form: VersionForm
    records: int = 0
    outside: int = 0
    unowned: int = 0  # records of which nobody can tell whose they are
    uncertain: int = 0
    people_changed: int = 0
    postings: int = 0
    rejected: Counter[RejectReason] = field(default_factory=Counter)
    unknown_codes: Counter[str] = field(default_factory=Counter)

    def counts(self) -> dict[str, Any]:
        """What a pull says of itself, as `PullReport` names it."""
        return {
            "rows_read": self.records,
            "rows_outside_cohort": self.outside,
            "rejected": {reason.value: count for reason, count in self.rejected.items() if count},
            "unknown_codes": dict(self.unknown_codes),
            "not_found": 0,
            "uncertain": self.uncertain,
        }

    @property
    def words(self) -> list[str]:
        return list(self.declaration.columns)

    @property
    def tells_changes(self) -> bool:
        return self.declaration.coverage is not None and self.declaration.coverage.answers == "changes"


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
    a `ConnectorError`; then what was stored stays, and the next call goes on from there.
    """
    run = _begin(gateway, contract_id, source_id, transport, purpose)
    try:
        if isinstance(transport, PersonTransport):
            _ask_everybody(gateway, run, transport, progress)
        elif run.tells_changes:
            _read_changes(gateway, run, transport, progress)
        else:
            _read_list(gateway, run, transport, progress)
    except ConnectorError as error:
        with gateway.write() as uow:
            uow.record(RecordsFailed(contract=contract_id, source=source_id, run=run.id, error=error.code))
            note_reached(uow, run.declaration, error)
        raise
    files = list(transport.digests) if isinstance(transport, PutsAway) else []
    done = _end(gateway, run, files, transport.newest_file if isinstance(transport, ReadsFiles) else "")
    if isinstance(transport, PutsAway):
        transport.finish([digest for digest in files if not waiting_for(gateway, source_id, digest)])
    return done


def _begin(gateway: Gateway, contract_id: str, source_id: str, transport: Transport, purpose: Purpose) -> _Run:
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
        contract = gateway.contract(asking.session, contract_id)
        last = Week.of(asking.now.date() - timedelta(days=coverage.complete_after_days + 6))
        weeks = needed[0], min(needed[1], last)
        if weeks[1] < weeks[0]:
            raise NothingComplete(source=source_id, first=str(needed[0]), complete_to=str(last))
        everyone = gateway.boundary(asking.session).matcher(contract_id, without=stopped).everyone
        gone = ended_people(asking.session, contract_id, declaration, everyone, weeks=needed, now=asking.now)
        people = [person for person in everyone if person not in gone]
        row, goes_on = records.run_of(
            asking.session, contract_id, declaration, people, weeks, asked_to=needed[1], now=asking.now
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
        return _Run(
            id=row.id,
            contract_id=contract_id,
            declaration=declaration,
            purpose=purpose,
            weeks=weeks,
            ask=Ask(
                weeks[0].monday,
                weeks[1].sunday,
                since=_since(row.cursor, coverage.lag_days),
                newest_file=records.newest_file(asking.session, contract_id, source_id),
            ),
            people=people,
            position=row.position,
            keeps_amounts=contract.needs_amounts,
            version_form=coverage.version,
        )


def _since(cursor: str, lag_days: int) -> str:
    """The cursor, set back by the lag where it is an instant: what came late is told again."""
    if not lag_days or not _INSTANT.fullmatch(cursor):
        return cursor
    return (datetime.fromisoformat(cursor) - timedelta(days=lag_days)).isoformat()


def _ask_everybody(gateway: Gateway, run: _Run, transport: PersonTransport, progress: Progress) -> None:
    """Of whom no answer can be used nothing is concluded, and the others are told (`connectors.asking.Trouble`)."""
    left = [person for person in run.people if person.value > run.position]
    done = len(run.people) - len(left)
    trouble = Trouble(has_answered=done > 0)
    for start in range(0, len(left), _CHUNK_PEOPLE):
        chunk = left[start : start + _CHUNK_PEOPLE]
        with gateway.store.read() as session:
            answers = ask_people(gateway.boundary(session), chunk, transport, run.ask, run.words, trouble)
        if start + _CHUNK_PEOPLE >= len(left):
            trouble.check_somebody_answered()
        run.uncertain += len(answers.failed)
        run.rejected.update(answers.failed.values())
        with _step(gateway, run, [person for person in chunk if person not in answers.failed]) as step:
            step.store_whole(answers.owned, absence_is_known=True)
            step.row.position = chunk[-1].value
            step.note(len(answers.owned))
        progress(done + start + len(chunk), len(run.people))


def _read_list(gateway: Gateway, run: _Run, transport: ListTransport, progress: Progress) -> None:
    """Everything that a source lists, held until its last page: a list that breaks off stores nothing.

    One that moved while it was read is read again from its beginning, once; one that moves on is refused.
    """
    for reading in range(1, _READINGS + 1):
        outside, unowned, rejected = run.outside, run.unowned, run.rejected.copy()
        found: list[Owned] = []
        seen: set[tuple[SubjectRef, Record]] = set()
        try:
            for number, own in enumerate(_pages(gateway, run, transport), start=1):
                found += _new_on_page(run, own.owned, seen)
                progress(number, 0)  # nobody knows how many pages there are
        except ListMoved:
            if reading == _READINGS:
                raise
            run.outside, run.unowned, run.rejected = outside, unowned, rejected
        else:
            break
    with _step(gateway, run, run.people) as step:
        step.store_whole(found, absence_is_known=not run.unowned)
        step.note(len(found))


def _new_on_page(run: _Run, owned: Sequence[Owned], seen: set[tuple[SubjectRef, Record]]) -> list[Owned]:
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


def _read_changes(gateway: Gateway, run: _Run, transport: ListTransport, progress: Progress) -> None:
    """Each page is stored with its cursor; at the end the rows of everybody are derived from the standing records."""
    answer = ChangesTold(run.declaration, run.version_form)
    for number, own in enumerate(_pages(gateway, run, transport), start=1):
        told = [*map(answer.of_person, own.owned), *map(answer.of_anybody, own.unowned)]
        elsewhere = [replace(answer.of_stranger(record), is_deleted=True) for record in own.strangers]
        with _step(gateway, run, run.people) as step:
            session = step.asking.session
            kept = [one for one in told if one.subject is None or one.subject in step.allowed]
            kept += records.known_records(session, step.row, elsewhere)
            news = records.keep(session, step.row, kept, now=step.asking.now)
            step.row.cursor = own.cursor or step.row.cursor
            # whoever may not be followed any more is told of from the beginning, should that end
            step.row.people = sorted(person.value for person in step.allowed)
            step.note(news)
        progress(number, 0)  # nobody knows how many pages there are
    with _step(gateway, run, run.people) as step:
        standing, is_unowned = records.standing(step.asking.session, run.contract_id, run.declaration.id)
        step.store_whole(records.owned_records(standing, sorted(step.allowed)), absence_is_known=not is_unowned)
        step.note(0)


def _pages(gateway: Gateway, run: _Run, transport: ListTransport) -> Iterator[OwnPage]:
    """The records of those who are asked about, page by page; everybody else's are counted and dropped."""
    asked = set(run.people)
    with gateway.store.read() as session:
        matcher = gateway.boundary(session).matcher(run.contract_id)
    for page in transport.pages(run.ask):
        own = own_page(matcher, page, run.words)
        found = replace(own, owned=tuple(one for one in own.owned if one.subject in asked))
        run.outside += len(own.strangers) + len(own.owned) - len(found.owned)
        run.unowned += len(own.unowned)
        run.rejected.update(own.rejected)
        yield found


@dataclass(frozen=True, slots=True)
class _Step:
    """An open transaction of a run, in which the policy has said yes once more. `allowed` may still be followed."""

    gateway: Gateway
    run: _Run
    asking: Asking
    decision: str
    row: PullRun
    allowed: frozenset[SubjectRef]

    def store_whole(self, owned: Iterable[Owned], *, absence_is_known: bool) -> None:
        run = self.run
        asked = RecordQuestion(
            run.contract_id, run.declaration, run.weeks, Week(self.row.asked_to_week), self.allowed, run.keeps_amounts
        )
        boundary = self.gateway.boundary(self.asking.session)
        stored = store_whole(
            self.asking.session, boundary, asked, owned, absence_is_known=absence_is_known, now=self.asking.now
        )
        run.people_changed += stored.people_changed
        run.postings += stored.postings
        run.uncertain += stored.uncertain
        run.rejected.update(stored.rejected)
        run.unknown_codes.update(stored.unknown_codes)

    def note(self, count: int) -> None:
        """Record what was stored and how far the run has come, in this transaction."""
        self.run.records += count
        self.row.counts = self.run.counts()
        self.asking.session.add(self.row)
        self.asking.uow.record(
            RecordsStored(
                contract=self.run.contract_id,
                source=self.run.declaration.id,
                run=self.run.id,
                records=count,
                people=len(self.allowed),
                decision=self.decision,
            )
        )


@contextmanager
def _step(gateway: Gateway, run: _Run, people: Sequence[SubjectRef]) -> Iterator[_Step]:
    """A transaction that stores something of a run. Raises `PolicyDenied`, and `RunOvertaken` where another command has
    ended it meanwhile.
    """
    with deciding(gateway) as asking:
        authorised, _, stopped = ask_to_pull(gateway, asking, run.contract_id, run.declaration, run.purpose)
        row = asking.session.get_one(PullRun, run.id)
        if row.ended_at is not None:
            raise RunOvertaken(source=run.declaration.id)
        allowed = frozenset(person for person in people if person.value not in stopped)
        yield _Step(gateway, run, asking, authorised.id, row, allowed)


def _end(gateway: Gateway, run: _Run, files: list[str], newest_file: str) -> PullReport:
    """The weeks are covered from now on."""
    with _step(gateway, run, ()) as step:
        row, asking = step.row, step.asking
        row.ended_at, row.position, row.newest_file = asking.now, "", newest_file
        asking.session.add(row)
        note_reached(asking.uow, run.declaration, None)
        pull = PullRow(
            contract_id=run.contract_id,
            source_id=run.declaration.id,
            file_name="",
            file_sha256=run.id,
            meaning_sha256=run.declaration.meaning_sha256,
            from_week=run.weeks[0].ordinal,
            to_week=run.weeks[1].ordinal,
            edition=asking.now.date().toordinal(),
            asked_to_week=row.asked_to_week,
            counts=run.counts(),
            decision_id=step.decision,
            known_at=asking.now,
        )
        asking.session.add(pull)
        asking.uow.record(
            RecordsComplete(
                contract=run.contract_id,
                source=run.declaration.id,
                run=run.id,
                from_week=str(run.weeks[0]),
                to_week=str(run.weeks[1]),
                records=run.records,
                outside_cohort=run.outside,
                rejected=pull.counts["rejected"],
                unknown_codes=pull.counts["unknown_codes"],
                uncertain=run.uncertain,
                files=files,
                decision=step.decision,
            )
        )
        return report(pull, people_changed=run.people_changed, postings_added=run.postings, is_new=True)
