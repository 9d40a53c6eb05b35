"""What a person of the cohort could add to each measure: the evaluator itself, run on lives that nobody has led.

Nothing here knows what a kind of measure counts. A possible life shows a state from a week on, until a week, or in one
week, and nothing that counts in all others; the evaluator says what it amounts to by the end of each window.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeAlias

from gateway.outcomes.calendar import first_days
from gateway.outcomes.contract import Contract
from gateway.outcomes.figures import Cell
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.judging import first_week, limit_weeks
from gateway.outcomes.not_counted import bucket_of
from gateway.outcomes.results import AskedWeeks, units_by_window
from gateway.outcomes.terms import EXIT_OF, ExitRule, WeekState
from vocabulary.statuses import Status
from vocabulary.weeks import Month, Week, weeks_from

Course: TypeAlias = Mapping[str, Sequence[Mapping[Cell, int]]]
"""Measure -> what a life amounts to by the end of each window of the contract: units by state and year. Under `REASONS`
one person by why it is in no outcome, where a table shows that."""
REASONS = "not_counted"

_SUBJECT = "0" * 32
_MUCH_PAY = 10**12  # minor units of a month: more than any threshold
_NO_WEEKS = range(0)


@dataclass(frozen=True, slots=True)
class FirstDay:
    """A day that may be somebody's first one that counts, and the days for which everything is the same."""

    day: date
    also: tuple[date, ...]  # in their order, `day` among them

    @property
    def week(self) -> Week:
        return Week.of(self.day)

    @property
    def name(self) -> str:
        return name_of_days(self.also[0], self.also[-1])


def name_of_days(first: date, last: date) -> str:
    """A day, or the first and the last of several."""
    return first.isoformat() if first == last else f"{first.isoformat()} to {last.isoformat()}"


def kinds_of_first_day(contract: Contract) -> list[FirstDay]:
    """The first days that may differ: one a week, where no measure reads more of a start than its week."""
    days = first_days(contract)
    if any(measure.reads_first_day for measure in contract.measures):
        return [FirstDay(day, (day,)) for day in days]
    weeks = list(dict.fromkeys(Week.of(day) for day in days))
    found = [tuple(day for day in days if Week.of(day) == week) for week in weeks]
    return [FirstDay(also[0], also) for also in found]


