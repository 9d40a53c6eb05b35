"""Kind `retention`: reached once, by so many qualifying periods among so many. The first entry is one of one."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.figures import Cell
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.judging import first_week, last_day
from gateway.outcomes.known_terms import MeasureKind
from gateway.outcomes.measures.outcome_state import STATE_PHRASES, OnceOfWeeksMeasure, read_outcome_state
from gateway.outcomes.phrases import PeriodWord, Phrase, PhraseValue
from gateway.outcomes.terms import Index, WeekState
from gateway.outcomes.verdicts import SKIPPED, WeekReason, WeekVerdict
from vocabulary.declaration import DeclarationTable, one_of
from vocabulary.weeks import Month, Week

_LEAST_WEEKS_A_MONTH = 4


@dataclass(frozen=True, slots=True)
class RetentionMeasure(OnceOfWeeksMeasure):
    """People who once had `needed` qualifying periods among `within` on end."""

    needed: int
    within: int
    by_month: bool = False  # the periods are whole months, and not weeks
    days_from_enrolment: int = 0  # after them nothing counts; 0 for no end
    threshold_people: int = 0
    kind: ClassVar[str] = "retention"

    @property
    def days_limit(self) -> int:
        return self.days_from_enrolment

    @property
    def goal_people(self) -> int:
        return self.threshold_people

    @property
    def takes_several_weeks(self) -> bool:
        return self.needed > 1 or self.by_month

    def read_of_start(self, first: date) -> Hashable:
        if not self.days_limit:
            return Week.of(first)
        end = first + timedelta(days=self.days_limit - 1)
        return Week.of(first), Week.of(end), Week.of(end + timedelta(days=1))  # a last week counts whole or not at all

    def cells(self, contract: Contract, person: PersonHistory, verdicts: Sequence[WeekVerdict]) -> Mapping[Cell, int]:
        """Reached in the first period that ends `within` periods of which `needed` qualify; it stays reached.

        By the state of the weeks of the qualifying ones among them.
        """
        asked = [verdict for verdict in verdicts if verdict.reason not in SKIPPED]
        end = last_day(contract, self, person, verdicts)
        weeks = [verdict for verdict in asked if verdict.week.sunday <= end] if self.days_limit else asked
        last = min(end, verdicts[-1].week.sunday) if verdicts else end
        months = _months(contract, person, weeks, last) if self.by_month else []
        periods = [_month_verdict(month) for month in months] if self.by_month else weeks
        qualifying = 0  # among the last `within` periods
        for position, period in enumerate(periods):
            qualifying += bool(period.state)
            if position >= self.within:
                qualifying -= bool(periods[position - self.within].state)
            if period.state and qualifying >= self.needed:
                behind = [
                    place for place in range(max(0, position + 1 - self.within), position + 1) if periods[place].state
                ]
                counted = chain.from_iterable(months[place] if self.by_month else [weeks[place]] for place in behind)
                parts = [(verdict.state, 1) for verdict in counted]
                return {(self.state_of(parts), period.week.thursday.year): 1}
        return {}

    def can_be_reached_in(self, weeks: int) -> bool:
        return weeks >= self.weeks_needed()

    def phrase(self) -> Phrase:
        key = "first" if self.within == 1 else "on_end" if self.needed == self.within else "among"
        values: dict[str, PhraseValue] = {
            "needed": self.needed,
            "within": self.within,
            "period": PeriodWord.of(is_month=self.by_month, is_one=True),
            "periods": PeriodWord.of(is_month=self.by_month, is_one=False),
            "needed_periods": PeriodWord.of(is_month=self.by_month, is_one=self.needed == 1),
            "counted_in": self.state_phrase(),
        }
        return Phrase(key, values)

    def numbers(self) -> Iterator[AgreedNumber[RetentionMeasure]]:
        """A run of so many on end stays one, and a longer demand still fits among its periods."""

        def with_needed(value: int) -> RetentionMeasure:
            keeps_row = self.needed == self.within or value > self.within
            return replace(self, needed=value, within=value if keeps_row else self.within)

        yield AgreedNumber("needed", self.needed, with_needed)
        yield from numbers_of(self, "days_from_enrolment", "threshold_people")
        if self.within > self.needed:
            yield from numbers_of(self, "within")

    def without_goal(self) -> RetentionMeasure:
        return replace(self, threshold_people=0)

    def weeks_needed(self) -> int:
        return self.needed * (_LEAST_WEEKS_A_MONTH if self.by_month else 1)

    def is_sound(self) -> bool:
        return self.within >= self.needed


def _months(
    contract: Contract, person: PersonHistory, weeks: Sequence[WeekVerdict], by: date
) -> list[list[WeekVerdict]]:
    """The asked weeks of each whole month, the earliest first.

    A month that began before the person did, or that is not over by that day, is no period; nor is one of which no
    week was asked.
    """
    start = first_week(contract, person)
    by_month: dict[int, list[WeekVerdict]] = {}
    for verdict in weeks:
        by_month.setdefault(verdict.week.month.ordinal, []).append(verdict)
    found = []
    for month, asked in by_month.items():  # the earliest first, as the weeks
        whole = Month(month).weeks()
        if whole[0] >= start and whole[-1].sunday <= by:
            found.append(asked)
    return found


def _month_verdict(asked: Sequence[WeekVerdict]) -> WeekVerdict:
    """A month as its last asked week: qualifying where every asked week of it does."""
    last = asked[-1]
    return last if all(one.state for one in asked) else WeekVerdict(last.week, WeekReason.NO_STATE)


def _read(
    table: DeclarationTable, name: str, states: tuple[WeekState, ...], _indices: tuple[Index, ...]
) -> RetentionMeasure:
    needed = table.integer("needed", least=1, most=520)
    within = table.integer("within", needed, most=520)
    period = table.convert("period", one_of("week", "month"))
    end, goal = table.integer("days_from_enrolment", 0, most=3660), table.integer("threshold_people", 0)
    outcome_state = read_outcome_state(table, states, lambda: needed > 1 or period == "month")
    if within < needed:
        raise table.refuse("within", "holds fewer periods than are needed: nobody could reach it")
    return RetentionMeasure(
        name,
        states,
        table.line,
        needed,
        within,
        by_month=period == "month",
        days_from_enrolment=end,
        threshold_people=goal,
        outcome_state=outcome_state,
    )


KIND = MeasureKind(
    word=RetentionMeasure.kind,
    manual="Retention",
    phrases=frozenset({"first", "on_end", "among", *STATE_PHRASES}),
    read=_read,
)
