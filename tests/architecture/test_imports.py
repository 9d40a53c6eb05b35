"""No module needs itself: no circle of imports in any root, and nothing imported by a text that tools do not see."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from tests.architecture.imports import circle, import_graph, modules, nodes_of

ROOT = Path(__file__).parents[2]
# what the sources are spoken to with, and what only some commands need
HEAVY = ("cedarpy", "httpx", "lxml", "numpy", "openpyxl", "paramiko", "signxml", "sqlalchemy", "sqlglot")


def test_no_import_goes_in_a_circle():
    assert circle(import_graph(modules(ROOT))) == []


def test_a_planted_circle_is_found_whatever_hides_it(tmp_path: Path):
    """Positive control: at the top, inside a function, for the type checker alone, and by a relative import."""
    plain = {
        "a": "from gateway.room import b",
        "b": "import gateway.room.c",
        "c": "from gateway.room.a import f",
    }
    lazy = {"a": "from gateway.room import b", "b": "def f():\n    from gateway.room.a import g"}
    checking = {
        "a": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from gateway.room.b import B",
        "b": "import gateway.room.a as a",
    }
    relative = {"a": "from . import b", "b": "from .a import f", "c": ""}
    straight = {"a": "from gateway.room.b import f", "b": "from gateway.room import c", "c": "import os"}
    for number, sources in enumerate((plain, lazy, checking, relative)):
        room = _tree(tmp_path / str(number), sources)
        assert set(circle(import_graph(modules(room, ["gateway"])))) >= {"gateway.room.a", "gateway.room.b"}
    assert circle(import_graph(modules(_tree(tmp_path / "straight", straight), ["gateway"]))) == []


def test_no_module_of_ours_is_imported_by_a_text():
    """A name in a text is an arrow that neither the type checker nor the import contracts see."""
    ours = {name.partition(".")[0] for name in modules(ROOT)}
    for name, path in modules(ROOT).items():
        for call in nodes_of(path):
            if not isinstance(call, ast.Call) or ast.unparse(call.func).rpartition(".")[2] != "import_module":
                continue
            [target] = call.args
            assert isinstance(target, ast.Constant), (name, "imports what a value names")
            assert target.value.partition(".")[0] not in ours, (name, target.value)


def test_the_transports_load_no_library_before_a_source_is_connected_to():
    code = f"import sys, connectors.declaration; print([name for name in {HEAVY!r} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def _tree(folder: Path, sources: dict[str, str]) -> Path:
    """A tree whose gateway has one room with these modules."""
    room = folder / "gateway" / "room"
    room.mkdir(parents=True)
    for name, text in {"__init__": "", **sources}.items():
        (room / f"{name}.py").write_text(text, "utf-8")
    (room.parent / "__init__.py").write_text("", "utf-8")
    return folder
