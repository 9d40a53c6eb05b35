"""Use case: the municipality has an evaluation explained, person by person and total by total, and the look is logged.

For municipal eyes alone. People are named by case reference; whoever has a protected name and address is counted and
never shown. Of one person alone, nobody else's rows are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from gateway.contracts import aggregates
from gateway.errors.aggregates import AggregateMissing
from gateway.errors.rights import PersonUnknown
from gateway.evaluation.evaluating import AsOf, Look, ask_to_look, look, utc_text
from gateway.evaluation.looking import Snapshot, look_apart
from gateway.events.evaluation import EvaluationExplained
from gateway.events.event import PersonLine
from gateway.installation.authority import Asking, Authorised
from gateway.installation.gateway import Gateway
from gateway.installation.in_force import texts_before
from gateway.installation.look_ups import NamedBy, look_up
from gateway.outcomes.contract import Contract
from gateway.outcomes.evaluate import Evaluation, evaluate
from gateway.outcomes.explain import MeasureExplained, Rules, TotalExplained, explain_person, explain_totals
from gateway.outcomes.tariff import owed_amounts
from gateway.outcomes.terms import Window
from gateway.store import basis, queries
from policies.basis import RecordKind, StopReason
from policies.terms import Purpose
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class PersonShown:
    """One person by case reference. `stop` says why the person is not followed, if so."""

    case_reference: str
    stop: StopReason | None
    measures: tuple[MeasureExplained, ...]


@dataclass(frozen=True, slots=True)
class TariffShown:
    """What a tariff owes in all at the end of each window that is over, caps applied, with these data."""

    tariff: str
    line: int
    owed_minor: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an evaluation is what it is. Of one person alone there are no totals."""

    contract: Contract
    week: Week
    as_of: AsOf
    participants: int
    people: tuple[PersonShown, ...]
    protected: int  # people who are never shown one by one
    erased: int  # people who are in totals as part of a sum
    totals: tuple[TotalExplained, ...]
    tariffs: tuple[TariffShown, ...]
    missing_figures: str  # why nothing is said of tariffs, or empty
    inputs_sha256: str


def explain(
    gateway: Gateway, contract_id: str, week: Week, *, case_reference: str = "", known_at: datetime | None = None
) -> Explanation:
    """The evaluation of a week, explained for everybody or for one person.

    Raises `PersonUnknown` for a case reference that is nobody's here, `SourcesIncomplete`, `NotYetKnown`,
    `PolicyDenied`, `ContractUnknown`.
    """

    def authorise(asking: Asking) -> Authorised:
        if case_reference:
            named = queries.subject_of(asking.session, contract_id, case_reference)
            look_up(
                asking,
                gateway.programme(asking.session, contract_id),
                gateway.contract(asking.session, contract_id),
                None if named is None else named.subject_id,
                NamedBy.CASE_REFERENCE,
                purpose=Purpose.OUTCOME_EVALUATION,
            )
        return ask_to_look(gateway, asking, contract_id, week, known_at=known_at)

    return look_apart(
        gateway,
        contract_id,
        Purpose.OUTCOME_EVALUATION,
        authorise=authorise,
        look=lambda at, _: _explain(gateway, at, contract_id, week, case_reference, known_at),
        record=lambda asking, authorised, seen: _record(asking, authorised, seen),
    )


@dataclass(frozen=True, slots=True)
class _Explained:
    """An explanation with the look that it was made from. `shown` are subject ids."""

    look: Look
    explanation: Explanation
    shown: frozenset[str]
    is_of_everybody: bool


def _explain(
    gateway: Gateway, at: Snapshot, contract_id: str, week: Week, case_reference: str, known_at: datetime | None
) -> _Explained:
    named = queries.subject_of(at.session, contract_id, case_reference)
    only = None if not case_reference else "" if named is None else named.subject_id
    found = look(gateway, at, contract_id, week, known_at=known_at, only=only)
    if case_reference and not found.cohort:
        raise PersonUnknown(contract=contract_id)
    protected = basis.having(at.session, contract_id, RecordKind.PROTECTION, at=at.now)
    rules = Rules(found.contract, found.text, texts_before(at.session, found.contract))
    references = {row.subject_id: row.case_reference for row in queries.subjects(at.session, contract_id)}
    shown = {person.subject: person for person in found.cohort if person.subject not in protected}
    people = [
        PersonShown(references[subject], person.stop, explain_person(rules, person, week))
        for subject, person in shown.items()
    ]
    totals: tuple[TotalExplained, ...] = ()
    tariffs: tuple[TariffShown, ...] = ()
    missing = ""
    if only is None:
        ends = [
            (window, evaluate(found.contract, found.cohort, min(window.to_week, week), remainder=found.remainder))
            for window in found.contract.windows
            if window.from_week <= week
        ]
        totals = explain_totals(rules, found.evaluation, ends)
        tariffs, missing = _tariffs(at.session, found, ends)
    explanation = Explanation(
        contract=found.contract,
        week=week,
        as_of=found.as_of,
        participants=found.evaluation.participants,
        people=tuple(sorted(people, key=lambda person: person.case_reference)),
        protected=len(found.cohort) - len(people),
        erased=found.remainder.people,
        totals=totals,
        tariffs=tariffs,
        missing_figures=missing,
        inputs_sha256=found.evaluation.inputs_sha256,
    )
    return _Explained(found, explanation, frozenset(shown), only is None)


def _tariffs(
    session: Session, found: Look, ends: Sequence[tuple[Window, Evaluation]]
) -> tuple[tuple[TariffShown, ...], str]:
    over = [(window, end) for window, end in ends if window.to_week <= end.week]
    try:
        series = [
            end.figures(
                found.contract, aggregates.known_figures(session, found.contract, window, at=found.as_of.known_at)
            )
            for window, end in over
        ]
    except AggregateMissing as error:
        return (), str(error)
    amounts = owed_amounts(found.contract, series)
    labels = [window.label for window, _ in over]
    shown = [
        TariffShown(tariff.id, tariff.line, tuple(zip(labels, (row[tariff.id] for row in amounts), strict=True)))
        for tariff in found.contract.tariffs
    ]
    return tuple(shown), ""


def _record(asking: Asking, authorised: Authorised, seen: _Explained) -> Explanation:
    """Log who was shown; of one person alone also that a protected one was read."""
    found, shown = seen.look, seen.shown
    if seen.is_of_everybody:
        found.record(asking, authorised)
    asking.uow.record(
        EvaluationExplained(
            contract=found.contract.id,
            version=found.contract.version,
            week=str(found.evaluation.week),
            known_at=utc_text(found.as_of.known_at),
            people=len(shown),
            protected=len(found.cohort) - len(shown),
            inputs_sha256=found.evaluation.inputs_sha256,
            decision=authorised.id,
            decision_sha256=authorised.sha256,
        ),
        [
            PersonLine(person.subject, "explain" if person.subject in shown else "evaluate", Purpose.OUTCOME_EVALUATION)
            for person in found.cohort
        ],
    )
    return seen.explanation
