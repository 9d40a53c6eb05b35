"""A run of a pull of records: its transactions, and its end, where all that was told is judged and stored in one step.

What a source told of people is kept aside until then, so that a run that was interrupted goes on, and one that looks
wrong is held as a whole: nothing of it is used before somebody has looked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from connectors.declaration import SourceDeclaration
from connectors.errors import RejectReason
from connectors.shapes import Owned
from gateway.errors.holds import PullLooksWrong
from gateway.errors.pulls import RunOvertaken
from gateway.events.records import RecordsComplete, RecordsStored
from gateway.installation.authority import Asking, deciding
from gateway.installation.gateway import Gateway
from gateway.intake.holding import LookedAt, findings_of, hold_pull, looks_wrong, supersede_hold
from gateway.intake.judging_pulls import PullMeasures
from gateway.intake.measuring import measures_of_records
from gateway.intake.pulling import PullReport, ask_to_pull, note_reached, report
from gateway.store import holds, records
from gateway.store.record_tables import PullHold, PullRun
from gateway.store.storing_records import RecordQuestion, WholeAnswer, read_whole, store_whole
from gateway.store.tables import PullRow
from policies.terms import Purpose
from vocabulary.danish_days import danish_day
from vocabulary.records import SubjectRef
from vocabulary.weeks import Week


@dataclass(slots=True)
class RecordRun:
    """A run as it goes: what it asks for, and what it has counted."""

    id: str
    contract_id: str
    declaration: SourceDeclaration
    purpose: Purpose
    weeks: tuple[Week, Week]
    people: list[SubjectRef]  # who may be followed, in the order in which they are asked about
    keeps_amounts: bool
    newest_file: str = ""  # that told everything, where the records came as one
    records: int = 0
    outside: int = 0
    unowned: int = 0  # records of which nobody can tell whose they are
    rejected: Counter[RejectReason] = field(default_factory=Counter)

    def counts(self) -> dict[str, Any]:
        """What is counted before the answers are read: `count_on` takes it up again."""
        return {
            "newest_file": self.newest_file,
            "records": self.records,
            "outside": self.outside,
            "unowned": self.unowned,
            "rejected": {reason.value: count for reason, count in self.rejected.items() if count},
        }

    def count_on(self, counts: Mapping[str, Any]) -> None:
        """Go on from what an interrupted run, or one that was held, had counted."""
        if counts:
            self.newest_file = counts["newest_file"]
            self.records, self.outside, self.unowned = counts["records"], counts["outside"], counts["unowned"]
            self.rejected = Counter({RejectReason(reason): count for reason, count in counts["rejected"].items()})

    @property
    def words(self) -> list[str]:
        return list(self.declaration.columns)

    @property
    def tells_changes(self) -> bool:
        return self.declaration.coverage is not None and self.declaration.coverage.answers == "changes"


@dataclass(frozen=True, slots=True)
class RunTold:
    """All that a run was told: records by whose they are, and of whom nothing was learnt, and why."""

    owned: Sequence[Owned]
    failed: Mapping[SubjectRef, RejectReason]
    absence_is_known: bool


@dataclass(frozen=True, slots=True)
class RunStep:
    """An open transaction of a run, in which the policy has said yes once more. `allowed` may still be followed."""

    gateway: Gateway
    run: RecordRun
    asking: Asking
    decision: str
    row: PullRun
    allowed: frozenset[SubjectRef]

    def note(self, count: int) -> None:
        """Record what was kept and how far the run has come, in this transaction."""
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
def run_step(gateway: Gateway, run: RecordRun, people: Sequence[SubjectRef]) -> Iterator[RunStep]:
    """A transaction that keeps something of a run. Raises `PolicyDenied`, and `RunOvertaken` where another command has
    ended it meanwhile.
    """
    with deciding(gateway) as asking:
        yield step_in(gateway, asking, run, people)


def step_in(gateway: Gateway, asking: Asking, run: RecordRun, people: Sequence[SubjectRef]) -> RunStep:
    """The same in a transaction that is open already."""
    authorised, _, stopped = ask_to_pull(gateway, asking, run.contract_id, run.declaration, run.purpose)
    row = asking.session.get_one(PullRun, run.id)
    if row.ended_at is not None:
        raise RunOvertaken(source=run.declaration.id)
    allowed = frozenset(person for person in people if person.value not in stopped)
    return RunStep(gateway, run, asking, authorised.id, row, allowed)


def conclude(
    step: RunStep, told: RunTold, files: list[str], *, is_accepted: bool = False
) -> PullReport | PullLooksWrong:
    """Judge all that was told, unless it was accepted already, and store it and end the run; or hold it, and give the
    error to raise after the commit. What was told of whoever may not be followed any more is dropped here.
    """
    session, run = step.asking.session, step.run
    asked = RecordQuestion(
        run.contract_id,
        run.declaration,
        run.weeks,
        Week(step.row.asked_to_week),
        step.allowed,
        run.keeps_amounts,
    )
    answer = read_whole(asked, told.owned, told.failed, absence_is_known=told.absence_is_known)
    # of a source of changes, which tells news alone, those of the cohort that stand
    in_all = len(told.owned) if run.tells_changes else run.records + run.outside + run.unowned
    this_week = Week.of(danish_day(step.asking.now))
    measures = measures_of_records(session, asked, answer, records=in_all, unowned=run.unowned, this_week=this_week)
    findings = () if is_accepted else findings_of(session, run.contract_id, run.declaration, measures)
    if not findings:
        return _store(step, asked, answer, measures, files)
    step.row.counts = run.counts()
    if not run.tells_changes:  # those are kept by record
        own = [one for one in told.owned if one.subject in step.allowed]
        holds.stage(session, run.contract_id, run.id, own, told.failed, [person.value for person in step.allowed])
    pull = LookedAt(
        run.contract_id,
        run.declaration,
        run.id,
        run.purpose,
        run.weeks,
        files=files,
        absence_is_known=told.absence_is_known,
    )
    return hold_pull(step.asking, pull, findings, step.decision)


def standing_records(step: RunStep) -> RunTold:
    """What a source of changes has told of everybody, up to now."""
    records.seal_anew(step.asking.session, step.run.contract_id, step.run.declaration.id)
    found, is_unowned = records.standing(step.asking.session, step.run.contract_id, step.run.declaration.id)
    return RunTold(records.owned_records(found, sorted(step.allowed)), {}, absence_is_known=not is_unowned)


def store_held_run(gateway: Gateway, asking: Asking, hold: PullHold, declaration: SourceDeclaration) -> PullReport:
    """Store what a run that was held had told, and end it. Raises `PolicyDenied`, `RunOvertaken`."""
    session = asking.session
    row = session.get_one(PullRun, hold.what)
    asked_about, matcher = set(row.people), gateway.boundary(session).matcher(hold.contract_id)
    run = RecordRun(
        id=row.id,
        contract_id=hold.contract_id,
        declaration=declaration,
        purpose=Purpose(hold.purpose),
        weeks=(Week(hold.from_week), Week(hold.to_week)),
        people=[person for person in matcher.everyone if person.value in asked_about],
        keeps_amounts=gateway.contract(session, hold.contract_id).needs_amounts,
    )
    run.count_on(row.counts)
    step = step_in(gateway, asking, run, run.people)
    told = (
        standing_records(step)
        if run.tells_changes
        else RunTold(*holds.staged_answers(session, run.contract_id, run.id), absence_is_known=hold.absence_is_known)
    )
    done = conclude(step, told, list(hold.files), is_accepted=True)
    if isinstance(done, PullLooksWrong):
        raise TypeError("what is accepted is not judged again")
    return done


def drop_held_run(asking: Asking, contract_id: str, declaration: SourceDeclaration, decision: str) -> None:
    """Raise `PullLooksWrong` where a run of this source waits for an answer. Where the source is declared in another
    way since, what it told is dropped: it would be read otherwise now.
    """
    for hold in holds.open_holds(asking.session, contract_id, declaration.id):
        if hold.meaning_sha256 == declaration.meaning_sha256:
            raise looks_wrong(hold)
        reject_run(asking, hold)
        supersede_hold(asking, hold, decision)


def reject_run(asking: Asking, hold: PullHold) -> None:
    """End a run that was held, with nothing stored; a source of changes is asked from its beginning the next time."""
    row = asking.session.get_one(PullRun, hold.what)
    row.ended_at, row.position, row.cursor, row.people = asking.now, "", "", []
    asking.session.add(row)
    holds.forget_staged(asking.session, hold.contract_id, row.id)
    records.forget_records(asking.session, hold.contract_id, hold.source_id)


def _store(
    step: RunStep, asked: RecordQuestion, answer: WholeAnswer, measures: PullMeasures, files: list[str]
) -> PullReport:
    """The weeks are covered from now on, and nothing is kept aside any more."""
    run, asking, row = step.run, step.asking, step.row
    boundary = step.gateway.boundary(asking.session)
    stored = store_whole(asking.session, boundary, asked, answer, now=asking.now)
    run.rejected.update(stored.rejected)
    row.ended_at, row.position, row.counts, row.newest_file = asking.now, "", run.counts(), run.newest_file
    asking.session.add(row)
    holds.forget_staged(asking.session, run.contract_id, run.id)
    note_reached(asking.uow, run.declaration, None)
    pull = PullRow(
        contract_id=run.contract_id,
        source_id=run.declaration.id,
        file_name="",
        file_sha256=run.id,
        from_week=run.weeks[0].ordinal,
        to_week=run.weeks[1].ordinal,
        edition=asking.now.date().toordinal(),
        asked_to_week=row.asked_to_week,
        batches=row.batches,
        counts={
            "rows_read": run.records,
            "rows_outside_cohort": run.outside,
            "rejected": {reason.value: count for reason, count in run.rejected.items() if count},
            "unknown_codes": dict(stored.unknown_codes),
            "not_found": 0,
            "uncertain": stored.uncertain,
        },
        meaning_sha256=run.declaration.meaning_sha256,
        measures=measures.counts(),
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
            uncertain=stored.uncertain,
            files=files,
            decision=step.decision,
        )
    )
    return report(pull, people_changed=stored.people_changed, postings_added=stored.postings, is_new=True)
