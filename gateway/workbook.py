"""Reads a few cells of an old workbook (.xlsx, ISO/IEC 29500), and refuses everything that makes them doubtful.

Values only. A workbook with macros or links to others is refused, and so is a formula whose value was never stored: no
cell is calculated here. Nothing but the asked columns of one sheet is looked at, and what stands in a cell is never
repeated in an error, since a wrong map may point at a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from gateway.adoption_errors import WorkbookRefused
from gateway.shadow_map import column_number

MOST_BYTES = 20 << 20  # of the file
MOST_UNPACKED_BYTES = 200 << 20
MOST_PARTS = 2_000
MOST_ROWS = 2_000
_DIGITS = 15  # that a spreadsheet keeps (IEEE 754 double)
_REFUSED = {
    "vbaproject.bin": "it holds macros; save it as .xlsx without them",
    "xl/externallinks/": "it links to other workbooks; break the links and keep the values",
    "xl/embeddings/": "it holds embedded files",
    "xl/connections.xml": "it is connected to a database; keep the values alone",
}


def rows(
    data: bytes, *, file: str, sheet: str, label_column: str, columns: Sequence[str], labels: Mapping[str, str]
) -> dict[str, dict[str, Decimal]]:
    """The asked cells by window and column. Rows whose label is none of `labels` are not looked at.

    Raises `WorkbookRefused`.
    """
    from openpyxl import load_workbook  # a fifth of a second that only this needs

    check(data, file=file)
    try:
        book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # whatever a hostile file makes the library raise, the file is refused
        raise WorkbookRefused(file=file, where="", reason=f"is no workbook ({type(error).__name__})") from None
    if sheet not in book.sheetnames:
        raise WorkbookRefused(file=file, where="", reason="has no sheet of the name that the map gives")
    found: dict[str, dict[str, Decimal]] = {}
    try:
        for number, cells in _rows(book[sheet], [label_column, *columns]):
            label = labels.get(cells[0].strip()) if isinstance(cells[0], str) else None
            if label is None:
                continue
            if label in found:
                raise WorkbookRefused(file=file, where=f"row {number}", reason=f"the window {label} stands there twice")
            found[label] = {
                column: _number(cell, file=file, where=f"cell {column}{number}")
                for column, cell in zip(columns, cells[1:], strict=True)
            }
    except WorkbookRefused:
        raise
    except Exception as error:  # as above: the sheet is read while it is walked
        raise WorkbookRefused(file=file, where=sheet, reason=f"cannot be read ({type(error).__name__})") from None
    return found


def check(data: bytes, *, file: str) -> None:
    """Refuse, before a single part is read, what is too large or holds more than cells. Raises `WorkbookRefused`."""
    if len(data) > MOST_BYTES:
        raise WorkbookRefused(file=file, where="", reason=f"is larger than {MOST_BYTES >> 20} MiB")
    try:
        with ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
                raise WorkbookRefused(file=file, where="", reason="is too large when it is unpacked")
            for part in parts:
                name = part.filename.lower()
                reason = next((text for word, text in _REFUSED.items() if word in name), None)
                if reason is not None or part.flag_bits & 1:
                    raise WorkbookRefused(file=file, where="", reason=reason or "is encrypted")
                if name.endswith((".xml", ".rels")) and _declares_entities(archive.read(part)):
                    raise WorkbookRefused(file=file, where="", reason="its XML declares a document type")
    except (BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise WorkbookRefused(file=file, where="", reason=f"is no .xlsx file ({type(error).__name__})") from None


def _declares_entities(part: bytes) -> bool:
    """No workbook needs a document type; entities are how a small XML file becomes a large one. UTF-16 is read too."""
    return any(
        word in part for word in (b"<!DOCTYPE", b"<!ENTITY", "<!D".encode("utf-16-le"), "<!D".encode("utf-16-be"))
    )


def _rows(sheet: Any, columns: Sequence[str]) -> Iterator[tuple[int, list[object]]]:
    """The values of these columns, row by row."""
    places = [column_number(column) for column in columns]
    first, last = min(places), max(places)
    walk = sheet.iter_rows(max_row=MOST_ROWS, min_col=first, max_col=last, values_only=True)
    for number, cells in enumerate(walk, start=1):
        yield number, [cells[place - first] if place - first < len(cells) else None for place in places]


def _number(cell: object, *, file: str, where: str) -> Decimal:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        reason = "holds no number; a formula must have been calculated and saved" if cell is None else "holds no number"
        raise WorkbookRefused(file=file, where=where, reason=reason)
    found = Decimal(cell) if isinstance(cell, int) else Decimal(f"{cell:.{_DIGITS}g}")
    if not found.is_finite() or abs(found) >= Decimal(10) ** _DIGITS:
        raise WorkbookRefused(file=file, where=where, reason="holds a number that no spreadsheet keeps exactly")
    return found
