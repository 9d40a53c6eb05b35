"""What a contract would pay for a cohort, window by window: the evaluator and the tariffs, asked before anybody signs.

Nothing is modelled here. A person's units come from `results`, amounts from `evaluate`, and what is owed from `tariff`,
so that a forecast over the histories of a real evaluation gives the figures of that evaluation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from gateway.outcomes.contract import Contract, Measure, PersonalTariff
from gateway.outcomes.figures import Cell, Figures
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.results import AskedWeeks, units_by_window
from gateway.outcomes.tariff import owed_amounts
from gateway.outcomes.terms import Rounding, WeekState, divide
from vocabulary.weeks import Week

Declared = Mapping[str, Mapping[str, int]]  # aggregate -> window -> the figure assumed for it
_DAYS_IN_400_YEARS = 146_097


@dataclass(frozen=True, slots=True)
class ForecastPayment:
    """One window of a forecast, in minor units: `amount_minor` is what the window adds to what is owed in all."""

    window: str
    amount_minor: int
    owed_minor: int


class Recount:
    """The figures of one cohort under variants of one contract; what a variant leaves alone is not counted again.

    A variant may change tariffs, caps and measures (with their states). Windows, pauses, exits and qualification are
    those of `contract`. What `contract` itself counts is kept, and what a variant alone counts is not.
    """

    def __init__(self, contract: Contract, cohort: Sequence[PersonHistory]) -> None:
        self._contract = contract
        self._cohort = cohort
        self._own = [measure.without_goal() for measure in contract.measures]
        self._asked: list[_AskedOfCohort] = []
        self._counted: list[tuple[Measure, _Counted]] = []

    def series(self, variant: Contract, declared: Declared) -> list[Figures]:
        """What is counted at the end of each window, paid or not. May raise `ContractNotEvaluable`."""
        return self._figures(variant, declared, variant.measures)

    def payments(self, variant: Contract, declared: Declared) -> list[ForecastPayment]:
        """What each window adds, and what is owed in all by then. The windows add up to the last one's `owed_minor`."""
        paid = [measure for measure in variant.measures if measure.id in variant.paid_measures]
        figures = self._figures(variant, declared, paid)
        totals = [sum(amounts.values()) for amounts in owed_amounts(variant, figures)]
        return running_payments([window.label for window in variant.windows], totals)

    def _figures(self, variant: Contract, declared: Declared, measures: Sequence[Measure]) -> list[Figures]:
        asked = [*self._asked]
        counted = {measure.id: self._count(measure, asked) for measure in measures}
        own_states = [measure.states for measure in self._own]
        self._asked = [one for one in asked if one.states in own_states]
        tariffs, rounding = variant.personal_tariffs, variant.rounding
        earned = {tariff.id: counted[tariff.of].amounts(tariff, rounding) for tariff in tariffs}
        found = []
        for position, window in enumerate(variant.windows):
            quantities = {name: one.quantities[position] for name, one in counted.items()}
            personal = _cap({name: rows[position] for name, rows in earned.items()}, variant.caps.person_minor)
            known = known_by(variant, declared, position)
            found.append(Figures(window.label, quantities | known, personal, position + 1))
        return found

    def _count(self, measure: Measure, asked: list[_AskedOfCohort]) -> _Counted:
        """The measure's units; weeks that it asks for are found in `asked`, or added to it."""
        plain = measure.without_goal()  # a goal decides what an investor earns, and counts nobody
        for known, counted in self._counted:
            if known == plain:
                return counted
        states = measure.states
        weeks = next((one for one in asked if one.states == states), None)
        if weeks is None:
            last = self._contract.windows[-1].to_week
            found = [AskedWeeks.of(self._contract, states, person, last) for person in self._cohort]
            weeks = _AskedOfCohort(states, found)
            asked.append(weeks)
        pairs = zip(self._cohort, weeks.of_people, strict=True)
        people = [units_by_window(self._contract, plain, person, own) for person, own in pairs]
        units = _Counted([list(row) for row in zip(*people, strict=True)] or [[] for _ in self._contract.windows])
        if plain in self._own:
            self._counted.append((plain, units))
        return units


@dataclass(frozen=True, slots=True)
class _AskedOfCohort:
    """The weeks of everybody in a cohort under the same states, in its order."""

    states: tuple[WeekState, ...]
    of_people: list[AskedWeeks]


