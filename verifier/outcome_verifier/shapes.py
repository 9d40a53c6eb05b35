"""Shapes of claims: small functions that say whether a value has a form, put together to tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Shape = Callable[[Any], bool]

_MOST_CHARACTERS = 2_000
_LATIN_END = 0x250  # Basic Latin, Latin-1 Supplement, Latin Extended-A and -B
_DASHES_AND_QUOTES = "\u2013\u2014\u2018\u2019\u201c\u201d"


def is_text(value: Any) -> bool:
    """A text that reads as it looks: printable Latin letters, so no control characters, no marks that turn the reading
    direction, no letters of other scripts that look the same.
    """
    if not isinstance(value, str) or not 0 < len(value) <= _MOST_CHARACTERS or not value.isprintable():
        return False
    return all(ord(character) < _LATIN_END or character in _DASHES_AND_QUOTES for character in value)


def is_string(value: Any) -> bool:
    return isinstance(value, str)


def is_integer(value: Any) -> bool:
    return type(value) is int


def is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def matches(pattern: re.Pattern[str]) -> Shape:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def fields(**checks: Shape) -> Shape:
    return lambda value: (
        isinstance(value, dict)
        and set(value) == set(checks)
        and all(check(value[name]) for name, check in checks.items())
    )


def list_of(check: Shape) -> Shape:
    return lambda value: isinstance(value, list) and all(check(item) for item in value)


is_digest = matches(re.compile(r"[0-9a-f]{64}"))
is_uuid = matches(re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"))
is_contract = fields(id=is_text, version=is_count, rules_sha256=is_digest)  # one text of one contract
is_party = fields(role=is_text, organisation=is_text)
