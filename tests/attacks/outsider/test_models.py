"""The attacker's models are whole, written by other hands, and say what the manual says."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.attacks.outsider.documents import Window, read, week_of
from tests.attacks.outsider.manual import Case, cases, frame, neutral_rows
from tests.attacks.outsider.measures import MEASURES, Life, held_by
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
    assert not case.year or {year for _, year in held[-1]} == {case.year}


AWAY = {  # a row of the manual's table of exits, as the terms that it stands for
    "weeks, 12 from enrolment": 'kind = "weeks"\nweeks_from_enrolment = 12',
    "people, 8 weeks sustained": 'kind = "people"\nsustained_weeks = 8',
    "people, 4 weeks sustained": 'kind = "people"\nsustained_weeks = 4',
    "retention, 8 weeks on end": 'kind = "retention"\nperiod = "week"\nneeded = 8',
    "retention, 2 months on end": 'kind = "retention"\nperiod = "month"\nneeded = 2',
    "first entry": 'kind = "retention"\nperiod = "week"\nneeded = 1',
    "63 days within 84": 'kind = "days"\nneeded = 63\ndays_from_enrolment = 84',
    "pay of 3,000.00": 'kind = "earnings"\nearnings = { amount_minor = 300000, partial_months = "count" }',
    "pay of 2,000.00": 'kind = "earnings"\nearnings = { amount_minor = 200000, partial_months = "count" }',
    "follow-up after 1, 2 and 3 months": 'kind = "follow_up"\nmonths = [1, 2, 3]',
    "pay, in all": 'kind = "pay"\npartial_months = "count"',
    "an instrument, after 1 and 2 months": (
        'kind = "instrument"\ninstrument = { id = "i", name = "an index", version = "1", lowest = 0, highest = 100,'
        ' better = "higher" }\nchange_at_least = 10\nbaseline_within_days = 7\nmonths = [1, 2]\n'
        "follow_up_within_days = 7"
    ),
    "each of 84 days": 'kind = "each_day"\ndays_from_enrolment = 84',
    "blocks of 3 weeks on end": 'kind = "week_blocks"\nweeks_per_block = 3\nmost_blocks = 4\nconsecutive = true',
    "started": 'kind = "started"',
}


def test_time_that_stands_still_is_as_in_the_manual():
    """Five weeks of fleksjob, four abroad, five of fleksjob: the column of the rule `neutral`."""
    rows = neutral_rows()
    assert set(rows) == set(AWAY)
    start = date(2019, 12, 30)
    first = week_of(start)
    states = dict.fromkeys(range(first, first + 14), "fleksjob")
    pay = dict.fromkeys(range(2020 * 12, 2020 * 12 + 3), 100_000)
    scores = {"i": {date(2019, 12, 30): 40, date(2020, 1, 30): 60, date(2020, 3, 2): 60}}
    life = Life(start, states, pay, frozenset(range(first + 5, first + 9)), scores)
    for name, more in AWAY.items():
        measure = f'[[measures]]\nid = "m"\nstates = ["fleksjob"]\n{more}\n'
        terms = read(f"{frame()}\n{measure}")
        window = Window("all", first, first + 13)
        [held] = held_by(replace(terms, text=name, windows=(window,)), life).values()
        assert sum(held[-1].values()) == rows[name], name
