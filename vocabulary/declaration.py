"""The one reader of TOML declarations: contract, programme, source, notice, map, course, code list, contact.

Every key is asked for by name, and what nobody asked for is refused. A refusal names the file, the line and the key
(invariant 3: fail closed, where possible at load). Keys, texts and comments hold what `vocabulary.typed_text` lets
through: nobody signs a file that reads otherwise than it is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from vocabulary.cpr_in_text import REASON, cpr_place, id_without_cpr, mask_id, may_hide_cpr
from vocabulary.errors import DeclarationInvalid
from vocabulary.typed_text import code_point, first_unseen, is_seen, typed_lines, typed_text

T = TypeVar("T")
Word = TypeVar("Word", bound=StrEnum)
_HEADER = re.compile(r"\s*(\[\[|\[)\s*([^\]]+?)\s*\]{1,2}\s*(#.*)?$")
_KEY = re.compile(r"""\s*("[^"]*"|'[^']*'|[A-Za-z0-9_.-]+)\s*=""")
_NAMING = frozenset({"id", "name", "organisation", "staff"})
_MOST_INTEGER = 2**63 - 1  # of a column
_MOST_POINTS = 1_000  # of a line: a key of more is read in a time that grows with their square
_TOO_DEEP = "has tables or lists within each other, deeper than anybody reads"
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def parse(text: bytes, *, file: str, refusal: type[DeclarationInvalid] = DeclarationInvalid) -> DeclarationTable:
    """The root table of a TOML 1.0 file, whose refusals are of the class `refusal`.

    Raises `refusal` with line and column: not UTF-8, a character that nobody sees, what could hold a CPR number, in a
    comment too, or not TOML; and with the key's line where a key's own name is written in escapes.
    """
    file = mask_id(file)
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _place_behind(text[: error.start].decode("utf-8"))
        raise refusal(file=file, line=line, column=column, key="", reason="is not UTF-8") from None
    plain = decoded.replace("\r\n", " \n")
    place = first_unseen(plain.replace("\n", " ").replace("\t", " "))
    if place is not None:
        line, column = _place_behind(plain[:place])
        reason = f"must hold printable characters only, and holds {code_point(plain[place])}"
        raise refusal(file=file, line=line, column=column, key="", reason=reason, rule="typed-text")
    place = cpr_place(plain)
    if place is not None:
        line, column = _place_behind(plain[:place])
        raise refusal(file=file, line=line, column=column, key="", reason=REASON, rule="cpr-number")
    if any(line.count(".") > _MOST_POINTS for line in decoded.split("\n")):
        raise refusal(file=file, line=1, key="", reason=_TOO_DEEP)
    try:
        values = tomllib.loads(decoded)
    except tomllib.TOMLDecodeError as error:
        where = _PLACE.search(str(error))
        line, column = (int(where[1]), int(where[2])) if where and where[1] else _place_behind(decoded)
        reason = f"is not TOML: {_PLACE.sub('', str(error))}"
        raise refusal(file=file, line=line, column=column, key="", reason=reason) from None
    except ValueError:  # of Python, which converts no longer one
        raise refusal(file=file, line=1, key="", reason="holds a number of more digits than any has") from None
    except RecursionError:
        raise refusal(file=file, line=1, key="", reason=_TOO_DEEP) from None
    root = DeclarationTable(values, file=file, text=decoded, refusal=refusal)
    try:
        root.check_keys()
    except RecursionError:
        raise refusal(file=file, line=1, key="", reason=_TOO_DEEP) from None
    return root


def _is_naming(key: str) -> bool:
    return key in _NAMING or key.endswith("_id")


def _place_behind(text: str) -> tuple[int, int]:
    """Line and column, from 1, of the character that follows this text."""
    return text.count("\n") + 1, len(text) - text.rfind("\n")


