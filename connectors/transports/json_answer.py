"""Records out of a JSON answer (RFC 8259), by paths and types that the declaration freezes.

A path is names joined by dots, from the top of the answer; `[*]` stands for every item of a list. `records` says of
what there is one record each: `personer[*].ydelser[*]` gives one for every benefit of every person, and a column may
then be `personer[*].cpr`. Whatever the answer holds beside columns and dropped members, or in another type, stops the
reading: a number where a text was is a changed source, even if it looks the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

from connectors.errors import SchemaChanged, SourceMalformed
from connectors.schema import Schema, is_a_name
from connectors.transport import Record

TYPES = ("text", "integer", "decimal", "boolean")
_ANY = "text or number"  # of what the paging reads for itself
_SEGMENT = re.compile(r"(@?[^\W\d][\w@:-]*)?((?:\[\*\])*)")
_DEEPEST = 12
_FORMS = {"integer": re.compile(r"-?\d{1,30}"), "decimal": re.compile(r"-?\d{1,30}(\.\d{1,30})?")}
_BOM = b"\xef\xbb\xbf"

Path = tuple[str, ...]  # names, and `*` for the items of a list


class _Number(str):
    """A JSON number as it was written: never a float."""

    __slots__ = ()


def parse_json(body: bytes, *, source: str) -> Any:
    """The value of a JSON text in UTF-8, its numbers as they were written.

    Raises `SourceMalformed` for anything else: also for a name that stands twice in one object, for NaN and infinity,
    which JSON does not have, for halves of surrogate pairs, and for nesting without end.
    """
    try:
        text = body.removeprefix(_BOM).decode("utf-8")
        value = json.loads(
            text,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
        if "\\ud" in text.lower():
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        pass
    else:
        return value
    raise SourceMalformed(source=source, reason="the answer is not one JSON text in UTF-8")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def parse_path(text: str) -> Path:
    """The path in a declaration; `ValueError`. Empty is the answer itself."""
    parts: list[str] = []
    for position, segment in enumerate(text.split(".") if text else []):
        found = _SEGMENT.fullmatch(segment)
        if found is None or not (found[1] or (found[2] and position == 0)):
            raise ValueError(f"{text!r} is not a path such as personer[*].cpr")
        parts += [found[1]] if found[1] else []
        parts += ["*"] * (len(found[2]) // 3)
    if len(parts) > _DEEPEST:
        raise ValueError(f"{text!r} is deeper than {_DEEPEST}")
    return tuple(parts)


def written_path(path: Path) -> str:
    """A path as a declaration writes it."""
    return "".join("[*]" if part == "*" else f".{part}" for part in path).removeprefix(".")


@dataclass(slots=True)
class _Node:
    """What the answer may hold at one place."""

    members: dict[str, _Node] = field(default_factory=dict)
    item: _Node | None = None
    leaf: str = ""
    is_dropped: bool = False
    is_optional: bool = False


class PathMisfit(ValueError):
    """A declared path is none, or contradicts those declared before it. `key` says as what it is declared: `records`,
    `columns`, `own` (by the paging), `dropped` or `optional`.
    """

    def __init__(self, key: str, path: str, reason: str) -> None:
        self.key, self.path = key, path
        super().__init__(reason)


class Layout:
    """Compiled from a declaration; `PathMisfit` where its paths contradict each other."""

    def __init__(
        self,
        schema: Schema,
        *,
        records: str,
        types: Mapping[str, str],
        optional: Collection[str],
        not_sent: Collection[str] = (),
        own: Collection[str] = (),
    ) -> None:
        self._schema = schema
        self._top = _Node()
        self._columns: list[tuple[int, Path, str]] = []
        with self._adding("records", records):
            self._records = parse_path(records)
            _node(self._top, self._records)
        for name in schema.columns:
            if name in not_sent:
                self._columns.append((-1, (), ""))
                continue
            with self._adding("columns", name):
                path, leaf = parse_path(name), types.get(name, "text")
                self._columns.append((*self._depth(path), leaf))
                _node(self._top, path).leaf = leaf
        for name in own:
            if name not in schema.columns:
                with self._adding("own", name):
                    self._own(parse_path(name))
        for name in schema.dropped:
            with self._adding("dropped", name):
                _node(self._top, parse_path(name)).is_dropped = True
        for name in optional:
            with self._adding("optional", name):
                _node(self._top, parse_path(name)).is_optional = True

    @contextmanager
    def _adding(self, key: str, path: str) -> Iterator[None]:
        """What is wrong once this path has been added is wrong with it: nothing was before."""
        try:
            yield
            _check_one_thing(self._top, ())
        except ValueError as error:
            raise PathMisfit(key, path, str(error)) from None

    def _own(self, path: Path) -> None:
        """A place that the paging reads, with what leads to it alone: the last page may leave it out."""
        node = self._top
        for part in path:
            is_new = part not in node.members
            node = node.members.setdefault(part, _Node())
            node.is_optional = node.is_optional or is_new
        node.leaf = _ANY

    def _depth(self, path: Path) -> tuple[int, Path]:
        """In the how-manieth list of `records` a column stands, and its way from there."""
        last = max((place for place, part in enumerate(path) if part == "*"), default=-1)
        if path[: last + 1] != self._records[: last + 1]:
            raise ValueError(f"{written_path(path)!r} is in a list of which there is not one record each")
        return path[: last + 1].count("*"), path[last + 1 :]

    def records(self, answer: Any, *, source: str) -> list[Record]:
        """The records of an answer. Raises `SchemaChanged` with the path of what is new, missing or of another type."""
        self._check(answer, self._top, (), source)
        return [
            tuple("" if depth < 0 else _text(_get(chain[depth], way)) for depth, way, _ in self._columns)
            for chain in _chains(answer, self._records, [answer])
        ]

    def _check(self, value: Any, node: _Node, path: Path, source: str) -> None:
        if node.is_dropped or (value is None and node.is_optional):
            return
        if node.leaf:
            if not _is(value, node.leaf):
                said = "null" if value is None else f"not of the type {node.leaf}"
                raise SchemaChanged(source=source, reason=f"{written_path(path)!r} is {said}")
            return
        if node.item is not None:
            if not isinstance(value, list):
                raise SchemaChanged(source=source, reason=f"{written_path(path) or 'the answer'!r} is no list")
            for item in value:
                self._check(item, node.item, (*path, "*"), source)
            return
        if not isinstance(value, dict):
            raise SchemaChanged(source=source, reason=f"{written_path(path) or 'the answer'!r} is no object")
        self._check_members(value, node, path, source)
        for name, inner in node.members.items():
            if name in value:
                self._check(value[name], inner, (*path, name), source)
            elif not (inner.is_optional or inner.is_dropped):
                raise SchemaChanged(source=source, reason=f"{written_path((*path, name))!r} is missing")

    def _check_members(self, value: Mapping[str, Any], node: _Node, path: Path, source: str) -> None:
        for position, name in enumerate(value, start=1):
            if name in node.members or self._schema.is_dropped(written_path((*path, name))):
                continue
            # a name that could be a cell (a number, a day) is not repeated
            said = (
                repr(written_path((*path, name))) if is_a_name(name) else f"number {position} in {written_path(path)!r}"
            )
            raise SchemaChanged(source=source, reason=f"has a member that the declaration does not name: {said}")


def _node(top: _Node, path: Path) -> _Node:
    node = top
    for part in path:
        if part == "*":
            if node.item is None:
                node.item = _Node()
            node = node.item
        else:
            node = node.members.setdefault(part, _Node())
    return node


def _check_one_thing(node: _Node, path: Path) -> None:
    if bool(node.members) + (node.item is not None) + bool(node.leaf) > 1:
        raise ValueError(f"{written_path(path)!r} is two things at once")
    for name, inner in node.members.items():
        _check_one_thing(inner, (*path, name))
    if node.item is not None:
        _check_one_thing(node.item, (*path, "*"))


def _chains(value: Any, way: Sequence[str], above: list[Any]) -> Iterator[list[Any]]:
    """For each record the answer and the items that it lies in, outermost first."""
    for place, part in enumerate(way):
        if part == "*":
            for item in value or []:
                yield from _chains(item, way[place + 1 :], [*above, item])
            return
        value = value.get(part) if value is not None else None
    if value is not None:
        yield above


def _get(value: Any, way: Path) -> Any:
    for name in way:
        if value is None:
            return None
        value = value.get(name)
    return value


def value_at(answer: Any, path: Path) -> str:
    """The text at a path without lists; empty where there is none."""
    for name in path:
        if not isinstance(answer, dict):
            return ""
        answer = answer.get(name)
    return answer if isinstance(answer, str) else _text(answer)


def _is(value: Any, leaf: str) -> bool:
    if leaf == _ANY:
        return isinstance(value, str)  # a text or a number
    if leaf == "text":
        return isinstance(value, str) and not isinstance(value, _Number)
    if leaf == "boolean":
        return isinstance(value, bool)
    return isinstance(value, _Number) and _FORMS[leaf].fullmatch(value) is not None


def _text(value: Any) -> str:
    if value is None or isinstance(value, list | dict):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
