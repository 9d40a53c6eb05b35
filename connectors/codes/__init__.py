"""Code lists as data: what a register's codes mean, with source and validity. A code without a list is unknown.

A list comes with the software, or stands in a source's declaration, or both: then what the declaration says of a code
stands before what comes with the software. A list says from which day it holds (`valid_from`), and until which where it
has ended (`valid_to`); where nobody published such days it says none. Codes that came later than their list, or went
before it, stand in `limits` with their first day, their last day or both, and the law that says so. Outside these days
a code is as unknown as one that no list explains. Some laws end a benefit for new people alone: `closed_to_new` is the
first day on which nobody new can get it, and `connectors.codes.newcomers` says who is new.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from vocabulary.declaration import DeclarationTable, parse
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Month, Week

NAMES = ("dream", "ydelsesrefusion", "sf1491")  # the lists of statuses that come with the software
_RANGE = re.compile(r"(\d{2,3})-(\d{2,3})")


@dataclass(frozen=True, slots=True)
class CodeDays:
    """The days on which a code exists, both ends included, and the law or the page that says so."""

    first: date
    last: date
    source: str
    closed_to_new: date | None = None  # the first day on which nobody gets it who did not have it before
    together: frozenset[str] = frozenset()  # the codes that close together: who had one of them had the benefit


@dataclass(frozen=True, slots=True)
class Limits:
    """The days of a code as the weeks that hold them: a register codes a week for a single day of it."""

    days: CodeDays
    first: Week
    last: Week
    last_open: Week | None  # the last week that holds a day on which somebody new could get it; None = every week

    @classmethod
    def of(cls, days: CodeDays) -> Limits:
        closed = days.closed_to_new
        return cls(
            days,
            first=Week.of(days.first),
            last=Week.of(days.last),
            last_open=Week.of(closed - timedelta(days=1)) if closed is not None else None,
        )

    def allow(self, first: Week, last: Week) -> bool:
        """Whether the code exists on a day of each of these weeks."""
        return self.first.ordinal <= first.ordinal and last.ordinal <= self.last.ordinal


@dataclass(frozen=True, slots=True)
class CodeList:
    """What the codes of one source mean. `sha256` is the digest of the list that came with the software, or empty; what
    a declaration adds is part of its own digest.
    """

    statuses: Mapping[str, Status]  # whenever the code existed; names in the form that `plain` gives them
    limits: Mapping[str, Limits]  # of every code
    sha256: str = ""

    def status_in(self, code: str, week: Week) -> Status | None:
        """What a code means in this week; None where the list has no such code then."""
        limit = self.limits.get(code)
        return self.statuses[code] if limit is not None and limit.allow(week, week) else None

    def statuses_in(self, first: Week, last: Week) -> dict[str, Status]:
        """Code -> status of the codes that exist in every week from the first to the last.

        Nobody's past is asked: a code that closed to new people means here what the list says.
        """
        return {code: status for code, status in self.statuses.items() if self.limits[code].allow(first, last)}

    def with_own(self, own: CodeList) -> CodeList:
        """This list with a declaration's own codes in it, and in the place of those that it has as well."""
        return CodeList({**self.statuses, **own.statuses}, {**self.limits, **own.limits}, self.sha256)


NO_CODES = CodeList({}, {})
# how a code is counted that no list has: never the cell itself, a shifted column could put a person's name there
NOT_IN_LIST = "(not in the list)"
NO_CODE = "(no code)"  # of a row that is there: what no row shows is another thing


def plain(text: str) -> str:
    """A code or a name as lists hold it: case, and spaces around and within, do not matter."""
    return " ".join(text.lower().split())


@cache
def shipped_list(name: str) -> CodeList:
    """The list of this name, one of `NAMES`."""
    return _code_list(*_load(name), sha256=hashlib.sha256(_bytes(name)).hexdigest())


def statuses(name: str) -> Mapping[str, Status]:
    """Code -> status of the list of this name, whenever the code existed."""
    return shipped_list(name).statuses


@cache
def income_types() -> dict[str, IncomeType]:
    """Two-digit income type -> our word, whenever the type existed."""
    return {code: IncomeType(word) for code, word in _load("income_types")[0].items()}


def income_type_in(code: str, month: Month) -> IncomeType | None:
    """What a type means in this month; None where the list has no such type on a day of it."""
    months = _income_months().get(code)
    known = months is not None and months[0].ordinal <= month.ordinal <= months[1].ordinal
    return income_types()[code] if known else None


@cache
def _income_months() -> dict[str, tuple[Month, Month]]:
    return {code: (Month.of(days.first), Month.of(days.last)) for code, days in _load("income_types")[1].items()}


