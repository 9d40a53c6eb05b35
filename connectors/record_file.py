"""Records from one file, CSV or workbook, for the kinds of source that any transport may bring.

Here a row that cannot be split is no row to leave out: whose it is cannot be told, and a record that is lost could
turn into a status that ended. So one such row refuses the file. Messages name a line and a rule, never a cell.
"""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterator, Sequence
from itertools import islice
from typing import BinaryIO

from connectors.cells import trim
from connectors.errors import SourceMalformed
from connectors.file_form import FileForm
from connectors.reading import SECOND_HEADER, check_is_a_table, check_line_end, check_name, find_columns
from connectors.schema import Schema
from connectors.source_file import SourceFile
from connectors.table_rows import is_empty, is_header, is_total
from connectors.transport import Page, Record
from connectors.workbook import workbook_rows

_BOM = b"\xef\xbb\xbf"
_PAGE_RECORDS = 5_000
_LINE_BYTES = 1 << 20


def header_of(file: SourceFile, form: FileForm) -> list[str]:
    """What stands in the first row; nobody has checked yet that it is a header."""
    rows = _rows(file, form)
    try:
        return next(rows, [])
    finally:
        rows.close()


def record_pages(file: SourceFile, form: FileForm, schema: Schema) -> Iterator[Page]:
    """The records of a file, a page at a time, in memory that does not grow with a CSV.

    Raises `FileNameMismatch`, `FileUnreadable`, `FileTruncated`, `HeaderMismatch` or `SchemaChanged` before the first
    page, and `SourceMalformed` at a row that is none.
    """
    check_name(file.name, form.pattern)
    rows = _rows(file, form)
    header = next(rows, [])
    places = find_columns(header, schema.columns, file=file.name)
    schema.check(header, source=file.name)
    records = _records(rows, header, places, schema, file=file.name)
    while page := list(islice(records, _PAGE_RECORDS)):
        yield Page(page)


def _records(
    rows: Iterator[list[str]], header: Sequence[str], places: Sequence[int], schema: Schema, *, file: str
) -> Iterator[Record]:
    width = len(header)
    for number, row in enumerate(rows, start=2):
        if is_empty(row):
            continue  # it says nothing, and is of nobody
        if len(row) != width:
            raise SourceMalformed(source=file, reason=f"row {number:,} has {len(row)} fields, the header has {width}")
        if is_header(row, header):
            if schema.add_up:
                raise SourceMalformed(source=file, reason=f"row {number:,} {SECOND_HEADER}")
            continue
        if not is_total(row):
            yield tuple(trim(row[place]) for place in places)


def _rows(file: SourceFile, form: FileForm) -> Generator[list[str], None, None]:
    if form.format == "xlsx":
        yield from workbook_rows(file, form.sheet)
        return
    check_is_a_table(file)
    check_line_end(file)
    with file.open() as stream:
        lines = _lines(stream, file=file.name)
        reader = csv.reader(lines, delimiter=form.delimiter, strict=True)
        while True:
            try:
                row = next(reader, None)
            except csv.Error:
                reason = f"row near line {reader.line_num:,} is no row: its quotes do not match, or a field has no end"
                raise SourceMalformed(source=file.name, reason=reason) from None
            if row is None:
                return
            yield row


def _lines(stream: BinaryIO, *, file: str) -> Iterator[str]:
    """Lines in UTF-8, with or without a byte order mark, or else in ISO-8859-1."""
    number = 0
    while line := stream.readline(_LINE_BYTES):
        number += 1
        if len(line) == _LINE_BYTES and not line.endswith(b"\n"):
            raise SourceMalformed(source=file, reason=f"line {number:,} has no end")
        if b"\0" in line:
            reason = f"line {number:,} holds a NUL byte, so it is no text in UTF-8 or ISO-8859-1"
            raise SourceMalformed(source=file, reason=reason)
        if number == 1:
            line = line.removeprefix(_BOM)
        yield _text(line)


def _text(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("iso-8859-1")
