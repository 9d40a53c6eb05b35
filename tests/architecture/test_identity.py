"""Who is who is decided in one place: no module of the product compares two people's names itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.imports import modules, nodes_of, tree_of

ROOT = Path(__file__).parents[2]
MODULES = {path.relative_to(ROOT): path for path in modules(ROOT).values()}
RULE = "vocabulary/identity.py"
PERSON = re.compile(r".*_by|actor|staff|approver")  # names of what holds a person's name; `by` of a row beside them
# what ends in "by" and is no person, with what it is
NO_PERSON = {
    "accepted_by": "thumbprints of keys",
    "answer_by": "a day",
    "audited_by": "thumbprints of keys",
    "decide_by": "a day",
    "decided_by": "a source",
    "seen_by": "roles",
    "shown_by": "sources",
}


def people_in(node: ast.expr) -> Iterator[str]:
    """Every name in an operand that may hold a person; of a call its arguments, and what it is a method of."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):
            yield from people_in(node.func.value)
        for part in [*node.args, *(keyword.value for keyword in node.keywords)]:
            yield from people_in(part)
        return
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    if name == "name" and isinstance(node, ast.Attribute):
        yield from people_in(node.value)
    is_row = name == "by" and isinstance(node, ast.Attribute)
    if (is_row or PERSON.fullmatch(name)) and name not in NO_PERSON:
        yield name
    if not isinstance(node, ast.Attribute):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from people_in(child)


def compared_people(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Where a name is held against anything but a constant; `is None` and a comparison with a literal say no who."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            operands = [node.left, *node.comparators]
            if any(isinstance(one, ast.Constant) for one in operands):
                continue
            for one in operands:
                for name in people_in(one):
                    yield node.lineno, name


def test_no_module_compares_people_itself():
    found = [
        f"{module}:{line}: {name}"
        for module, path in MODULES.items()
        if str(module) != RULE
        for line, name in compared_people(tree_of(path))
    ]
    assert found == []


def test_whoever_is_second_is_asked_of_the_actor():
    """A fact `second_person` is a call of the one rule, or says outright why there is no other person to compare."""
    found = []
    for module, path in MODULES.items():
        for node in nodes_of(path):
            if isinstance(node, ast.keyword) and node.arg == "second_person":
                match node.value:
                    case ast.Call(func=ast.Attribute(attr="is_second_to")) | ast.Constant(value=True):
                        pass
                    case ast.Name(id="second_person"):  # handed on
                        pass
                    case other:
                        found.append((str(module), ast.unparse(other)))
    assert found == [("gateway/contracts/openings.py", "bool(given)")]  # the other party has signed with its key


@pytest.mark.parametrize(
    "line",
    [
        "row.asked_by != gateway.actor.name",
        "gateway.actor.name == name",
        "(one.staff, one.role) == (staff, role)",
        "bill.requested_by.lower() in names",
        "staff in [one.staff for one in found]",
        "col(Row.asked_by) == who",
    ],
)
def test_a_comparison_that_crept_in_is_found(line: str):
    """Positive control."""
    assert list(compared_people(ast.parse(line)))
