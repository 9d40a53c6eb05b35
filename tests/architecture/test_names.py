"""One name, one thing: no two classes share a name, and no function is called by a bare participle or pronoun.

`known`, `shown` or `one` do not say which thing they give: name the thing, then its state (`known_figures`), or write a
verb. `python -m tests.architecture.test_names [FOLDER]` prints what a tree holds, and counts it.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.imports import ROOTS, nodes_of

ROOT = Path(__file__).parents[2]

_PRONOUNS = """
    all any both each he her hers his it its mine none one ones ours she some that theirs them these they this
    those us we what which who whom whose you yours
"""
PRONOUNS = frozenset(_PRONOUNS.split())
# Participles that do not end in -ed. Those that are the imperative too (put, read, run, set, split …) are left out: as
# the name of something that is done they are verbs.
_IRREGULAR = """
    beaten become begun bent bitten bled blown born borne bound bred broken brought built burnt caught chosen
    come dealt done drawn dreamt driven drunk dug eaten fallen fed felt fled flown forbidden foreseen forgiven
    forgotten fought found frozen given gone got grown had heard held hidden hung hurt kept knelt known laid
    lain learnt led left lent lit lost made meant met mistaken overdrawn overridden paid proven redone ridden
    risen rung said sat seen sent sewn shaken shed shone shot shown shrunk slept sold sought sown spelt spent
    spoken sprung spun stolen stood struck stuck sung sunk swept sworn swum swung taken taught thought thrown
    told torn understood undone unknown unpaid unseen unsent unwritten upheld withdrawn withheld woken won worn
    wound written
"""
IRREGULAR = frozenset(_IRREGULAR.split())
NO_PARTICIPLES = frozenset({"bed", "embed", "exceed", "feed", "need", "proceed", "red", "seed", "speed", "succeed"})

# name of classes that stand for one thing in several rooms -> the sentence of the glossary that says why
SHARED: dict[str, str] = {}

EVIDENCE = frozenset({"gateway/events/evidence.py", "gateway/errors/evidence.py"})  # topics of their rooms


def is_bare(name: str) -> bool:
    """Whether a function's name is one word that is a participle or a pronoun."""
    word = name.strip("_")
    if "_" in word or word in NO_PARTICIPLES:
        return False
    return word in PRONOUNS or word in IRREGULAR or word.endswith("ed")


def nodes(root: Path) -> Iterator[tuple[Path, ast.AST]]:
    """Everything that stands in the product's modules, with the module's path below the root."""
    for room in ROOTS:
        for module in sorted((root / room).rglob("*.py")):
            for node in nodes_of(module):
                yield module.relative_to(root), node


def bare_functions(root: Path) -> dict[str, list[str]]:
    """The functions with such a name, by room."""
    found = defaultdict(list)
    for module, node in nodes(root):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and is_bare(node.name):
            room = "/".join(module.parts[: 2 if module.parts[0] in ("gateway", "verifier") else 1])
            found[room].append(f"{module}:{node.lineno} {node.name}")
    return dict(found)


def shared_names(root: Path) -> dict[str, list[str]]:
    """The names that more than one class has, with their places."""
    found = defaultdict(list)
    for module, node in nodes(root):
        if isinstance(node, ast.ClassDef):
            found[node.name].append(f"{module}:{node.lineno}")
    return {name: places for name, places in sorted(found.items()) if len(places) > 1}


def test_no_two_classes_have_one_name():
    found = shared_names(ROOT)
    assert {name: places for name, places in found.items() if name not in SHARED} == {}
    assert SHARED.keys() <= found.keys()


def test_what_shares_a_name_has_its_reason_in_the_glossary():
    glossary = " ".join((ROOT / "GLOSSARY.md").read_text(encoding="utf-8").split())
    assert [name for name, reason in SHARED.items() if reason not in glossary] == []


def test_no_function_is_called_by_a_bare_participle_or_pronoun():
    assert bare_functions(ROOT) == {}


@pytest.mark.parametrize("name", ["known", "_shown", "told", "made", "found", "one", "listed", "_checked", "unpaid"])
def test_the_rule_knows_such_a_name(name: str):
    """Positive control."""
    assert is_bare(name)


@pytest.mark.parametrize("name", ["known_figures", "read", "put", "run", "seed", "is_signed", "listing", "_check"])
def test_the_rule_lets_a_telling_name_pass(name: str):
    assert not is_bare(name)


def test_a_module_about_evidence_says_which():
    found = {str(path.relative_to(ROOT)) for room in ROOTS for path in (ROOT / room).rglob("evidence.py")}
    assert found <= EVIDENCE


if __name__ == "__main__":
    tree = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    functions, classes = bare_functions(tree), shared_names(tree)
    for title, places in (*functions.items(), *classes.items()):
        print(title, *places, sep="\n  ")
    counts = Counter({room: len(names) for room, names in functions.items()})
    print(f"{counts.total()} functions: {dict(sorted(counts.items()))}")
    print(f"{len(classes)} names of {sum(map(len, classes.values()))} classes: {' '.join(classes)}")
