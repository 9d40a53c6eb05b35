"""What kinds share whose units, once reached, stay: each rests on one week, and no later week moves it."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.figures import Cell
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.verdicts import WeekVerdict


@dataclass(frozen=True, slots=True)
class PlacedMeasure(Measure):
    """A measure whose units by the end of a week are those that rest on the weeks until then."""

    weeks_add_up: ClassVar[bool] = False  # every week counts by itself, whatever the others show

    @abstractmethod
    def placed_units(
        self, contract: Contract, person: PersonHistory, verdicts: Sequence[WeekVerdict]
    ) -> Iterator[tuple[int, Cell, int]]:
        """The place of a verdict, and how many units of which cell rest on it; where no unit does, nothing."""

    def cells(self, contract: Contract, person: PersonHistory, verdicts: Sequence[WeekVerdict]) -> Mapping[Cell, int]:
        return sum_cells((cell, units) for _, cell, units in self.placed_units(contract, person, verdicts))


def sum_cells(units: Iterator[tuple[Cell, int]]) -> Mapping[Cell, int]:
    """Units by cell."""
    found: Counter[Cell] = Counter()
    for cell, number in units:
        found[cell] += number
    return found
