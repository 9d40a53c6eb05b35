"""What stands in the product is used by the product: every name at the top of a module has a caller, or is a door."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.imports import modules, tree_of

ROOT = Path(__file__).parents[2]
# name -> who uses it, since nobody in the product does
DOORS = {
    "diagram": "the documentation: the test of a state machine draws its picture with it",
    "capped_by": "tests of caps, which ask what cut a sum",
}


def test_every_name_at_the_top_of_a_module_is_used_in_the_product():
    product = [tree_of(path) for path in modules(ROOT).values() if "migrations" not in path.parts]
    assert _unused(product) == set(DOORS)


def test_a_name_without_a_caller_is_found():
    """Positive control: a constant, a function and a class that nobody names; decorators may be the caller."""
    texts = [
        "A, B = 1, 2\nC: int = 3\ndef f(): return B\nclass D: ...\n@app.get('/')\ndef g(): ...\n",
        "x = f\nprint(x)",
    ]
    assert _unused([ast.parse(text) for text in texts]) == {"A", "C", "D"}


def _unused(trees: list[ast.Module]) -> set[str]:
    used = {name for tree in trees for name in _uses(tree)}
    return {name for tree in trees for name in _definitions(tree)} - used


def _definitions(tree: ast.Module) -> Iterator[str]:
    """The names that a module makes at its top; not those that a framework is given by a decorator."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            if not any("." in ast.unparse(decorator) for decorator in node.decorator_list):
                yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = (name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))
            yield from (name for name in names if not name.startswith("__"))


def _uses(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)
