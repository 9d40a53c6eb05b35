"""What a pull gives: rows of the cohort's people, and counts of everything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from connectors.errors import RejectReason
from vocabulary.records import IncomePosting, StatusSpell
from vocabulary.weeks import Week

Progress = Callable[[int, int], None]  # bytes, people or pages: done, and in all; 0 where nobody knows


def no_progress(done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(slots=True)
class Pulled:
    """One file's rows for one cohort. `from_week`..`to_week` is what the file covers, both ends included.

    `edition` orders the files of one source by what they can know: the calculation date of a monthly file, the last
    week of an extract, the day on which an income file was made (0 where its name says none). An older edition never
    undoes what a newer one told. `newest` is the last of the days on which a week or month of it begins, whatever was
    asked for, or on which its name says that it was made.
    """

    file: str
    file_sha256: str
    from_week: Week
    to_week: Week
    edition: int
    newest: date
    spells: list[StatusSpell] = field(default_factory=list)
    postings: list[IncomePosting] = field(default_factory=list)
    rows_read: int = 0
    rows_outside_cohort: int = 0
    rejected: Counter[RejectReason] = field(default_factory=Counter)
    unknown_codes: Counter[str] = field(default_factory=Counter)
    not_found: int = 0  # people of the cohort of whom a register with a row per person has none
    uncertain: int = 0  # people who are left unobserved in some weeks, since a row that may be theirs was lost