class PossibleLives:
    """Lives under one contract. Verdicts are kept for the days of one week, for which they are the same."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._states = _states_that_differ(contract)
        self._week = -1
        self._kept: dict[tuple[str, range, range], _AskedLife] = {}

    def courses(self, first: FirstDay) -> Iterator[Course]:
        """What lives that begin on a day amount to; the first ones are those that can add most, and nothing.

        No life holds an exit: who left is nobody's calendar. May raise `ContractNotEvaluable`.
        """
        start, end = first.week.ordinal, self._contract.windows[-1].to_week.ordinal
        yield self._course(first, self._contract.states[0], _NO_WEEKS)
        yield from self._in_states(first, range(start, end + 1))
        edges: list[int] = []
        for week in self._edges(first):
            edges.append(week)
            yield from self._of_week(first, week)
        last = edges[-1] if edges else start
        behind = [week + 1 for week in edges if week < last]
        for week in dict.fromkeys([*behind, *_coarse_to_fine(start, last)]):
            if week not in edges:
                yield from self._of_week(first, week)

    def outline(self, first: FirstDay) -> tuple[Course, ...]:
        """The few lives that tell days of one week apart: in each state for good, from the end of each window on."""
        start, end = first.week.ordinal, self._contract.windows[-1].to_week.ordinal
        since = [start, *(one.to_week.ordinal for one in self._contract.windows if start <= one.to_week.ordinal)]
        return tuple(self._course(first, state, range(week, end + 1)) for week in since for state in self._states)

    def courses_with_time_given_back(self, first: FirstDay) -> Iterator[Course]:
        """What lives amount to in which a register shows an exit for a while at which time stands still; none where no
        such exit has that rule. May raise `ContractNotEvaluable`.
        """
        start, end = first.week.ordinal, self._contract.windows[-1].to_week.ordinal
        if _neutral_status(self._contract) is None:
            return
        for still in _coarse_to_fine(1, end - start):
            for weeks in (range(start + still, end + 1), range(end, end + 1)):
                for state in self._states:
                    yield self._course(first, state, weeks, range(start, start + still))

    def _edges(self, first: FirstDay) -> Iterator[int]:
        """The last weeks of windows, up to the first from which on no week changes anything: who is in a state longer
        never has less."""
        start, end = first.week.ordinal, self._contract.windows[-1].to_week.ordinal
        whole, nothing = (list(self._in_states(first, weeks)) for weeks in (range(start, end + 1), _NO_WEEKS))
        for week in (one.to_week.ordinal for one in self._contract.windows if start <= one.to_week.ordinal):
            yield week
            since, until = (list(self._in_states(first, r)) for r in (range(week, end + 1), range(start, week + 1)))
            if since == nothing and until == whole:
                return

    def _of_week(self, first: FirstDay, week: int) -> Iterator[Course]:
        """The week alone, from it on, and until it."""
        start, end = first.week.ordinal, self._contract.windows[-1].to_week.ordinal
        for weeks in (range(week, week + 1), range(week, end + 1), range(start, week + 1)):
            yield from self._in_states(first, weeks)

    def _in_states(self, first: FirstDay, weeks: range) -> Iterator[Course]:
        return (self._course(first, state, weeks) for state in self._states)

    def _course(self, first: FirstDay, state: WeekState, weeks: range, away: range = _NO_WEEKS) -> Course:
        if first.week.ordinal != self._week:
            self._kept.clear()
            self._week = first.week.ordinal
        key = (state.id, weeks, away)
        if key not in self._kept:
            self._kept[key] = _AskedLife.of(self._contract, _life(self._contract, first, state, weeks, away))
        return self._kept[key].course(self._contract, _enrolled_on(self._contract, first.day))


@dataclass(frozen=True, slots=True)
class _AskedLife:
    """A life, and its verdicts under the states of each measure."""

    person: PersonHistory
    asked: Mapping[str, AskedWeeks]

    @classmethod
    def of(cls, contract: Contract, person: PersonHistory) -> _AskedLife:
        by_states: dict[tuple[str, ...], AskedWeeks] = {}
        found: dict[str, AskedWeeks] = {}
        for measure in contract.measures:
            key = tuple(state.id for state in measure.states)
            if key not in by_states:
                by_states[key] = AskedWeeks.of(contract, measure.states, person)
            found[measure.id] = by_states[key]
        return cls(person, found)

    def course(self, contract: Contract, enrolled_on: date) -> Course:
        """What it amounts to for somebody who was enrolled on this day of its week."""
        person = replace(self.person, enrolled_on=enrolled_on)
        found: dict[str, Sequence[Mapping[Cell, int]]] = {
            one.id: units_by_window(contract, one, person, self.asked[one.id]) for one in contract.measures
        }
        if contract.people_measure is not None and contract.reasons_window:
            goal = contract.people_measure.id
            found[REASONS] = _reasons(contract, person, self.asked[goal], found[goal])
        return found


def _reasons(
    contract: Contract, person: PersonHistory, asked: AskedWeeks, units: Sequence[Mapping[Cell, int]]
) -> list[Mapping[Cell, int]]:
    """By the end of each window from which on the table may be shown; `units` are those of the outcome."""
    measure, first = contract.people_measure, first_week(contract, person)
    if measure is None:
        return []
    verdicts = limit_weeks(contract, measure, person, asked.verdicts)
    since = next(at for at, window in enumerate(contract.windows) if window.label == contract.reasons_window)
    return [
        {} if at < since or any(found.values()) else {(bucket_of(verdicts[: max(0, end - first + 1)]), 0): 1}
        for at, (found, end) in enumerate(zip(units, (window.to_week for window in contract.windows), strict=True))
    ]


def _coarse_to_fine(start: int, last: int) -> list[int]:
    """Every week from the one to the other: each second one of those that are left stands behind the others."""
    weeks = list(range(start, last + 1))
    fine: list[int] = []
    while len(weeks) > 1:
        fine = weeks[1::2] + fine
        weeks = weeks[::2]
    return weeks + fine


def _states_that_differ(contract: Contract) -> list[WeekState]:
    """A state of each kind: those that the same measures count, each at the same price, are one, unless a table tells
    them apart."""
    years = range(contract.cohort.enrolment_from.year, contract.windows[-1].to_week.sunday.year + 1)
    found: dict[tuple[tuple[str, ...], tuple[int, ...], str], WeekState] = {}
    for state in contract.states:
        read = tuple(one.id for one in contract.measures if state in one.states)
        prices = tuple(
            tariff.price_of(state.id, year, contract.rounding)
            for tariff in contract.personal_tariffs
            if tariff.of in read
            for year in years
            if tariff.published_index is None or year in tariff.published_index.values
        )
        found.setdefault((read, prices, state.id if contract.breakdown in read else ""), state)
    return [state for (read, *_), state in found.items() if read]


def _life(contract: Contract, first: FirstDay, state: WeekState, weeks: range, away: range) -> PersonHistory:
    """Somebody who is in a state in these weeks, away in those, and in no state of any measure in the others."""
    status = min(state.statuses)
    idle = _idle_status(contract)
    last = contract.windows[-1].to_week.ordinal
    statuses = dict.fromkeys(range(first.week.ordinal, last + 1), idle) if idle else {}
    statuses |= dict.fromkeys(weeks, frozenset({status}))
    exit_ = _neutral_status(contract)
    if exit_ is not None:
        statuses |= dict.fromkeys(away, frozenset({exit_}))
    months = sorted({month for week in weeks_from(weeks.start, weeks.stop - 1) for month in _months(week)})
    pay = [(month, kind) for month in months for kind in sorted(state.income_types)]
    hours = state.hours_per_week_hundredths * len(Month.of(first.day).weeks()) * 2
    return PersonHistory(
        subject=_SUBJECT,
        enrolled_on=_enrolled_on(contract, first.day),
        statuses=statuses,
        hours=dict.fromkeys(pay, hours),
        postings=dict.fromkeys(pay, 1),
        earnings=dict.fromkeys(pay, _MUCH_PAY) if contract.needs_amounts else {},
    )


def _neutral_status(contract: Contract) -> Status | None:
    """What a register shows of an exit at which time stands still; None where no such exit has that rule."""
    return next((s for s, exit_ in EXIT_OF.items() if contract.register_exits.get(exit_) is ExitRule.NEUTRAL), None)


def _months(week: Week) -> set[int]:
    return {Month.of(week.monday).ordinal, Month.of(week.sunday).ordinal}


def _enrolled_on(contract: Contract, first: date) -> date:
    """A day of enrolment after which this is the first day that counts."""
    return first if contract.qualification.first_week_is_enrolment_week else first - timedelta(days=7)


def _idle_status(contract: Contract) -> frozenset[Status]:
    """A status that counts under no measure, as one week of somebody shows it; empty where every status counts."""
    taken = {status for state in contract.states for status in state.statuses}
    taken |= contract.qualification.neutral_statuses | EXIT_OF.keys() | {Status.UNKNOWN}
    free = [status for status in Status if status not in taken]
    return frozenset(free[:1])
