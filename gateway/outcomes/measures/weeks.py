"""Kind `weeks`: every qualifying week counts by itself."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_of
from gateway.outcomes.calendar import best_years, first_weeks, is_paused, stands_still
from gateway.outcomes.contract import Contract
from gateway.outcomes.figures import Cell
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.known_terms import MeasureKind
from gateway.outcomes.measures.placed import PlacedMeasure
from gateway.outcomes.phrases import Phrase
from gateway.outcomes.terms import FigureUnit, Index, WeekState, Window
from gateway.outcomes.verdicts import WeekVerdict
from vocabulary.declaration import DeclarationTable
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class WeeksMeasure(PlacedMeasure):
    """Qualifying weeks so far."""

    weeks_from_enrolment: int  # after them nothing counts
    kind: ClassVar[str] = "weeks"
    unit: ClassVar[FigureUnit] = FigureUnit.WEEK
    weeks_add_up: ClassVar[bool] = True

    @property
    def weeks_limit(self) -> int:
        return self.weeks_from_enrolment

    @property
    def pace_limit(self) -> int | None:
        return self.weeks_from_enrolment

    def read_of_start(self, first: date) -> Hashable:
        return Week.of(first)

    def placed_units(
        self, contract: Contract, person: PersonHistory, verdicts: Sequence[WeekVerdict]
    ) -> Iterator[tuple[int, Cell, int]]:
        for place, verdict in enumerate(verdicts):
            if verdict.state:
                yield place, (verdict.state, verdict.week.thursday.year), 1

    def most_units(self, contract: Contract) -> int:
        return min(self.weeks_from_enrolment, contract.windows[-1].to_week - first_weeks(contract)[0] + 1)

    def best_of_person(self, contract: Contract, window: Window, price: Callable[[int], int]) -> int:
        """Where an exit can make time stand still, weeks after the person's time are asked too: any may count."""
        rows = []
        for first in first_weeks(contract):
            weeks = [first + offset for offset in range(max(0, window.to_week - first + 1))]
            asked = [week.thursday.year for week in weeks if not is_paused(contract, week)]
            rows.append(asked if stands_still(contract) else asked[: self.weeks_from_enrolment])
        return best_years(rows, price, most=self.most_units(contract))

    def phrase(self) -> Phrase:
        return Phrase("weeks", {"weeks": self.weeks_from_enrolment})

    def numbers(self) -> Iterator[AgreedNumber[WeeksMeasure]]:
        return numbers_of(self, "weeks_from_enrolment")


def _read(
    table: DeclarationTable, name: str, states: tuple[WeekState, ...], _indices: tuple[Index, ...]
) -> WeeksMeasure:
    return WeeksMeasure(name, states, table.line, table.integer("weeks_from_enrolment", least=1, most=1040))


KIND = MeasureKind(word=WeeksMeasure.kind, manual="Weeks", phrases=frozenset({"weeks"}), read=_read)
