"""Reading delimited text files: encodings, headers, field counts and line ends, before any row is believed.

UTF-8, UTF-8 with a byte order mark and ISO-8859-1 are all legal in municipal exports. A file that fails its
header gives no row at all; a single bad row is counted and left out. What is nobody's row says nothing.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch

from connectors.errors import FileNameMismatch, FileTruncated, FileUnreadable, HeaderMismatch, RejectReason
from connectors.schema import Schema
from connectors.source_file import HEAD_BYTES, SourceFile, wrapping
from connectors.table_rows import are_all_doubled, is_empty, is_header, is_sum, is_total
from vocabulary.cpr_in_text import REASON, may_hide_cpr

_BOM = b"\xef\xbb\xbf"
_WIDE = (b"\xff\xfe", b"\xfe\xff")  # byte order marks of UTF-16
_HASH_CHUNK_BYTES = 1 << 20
NAMELESS = f"a file whose name {REASON}"  # in the place of a name that is not repeated
SECOND_HEADER = "is the header again: the file may hold itself twice"
_DOUBLED = "every row stands at least twice: the file may hold itself twice"


@dataclass(frozen=True, slots=True)
class Row:
    """One line's wanted fields, in the order in which they were asked for."""

    line: int  # 1-based
    fields: tuple[str, ...]


def check_name(name: str, pattern: str) -> None:
    """Raise `FileNameMismatch` where a file is not named as its source declares.

    Names stand in reports and in the store, so one that could hold a CPR number is refused without repeating it.
    """
    if may_hide_cpr(name):
        raise FileNameMismatch(file=NAMELESS, pattern=pattern)
    if not fnmatch(name, pattern):
        raise FileNameMismatch(file=name, pattern=pattern)


def check_is_a_table(file: SourceFile) -> None:
    """Raise `FileUnreadable` where a file is an archive or another wrapping, which is never opened here, or is text of
    two bytes a character.
    """
    with file.open() as stream:
        head = stream.read(HEAD_BYTES)
    found = wrapping(head)
    if found:
        raise FileUnreadable(file=file.name, line=1, reason=f"is {found} and no text")
    if head.startswith(_WIDE) or b"\0" in (head[1:2], head[:1]):
        reason = "has several bytes a character, as UTF-16 has; ask for it in UTF-8"
        raise FileUnreadable(file=file.name, line=1, reason=reason)


