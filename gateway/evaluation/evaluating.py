"""Use case: the municipality evaluates a contract as of a week, for its own eyes, and every look is logged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from sqlmodel import Session, select

from gateway.errors.evaluation import NotYetKnown
from gateway.errors.holds import DataHeld
from gateway.errors.release import SourcesIncomplete
from gateway.evaluation.cohort import histories
from gateway.evaluation.erased import left_by_erased
from gateway.evaluation.looking import Snapshot, look_apart
from gateway.events.evaluation import Evaluated
from gateway.events.event import PersonLine
from gateway.installation.authority import Asking, Authorised, municipality
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.outcomes.evaluate import Evaluation, evaluate
from gateway.outcomes.history import NOBODY, PersonHistory, Remainder
from gateway.outcomes.readings import asked_weeks, documents_ever, sources_ever, sources_read, without_documents
from gateway.outcomes.reconciling import (
    NOTHING_TO_RECONCILE,
    Disagreeing,
    DocumentsBand,
    Reconciled,
    count_disagreements,
    on_evidence,
    rests_on_documents,
)
from gateway.outcomes.terms import Window
from gateway.store import contract_queries, counting, holds, queries, spells
from gateway.store import histories as stored
from gateway.store.holds import HeldForCheck
from gateway.store.people_read import note_people_read
from gateway.store.spells import SpellVersion
from gateway.store.tables import Subject
from policies.errors import PolicyDenied
from policies.facts import EvaluateFacts
from policies.programme import Programme
from policies.terms import Action, Purpose
from vocabulary.statuses import Status
from vocabulary.weeks import Week

_INCOMPLETE = frozenset({"P24-sources-complete", "P28-predicate-date"})  # a date comes once the data are there


@dataclass(frozen=True, slots=True)
class AsOf:
    """Data as they are known at an instant, and how far each source is complete (None: not at all)."""

    known_at: datetime
    complete_to: Week | None
    by_source: tuple[tuple[str, Week | None], ...]
    reconciled: Reconciled = NOTHING_TO_RECONCILE  # municipal eyes only


def evaluate_week(
    gateway: Gateway, contract_id: str, week: Week, *, known_at: datetime | None = None
) -> tuple[Evaluation, AsOf]:
    """The totals at the end of a week with everything known now, or repeated with what was known at an instant.

    Rows, rules and people's records of then give the figures and the digest of then; whoever was erased since is in
    the totals as part of a sum, and in no digest. Raises `SourcesIncomplete` where a source does not cover the week: a
    guess is not an evaluation. Raises `NotYetKnown` for an instant in the future, `PolicyDenied`, `ContractUnknown`.
    """
    found = look_apart(
        gateway,
        contract_id,
        Purpose.OUTCOME_EVALUATION,
        authorise=lambda asking: ask_to_look(gateway, asking, contract_id, week, known_at=known_at),
        look=lambda at, _: look(gateway, at, contract_id, week, known_at=known_at),
        record=lambda asking, authorised, seen: seen.record(asking, authorised),
    )
    return found.evaluation, found.as_of


@dataclass(frozen=True, slots=True)
class Look:
    """An evaluation with what it was made from. Nothing of it is recorded yet."""

    contract: Contract
    text: str  # of the contract's file
    cohort: list[PersonHistory]
    remainder: Remainder
    evaluation: Evaluation
    as_of: AsOf

    def record(self, asking: Asking, authorised: Authorised) -> Look:
        """Log that everybody in the cohort was looked at; the same look."""
        record_evaluation(
            asking,
            self.contract,
            self.evaluation,
            self.cohort,
            authorised,
            Purpose.OUTCOME_EVALUATION,
            known_at=self.as_of.known_at,
        )
        return self


def ask_to_look(
    gateway: Gateway, asking: Asking, contract_id: str, week: Week, *, known_at: datetime | None = None
) -> Authorised:
    """Whether a week may be evaluated with what was known at an instant, now if left out.

    Raises `NotYetKnown`, `ContractUnknown`, `PolicyDenied`.
    """
    instant = asking.now if known_at is None else known_at
    if instant > asking.now:
        raise NotYetKnown(instant=instant)
    contract, _ = gateway.contract_and_text(asking.session, contract_id, on=week.sunday, known_at=instant)
    programme = gateway.programme(asking.session, contract_id)
    return ask_to_evaluate(asking, contract, programme, Purpose.OUTCOME_EVALUATION)


def look(
    gateway: Gateway,
    at: Snapshot,
    contract_id: str,
    week: Week,
    *,
    known_at: datetime | None = None,
    only: str | None = None,
) -> Look:
    """Evaluate a week as `evaluate_week` says; whoever calls this asked before, and records what was looked at.

    `only` is a subject id: nobody else's rows are read.
    """
    session, instant = at.session, at.now if known_at is None else known_at
    contract, text = gateway.contract_and_text(session, contract_id, on=week.sunday, known_at=instant)
    as_of = known_by(session, contract, instant)
    if as_of.complete_to is None or as_of.complete_to < week:
        shown = "nowhere" if as_of.complete_to is None else f"to {as_of.complete_to}"
        raise SourcesIncomplete(contract=contract_id, week=str(week), complete=shown)
    programme = gateway.programme(session, contract_id, known_at=instant)
    cohort = histories(session, contract, programme, known_at=instant, only=only)
    remainder = left_by_erased(gateway, session, contract.id) if only is None else NOBODY
    evaluation = evaluate(contract, cohort, week, remainder=remainder)
    if only is None:
        as_of = replace(
            as_of, reconciled=_reconcile(session, contract, programme, cohort, remainder, evaluation, as_of)
        )
    return Look(contract, text, cohort, remainder, evaluation, as_of)


def _reconcile(
    session: Session,
    contract: Contract,
    programme: Programme,
    cohort: list[PersonHistory],
    remainder: Remainder,
    evaluation: Evaluation,
    as_of: AsOf,
) -> Reconciled:
    """Where the contract's status sources disagree, and what of the totals rests on documents."""
    ids, pairs = [person.subject for person in cohort], list[Disagreeing]()
    for one in sources_read(contract):
        sources, evidence = one.version.status_sources, one.version.evidence
        if len(sources) > 1:
            told = stored.load_told(session, contract.id, ids, sources, evidence=evidence, known_at=as_of.known_at)
            pairs += count_disagreements(contract, cohort, told, evaluation.week, read=one)
    if not documents_ever(contract):
        return Reconciled(tuple(pairs)) if pairs else NOTHING_TO_RECONCILE
    others = _by_registers(session, contract, programme, known_at=as_of.known_at)
    without = evaluate(contract, others, evaluation.week, remainder=remainder)
    return Reconciled(tuple(pairs), on_evidence(evaluation, without))


