"""Kind `earnings`: reached once, by so much pay from the person's own start."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import pairwise
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_inside, numbers_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.figures import Cell
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.judging import first_day, first_end, later_end
from gateway.outcomes.known_terms import MeasureKind, find_index
from gateway.outcomes.measures.once import OnceMeasure
from gateway.outcomes.phrases import Hours, Money, Phrase
from gateway.outcomes.terms import Index, Rounding, WeekState, divide
from gateway.outcomes.verdicts import SKIPPED, WeekReason, WeekVerdict
from vocabulary.declaration import DeclarationTable, one_of
from vocabulary.weeks import Month, Week

NOT_READ = SKIPPED | {
    WeekReason.CENSORED,
    WeekReason.FAILED,
    WeekReason.EXIT,
    WeekReason.OUT,
    WeekReason.AFTER_LAST_WEEK,
}


@dataclass(frozen=True, slots=True)
class EarningsThreshold:
    """Pay that must be reached: an amount, or hours a week × weeks × the index of the year of the person's start."""

    amount_minor: int
    hours_hundredths: int = 0  # of all weeks together
    index: Index | None = None  # minor units an hour
    counts_partial_months: bool = False  # months that lie only partly in the person's time

    def minor(self, start: date, rounding: Rounding) -> int:
        """The threshold for somebody who started on a day. `ContractNotEvaluable` for a year that the index lacks."""
        if self.index is None:
            return self.amount_minor
        return divide(self.hours_hundredths * self.index.value(self.index.year_of(start)), 100, rounding)

    def phrase(self) -> Phrase:
        months = Phrase("partial_months" if self.counts_partial_months else "whole_months")
        if self.index is None:
            return Phrase("amount", {"amount": Money(self.amount_minor), "months": months})
        return Phrase("by_index", {"hours": Hours(self.hours_hundredths), "index": self.index, "months": months})


@dataclass(frozen=True, slots=True)
class EarningsMeasure(OnceMeasure):
    """People whose pay reached a threshold."""

    earnings: EarningsThreshold
    days_from_enrolment: int = 0  # after them nothing counts; 0 for no end
    kind: ClassVar[str] = "earnings"
    can_fall: ClassVar[bool] = True  # pay can be taken back
    counts_pay: ClassVar[bool] = True

    @property
    def days_limit(self) -> int:
        return self.days_from_enrolment

    @property
    def published_index(self) -> Index | None:
        return self.earnings.index

    def read_of_start(self, first: date) -> Hashable:
        return first if self.days_limit else (Week.of(first), Month.of(first), first.day == 1)

    def cells(self, contract: Contract, person: PersonHistory, verdicts: Sequence[WeekVerdict]) -> Mapping[Cell, int]:
        """Reached in the month in which the pay from the person's start adds up to the threshold of the year of the
        start.

        A month is read where one of its days is the person's and it is the month of an asked week, so that nothing
        after an exit counts, or of the first or last day of the person's time. Pay that is taken back counts against
        it in its own month. From a month on of which a posting was lost, nobody knows what was earned: then it is not
        reached.
        """
        return self.cells_by_length(contract, person, verdicts, [len(verdicts)])[0]

    def cells_by_length(
        self, contract: Contract, person: PersonHistory, verdicts: Sequence[WeekVerdict], lengths: Sequence[int]
    ) -> list[Mapping[Cell, int]]:
        """What `cells` says of so many of the first verdicts, for each of these rising lengths."""
        start, end = first_day(contract, person), first_end(contract, self, person)
        needed = self.earnings.minor(start, contract.rounding)
        [state] = self.states
        weeks: set[int] = set()
        told: set[int] = set()
        is_out, found = False, list[Mapping[Cell, int]]()

        @cache
        def pay(month: int) -> int | None:
            if person.has_unreadable_income(Month(month)):
                return None
            return sum(person.earnings.get((month, kind), 0) for kind in state.income_types)

        for since, until in pairwise((0, *lengths)):
            for verdict in verdicts[since:until]:
                end = later_end(end, verdict)
                is_out = is_out or verdict.reason is WeekReason.OUT
                if verdict.reason not in NOT_READ:
                    weeks.add(verdict.week.ordinal)
                    told.add(verdict.week.month.ordinal)
            # a day may lie in another month than its week's Thursday; behind the last week sources have not told yet
            edges = {Month.of(day).ordinal for day in (start, end) if Week.of(day).ordinal in weeks}
            known = told.union(month for month in edges if month <= verdicts[until - 1].week.month.ordinal)
            read = months_read(start, end, partly=self.earnings.counts_partial_months)
            month = None if is_out else _month_of(needed, [(one, pay(one)) for one in sorted(known) if one in read])
            found.append({} if month is None else {(state.id, Month(month).first_day.year): 1})
        return found

    def can_be_reached_in(self, weeks: int) -> bool:
        return True  # no amount is too much for a month

    def phrase(self) -> Phrase:
        return self.earnings.phrase()

    def numbers(self) -> Iterator[AgreedNumber[EarningsMeasure]]:
        yield from numbers_of(self, "days_from_enrolment")
        yield from numbers_inside(
            "earnings",
            numbers_of(self.earnings, "amount_minor", "hours_hundredths"),
            lambda changed: replace(self, earnings=changed),
        )

    def with_years_shifted(self, years: int) -> EarningsMeasure:
        if self.earnings.index is None:
            return self
        return replace(self, earnings=replace(self.earnings, index=self.earnings.index.years_later(years)))


def _month_of(needed: int, months: Sequence[tuple[int, int | None]]) -> int | None:
    """The month since which the pay adds up to what is needed; None also where that of a month is not known."""
    reached, earned = None, 0
    for month, pay in months:
        if pay is None:
            return None
        earned += pay
        reached = (reached or month) if earned >= needed else None
    return reached


def months_read(start: date, end: date, *, partly: bool) -> range:
    """The months that lie in the person's time whole, or (`partly`) with at least one day, by their ordinals."""
    first, last = Month.of(start).ordinal, Month.of(end).ordinal
    if partly:
        return range(first, last + 1)
    is_whole = end.day == monthrange(end.year, end.month)[1]
    return range(first + (start.day > 1), last + is_whole)


def _read(
    table: DeclarationTable, name: str, states: tuple[WeekState, ...], indices: tuple[Index, ...]
) -> EarningsMeasure:
    threshold = table.part(lambda: _read_threshold(table.table("earnings"), indices))
    measure = EarningsMeasure(name, states, table.line, threshold, table.integer("days_from_enrolment", 0, most=3660))
    with table.check():
        if len(states) != 1 or not states[0].income_types:
            raise table.refuse("states", "must name one state with income_types: pay of those types is added up")
    return measure


def _read_threshold(pay: DeclarationTable, indices: tuple[Index, ...]) -> EarningsThreshold:
    by_index = "index" in pay
    hours = pay.integer("hours_per_week_hundredths", least=1) if by_index else 0
    weeks = pay.integer("weeks", least=1) if by_index else 0
    amount = 0 if by_index else pay.integer("amount_minor", least=1)
    index = find_index(pay, indices) if by_index else None
    partial = pay.convert("partial_months", one_of("count", "leave_out"))
    pay.finish()
    return EarningsThreshold(amount, hours * weeks, index, partial == "count")


KIND = MeasureKind(
    word=EarningsMeasure.kind,
    manual="Earnings",
    phrases=frozenset({"amount", "by_index", "partial_months", "whole_months"}),
    read=_read,
)
