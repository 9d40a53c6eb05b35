"""Lives by other hands than `gateway.outcomes.possible_courses`: every week, and mixtures of weeks, states and pay."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from gateway.outcomes.contract import Contract
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.possible_courses import Course, FirstDay
from gateway.outcomes.results import ask_measures, units_by_window
from gateway.outcomes.terms import WeekState
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Month, Week

_MUCH = 10**12


@dataclass
class Life:
    """What the registers show of somebody from a first day on, while it is written."""

    contract: Contract
    first: date
    statuses: dict[int, frozenset[Status]] = field(default_factory=dict)
    hours: dict[tuple[int, IncomeType], int] = field(default_factory=dict)
    earnings: dict[tuple[int, IncomeType], int] = field(default_factory=dict)

    @property
    def weeks(self) -> range:
        return range(Week.of(self.first).ordinal, self.contract.windows[-1].to_week.ordinal + 1)

    def spend(self, weeks: range, state: WeekState, *, shown: bool = True, paid: bool = True) -> Life:
        """Be in a state in these weeks: shown by the register, paid for, or both."""
        for week in weeks:
            if shown:
                self.statuses[week] = frozenset({state.plain_status})
            for day in (Week(week).monday, Week(week).sunday) if state.income_types else ():
                for kind in state.income_types:
                    key = Month.of(day).ordinal, kind
                    self.hours[key] = 100 * 24 * 31
                    if paid:
                        self.earnings[key] = _MUCH
        return self

    def course(self, first: date | None = None) -> Course:
        """What the evaluator makes of it; for a first day of the same week, of the same registers."""
        day = first or self.first
        later = 0 if self.contract.qualification.first_week_is_enrolment_week else 7
        person = PersonHistory(
            subject="0" * 32,
            enrolled_on=day - timedelta(days=later),
            statuses=dict.fromkeys(self.weeks, self._idle()) | self.statuses,
            hours=self.hours,
            postings=dict.fromkeys(self.hours, 1),
            earnings=self.earnings if self.contract.needs_amounts else {},
        )
        asked = ask_measures(self.contract, person, self.contract.windows[-1].to_week)
        return {one.id: units_by_window(self.contract, one, person, asked[one.id]) for one in self.contract.measures}

    def _idle(self) -> frozenset[Status]:
        taken = {status for state in self.contract.states for status in state.statuses}
        return frozenset({Status.SICKNESS} - taken)


def ways(contract: Contract) -> Iterator[tuple[WeekState, Mapping[str, bool]]]:
    """Each state of some measure; where pay is added up, also unpaid, and the pay alone."""
    for state in contract.states:
        if any(state in measure.states for measure in contract.measures):
            yield state, {}
            if contract.needs_amounts and state.income_types:
                yield state, {"paid": False}
                yield state, {"shown": False}


def every_life(contract: Contract, first: FirstDay) -> Iterator[Life]:
    """In a state in each week alone, from each week on, and until each week."""
    weeks = Life(contract, first.day).weeks
    for state, how in ways(contract):
        for week in weeks:
            for span in (range(week, week + 1), range(week, weeks.stop), range(weeks.start, week + 1)):
                yield Life(contract, first.day).spend(span, state, **how)


def some_lives(contract: Contract, first: FirstDay, seed: int, many: int) -> Iterator[Life]:
    """Up to six runs in any states, whole or of each second or third week."""
    draw, possible = random.Random(seed), list(ways(contract))
    for _ in range(many):
        life = Life(contract, first.day)
        for _ in range(draw.choice((1, 1, 2, 2, 3, 4, 6))):
            start, stop = sorted(draw.randint(life.weeks.start, life.weeks.stop) for _ in "ab")
            state, how = draw.choice(possible)
            life.spend(range(start, stop, draw.choice((1, 1, 1, 2, 3))), state, **how)
        yield life
