"""Canonical JSON: the RFC 8785 form of the values that this project signs, logs and hashes.

Only integers, texts, booleans, null, lists and objects exist here; object keys are ASCII, so that sorting by
code point is sorting by UTF-16 code unit (RFC 8785 §3.2.3).
"""

from __future__ import annotations

import json
from typing import Any, NoReturn, TypeGuard

_MOST_DEPTH = 32  # a text of brackets must end in a refusal, not in an exhausted stack
_LAST_SECOND = 253_402_300_799  # the end of the year 9999
_MOST_EXACT = 2**53 - 1  # RFC 7493 §2.2: beyond this a reader in another language may round


def dumps(value: object) -> bytes:
    """The canonical bytes; `ValueError` for a value that has no canonical form here."""
    _check(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def loads(data: bytes) -> Any:
    """The value of JSON bytes in any layout; `ValueError` for a repeated key, a float, broken UTF-8 or deep nesting."""
    text = data.decode("utf-8")
    try:
        value = json.loads(text, object_pairs_hook=_no_repeats, parse_float=_refuse, parse_constant=_refuse)
        _check(value)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def loads_canonical(data: bytes) -> Any:
    """The value of bytes that are exactly canonical; `ValueError` for anything else."""
    value = loads(data)
    if dumps(value) != data:
        raise ValueError("not canonical JSON")
    return value


def is_instant(value: object) -> TypeGuard[int]:
    """Whether a value is a time in whole seconds that a calendar can show: 1970 to 9999."""
    return type(value) is int and 0 <= value <= _LAST_SECOND


def _check(value: object, depth: int = 0) -> None:
    if depth > _MOST_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        if not value.isascii():
            value.encode("utf-8")  # lone surrogates raise UnicodeEncodeError, a ValueError
    elif isinstance(value, int):  # a truth value is one as well
        if abs(value) > _MOST_EXACT:
            raise ValueError("an integer beyond 53 bits")
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise ValueError("object keys must be ASCII texts")
            _check(item, depth + 1)
    elif value is not None:
        raise ValueError(f"{type(value).__name__} has no canonical form here")


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object repeats a key")
    return found


def _refuse(_: str) -> NoReturn:
    raise ValueError("a number that is not an integer")
