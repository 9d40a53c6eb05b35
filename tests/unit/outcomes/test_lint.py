"""Each finding has a contract that only it complains of, with the line it speaks of; the two bonds have none."""

from __future__ import annotations

import pytest

from connectors.codes import shown_by_kind
from gateway.outcomes.contract import Contract
from gateway.outcomes.lint import lint
from tests.support.histories import EXAMPLES, example_contract

TWICE = """
[[tariffs]]
id = "again"
kind = "price"
of = "weeks_in_work_or_education"
price_minor = 1

[[windows]]
label = "2018H2"
"""
SECOND_MEASURE = """
[[measures]]
id = "other_weeks"
kind = "weeks"
states = ["fleksjob"]
weeks_from_enrolment = 156

[[tariffs]]
id = "other_weeks"
kind = "price"
of = "other_weeks"
price_minor = 100

[[windows]]
label = "2018H2"
"""
STEPS = """
[[tariffs]]
id = "bonus"
kind = "steps"
of = "self_support_full_or_partial"
points = [{ at = 60, amount_minor = 500 }, { at = 70, amount_minor = 400 }]

[[windows]]
label = "2018H2"
"""
HIGH_STEP = STEPS.replace("at = 60", "at = 121").replace("{ at = 70, amount_minor = 400 }", "")
FIRST_WINDOW = '\n[[windows]]\nlabel = "2018H2"\n'
CASES = [
    ("impact60", (FIRST_WINDOW, TWICE), "pays-twice", 'id = "again"', True),
    ("impact60", (FIRST_WINDOW, SECOND_MEASURE), "pays-twice", 'id = "other_weeks"', False),
    ("impact60", (FIRST_WINDOW, STEPS), "unreachable-step", 'id = "bonus"', True),
    ("impact60", (FIRST_WINDOW, HIGH_STEP), "never-pays", 'id = "bonus"', True),
    ("ballerup", ("sustained_weeks = 26", "sustained_weeks = 200"), "never-pays", 'id = "steady_and_off', True),
    ("impact60", ("cap_minor = 1500000000", "cap_minor = 3000000000"), "unreachable-cap", 'id = "weeks_in', False),
    ("ballerup", ('["no_benefit"]         #', '["education"]         #'), "unseen-state", 'id = "education"', True),
    ("ballerup", ("hours_per_week_hundredths = 0", "hours_per_week_hundredths = 100"), None, "", False),
]


def findings(contract: Contract) -> list[tuple[str, int, bool]]:
    return [(one.rule, one.line, one.refuses) for one in lint(contract, shown_by_kind())]


@pytest.mark.parametrize("name", ["impact60", "ballerup"])
def test_the_two_bonds_are_clean(name: str):
    assert findings(example_contract(name)) == []


@pytest.mark.parametrize(("name", "edit", "rule", "where", "refuses"), CASES)
def test_each_finding_names_its_line(name: str, edit: tuple[str, str], rule: str, where: str, refuses: bool):
    contract = example_contract(name, one=edit)
    text = (EXAMPLES / "contracts" / f"{name}.toml").read_text("utf-8").replace(*edit)
    if rule is None:
        assert findings(contract) == []
        return
    [(found, line, refused)] = findings(contract)
    assert (found, refused) == (rule, refuses)
    assert text.splitlines()[line - 1].startswith(where)
