"""Which ten digits can be a CPR number (Danish: *personnummer*): the one rule, for whoever reads or hides one.

Ten digits DDMMYYSSSS. The century follows from the seventh digit and the year (Danish civil registration rules);
replacement numbers for test people and foreigners add 60 to the day. The modulus-11 check digit is NOT checked: numbers
without it have been given out since 1 October 2007, and systems must accept them.
"""

from __future__ import annotations

from datetime import date

REPLACEMENT_DAY = 60  # added to the day of a number that belongs to nobody
NOT_TEN_DIGITS = "not ten digits"
_NO_SERIAL = "0000"
_FILLER = "1" * 10


def broken_rule(text: str) -> str:
    """The first rule of CPR numbers that a text breaks; empty where its ten digits can be somebody's number."""
    if not (len(text) == 10 and text.isascii() and text.isdigit()):
        return NOT_TEN_DIGITS
    day = int(text[0:2])
    try:
        date(_year(text), int(text[2:4]), day - REPLACEMENT_DAY if day > REPLACEMENT_DAY else day)
    except ValueError:
        return "no such day"
    return "nobody is given it" if text[6:] == _NO_SERIAL or text == _FILLER else ""


def _year(digits: str) -> int:
    """The year of birth: the seventh digit and the two-digit year give the century."""
    seventh, year = int(digits[6]), int(digits[4:6])
    if seventh <= 3:
        return 1900 + year
    if seventh in (4, 9):
        return (2000 if year <= 36 else 1900) + year
    return (2000 if year <= 57 else 1800) + year
