"""The CPR number (Danish: *personnummer*) as a type that cannot be printed, pickled or copied by accident.

Which ten digits can be one is `vocabulary.cpr_digits`.

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
from typing import NoReturn

from keys.errors import InvalidCpr
from vocabulary.cpr_digits import broken_rule


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
        rule = broken_rule(digits)
        if rule:
            raise InvalidCpr(rule=rule)
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
