"""The short form of windows: from a week to a week, every year, half-year or quarter of the calendar."""

from __future__ import annotations

from itertools import groupby

from gateway.outcomes.terms import Window
from vocabulary.declaration import DeclarationTable, one_of
from vocabulary.weeks import Week

_QUARTER_WEEKS = 13
_MOST_WEEKS = 60 * 53  # sixty years
_QUARTERS = {"year": 4, "half_year": 2, "quarter": 1}  # quarters of each window
_LETTER = {"year": "", "half_year": "H", "quarter": "Q"}


def even_windows(table: DeclarationTable) -> tuple[Window, ...]:
    """`windows = { from = "2027-W01", to = "2029-W26", every = "half_year" }`.

    A quarter of an ISO year has thirteen weeks, and the last of a long year fourteen; the first and the last window are
    cut where the weeks say so. Labels are such as 2027, 2027H1 and 2027Q1.
    """
    first, last = table.convert("from", Week.parse), table.convert("to", Week.parse)
    every = table.convert("every", one_of(*_QUARTERS))
    table.finish()
    if last < first:
        raise table.refuse("to", "lies before from")
    if last - first > _MOST_WEEKS:
        raise table.refuse("to", "lies more than sixty years behind from")
    weeks = (first + offset for offset in range(last - first + 1))
    grouped = [(label, list(within)) for label, within in groupby(weeks, key=lambda week: _label(week, every))]
    return tuple(Window(label, within[0], within[-1]) for label, within in grouped)


def _label(week: Week, every: str) -> str:
    year, number, _ = week.thursday.isocalendar()
    quarter, letter = min((number - 1) // _QUARTER_WEEKS, 3), _LETTER[every]
    return f"{year}{letter}{quarter // _QUARTERS[every] + 1}" if letter else str(year)
