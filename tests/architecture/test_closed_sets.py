"""A member that is added to a closed set is missed nowhere: the type checker or the import names each place it lacks.

In a copy of the product every enum of the rooms below gets one more member. A module that names three or more members
of an enum decides by it, or lists it, and must then be named: by mypy, where a `match` ends in `assert_never`; or when
it is imported, where a table is made by `vocabulary.total.total`.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture.imports import ROOTS, modules, tree_of
from tests.support.scratch import copy_product

ROOT = Path(__file__).parents[2]
ROOMS = ("gateway.outcomes", "gateway.settlement", "gateway.release", "policies.terms")
MANY = 3  # members of one enum in one module: then it means the set, and not one of it
ADDED = "ADDED_FOR_A_TEST"

# (module, enum) -> why it owes nothing to a new member
OWES_NOTHING: dict[tuple[str, str], str] = {
    ("gateway.attestations.reached", "FigureUnit"): "names the claim of each unit that has one of its own",
    ("gateway.attestations.claims", "Action"): "names the action of each template, and has a row for each of those",
    ("gateway.cli.keys", "Role"): "lists who may have a client: nobody else may",
    ("gateway.contracts.fitting", "Role"): "asks for each of the three parties that a contract must have",
    ("gateway.contracts.openings", "Role"): "asks as one role, and writes down the role of another",
    ("gateway.documents.annexes.examples", "FigureUnit"): "words three units in its own way, and asks for the rest",
    ("gateway.events.actor", "Role"): "lists who is outside the municipality: anybody else acts inside",
    ("gateway.outcomes.amendment", "FieldRule"): "gives each field its rule: one that nobody gives refuses nothing",
    ("gateway.outcomes.judging", "WeekReason"): "gives each where it is found: another is never given",
    ("gateway.outcomes.measures.earnings", "WeekReason"): "lists the weeks whose pay is not read: of any other it is",
    ("gateway.outcomes.tariffs_file", "FigureUnit"): "lists the units that an evaluator may declare: no other",
    ("gateway.outcomes.verdicts", "WeekReason"): "lists what is neither for nor against: any other is either",
    ("gateway.oversight.advice", "Action"): "asks about one action at a time",
    ("gateway.release.statements", "WeekReason"): "lists the reasons that are a loss: for any other nobody is named",
    (
        "gateway.settlement.acknowledging",
        "DisputeOutcome",
    ): "says which are answers; the others follow from deeds",
    ("gateway.settlement.billing", "BillKind"): "makes each kind where the amount and the parties say so",
    ("gateway.settlement.views", "Role"): "lists who is shown amounts: nobody else is",
    ("gateway.settlement.settled", "SettlementStep"): "takes each step where a fact says so",
    ("gateway.settlement.sheet", "CheckName"): "makes each check once; the page has words for all",
    ("gateway.settlement.statement", "NextStep"): "makes each next step where it is one; the page has words for all",
    ("policies.lockout", "Action"): "lists what the four powers ask: no other is one of them",
    ("policies.lockout", "Purpose"): "gives each of those its purpose",
    ("policies.lockout", "Role"): "names who exercises each power: nobody else may",
    ("policies.programme", "Role"): "lists who stands on the other side, and whom an auditor may not be",
    ("policies.programme_file", "Purpose"): "lists what every programme must allow, or nobody could change or read it",
    ("policies.programme_file", "Role"): "says what each of these roles alone may or must",
    ("policies.usual_parties", "Action"): "lists what each role does in every programme: no more",
    ("policies.terms", "StatusCondition"): "lists those that rest on a law: no other does",
    ("policies.terms", "LegalBasis"): "lists what a role may rest on: on nothing else",
    ("policies.way_back", "Action"): "lists what is given back: the powers, and no more",
    ("policies.terms", "Purpose"): "lists the words that exist to be refused",
}


@dataclass(frozen=True, slots=True)
class ClosedSet:
    """An enum: the module that holds it, its name, and its members."""

    module: str
    name: str
    members: frozenset[str]


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """(module, enum) of every complaint about a member that was added, once each enum of the rooms has one more."""
    tree = copy_product(tmp_path_factory.mktemp("closed"))
    for closed in closed_sets(tree):
        add_member(modules(tree)[closed.module], closed.name)
    return _said_by_the_type_checker(tree) | _said_by_the_import(tree)


@pytest.mark.long
def test_every_module_that_speaks_of_a_set_is_named_when_the_set_grows(complaints: set[tuple[str, str]]):
    speaking = {(module, closed.name) for module, closed in speakers(ROOT)}
    silent = speaking - complaints
    assert silent == set(OWES_NOTHING)


@pytest.mark.long
def test_every_reason_is_of_a_module_that_still_speaks_of_the_set():
    assert set(OWES_NOTHING) <= {(module, closed.name) for module, closed in speakers(ROOT)}
    assert all(OWES_NOTHING.values())


def test_a_silent_table_is_found_and_its_enum_is_told_by_where_it_comes_from(tmp_path: Path):
    """Positive control: a dict over all members, in a room above, beside an enum of the same name from elsewhere."""
    enum = "from enum import Enum\n\nclass Kind(Enum):\n    A = 'a'\n    B = 'b'\n    C = 'c'\n"
    sources = {
        "gateway/outcomes/kinds.py": enum,
        "gateway/jobs/kinds.py": enum,
        "gateway/api/words.py": "from gateway.outcomes.kinds import Kind as K\nWORDS = {K.A: 1, K.B: 2, K.C: 3}\n",
        "gateway/api/other.py": "from gateway.jobs.kinds import Kind\nWORDS = {Kind.A: 1, Kind.B: 2, Kind.C: 3}\n",
        "gateway/api/dotted.py": "from gateway.outcomes import kinds\nX = {kinds.Kind.A, kinds.Kind.B, kinds.Kind.C}\n",
        "gateway/api/few.py": "from gateway.outcomes.kinds import Kind\nX = {Kind.A, Kind.B}\n",
    }
    for place, text in sources.items():
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(text, "utf-8")
    (tmp_path / "policies").mkdir()
    assert {module for module, _ in speakers(tmp_path, ["gateway"])} == {"gateway.api.words", "gateway.api.dotted"}


def closed_sets(tree: Path, roots: tuple[str, ...] | list[str] = ROOTS) -> Iterator[ClosedSet]:
    """The enums of the rooms."""
    for module, path in modules(tree, roots).items():
        if module.startswith(ROOMS):
            for node in tree_of(path).body:
                if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("Enum") for base in node.bases):
                    yield ClosedSet(module, node.name, frozenset(_members(node)))


def speakers(tree: Path, roots: tuple[str, ...] | list[str] = ROOTS) -> Iterator[tuple[str, ClosedSet]]:
    """Every module that names many members of an enum, with that enum; not the enum's own definition."""
    sets = {(closed.module, closed.name): closed for closed in closed_sets(tree, roots)}
    for module, path in modules(tree, roots).items():
        said: dict[ClosedSet, set[str]] = {}
        for key, member in _named_members(module, tree_of(path)):
            if key in sets and member in sets[key].members:
                said.setdefault(sets[key], set()).add(member)
        yield from ((module, closed) for closed, members in said.items() if len(members) >= MANY)


