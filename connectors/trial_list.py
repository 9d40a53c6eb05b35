"""The list of people on whom a draft contract is tried: a CPR number and a day each, as an old referral list has them.

Columns `CPR nummer;Henvist dato`; others may stand beside them, and are not read. Nobody is enrolled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from connectors.boundary import Boundary, PeopleTried, parse
from connectors.cells import read_day, trim
from connectors.errors import RejectReason
from connectors.reading import check_is_a_table, check_name, read_rows, read_whole
from connectors.source_file import SourceFile

COLUMNS = ("CPR nummer", "Henvist dato")


@dataclass(frozen=True, slots=True)
class TrialList:
    """What was read: the people, or in which lines stands something else and why. Where a line is refused, or fewer are
    listed than may be tried, nobody was looked up and `tried` is None."""

    file_sha256: str
    listed: int
    refused: tuple[tuple[int, RejectReason], ...]
    tried: PeopleTried | None


def read_trial_list(file: SourceFile, boundary: Boundary, *, least: int) -> TrialList:
    """Everybody on the list, where it has `least` people or more and no line is refused.

    Raises `FileNameMismatch`, `HeaderMismatch`, `FileUnreadable` or `FileTruncated`.
    """
    check_name(file.name, "*.csv")
    check_is_a_table(file)
    content, digest = read_whole(file)
    odd_lines: list[int] = []
    rows = read_rows(content, file=file.name, delimiter=";", columns=COLUMNS, rejected=Counter(), odd_lines=odd_lines)
    refused: list[tuple[int, RejectReason]] = []
    people: list[tuple[str, date]] = []
    numbers: set[object] = set()
    for row in rows:
        text, day = map(trim, row.fields)
        number, began = parse(text), read_day(day)
        reason = next((one for one in (number, began) if isinstance(one, RejectReason)), None)
        if reason is None and number in numbers:
            reason = RejectReason.DUPLICATE
        if reason is not None:
            refused.append((row.line, reason))
        elif not isinstance(began, RejectReason):
            people.append((text, began))
        numbers.add(number)
    refused = sorted([*refused, *((line, RejectReason.FIELD_COUNT) for line in odd_lines)])
    listed = len(people) + len(refused)
    tried = boundary.people_tried(people) if not refused and len(people) >= least else None
    return TrialList(digest, listed, tuple(refused), tried)


def days_of(people: PeopleTried) -> Sequence[date]:
    """The days of everybody, the earliest first."""
    return sorted(day for _, day in people.people)
