"""What kinds share that count a person once: reached or not, and worth one unit in the year in which it was."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from gateway.outcomes.calendar import counted_weeks, first_weeks, open_week
from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.terms import FigureUnit, Window


@dataclass(frozen=True, slots=True)
class OnceMeasure(Measure):
    """A measure under which a person is one unit, or none."""

    unit: ClassVar[FigureUnit] = FigureUnit.PERSON

    @abstractmethod
    def can_be_reached_in(self, weeks: int) -> bool:
        """Whether so many weeks, paused ones left out, are enough for anybody."""

    def most_units(self, contract: Contract) -> int:
        return 1

    def best_of_person(self, contract: Contract, window: Window, price: Callable[[int], int]) -> int:
        first = first_weeks(contract)[0]
        weeks = counted_weeks(contract, first, window.to_week)
        if open_week(contract, first) > window.to_week or not self.can_be_reached_in(weeks):
            return 0
        return max(map(price, range(first.thursday.year, window.to_week.thursday.year + 1)))
