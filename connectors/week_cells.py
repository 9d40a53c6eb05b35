"""Week cells of a DREAM-type extract, a block at a time: bytes in, one small integer a cell out.

Nearly every cell is empty or three digits; those are one multiplication and one lookup. What is quoted loses its
quotes as an array too, and only what is left over is looked at one by one, with the same words as a single row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vocabulary.statuses import Status

_EMPTY, _POINT, _NO_CODE = 1000, 1001, 1002  # places in the table after the codes 000 to 999
_MARKS = {"": _EMPTY, ".": _POINT}
_CODE_BYTES = 3
_SPACE = " \t\r"
_QUOTE, _RETURN, _ZERO = ord('"'), ord("\r"), ord("0")

Places = NDArray[np.int64]


class CodeBlock:
    """The bytes of a block, and at each offset the code that begins there."""

    def __init__(self, view: NDArray[np.uint8], ends: int) -> None:
        """`ends` is the number of delimiters and line ends in it."""
        self.view = view
        self.is_plain = np.count_nonzero(view - np.uint8(_ZERO) <= 9) + ends == len(view)
        self.codes = _code_at(view, self.is_plain)


class CellReader:
    """Turns cells into the values that statuses have, by a table with a place for each code."""

    def __init__(self, codes: Mapping[str, Status], values: Mapping[Status, int]) -> None:
        self._table = np.full(_NO_CODE + 1, values[Status.UNKNOWN], dtype=np.uint8)
        for code, status in codes.items():
            self._table[_MARKS[code] if code in _MARKS else int(code)] = values[status]

    def read(self, block: CodeBlock, grid: Places, columns: Sequence[int]) -> NDArray[np.uint8]:
        """(people, weeks): the value of each cell of `columns` (0-based, never the first) of each row.

        `grid` has for each row the offsets in the block at which its cells end, delimiters and line end.
        """
        view = block.view
        starts, lengths = _cells(view, grid, columns)
        codes = block.codes[starts]
        is_empty = lengths == 0
        np.copyto(codes, np.uint16(_EMPTY), where=is_empty)
        odd = (lengths != _CODE_BYTES) & ~is_empty
        if not block.is_plain:
            odd |= codes == _NO_CODE
        if odd.any():
            codes[odd] = _odd_codes(view, starts[odd], lengths[odd])
        return self._table.take(codes)


def _cells(view: NDArray[np.uint8], grid: Places, columns: Sequence[int]) -> tuple[Places, Places]:
    """Where each cell begins, and how many bytes it has; carriage returns before the line end do not count."""
    first, last = columns[0], columns[-1]
    if list(columns) == list(range(first, last + 1)):  # a view; any other order is a copy
        ends, before = grid[:, first : last + 1], grid[:, first - 1 : last]
    else:
        ends, before = grid[:, columns], grid[:, [column - 1 for column in columns]]
    starts = before + 1
    lengths = ends - starts
    for place in np.flatnonzero(np.asarray(columns) == grid.shape[1] - 1):
        while (returns := (lengths[:, place] > 0) & (view[starts[:, place] + lengths[:, place] - 1] == _RETURN)).any():
            lengths[:, place] -= returns
    return starts, lengths


def _code_at(view: NDArray[np.uint8], is_plain: bool) -> NDArray[np.uint16]:
    """For each offset the number that the three bytes there write, and no such number where they are not digits.

    Where all bytes are digits and ends of cells (`is_plain`), three bytes of one cell are digits.
    """
    codes = np.full(len(view), _NO_CODE, dtype=np.uint16)
    if len(view) < _CODE_BYTES:
        return codes
    digit = view.astype(np.uint16)  # each with the 48 of "0", which comes off at the end
    number = codes[:-2]
    np.multiply(digit[:-2], np.uint16(100), out=number)
    number += digit[2:]
    digit *= np.uint16(10)
    number += digit[1:-1]
    number -= np.uint16(111 * _ZERO)
    if not is_plain:
        wrong = view - np.uint8(_ZERO) > 9  # what is below wraps to far above 9
        np.copyto(number, np.uint16(_NO_CODE), where=wrong[:-2] | wrong[1:-1] | wrong[2:])
    return codes


def _odd_codes(view: NDArray[np.uint8], starts: Places, lengths: Places) -> NDArray[np.uint16]:
    """The codes of cells that are neither empty nor three digits as they stand."""
    quoted = (lengths > 1) & (view[starts] == _QUOTE) & (view[starts + lengths - 1] == _QUOTE)
    starts, lengths = starts + quoted, lengths - 2 * quoted
    codes = np.full(len(starts), _NO_CODE, dtype=np.uint16)
    codes[lengths == 0] = _EMPTY
    plain = np.flatnonzero(lengths == _CODE_BYTES)
    digits = (view[starts[plain, None] + np.arange(_CODE_BYTES)] - np.uint8(_ZERO)).astype(np.uint16)
    fits = (digits <= 9).all(axis=1)
    codes[plain[fits]] = (digits[fits] * np.array([100, 10, 1], dtype=np.uint16)).sum(axis=1)
    for place in np.flatnonzero((codes == _NO_CODE) & (lengths != 0)):  # rare: spaces, or no code at all
        text = view[starts[place] : starts[place] + lengths[place]].tobytes().decode("iso-8859-1").strip(_SPACE)
        if text in _MARKS:
            codes[place] = _MARKS[text]
        elif len(text) == _CODE_BYTES and text.isascii() and text.isdigit():
            codes[place] = int(text)
    return codes
