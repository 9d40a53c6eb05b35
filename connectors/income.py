"""Monthly income postings with paid hours (field 200 of the income register) and income type.

A file is named after the months that it covers: `indkomst-2020-03.csv` or `indkomst-2018-10_2020-12.csv`. A posting of
an earlier month is a correction and extends nothing; one of a later month cannot be right and is rejected.
Corrections to earlier months are postings of their own, with negative hours or amounts. The amount is read for
its sign alone unless the contract counts pay; else it is dropped at the door, as the employer's number always is.
"""

from __future__ import annotations

import re

from connectors.base import Progress, Pulled, no_progress
from connectors.boundary import CohortMatcher
from connectors.codes import income_type_in
from connectors.declaration import SourceDeclaration
from connectors.errors import FileNameMismatch, FileNotNeeded, FileUnreadable, RejectReason
from connectors.reading import read_rows, read_whole
from connectors.source_file import SourceFile
from vocabulary.records import IncomePosting
from vocabulary.statuses import IncomeType
from vocabulary.weeks import Month, Week

_MONTHS = re.compile(r"\d{4}-\d{2}")
_HOURS = re.compile(r"(-?)(\d{1,4})(?:,(\d{1,2}))?")
_AMOUNT = re.compile(r"-?\d{1,12}(?:,\d{1,2})?")
_TYPE = re.compile(r"\d{2}")


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
    where no row lies in the months of the file's name.
    """
    period = _period(file.name, declaration.form.pattern)
    first, last = period[0].weeks()[0], period[1].weeks()[-1]
    covered = max(first, weeks[0]), min(last, weeks[1])
    pulled = Pulled(file.name, "", *covered, edition=period[1].ordinal)
    if pulled.to_week < pulled.from_week:
        raise FileNotNeeded(file=file.name, first=str(weeks[0]), last=str(weeks[1]))
    columns = [declaration.columns[word] for word in ("cpr", "month", "income_type", "paid_hours", "amount")]
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
    is_empty = True
    for row, person in zip(rows, people, strict=True):
        month, hours, amount = month_of(row.fields[1]), _hundredths(row.fields[3]), _minor(row.fields[4])
        if month is None or hours is None or amount is None:
            pulled.rejected[
                RejectReason.MONTH if month is None else RejectReason.HOURS if hours is None else RejectReason.AMOUNT
            ] += 1
            continue
        if month > period[1]:
            pulled.rejected[RejectReason.AFTER_FILE] += 1
            continue
        is_empty = is_empty and month < period[0]
        if isinstance(person, RejectReason):
            pulled.rejected[person] += 1
        elif person is None:
            pulled.rows_outside_cohort += 1
        elif weeks[0].month <= month <= weeks[1].month:
            kind = row.fields[2].strip()
            known = income_type_in(kind, month)
            if known is None:
                pulled.unknown_codes[kind if _TYPE.fullmatch(kind) else "(not a type)"] += 1
            kept = amount if keeps_amounts else 0
            pulled.postings.append(IncomePosting(person, month, known or IncomeType.UNKNOWN, hours, amount < 0, kept))
    if is_empty:
        raise FileUnreadable(file=file.name, line=2, reason="no row lies in the months of the file's name")
    pulled.rows_read = len(rows) + pulled.rejected[RejectReason.FIELD_COUNT]
    progress(len(content), len(content))
    return pulled


def _period(name: str, pattern: str) -> tuple[Month, Month]:
    """The first and last month that the file's name gives."""
    found = _MONTHS.findall(name)
    try:
        months = [Month.parse(text) for text in found]
    except ValueError:
        months = []
    if len(months) not in (1, 2) or months[0] > months[-1]:
        raise FileNameMismatch(file=name, pattern=f"{pattern} with a month YYYY-MM, or two")
    return months[0], months[-1]


def month_of(text: str) -> Month | None:
    """The month of a cell, or None where it is none."""
    try:
        return Month.parse(text.strip())
    except ValueError:
        return None


def _hundredths(text: str) -> int | None:
    """Hours with a decimal comma in hundredths; an empty cell is no hours."""
    text = text.strip()
    if not text:
        return 0
    found = _HOURS.fullmatch(text)
    if found is None:
        return None
    hundredths = int(found[2]) * 100 + int((found[3] or "0").ljust(2, "0"))
    return -hundredths if found[1] else hundredths


def _minor(text: str) -> int | None:
    """An amount in øre, thousands separated by points or not; None where it is no amount."""
    text = text.strip().replace(".", "")
    if not _AMOUNT.fullmatch(text):
        return None
    whole, _, part = text.lstrip("-").partition(",")
    minor = int(whole) * 100 + int(part.ljust(2, "0"))
    return -minor if text.startswith("-") else minor
