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
    day, month, year = int(text[:2]), int(text[2:4]), text[4:6]
    # the seventh digit gives the century, and of all the years that two digits can mean 1900 alone is no leap year
    # though it ends in a multiple of four
    is_1900 = year == "00" and text[6] <= "3"
    try:
        date(1900 if is_1900 else int(f"20{year}"), month, day % REPLACEMENT_DAY)
    except ValueError:
        return "no such day"
    return "nobody is given it" if text[6:] == _NO_SERIAL or text == _FILLER else ""
