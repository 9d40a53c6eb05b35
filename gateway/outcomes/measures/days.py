"""Kind `days`: reached once, by so many days in qualifying weeks, each day once."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.figures import Cell
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.judging import first_day, last_day
from gateway.outcomes.known_terms import MeasureKind
from gateway.outcomes.measures.outcome_state import STATE_PHRASES_BY_DAYS, OnceOfWeeksMeasure, read_outcome_state
from gateway.outcomes.phrases import Phrase
from gateway.outcomes.terms import Index, WeekState
from gateway.outcomes.verdicts import WeekVerdict
from vocabulary.declaration import DeclarationTable
from vocabulary.weeks import Week

_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class DaysMeasure(OnceOfWeeksMeasure):
    """People with `needed` days in qualifying weeks."""

    needed: int
    days_from_enrolment: int = 0  # after them nothing counts; 0 for no end
    kind: ClassVar[str] = "days"

    @property
    def days_limit(self) -> int:
        return self.days_from_enrolment

    @property
    def takes_several_weeks(self) -> bool:
        return self.needed > 1

    def read_of_start(self, first: date) -> Hashable:
        """The weeks that are needed beside a part of the first one, of the last one, of both: no more of it shows.

        Where the days of each state decide whose the outcome is, the day itself.
        """
        end = first + timedelta(days=self.days_limit - 1) if self.days_limit else date.max
        if self.outcome_state is not None or Week.of(end) == Week.of(first):
            return first
        begun = _A_WEEK - first.weekday()
        ended = end.weekday() + 1 if self.days_limit else _A_WEEK
        parts = (begun, ended, begun + ended)
        return Week.of(first), Week.of(end), tuple(-((days - self.needed) // _A_WEEK) for days in parts)

    def cells(self, contract: Contract, person: PersonHistory, verdicts: Sequence[WeekVerdict]) -> Mapping[Cell, int]:
        """Reached in the week in which the days of qualifying weeks, each day once, add up to what is needed.

        By the state of these days; what the last week has beyond them is not among them.
        """
        start, end = first_day(contract, person), last_day(contract, self, person, verdicts)
        left, parts = self.needed, list[tuple[str, int]]()
        for verdict in verdicts:
            if not verdict.state:
                continue
            first, last = max(verdict.week.monday, start), min(verdict.week.sunday, end)
            days = min(left, max(0, (last - first).days + 1))
            left -= days
            parts.append((verdict.state, days))
            if not left:
                return {(self.state_of(parts), verdict.week.thursday.year): 1}
        return {}

    def can_be_reached_in(self, weeks: int) -> bool:
        return _A_WEEK * weeks >= self.needed

    def phrase(self) -> Phrase:
        return Phrase("days", {"needed": self.needed, "counted_in": self.state_phrase(by_days=True)})

    def numbers(self) -> Iterator[AgreedNumber[DaysMeasure]]:
        return numbers_of(self, "needed", "days_from_enrolment")

    def weeks_needed(self) -> int:
        return self.needed // _A_WEEK


def _read(
    table: DeclarationTable, name: str, states: tuple[WeekState, ...], _indices: tuple[Index, ...]
) -> DaysMeasure:
    needed, end = table.integer("needed", least=1, most=3660), table.integer("days_from_enrolment", 0, most=3660)
    chosen = read_outcome_state(table, states, lambda: needed > 1)
    with table.check():
        if end and end < needed:
            raise table.refuse("days_from_enrolment", "holds fewer days than are needed: nobody could reach it")
    return DaysMeasure(name, states, table.line, needed, end, outcome_state=chosen)


KIND = MeasureKind(
    word=DaysMeasure.kind, manual="Days", phrases=frozenset({"days", *STATE_PHRASES_BY_DAYS}), read=_read
)