class _Counted:
    """The units of everybody in a cohort under one measure: by window, then by person."""

    def __init__(self, units: list[list[Mapping[Cell, int]]]) -> None:
        self._units = units
        self._amounts: dict[str, tuple[PersonalTariff, Rounding, list[list[int]]]] = {}
        self.quantities = [sum(sum(cells.values()) for cells in row) for row in units]

    def amounts(self, tariff: PersonalTariff, rounding: Rounding) -> list[list[int]]:
        """What each person earns under a tariff before the person's cap: by window, then by person."""
        known = self._amounts.get(tariff.id)
        if known is None or known[:2] != (tariff, rounding):
            rows = [[tariff.worth_of(cells, rounding) for cells in row] for row in self._units]
            known = self._amounts[tariff.id] = tariff, rounding, rows
        return known[2]


def _cap(earned: Mapping[str, Sequence[int]], cap_minor: int) -> dict[str, int]:
    """The sum by tariff of what each person earns; a person's cap, 0 for none, cuts the later tariffs."""
    if not cap_minor:
        return {name: sum(amounts) for name, amounts in earned.items()}
    found = {}
    rooms = [cap_minor] * max(map(len, earned.values()), default=0)
    for name, amounts in earned.items():
        kept = [min(room, amount) for amount, room in zip(amounts, rooms, strict=True)]
        rooms = [room - amount for room, amount in zip(rooms, kept, strict=True)]
        found[name] = sum(kept)
    return found


def known_by(contract: Contract, declared: Declared, position: int) -> dict[str, int]:
    """The figures that are declared by the end of a window: the newest of each aggregate that is due by then."""
    found = {}
    for aggregate in contract.aggregates:
        due = [window.label for window in contract.windows[: position + 1] if window.label in aggregate.windows]
        figures = declared.get(aggregate.id, {})
        if due and due[-1] in figures:
            found[aggregate.id] = figures[due[-1]]
    return found


def running_payments(labels: Sequence[str], totals: Sequence[int]) -> list[ForecastPayment]:
    """What is owed in all at the end of each window, with the difference to the window before."""
    before = [0, *totals]
    return [
        ForecastPayment(label, total - earlier, total)
        for label, total, earlier in zip(labels, totals, before, strict=False)
    ]


def mean(forecasts: Sequence[Sequence[ForecastPayment]]) -> list[ForecastPayment]:
    """The mean over simulated cohorts, in whole minor units. Windows still add up to the last one's `owed_minor`."""
    labels = [payment.window for payment in forecasts[0]]
    columns = zip(*forecasts, strict=True)
    totals = [
        divide(sum(payment.owed_minor for payment in column), len(forecasts), Rounding.HALF_EVEN) for column in columns
    ]
    return running_payments(labels, totals)


def shift_weeks(contract: Contract, weeks: int) -> Contract:
    """The same contract so many whole weeks later (earlier where negative), to be read beside other people's dates.

    Years of an index move with it, by the nearest whole number of years. A move of 0 changes nothing.
    """
    if not weeks:
        return contract
    days = timedelta(weeks=weeks)
    years = round(weeks * 7 * 400 / _DAYS_IN_400_YEARS)
    return replace(
        contract,
        effective_from=contract.effective_from + days,
        earlier=tuple(shift_weeks(one, weeks) for one in contract.earlier),
        cohort=replace(
            contract.cohort,
            enrolment_from=contract.cohort.enrolment_from + days,
            enrolment_to=contract.cohort.enrolment_to + days,
            batches=tuple(
                replace(batch, cut_off=None if batch.cut_off is None else batch.cut_off + days)
                for batch in contract.cohort.batches
            ),
        ),
        windows=tuple(
            replace(window, from_week=window.from_week + weeks, to_week=window.to_week + weeks)
            for window in contract.windows
        ),
        pauses=tuple(
            replace(pause, from_week=pause.from_week + weeks, to_week=pause.to_week + weeks)
            for pause in contract.pauses
        ),
        measures=tuple(measure.with_years_shifted(years) for measure in contract.measures),
        tariffs=tuple(tariff.with_years_shifted(years) for tariff in contract.tariffs),
    )


def weeks_between(contract: Contract, cohort: Sequence[PersonHistory]) -> int:
    """By how many weeks a contract must move for its enrolment to begin with the first person of a cohort."""
    return Week.of(min(person.enrolled_on for person in cohort)) - Week.of(contract.cohort.enrolment_from)
