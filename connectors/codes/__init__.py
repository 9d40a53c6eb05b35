"""Code lists as data: what a register's codes mean, with source and validity. A code without a list is unknown."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib.resources import files

from connectors.declaration_table import parse
from connectors.records import IncomeType, Status

_RANGE = re.compile(r"(\d{2,3})-(\d{2,3})")


@cache
def statuses(code_list: str) -> dict[str, Status]:
    """Code -> status of the list `dream` or `ydelsesrefusion`."""
    return {code: Status(word) for code, word in _load(code_list).items()}


@cache
def income_types() -> dict[str, IncomeType]:
    """Two-digit income type -> our word."""
    return {code: IncomeType(word) for code, word in _load("income_types").items()}


def shown_by_kind() -> dict[str, frozenset[Status]]:
    """Kind of source -> every status that its code list can show."""
    return {kind: frozenset(statuses(kind).values()) for kind in ("dream", "ydelsesrefusion")}


def list_sha256(code_list: str) -> str:
    """The hexadecimal SHA-256 of a code list's file, for what rests on it."""
    return hashlib.sha256(_bytes(code_list)).hexdigest()


def _bytes(name: str) -> bytes:
    return files("connectors.codes").joinpath(f"{name}.toml").read_bytes()


def _load(name: str) -> dict[str, str]:
    """Code -> word; a code that stands twice is refused, since the file would say two things."""
    root = parse(_bytes(name), file=f"{name}.toml")
    if root.text("schema") != "codes/1" or root.text("list") != name:
        raise root.refuse("list", f"must be {name}")
    root.day("valid_from")
    table = root.table("codes")
    found: dict[str, str] = {}
    for word in table:
        for entry in table.texts(word):
            for code in _expand(entry):
                if code in found:
                    raise table.refuse(word, f"has {code!r}, which {found[code]} has as well")
                found[code] = word
    table.done()
    root.done()
    return found


def _expand(entry: str) -> list[str]:
    bounds = _RANGE.fullmatch(entry)
    if bounds is None:
        return [entry]
    return [str(code) for code in range(int(bounds[1]), int(bounds[2]) + 1)]
