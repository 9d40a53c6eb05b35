"""What a contract would pay for a cohort, window by window: the evaluator and the tariffs, asked before anybody signs.

Nothing is modelled here. A person's units come from `results`, amounts from `evaluate`, and what is owed from `tariff`,
so that a forecast over the histories of a real evaluation gives the figures of that evaluation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.evaluate import person_amounts
from gateway.outcomes.figures import Cell, Figures
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.judging import first_week, judge_weeks
from gateway.outcomes.results import person_result, result_of
from gateway.outcomes.tariff import owed_amounts
from gateway.outcomes.terms import EXIT_OF, ExitRule, RegisterExit, Rounding, divide
from vocabulary.statuses import Status
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
    those of `contract`.
    """

    def __init__(self, contract: Contract, cohort: Sequence[PersonHistory]) -> None:
        self._contract = contract
        self._cohort = cohort
        self._counted: list[tuple[Measure, list[list[Mapping[Cell, int]]]]] = []

    def series(self, variant: Contract, declared: Declared) -> list[Figures]:
        """What is counted at the end of each window, paid or not. May raise `ContractNotEvaluable`."""
        return self._figures(variant, declared, variant.measures)

    def _figures(self, variant: Contract, declared: Declared, measures: Sequence[Measure]) -> list[Figures]:
        cells = {measure.id: self._cells(measure) for measure in measures}
        found = []
        for position, window in enumerate(variant.windows):
            quantities = {name: sum(sum(person.values()) for person in rows[position]) for name, rows in cells.items()}
            personal: Counter[str] = Counter({tariff.id: 0 for tariff in variant.personal_tariffs})
            for number in range(len(self._cohort)):
                personal.update(person_amounts(variant, {name: rows[position][number] for name, rows in cells.items()}))
            known = known_by(variant, declared, position)
            found.append(Figures(window.label, quantities | known, dict(personal), position + 1))
        return found

    def payments(self, variant: Contract, declared: Declared) -> list[ForecastPayment]:
        """What each window adds, and what is owed in all by then. The windows add up to the last one's `owed_minor`."""
        paid = [measure for measure in variant.measures if measure.id in variant.paid_measures]
        figures = self._figures(variant, declared, paid)
        totals = [sum(amounts.values()) for amounts in owed_amounts(variant, figures)]
        return running_payments([window.label for window in variant.windows], totals)

    def _cells(self, measure: Measure) -> list[list[Mapping[Cell, int]]]:
        """By window, then by person: units by state and year."""
        asked = measure.without_goal()  # which decides what an investor earns, and counts nobody
        for counted, cells in self._counted:
            if counted == asked:
                return cells
        people = [_by_window(self._contract, asked, person) for person in self._cohort]
        cells = [list(row) for row in zip(*people, strict=True)] or [[] for _ in self._contract.windows]
        self._counted.append((asked, cells))
        return cells


def _by_window(contract: Contract, measure: Measure, person: PersonHistory) -> list[Mapping[Cell, int]]:
    """What the person adds to the measure at the end of each window, judged once where that is the same.

    A week's verdict knows nothing of later weeks, but for exits that end the asking for good or take everything out.
    """
    ends = [window.to_week for window in contract.windows]
    rules = {contract.register_exits[exit_] for shown in person.statuses.values() for exit_ in _exits(shown)}
    if rules & {ExitRule.CENSORED, ExitRule.OUT}:
        return [person_result(contract, measure, person, end).cells for end in ends]
    verdicts, first = judge_weeks(contract, measure, person, ends[-1]), first_week(contract, person)
    return [result_of(contract, measure, person, verdicts[: max(0, end - first + 1)]).cells for end in ends]


def _exits(shown: frozenset[Status]) -> list[RegisterExit]:
    return [EXIT_OF[status] for status in shown if status in EXIT_OF]


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
        cohort=replace(
            contract.cohort,
            enrolment_from=contract.cohort.enrolment_from + days,
            enrolment_to=contract.cohort.enrolment_to + days,
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
