"""The one reader of TOML declarations: contract, programme, source, notice, map, course, code list, contact.

Every key is asked for by name, and what nobody asked for is refused. A refusal names the file, the line and the key
(invariant 3: fail closed, where possible at load); a reader that gathers `Mistakes` names all of them at once. Keys,
texts and comments hold what `vocabulary.typed_text` lets through: nobody signs a file that reads otherwise than it is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from vocabulary.cpr_in_text import REASON, cpr_place, id_without_cpr, mask_id, may_hide_cpr
from vocabulary.errors import DeclarationInvalid
from vocabulary.mistakes import Hole, HoleUsed, Mistakes, line_of
from vocabulary.typed_text import code_point, first_unseen, is_seen, typed_lines, typed_text

T = TypeVar("T")
P = ParamSpec("P")
Word = TypeVar("Word", bound=StrEnum)
_NAMING = frozenset({"id", "name", "organisation", "staff"})
_MOST_INTEGER = 2**63 - 1  # of a column
_MOST_POINTS = 1_000  # of a line: a key of more is read in a time that grows with their square
_TOO_DEEP = "has tables or lists within each other, deeper than anybody reads"
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def parse(
    text: bytes,
    *,
    file: str,
    refusal: type[DeclarationInvalid] = DeclarationInvalid,
    mistakes: Mistakes | None = None,
) -> DeclarationTable:
    """The root table of a TOML 1.0 file, whose refusals are of the class `refusal`. Its readers note theirs in
    `mistakes`, where somebody gathers them; what is refused here stands alone.

    Raises `refusal` with line and column: not UTF-8, a character that nobody sees, what could hold a CPR number, in a
    comment too, or not TOML; and with the key's line where a key's own name is written in escapes.
    """
    file = mask_id(file)

    def at(place: tuple[int, int], reason: str, rule: str = "") -> DeclarationInvalid:
        return refusal(file=file, line=place[0], column=place[1], key="", reason=reason, rule=rule)

    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise at(_place_behind(text[: error.start].decode("utf-8")), "is not UTF-8") from None
    plain = decoded.replace("\r\n", " \n")
    place = first_unseen(plain.replace("\n", " ").replace("\t", " "))
    if place is not None:
        reason = f"must hold printable characters only, and holds {code_point(plain[place])}"
        raise at(_place_behind(plain[:place]), reason, "typed-text")
    place = cpr_place(plain)
    if place is not None:
        raise at(_place_behind(plain[:place]), REASON, "cpr-number")
    if any(line.count(".") > _MOST_POINTS for line in decoded.split("\n")):
        raise at((1, 0), _TOO_DEEP)
    try:
        values = tomllib.loads(decoded)
    except tomllib.TOMLDecodeError as error:
        where = _PLACE.search(str(error))
        behind = (int(where[1]), int(where[2])) if where and where[1] else _place_behind(decoded)
        raise at(behind, f"is not TOML: {_PLACE.sub('', str(error))}") from None
    except ValueError:  # of Python, which converts no longer one
        raise at((1, 0), "holds a number of more digits than any has") from None
    except RecursionError:
        raise at((1, 0), _TOO_DEEP) from None
    gathering = Mistakes(are_gathered=False) if mistakes is None else mistakes
    root = DeclarationTable(values, _DeclarationText(file, decoded, refusal, gathering))
    try:
        root.check_keys()
    except RecursionError:
        raise at((1, 0), _TOO_DEEP) from None
    return root


def _is_naming(key: str) -> bool:
    return key in _NAMING or key.endswith("_id")


def _place_behind(text: str) -> tuple[int, int]:
    """Line and column, from 1, of the character that follows this text."""
    return text.count("\n") + 1, len(text) - text.rfind("\n")


@dataclass(frozen=True, slots=True)
class _DeclarationText:
    """What all tables of one file share."""

    file: str
    text: str
    refusal: type[DeclarationInvalid]
    mistakes: Mistakes


def _or_hole(
    read: Callable[Concatenate[DeclarationTable, P], T],
) -> Callable[Concatenate[DeclarationTable, P], T]:
    """Where mistakes are gathered, a hole in place of a value that is refused."""

    @wraps(read)
    def reader(table: DeclarationTable, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return table.part(lambda: read(table, *args, **kwargs))

    return reader


class DeclarationTable:
    """A TOML table that remembers where it stands and which of its keys were asked for."""

    def __init__(self, values: Mapping[str, Any], document: _DeclarationText, path: tuple[str | int, ...] = ()) -> None:
        self._values = values
        self._asked: set[str] = set()
        self._document = document
        self._path = path

    def __contains__(self, key: str) -> bool:
        return key in self._values

    @property
    def line(self) -> int:
        """Where the table stands: the 1-based line of its id, or else of its header."""
        return self.line_of("id")

    def line_of(self, key: str) -> int:
        """The 1-based line where the key stands, or else that of the table's header."""
        return line_of(self._document.text, self._path, key)

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
        self._asked.add(key)  # which is no unknown word, then
        file, refusal = self._document.file, self._document.refusal
        return refusal(file=file, line=self.line_of(key), key=self._dotted_key(key), reason=reason, rule=rule)

    def _dotted_key(self, key: str) -> str:
        return ".".join([*(str(part) for part in self._path), *([key] if key else [])])

    def part(self, read: Callable[[], T], **known: object) -> T:
        """What `read` gives. Where mistakes are gathered, what it refuses is noted and leaves a hole."""
        return self._document.mistakes.attempt(read, **known)

    def check(self) -> AbstractContextManager[None]:
        """A block that stands by itself: where mistakes are gathered, what it refuses is noted, and reading goes on."""
        return self._document.mistakes.check()

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

    @_or_hole
    def text(self, key: str, default: str | None = None) -> str:
        """One line that says something; empty only where that is the default. In what is a name or an id, by its key,
        no CPR number can hide either.
        """
        value = self._take(key, str, default, "text")
        if value == default:
            return value
        self._check(key, value, typed_text)
        return self._check(key, value, id_without_cpr) if _is_naming(key) else value

    @_or_hole
    def integer(self, key: str, default: int | None = None, *, least: int = 0, most: int | None = None) -> int:
        value = self._take(key, int, default, "a whole number")
        most = _MOST_INTEGER if most is None else most
        if not least <= value <= most:
            upper = "" if most == _MOST_INTEGER and value < least else f" and at most {most}"
            raise self.refuse(key, f"must be at least {least}{upper}")
        return value

    @_or_hole
    def integers(self, key: str, *, least: int = 0, most: int | None = None) -> tuple[int, ...]:
        values = self._take(key, list, None, "a list")
        highest = _MOST_INTEGER if most is None else most
        if not all(type(value) is int and least <= value <= highest for value in values):
            raise self.refuse(key, f"must hold whole numbers of at least {least} only")
        return tuple(values)

    @_or_hole
    def flag(self, key: str, default: bool | None = None) -> bool:
        return self._take(key, bool, default, "true or false")

    @_or_hole
    def day(self, key: str, default: date | None = None) -> date:
        return self._take(key, date, default, "a date such as 2018-10-01")

    @_or_hole
    def texts(self, key: str, default: list[str] | None = None, *, or_empty: bool = False) -> tuple[str, ...]:
        """A list of texts, none twice, each saying something or, where that too is a value, empty."""
        values = self._take(key, list, default, "a list")
        if not all(type(value) is str for value in values):
            raise self.refuse(key, "must hold texts only")
        if len(set(values)) != len(values):
            raise self.refuse(key, "names the same thing twice")
        return tuple(value if or_empty and not value else self._check(key, value, typed_text) for value in values)

    @_or_hole
    def lines(self, key: str) -> tuple[str, ...]:
        """A text of several lines, each printable; tabs count as spaces."""
        return self._check(key, self._take(key, str, None, "text"), typed_lines)

    @_or_hole
    def convert(self, key: str, into: Callable[[str], T], default: str | None = None) -> T:
        """A text turned into a value; the converter's `ValueError` becomes the refusal."""
        return self._check(key, self.text(key, default), into)

    @_or_hole
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
        if isinstance(text, Hole):
            raise HoleUsed
        try:
            return check(text)
        except ValueError as error:
            raise self.refuse(key, str(error)) from None

    @_or_hole
    def table(self, key: str, *, or_empty: bool = False) -> DeclarationTable:
        """A table within; one without keys where it may be left out, since each of its keys has a default."""
        empty: dict[str, Any] | None = {} if or_empty else None
        return self._table(self._take(key, dict, empty, "a table"), (key,))

    @_or_hole
    def tables(self, key: str, *, least: int = 1) -> list[DeclarationTable]:
        values = self._take(key, list, None if least else [], "a list of tables")
        if len(values) < least or not all(type(value) is dict for value in values):
            raise self.refuse(key, f"must be a list of at least {least} tables")
        return [self._table(value, (key, position)) for position, value in enumerate(values)]

    def _table(self, values: Mapping[str, Any], path: tuple[str | int, ...]) -> DeclarationTable:
        return DeclarationTable(values, self._document, self._path + path)

    def rows(
        self, key: str, read: Callable[[DeclarationTable], T], *, least: int = 1, by: str = "", **known: object
    ) -> tuple[T, ...]:
        """Each table of a list, read; no two have one name under the key `by`, where that is given.

        One that is refused leaves a hole that still has its line, id and label, and whatever else is `known`; the
        second of one name leaves one without: nobody can say which names are meant.
        """
        seen: set[str] = set()
        return self.part(lambda: tuple(row._row(read, by, seen, known) for row in self.tables(key, least=least)))

    def _row(self, read: Callable[[DeclarationTable], T], by: str, seen: set[str], known: Mapping[str, object]) -> T:
        names = {key: self._values[key] for key in ("id", "label") if self.is_text(key)}
        row = self.part(lambda: read(self), line=self.line, **names, **known)

        def check_name() -> T:
            if by and self.is_text(by):
                if self._values[by] in seen:
                    raise self.refuse(by, "uses the same name twice")
                seen.add(self._values[by])
            return row

        return self.part(check_name, line=self.line, **known)

    def is_refused_as_missing(self, key: str) -> bool:
        """Whether that the key is missing was noted as a mistake."""
        return self._dotted_key(key) in self._document.mistakes.missing

    def knows(self, *keys: str) -> None:
        """These are words of this language here, though nobody can say whether they mean something."""
        self._asked.update(keys)

    def whole(self, read: Callable[[], T]) -> T:
        """What `read` gives, which asks for every key before it compares any; then `finish`, also where it refuses."""
        try:
            value = read()
        except (DeclarationInvalid, HoleUsed):
            if self._document.mistakes.are_gathered:
                self.finish()
            raise
        self.finish()
        return value

    def finish(self) -> None:
        """Refuse each key that nobody asked for: an unknown word is never passed over. One that looks like a key that
        is missing is that key, misspelt: one mistake and not two."""
        lacking = sorted(self._asked.difference(self._values))
        for key in self._values:
            if key in self._asked:
                continue
            reason = f"is not a word of this language here; known are: {', '.join(sorted(self._asked))}"
            for meant in get_close_matches(key, lacking, n=1):
                is_missing = self._document.mistakes.drop(self._dotted_key(meant), "key-missing")
                then = f"{meant} is missing, and may be meant" if is_missing else f"{meant} may be meant"
                reason = f"is not a word of this language here; {then}"
            self._document.mistakes.note(self.refuse(key, reason, rule="key-unknown"))


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
