"""Leaks that the attacker found and that stand. Each test says what should hold, and fails until it does (strict)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway import correction
from gateway.outcomes.contract_file import load_contract
from tests.attacks.reconstruction import Knowledge, attack
from tests.attacks.seeded import OUT, START, contract_for, contract_text, course, roster, steady
from tests.functional.test_correction import LAST, PAYMENT, mend
from tests.functional.test_traps import Clock
from tests.support.municipality import ready


@pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="a total is shown by the cohort's size alone, also where it is none or all",
)
@pytest.mark.parametrize("total", [0, 1, 119, 120])
def test_a4_a_total_of_none_or_all_tells_nothing_of_anybody(total: int):
    """120 people. With 1 or 119 the attacker knows the one person, who may be a participant."""
    contract, people = contract_for("impact60", size=120, months=24), steady({"partial_job": total}, 120, weeks=104)
    known = {1: {(0, "w1"): "partial_job"}, 119: {(119, "w1"): OUT}}.get(total, {})
    learned = attack(contract, roster(people), course(contract, people).by("investor"), Knowledge(states=known))
    print(f"{total} of 120 in the outcome: {len(learned.persons)} persons fixed")
    assert not learned.persons


@pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="k_cohort asks how large the contract is, not how many are enrolled by then",
)
def test_a1_a_window_that_ends_before_most_are_enrolled_shows_no_exact_total():
    """120 people referred over 15 months; three of them before the first window ends: an exact total of three."""
    text = contract_text("impact60", size=120, months=6)
    text = text.replace("enrolment_to = 2018-12-30", "enrolment_to = 2019-12-31")
    contract = load_contract(text.encode(), file="slow.toml")
    days = [START.monday + timedelta(weeks=20 if number < 3 else 30) for number in range(120)]
    made = steady({"ordinary_job": 3}, 120, weeks=104)
    people = [replace(one, enrolled_on=day) for one, day in zip(made, days, strict=True)]
    first = [document for document in course(contract, people).by("investor") if document.window == "w1"]
    learned = attack(contract, roster(people), first)
    print(f"three of 120 are enrolled in the first window: {len(learned.persons)} persons fixed")
    assert not learned.persons


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="only a correction leaves the table out, not a first release after one"
)
def test_a3_a10_a_correction_between_two_recipients_makes_no_second_table(tmp_path: Path):
    """The operator asked before a correction, the investor asks after it: pooled, they subtract two tables."""
    town = ready(tmp_path, clock=Clock(date(2030, 1, 1)))
    with town.gateway.store.read() as session:
        windows = town.gateway.contract(session, town.contract).windows_until(LAST)
    for window in windows:
        town.release(window.label, *PAYMENT)
    shown = [town.verified(town.release(LAST, "contract_total", "operator").bundle).shown]
    mend(town)
    correction.correct(town.gateway, town.contract, LAST, reason="source_corrected")
    shown.append(town.verified(town.release(LAST, "contract_total", "investor").bundle).shown)
    tables = [one["outcomes_by_class"] for one in shown if "outcomes_by_class" in one]
    assert all(table == tables[0] for table in tables), tables


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="only a correction leaves the table out, not a first release after one"
)
def test_a3_a10_what_two_such_tables_give_away():
    """One person's class was corrected, and both know who it was: the tables as `gateway.drafting` makes them."""
    contract = contract_for("impact60", size=120, months=24)
    before = steady({"ordinary_job": 30, "fleksjob": 20, "skaanejob": 10, "education": 10, "partial_job": 10}, 120)
    after = [steady({"education": 1}, 1)[0], *before[1:]]  # the first person, not in an ordinary job after all
    old, new = course(contract, before).by("operator"), course(contract, after).by("investor")
    later = [replace(one, claims={**one.claims, "sources": {"known_at": one.known_at + 1}}) for one in new]
    knowledge = Knowledge(still=(("w1", "w1", frozenset({0})),))
    without = [replace(one, claims={**one.claims, "outcomes_by_class": []}) for one in later]
    assert not attack(contract, roster(before), [*old, *without], knowledge).persons  # totals alone do not tell
    learned = attack(contract, roster(before), [*old, *later], knowledge)
    print(f"two tables of one window, pooled: {len(learned.persons)} persons fixed")
    assert not learned.persons
