"""Who imports whom, read from the text of the modules: an import counts wherever it stands.

Inside a function or under `TYPE_CHECKING` it is an arrow as any other: two rooms that need each other are one room.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOTS = ("gateway", "connectors", "policies", "keys", "vocabulary", "verifier/outcome_verifier")

Graph = Mapping[str, frozenset[str]]


def modules(tree: Path, roots: Iterable[str] = ROOTS) -> dict[str, Path]:
    """Every module of the roots in this tree, by its dotted name."""
    return {
        _dotted(path.relative_to((tree / root).parent)): path
        for root in roots
        for path in sorted((tree / root).rglob("*.py"))
    }


@cache
def tree_of(module: Path) -> ast.Module:
    """What stands in a module, read once a process: several tests look at all of them."""
    return ast.parse(module.read_text("utf-8"))


@cache
def nodes_of(module: Path) -> tuple[ast.AST, ...]:
    """Every node of its tree."""
    return tuple(ast.walk(tree_of(module)))


def import_graph(found: Mapping[str, Path]) -> Graph:
    """The arrows between these modules: who imports whom."""
    return {name: frozenset(_imported(name, path, found)) for name, path in found.items()}


def circle(graph: Graph) -> list[str]:
    """Modules of which each imports the one before it, the first named again at the end; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(name: str, path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                within = f"{source}.{alias.name}"
                if within in known:
                    yield within
                elif source in known and source != name:
                    yield source
