"""Which of several files is the newest, by the day or the number in their names and never by the alphabet.

In the alphabet `31-01-2021` stands behind `01-03-2021`, and `9` behind `10`. What varies in a name is what its pattern
leaves open; there one day, month or number must stand. Days are read in the orders that are in use here, year first or
year last, with separators or without: eight digits are a day in only one of the two, since years are those of 1990 to
2099. Names that are not of one form have no order, and none is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import assert_never


class NameForm(StrEnum):
    """What stands in a name, by the word of a declaration."""

    DAY = "day"
    MONTH = "month"
    NUMBER = "number"


class NamesWithoutOrder(ValueError):
    """Names of which nobody can tell which is the newest."""


_YEAR = "(?P<year>19[0-9]{2}|20[0-9]{2})"
_MONTH, _DAY = "(?P<month>[0-9]{2})", "(?P<day>[0-9]{2})"
_TIME = r"(?:[T_ -]?(?P<time>[0-9]{4}|[0-9]{6}|[0-9]{2}[.:-][0-9]{2}(?:[.:-][0-9]{2})?))?"
_BEGIN, _END = r"(?:\D*?)(?<![0-9])", r"(?![0-9])(?:\D*)"
_DAYS = tuple(
    re.compile(_BEGIN + day + _TIME + _END)
    for day in (
        rf"{_YEAR}(?P<gap>[-._]?){_MONTH}(?P=gap){_DAY}",
        rf"{_DAY}(?P<gap>[-._]?){_MONTH}(?P=gap){_YEAR}",
    )
)
_MONTHS = (
    re.compile(_BEGIN + rf"{_YEAR}[-._]?{_MONTH}" + _END),
    re.compile(_BEGIN + rf"{_MONTH}[-._]{_YEAR}" + _END),
)
_NUMBER = re.compile(r"\D*(?P<number>[0-9]{1,9})\D*")
_OPEN = "*?["
_FIRST_YEAR = 1990


def place_in_order(name: str, pattern: str, form: NameForm) -> int | None:
    """Where a name of this pattern stands among others of one form; None where it holds nothing of the form, or more
    digits than that.
    """
    text = _open_part(name, pattern)
    match form:
        case NameForm.DAY:
            return _day(text)
        case NameForm.MONTH:
            return _month(text)
        case NameForm.NUMBER:
            found = _NUMBER.fullmatch(text)
            return int(found["number"]) if found else None
        case _:
            assert_never(form)


def in_order(names: Sequence[str], pattern: str, form: NameForm | None, *, last: str) -> tuple[list[str], list[str]]:
    """The names, the newest last; and those of them that are older than `last`, the newest that was read before.

    Without a declared form it is the one that all of them have: a day before a month before a number. A single name
    without any has no other that it could be older than. Raises `NamesWithoutOrder` where a name has no place, or two
    have one.
    """
    # where nothing was read before, or under a pattern that was changed, the last has no place among them
    places = _places([*names, last], pattern, form) or _places(names, pattern, form)
    if not places:
        if form is None and len(names) < 2:
            return list(names), []
        said = f"a {form}" if form else "a day, a month or a number, of one form in all of them"
        raise NamesWithoutOrder(f"their names do not each hold {said}")
    if len({places[name] for name in names}) < len(names):
        raise NamesWithoutOrder("two of their names stand for one day, month or number")
    ordered = sorted(names, key=lambda name: places[name])
    return ordered, [name for name in ordered if last in places and places[name] < places[last]]


def newest_named(names: Sequence[str], pattern: str, form: NameForm | None) -> str:
    """The newest of files that a person named together; the last one where their names have no order."""
    try:
        return in_order(names, pattern, form, last="")[0][-1]
    except NamesWithoutOrder:
        return names[-1]


def is_older(name: str, last: str, pattern: str, form: NameForm | None) -> bool:
    """Whether a file that a person named is older than `last` by what its name says: a day or a month, or the declared
    form. A number that nobody declared may number anything.
    """
    for candidate in [form] if form else [NameForm.DAY, NameForm.MONTH]:
        place, before = place_in_order(name, pattern, candidate), place_in_order(last, pattern, candidate)
        if place is not None and before is not None:
            return place < before
    return False


def _places(names: Sequence[str], pattern: str, form: NameForm | None) -> dict[str, int]:
    """The place of every name in the one form that all of them have; empty where there is none."""
    usual = [NameForm.DAY, NameForm.MONTH, *([] if _could_be_days(names, pattern) else [NameForm.NUMBER])]
    for candidate in [form] if form else usual:
        places = {name: place_in_order(name, pattern, candidate) for name in names}
        known = {name: place for name, place in places.items() if place is not None}
        if len(known) == len(places):
            return known
    return {}


def _could_be_days(names: Sequence[str], pattern: str) -> bool:
    """Whether numbers are as long as days or months are written: `010321` stands behind `310121` as a number."""
    return any(len(re.sub(r"\D", "", _open_part(name, pattern))) in (6, 8) for name in names)


def _open_part(name: str, pattern: str) -> str:
    """What stands in a name where its pattern leaves it open; the name itself where that is nowhere."""
    first = next((place for place, sign in enumerate(pattern) if sign in _OPEN), None)
    if first is None:
        return name
    after = len(pattern) - max(place for place, sign in enumerate(pattern) if sign in "*?]") - 1
    return name[first : len(name) - after]


def _day(text: str) -> int | None:
    """The ordinal of the day, and the time behind it, as one number."""
    for written in _DAYS:
        found = written.fullmatch(text)
        if found is None:
            continue
        try:
            day = date(int(found["year"]), int(found["month"]), int(found["day"]))
        except ValueError:
            continue
        if day.year >= _FIRST_YEAR:
            return day.toordinal() * 1_000_000 + int(re.sub(r"\D", "", found["time"] or "0").ljust(6, "0"))
    return None


def _month(text: str) -> int | None:
    for written in _MONTHS:
        found = written.fullmatch(text)
        if found is not None and int(found["year"]) >= _FIRST_YEAR and 1 <= int(found["month"]) <= 12:
            return int(found["year"]) * 12 + int(found["month"])
    return None
