"""Every mistake of a declaration at once, with its line: what is wrong is noted, and reading goes on where nothing
hangs on it.

A value that could not be read leaves a `Hole`, which can be handed on and stored. Whoever uses it, to compare, count or
look up, stops there and says nothing: what follows from a mistake is none of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn, TypeVar, cast

from vocabulary.errors import DeclarationInvalid

T = TypeVar("T")
_HEADER = re.compile(r"\s*(\[\[|\[)\s*([^\]]+?)\s*\]{1,2}\s*(#.*)?$")
_KEY = re.compile(r"""\s*("[^"]*"|'[^']*'|[A-Za-z0-9_.-]+)\s*=""")
_USES = (
    *(
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "hash",
        "bool",
        "len",
        "iter",
        "contains",
        "getitem",
        "str",
        "format",
        "repr",
    ),
    *(
        f"{side}{operator}"
        for operator in ("add", "sub", "mul", "floordiv", "truediv", "mod", "pow")
        for side in ("", "r")
    ),
    *("neg", "abs", "int", "index", "call"),
)


class HoleUsed(Exception):
    """Something needs a value that could not be read; the mistake itself is noted already."""


def _use(*_anything: object) -> NoReturn:
    raise HoleUsed


def _without_use(hole: type[T]) -> type[T]:
    """Whatever is done with a value of this class, but to hand it on, raises `HoleUsed`."""
    for name in _USES:
        setattr(hole, f"__{name}__", _use)
    return hole


@_without_use
class Hole:
    """Stands where a value could not be read. Of a row of a table it still has what is `known`, such as its id."""

    __slots__ = ("_known",)

    def __init__(self, **known: object) -> None:
        self._known = known

    def __getattr__(self, name: str) -> Any:
        if name in self._known:
            return self._known[name]
        raise HoleUsed


class Mistakes:
    """The mistakes of one file. Where they are not `gathered`, the first of them is raised on the spot."""

    def __init__(self, *, are_gathered: bool = True) -> None:
        self.are_gathered = are_gathered
        self._noted: list[DeclarationInvalid] = []
        self.missing: set[str] = set()  # dotted keys

    def gather(self, read: Callable[[], T]) -> T:
        """What `read` gives; raises one refusal that names every mistake of the file, in the order of its lines."""
        value = self.attempt(read)
        if self._noted:
            raise type(self._noted[0]).of_all(self._noted)
        return value

    def note(self, refusal: DeclarationInvalid) -> None:
        """A mistake, after which reading goes on; raised here where mistakes are not gathered."""
        if not self.are_gathered:
            raise refusal
        self._noted.append(refusal)
        if refusal.rule == "key-missing":
            self.missing.add(refusal.key)

    def drop(self, key: str, rule: str) -> bool:
        """Take back what was noted of a dotted key by a rule, since another mistake explains it; whether there was."""
        before = len(self._noted)
        self._noted = [one for one in self._noted if (one.key, one.rule) != (key, rule)]
        return len(self._noted) < before

    def attempt(self, read: Callable[[], T], **known: object) -> T:
        """What `read` gives, or a hole with what is `known` where it refuses, or uses a hole."""
        with self.check():
            return read()
        return cast(T, Hole(**known))

    @contextmanager
    def check(self) -> Iterator[None]:
        """A block that stands by itself: a refusal in it is noted, and it ends silently where it uses a hole."""
        try:
            yield
        except DeclarationInvalid as refusal:
            self.note(refusal)
        except HoleUsed:
            if not self.are_gathered:
                raise


def line_of(text: str, path: tuple[str | int, ...], key: str) -> int:
    """The 1-based line where `key` of the table at `path` stands, or that of the nearest header above it."""
    best = 1
    names = tuple(part for part in path if isinstance(part, str))
    wanted = tuple(part for part in path if isinstance(part, int))
    for line in _lines_that_name(text):
        if line.is_header and line.table == (*names, key) and line.places[: len(wanted)] == wanted:
            return line.number  # the key is a table, or the first of several
        if line.table != names[: len(line.table)] or line.places != wanted[: len(line.places)]:
            continue
        if line.is_header:
            best = line.number
        if line.full == (*names, key) and len(line.places) == len(wanted):
            return line.number
        if len(line.full) > len(line.table) and line.full == names[: len(line.full)]:
            best = line.number
    return best


@dataclass(frozen=True, slots=True)
class _NamingLine:
    """A line with a header or a key: the table it stands in, the places of the tables of which there are several, and
    the whole name of the key, or the table's where it has none."""

    number: int
    is_header: bool
    table: tuple[str, ...]
    places: tuple[int, ...]
    full: tuple[str, ...]


@lru_cache(maxsize=8)  # a file is asked for some hundred lines while it is read
def _lines_that_name(text: str) -> tuple[_NamingLine, ...]:
    table: tuple[str, ...] = ()
    several: dict[tuple[str, ...], int] = {}
    places: tuple[int, ...] = ()
    found: list[_NamingLine] = []
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            table = tuple(part.strip().strip('"') for part in header[2].split("."))
            if header[1] == "[[":
                several[table] = several.get(table, -1) + 1
            outer = (table[: n + 1] for n in range(len(table)))
            places = tuple(several[name] for name in outer if name in several)
        key = _KEY.match(line)
        if header or key:
            found.append(
                _NamingLine(number, bool(header), table, places, (*table, *(_parts_of(key[1]) if key else ())))
            )
    return tuple(found)


def _parts_of(key: str) -> list[str]:
    """The names of a key; a point in a quoted one divides nothing."""
    return [key[1:-1]] if key[0] in "\"'" else key.split(".")
