"""The attacker's models are whole, written by other hands, and say what the manual says."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.attacks.outsider.manual import Case, cases, frame
from tests.attacks.outsider.measures import MEASURES, held_by
from tests.attacks.outsider.product import kinds
from tests.attacks.outsider.tariffs import TARIFFS

HERE = Path(__file__).parent
OURS = ("tests.attacks.outsider",)
LIBRARIES = {"highspy", "numpy", "pytest"}
CASES = list(cases())


def test_a_kind_of_measure_or_tariff_without_a_model_fails_the_build():
    """The kinds are what the product itself names where a contract has one that nobody knows."""
    measure = '[[measures]]\nid = "m"\nkind = "nobody-knows"\nstates = ["fleksjob"]\n'
    tariff = '[[tariffs]]\nid = "t"\nkind = "nobody-knows"\n'
    paid = '[[tariffs]]\nid = "m"\nkind = "price"\nof = "m"\nprice_minor = 100\n'
    assert set(kinds(f"{frame()}\n{measure}\n{paid}")) == set(MEASURES)
    assert set(kinds(f"{frame()}\n{tariff}")) == set(TARIFFS)


def test_the_attacker_imports_nothing_of_what_it_attacks():
    """Nothing but itself and libraries; one module alone asks the command line."""
    for file in HERE.glob("*.py"):
        found = set()
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, file.name
                found.add(node.module or "")
        roots = {"gateway", "connectors", "policies", "keys", "outcome_verifier", "vocabulary", "tests", "bench"}
        inside = {name for name in found if name.partition(".")[0] in roots and not name.startswith(OURS)}
        assert inside == ({"gateway.cli.app"} if file.name == "product.py" else set()), file.name


def test_every_kind_has_rows_in_the_manual():
    """A kind whose rows are all passed over would be held to nothing."""
    assert set(Counter(case.terms.measures[0]["kind"] for case in CASES)) == set(MEASURES)
    assert len(CASES) > 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.section.strip("# "))
def test_the_models_say_what_the_manual_says(case: Case):
    [held] = held_by(case.terms, case.life).values()
    assert sum(held[-1].values()) == case.result
