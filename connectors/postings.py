"""A posting of income out of its cells, for files and records alike: every cell is read before anything is judged.

A posting that cannot be read may be one that takes hours or pay back. So whoever it may be of has a mark in the months
that it may be of (`IncomeType.UNREADABLE`): nothing is known of that person's income then, whatever else is posted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from connectors.cells import read_amount, read_hours, read_income_type, read_month, trim
from connectors.codes import income_type_in
from connectors.errors import RejectReason
from vocabulary.records import IncomePosting, SubjectRef
from vocabulary.statuses import IncomeType
from vocabulary.weeks import Month

WORDS = ("month", "income_type", "paid_hours", "amount")
_WITH_HOURS = frozenset({IncomeType.WAGE, IncomeType.GREENLAND, IncomeType.RESEARCHER})
_NO_TYPE = "00"


@dataclass(frozen=True, slots=True)
class Posting:
    """What a posting says, of nobody yet. Of an unreadable one (`reasons`) at most the month means anything."""

    month: Month | None
    code: str
    hours_hundredths: int
    amount_minor: int
    reasons: tuple[RejectReason, ...]

    @property
    def income_type(self) -> IncomeType | None:
        """What the code means in its month; None where no list says it."""
        return None if self.month is None else income_type_in(self.code, self.month)

    def of(self, person: SubjectRef, month: Month, *, keeps_amounts: bool, unknown: Counter[str]) -> IncomePosting:
        """The posting as this person's. A type that no list explains is counted in `unknown`."""
        if self.income_type is None:
            unknown[self.code] += 1
        kind = self.income_type or IncomeType.UNKNOWN
        amount = self.amount_minor if keeps_amounts else 0
        return IncomePosting(person, month, kind, self.hours_hundredths, self.amount_minor < 0, amount)


def read_posting(texts: Mapping[str, str]) -> Posting:
    """The posting in the cells of `WORDS`, with a reason for each cell that is not certain."""
    month, code = read_month(texts["month"]), read_income_type(texts["income_type"])
    hours, amount = read_hours(texts["paid_hours"]), read_amount(texts["amount"])
    reasons = [cell for cell in (month, code, hours, amount) if isinstance(cell, RejectReason)]
    posting = Posting(
        month=None if isinstance(month, RejectReason) else month,
        code=_NO_TYPE if isinstance(code, RejectReason) else str(code),
        hours_hundredths=0 if isinstance(hours, RejectReason) else hours,
        amount_minor=0 if isinstance(amount, RejectReason) else amount,
        reasons=(),
    )
    if not reasons and _contradicts_itself(posting, has_hours=bool(trim(texts["paid_hours"]))):
        reasons.append(RejectReason.HOURS)
    return Posting(posting.month, posting.code, posting.hours_hundredths, posting.amount_minor, tuple(reasons))


def _contradicts_itself(posting: Posting, *, has_hours: bool) -> bool:
    """Whether pay is taken back and hours are given: a sign was lost. Pay for work that is taken back without a word of
    its hours leaves open how many go with it.
    """
    if posting.amount_minor >= 0:
        return False
    return posting.hours_hundredths > 0 or (not has_hours and posting.income_type in _WITH_HOURS)


def unreadable(people: Collection[SubjectRef], months: Collection[Month]) -> Iterator[IncomePosting]:
    """The mark of a lost posting, for everybody whose it may be in every month that it may be of."""
    return (IncomePosting(person, month, IncomeType.UNREADABLE, 0) for person in people for month in months)


def months_between(first: Month, last: Month) -> list[Month]:
    """Every month from the first to the last, both included."""
    return [first + n for n in range(last - first + 1)]
