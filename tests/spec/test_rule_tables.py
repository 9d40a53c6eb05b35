"""The manual holds: every row of tests/spec/tables is what the evaluator and the tariffs say."""

from __future__ import annotations

import pytest

from gateway.outcomes.kinds import MEASURES, TARIFFS
from gateway.outcomes.verdicts import WeekReason
from tests.support.rule_tables import (
    RULES,
    Matrix,
    Money,
    Row,
    Rules,
    chapters,
    contract_of,
    judged,
    owed_by_window,
    rolled,
    under_rule,
    unrolled,
)

CHAPTERS = chapters()
ROWS = [(rules, row) for chapter in CHAPTERS for rules in chapter.rules for row in rules.rows]
MONEY = [(rules, row) for chapter in CHAPTERS for rules in chapter.rules for row in rules.money]
MATRICES = [matrix for chapter in CHAPTERS for matrix in chapter.matrices]


@pytest.mark.parametrize(("rules", "row"), ROWS, ids=[f"{rules.title}: {row.weeks}" for rules, row in ROWS])
def test_a_person_counts_as_the_manual_says(rules: Rules, row: Row):
    result = judged(rules, row)
    assert result.quantity == row.result
    if row.counts:
        first = len(unrolled(row.weeks)) - len(result.verdicts)
        letters = zip(unrolled(row.weeks)[first:], result.verdicts, strict=True)
        assert rolled("".join(letter if verdict.state else "." for letter, verdict in letters)) == row.counts
    if row.why:
        assert WeekReason[row.why] in {verdict.reason for verdict in result.verdicts if not verdict.state}
    if row.state:
        assert result.state == row.state
    if row.year:
        assert {year for _, year in result.cells} == {row.year}


CELLS = [
    (matrix, asked.measure, rule, result)
    for matrix in MATRICES
    for asked in matrix.rows
    for rule, result in zip(RULES, asked.results, strict=True)
]


@pytest.mark.parametrize(
    ("matrix", "measure", "rule", "result"), CELLS, ids=[f"{m.title}: {what} {rule}" for m, what, rule, _ in CELLS]
)
def test_an_exit_costs_what_the_manual_says(matrix: Matrix, measure: str, rule: str, result: int):
    assert under_rule(matrix, measure, rule) == result


@pytest.mark.parametrize(("rules", "row"), MONEY, ids=[f"{rules.title}: {row.owed}" for rules, row in MONEY])
def test_a_tariff_owes_what_the_manual_says(rules: Rules, row: Money):
    assert owed_by_window(rules, row) == tuple(row.owed)


def test_the_manual_speaks_of_every_kind_of_measure_and_tariff_and_of_every_kind_under_exit_rules():
    contracts = [contract_of(rules.terms, rules.replaces) for chapter in CHAPTERS for rules in chapter.rules]
    assert {measure.kind for one in contracts for measure in one.measures} == set(MEASURES)
    assert {tariff.kind for one in contracts for tariff in one.tariffs} == set(TARIFFS)
    for matrix in MATRICES[:2]:
        assert {asked.measure.split('"')[1] for asked in matrix.rows} == set(MEASURES)
