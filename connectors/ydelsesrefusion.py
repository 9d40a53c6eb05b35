"""Ydelsesrefusion: the monthly KOMBIT file with a row per person and week with a benefit.

The file of one month is named after the day on which it was calculated; its period is the month before. A week of the
period without a row for a person is a week without a benefit. A row of an earlier week is a late correction: it changes
that week of that person and nothing else. A row of a later week cannot be right and is rejected. Amounts and the
financing municipality are dropped at the door. Source of the columns: public readers of the file; no sample rows are
published, so the form of `Uge` is accepted as YYYYWW, YYYY-WW or YYYY-Www.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date

from connectors.base import Progress, Pulled, no_progress
from connectors.boundary import CohortMatcher
from connectors.codes import plain
from connectors.declaration import SourceDeclaration
from connectors.errors import FileNameMismatch, FileNotNeeded, FileUnreadable, RejectReason
from connectors.reading import read_rows, read_whole
from connectors.source_file import SourceFile
from vocabulary.records import StatusSpell, SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Month, Week

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_WEEK = re.compile(r"(\d{4})-?W?(\d{2})")
_NOT_IN_LIST = "(not in the list)"  # never the cell itself: a shifted column could put a person's name there
_WHOSE_IS_UNKNOWN = (RejectReason.FIELD_COUNT, RejectReason.NOT_TEN_DIGITS, RejectReason.NO_SUCH_NUMBER)


def pull_ydelsesrefusion(
    file: SourceFile,
    declaration: SourceDeclaration,
    matcher: CohortMatcher,
    *,
    weeks: tuple[Week, Week],
    progress: Progress = no_progress,
) -> Pulled:
    """The cohort's benefit weeks, and weeks without a benefit in the file's period.

    A lost row must not turn into a week without a benefit: a person one of whose rows was rejected is left unobserved
    in the weeks that no other row shows, and so is everyone where it cannot be told whose row was lost.
    Raises `FileNameMismatch`, `HeaderMismatch`, `SchemaChanged`, `FileTruncated`, `FileNotNeeded`, or `FileUnreadable`
    where no row lies in the period.
    """
    calculated_on = _calculated_on(file.name, declaration.form.pattern)
    month = (Month.of(calculated_on) + -1).weeks()
    period = month[0], month[-1]
    covered = max(period[0], weeks[0]), min(period[1], weeks[1])
    pulled = Pulled(file.name, "", *covered, edition=calculated_on.toordinal())
    if pulled.to_week < pulled.from_week:
        raise FileNotNeeded(file=file.name, first=str(weeks[0]), last=str(weeks[1]))
    columns = [declaration.columns[word] for word in ("cpr", "week", "benefit")]
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
    shown: defaultdict[tuple[SubjectRef, Week], set[tuple[Status, str]]] = defaultdict(set)
    uncertain: set[SubjectRef] = set()
    is_empty = True
    for row, person in zip(rows, people, strict=True):
        week = week_of(row.fields[1])
        if week is None or week > period[1]:
            pulled.rejected[RejectReason.WEEK if week is None else RejectReason.AFTER_FILE] += 1
            if isinstance(person, SubjectRef):
                uncertain.add(person)
            continue
        is_empty = is_empty and week < period[0]
        if isinstance(person, RejectReason):
            pulled.rejected[person] += 1
        elif person is None:
            pulled.rows_outside_cohort += 1
        elif weeks[0] <= week <= weeks[1]:
            name = plain(row.fields[2])
            known = declaration.codes.status_in(name, week)
            if known is None:
                pulled.unknown_codes[_NOT_IN_LIST] += 1
            shown[person, week].add((Status.UNKNOWN, "?") if known is None else (known, name))
    if is_empty:
        raise FileUnreadable(file=file.name, line=2, reason="no row lies in the month before the file's date")
    pulled.rows_read = len(rows) + pulled.rejected[RejectReason.FIELD_COUNT]
    if any(pulled.rejected[reason] for reason in _WHOSE_IS_UNKNOWN):
        uncertain.update(matcher.everyone)
    pulled.uncertain = len(uncertain)
    weeks_covered = map(Week, range(pulled.from_week.ordinal, pulled.to_week.ordinal + 1))
    # where the list does not hold yet, a name that is missing says as little as one that is there
    explained = [week for week in weeks_covered if declaration.codes.status_in("", week) is not None]
    for person in matcher.everyone:
        for week in explained:
            if person not in uncertain:
                shown.setdefault((person, week), {(Status.NO_BENEFIT, "")})
    for (person, week), found in sorted(shown.items()):
        pulled.spells.extend(StatusSpell(person, status, code, week, week) for status, code in sorted(found))
    progress(len(content), len(content))
    return pulled


def _calculated_on(name: str, pattern: str) -> date:
    """The date in the file's name: the day of the calculation, whose period is the month before."""
    found = _DATE.search(name)
    try:
        return date.fromisoformat(found[0] if found else "")
    except ValueError:
        raise FileNameMismatch(file=name, pattern=f"{pattern} with a date YYYY-MM-DD") from None


def week_of(text: str) -> Week | None:
    """The week of a cell, or None where it is none."""
    found = _WEEK.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return Week.from_iso(int(found[1]), int(found[2]))
    except ValueError:
        return None
