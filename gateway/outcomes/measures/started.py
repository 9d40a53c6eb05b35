"""Kind `started`: each person once, from the first week on that may count, whatever the registers show."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber
from gateway.outcomes.calendar import first_weeks
from gateway.outcomes.contract import Contract
from gateway.outcomes.figures import Cell
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.known_terms import MeasureKind
from gateway.outcomes.measures.placed import PlacedMeasure
from gateway.outcomes.phrases import Phrase
from gateway.outcomes.terms import FigureUnit, Index, WeekState, Window
from gateway.outcomes.verdicts import WeekReason, WeekVerdict
from vocabulary.declaration import DeclarationTable
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class StartedMeasure(PlacedMeasure):
    """People whose time has begun."""

    kind: ClassVar[str] = "started"
    unit: ClassVar[FigureUnit] = FigureUnit.PERSON
    is_result: ClassVar[bool] = False

    def read_of_start(self, first: date) -> Hashable:
        return Week.of(first)

    def placed_units(
        self, contract: Contract, person: PersonHistory, verdicts: Sequence[WeekVerdict]
    ) -> Iterator[tuple[int, Cell, int]]:
        """In the person's first week, paused or not. An exit with the rule `out` takes it back, and no other does."""
        if verdicts and not any(verdict.reason is WeekReason.OUT for verdict in verdicts):
            yield 0, ("", verdicts[0].week.thursday.year), 1

    def most_units(self, contract: Contract) -> int:
        return 1

    def best_of_person(self, contract: Contract, window: Window, price: Callable[[int], int]) -> int:
        return max((price(week.thursday.year) for week in first_weeks(contract) if week <= window.to_week), default=0)

    def phrase(self) -> Phrase:
        return Phrase("started")

    def numbers(self) -> Iterator[AgreedNumber[StartedMeasure]]:
        return iter(())


def _read(
    table: DeclarationTable, name: str, _states: tuple[WeekState, ...], _indices: tuple[Index, ...]
) -> StartedMeasure:
    return StartedMeasure(name, (), table.line)


KIND = MeasureKind(
    word=StartedMeasure.kind,
    manual="People who started",
    phrases=frozenset({"started"}),
    read=_read,
    has_states=False,
)
