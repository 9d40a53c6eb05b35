"""DREAM-type wide extract: a row per person, `PNR` first, then a column `y_YYWW` per ISO week.

An empty cell means no benefit in that week. Only the columns of the asked weeks are read, and rows of people
outside the cohort are dropped in memory: the file is read in chunks, its first ten bytes a line are matched as a
column, and only lines of the cohort are ever decoded. Memory does not grow with the file.
Source: DREAM documentation (STAR / Statistics Denmark); layout as in public readers of the extract.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from connectors.base import Progress, Pulled, no_progress
from connectors.boundary import CohortMatcher
from connectors.codes import statuses
from connectors.declaration import SourceDeclaration
from connectors.errors import HeaderMismatch, RejectReason
from connectors.reading import check_line_end, file_sha256, find_columns, first_line, split
from connectors.records import Status, StatusSpell, SubjectRef, Week

_WEEK_COLUMN = re.compile(r"[yY]_(\d\d)(\d\d)")
_CODE = re.compile(r"\d{3}")
_CENTURY_TURN = 91  # DREAM begins in 1991: y_91… to y_99… are 1900s, y_00… on are 2000s
_CHUNK_BYTES = 8 << 20
_CPR_BYTES = 10


def pull_dream(
    path: Path,
    declaration: SourceDeclaration,
    matcher: CohortMatcher,
    *,
    weeks: tuple[Week, Week],
    progress: Progress = no_progress,
) -> Pulled:
    """The cohort's spells in the asked weeks, as far as the extract has their columns.

    Raises `HeaderMismatch` (no such weeks, a doubled column, `PNR` not first) or `FileTruncated`; then
    nothing is returned. Rows without ten digits are counted, never padded.
    """
    check_line_end(path)
    header_bytes, offset = first_line(path)
    header = split(header_bytes.decode("iso-8859-1"), declaration.delimiter)
    if find_columns(header, [declaration.columns["cpr"]], file=path.name) != [0]:
        raise HeaderMismatch(file=path.name, column=declaration.columns["cpr"], position=1, reason="must be first")
    columns = _week_columns(header, weeks, file=path.name)
    pulled = Pulled(path.name, file_sha256(path), min(columns), max(columns))
    found: set[SubjectRef] = set()
    for subject, line in _cohort_lines(path, offset, declaration.delimiter, matcher, pulled, progress):
        fields = split(line, declaration.delimiter)
        if len(fields) != len(header):
            pulled.rejected[RejectReason.FIELD_COUNT] += 1
        elif subject in found:
            pulled.rejected[RejectReason.DUPLICATE] += 1
        else:
            found.add(subject)
            codes = {week: fields[place].strip() for week, place in columns.items()}
            pulled.spells.extend(_spells(subject, codes, pulled))
    pulled.not_found = matcher.size - len(found)
    return pulled


def _week_columns(header: list[str], weeks: tuple[Week, Week], *, file: str) -> dict[Week, int]:
    """Week -> 0-based place, for the asked weeks, in the order of the weeks, without a gap."""
    places: dict[Week, int] = {}
    for place, name in enumerate(header):
        match = _WEEK_COLUMN.fullmatch(name)
        if match is None:
            continue
        year = int(match[1]) + (1900 if int(match[1]) >= _CENTURY_TURN else 2000)
        try:
            week = Week.from_iso(year, int(match[2]))
        except ValueError as error:
            raise HeaderMismatch(file=file, column=name, position=place + 1, reason=str(error)) from None
        if week in places:
            raise HeaderMismatch(file=file, column=name, position=place + 1, reason="names a week twice")
        if weeks[0] <= week <= weeks[1]:
            places[week] = place
    if not places:
        reason = f"no column for any week of {weeks[0]} to {weeks[1]}"
        raise HeaderMismatch(file=file, column="y_YYWW", position=0, reason=reason)
    ordered = dict(sorted(places.items()))
    for week in ordered:
        if week != max(ordered) and week + 1 not in ordered:
            missing = f"y_{str(week + 1)[2:4]}{str(week + 1)[6:]}"
            raise HeaderMismatch(file=file, column=missing, position=0, reason="is missing between other weeks")
    return ordered


def _cohort_lines(
    path: Path, offset: int, delimiter: str, matcher: CohortMatcher, pulled: Pulled, progress: Progress
) -> Iterator[tuple[SubjectRef, str]]:
    """Yield (person, line) for the cohort's lines; everybody else's are counted and dropped here."""
    total = path.stat().st_size
    delimiter_byte = ord(delimiter)
    with path.open("rb") as file:
        file.seek(offset)
        rest = b""
        while chunk := file.read(_CHUNK_BYTES):
            data = rest + chunk
            end = data.rfind(b"\n") + 1
            data, rest = data[:end], data[end:]
            if not data:
                continue
            view = np.frombuffer(data, dtype=np.uint8)
            ends = np.flatnonzero(view == ord("\n"))
            starts = np.concatenate(([0], ends[:-1] + 1))
            pulled.rows_read += len(starts)
            wide = starts + _CPR_BYTES < ends
            is_row = np.zeros(len(starts), dtype=bool)
            is_row[wide] = view[starts[wide] + _CPR_BYTES] == delimiter_byte
            rows = starts[is_row]
            digits = view[rows[:, None] + np.arange(_CPR_BYTES)]
            found, not_digits = matcher.rows(digits)
            pulled.rejected[RejectReason.NOT_TEN_DIGITS] += not_digits + int((~is_row).sum())
            pulled.rows_outside_cohort += len(rows) - not_digits - len(found)
            row_ends = ends[is_row]
            for row, subject in found.items():
                yield subject, data[rows[row] : row_ends[row]].decode("iso-8859-1")
            progress(file.tell(), total)


def _spells(subject: SubjectRef, codes: dict[Week, str], pulled: Pulled) -> list[StatusSpell]:
    """Consecutive weeks with one code become one spell; unknown codes are counted a week."""
    known = statuses("dream")
    spells: list[StatusSpell] = []
    for week, code in codes.items():
        if code not in known:
            # a shifted column could put anything here: only what looks like a code is repeated
            pulled.unknown_codes[code if _CODE.fullmatch(code) else "(not a code)"] += 1
        if spells and spells[-1].code == code and spells[-1].to_week + 1 == week:
            spells[-1] = StatusSpell(subject, spells[-1].status, code, spells[-1].from_week, week)
        else:
            spells.append(StatusSpell(subject, known.get(code, Status.UNKNOWN), code, week, week))
    return spells
