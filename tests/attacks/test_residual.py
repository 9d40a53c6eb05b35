"""Leaks that the attacker found: those that were mended, and what stays because a contract needs it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.attestations.calendar_audit import audit_contract
from gateway.outcomes.contract_file import load_contract
from gateway.release import correction
from tests.attacks.knowledge import Knowledge
from tests.attacks.reconstruction import attack
from tests.attacks.seeded import OUT, contract_for, contract_text, course, roster, steady
from tests.functional.test_correction import LAST, PAYMENT, mend
from tests.functional.test_traps import Clock
from tests.support.municipality import ready
from vocabulary.errors import DeclarationInvalid


@pytest.mark.parametrize("total", [0, 1, 119, 120])
def test_a4_a_total_of_none_or_all_tells_of_everybody_and_the_table_tells_no_more(total: int):
    """What stays: the total of a whole contract is exact, whatever it is. 120 people; with 1 or 119 the attacker knows
    the one person, who may be a participant. The table of classes beside it adds nobody, and the leaflet says it.
    """
    contract, people = contract_for("impact60", size=120, months=24), steady({"partial_job": total}, 120, weeks=104)
    known = {1: {(0, "w1"): "partial_job"}, 119: {(119, "w1"): OUT}}.get(total, {})
    received = course(contract, people).by("investor")
    bare = [
        replace(one, claims={name: value for name, value in one.claims.items() if name != "outcomes_by_class"})
        for one in received
    ]
    assert any("outcomes_by_class" in one.claims for one in received)
    learned, by_total = (attack(contract, roster(people), got, Knowledge(states=known)) for got in (received, bare))
    print(f"{total} of 120 in the outcome: {len(by_total.persons)} persons fixed by the total")
    assert learned.persons == by_total.persons
    assert len(by_total.persons) >= 119


@pytest.mark.long
def test_a1_a_window_that_ends_before_most_may_be_enrolled_is_not_accepted():
    """120 people referred over 15 months: the first window could be an exact total of three. A calendar rule."""
    text = contract_text("impact60", size=120, months=6)
    audit_contract(load_contract(text.encode(), file="quick.toml"))
    text = text.replace("enrolment_to = 2018-12-30", "enrolment_to = 2019-12-31")
    with pytest.raises(DeclarationInvalid, match="calendar-part; windows w1"):
        audit_contract(load_contract(text.encode(), file="slow.toml"))


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
    assert len(tables) == 1


def test_a3_a10_what_two_such_tables_would_give_away():
    """Positive control: one person's class was corrected, and both know who it was; two tables would tell the class."""
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
    assert learned.persons
