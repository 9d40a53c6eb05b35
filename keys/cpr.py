"""The CPR number (Danish: *personnummer*) as a type that cannot be printed, pickled or copied by accident.

Ten digits DDMMYYSSSS. The century follows from the seventh digit and the year (Danish civil registration
rules); replacement numbers for test people and foreigners add 60 to the day. The modulus-11 check digit is NOT
checked: numbers without it have been given out since 1 October 2007, and systems must accept them.

>>> Cpr.parse("610180-1234")
Cpr(••••••••••)
>>> Cpr.parse("6101801234") == Cpr.parse("610180-1234")
True
>>> Cpr.parse("910280-1234")
Traceback (most recent call last):
...
keys.errors.InvalidCpr: not a CPR number: no such day
"""

from __future__ import annotations

import hmac
from datetime import date
from typing import NoReturn

from keys.errors import InvalidCpr

REPLACEMENT_DAY = 60  # added to the day of a number that belongs to nobody
NOT_TEN_DIGITS = "not ten digits"  # the rule that a text breaks before it is looked at as a number
_NO_SERIAL = "0000"
_FILLER = "1" * 10


class Cpr:
    """One CPR number. `digits` may be read only in `keys` and `connectors` (tested)."""

    __slots__ = ("_digits",)

    def __init__(self, digits: str) -> None:
        self._digits = digits

    @classmethod
    def parse(cls, text: str) -> Cpr:
        """The number in a text such as `6101801234` or `610180-1234`; `InvalidCpr` names the broken rule."""
        digits = text.strip()
        if len(digits) == 11 and digits[6] == "-":
            digits = digits[:6] + digits[7:]
        if len(digits) != 10:
            raise InvalidCpr(rule=NOT_TEN_DIGITS)
        if not (digits.isascii() and digits.isdigit()):
            raise InvalidCpr(rule=NOT_TEN_DIGITS)
        day, month, year = int(digits[0:2]), int(digits[2:4]), _year(digits)
        if day > REPLACEMENT_DAY:
            day -= REPLACEMENT_DAY
        try:
            date(year, month, day)
        except ValueError:
            raise InvalidCpr(rule="no such day") from None
        if digits[6:] == _NO_SERIAL or digits == _FILLER:
            raise InvalidCpr(rule="nobody is given it")
        return cls(digits)

    @property
    def digits(self) -> str:
        return self._digits

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cpr) and hmac.compare_digest(self._digits, other._digits)

    def __hash__(self) -> int:
        return hash(self._digits)

    def __repr__(self) -> str:
        return "Cpr(••••••••••)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a CPR number is not serialised")

    def __copy__(self) -> NoReturn:
        raise TypeError("a CPR number is not copied")


def _year(digits: str) -> int:
    """The year of birth: the seventh digit and the two-digit year give the century."""
    seventh, year = int(digits[6]), int(digits[4:6])
    if seventh <= 3:
        return 1900 + year
    if seventh in (4, 9):
        return (2000 if year <= 36 else 1900) + year
    return (2000 if year <= 57 else 1800) + year
