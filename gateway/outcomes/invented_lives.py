"""Lives that nobody has led, as registers would show them: a state in some weeks, and nothing that counts in others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from gateway.outcomes.contract import Contract
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.measures.instrument import instrument_measures, possible_marks
from gateway.outcomes.readings import Reading, SameContract, readings
from gateway.outcomes.terms import EXIT_OF, ExitRule, FigureUnit, WeekState
from vocabulary.statuses import Status
from vocabulary.weeks import Month, Week

_SUBJECT = "0" * 32
_MUCH_PAY = 10**12  # minor units of a month: more than any threshold
NO_WEEKS = range(0)
_NO_STATE = WeekState("", "", "", frozenset({Status.UNEMPLOYED}), frozenset(), 0, 0)  # where no measure has a state


@dataclass(frozen=True, slots=True)
class Doing:
    """What somebody does in the weeks of a life: a state that the register shows, its pay, or both."""

    state: WeekState
    is_shown: bool = True
    is_paid: bool = True
    is_paid_little: bool = False  # one minor unit a month: below every threshold and every bound
    measured_days: int | None = None  # reaches every follow-up of instruments, measured so many days from its day
    measured_alone: str = ""  # the one measure of which that is so; empty: of all of them


@dataclass(frozen=True, slots=True)
class DoneWeeks:
    """From a week until before another one, but for those that are left out: from each of them so many weeks on end."""

    start: int
    stop: int
    left_out: range = NO_WEEKS
    gap: int = 1

    @property
    def weeks(self) -> list[int]:
        without = {week + more for week in self.left_out for more in range(self.gap)}
        return [week for week in range(self.start, self.stop) if week not in without]


def doings_of(contract: Contract) -> list[Doing]:
    """Each state that differs; where pay is added up, also without it, and the pay without the state; where a sum of it
    is counted, also with little pay; and to reach what instruments are to show, as early and as late as may be: of all
    measures at once, and of several also one by itself."""
    found = []
    for state in _states_that_differ(contract):
        readers = [measure for measure in contract.measures if state in measure.states]
        found.append(Doing(state))
        if contract.needs_amounts and state.income_types:
            found += [Doing(state, is_paid=False), Doing(state, is_shown=False)]
            found += [Doing(state, is_paid_little=True)] if any(one.unit is FigureUnit.MINOR for one in readers) else []
    shifts = {days for one in instrument_measures(contract) for days in (0, one.follow_up_within_days)}
    measured = [one.id for one in instrument_measures(contract)]
    found += [
        Doing(_NO_STATE, is_shown=False, is_paid=False, measured_days=days, measured_alone=alone)
        for alone in ("", *(measured if len(measured) > 1 else ()))
        for days in sorted({*shifts, *(-one for one in shifts)})
    ]
    return found or [Doing(_NO_STATE)]


def marks_of_doing(contract: Contract, first: date, doing: Doing, weeks: Sequence[int]) -> dict[tuple[str, int], int]:
    """What somebody who begins on a day reaches of instruments who does so in these weeks."""
    if doing.measured_days is None:
        return {}
    marks = possible_marks(contract, first, doing.measured_days, weeks)
    alone = doing.measured_alone
    return {mark: week for mark, week in marks.items() if not alone or mark[0] == alone}


def _states_that_differ(contract: Contract) -> list[WeekState]:
    """A state of each kind: those that the same measures count, each at the same price and under the same versions,
    are one, unless a table tells them apart."""
    years = range(contract.cohort.enrolment_from.year, contract.windows[-1].to_week.sunday.year + 1)
    found: dict[tuple[tuple[str, ...], tuple[int, ...], str, tuple[bool, ...]], WeekState] = {}
    for state in contract.states:
        read = tuple(one.id for one in contract.measures if state in one.states)
        prices = tuple(
            tariff.price_of(state.id, year, contract.rounding)
            for tariff in contract.personal_tariffs
            if tariff.of in read
            for year in years
            if tariff.published_index is None or year in tariff.published_index.values
        )
        told = state.id if contract.breakdown in read else ""
        found.setdefault((read, prices, told, can_count_by_version(contract, state)), state)
    return [state for (read, *_), state in found.items() if read]


def invented_life(contract: Contract, first: date, doing: Doing, weeks: Sequence[int], away: range) -> PersonHistory:
    """Somebody who does so in these weeks, is away in those, and in no state of any measure in the others."""
    state = doing.state
    idle = _idle_status(SameContract(contract))
    last = contract.windows[-1].to_week.ordinal
    statuses = dict.fromkeys(range(Week.of(first).ordinal, last + 1), idle) if idle else {}
    own = [*_as_versions_say(contract, state)]
    for reading, there in own:
        in_stretch = range(reading.since, reading.until)
        if doing.is_shown:
            shown = frozenset({_shown_status(reading.version, there)})
            statuses |= dict.fromkeys((week for week in weeks if week in in_stretch), shown)
        exit_ = neutral_status(reading.version)
        if exit_ is not None:
            statuses |= dict.fromkeys((week for week in away if week in in_stretch), frozenset({exit_}))
    types = sorted({kind for _, there in own for kind in there.income_types})
    months = sorted({month for week in weeks for month in _months(week)}) if types else []
    pay = [(month, kind) for month in months for kind in types]
    most_hours = max(there.hours_per_week_hundredths for _, there in own)
    hours = most_hours * len(Month.of(first).weeks()) * 2
    amount = 1 if doing.is_paid_little else _MUCH_PAY
    return PersonHistory(
        subject=_SUBJECT,
        enrolled_on=enrolment_day(contract, first),
        statuses=statuses,
        hours=dict.fromkeys(pay, hours),
        postings=dict.fromkeys(pay, 1),
        earnings=dict.fromkeys(pay, amount) if contract.needs_amounts and doing.is_paid else {},
        reached=marks_of_doing(contract, first, doing, weeks),
    )


def _as_versions_say(contract: Contract, state: WeekState) -> Iterator[tuple[Reading, WeekState]]:
    """Each stretch of weeks with the state as its version has it."""
    for reading in readings(contract):
        known = reading.version is contract or state is _NO_STATE
        yield reading, state if known else reading.states([state])[0]


def _counting_statuses(version: Contract, state: WeekState) -> frozenset[Status]:
    """Of the statuses of a state those by which a week is of it: an exit is none, a neutral week repeats another."""
    return state.statuses - EXIT_OF.keys() - version.qualification.neutral_statuses - {Status.UNKNOWN}


def can_count_by_version(contract: Contract, state: WeekState) -> tuple[bool, ...]:
    """Whether somebody can be in a state at all, in each stretch of weeks that is read alike."""
    return tuple(bool(_counting_statuses(one.version, there)) for one, there in _as_versions_say(contract, state))


def _shown_status(version: Contract, state: WeekState) -> Status:
    """What shows that a week is of a state; where nothing does, what repeats the week before, if there is that."""
    if state.is_off_benefit:
        return Status.NO_BENEFIT
    neutral = version.qualification.neutral_statuses
    return min(_counting_statuses(version, state) or neutral, default=state.plain_status)


def joined_life(one: PersonHistory, other: PersonHistory, weeks: Sequence[int]) -> PersonHistory:
    """The first life, and the other in these weeks; the pay of both."""
    return replace(
        one,
        statuses={**one.statuses, **{week: other.statuses[week] for week in weeks if week in other.statuses}},
        hours={**one.hours, **other.hours},
        postings={**one.postings, **other.postings},
        earnings={**one.earnings, **other.earnings},
    )


def doings_told_apart(contract: Contract, doings: Sequence[Doing]) -> list[Doing]:
    """One that is shown and paid for each set of measures that read it."""
    found: dict[tuple[str, ...], Doing] = {}
    for one in doings:
        if one.is_shown and one.is_paid:
            found.setdefault(tuple(measure.id for measure in contract.measures if one.state in measure.states), one)
    return [*found.values()]


def neutral_status(version: Contract) -> Status | None:
    """What a register shows of an exit at which time stands still; None where no such exit has that rule."""
    return next((s for s, exit_ in EXIT_OF.items() if version.register_exits.get(exit_) is ExitRule.NEUTRAL), None)


def can_stand_still(contract: Contract) -> bool:
    """Whether in some week a register shows an exit at which time stands still."""
    return any(neutral_status(one.version) is not None for one in readings(contract))


@lru_cache(maxsize=4096)  # lives share their weeks
def _months(week: int) -> frozenset[int]:
    return frozenset({Month.of(Week(week).monday).ordinal, Month.of(Week(week).sunday).ordinal})


def enrolment_day(contract: Contract, first: date) -> date:
    """A day of enrolment after which this is the first day that counts."""
    return first if contract.qualification.first_week_is_enrolment_week else first - timedelta(days=7)


@lru_cache(maxsize=64)
def _idle_status(same: SameContract) -> frozenset[Status]:
    """A status that counts under no measure of any version, as one week of somebody shows it, for registers show
    everybody in every week. Where every status may count it is one that does so by pay alone, in the fewest states;
    empty for none."""
    versions = [one.version for one in readings(same.contract)]
    read = {state for version in versions for measure in version.measures for state in measure.states}
    neutral = frozenset[Status]().union(*(version.qualification.neutral_statuses for version in versions))
    never = neutral | EXIT_OF.keys() | {Status.UNKNOWN}
    never |= {status for state in read if not state.income_types for status in state.statuses}
    free = [status for status in Status if status not in never]
    return frozenset(sorted(free, key=lambda status: sum(status in state.statuses for state in read))[:1])
