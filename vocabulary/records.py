"""What a source's row is once its CPR number is gone: whom it is about, and what it shows.

All quantities are integers (invariant 11): ISO weeks, calendar months, hours in hundredths, amounts in øre.
"""

from __future__ import annotations

from dataclasses import dataclass

from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Month, Week


@dataclass(frozen=True, order=True, slots=True)
class SubjectRef:
    """A person in one contract: 128 random bits in lower-case hexadecimal. It never leaves the municipality."""

    value: str


@dataclass(frozen=True, order=True, slots=True)
class StatusSpell:
    """Consecutive weeks, both ends included, in which one source shows one code for one person."""

    subject: SubjectRef
    status: Status
    code: str  # as the source writes it; empty for NO_BENEFIT
    from_week: Week
    to_week: Week


@dataclass(frozen=True, order=True, slots=True)
class IncomePosting:
    """One posting of income in a month. Corrections are postings too: sum the hours, count the reversals.

    The amount is dropped at the door unless the contract counts pay; its sign always stays, since a grant without
    hours (SU) that is taken back would otherwise still look paid.
    """

    subject: SubjectRef
    month: Month
    income_type: IncomeType
    paid_hours_hundredths: int
    is_reversal: bool = False  # the posting takes an earlier amount back
    amount_minor: int = 0  # øre; 0 where it was dropped
