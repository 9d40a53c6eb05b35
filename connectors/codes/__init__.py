"""Code lists as data: what a register's codes mean, with source and validity. A code without a list is unknown.

A list comes with the software, or stands in a source's declaration, or both: then what the declaration says of a code
stands before what comes with the software. Codes that came later, or have gone, stand in `limits` with their first day,
their last day or both, and where that is said; outside them a code is as unknown as one that no list explains.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from connectors.declaration_table import Table, parse
from connectors.records import IncomeType, Status, Week

NAMES = ("dream", "ydelsesrefusion", "sf1491")  # the lists of statuses that come with the software
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
class CodeList:
    """What the codes of one source mean. `sha256` is the digest of the list that came with the software, or empty; what
    a declaration adds is part of its own digest.
    """

    statuses: Mapping[str, Status]  # whenever the code existed; names in the form that `plain` gives them
    limits: Mapping[str, Limits]
    sha256: str = ""

    def status_in(self, code: str, week: Week) -> Status | None:
        """What a code means in this week; None where the list has no such code then."""
        limit = self.limits.get(code)
        return self.statuses.get(code) if limit is None or limit.allow(week, week) else None

    def statuses_in(self, first: Week, last: Week) -> dict[str, Status]:
        """Code -> status of the codes that exist in every week from the first to the last."""
        gone = {code for code, limit in self.limits.items() if not limit.allow(first, last)}
        return {code: status for code, status in self.statuses.items() if code not in gone}

    def with_own(self, own: CodeList) -> CodeList:
        """This list with a declaration's own codes in it, and in the place of those that it has as well."""
        limits = {code: limit for code, limit in self.limits.items() if code not in own.statuses}
        return CodeList({**self.statuses, **own.statuses}, {**limits, **own.limits}, self.sha256)


NO_CODES = CodeList({}, {})


def plain(text: str) -> str:
    """A code or a name as lists hold it: case, and spaces around and within, do not matter."""
    return " ".join(text.lower().split())


@cache
def listed(name: str) -> CodeList:
    """The list of this name, one of `NAMES`."""
    words, limits = _load(name)
    return CodeList(
        {code: Status(word) for code, word in words.items()}, limits, hashlib.sha256(_bytes(name)).hexdigest()
    )


def statuses(name: str) -> Mapping[str, Status]:
    """Code -> status of the list of this name, whenever the code existed."""
    return listed(name).statuses


@cache
def income_types() -> dict[str, IncomeType]:
    """Two-digit income type -> our word."""
    return {code: IncomeType(word) for code, word in _load("income_types")[0].items()}


def shown_by_kind() -> dict[str, frozenset[Status]]:
    """Kind of source -> every status that its code list can show."""
    return {kind: frozenset(statuses(kind).values()) for kind in ("dream", "ydelsesrefusion")}


def own_codes(table: Table) -> CodeList:
    """The codes that a declaration itself explains, and where it has that from; `DeclarationInvalid`."""
    table.text("source")
    named = table.table("statuses")
    known = sorted(set(Status) - {Status.UNKNOWN})
    for word in named:
        if word not in known:
            raise named.refuse(word, f"is no status; known are: {', '.join(known)}")
    words = _words(named)
    limits = _limits(table, words)
    table.done()
    return CodeList({code: Status(word) for code, word in words.items()}, limits)


def _bytes(name: str) -> bytes:
    return files("connectors.codes").joinpath(f"{name}.toml").read_bytes()


@cache
def _load(name: str) -> tuple[dict[str, str], dict[str, Limits]]:
    root = parse(_bytes(name), file=f"{name}.toml")
    if root.text("schema") != "codes/1" or root.text("list") != name:
        raise root.refuse("list", f"must be {name}")
    root.day("valid_from")
    words = _words(root.table("codes"))
    limits = _limits(root, words)
    root.done()
    return words, limits


def _words(table: Table) -> dict[str, str]:
    """Code -> word; a code that stands twice is refused, since the file would say two things."""
    found: dict[str, str] = {}
    for word in table:
        for code in _codes(table, word):
            if code in found:
                raise table.refuse(word, f"has {code!r}, which {found[code]} has as well")
            found[code] = word
    table.done()
    return found


def _limits(root: Table, known: Mapping[str, str]) -> dict[str, Limits]:
    limits: dict[str, Limits] = {}
    for table in root.tables("limits", least=0) if "limits" in root else []:
        first = table.day("first") if "first" in table else date.min
        last = table.day("last") if "last" in table else date.max
        table.text("source")
        if last < first or (first, last) == (date.min, date.max):
            raise table.refuse("codes", "needs a first day, a last day after it, or both")
        for code in _codes(table, "codes"):
            if code not in known or code in limits:
                raise table.refuse("codes", f"has {code!r}, which is not in the list, or has limits already")
            limits[code] = Limits(first, last)
        table.done()
    return limits


def _codes(table: Table, key: str) -> list[str]:
    """The codes of an entry: a text, or the numbers from one to another (`111-114`)."""
    found = []
    for entry in table.texts(key):
        bounds = _RANGE.fullmatch(entry)
        found += [plain(entry)] if bounds is None else [str(code) for code in range(int(bounds[1]), int(bounds[2]) + 1)]
    return found
