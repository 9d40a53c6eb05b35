"""The evaluator: what a cohort's histories amount to at the end of a week, in whole units and in minor units a person.

Nothing here knows a clock, a database or an identity. Verdicts of weeks come from `judging`, a person's units from
`results`; the totals are sums over people, so an explanation can never differ from what is paid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.outcomes.contract import Contract
from gateway.outcomes.figures import Cell, Figures
from gateway.outcomes.history import NOBODY, PersonHistory, Remainder, inputs_root
from gateway.outcomes.judging import first_week
from gateway.outcomes.priced_units import PersonalTerms
from gateway.outcomes.results import ask_measures, person_results, units_at
from gateway.outcomes.terms import EXIT_OF
from gateway.outcomes.versions import has_changed_terms
from vocabulary.statuses import Status
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class MeasureTotal:
    """Figures of one measure for everyone in the cohort, from the first week to the evaluation's week."""

    measure: str
    kind: str
    quantity: int  # units so far; kind people: persons in the outcome now
    by_state: tuple[tuple[str, int], ...]  # quantity by state, in the contract's order


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The cohort's totals at the end of one week. Municipal eyes only: disclosure control comes after."""

    contract_sha256: str
    week: Week
    participants: int
    totals: tuple[MeasureTotal, ...]
    personal: tuple[tuple[str, int], ...]  # tariff with a price -> minor units, each person's cap applied
    exits: int  # persons whose last observed week shows an exit
    not_observed: int  # persons for whom the week itself is not covered by the status source
    unknown_weeks: int  # person-weeks with a code that no list explains
    not_followed: int  # persons who used a right, left or were erased: under the contract's exit rule
    inputs_sha256: str

    def quantity(self, measure: str) -> int:
        return next(total.quantity for total in self.totals if total.measure == measure)

    def by_state(self, measure: str) -> dict[str, int]:
        return dict(next(total.by_state for total in self.totals if total.measure == measure))

    def figures(self, contract: Contract, declared: Mapping[str, int]) -> Figures:
        """What tariffs read at the end of the evaluation's window; `declared` are the aggregates known by then."""
        [(number, label)] = [
            (number, window.label)
            for number, window in enumerate(contract.windows, start=1)
            if window.to_week == self.week
        ]
        quantities = {total.measure: total.quantity for total in self.totals} | dict(declared)
        return Figures(label, quantities, dict(self.personal), number)


def evaluate(
    contract: Contract, cohort: Sequence[PersonHistory], week: Week, *, remainder: Remainder = NOBODY
) -> Evaluation:
    """The cohort's totals from each person's first week to the end of `week`; `remainder` is that of erased people. Of
    these people, whose batch counts from a later week is not in the cohort yet.

    Raises `ContractNotEvaluable` for a year that one of the contract's indices lacks.
    """
    cohort = [person for person in cohort if person.counts_at(week)]
    erased = remainder.people_at(week)
    states: dict[str, Counter[str]] = {
        measure.id: Counter(remainder.at(week).get(measure.id, {})) for measure in contract.measures
    }
    personal: Counter[str] = Counter(remainder.amounts_at(week))
    terms, ends = PersonalTerms.of(contract), _asked_ends(contract, week)
    for person in cohort:
        by_window = _units_at(contract, person, ends)
        for name, cells in by_window[-1].items():
            for (state, _), units in cells.items():
                states[name][state] += units
        personal.update(terms.amounts(by_window))
    followed = [person for person in cohort if person.stop is None or week.ordinal <= person.last_week]
    seen = [person.statuses.get(week.ordinal, frozenset()) for person in followed]
    last_seen = [_last_observed(person, week) for person in cohort]
    return Evaluation(
        contract_sha256=contract.sha256,
        week=week,
        participants=len(cohort) + erased,
        totals=tuple(
            MeasureTotal(
                measure.id,
                measure.kind,
                states[measure.id].total(),
                tuple((state.id, states[measure.id][state.id]) for state in measure.states),
            )
            for measure in contract.measures
        ),
        personal=tuple((name, personal[name]) for name in terms.parts()),
        exits=sum(1 for statuses in last_seen if statuses & EXIT_OF.keys()),
        not_observed=sum(1 for statuses in seen if not statuses),
        unknown_weeks=sum(_unknown_weeks(contract, person, week) for person in cohort),
        not_followed=len(cohort) - len(followed) + erased,
        inputs_sha256=inputs_root(cohort, remainder),
    )


def _asked_ends(contract: Contract, week: Week) -> list[Week]:
    """The weeks at whose ends a person's units are asked: where terms have changed, each window's up to this one."""
    if not has_changed_terms(contract):
        return [week]
    return [*(window.to_week for window in contract.windows if window.to_week < week), week]


def _units_at(contract: Contract, person: PersonHistory, ends: Sequence[Week]) -> list[dict[str, Mapping[Cell, int]]]:
    """A person's units by measure, state and year at the end of each of these weeks. May raise
    `ContractNotEvaluable`."""
    if len(ends) == 1:  # in one pass over one end nothing would be saved
        return [{name: result.cells for name, result in person_results(contract, person, ends[0]).items()}]
    asked = ask_measures(contract, person, ends[-1])
    found = {one.id: units_at(contract, one, person, asked[one.id], ends) for one in contract.measures}
    return [{name: units[place] for name, units in found.items()} for place in range(len(ends))]


def _last_observed(person: PersonHistory, until: Week) -> frozenset[Status]:
    weeks = [week for week in person.statuses if week <= until.ordinal]
    return person.statuses[max(weeks)] if weeks else frozenset()


def _unknown_weeks(contract: Contract, person: PersonHistory, until: Week) -> int:
    first = first_week(contract, person).ordinal
    return sum(
        1 for week, shown in person.statuses.items() if first <= week <= until.ordinal and Status.UNKNOWN in shown
    )
