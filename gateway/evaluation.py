"""Use case: the municipality evaluates a contract as of a week, for its own eyes, and every look is logged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time

from sqlalchemy import func
from sqlmodel import Session, col, select

from connectors.records import Status, Week
from gateway.authority import Asking, Authorised, deciding, municipality
from gateway.enrolment import is_sealed, needed_weeks
from gateway.errors import SourcesIncomplete
from gateway.events import Evaluated, PersonLine
from gateway.installation import Gateway
from gateway.outcomes.contract import Contract, Window
from gateway.outcomes.evaluate import Evaluation, evaluate
from gateway.outcomes.history import PersonHistory
from gateway.store import basis, queries, spells
from gateway.store.tables import SpellRow, Subject
from policies.facts import EvaluateFacts
from policies.programme import Programme
from policies.vocabulary import Action, Purpose


@dataclass(frozen=True, slots=True)
class AsOf:
    """Data as they are known at an instant, and how far each source is complete (None: not at all)."""

    known_at: datetime
    complete_to: Week | None
    by_source: tuple[tuple[str, Week | None], ...]


def evaluate_week(gateway: Gateway, contract_id: str, week: Week) -> tuple[Evaluation, AsOf]:
    """The totals at the end of a week with everything known now.

    Raises `SourcesIncomplete` where a source does not cover the week: a guess is not an evaluation.
    Raises `PolicyDenied`, `ContractUnknown`.
    """
    with deciding(gateway) as asking:
        contract = gateway.contract(asking.session, contract_id, on=week.sunday)
        programme = gateway.programme(asking.session, contract_id)
        as_of = known_now(asking.session, contract, asking.now)
        authorised = ask_to_evaluate(asking, contract, programme, Purpose.OUTCOME_EVALUATION)
        if as_of.complete_to is None or as_of.complete_to < week:
            shown = "nowhere" if as_of.complete_to is None else f"to {as_of.complete_to}"
            raise SourcesIncomplete(contract=contract_id, week=str(week), complete=shown)
        cohort = histories(asking.session, contract, programme, known_at=asking.now)
        evaluation = evaluate(contract, cohort, week, remainder=basis.remainder(asking.session, contract.id))
        record_evaluation(asking, contract, evaluation, cohort, authorised, Purpose.OUTCOME_EVALUATION)
    return evaluation, as_of


def ask_to_evaluate(asking: Asking, contract: Contract, programme: Programme, purpose: Purpose) -> Authorised:
    facts = EvaluateFacts(
        purpose=purpose,
        contract_sha256=newest_digest(asking.session, contract),
        cohort_sealed=is_sealed(asking.session, contract),
    )
    return asking.ask(municipality(programme), Action.EVALUATE, programme, facts)


def record_evaluation(
    asking: Asking,
    contract: Contract,
    evaluation: Evaluation,
    cohort: list[PersonHistory],
    authorised: Authorised,
    purpose: Purpose,
) -> None:
    asking.uow.record(
        Evaluated(
            contract=contract.id,
            version=contract.version,
            week=str(evaluation.week),
            purpose=purpose,
            people=evaluation.participants,
            inputs_sha256=evaluation.inputs_sha256,
            decision=authorised.id,
            decision_sha256=authorised.sha256,
        ),
        [PersonLine(person.subject, "evaluate", purpose) for person in cohort],
    )


def newest_digest(session: Session, contract: Contract) -> str:
    """The digest of the newest version: the programme is declared for that one."""
    return queries.contract_versions(session, contract.id)[-1].sha256


def histories(session: Session, contract: Contract, programme: Programme, *, known_at: datetime) -> list[PersonHistory]:
    """Everyone's history as it was known at an instant, with who was not followed then."""
    everyone = [subject.subject_id for subject in queries.subjects(session, contract.id)]
    return spells.load_histories(
        session,
        contract.id,
        status_source=contract.status_source,
        income_source=contract.income_source,
        known_at=known_at,
        stops=basis.stops(session, programme, everyone, at=known_at),
    )


def known_now(session: Session, contract: Contract, now: datetime) -> AsOf:
    """How far each source is complete with what is known now."""
    first = needed_weeks(contract)[0]
    found = [
        (source, queries.completeness(queries.pulls(session, contract.id, source), first=first).to_week)
        for source in contract.sources
    ]
    weeks = [week for _, week in found]
    complete = None if any(week is None for week in weeks) else min(week for week in weeks if week)
    return AsOf(now, complete, tuple(found))


def frozen_at(session: Session, contract: Contract, window: Window) -> datetime | None:
    """The instant at which the window's data froze, or None while a source is not complete to its last week.

    The contract's freeze day or the moment of completeness, whichever is later: the same for ever after.
    """
    instants = [datetime.combine(contract.freezes_on(window), time.min, tzinfo=UTC)]
    first = needed_weeks(contract)[0]
    for source in contract.sources:
        since = queries.complete_since(queries.pulls(session, contract.id, source), first=first, to=window.to_week)
        if since is None:
            return None
        instants.append(since)
    return max(instants)


def unknown_spells(session: Session, contract: Contract, window: Window, *, known_at: datetime) -> int:
    """How many spells up to the window's end show a code that no list explains, as known at an instant."""
    ids = select(Subject.subject_id).where(Subject.contract_id == contract.id)
    query = select(func.count()).where(
        SpellRow.source_id == contract.status_source,
        SpellRow.status == Status.UNKNOWN,
        col(SpellRow.subject_id).in_(ids),
        SpellRow.from_week <= window.to_week.ordinal,
        SpellRow.known_from <= known_at,
        (col(SpellRow.known_to).is_(None)) | (col(SpellRow.known_to) > known_at),
    )
    return int(session.exec(query).one())
