"""What a person is paid for is what a slow oracle says, on contracts and histories of every kind.

A case is a contract and a history, evaluated at the end of each of the contract's windows. The table of rule features
is printed at the end of a run: how many cases had the feature and were paid, and how many had it and were not.
"""

from __future__ import annotations

import ast
import random
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.explain import Rules, explain_person
from gateway.outcomes.tariff import due_lines, owed_amounts
from tests.property import oracle
from tests.property.evaluator_cases import NAME_OF_WEEK, contract_of, history_of
from tests.property.evaluator_features import features_of
from tests.property.evaluator_values import contract_from, person_from
from vocabulary.weeks import Week

HISTORIES = 4  # under each contract
LEAST = 200  # cases of each feature with pay, and without
Table = Counter[tuple[str, bool]]
Record = Callable[[str, object], None]


def compare(seed: int, table: Table) -> int:
    """Hold one contract and its histories against the oracle; returns how many pairs were compared."""
    rng = random.Random(seed)
    plain = contract_of(rng)
    contract = contract_from(plain)
    histories = [history_of(rng, plain) for _ in range(HISTORIES)]
    people = [person_from(contract, history, subject) for subject, history in enumerate(histories, start=1)]
    for history, person in zip(histories, people, strict=True):
        paid: dict[str, bool] = {one["id"]: False for one in plain["measures"]}
        slow = oracle.Person(plain, history)
        ours, theirs = [], []
        for number, (label, _, to_week) in enumerate(plain["windows"], start=1):
            week, until = Week.parse(to_week), oracle.WEEK_OF_NAME[to_week]
            found = evaluate(contract, [person], week)
            cells = {one["id"]: oracle.person_cells(plain, one, slow, until) for one in plain["measures"]}
            where = (seed, label, history)
            for measure in plain["measures"]:
                name, states = measure["id"], Counter[str]()
                for (state, _), units in cells[name].items():
                    states[state] += units
                shown = {state: units for state, units in found.by_state(name).items() if units}
                assert shown == {state: units for state, units in states.items() if state}, (name, measure, *where)
                assert found.quantity(name) == states.total(), (name, measure, *where)
            pay = oracle.person_pay(plain, cells)
            assert dict(found.personal) == pay, where
            assert _looks(found) == oracle.looks([slow], until), where
            known = {name: row[number - 1] for name, row in plain["declared"].items() if row[number - 1] is not None}
            quantities = {name: sum(units.values()) for name, units in cells.items()} | known
            ours.append(found.figures(contract, known))
            theirs.append({"quantities": quantities, "personal": pay, "windows": number})
            for tariff in plain["tariffs"]:
                paid[tariff["of"]] = paid.get(tariff["of"], False) or pay.get(tariff["id"], 0) > 0
        amounts = oracle.owed(plain, theirs)
        assert owed_amounts(contract, ours) == amounts, (seed, theirs)
        _compare_documents(contract, ours, amounts)
        if person is people[0]:
            _compare_weeks(plain, contract, slow, person)
        for feature, is_paid in features_of(plain, slow, history, paid, amounts):
            table[feature, is_paid] += 1
    week = Week.parse(plain["windows"][-1][2])
    one_by_one = Counter[str]()
    for person in people:
        one_by_one.update(dict(evaluate(contract, [person], week).personal))
    assert Counter(dict(evaluate(contract, people, week).personal)) == one_by_one
    return len(histories)


def _looks(found: Any) -> dict[str, int]:
    return {name: getattr(found, name) for name in ("exits", "not_observed", "unknown_weeks", "not_followed")}


def _compare_documents(contract: Any, series: list[Any], amounts: list[dict[str, int]]) -> None:
    """Documents of one window after the other add up to what is owed at the end of each."""
    documented: dict[str, tuple[int, int]] = {}
    for end in range(1, len(series) + 1):
        for line in due_lines(contract, series=series[:end], documented=documented):
            quantity, amount = documented.get(line.tariff, (0, 0))
            documented[line.tariff] = (quantity + line.quantity, amount + line.amount_minor)
        assert {name: amount for name, (_, amount) in documented.items()} == amounts[end - 1]


def _compare_weeks(plain: dict[str, Any], contract: Any, slow: oracle.Person, person: Any) -> None:
    """What is explained is what counted, week by week, and adds up to what the person is paid for."""
    name, until = plain["windows"][-1][2], oracle.WEEK_OF_NAME[plain["windows"][-1][2]]
    explained = explain_person(Rules(contract, ""), person, Week.parse(name))
    for one, found in zip(plain["measures"], explained, strict=True):
        weeks = oracle.counted_weeks(plain, one, slow, until)
        runs = [run for window in found.windows for run in window.runs]
        shown = {str(run.from_week + offset): run.state for run in runs if run.state for offset in range(run.weeks)}
        assert shown == {NAME_OF_WEEK[week]: state for week, state in weeks.items()}, one
        assert sum(run.weeks for run in runs) == max(0, until - slow.first + 1)
        assert found.counted_weeks == len(weeks)
        assert found.quantity == sum(oracle.person_cells(plain, one, slow, until).values())
        if one["kind"] == "weeks":
            assert found.quantity == found.counted_weeks


def test_the_oracle_imports_nothing_of_ours():
    tree = ast.parse(Path(oracle.__file__).read_text(encoding="utf-8"))
    imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imported += [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


def run(examples: int, record: Record) -> tuple[Table, int]:
    """Compare so many contracts, and leave the table of features for the summary of the run."""
    table: Table = Counter()
    pairs = 0
    seen: set[int] = set()

    # a seed that is made smaller is another case and no simpler one: nothing to shrink
    @settings(max_examples=examples, derandomize=True, database=None, phases=[Phase.generate])
    @given(st.integers(0, 2**63 - 1))
    def hold(seed: int) -> None:
        nonlocal pairs
        done = compare(seed, Counter() if seed in seen else table)
        pairs += 0 if seed in seen else done
        seen.add(seed)

    hold()
    names = sorted({name for name, _ in table})
    rows = [[name, table[name, True], table[name, False]] for name in names]
    record(
        "table", {"title": f"{pairs:,} pairs of contract and history", "head": ["feature", "paid", "not"], "rows": rows}
    )
    return table, pairs


def test_evaluation_and_tariffs_are_the_oracles(record_property: Record):
    _, pairs = run(500 // HISTORIES, record_property)
    assert pairs >= 450


@pytest.mark.long
def test_each_feature_occurs_often_with_pay_and_without(record_property: Record):
    table, pairs = run(5200, record_property)
    assert pairs >= 20_000
    rare = {key: table[key] for name, _ in table for key in ((name, True), (name, False)) if table[key] < LEAST}
    assert rare == {}
