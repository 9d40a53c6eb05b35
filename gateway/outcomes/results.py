"""What one person's verdicts amount to under a measure: a function a kind, from weeks to whole quantities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from gateway.outcomes.contract import Contract, Measure, MeasureKind
from gateway.outcomes.figures import Cell
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.judging import first_day, first_week, judge_weeks, last_day
from gateway.outcomes.verdicts import SKIPPED, STILL, WeekReason, WeekVerdict
from vocabulary.weeks import Month, Week

_NOT_READ = SKIPPED | {
    WeekReason.CENSORED,
    WeekReason.FAILED,
    WeekReason.EXIT,
    WeekReason.OUT,
    WeekReason.AFTER_LAST_WEEK,
}


@dataclass(frozen=True, slots=True)
class PersonResult:
    """What one person adds to a measure at the end of a week: units by state and year, and the weeks behind them."""

    cells: Mapping[Cell, int]
    verdicts: tuple[WeekVerdict, ...]

    @property
    def quantity(self) -> int:
        return sum(self.cells.values())

    @property
    def state(self) -> str:
        """The state of somebody in an outcome, or an empty text; for kinds that count a person once."""
        return next((state for (state, _), units in self.cells.items() if units), "")


def person_result(contract: Contract, measure: Measure, person: PersonHistory, until: Week) -> PersonResult:
    """What the person adds to the measure by the end of a week. `ValueError` for a year that an index lacks."""
    return result_of(contract, measure, person, judge_weeks(contract, measure, person, until))


def result_of(
    contract: Contract, measure: Measure, person: PersonHistory, verdicts: tuple[WeekVerdict, ...]
) -> PersonResult:
    """What these verdicts of the person amount to under the measure."""
    return PersonResult(_RESULTS[measure.kind](contract, measure, person, verdicts), verdicts)


def _weeks(
    _contract: Contract, _measure: Measure, _person: PersonHistory, verdicts: Sequence[WeekVerdict]
) -> Mapping[Cell, int]:
    return Counter((verdict.state, _year(verdict.week)) for verdict in verdicts if verdict.state)


def _people(
    _contract: Contract, measure: Measure, _person: PersonHistory, verdicts: Sequence[WeekVerdict]
) -> Mapping[Cell, int]:
    """In the outcome where the last `sustained_weeks` asked weeks all qualify: one relapse reopens it."""
    run: list[WeekVerdict] = []
    for verdict in reversed([verdict for verdict in verdicts if verdict.reason not in SKIPPED]):
        if not verdict.state:
            break
        run.append(verdict)
    if len(run) < measure.sustained_weeks:
        return {}
    reached = run[-measure.sustained_weeks]
    return {(run[0].state, _year(reached.week)): 1}


def _retention(
    contract: Contract, measure: Measure, person: PersonHistory, verdicts: Sequence[WeekVerdict]
) -> Mapping[Cell, int]:
    """Reached in the first period that ends `within` periods of which `needed` qualify; it stays reached."""
    asked = [verdict for verdict in verdicts if verdict.reason not in SKIPPED]
    end = last_day(contract, measure, person, verdicts)
    weeks = [verdict for verdict in asked if verdict.week.sunday <= end]
    last = min(end, verdicts[-1].week.sunday) if verdicts else end
    periods = _months(contract, person, weeks, last) if measure.by_month else weeks
    for position, period in enumerate(periods):
        window = periods[max(0, position + 1 - measure.within) : position + 1]
        if period.state and sum(1 for one in window if one.state) >= measure.needed:
            return {(period.state, _year(period.week)): 1}
    return {}


def _months(contract: Contract, person: PersonHistory, weeks: Sequence[WeekVerdict], by: date) -> list[WeekVerdict]:
    """Whole months, each as its last asked week: qualifying where every asked week of it does.

    A month that began before the person did, or that is not over by that day, is no period; nor is one of which no
    week was asked.
    """
    start = first_week(contract, person)
    found = []
    by_month: dict[Month, list[WeekVerdict]] = {}
    for verdict in weeks:
        by_month.setdefault(verdict.week.month, []).append(verdict)
    for month, asked in sorted(by_month.items()):
        whole = month.weeks()
        if whole[0] < start or whole[-1].sunday > by:
            continue
        last = asked[-1]
        found.append(last if all(one.state for one in asked) else WeekVerdict(last.week, WeekReason.NO_STATE))
    return found


def _days(
    contract: Contract, measure: Measure, person: PersonHistory, verdicts: Sequence[WeekVerdict]
) -> Mapping[Cell, int]:
    """Reached in the week in which the days of qualifying weeks, each day once, add up to what is needed."""
    start, end = first_day(contract, person), last_day(contract, measure, person, verdicts)
    days = 0
    for verdict in verdicts:
        if not verdict.state:
            continue
        first, last = max(verdict.week.monday, start), min(verdict.week.sunday, end)
        days += max(0, (last - first).days + 1)
        if days >= measure.needed:
            return {(verdict.state, _year(verdict.week)): 1}
    return {}


def _earnings(
    contract: Contract, measure: Measure, person: PersonHistory, verdicts: Sequence[WeekVerdict]
) -> Mapping[Cell, int]:
    """Reached in the month in which the pay from the person's start adds up to the threshold of the year of the start.

    A month is read where one of its weeks is asked and one of its days is the person's, so that nothing after an exit
    counts; pay that is taken back counts against it in its own month.
    """
    if measure.earnings is None or any(verdict.reason is WeekReason.OUT for verdict in verdicts):
        return {}
    start, end = first_day(contract, person), last_day(contract, measure, person, verdicts)
    needed = measure.earnings.minor(start, contract.rounding)
    [state] = measure.states
    months = sorted({verdict.week.month for verdict in verdicts if verdict.reason not in _NOT_READ})
    reached, earned = None, 0
    for month in months:
        if not _is_read(month, start, end, partly=measure.earnings.counts_partial_months):
            continue
        earned += sum(person.earnings.get((month.ordinal, kind), 0) for kind in state.income_types)
        reached = (reached or month) if earned >= needed else None
    return {} if reached is None else {(state.id, reached.first_day.year): 1}


def _is_read(month: Month, start: date, end: date, *, partly: bool) -> bool:
    """Whether the whole month lies in the person's time, or (`partly`) at least one day of it."""
    first, last = month.first_day, (month + 1).first_day - timedelta(days=1)
    return (first <= end and start <= last) if partly else (start <= first and last <= end)


