"""The rows of sampled people as they stand in a file that was pulled, for an audit.

Only what the pull reads is taken: declared columns, and the weeks and months that the figures rest on. Everybody
else's rows are dropped in memory, as in a pull. What is found goes into `SourceRows`, which only the boundary opens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby

from connectors.base import Progress, Pulled, no_progress
from connectors.boundary import CohortMatcher, SourceRows
from connectors.cells import read_amount, read_month, read_week
from connectors.declaration import SourceDeclaration
from connectors.dream import cohort_lines, week_columns
from connectors.errors import HeaderMismatch, RejectReason
from connectors.postings import WORDS
from connectors.reading import (
    check_line_end,
    check_name,
    decode,
    find_columns,
    first_line,
    read_rows,
    read_whole,
    split,
)
from connectors.source_file import SourceFile
from vocabulary.records import SubjectRef
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: whose rows, in which weeks (both included), and whether with amounts of money."""

    matcher: CohortMatcher
    weeks: tuple[Week, Week]
    shows_amounts: bool = False


def find_rows(
    file: SourceFile,
    declaration: SourceDeclaration,
    search: Search,
    into: SourceRows,
    *,
    progress: Progress = no_progress,
) -> Counter[RejectReason]:
    """Add the rows of a file; what is returned are the rows that are nobody's, by reason, as in a pull.

    Raises `FileNameMismatch`, `HeaderMismatch`, `FileTruncated` or `FileUnreadable`.
    """
    check_name(file.name, declaration.form.pattern)
    return _FIND[declaration.kind](file, declaration, search, into, progress)


def _find_dream(
    file: SourceFile, declaration: SourceDeclaration, search: Search, into: SourceRows, progress: Progress
) -> Counter[RejectReason]:
    check_line_end(file)
    header_bytes, offset = first_line(file)
    header = split(decode(header_bytes, file=file.name), declaration.form.delimiter)
    cpr = declaration.columns["cpr"]
    if find_columns(header, [cpr], file=file.name) != [0]:
        raise HeaderMismatch(file=file.name, column=cpr, position=1, reason="must be first")
    places, edition = week_columns(header, search.weeks, file=file.name)
    seen = Pulled(file.name, "", *search.weeks, edition=edition.ordinal, newest=edition.monday)
    delimiter = declaration.form.delimiter
    for number, person, line in cohort_lines(file, offset, delimiter, search.matcher, seen, progress):
        fields = split(line, delimiter)
        if len(fields) != len(header):
            seen.rejected[RejectReason.FIELD_COUNT] += 1
            into.add(person, file.name, number, [("(not read)", f"{len(fields)} fields instead of {len(header)}")])
            continue
        weeks = [(header[place], fields[place].strip()) for place in places.values()]
        into.add(person, file.name, number, [(cpr, fields[0]), *_together(weeks)])
    return +seen.rejected


def _together(cells: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Weeks beside each other that show the same, as one field: a row of an extract has hundreds."""
    found = []
    for text, run in groupby(cells, key=lambda cell: cell[1]):
        columns = [column for column, _ in run]
        name = columns[0] if len(columns) == 1 else f"{columns[0]} to {columns[-1]}, {len(columns)} columns"
        found.append((name, text or "(empty)"))
    return found


def _find_ydelsesrefusion(
    file: SourceFile, declaration: SourceDeclaration, search: Search, into: SourceRows, progress: Progress
) -> Counter[RejectReason]:
    def is_needed(cells: Mapping[str, str]) -> bool:
        week = read_week(cells["week"])
        return isinstance(week, RejectReason) or search.weeks[0] <= week <= search.weeks[1]

    return _find(file, declaration, search, into, progress, ("cpr", "week", "benefit"), is_needed)


def _find_income(
    file: SourceFile, declaration: SourceDeclaration, search: Search, into: SourceRows, progress: Progress
) -> Counter[RejectReason]:
    def is_needed(cells: Mapping[str, str]) -> bool:
        month = read_month(cells["month"])
        return isinstance(month, RejectReason) or search.weeks[0].month <= month <= search.weeks[1].month

    return _find(file, declaration, search, into, progress, ("cpr", *WORDS), is_needed)


def _find(
    file: SourceFile,
    declaration: SourceDeclaration,
    search: Search,
    into: SourceRows,
    progress: Progress,
    words: tuple[str, ...],
    is_needed: Callable[[Mapping[str, str]], bool],
) -> Counter[RejectReason]:
    """A file with a row per person and week or month. A row whose week or month cannot be read is shown as well."""
    rejected: Counter[RejectReason] = Counter()
    columns = [declaration.columns[word] for word in words]
    content, _ = read_whole(file)
    delimiter = declaration.form.delimiter
    rows = list(read_rows(content, file=file.name, delimiter=delimiter, columns=columns, rejected=rejected))
    people = search.matcher.identify_all([row.fields[0] for row in rows])
    for row, person in zip(rows, people, strict=True):
        if isinstance(person, RejectReason):
            rejected[person] += 1
        elif isinstance(person, SubjectRef):
            cells = dict(zip(words, row.fields, strict=True))
            if not is_needed(cells):
                continue
            if "amount" in cells and not search.shows_amounts:
                cells["amount"] = _sign_of(cells["amount"])
            into.add(person, file.name, row.line, list(zip(columns, cells.values(), strict=True)))
    progress(file.size, file.size)
    return rejected


def _sign_of(cell: str) -> str:
    """What is shown of an amount whose contract counts no pay."""
    amount = read_amount(cell)
    if isinstance(amount, RejectReason):
        return "(cannot be read)"
    return "(taken back)" if amount < 0 else "(not read)"


_FIND: Mapping[str, Callable[..., Counter[RejectReason]]] = {
    "dream": _find_dream,
    "ydelsesrefusion": _find_ydelsesrefusion,
    "income": _find_income,
}
