"""One sheet of an XLSX workbook: values alone, and only what a plain export holds. openpyxl is loaded here alone.

A workbook is a zip archive of XML (ECMA-376). It is looked through before it is opened: macros, links to other files,
embedded objects, entities and sizes that nobody exports are refused. Numbers and days become the texts that a CSV
would have: `2020-03-01`, `37`, `12.5`; a number as it is written in the file, never rounded.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO

from connectors.errors import FileUnreadable, HeaderMismatch
from connectors.source_file import SourceFile

_MOST_PARTS = 2_000
_MOST_BYTES = 1 << 30  # of all parts, unpacked
_MOST_SHARED_BYTES = 64 << 20  # the shared strings are held in memory
_MOST_RATIO = 250  # a sheet of one repeated row shrinks to a hundredth
_SMALL_BYTES = 1 << 20  # whatever its ratio
_MOST_ROWS = 1_048_576  # of the format
_MOST_COLUMNS = 200
_CHUNK_BYTES = 1 << 20
_OVERLAP = 200  # longer than what is looked for
_REFUSED = (
    (re.compile(r"vbaProject|macrosheets/|vbaData|\.bas$", re.IGNORECASE), "macros"),
    (re.compile(r"externalLinks/", re.IGNORECASE), "links to other workbooks"),
    (re.compile(r"connections\.xml$|queryTables/", re.IGNORECASE), "connections to other data"),
    (re.compile(r"embeddings/|activeX/|ctrlProps/|oleObject", re.IGNORECASE), "embedded objects"),
)
# what openpyxl and the readers below it raise of a broken workbook is of no one class
_BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
_ENCODING = re.compile(rb"encoding\s*=\s*[\"'](?!utf-8[\"']|us-ascii[\"'])", re.IGNORECASE)
_HEAD_BYTES = 200
_BOM = b"\xef\xbb\xbf"
_ENTITY = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*>")
_IN_HEADER = re.compile(rb"\sref\s*=\s*[\"'][A-Z]{1,3}1:[A-Z]{1,3}1[\"']")


@dataclass(slots=True)
class _Oddities:
    """What sheets hold that a plain export may, and that needs a closer look: by the name of their part."""

    formulas: set[str] = field(default_factory=set)
    merged: set[str] = field(default_factory=set)  # cells below the header are one, and only the first has a value


Cells = Sequence[object]  # a row: texts, numbers, days, instants, true or false, None


def workbook_rows(file: SourceFile, sheet: str) -> Iterator[list[str]]:
    """Every row of the sheet as texts, the header first; each as long as the header.

    Raises `FileUnreadable` for a workbook that is none or holds what no plain export does, also a formula without a
    value and merged cells below the header, and `HeaderMismatch` where the sheet is missing.
    """
    yield from _texts(_values(file, sheet, is_table=True), file=file.name)


def workbook_values(file: SourceFile, sheet: str) -> Iterator[Cells]:
    """Every row of the sheet as it is typed; a formula that was never calculated is None, and so is a cell that is
    merged into another. Raises the same of the workbook and the sheet.
    """
    return _values(file, sheet, is_table=False)


def _values(file: SourceFile, sheet: str, *, is_table: bool) -> Iterator[Cells]:
    with file.open() as stream:
        oddities = _look_through(stream, file=file.name)
        stream.seek(0)
        is_broken = False
        try:
            yield from _read(stream, sheet, oddities if is_table else _Oddities(), file=file.name)
        except _BROKEN:
            is_broken = True  # raised outside: what was caught may hold a cell
        if is_broken:
            raise _refusal(file.name, "is no workbook that can be read")


def _look_through(stream: BinaryIO, *, file: str) -> _Oddities:
    """Refuse what no plain export holds; where some cell may be a formula, or merged with others."""
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise _refusal(file, "is no workbook (XLSX)") from None
    with archive:
        parts = archive.infolist()
        _check_sizes(parts, file=file)
        names = [part.filename for part in parts]
        if len(set(names)) != len(names) or any(name.startswith("/") or ".." in name.split("/") for name in names):
            raise _refusal(file, "has parts with doubled names or names outside it")
        for pattern, what in _REFUSED:
            if any(pattern.search(name) for name in names):
                raise _refusal(file, f"holds {what}")
        if "xl/workbook.xml" not in names:
            raise _refusal(file, "is no workbook (XLSX)")
        found = _Oddities()
        try:
            for part in parts:
                if _is_xml(part.filename):
                    _check_xml(archive, part, found, file=file)
        except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError):
            raise _refusal(file, "has a part that does not unpack") from None
        return found


def _check_sizes(parts: list[zipfile.ZipInfo], *, file: str) -> None:
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_BYTES:
        raise _refusal(file, f"unpacks to more than {_MOST_PARTS:,} parts or {_MOST_BYTES:,} bytes")
    for part in parts:
        if part.flag_bits & 1:
            raise _refusal(file, "is encrypted")
        if part.file_size > max(_SMALL_BYTES, _MOST_RATIO * part.compress_size):
            raise _refusal(file, f"has a part that unpacks to more than {_MOST_RATIO} times its size")
        if part.filename.endswith("sharedStrings.xml") and part.file_size > _MOST_SHARED_BYTES:
            raise _refusal(file, f"has more than {_MOST_SHARED_BYTES:,} bytes of texts")


def _is_xml(name: str) -> bool:
    return name.lower().endswith((".xml", ".rels", ".vml"))


def _check_xml(archive: zipfile.ZipFile, part: zipfile.ZipInfo, found: _Oddities, *, file: str) -> None:
    """Refuse entities, and encodings in which they would not be seen; note what stands in a sheet."""
    before = b""
    with archive.open(part) as stream:  # gives no more bytes than declared
        while chunk := stream.read(_CHUNK_BYTES):
            data = before + chunk
            if not before and (not chunk.removeprefix(_BOM).startswith(b"<") or _ENCODING.search(chunk[:_HEAD_BYTES])):
                raise _refusal(file, "holds XML in another encoding than UTF-8")
            if b"\0" in chunk or _ENTITY.search(data):
                raise _refusal(file, "holds XML with entities, or in another encoding than UTF-8")
            if part.filename.startswith("xl/worksheets/"):
                if _FORMULA.search(data):
                    found.formulas.add(part.filename)
                if not all(map(_IN_HEADER.search, _MERGED.findall(data))):
                    found.merged.add(part.filename)
            before = data[-_OVERLAP:]


def _read(stream: BinaryIO, sheet: str, oddities: _Oddities, *, file: str) -> Iterator[Cells]:
    from openpyxl import load_workbook

    values = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    try:
        if sheet not in values.sheetnames:
            raise HeaderMismatch(file=file, column="", position=0, reason=f"the sheet {sheet!r} is missing")
        part = _part_of(values[sheet])
        if part in oddities.merged:
            raise _refusal(file, "has merged cells below its header: only the first of them has a value")
        rows = _raw(values[sheet], file=file)
        if part not in oddities.formulas:
            yield from rows
            return
        formulas = load_workbook(stream, read_only=True, data_only=False, keep_links=False)
        try:
            yield from _with_values(rows, formulas[sheet], file=file)
        finally:
            formulas.close()
    finally:
        values.close()


def _part_of(sheet: Any) -> str:
    """The name of the part that holds a sheet."""
    return str(sheet._worksheet_path).lstrip("/")


def _texts(rows: Iterator[Cells], *, file: str) -> Iterator[list[str]]:
    width = 0
    for number, row in enumerate(rows, start=1):
        texts = [_text(value, file=file, row=number) for value in row]
        while texts and not texts[-1]:  # a format may reach further than what is written
            texts.pop()
        width = width or len(texts)
        yield texts + [""] * (width - len(texts))


def _raw(sheet: Any, *, file: str) -> Iterator[Cells]:
    sheet.reset_dimensions()  # what a file says of its own size is not believed
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        if number > _MOST_ROWS or len(row) > _MOST_COLUMNS:
            raise _refusal(file, f"has a sheet of more than {_MOST_ROWS:,} rows or {_MOST_COLUMNS} columns")
        yield row


def _with_values(rows: Iterator[Cells], formulas: Any, *, file: str) -> Iterator[Cells]:
    """The rows, where every formula has a value that was computed when the workbook was saved."""
    formulas.reset_dimensions()
    for number, (row, cells) in enumerate(zip(rows, formulas.iter_rows(), strict=True), start=1):
        for place, cell in enumerate(cells):
            if cell.data_type == "f" and (place >= len(row) or row[place] in (None, "")):
                raise _refusal(file, f"has a formula without a value in column {place + 1}", row=number)
        yield row


def _text(value: object, *, file: str, row: int) -> str:
    match value:
        case None:
            return ""
        case str():
            return value.strip()
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            number = Decimal(repr(value))  # the shortest text of this number: what the file says
            if not number.is_finite():
                raise _refusal(file, "has no number where one should be", row=row)
            return str(int(number)) if number == number.to_integral_value() else f"{number:f}"
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat()
        case date() | time():
            return value.isoformat()
    raise _refusal(file, "has a value that is no text, number or day", row=row)


def _refusal(file: str, reason: str, *, row: int = 1) -> FileUnreadable:
    return FileUnreadable(file=file, line=row, reason=reason)
