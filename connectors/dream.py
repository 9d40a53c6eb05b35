"""DREAM-type wide extract: a row per person, `PNR` first, then a column `y_YYWW` per ISO week.

An empty cell means no benefit in that week; a point, which SAS writes, means what the declaration says of it. Only the
columns of the asked weeks are read, and rows of people outside the cohort are dropped in memory: the file is read in
chunks, its first ten bytes a line are matched as a column, and only lines of the cohort are ever decoded. Memory does
not grow with the file.
Source: DREAM documentation (STAR / Statistics Denmark); layout as in public readers of the extract.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from connectors.base import Progress, Pulled, no_progress
from connectors.boundary import CohortMatcher
from connectors.codes import CodeList
from connectors.declaration import SourceDeclaration
from connectors.errors import FileTruncated, HeaderMismatch, RejectReason
from connectors.reading import check_line_end, decode, find_columns, first_line, split
from connectors.source_file import SourceFile
from vocabulary.records import StatusSpell, SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Week

_WEEK_COLUMN = re.compile(r"[yY]_([0-9]{2})([0-9]{2})")
_CODE = re.compile(r"[0-9]{3}|")  # empty: no benefit
_SPACE = " \t\r"  # of a column's width; a space of another kind is somebody's entry
_CENTURY_TURN = 91  # DREAM begins in 1991: y_91… to y_99… are 1900s, y_00… on are 2000s
_CHUNK_BYTES = 8 << 20
_CPR_BYTES = 10

Places = NDArray[np.int64]  # offsets in a chunk


def pull_dream(
    file: SourceFile,
    declaration: SourceDeclaration,
    matcher: CohortMatcher,
    *,
    weeks: tuple[Week, Week],
    progress: Progress = no_progress,
) -> Pulled:
    """The cohort's spells in the asked weeks, as far as the extract has their columns.

    Raises `HeaderMismatch` (no such weeks, a doubled column, `PNR` not first), `SchemaChanged` (a column is no week and
    not declared) or `FileTruncated`; then nothing is returned. Rows without a CPR number are counted by reason, never
    padded.
    """
    check_line_end(file)
    header_bytes, offset = first_line(file)
    header = split(decode(header_bytes, file=file.name), declaration.form.delimiter)
    if find_columns(header, [declaration.columns["cpr"]], file=file.name) != [0]:
        raise HeaderMismatch(file=file.name, column=declaration.columns["cpr"], position=1, reason="must be first")
    columns, edition = week_columns(header, weeks, file=file.name)
    check_columns(header, declaration, file=file.name)
    pulled = Pulled(file.name, "", min(columns), max(columns), edition=edition.ordinal, newest=edition.monday)
    found: dict[SubjectRef, list[StatusSpell]] = {}
    uncertain: set[SubjectRef] = set()
    for _, subject, line in cohort_lines(file, offset, declaration.form.delimiter, matcher, pulled, progress):
        fields = split(line, declaration.form.delimiter)
        if len(fields) != len(header):
            pulled.rejected[RejectReason.FIELD_COUNT] += 1
            uncertain.add(subject)
        elif subject in found:
            pulled.rejected[RejectReason.DUPLICATE_ROW] += 1
            uncertain.add(subject)
        else:
            codes = {week: _code(fields[place].strip(_SPACE), declaration.codes) for week, place in columns.items()}
            found[subject] = _spells(subject, codes, declaration.codes, pulled)
    # of two rows for one person nobody knows which is right: neither is
    pulled.spells = [spell for subject, spells in found.items() if subject not in uncertain for spell in spells]
    pulled.not_found = matcher.size - len(found.keys() | uncertain)
    pulled.uncertain = len(uncertain)
    return pulled


def check_columns(header: list[str], declaration: SourceDeclaration, *, file: str) -> None:
    """Raise `SchemaChanged` where a column is no week, not the number and not declared as dropped."""
    weeks = {name for name in header if _WEEK_COLUMN.fullmatch(name)}
    declaration.schema.check(header, source=file, known=weeks)


def week_columns(header: list[str], weeks: tuple[Week, Week], *, file: str) -> tuple[dict[Week, int], Week]:
    """Week -> 0-based place, for the asked weeks, in their order, without a gap; and the last week of all."""
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
        places[week] = place
    edition = max(places, default=weeks[0])
    places = {week: place for week, place in places.items() if weeks[0] <= week <= weeks[1]}
    if not places:
        reason = f"no column for any week of {weeks[0]} to {weeks[1]}"
        raise HeaderMismatch(file=file, column="y_YYWW", position=0, reason=reason)
    ordered = dict(sorted(places.items()))
    for week in ordered:
        if week != max(ordered) and week + 1 not in ordered:
            missing = f"y_{str(week + 1)[2:4]}{str(week + 1)[6:]}"
            raise HeaderMismatch(file=file, column=missing, position=0, reason="is missing between other weeks")
    return ordered, edition


def cohort_lines(
    source: SourceFile, offset: int, delimiter: str, matcher: CohortMatcher, pulled: Pulled, progress: Progress
) -> Iterator[tuple[int, SubjectRef, str]]:
    """Yield (number, person, line) for the cohort's lines; everybody else's are counted and dropped here.

    The header is line 1. At the end `pulled` holds the digest of the file.
    """
    total = source.size
    delimiter_byte = ord(delimiter)
    with source.open() as file:
        digest = hashlib.sha256(file.read(offset))
        rest = b""
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)  # of the bytes that are believed, in the same pass
            data = rest + chunk
            end = data.rfind(b"\n") + 1
            data, rest = data[:end], data[end:]
            if not data:
                continue
            view = np.frombuffer(data, dtype=np.uint8)
            ends = np.flatnonzero(view == ord("\n"))
            starts = np.concatenate(([0], ends[:-1] + 1))
            pulled.rows_read += len(starts)
            is_row, first = cpr_places(view, starts, ends, delimiter_byte)
            found, rejected = matcher.rows(view[first[:, None] + np.arange(_CPR_BYTES)])
            rejected[RejectReason.NOT_TEN_DIGITS] += int((~is_row).sum())
            pulled.rejected.update(+rejected)
            pulled.rows_outside_cohort += len(starts) - rejected.total() - len(found)
            lines = np.flatnonzero(is_row)
            for row, subject in found.items():
                line = lines[row]
                number = pulled.rows_read - len(starts) + int(line) + 2
                yield number, subject, data[starts[line] : ends[line]].decode("iso-8859-1")
            progress(file.tell(), total)
    if rest:
        raise FileTruncated(file=source.name, line=pulled.rows_read + 2)  # it changed while it was read
    pulled.file_sha256 = digest.hexdigest()


def cpr_places(
    view: NDArray[np.uint8], starts: Places, ends: Places, delimiter_byte: int
) -> tuple[NDArray[np.bool_], Places]:
    """Which lines begin with ten bytes and a delimiter, and where those bytes begin: quotes may stand around them."""
    quoted = (view[starts] == ord('"')).astype(np.int64)  # an empty line starts with its own line end
    first = starts + quoted
    after = first + _CPR_BYTES + quoted
    wide = np.flatnonzero(after < ends)
    is_row = np.zeros(len(starts), dtype=np.bool_)
    is_row[wide] = view[after[wide]] == delimiter_byte
    closed = view[after[wide] - 1] == ord('"')
    is_row[wide] &= closed | (quoted[wide] == 0)
    return is_row, first[is_row]


def _spells(subject: SubjectRef, codes: dict[Week, str], known_codes: CodeList, pulled: Pulled) -> list[StatusSpell]:
    """Consecutive weeks with one code become one spell; unknown codes are counted a week."""
    spells: list[StatusSpell] = []
    for week, code in codes.items():
        known = known_codes.status_in(code, week)
        if known is None:
            pulled.unknown_codes[code] += 1
        status = known or Status.UNKNOWN
        last = spells[-1] if spells else None
        if last is not None and (last.code, last.status, last.to_week + 1) == (code, status, week):
            spells[-1] = StatusSpell(subject, status, code, last.from_week, week)
        else:
            spells.append(StatusSpell(subject, status, code, week, week))
    return spells


def _code(cell: str, known_codes: CodeList) -> str:
    """The cell, or a mark for what is no code: a shifted column could put a CPR number here."""
    return cell if _CODE.fullmatch(cell) or cell in known_codes.statuses else "(not a code)"
