"""Kind `each_day`: every day of a qualifying week counts by itself."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_of
from gateway.outcomes.calendar import best_years, first_days, is_paused, stands_still
from gateway.outcomes.contract import Contract
from gateway.outcomes.figures import Cell
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.judging import first_day, last_day
from gateway.outcomes.known_terms import MeasureKind
from gateway.outcomes.measures.placed import PlacedMeasure
from gateway.outcomes.phrases import Phrase
from gateway.outcomes.terms import FigureUnit, Index, WeekState, Window
from gateway.outcomes.verdicts import WeekVerdict
from vocabulary.declaration import DeclarationTable
from vocabulary.weeks import Week

_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class EachDayMeasure(PlacedMeasure):
    """Days in qualifying weeks so far, within so many days of the person's first one."""

    days_from_enrolment: int  # after them nothing counts
    kind: ClassVar[str] = "each_day"
    unit: ClassVar[FigureUnit] = FigureUnit.DAY
    weeks_add_up: ClassVar[bool] = True
    most_a_week: ClassVar[int] = _A_WEEK

    @property
    def days_limit(self) -> int:
        return self.days_from_enrolment

    @property
    def pace_limit(self) -> int | None:
        return self.days_from_enrolment

    def placed_units(
        self, contract: Contract, person: PersonHistory, verdicts: Sequence[WeekVerdict]
    ) -> Iterator[tuple[int, Cell, int]]:
        """The days of a week that qualifies: in the first week those from the first day on, in the last those up to the
        last one. By the week's state, and the year of its Thursday."""
        start, end = first_day(contract, person), last_day(contract, self, person, verdicts)
        for place, verdict in enumerate(verdicts):
            days = (min(verdict.week.sunday, end) - max(verdict.week.monday, start)).days + 1
            if verdict.state and days > 0:
                yield place, (verdict.state, verdict.week.thursday.year), days

    def read_of_start(self, first: date) -> Hashable:
        """How many days of the first and of the last week count: whole weeks are the same for all of a week."""
        end = first + timedelta(days=self.days_from_enrolment - 1)
        return Week.of(first), first.weekday(), Week.of(end), end.weekday()

    def most_units(self, contract: Contract) -> int:
        calendar = (contract.windows[-1].to_week.sunday - first_days(contract)[0]).days + 1
        return max(0, min(self.days_from_enrolment, calendar))

    def best_of_person(self, contract: Contract, window: Window, price: Callable[[int], int]) -> int:
        """Where an exit can make time stand still, days after the person's time are asked too: any may count."""
        rows = []
        for first in first_days(contract):
            days = [first + timedelta(days=offset) for offset in range((window.to_week.sunday - first).days + 1)]
            asked = [week.thursday.year for week in map(Week.of, days) if not is_paused(contract, week)]
            rows.append(asked if stands_still(contract) else asked[: self.days_from_enrolment])
        return best_years(rows, price, most=self.most_units(contract))

    def phrase(self) -> Phrase:
        return Phrase("each_day")

    def numbers(self) -> Iterator[AgreedNumber[EachDayMeasure]]:
        return numbers_of(self, "days_from_enrolment")


def _read(
    table: DeclarationTable, name: str, states: tuple[WeekState, ...], _indices: tuple[Index, ...]
) -> EachDayMeasure:
    return EachDayMeasure(name, states, table.line, table.integer("days_from_enrolment", least=1, most=7280))


KIND = MeasureKind(word=EachDayMeasure.kind, manual="Each day", phrases=frozenset({"each_day"}), read=_read)
