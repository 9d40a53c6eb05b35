"""Ydelsesrefusion: the monthly KOMBIT file with a row per person and week with a benefit.

The file of one month is named after the day on which it was calculated; its period is the month before. A week of the
period without a row for a person is a week without a benefit. A row of an earlier week is a late correction: it changes
that week of that person and nothing else. A row of a later week cannot be right and is rejected; one without a benefit
shows a week of which nothing is known. Amounts and the financing municipality are dropped at the door. Source of the
columns: public readers of the file; no sample rows are published, so `Uge` is read in every form of `cells.read_week`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date

from connectors.base import Progress, Pulled, no_progress
from connectors.boundary import CohortMatcher
from connectors.cells import read_code, read_day, read_week
from connectors.codes import NO_CODE, NOT_IN_LIST
from connectors.declaration import SourceDeclaration
from connectors.errors import FileNameMismatch, FileNotNeeded, FileUnreadable, RejectReason
from connectors.reading import read_rows, read_whole
from connectors.source_file import SourceFile
from vocabulary.records import StatusSpell, SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Month, Week

_DATE = re.compile(r"(?<![0-9])[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")


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
    pulled = Pulled(file.name, "", *covered, edition=calculated_on.toordinal(), newest=calculated_on)
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
        week, name = read_week(row.fields[1]), read_code(row.fields[2])
        reasons = [cell for cell in (week, person) if isinstance(cell, RejectReason)]
        if isinstance(week, Week) and week > period[1]:
            reasons.append(RejectReason.AFTER_FILE)
        is_empty = is_empty and (isinstance(week, RejectReason) or not period[0] <= week <= period[1])
        pulled.rejected.update(reasons)
        if person is None:
            pulled.rows_outside_cohort += not reasons
        elif isinstance(person, RejectReason):
            uncertain.update(matcher.everyone)
        elif reasons or isinstance(week, RejectReason):
            uncertain.add(person)
        elif weeks[0] <= week <= weeks[1]:
            known = None if isinstance(name, RejectReason) else declaration.codes.status_in(name, week)
            if known is None:
                pulled.unknown_codes[NO_CODE if isinstance(name, RejectReason) else NOT_IN_LIST] += 1
            shown[person, week].add((Status.UNKNOWN, "?") if known is None else (known, str(name)))
    if is_empty:
        raise FileUnreadable(file=file.name, line=2, reason="no row lies in the month before the file's date")
    pulled.rows_read = len(rows) + pulled.rejected[RejectReason.FIELD_COUNT]
    if pulled.rejected[RejectReason.FIELD_COUNT]:  # of rows that cannot be told apart nobody knows whose they are
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
    found = _DATE.findall(name)
    day = read_day(found[0]) if len(found) == 1 else RejectReason.DAY
    if isinstance(day, RejectReason):
        raise FileNameMismatch(file=name, pattern=f"{pattern} with one date YYYY-MM-DD")
    return day
