"""Kind `follow_up`: a point for each person in a state at months after the person's own start."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber
from gateway.outcomes.calendar import best_years, first_days, is_paused, months_after, stands_still
from gateway.outcomes.contract import Contract
from gateway.outcomes.figures import Cell
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.judging import first_day
from gateway.outcomes.known_terms import MeasureKind
from gateway.outcomes.measures.placed import PlacedMeasure
from gateway.outcomes.phrases import NumberList, Phrase
from gateway.outcomes.terms import FigureUnit, Index, WeekState, Window
from gateway.outcomes.verdicts import STILL, WeekVerdict
from vocabulary.declaration import DeclarationTable
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class FollowUpMeasure(PlacedMeasure):
    """Points, one for each person in a state in the week of each follow-up month."""

    months: tuple[int, ...]  # after the person's own start, the earliest first
    kind: ClassVar[str] = "follow_up"
    unit: ClassVar[FigureUnit] = FigureUnit.POINT

    def read_of_start(self, first: date) -> Hashable:
        return Week.of(first), tuple(Week.of(months_after(first, months)) for months in self.months)

    def placed_units(
        self, contract: Contract, person: PersonHistory, verdicts: Sequence[WeekVerdict]
    ) -> Iterator[tuple[int, Cell, int]]:
        """A week in which time stands still, in a pause or a neutral exit, hands its point on to the next."""
        start = first_day(contract, person)
        for months in self.months if verdicts else ():
            place = max(0, Week.of(months_after(start, months)) - verdicts[0].week)
            while place < len(verdicts) and verdicts[place].reason in STILL:
                place += 1
            if place < len(verdicts) and verdicts[place].state:
                yield place, (verdicts[place].state, verdicts[place].week.thursday.year), 1

    def most_units(self, contract: Contract) -> int:
        return len(self.months)

    def best_of_person(self, contract: Contract, window: Window, price: Callable[[int], int]) -> int:
        """Where an exit can make time stand still, a point may be handed on to any later year."""
        end = window.to_week.thursday.year

        def best(year: int) -> int:
            return max(map(price, range(year, end + 1))) if stands_still(contract) else price(year)

        rows = [self._years(contract, day, window) for day in first_days(contract)]
        return best_years(rows, best, most=self.most_units(contract))

    def _years(self, contract: Contract, start: date, window: Window) -> list[int]:
        """The year of each point that somebody who starts on a day can have by the window's end."""
        years = []
        for months in self.months:
            week = Week.of(months_after(start, months))
            while is_paused(contract, week):
                week += 1
            if week <= window.to_week:
                years.append(week.thursday.year)
        return years

    def phrase(self) -> Phrase:
        return Phrase("follow_up", {"months": NumberList(self.months)})

    def numbers(self) -> Iterator[AgreedNumber[FollowUpMeasure]]:
        return iter(())


def _read(
    table: DeclarationTable, name: str, states: tuple[WeekState, ...], _indices: tuple[Index, ...]
) -> FollowUpMeasure:
    months = table.integers("months", least=1, most=240)
    with table.check():
        if list(months) != sorted(set(months)) or not months:
            raise table.refuse("months", "must name months after the start, each once, the earliest first")
    return FollowUpMeasure(name, states, table.line, months)


KIND = MeasureKind(word=FollowUpMeasure.kind, manual="Follow-up", phrases=frozenset({"follow_up"}), read=_read)
