"""Code lists as data: what a register's codes mean, with source and validity. A code without a list is unknown.

A list is valid from a day on. Codes that came later, or have gone, stand in `limits` with their first day, their last
day or both, and where that is said; outside them a code is as unknown as one that no list explains.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from connectors.declaration_table import Table, parse
from connectors.records import IncomeType, Status, Week

_RANGE = re.compile(r"(\d{2,3})-(\d{2,3})")


@dataclass(frozen=True, slots=True)
class Limits:
    """The days on which a code exists, both ends included."""

    first: date = date.min
    last: date = date.max

    def allow(self, first: Week, last: Week) -> bool:
        """Whether the code exists on a day of each of these weeks: a register codes a week for a single day."""
        return self.first <= first.sunday and last.monday <= self.last


@dataclass(frozen=True, slots=True)
class _CodeList:
    words: dict[str, str]
    limits: dict[str, Limits]


@cache
def statuses(code_list: str) -> dict[str, Status]:
    """Code -> status of the list `dream`, `ydelsesrefusion` or `sf1491`, whenever the code existed."""
    return {code: Status(word) for code, word in _load(code_list).words.items()}


def statuses_in(code_list: str, first: Week, last: Week) -> dict[str, Status]:
    """Code -> status of the codes that exist in every week from the first to the last."""
    limits = _load(code_list).limits
    known = statuses(code_list)
    gone = {code for code, limit in limits.items() if not limit.allow(first, last)}
    return {code: status for code, status in known.items() if code not in gone} if gone else known


def status_in(code_list: str, code: str, week: Week) -> Status | None:
    """What a code means in this week; None where the list has no such code then."""
    limit = _load(code_list).limits.get(code)
    return statuses(code_list).get(code) if limit is None or limit.allow(week, week) else None


@cache
def income_types() -> dict[str, IncomeType]:
    """Two-digit income type -> our word."""
    return {code: IncomeType(word) for code, word in _load("income_types").words.items()}


def shown_by_kind() -> dict[str, frozenset[Status]]:
    """Kind of source -> every status that its code list can show."""
    return {kind: frozenset(statuses(kind).values()) for kind in ("dream", "ydelsesrefusion")}


def list_sha256(code_list: str) -> str:
    """The hexadecimal SHA-256 of a code list's file, for what rests on it."""
    return hashlib.sha256(_bytes(code_list)).hexdigest()


def _bytes(name: str) -> bytes:
    return files("connectors.codes").joinpath(f"{name}.toml").read_bytes()


@cache
def _load(name: str) -> _CodeList:
    """A list; a code that stands twice is refused, since the file would say two things."""
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
    limits = _limits(root, found)
    root.done()
    return _CodeList(found, limits)


def _limits(root: Table, known: dict[str, str]) -> dict[str, Limits]:
    limits: dict[str, Limits] = {}
    for table in root.tables("limits", least=0) if "limits" in root else []:
        first = table.day("first") if "first" in table else date.min
        last = table.day("last") if "last" in table else date.max
        table.text("source")
        if last < first or (first, last) == (date.min, date.max):
            raise table.refuse("codes", "needs a first day, a last day after it, or both")
        for entry in table.texts("codes"):
            for code in _expand(entry):
                if code not in known or code in limits:
                    raise table.refuse("codes", f"has {code!r}, which is not in the list, or has limits already")
                limits[code] = Limits(first, last)
        table.done()
    return limits


def _expand(entry: str) -> list[str]:
    bounds = _RANGE.fullmatch(entry)
    if bounds is None:
        return [entry]
    return [str(code) for code in range(int(bounds[1]), int(bounds[2]) + 1)]
