"""What readers of declarations ask for: each key with its type, bounds and default, noted while files are read."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from vocabulary.declaration import DeclarationTable
from vocabulary.weeks import Week

_METHODS = ("text", "integer", "integers", "flag", "day", "texts", "lines", "convert", "list_of", "word", "words")
_TABLES = ("table", "tables", "rows")
_PLAIN = {
    "text": "text", "integer": "whole number", "integers": "list of whole numbers", "flag": "true or false",
    "day": "date", "texts": "list of texts", "lines": "text", "list_of": "list of texts", "table": "table",
    "tables": "tables", "rows": "tables", "convert": "text",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AskedKey:
    """A key as a reader asked for it. `default` is None where it has none; words of a closed set in their order."""

    key: str  # dotted, without the places of rows
    type: str
    words: tuple[str, ...] = ()
    default: object = None
    least: int | None = None
    most: int | None = None


@contextmanager
def traced() -> Iterator[dict[str, list[AskedKey]]]:
    """While the block runs, every key that is asked for, under its dotted name."""
    asked: dict[str, list[AskedKey]] = {}
    within: list[str] = []

    def wrapped(method: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def ask(table: DeclarationTable, key: str, *args: Any, **kwargs: Any) -> Any:
            dotted = ".".join([*(part for part in table._path if isinstance(part, str)), key])
            if dotted in within:
                return original(table, key, *args, **kwargs)
            given = inspect.signature(original).bind(table, key, *args, **kwargs)
            given.apply_defaults()
            asked.setdefault(dotted, []).append(_asked(dotted, method, given.arguments))
            within.append(dotted)
            try:
                return original(table, key, *args, **kwargs)
            finally:
                within.pop()

        return ask

    with pytest.MonkeyPatch.context() as patch:
        for method in (*_METHODS, *_TABLES):
            patch.setattr(DeclarationTable, method, wrapped(method, getattr(DeclarationTable, method)))
        yield asked


def _asked(dotted: str, method: str, given: dict[str, Any]) -> AskedKey:
    words = _words_of(method, given)
    kind = _PLAIN.get(method, "text")
    if given.get("into") == Week.parse:
        kind = "week"
    if method in ("words", "list_of"):
        kind = "list of texts"
    default = given.get("default")
    if method == "table" and given.get("or_empty"):
        default = {}
    if method in ("tables", "rows") and given.get("least") == 0:
        default = []
    return AskedKey(dotted, kind, words, default, given.get("least"), given.get("most"))


def _words_of(method: str, given: dict[str, Any]) -> tuple[str, ...]:
    if method in ("word", "words"):
        return tuple(given["vocabulary"])
    into = given.get("into") or given.get("convert")
    if not inspect.isfunction(into):
        return ()
    held = inspect.getclosurevars(into).nonlocals
    words = held.get("words") or held.get("vocabulary") or ()
    return tuple(str(word) for word in words)
