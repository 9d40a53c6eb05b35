"""Code over a closed set is closed: a `match` ends in `assert_never`, a table with every member is made by `total`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from tests.architecture.imports import ROOTS, modules, tree_of

ROOT = Path(__file__).parents[2]
MODULES = {name: path for name, path in modules(ROOT, ROOTS).items() if "migrations" not in name}
MAKERS = {"total", "transitions"}


@cache
def closed_sets() -> dict[str, type[Enum]]:
    found = (value for name in MODULES for value in vars(import_module(name)).values())
    return {one.__name__: one for one in found if isinstance(one, type) and issubclass(one, Enum) and len(one)}


def member(node: ast.AST | None, sets: dict[str, type[Enum]]) -> tuple[str, str] | None:
    """The set and the member that an expression such as `Side.LEFT` names."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in sets:
        return node.value.id, node.attr
    return None


def open_places(tree: ast.AST, sets: dict[str, type[Enum]]) -> Iterator[tuple[int, str]]:
    """The lines of matches that let a new member through, and of whole tables that nobody checks."""
    checked = {
        argument
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in MAKERS
        for argument in call.args
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Match):
            values = (
                one.value for case in node.cases for one in ast.walk(case.pattern) if isinstance(one, ast.MatchValue)
            )
            if any(member(value, sets) for value in values) and "assert_never" not in ast.unparse(node.cases[-1]):
                yield node.lineno, "a match without assert_never"
        if isinstance(node, ast.Dict) and node not in checked:
            keys = [member(key, sets) for key in node.keys]
            named = {key for key in keys if key is not None}
            if named and None not in keys and named == {(one, each.name) for one, _ in named for each in sets[one]}:
                yield node.lineno, "a whole table that total does not make"


@pytest.mark.parametrize("room", sorted({name.split(".")[0] for name in MODULES}))
def test_what_is_written_over_a_closed_set_is_closed(room: str):
    sets = closed_sets()
    trees = {name: tree_of(path) for name, path in MODULES.items() if name.split(".")[0] == room}
    assert [(name, *place) for name, tree in trees.items() for place in open_places(tree, sets)] == []


class Side(Enum):
    LEFT = 1
    RIGHT = 2


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("match x:\n case Side.LEFT: pass\n case Side.RIGHT: pass", 1),
        ("match x:\n case Side.LEFT: pass\n case _: assert_never(x)", 0),
        ("T = {Side.LEFT: 1, Side.RIGHT: 2}", 1),
        ("T = total({Side.LEFT: 1, Side.RIGHT: 2}, Side)", 0),
        ("T = {Side.LEFT: 1}", 0),
    ],
)
def test_the_search_finds_what_is_open(text: str, places: int):
    """Positive control."""
    assert len(list(open_places(ast.parse(text), {"Side": Side}))) == places