def on_documents(
    session: Session,
    contract: Contract,
    programme: Programme,
    cohort: list[PersonHistory],
    week: Week,
    *,
    known_at: datetime,
) -> DocumentsBand | None:
    """How much of the paid outcome rests on documents, as it may be shown; None where the contract takes none.

    Everybody is looked at twice whether there is a document or not: neither an answer nor its time tells.
    """
    if not documents_ever(contract):
        return None
    others = _by_registers(session, contract, programme, known_at=known_at)
    return rests_on_documents(contract, cohort, others, week)


def _by_registers(
    session: Session, contract: Contract, programme: Programme, *, known_at: datetime
) -> list[PersonHistory]:
    """The histories as they would be had nobody registered a document."""
    return histories(session, without_documents(contract), programme, known_at=known_at)


def ask_to_evaluate(asking: Asking, contract: Contract, programme: Programme, purpose: Purpose) -> Authorised:
    facts = EvaluateFacts(
        purpose=purpose,
        contract_sha256=newest_digest(asking.session, contract),
        cohort_sealed=bool(queries.batches(asking.session, contract.id)),
    )
    return asking.ask(municipality(programme), Action.EVALUATE, programme, facts)


def record_evaluation(
    asking: Asking,
    contract: Contract,
    evaluation: Evaluation,
    cohort: list[PersonHistory],
    authorised: Authorised,
    purpose: Purpose,
    *,
    known_at: datetime,
) -> None:
    """Log an evaluation with a line for each person; `known_at` is when its data were known."""
    asking.uow.record(
        Evaluated(
            contract=contract.id,
            version=contract.version,
            week=str(evaluation.week),
            known_at=utc_text(known_at),
            purpose=purpose,
            people=evaluation.participants,
            inputs_sha256=evaluation.inputs_sha256,
            decision=authorised.id,
            decision_sha256=authorised.sha256,
        ),
        [PersonLine(person.subject, "evaluate", purpose) for person in cohort],
    )


