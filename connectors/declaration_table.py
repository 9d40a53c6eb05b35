"""Strict reading of a declaration file (contract, source, code list, course).

Every key is asked for by name, and what nobody asked for is refused.

A refusal names the file, the line and the key (invariant 3: fail closed, where possible at load).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, TypeVar

from connectors.errors import DeclarationInvalid

T = TypeVar("T")
_HEADER = re.compile(r"\s*(\[\[|\[)\s*([^\]]+?)\s*\]{1,2}\s*(#.*)?$")
_KEY = re.compile(r"""\s*("[^"]*"|'[^']*'|[A-Za-z0-9_.-]+)\s*=""")


def parse(text: bytes, *, file: str) -> Table:
    """The root table of a TOML 1.0 file; `DeclarationInvalid` with line and column where it is not one."""
    try:
        decoded = text.decode("utf-8")
        return Table(tomllib.loads(decoded), file=file, text=decoded)
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        raise DeclarationInvalid(file=file, line=line, key="", reason="is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else text.count(b"\n") + 1
        raise DeclarationInvalid(file=file, line=line, key="", reason=f"is not TOML: {error}") from None


class Table:
    """A TOML table that remembers where it stands and which of its keys were asked for."""

    def __init__(self, values: Mapping[str, Any], *, file: str, text: str, path: tuple[str | int, ...] = ()) -> None:
        self._values = values
        self._asked: set[str] = set()
        self._file = file
        self._text = text
        self._path = path

    def __contains__(self, key: str) -> bool:
        return key in self._values

    @property
    def line(self) -> int:
        """Where the table stands: the 1-based line of its id, or else of its header."""
        return line_of(self._text, self._path, "id")

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def is_text(self, key: str) -> bool:
        return isinstance(self._values.get(key), str)

    def is_table(self, key: str) -> bool:
        return isinstance(self._values.get(key), dict)

    def refuse(self, key: str, reason: str, *, rule: str = "") -> DeclarationInvalid:
        """The error to raise for this key: `raise table.refuse("k", "must be at least 3")`.

        It names `rule`, or the rule that the key's own checks are called.
        """
        dotted = ".".join([*(str(part) for part in self._path), *([key] if key else [])])
        line = line_of(self._text, self._path, key)
        return DeclarationInvalid(file=self._file, line=line, key=dotted, reason=reason, rule=rule)

    def _take(self, key: str, kind: type[T], default: T | None, word: str) -> T:
        self._asked.add(key)
        if key not in self._values:
            if default is None:
                raise self.refuse(key, "is missing", rule="key-missing")
            return default
        value = self._values[key]
        # bool is an int and datetime is a date in Python; neither is meant here
        if type(value) is not kind:
            raise self.refuse(key, f"must be {word}", rule="key-type")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        value = self._take(key, str, default, "text")
        if not value and default is None:
            raise self.refuse(key, "must not be empty")
        return self._printable(key, value)

    def integer(self, key: str, default: int | None = None, *, least: int = 0, most: int | None = None) -> int:
        value = self._take(key, int, default, "a whole number")
        if value < least or (most is not None and value > most):
            upper = "" if most is None else f" and at most {most}"
            raise self.refuse(key, f"must be at least {least}{upper}")
        return value

    def integers(self, key: str, *, least: int = 0, most: int | None = None) -> tuple[int, ...]:
        values = self._take(key, list, None, "a list")
        if not all(type(value) is int and value >= least and (most is None or value <= most) for value in values):
            raise self.refuse(key, f"must hold whole numbers of at least {least} only")
        return tuple(values)

    def flag(self, key: str) -> bool:
        return self._take(key, bool, None, "true or false")

    def day(self, key: str) -> date:
        return self._take(key, date, None, "a date such as 2018-10-01")

    def texts(self, key: str, default: list[str] | None = None) -> tuple[str, ...]:
        values = self._take(key, list, default, "a list")
        if not all(type(value) is str for value in values):
            raise self.refuse(key, "must hold texts only")
        if len(set(values)) != len(values):
            raise self.refuse(key, "names the same thing twice")
        return tuple(self._printable(key, value) for value in values)

    def lines(self, key: str) -> tuple[str, ...]:
        """A text of several lines, each printable; tabs count as spaces."""
        value = self._take(key, str, None, "text")
        if not value.strip():
            raise self.refuse(key, "must not be empty")
        return tuple(self._printable(key, line.replace("\t", " ")) for line in value.splitlines())

    def _printable(self, key: str, value: str) -> str:
        """The text, where a terminal shows it as it is: no control characters, none that turn the direction."""
        if not value.isprintable():
            raise self.refuse(key, "must hold printable characters only")
        return value

    def converted(self, key: str, convert: Callable[[str], T]) -> T:
        """A text turned into a value; the converter's `ValueError` becomes the refusal."""
        text = self.text(key)
        try:
            return convert(text)
        except ValueError as error:
            raise self.refuse(key, str(error)) from None

    def table(self, key: str) -> Table:
        return self._table(self._take(key, dict, None, "a table"), (key,))

    def tables(self, key: str, *, least: int = 1) -> list[Table]:
        values = self._take(key, list, None if least else [], "a list of tables")
        if len(values) < least or not all(type(value) is dict for value in values):
            raise self.refuse(key, f"must be a list of at least {least} tables")
        return [self._table(value, (key, position)) for position, value in enumerate(values)]

    def _table(self, values: Mapping[str, Any], path: tuple[str | int, ...]) -> Table:
        return Table(values, file=self._file, text=self._text, path=self._path + path)

    def done(self) -> None:
        """Raise for the first key that nobody asked for: an unknown word is never passed over."""
        for key in self._values:
            if key not in self._asked:
                known = ", ".join(sorted(self._asked))
                raise self.refuse(key, f"is not a word of this language here; known are: {known}", rule="key-unknown")


def one_of(*words: str) -> Callable[[str], str]:
    """A converter that lets these words through and no other."""

    def check(word: str) -> str:
        if word not in words:
            raise ValueError(f"must be one of: {', '.join(words)}")
        return word

    return check


def unique(table: Table, key: str, names: list[str]) -> None:
    """Refuse the key where a name stands there twice."""
    if len(set(names)) != len(names):
        raise table.refuse(key, "uses the same name twice")


def line_of(text: str, path: tuple[str | int, ...], key: str) -> int:
    """The 1-based line where `key` of the table at `path` stands, or that of the nearest header above it."""
    best = 1
    names = [part for part in path if isinstance(part, str)]
    wanted = [part for part in path if isinstance(part, int)]
    here: list[str] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            here = [part.strip().strip('"') for part in header[2].split(".")]
            if header[1] == "[[":
                dotted = ".".join(here)
                seen[dotted] = seen.get(dotted, -1) + 1
        counts = [seen[".".join(here[: n + 1])] for n in range(len(here)) if ".".join(here[: n + 1]) in seen]
        if header and here == [*names, key] and counts[: len(wanted)] == wanted:
            return number  # the key is a table, or the first of several
        inside = here == names[: len(here)] and counts == wanted[: len(counts)]
        if not inside:
            continue
        if header and len(here) > 0:
            best = number
        found = _KEY.match(line)
        if not found:
            continue
        is_quoted = found[1][0] in "\"'"  # then a point in it divides nothing
        full = [*here, *([found[1][1:-1]] if is_quoted else found[1].split("."))]
        if full == [*names, key] and len(counts) == len(wanted):
            return number
        if len(full) > len(here) and full == names[: len(full)]:
            best = number
    return best
