"""Ydelsesrefusion: the monthly KOMBIT file with a row per person and week with a benefit.

A week that the file covers without a row for a person is a week without a benefit. Amounts and the financing
municipality are dropped at the door. Source of the columns: public readers of the file; no sample rows are
published, so the form of `Uge` is accepted as YYYYWW, YYYY-WW or YYYY-Www.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from connectors.base import Progress, Pulled, no_progress
from connectors.boundary import CohortMatcher
from connectors.codes import statuses
from connectors.declaration import SourceDeclaration
from connectors.errors import FileNotNeeded, FileUnreadable, RejectReason
from connectors.reading import file_sha256, read_rows
from connectors.records import Status, StatusSpell, SubjectRef, Week

_WEEK = re.compile(r"(\d{4})-?W?(\d{2})")
_NAME = re.compile(r"[^\W\d]+([ ,.-]+[^\W\d]+)*")  # letters only: a name without digits


def pull_ydelsesrefusion(
    path: Path,
    declaration: SourceDeclaration,
    matcher: CohortMatcher,
    *,
    weeks: tuple[Week, Week],
    progress: Progress = no_progress,
) -> Pulled:
    """The cohort's benefit weeks, and weeks without a benefit in what the file covers.

    The file covers its first to its last week, whoever they belong to. Raises `HeaderMismatch`,
    `FileTruncated`, or `FileUnreadable` where no row has a week.
    """
    pulled = Pulled(path.name, file_sha256(path), weeks[0], weeks[1])
    columns = [declaration.columns[word] for word in ("cpr", "week", "benefit")]
    rows = list(read_rows(path, delimiter=declaration.delimiter, columns=columns, rejected=pulled.rejected))
    people = matcher.identify_all([row.fields[0] for row in rows])
    known = statuses("ydelsesrefusion")
    shown: defaultdict[tuple[SubjectRef, Week], set[tuple[Status, str]]] = defaultdict(set)
    covered: set[Week] = set()
    for row, person in zip(rows, people, strict=True):
        week = _week(row.fields[1])
        if week is None:
            pulled.rejected[RejectReason.WEEK] += 1
            continue
        covered.add(week)
        if isinstance(person, RejectReason):
            pulled.rejected[person] += 1
        elif person is None:
            pulled.rows_outside_cohort += 1
        elif weeks[0] <= week <= weeks[1]:
            name = " ".join(row.fields[2].lower().split())
            if name not in known:
                pulled.unknown_codes[name if _NAME.fullmatch(name) else "(not a name)"] += 1
            shown[person, week].add((known.get(name, Status.UNKNOWN), name if name in known else "?"))
    if not covered:
        raise FileUnreadable(file=path.name, line=2, reason="no row has a week")
    pulled.rows_read = len(rows) + pulled.rejected[RejectReason.FIELD_COUNT]
    pulled.from_week, pulled.to_week = max(min(covered), weeks[0]), min(max(covered), weeks[1])
    if pulled.to_week < pulled.from_week:
        raise FileNotNeeded(file=path.name, first=str(weeks[0]), last=str(weeks[1]))
    for person in matcher.everyone:
        for ordinal in range(pulled.from_week.ordinal, pulled.to_week.ordinal + 1):
            week = Week(ordinal)
            for status, code in sorted(shown.get((person, week), {(Status.NO_BENEFIT, "")})):
                pulled.spells.append(StatusSpell(person, status, code, week, week))
    progress(path.stat().st_size, path.stat().st_size)
    return pulled


def _week(text: str) -> Week | None:
    found = _WEEK.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return Week.from_iso(int(found[1]), int(found[2]))
    except ValueError:
        return None
