"""Kind `week_blocks`: a point for each full block of so many qualifying weeks, up to so many blocks for each person."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_of
from gateway.outcomes.calendar import first_weeks, is_paused, stands_still
from gateway.outcomes.contract import Contract
from gateway.outcomes.figures import Cell
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.known_terms import MeasureKind
from gateway.outcomes.measures.outcome_state import STATE_PHRASES, OfWeeksMeasure, read_outcome_state
from gateway.outcomes.measures.placed import PlacedMeasure
from gateway.outcomes.phrases import Phrase
from gateway.outcomes.terms import FigureUnit, Index, WeekState, Window
from gateway.outcomes.verdicts import SKIPPED, WeekVerdict
from vocabulary.declaration import DeclarationTable
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class WeekBlocksMeasure(OfWeeksMeasure, PlacedMeasure):
    """Full blocks of `weeks_per_block` qualifying weeks, the first `most_blocks` of each person."""

    weeks_per_block: int
    most_blocks: int
    is_consecutive: bool  # an asked week that does not qualify begins the block anew
    weeks_from_enrolment: int = 0  # after them nothing counts; 0 for no end
    kind: ClassVar[str] = "week_blocks"
    unit: ClassVar[FigureUnit] = FigureUnit.POINT

    @property
    def weeks_limit(self) -> int:
        return self.weeks_from_enrolment

    @property
    def takes_several_weeks(self) -> bool:
        return self.weeks_per_block > 1

    def read_of_start(self, first: date) -> Hashable:
        return Week.of(first)

    def placed_units(
        self, contract: Contract, person: PersonHistory, verdicts: Sequence[WeekVerdict]
    ) -> Iterator[tuple[int, Cell, int]]:
        """In the week that fills a block; the next block begins behind it. Weeks that are not asked are neither for nor
        against."""
        parts, full = list[tuple[str, int]](), 0
        for place, verdict in enumerate(verdicts):
            if full == self.most_blocks:
                return
            if verdict.state:
                parts.append((verdict.state, 1))
            elif self.is_consecutive and verdict.reason not in SKIPPED:
                parts.clear()
            if len(parts) == self.weeks_per_block:
                yield place, (self.state_of(parts), verdict.week.thursday.year), 1
                parts.clear()
                full += 1

    def most_units(self, contract: Contract) -> int:
        weeks = contract.windows[-1].to_week - first_weeks(contract)[0] + 1
        return min(self.most_blocks, self._within(weeks) // self.weeks_per_block)

    def _within(self, weeks: int) -> int:
        return min(weeks, self.weeks_from_enrolment) if self.weeks_from_enrolment else weeks

    def best_of_person(self, contract: Contract, window: Window, price: Callable[[int], int]) -> int:
        """Each block at the best price of the weeks that can fill it. Where an exit can make time stand still, weeks
        after the person's time are asked too."""
        found = [0]
        for first in first_weeks(contract):
            weeks = [first + offset for offset in range(max(0, window.to_week - first + 1))]
            years = [week.thursday.year for week in weeks if not is_paused(contract, week)]
            asked = years if stands_still(contract) else years[: self._within(len(years))]
            blocks = min(self.most_blocks, len(asked) // self.weeks_per_block)
            found.append(
                sum(max(map(price, asked[block * self.weeks_per_block - 1 :])) for block in range(1, blocks + 1))
            )
        return max(found)

    def phrase(self) -> Phrase:
        key = "on_end" if self.is_consecutive else "in_all"
        within = Phrase("within", {"weeks": self.weeks_from_enrolment}) if self.weeks_from_enrolment else ""
        values = {"needed": self.weeks_per_block, "most": self.most_blocks}
        return Phrase(key, {**values, "within": within, "counted_in": self.state_phrase()})

    def numbers(self) -> Iterator[AgreedNumber[WeekBlocksMeasure]]:
        return numbers_of(self, "weeks_per_block", "most_blocks", "weeks_from_enrolment")

    def weeks_needed(self) -> int:
        return self.weeks_per_block

    def is_sound(self) -> bool:
        return not 0 < self.weeks_from_enrolment < self.weeks_per_block


def _read(
    table: DeclarationTable, name: str, states: tuple[WeekState, ...], _indices: tuple[Index, ...]
) -> WeekBlocksMeasure:
    needed, most = table.integer("weeks_per_block", least=1, most=520), table.integer("most_blocks", least=1, most=520)
    end, is_consecutive = table.integer("weeks_from_enrolment", 0, most=1040), table.flag("consecutive")
    outcome_state = read_outcome_state(table, states, lambda: needed > 1)
    with table.check():
        if 0 < end < needed * most:
            raise table.refuse("weeks_from_enrolment", f"holds fewer weeks than {most} blocks of {needed} need")
    return WeekBlocksMeasure(
        name,
        states,
        table.line,
        needed,
        most,
        is_consecutive=is_consecutive,
        weeks_from_enrolment=end,
        outcome_state=outcome_state,
    )


KIND = MeasureKind(
    word=WeekBlocksMeasure.kind,
    manual="Blocks of weeks",
    phrases=frozenset({"on_end", "in_all", "within", *STATE_PHRASES}),
    read=_read,
)
