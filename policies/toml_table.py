"""Strict reading of a programme file: every key is asked for by name, and what nobody asked for is refused.

`policies` imports nothing of the other rooms, so it has its own reader.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from policies.errors import ProgrammeInvalid

T = TypeVar("T")
Word = TypeVar("Word", bound=StrEnum)
_HEADER = re.compile(r"\s*\[(\[?)\s*([A-Za-z0-9_-]+)\s*\]?\]\s*(#.*)?")
_ONLY = -1  # the position of a [name] table: there is one of it
_KEY = re.compile(r"\s*\"?([A-Za-z0-9_-]+)\"?\s*[=.]")
_AT = re.compile(r"\(at line (\d+), column (\d+)\)")


def parse(text: bytes, *, file: str) -> Table:
    """The root table of a TOML 1.0 file.

    Raises:
        ProgrammeInvalid: not UTF-8 or not TOML; says where.
    """
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        raise ProgrammeInvalid(file=file, line=line, key="", reason="is not UTF-8") from None
    try:
        values = tomllib.loads(decoded)
    except tomllib.TOMLDecodeError as error:
        found = _AT.search(str(error))
        line = int(found[1]) if found else decoded.count("\n") + 1
        raise ProgrammeInvalid(file=file, line=line, key="", reason=f"is not TOML: {error}") from None
    return Table(values, file=file, text=decoded)


class Table:
    """The root table, a `[name]` of it or one `[[name]]` entry, that remembers which keys were asked for."""

    def __init__(self, values: Mapping[str, Any], *, file: str, text: str, at: tuple[str, int] | None = None) -> None:
        self._values = values
        self._asked: set[str] = set()
        self._file = file
        self._text = text
        self._at = at  # (name, position) of a [name] or an [[name]] entry

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def refuse(self, key: str, reason: str, *, rule: str = "") -> ProgrammeInvalid:
        """The error to raise for this key: `raise table.refuse("id", "must not be empty")`."""
        position = "" if self._at is None or self._at[1] == _ONLY else f".{self._at[1]}"
        dotted = f"{self._at[0]}{position}.{key}" if self._at else key
        line = _line_of(self._text, self._at, key)
        return ProgrammeInvalid(file=self._file, line=line, key=dotted, reason=reason, rule=rule)

    def _take(self, key: str, kind: type[T], word: str) -> T:
        self._asked.add(key)
        if key not in self._values:
            raise self.refuse(key, "is missing", rule="key-missing")
        value = self._values[key]
        # bool is an int and datetime is a date in Python; neither is meant here
        if type(value) is not kind:
            raise self.refuse(key, f"must be {word}", rule="key-type")
        return value

    def text(self, key: str) -> str:
        value = self._take(key, str, "text")
        if not value.strip():
            raise self.refuse(key, "must not be empty")
        return value

    def switch(self, key: str) -> bool:
        return self._take(key, bool, "true or false")

    def day(self, key: str) -> date:
        return self._take(key, date, "a date such as 2018-10-01")

    def converted(self, key: str, convert: Callable[[str], T]) -> T:
        """A text turned into a value; the converter's `ValueError` becomes the refusal."""
        text = self.text(key)
        try:
            return convert(text)
        except ValueError as error:
            raise self.refuse(key, str(error)) from None

    def word(self, key: str, vocabulary: type[Word]) -> Word:
        """A member of a closed vocabulary, by its value."""
        return self.converted(key, lambda text: _member(text, vocabulary))

    def list_of(self, key: str, convert: Callable[[str], T]) -> tuple[T, ...]:
        """A list of at least one text, each turned into a value, none twice."""
        values = self._take(key, list, "a list")
        if not values or not all(type(value) is str for value in values):
            raise self.refuse(key, "must be a list of at least one text")
        if len(set(values)) != len(values):
            raise self.refuse(key, "names the same thing twice")
        try:
            return tuple(convert(value) for value in values)
        except ValueError as error:
            raise self.refuse(key, str(error)) from None

    def words(self, key: str, vocabulary: type[Word]) -> tuple[Word, ...]:
        return self.list_of(key, lambda text: _member(text, vocabulary))

    def number(self, key: str, *, least: int, most: int) -> int:
        value = self._take(key, int, "a whole number")
        if not least <= value <= most:
            raise self.refuse(key, f"must be {least} to {most}")
        return value

    def table(self, key: str) -> Table:
        """The table `[key]`."""
        return Table(self._take(key, dict, "a table"), file=self._file, text=self._text, at=(key, _ONLY))

    def tables(self, key: str, *, least: int = 1) -> list[Table]:
        """The entries `[[key]]`, at least one unless told otherwise."""
        if not least and key not in self:
            return []
        values = self._take(key, list, "a list of tables")
        if not values or not all(type(value) is dict for value in values):
            raise self.refuse(key, "must be a list of at least one table")
        return [
            Table(value, file=self._file, text=self._text, at=(key, position)) for position, value in enumerate(values)
        ]

    def done(self) -> None:
        """Raise for the first key that nobody asked for: an unknown word is never passed over."""
        for key in self._values:
            if key not in self._asked:
                known = ", ".join(sorted(self._asked))
                raise self.refuse(key, f"is not a word of this file; known here are {known}", rule="key-unknown")


def _member(text: str, vocabulary: type[Word]) -> Word:
    if text not in list(vocabulary):
        known = ", ".join(vocabulary)
        raise ValueError(f"is not in the vocabulary {vocabulary.__name__}: {known}")
    return vocabulary(text)


def _line_of(text: str, at: tuple[str, int] | None, key: str) -> int:
    """The 1-based line of a key of the root or of an `[[name]]` entry, or of the nearest header above it."""
    here: tuple[str, int] | None = None
    seen: dict[str, int] = {}
    best = 1
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.fullmatch(line)
        if header:
            name = header[2]
            seen[name] = seen.get(name, -1) + 1
            here = (name, seen[name] if header[1] else _ONLY)
            if here == at or (at is None and name == key):
                best = number
        found = _KEY.match(line)
        if found and here == at and found[1] == key:
            return number
        if found and here is None and at == (found[1], _ONLY):
            best = number  # the table is written in one line
    return best