def _follow_up(
    contract: Contract, measure: Measure, person: PersonHistory, verdicts: Sequence[WeekVerdict]
) -> Mapping[Cell, int]:
    """A point for each follow-up month in whose week the person is in a state.

    A week in which time stands still, in a pause or a neutral exit, hands on to the next.
    """
    start = first_day(contract, person)
    cells: Counter[Cell] = Counter()
    for months in measure.months:
        week = Week.of(later(start, months))
        at = next((one for one in verdicts if one.week >= week and one.reason not in STILL), None)
        if at is not None and at.state:
            cells[at.state, _year(at.week)] += 1
    return cells


def later(day: date, months: int) -> date:
    """The same day so many months later, or the last day of a month that is shorter."""
    month = Month.of(day) + months
    last = (month + 1).first_day - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))


def _year(week: Week) -> int:
    return week.thursday.year


_RESULTS: Mapping[
    MeasureKind, Callable[[Contract, Measure, PersonHistory, Sequence[WeekVerdict]], Mapping[Cell, int]]
] = {
    MeasureKind.WEEKS: _weeks,
    MeasureKind.PEOPLE: _people,
    MeasureKind.RETENTION: _retention,
    MeasureKind.DAYS: _days,
    MeasureKind.EARNINGS: _earnings,
    MeasureKind.FOLLOW_UP: _follow_up,
}