class DeclarationTable:
    """A TOML table that remembers where it stands and which of its keys were asked for."""

    def __init__(
        self,
        values: Mapping[str, Any],
        *,
        file: str,
        text: str,
        refusal: type[DeclarationInvalid],
        path: tuple[str | int, ...] = (),
    ) -> None:
        self._values = values
        self._asked: set[str] = set()
        self._file = file
        self._text = text
        self._refusal = refusal
        self._path = path

    def __contains__(self, key: str) -> bool:
        return key in self._values

    @property
    def line(self) -> int:
        """Where the table stands: the 1-based line of its id, or else of its header."""
        return self.line_of("id")

    def line_of(self, key: str) -> int:
        """The 1-based line where the key stands, or else that of the table's header."""
        return line_of(self._text, self._path, key)

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
        return self._refusal(file=self._file, line=self.line_of(key), key=dotted, reason=reason, rule=rule)

    def check_keys(self) -> None:
        """Raise for a key, here or within, that holds what nobody sees: a message could not repeat it as it is."""
        for key, value in self._values.items():
            if not is_seen(key) or not key.strip():
                written = "".join(one if is_seen(one) else code_point(one) for one in key)
                raise self.refuse(written, "is no name that can be printed", rule="key-unknown")
            if may_hide_cpr(key):
                raise self.refuse("", f"has a key that {REASON}", rule="cpr-number")
            if isinstance(value, dict):
                self._table(value, (key,)).check_keys()
            elif isinstance(value, list):
                for position, entry in enumerate(value):
                    if isinstance(entry, dict):
                        self._table(entry, (key, position)).check_keys()

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
        """One line that says something; empty only where that is the default. In what is a name or an id, by its key,
        no CPR number can hide either.
        """
        value = self._take(key, str, default, "text")
        if value == default:
            return value
        self._check(key, value, typed_text)
        return self._check(key, value, id_without_cpr) if _is_naming(key) else value

    def integer(self, key: str, default: int | None = None, *, least: int = 0, most: int | None = None) -> int:
        value = self._take(key, int, default, "a whole number")
        most = _MOST_INTEGER if most is None else most
        if not least <= value <= most:
            upper = "" if most == _MOST_INTEGER and value < least else f" and at most {most}"
            raise self.refuse(key, f"must be at least {least}{upper}")
        return value

    def integers(self, key: str, *, least: int = 0, most: int | None = None) -> tuple[int, ...]:
        values = self._take(key, list, None, "a list")
        highest = _MOST_INTEGER if most is None else most
        if not all(type(value) is int and least <= value <= highest for value in values):
            raise self.refuse(key, f"must hold whole numbers of at least {least} only")
        return tuple(values)

    def flag(self, key: str) -> bool:
        return self._take(key, bool, None, "true or false")

    def day(self, key: str) -> date:
        return self._take(key, date, None, "a date such as 2018-10-01")

    def texts(self, key: str, default: list[str] | None = None, *, or_empty: bool = False) -> tuple[str, ...]:
        """A list of texts, none twice, each saying something or, where that too is a value, empty."""
        values = self._take(key, list, default, "a list")
        if not all(type(value) is str for value in values):
            raise self.refuse(key, "must hold texts only")
        if len(set(values)) != len(values):
            raise self.refuse(key, "names the same thing twice")
        return tuple(value if or_empty and not value else self._check(key, value, typed_text) for value in values)

    def lines(self, key: str) -> tuple[str, ...]:
        """A text of several lines, each printable; tabs count as spaces."""
        return self._check(key, self._take(key, str, None, "text"), typed_lines)

    def convert(self, key: str, into: Callable[[str], T]) -> T:
        """A text turned into a value; the converter's `ValueError` becomes the refusal."""
        return self._check(key, self.text(key), into)

    def list_of(self, key: str, convert: Callable[[str], T]) -> tuple[T, ...]:
        """A list of at least one text, each turned into a value, none twice."""
        texts = self.texts(key)
        if not texts:
            raise self.refuse(key, "must be a list of at least one text")
        return tuple(self._check(key, text, convert) for text in texts)

    def word(self, key: str, vocabulary: type[Word]) -> Word:
        """A member of a closed vocabulary, by its value."""
        return self.convert(key, member_of(vocabulary))

    def words(self, key: str, vocabulary: type[Word]) -> tuple[Word, ...]:
        """At least one member of a closed vocabulary, by their values, none twice."""
        return self.list_of(key, member_of(vocabulary))

    def _check(self, key: str, text: str, check: Callable[[str], T]) -> T:
        try:
            return check(text)
        except ValueError as error:
            raise self.refuse(key, str(error)) from None

    def table(self, key: str) -> DeclarationTable:
        return self._table(self._take(key, dict, None, "a table"), (key,))

    def tables(self, key: str, *, least: int = 1) -> list[DeclarationTable]:
        values = self._take(key, list, None if least else [], "a list of tables")
        if len(values) < least or not all(type(value) is dict for value in values):
            raise self.refuse(key, f"must be a list of at least {least} tables")
        return [self._table(value, (key, position)) for position, value in enumerate(values)]

    def _table(self, values: Mapping[str, Any], path: tuple[str | int, ...]) -> DeclarationTable:
        return DeclarationTable(values, file=self._file, text=self._text, refusal=self._refusal, path=self._path + path)

    def finish(self) -> None:
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


def member_of(vocabulary: type[Word]) -> Callable[[str], Word]:
    """A converter to the member of a closed vocabulary that has this value."""

    def check(word: str) -> Word:
        if word not in list(vocabulary):
            raise ValueError(f"is not in the vocabulary {vocabulary.__name__}: {', '.join(vocabulary)}")
        return vocabulary(word)

    return check


def unique(table: DeclarationTable, key: str, names: list[str]) -> None:
    """Refuse the key where a name stands there twice."""
    if len(set(names)) != len(names):
        raise table.refuse(key, "uses the same name twice")


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
