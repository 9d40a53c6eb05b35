"""Blind indexes of a column of a million CPR numbers: one pass of the cipher, against one call a row.

All three ways check length and digits and leave out what is no number; some rows are none. The batched CMAC is
compared with the library's, bit by bit, over all rows. `hmac.digest` is another MAC: it must accept the same rows and
give as many different tags.
"""

from __future__ import annotations

import hmac
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC
from numpy.typing import NDArray

from keys.blind_index import BlindIndexKey, Column, are_digits

_ROWS = 1_000_000
_REPEATS = 6
_KEY = bytes(range(32))

Valid = NDArray[np.bool_]


def run() -> list[str]:
    """One line against each way: medians, ranges and the ratio of the medians."""
    column = _column(_ROWS)
    rows = [row.tobytes() for row in column]  # the loops get their rows cut already
    lines = []
    for name, loop in (("hmac.digest", _hmac_loop), ("CMAC of the library", _cmac_loop)):
        expected = loop(rows)
        indexes = _accepted(_batched(column))
        if loop is _cmac_loop and indexes.tobytes() != b"".join(expected):
            raise ValueError("the batched indexes are not the library's CMAC")
        if len(indexes) != len(expected) or len(set(expected)) != len(_distinct(indexes)):
            raise ValueError("the two ways accept different rows")
        fast: list[float] = []
        slow: list[float] = []
        for _ in range(_REPEATS // 2):  # ABBA: neither gains from running first
            fast.append(_timed(partial(_batched, column)))
            slow += [_timed(partial(loop, rows)), _timed(partial(loop, rows))]
            fast.append(_timed(partial(_batched, column)))
        ratio = statistics.median(slow) / statistics.median(fast)
        lines.append(
            f"blind index, {_ROWS:,} numbers: batched {_span(fast)}, {name} a row {_span(slow)}: {ratio:,.0f}×"
        )
    return lines


def _column(rows: int) -> Column:
    """Different replacement numbers (day 61), every thousandth with a letter in it."""
    column = np.empty((rows, 10), dtype=np.uint8)
    column[:, :2] = np.frombuffer(b"61", dtype=np.uint8)
    serial = np.arange(rows)
    for place in range(9, 1, -1):
        column[:, place] = 48 + serial % 10
        serial //= 10
    column[::1000, 4] = ord("O")
    return column


def _batched(column: Column) -> tuple[Column, Valid]:
    return BlindIndexKey(_KEY).column(column), are_digits(column)


def _accepted(batched: tuple[Column, Valid]) -> Column:
    indexes, is_number = batched
    return indexes[is_number]


def _hmac_loop(rows: list[bytes]) -> list[bytes]:
    return [hmac.digest(_KEY, row, "sha256") for row in rows if len(row) == 10 and row.isdigit()]


def _cmac_loop(rows: list[bytes]) -> list[bytes]:
    tags = []
    keyed = CMAC(algorithms.AES(_KEY))
    for row in rows:
        if len(row) == 10 and row.isdigit():
            mac = keyed.copy()  # the fastest way the library has for one message
            mac.update(row)
            tags.append(mac.finalize())
    return tags


def _distinct(indexes: Column) -> set[bytes]:
    return {index.tobytes() for index in indexes}


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _span(seconds: list[float]) -> str:
    low, middle, high = (value * 1000 for value in (min(seconds), statistics.median(seconds), max(seconds)))
    return f"{middle:,.1f} ms ({low:,.1f}..{high:,.1f}, n = {len(seconds)})"
