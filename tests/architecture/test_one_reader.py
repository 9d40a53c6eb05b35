"""A cell is read in one place: nobody else in `connectors` makes a day, an instant or a number out of a text."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
READERS = {"fromisoformat", "strptime", "fromisocalendar", "from_iso"}
# what is no cell: the times of a message's signature, and a constant
ELSEWHERE = {"connectors/transports/wss.py", "connectors/versions.py"}


def _calls(file: Path) -> set[str]:
    tree = ast.parse(file.read_text("utf-8"))
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & READERS


def test_days_are_read_by_the_readers_of_cells_alone() -> None:
    found = {str(file.relative_to(ROOT)): _calls(file) for file in sorted((ROOT / "connectors").rglob("*.py"))}
    assert found["connectors/cells.py"] >= {"fromisoformat", "from_iso"}, "positive control"
    known = {"connectors/cells.py", "connectors/dream.py", *ELSEWHERE}  # of DREAM the names of columns are weeks
    assert {name for name, calls in found.items() if calls} == known
