"""Monthly income postings with paid hours (field 200 of the income register) and income type.

A file is named after the months that it covers: `indkomst-2020-03.csv` or `indkomst-2018-10_2020-12.csv`. A posting of
an earlier month is a correction and extends nothing; one of a later month cannot be right and is rejected.
Corrections to earlier months are postings of their own, with negative hours or amounts. The amount is read for
its sign alone unless the contract counts pay; else it is dropped at the door, as the employer's number always is.
A row that cannot be read makes its person's income of its month unknown; where nobody can tell whose it is,
everybody's, and where its month is not certain, in all months of the file. A file that replaces this one ends that.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date

from connectors.base import Progress, Pulled, no_progress
from connectors.boundary import CohortMatcher
from connectors.cells import read_day
from connectors.declaration import SourceDeclaration
from connectors.errors import FileNameMismatch, FileNotNeeded, FileUnreadable, RejectReason
from connectors.postings import WORDS, months_between, read_posting, unreadable
from connectors.reading import read_rows, read_whole
from connectors.source_file import SourceFile
from vocabulary.records import IncomePosting, SubjectRef
from vocabulary.weeks import Month, Week

_MONTHS = re.compile(r"(?<![0-9])[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?(?![0-9])")
_MONTH_LENGTH = len("2020-03")


def pull_income(
    file: SourceFile,
    declaration: SourceDeclaration,
    matcher: CohortMatcher,
    *,
    weeks: tuple[Week, Week],
    keeps_amounts: bool = False,
    progress: Progress = no_progress,
) -> Pulled:
    """The cohort's postings of the months that hold the asked weeks.

    Raises `FileNameMismatch`, `HeaderMismatch`, `SchemaChanged`, `FileTruncated`, `FileNotNeeded`, or `FileUnreadable`
    where no row lies in the months of the file's name, or the header stands in it twice.
    """
    period = _period(file.name, declaration.form.pattern)
    first, last = period[0].weeks()[0], period[1].weeks()[-1]
    covered = max(first, weeks[0]), min(last, weeks[1])
    made_on = _made_on(file.name)
    newest = period[1].first_day
    newest = newest if made_on is None else max(newest, made_on)
    edition = 0 if made_on is None else made_on.toordinal()
    pulled = Pulled(file.name, "", *covered, edition=edition, newest=newest)
    if pulled.to_week < pulled.from_week:
        raise FileNotNeeded(file=file.name, first=str(weeks[0]), last=str(weeks[1]))
    columns = [declaration.columns[word] for word in ("cpr", *WORDS)]
    content, pulled.file_sha256 = read_whole(file)
    rows = list(
        read_rows(
            content,
            file=file.name,
            delimiter=declaration.form.delimiter,
            columns=columns,
            rejected=pulled.rejected,
            schema=declaration.schema,
        )
    )
    people = matcher.identify_all([row.fields[0] for row in rows])
    asked = months_between(weeks[0].month, weeks[1].month)
    lost = _Lost(matcher.everyone, months_between(*period))
    is_empty = True
    for row, person in zip(rows, people, strict=True):
        posting = read_posting(dict(zip(WORDS, row.fields[1:], strict=True)))
        month, reasons = posting.month, list(posting.reasons)
        if month is not None and month > period[1]:
            month, reasons = None, [*reasons, RejectReason.AFTER_FILE]
        is_empty = is_empty and (month is None or month < period[0])
        if isinstance(person, RejectReason):
            reasons.append(person)
        pulled.rejected.update(reasons)
        if person is None:
            pulled.rows_outside_cohort += not reasons
        elif reasons or month is None or isinstance(person, RejectReason):
            lost.note(None if isinstance(person, RejectReason) else person, month)
        elif month in asked:
            pulled.postings.append(posting.of(person, month, keeps_amounts=keeps_amounts, unknown=pulled.unknown_codes))
    if pulled.rejected[RejectReason.FIELD_COUNT]:
        lost.note(None, None)
    pulled.postings += [mark for mark in lost.marks() if mark.month in asked]
    pulled.uncertain = len(lost.people)
    if is_empty:
        raise FileUnreadable(file=file.name, line=2, reason="no row lies in the months of the file's name")
    pulled.rows_read = len(rows) + pulled.rejected[RejectReason.FIELD_COUNT]
    progress(len(content), len(content))
    return pulled


def _period(name: str, pattern: str) -> tuple[Month, Month]:
    """The first and last month that the file's name gives."""
    # a whole day says when the file was made, and not what it is of
    found = [text for text in _MONTHS.findall(name) if len(text) == _MONTH_LENGTH]
    try:
        months = [Month.parse(text) for text in found]
    except ValueError:
        months = []
    if len(months) not in (1, 2) or months[0] > months[-1]:
        raise FileNameMismatch(file=name, pattern=f"{pattern} with a month YYYY-MM, or two")
    return months[0], months[-1]


def _made_on(name: str) -> date | None:
    """The latest whole day in the name, on which the file was made; None where the name says none."""
    found = [read_day(text) for text in _MONTHS.findall(name) if len(text) > _MONTH_LENGTH]
    return max((one for one in found if isinstance(one, date)), default=None)


class _Lost:
    """Whose income is unknown in which months, since a row that cannot be read may be of it."""

    def __init__(self, everyone: Sequence[SubjectRef], months: Sequence[Month]) -> None:
        """`months` are those of the file: a row whose month is not certain may be of any of them."""
        self._everyone, self._months = everyone, months
        self._found: defaultdict[SubjectRef, set[Month]] = defaultdict(set)

    def note(self, person: SubjectRef | None, month: Month | None) -> None:
        """A row was lost, of a person and a month where these are certain."""
        for one in self._everyone if person is None else [person]:
            self._found[one].update(self._months if month is None else [month])

    @property
    def people(self) -> Collection[SubjectRef]:
        return self._found.keys()

    def marks(self) -> Iterator[IncomePosting]:
        for person, months in sorted(self._found.items()):
            yield from unreadable([person], sorted(months))
