"""Reads a few cells of an old workbook (.xlsx, ISO/IEC 29500), and refuses everything that makes them doubtful.

The workbook itself is opened by the one reader there is (`connectors.workbook`), which refuses macros, links and
entities. Here a cell must hold a number: no formula is calculated, and no text is taken for one. Nothing but the asked
columns of one sheet is looked at, and what stands in a cell is never repeated in an error, since a wrong map may point
at a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import BinaryIO

from connectors.errors import FileUnreadable, HeaderMismatch
from connectors.workbook import workbook_values
from gateway.errors.adoption import WorkbookRefused
from gateway.evaluation.shadow_map import column_number
from vocabulary.identity import identity_of

MOST_BYTES = 20 << 20  # of the file
MOST_ROWS = 2_000
_DIGITS = 15  # that a spreadsheet keeps (IEEE 754 double)


@dataclass(frozen=True, slots=True)
class WorkbookRows:
    """The asked cells by window and column, and the rows that are left out since their label is that of a window in
    another spelling: in capitals, or with another space.
    """

    cells: dict[str, dict[str, Decimal]]
    misspelt: tuple[tuple[int, str], ...]  # the row, and the window


def rows(
    data: bytes, *, file: str, sheet: str, label_column: str, columns: Sequence[str], labels: Mapping[str, str]
) -> WorkbookRows:
    """What the workbook says of each window. Rows whose label is none of `labels` are not looked at.

    Raises `WorkbookRefused`.
    """
    misspelt: list[tuple[int, str]] = []
    alike = {identity_of(text): label for text, label in labels.items()}
    if len(data) > MOST_BYTES:
        raise WorkbookRefused(file=file, where="", reason=f"is larger than {MOST_BYTES >> 20} MiB")
    places = [column_number(column) - 1 for column in (label_column, *columns)]
    found: dict[str, dict[str, Decimal]] = {}
    try:
        for number, row in enumerate(workbook_values(_InMemory(file, data), sheet), start=1):
            if number > MOST_ROWS:
                break
            first, *cells = (row[place] if place < len(row) else None for place in places)
            label = labels.get(first.strip()) if isinstance(first, str) else None
            if label is None:
                if isinstance(first, str) and (meant := alike.get(identity_of(first))):
                    misspelt.append((number, meant))
                continue
            if label in found:
                raise WorkbookRefused(file=file, where=f"row {number}", reason=f"the window {label} stands there twice")
            found[label] = {
                column: _number(cell, file=file, where=f"cell {column}{number}")
                for column, cell in zip(columns, cells, strict=True)
            }
    except HeaderMismatch:
        raise WorkbookRefused(file=file, where="", reason="has no sheet of the name that the map gives") from None
    except FileUnreadable as error:
        raise WorkbookRefused(file=file, where="", reason=error.reason) from None
    return WorkbookRows(found, tuple(misspelt))


@dataclass(frozen=True, slots=True, repr=False)
class _InMemory:
    """A `connectors.source_file.SourceFile` that somebody gave whole."""

    name: str
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def open(self) -> BinaryIO:
        return BytesIO(self.data)


def _number(cell: object, *, file: str, where: str) -> Decimal:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        reason = "holds no number; a formula must have been calculated and saved" if cell is None else "holds no number"
        raise WorkbookRefused(file=file, where=where, reason=reason)
    found = Decimal(cell) if isinstance(cell, int) else Decimal(f"{cell:.{_DIGITS}g}")
    if not found.is_finite() or abs(found) >= Decimal(10) ** _DIGITS:
        raise WorkbookRefused(file=file, where=where, reason="holds a number that no spreadsheet keeps exactly")
    return found