def add_member(path: Path, name: str) -> None:
    """One more member of the enum of this name, at its end."""
    text = path.read_text("utf-8")
    [enum] = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef) and node.name == name]
    last = [node for node in enum.body if isinstance(node, ast.Assign)][-1]
    assert isinstance(last.value, ast.Constant), (path, name, "has members that are more than a word")
    lines = text.splitlines()
    lines.insert(last.end_lineno or last.lineno, f'    {ADDED} = "{ADDED}"')
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _members(enum: ast.ClassDef) -> Iterator[str]:
    for node in enum.body:
        if isinstance(node, ast.Assign):
            yield from (name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name))


def _named_members(module: str, tree: ast.Module) -> Iterator[tuple[tuple[str, str], str]]:
    """Every `Enum.MEMBER`, as ((module of the enum, its name), member)."""
    names: dict[str, tuple[str, str]] = {}  # of this module -> the module and the name that it stands for
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
        elif isinstance(node, ast.ClassDef):
            names[node.name] = (module, node.name)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        if isinstance(node.value, ast.Name) and node.value.id in names:
            yield names[node.value.id], node.attr
        elif isinstance(node.value, ast.Attribute) and isinstance(node.value.value, ast.Name):
            source, name = names.get(node.value.value.id, ("", ""))
            yield (f"{source}.{name}", node.value.attr), node.attr


def _environment(tree: Path) -> Mapping[str, str]:
    return {**os.environ, "PYTHONPATH": f"{tree}:{tree / 'verifier'}"}


def _said_by_the_type_checker(tree: Path) -> set[tuple[str, str]]:
    """An error about what `assert_never` is given names the enum and its member."""
    packages = [argument for root in ROOTS for argument in ("-p", Path(root).name)]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *packages, "--no-error-summary"],
        cwd=tree,
        env=_environment(tree),
        capture_output=True,
        text=True,
        check=False,
    )
    places = {str(path.relative_to(tree)): module for module, path in modules(tree).items()}
    lines = re.findall(rf"^([^:]+):\d+: error: .*?(\w+)\.{ADDED}", done.stdout, flags=re.MULTILINE)
    assert done.returncode in (0, 1), done.stderr
    return {(places[place], enum) for place, enum in lines}


# Imports every module, notes each table that refuses, and goes on where `total` would have stopped, so that one refusal
# hides no other. A module that cannot be imported for another reason is named with that.
_IMPORT_ALL = """
import importlib, json, sys, traceback
from vocabulary import total as room

said, refuse = [], room.total

def total(table, *sets):
    try:
        return refuse(table, *sets)
    except TypeError:
        frame = sys._getframe(1)
        while frame.f_globals["__name__"] == room.__name__:
            frame = frame.f_back
        caller = frame.f_globals["__name__"]
        said.extend((caller, one.__name__) for one in sets)
        return table

room.total = total
for name in json.loads(sys.argv[1]):
    try:
        importlib.import_module(name)
    except Exception as error:
        frames = [frame.f_globals["__name__"] for frame, _ in traceback.walk_tb(error.__traceback__)]
        said.append((frames[-1], repr(error)))
print(json.dumps(said))
"""


def _said_by_the_import(tree: Path) -> set[tuple[str, str]]:
    names = [name for name in modules(tree) if ".migrations" not in name]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _IMPORT_ALL, json.dumps(names)],
        cwd=tree,
        env=_environment(tree),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {(module, enum) for module, enum in json.loads(done.stdout)}