def file_sha256(file: SourceFile) -> str:
    """The hexadecimal SHA-256 of a file of any size."""
    digest = hashlib.sha256()
    with file.open() as stream:
        while chunk := stream.read(_HASH_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def read_whole(file: SourceFile) -> tuple[bytes, str]:
    """A file's bytes and their hexadecimal SHA-256, read once: what is believed is what the digest is of."""
    with file.open() as stream:
        content = stream.read()
    return content, hashlib.sha256(content).hexdigest()


def read_rows(
    content: bytes,
    *,
    file: str,
    delimiter: str,
    columns: Sequence[str],
    rejected: Counter[RejectReason],
    schema: Schema | None = None,
    odd_lines: list[int] | None = None,
) -> Iterator[Row]:
    """The named columns of every line after the header but for those that are nobody's (`connectors.table_rows`).

    Lines with another number of fields are counted in `rejected`, their numbers go to `odd_lines`. Raises
    `FileUnreadable`, `HeaderMismatch`, `SchemaChanged` (with a schema) or `FileTruncated` before the first row, and
    `FileUnreadable` where rows add up and the header stands in it twice, or every row: the file may hold itself twice.
    """
    text = decode(content, file=file)
    lines = text.split("\n")
    if lines[-1]:
        raise FileTruncated(file=file, line=len(lines))
    header = split_row(lines[0], delimiter)
    places = find_columns(header, columns, file=file)
    if schema is not None:
        schema.check(header, source=file)
    table = [split_row(line, delimiter) for line in lines[1:-1]]
    if schema is not None and schema.add_up:
        _check_stands_once(table, header, file=file)
    return _rows(table, header, places, rejected, [] if odd_lines is None else odd_lines)


def _check_stands_once(table: Sequence[Sequence[str]], header: Sequence[str], *, file: str) -> None:
    for number, fields in enumerate(table, start=2):
        if is_header(fields, header):
            raise FileUnreadable(file=file, line=number, reason=SECOND_HEADER)
    if are_all_doubled(tuple(fields) for fields in table if not is_empty(fields) and not is_total(fields)):
        raise FileUnreadable(file=file, line=2, reason=_DOUBLED)


def _rows(
    table: Sequence[Sequence[str]],
    header: Sequence[str],
    places: Sequence[int],
    rejected: Counter[RejectReason],
    odd_lines: list[int],
) -> Iterator[Row]:
    whole = [fields for fields in table if len(fields) == len(header)]
    for number, fields in enumerate(table, start=2):
        if is_empty(fields):
            continue
        if len(fields) != len(header):
            rejected[RejectReason.FIELD_COUNT] += 1
            odd_lines.append(number)
            continue
        is_last = fields is whole[-1]
        if is_header(fields, header) or is_total(fields) or (is_last and is_sum(fields, whole[:-1])):
            continue
        yield Row(number, tuple(fields[place] for place in places))


def split_row(line: str, delimiter: str) -> list[str]:
    """The fields of a line. A field whose quotes match loses them, and may have the delimiter between them."""
    if '"' in line:
        try:
            return next(csv.reader([line.rstrip("\r")], delimiter=delimiter, strict=True))
        except csv.Error:
            pass  # one quote more than belong together: then no delimiter stands between two
    return split(line, delimiter)


def split(line: str, delimiter: str) -> list[str]:
    """The fields of a line of codes alone, where quotes never hide a delimiter; a quoted field loses its quotes."""
    fields = line.rstrip("\r").split(delimiter)
    return [field[1:-1] if len(field) > 1 and field[0] == field[-1] == '"' else field for field in fields]


def find_columns(header: Sequence[str], wanted: Sequence[str], *, file: str) -> list[int]:
    """The 0-based place of each wanted column; `HeaderMismatch` where one is missing or any is doubled."""
    # line 1 may be a person's row, or hold one after the header: only a wanted name is repeated in a message
    for name in wanted:
        if name not in header:
            raise HeaderMismatch(file=file, column=name, position=0, reason="is missing")
    for position, name in enumerate(header, start=1):
        if name in header[: position - 1]:
            known = name if name in wanted else ""
            reason = f"stands twice, as column {header.index(name) + 1} too"
            raise HeaderMismatch(file=file, column=known, position=position, reason=reason)
    return [header.index(name) for name in wanted]


def decode(content: bytes, *, file: str) -> str:
    """The text of a file in UTF-8, with or without a byte order mark, or else in ISO-8859-1."""
    if b"\x00" in content:
        line = content[: content.index(b"\x00")].count(b"\n") + 1
        raise FileUnreadable(file=file, line=line, reason="holds a NUL byte, so it is no text in UTF-8 or ISO-8859-1")
    try:
        return content.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("iso-8859-1")


def first_line(file: SourceFile) -> tuple[bytes, int]:
    """A large file's header without its line end, and the offset of the line after it."""
    with file.open() as stream:
        line = stream.readline()
        offset = stream.tell()
    return line.removeprefix(_BOM).rstrip(b"\r\n"), offset


def check_line_end(file: SourceFile) -> None:
    """Raise `FileTruncated` where a large file does not end with a line end."""
    with file.open() as stream:
        if stream.seek(0, 2):
            stream.seek(-1, 2)
            if stream.read(1) != b"\n":
                stream.seek(0)
                lines = sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(_HASH_CHUNK_BYTES), b""))
                raise FileTruncated(file=file.name, line=lines + 1)
