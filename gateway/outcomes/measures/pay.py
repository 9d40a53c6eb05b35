"""Kind `pay`: what each person is paid in the months in which a week of theirs counts, in minor units.

With `most_minor` no person counts for more. Without it a sum tells of the one who is paid most, and only the creditor
may have it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_of
from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.figures import Cell
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.judging import first_day, first_end, later_end
from gateway.outcomes.known_terms import MeasureKind
from gateway.outcomes.measures.earnings import NOT_READ, months_read
from gateway.outcomes.phrases import Money, Phrase
from gateway.outcomes.terms import FigureUnit, Index, WeekState, Window
from gateway.outcomes.verdicts import WeekReason, WeekVerdict
from vocabulary.declaration import DeclarationTable, one_of
from vocabulary.weeks import Month, Week

_MUCH = 10**13  # minor units: more than anybody is paid


@dataclass(frozen=True, slots=True)
class PayMeasure(Measure):
    """Pay of the income types of one state, from the person's own start on."""

    counts_partial_months: bool  # months that lie only partly in the person's time
    most_minor: int = 0  # of one person; 0 for no bound
    days_from_enrolment: int = 0  # after them nothing counts; 0 for no end
    kind: ClassVar[str] = "pay"
    unit: ClassVar[FigureUnit] = FigureUnit.MINOR
    can_fall: ClassVar[bool] = True  # pay can be taken back
    counts_pay: ClassVar[bool] = True
    most_a_week: ClassVar[int] = _MUCH

    @property
    def days_limit(self) -> int:
        return self.days_from_enrolment

    @property
    def pace_limit(self) -> int | None:
        return self.most_minor or None

    def read_of_start(self, first: date) -> Hashable:
        return first if self.days_limit else (Week.of(first), Month.of(first), first.day == 1)

    def cells(self, contract: Contract, person: PersonHistory, verdicts: Sequence[WeekVerdict]) -> Mapping[Cell, int]:
        """The pay of each month in which a week counts, and what a later month takes back, never below nothing in all.
        Of a month of which a posting was lost nothing counts. By the year of the last month that counts."""
        return self.cells_by_length(contract, person, verdicts, [len(verdicts)])[0]

    def cells_by_length(
        self, contract: Contract, person: PersonHistory, verdicts: Sequence[WeekVerdict], lengths: Sequence[int]
    ) -> list[Mapping[Cell, int]]:
        """What `cells` says of so many of the first verdicts, for each of these rising lengths."""
        [state] = self.states
        start, end = first_day(contract, person), first_end(contract, self, person)
        told: dict[int, bool] = {}  # month -> whether a week of it counts
        is_out, found = False, list[Mapping[Cell, int]]()
        for since, until in pairwise((0, *lengths)):
            for verdict in verdicts[since:until]:
                end = later_end(end, verdict)
                is_out = is_out or verdict.reason is WeekReason.OUT
                if verdict.reason not in NOT_READ:
                    month = verdict.week.month.ordinal
                    told[month] = told.get(month, False) or bool(verdict.state)
            read = months_read(start, end, partly=self.counts_partial_months)
            found.append({} if is_out else self._cells_of(person, state, {m: told[m] for m in told if m in read}))
        return found

    def _cells_of(self, person: PersonHistory, state: WeekState, months: Mapping[int, bool]) -> Mapping[Cell, int]:
        total, last = 0, 0
        for month, counts in sorted(months.items()):
            pay = sum(person.earnings.get((month, kind), 0) for kind in state.income_types)
            if person.has_unreadable_income(Month(month)) or not (counts or pay < 0):
                continue
            total += pay
            last = month if pay else last
        total = min(max(0, total), self.most_minor or total)
        return {(state.id, Month(last).first_day.year): total} if total > 0 else {}

    def most_units(self, contract: Contract) -> int:
        return self.most_minor or _MUCH

    def best_of_person(self, contract: Contract, window: Window, price: Callable[[int], int]) -> int:
        return self.most_units(contract) * price(window.to_week.thursday.year)

    def phrase(self) -> Phrase:
        most = Phrase("most", {"amount": Money(self.most_minor)}) if self.most_minor else ""
        months = Phrase("partial_months" if self.counts_partial_months else "whole_months")
        return Phrase("pay", {"most": most, "months": months})

    def numbers(self) -> Iterator[AgreedNumber[PayMeasure]]:
        return numbers_of(self, "most_minor", "days_from_enrolment")


def _read(table: DeclarationTable, name: str, states: tuple[WeekState, ...], _indices: tuple[Index, ...]) -> PayMeasure:
    partial = table.convert("partial_months", one_of("count", "leave_out"))
    most = table.integer("most_minor", least=1) if "most_minor" in table else 0
    days = table.integer("days_from_enrolment", 0, most=3660)
    with table.check():
        if len(states) != 1 or not states[0].income_types:
            raise table.refuse("states", "must name one state with income_types: pay of those types is added up")
    counts_partial_months = table.part(lambda: partial == "count")
    return PayMeasure(name, states, table.line, counts_partial_months, most, days)


KIND = MeasureKind(
    word=PayMeasure.kind,
    manual="Pay",
    phrases=frozenset({"pay", "most", "partial_months", "whole_months"}),
    read=_read,
)