def utc_text(instant: datetime) -> str:
    """An instant as it is printed and logged, exact to the microsecond, so that it can be asked for again."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def newest_digest(session: Session, contract: Contract) -> str:
    """The digest of the newest version: the programme is declared for that one."""
    return contract_queries.newest_digest(session, contract.id)


def known_by(session: Session, contract: Contract, instant: datetime) -> AsOf:
    """How far each source was complete with what was known by an instant."""
    found = [
        (source, counting.complete_to(session, contract, source, known_at=instant)) for source in sources_ever(contract)
    ]
    weeks = [week for _, week in found]
    complete = None if any(week is None for week in weeks) else min(week for week in weeks if week)
    return AsOf(instant, complete, tuple(found))


def complete_at(session: Session, contract: Contract, window: Window) -> datetime | None:
    """The contract's freeze day or the moment at which every source was complete to the window's last week, whichever
    is later; None while one is not. Each source is for the weeks that are read from it. Calendar and pulls decide, and
    no row about a person.
    """
    instants = [datetime.combine(contract.freezes_on(window), time.min, tzinfo=UTC)]
    for source in sources_ever(contract):
        if asked_weeks(contract, source)[0] > window.to_week:
            continue  # of a later version
        since = counting.complete_since(session, contract, source, window.to_week)
        if since is None:
            return None
        instants.append(since)
    return max(instants)


@dataclass(frozen=True, slots=True)
class Freeze:
    """When a window's data froze: the instant, for municipal eyes, and the day in UTC that recipients are told."""

    at: datetime
    slot: date


def freeze_of(session: Session, contract: Contract, window: Window) -> Freeze | None:
    """When the window's data froze, or None while a source is not complete to its last week.

    At `complete_at`, the same for ever after, and its day is told. Where the contract lets nothing be released while a
    code is unknown, they freeze with the first pull that leaves none: else a window whose codes were explained later
    could never be released.
    """
    complete = complete_at(session, contract, window)
    if complete is None:
        return None
    return Freeze(_without_unknown_codes(session, contract, window, complete), complete.date())


def _without_unknown_codes(session: Session, contract: Contract, window: Window, complete: datetime) -> datetime:
    """The instant of the first pull from this one on that leaves no unknown code, where that matters; else this one."""
    if not contract.unknown_codes_block:
        return complete
    pulls = [row.known_at for source in sources_ever(contract) for row in queries.pulls(session, contract.id, source)]
    unknown = _unknown_spells(session, contract, window)
    for at in (complete, *sorted(at for at in pulls if at > complete)):
        if not any(one.is_known_at(at) for one in unknown):
            return at
    return complete


def held_back(
    session: Session, contract: Contract, window: Window, frozen: datetime | None, *, now: datetime
) -> HeldForCheck | None:
    """What holds a window back whose data froze at an instant; None leaves that out, as where it is corrected."""
    return holds.holding_back(session, contract.id, last_week=window.to_week.ordinal, frozen=frozen, now=now)


@contextmanager
def telling_what_is_held(held: HeldForCheck | None) -> Iterator[None]:
    """Turns a refusal by nothing but incomplete sources into `DataHeld`, where that is why they are incomplete."""
    try:
        yield
    except PolicyDenied as refused:
        if held is None or not _INCOMPLETE.issuperset(refused.decision.rule_ids):
            raise
        raise DataHeld(refused.decision, held=str(held)) from None


def unknown_spells(session: Session, contract: Contract, window: Window, *, known_at: datetime) -> int:
    """How many spells up to the window's end show a code that no list explains, in whichever status source: whether
    another source has precedence there or not. As known at an instant.
    """
    return sum(one.is_known_at(known_at) for one in _unknown_spells(session, contract, window))


def _unknown_spells(session: Session, contract: Contract, window: Window) -> list[SpellVersion]:
    """The same with every version that was ever known."""
    note_people_read(session, session.exec(select(Subject.subject_id).where(Subject.contract_id == contract.id)))
    return [
        one
        for source in sources_ever(contract)
        for versions in spells.spell_versions(session, contract.id, source).values()
        for one in versions
        if one.status is Status.UNKNOWN and _is_read(contract, source, one, window.to_week)
    ]


def _is_read(contract: Contract, source: str, spell: SpellVersion, until: Week) -> bool:
    """Whether a week of a spell, up to this one, is read from its source."""
    first, last = asked_weeks(contract, source)
    return first.ordinal <= spell.to_week and spell.from_week <= min(last, until).ordinal
