"""One person's units of a measure from window to window: which are held, and when each was reached.

A unit that moves into another state while it is held stays one. One that is lost and reached again was reached twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.outcomes.figures import Cell


@dataclass(slots=True)
class HeldUnits:
    """One person's units of a measure: by cell, and by the stretches under which each was reached."""

    units: Counter[tuple[Cell, frozenset[int]]] = field(default_factory=Counter)
    lost: list[frozenset[int]] = field(default_factory=list)

    def go_on(self, cells: Mapping[Cell, int], stretch: int) -> None:
        """To the end of another window, which lies in a stretch."""
        before: Counter[Cell] = Counter()
        for (cell, _), many in self.units.items():
            before[cell] += many
        now = Counter({cell: many for cell, many in cells.items() if many})
        dropped, gained = sorted((before - now).elements()), sorted((now - before).elements())
        taken = [self._take(cell) for cell in dropped]
        for place, cell in enumerate(gained):
            if place < len(taken):  # it moved
                since = taken[place]
            else:
                since = frozenset({stretch}) | (self.lost.pop() if self.lost else frozenset())
            self.units[cell, since] += 1
        self.lost += taken[len(gained) :]

    def _take(self, cell: Cell) -> frozenset[int]:
        """The unit that was reached last in a cell, taken away."""
        since = max((since for at, since in self.units if at == cell), key=sorted)
        self.units[cell, since] -= 1
        if not self.units[cell, since]:
            del self.units[cell, since]
        return since


def reached_from(by_window: Sequence[Mapping[Cell, int]], since: int) -> list[Mapping[Cell, int]]:
    """Of the units that a person holds at the end of each window, those that were reached in the window `since`, by its
    place, or behind it, and at no time before."""
    held, found = HeldUnits(), list[Mapping[Cell, int]]()
    for place, cells in enumerate(by_window):
        held.go_on(cells, 0 if place < since else 1)
        new: Counter[Cell] = Counter()
        for (cell, reached), many in held.units.items():
            new[cell] += 0 if 0 in reached else many
        found.append(+new)
    return found