def shown_by_kind() -> dict[str, frozenset[Status]]:
    """Kind of source -> every status that its code list can show."""
    return {kind: frozenset(statuses(kind).values()) for kind in ("dream", "ydelsesrefusion")}


def own_codes(table: DeclarationTable) -> CodeList:
    """The codes that a declaration itself explains, and where it has that from; `DeclarationInvalid`."""
    source = table.text("source")
    named = table.table("statuses")
    known = sorted(set(Status) - {Status.UNKNOWN})
    for word in named:
        if word not in known and not _is_declared_word(word):
            raise named.refuse(word, f"is no status; known are: {', '.join(known)}")
    words = _words(named)
    days = _days(table, words, CodeDays(date.min, date.max, source))
    table.finish()
    return _code_list(words, days)


def _is_declared_word(text: str) -> bool:
    """Whether it is a word that contracts may declare, such as `word:housed`."""
    try:
        return bool(Status(text).word)
    except ValueError:
        return False


def _code_list(words: Mapping[str, str], days: Mapping[str, CodeDays], *, sha256: str = "") -> CodeList:
    limits = {code: Limits.of(one) for code, one in days.items()}
    return CodeList({code: Status(word) for code, word in words.items()}, limits, sha256)


def _bytes(name: str) -> bytes:
    return files("connectors.codes").joinpath(f"{name}.toml").read_bytes()


@cache
def _load(name: str) -> tuple[dict[str, str], dict[str, CodeDays]]:
    """Code -> word, and code -> the days on which it exists."""
    root = parse(_bytes(name), file=f"{name}.toml")
    if root.text("schema") != "codes/1" or root.text("list") != name:
        raise root.refuse("list", f"must be {name}")
    first = root.day("valid_from") if "valid_from" in root else date.min
    last = root.day("valid_to") if "valid_to" in root else date.max
    if last < first:
        raise root.refuse("valid_to", "must not be before valid_from")
    # what ended a list is as much a fact as the day
    source = root.text("source") if "source" in root or "valid_to" in root else ""
    words = _words(root.table("codes"))
    days = _days(root, words, CodeDays(first, last, source), may_close=name != "income_types")
    root.finish()
    return words, days


def _words(table: DeclarationTable) -> dict[str, str]:
    """Code -> word; a code that stands twice is refused, since the file would say two things."""
    found: dict[str, str] = {}
    for word in table:
        for code in _codes(table, word):
            if code in found:
                raise table.refuse(word, f"has {code!r}, which {found[code]} has as well")
            found[code] = word
    table.finish()
    return found


def _days(
    root: DeclarationTable, known: Mapping[str, str], whole: CodeDays, *, may_close: bool = True
) -> dict[str, CodeDays]:
    """The days of every code: those of the whole list, or within them the ones that `limits` says."""
    limited: dict[str, CodeDays] = {}
    for table in root.tables("limits", least=0) if "limits" in root else []:
        days = _limits(table, whole, may_close=may_close)
        for code in days.together:
            if code not in known or code in limited:
                raise table.refuse("codes", f"has {code!r}, which is not in the list, or has limits already")
            limited[code] = days
        table.finish()
    return {code: limited.get(code, whole) for code in known}


def _limits(table: DeclarationTable, whole: CodeDays, *, may_close: bool) -> CodeDays:
    codes = _codes(table, "codes")
    if len(set(codes)) != len(codes):
        raise table.refuse("codes", "names a code twice")
    days = CodeDays(
        first=table.day("first") if "first" in table else whole.first,
        last=table.day("last") if "last" in table else whole.last,
        source=table.text("source"),
        closed_to_new=table.day("closed_to_new") if may_close and "closed_to_new" in table else None,
        together=frozenset(codes),
    )
    if days.last < days.first or not any(key in table for key in ("first", "last", "closed_to_new")):
        raise table.refuse(
            "codes", "needs a first day, a last day after it, or both, or a day on which it closed to new"
        )
    if days.first < whole.first or whole.last < days.last:
        raise table.refuse("codes", "exists on days on which the list does not hold")
    if days.closed_to_new is not None and not days.first < days.closed_to_new <= days.last:
        raise table.refuse("closed_to_new", "must lie after the code's first day, and not after its last")
    return days


def _codes(table: DeclarationTable, key: str) -> list[str]:
    """The codes of an entry: a text, or the numbers from one to another (`111-114`)."""
    found = []
    for entry in table.texts(key, or_empty=True):
        bounds = _RANGE.fullmatch(entry)
        found += [plain(entry)] if bounds is None else [str(code) for code in range(int(bounds[1]), int(bounds[2]) + 1)]
    return found
