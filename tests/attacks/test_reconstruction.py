"""An attacker with an integer solver learns no person's status from all that is received.

`test_rules_by_themselves` is what makes that worth something: there each rule is switched off, and the same attacker
finds persons. That not everything is withheld is held as well: every window is paid, to the øre.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.terms import Window
from tests.attacks.backwards import Contradiction
from tests.attacks.knowledge import Notice, Received
from tests.attacks.reconstruction import attack
from tests.attacks.reconstruction_worlds import Tell, contract_of
from tests.attacks.seeded import cohort, course, roster, steadier
from tests.support.money import owed_at
from tests.support.municipality import ready

SIDES = {"operator": ("operator",), "investor": ("investor",), "both": ("operator", "investor")}


# people, months of a window (0: Ballerup, with its windows and relapse notices), seed; 24 months or more in all
COHORTS = [
    (10, 0, 1),
    (10, 0, 3),
    (20, 0, 1),
    (25, 6, 1),
    (60, 6, 1),
    *(
        pytest.param(*case, marks=pytest.mark.long)
        for case in (
            *((10, 0, 2), (24, 0, 4), (25, 3, 1), (25, 3, 2), (60, 3, 1), (120, 6, 1), (120, 3, 2), (250, 6, 1)),
            *((500, 12, 1), (500, 6, 1)),
        )
    ),
]


def people_of(size: int, months: int, seed: int) -> list[PersonHistory]:
    return cohort(size, seed) if months else steadier(size, seed)


@pytest.mark.parametrize(("size", "months", "seed"), COHORTS)
def test_nobody_is_found_in_what_two_years_of_releases_say(size: int, months: int, seed: int, tell: Tell):
    """(a) Beyond what payment documents and relapse notices, which are declared, fix by themselves.

    Whoever has less finds less: where both together find nothing, each alone is tried in a few small cohorts only.
    """
    contract, people = contract_of(size, months), people_of(size, months, seed)
    received = course(contract, people)
    assert bool(received.notices) == (not months)
    assert any("not_counted" in one.claims for one in received.received) == bool(months)
    for side, recipients in SIDES.items():
        if side != "both" and (size > 25 or seed > 1):
            continue
        learned = attack(contract, roster(people), received.by(*recipients))
        tell(
            f"reconstruction, {size} people, {len(contract.windows)} windows, seed {seed}, {side}:"
            f" {len(learned.persons)} fixed, {len(learned.persons_declared)} by what is declared"
        )
        assert not learned.persons, sorted({(s.window, s.what, s.value) for s in learned.fixed})


def test_the_cohorts_cover_two_years_and_every_size():
    """Ten to five hundred people over 24 months, with relapse notices and with reasons: or the claim is smaller."""
    cases = [getattr(case, "values", case) for case in COHORTS]
    assert {10, 25, 60, 120, 250, 500} <= {size for size, _, _ in cases}
    for size, months, _ in cases:
        contract = contract_of(size, months)
        assert contract.windows[-1].to_week - contract.windows[0].from_week + 1 >= 104
        assert contract.cohort.size == size


def test_a_relapse_notice_is_known_to_the_attacker():
    """Positive control: whoever is named was in the outcome, and is not any more; the model knows both."""
    contract = contract_of(10, 0)
    cohorts = [steadier(10, seed) for seed in range(1, 20)]
    courses = [(people, course(contract, people)) for people in cohorts]
    people, received = next((people, one) for people, one in courses if any(notice.named for notice in one.notices))
    [notice, *_] = [notice for notice in received.notices if notice.named]
    before = contract.windows[[window.label for window in contract.windows].index(notice.window) - 1].label
    learned = attack(contract, roster(people), received.by("operator"))
    for named in notice.named:
        said = {(one.window, one.what, one.value) for one in learned.declared if one.person == named}
        assert {(notice.window, "out", True), (before, "out", False)} <= said
    documents = [one for one in received.received if one.recipient == "operator"]
    with pytest.raises(Contradiction):  # more than had the outcome to lose
        attack(contract, roster(people), [*documents, Notice(notice.window, frozenset(range(10)))])


@pytest.mark.long
def test_nobody_is_found_in_the_verified_bundles_of_a_municipality(tmp_path: Path):
    """(a) End to end: 30 people, every planned release through store, key and log, read as its recipient reads it."""
    town = ready(tmp_path)
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, town.contract)
    windows = [window.label for window in contract.windows_until("2020H2")]
    planned = [entry for entry in contract.releases if entry.window in windows]
    planned.sort(key=lambda entry: (windows.index(entry.window), entry.template != "payment_document"))
    received = []
    for entry in planned:
        shown = town.verified(town.release(entry.window, entry.template, entry.recipient).bundle).shown
        received.append(Received(entry.recipient, entry.window, entry.template, shown))
    assert sum("outcomes_by_class" in document.claims for document in received) == 2
    with town.drop.referrals.open(encoding="utf-8") as file:
        days = [date.fromisoformat(row[1]) for row in list(csv.reader(file, delimiter=";"))[1:]]
    assert len(days) == contract.cohort.size == 30
    # a total of nobody is a leak of its own: tests/attacks/test_residual.py
    empty = {one.window for one in received if one.claims.get("outcomes_achieved") == 0}
    assert len(empty) <= 1
    learned = attack(contract, days, received)
    assert {statement.window for statement in learned.fixed} <= empty


# (b) withholding everything is no solution


def late(people: Sequence[PersonHistory], window: Window, seed: int) -> Sequence[PersonHistory]:
    """The cohort when the window froze: one in twenty has no wages yet in its last month."""
    draw = random.Random(f"{seed} {window.label}")
    month = window.to_week.month.ordinal

    def without(columns: Mapping[tuple[int, Any], int]) -> dict[tuple[int, Any], int]:
        return {key: value for key, value in columns.items() if key[0] != month}

    return [
        replace(one, hours=without(one.hours), postings=without(one.postings)) if draw.random() < 0.05 else one
        for one in people
    ]


PAID = [
    (10, 0, 1),
    (25, 6, 1),
    (60, 6, 2),
    (120, 6, 1),
    (120, 6, 3),
    *(
        pytest.param(*case, marks=pytest.mark.long)
        for case in ((10, 0, 2), (25, 3, 2), (60, 3, 1), (120, 3, 4), (250, 6, 1), (500, 6, 1), (500, 6, 2))
    ),
]


@pytest.mark.parametrize(("size", "months", "seed"), PAID)
def test_every_window_is_paid_and_shown_on_time_and_every_oere_by_the_end(
    size: int, months: int, seed: int, tell: Tell
):
    """(b) With wages that come late, at least 90 % of windows have their payment document and an exact total.

    Below k_cohort no total is planned: there it is the payment document alone.
    """
    contract, people = contract_of(size, months), people_of(size, months, seed)
    versions = {window.label: late(people, window, seed) for window in contract.windows[:-1]}
    received = course(contract, lambda window: versions.get(window.label, people))
    totals = 2 if size >= contract.k_cohort else 0
    in_time = 0
    for window, lines in received.due.items():
        documents = [one for one in received.received if one.window == window]
        exact = [one for one in documents if one.template == "contract_total" and "outcomes_achieved" in one.claims]
        paid = [one.claims["payable"]["amount_minor"] for one in documents if one.template == "payment_document"]
        in_time += len(exact) == totals and paid == [sum(line.amount_minor for line in lines)]
    final = evaluate(contract, people, contract.windows[-1].to_week)
    owed = owed_at(contract, final)
    corrections = sum(line.kind == "correction" for lines in received.due.values() for line in lines)
    tell(
        f"payment, {size} people, seed {seed}: {in_time} of {len(received.due)} windows on time;"
        f" {received.paid} of {owed} øre; {corrections} corrections"
    )
    assert in_time >= 0.9 * len(received.due)
    assert received.paid == owed > 0
    assert corrections or size < 60  # or nothing came late


@pytest.mark.parametrize("seed", [1])
def test_a_table_of_a_large_cohort_shows_most_people_by_class(seed: int, tell: Tell):
    """(b) The classes of 500 people are not all withheld: at least half of those in the outcome are shown."""
    contract, people = contract_of(500, 24), cohort(500, seed, weeks=104)
    [table, *_] = [one.claims for one in course(contract, people).by("investor") if "outcomes_by_class" in one.claims]
    shown = sum(cell["value"] or 0 for cell in table["outcomes_by_class"])
    tell(f"breakdown, 500 people: {shown} of {table['outcomes_achieved']} people in the outcome are shown by class")
    assert shown >= table["outcomes_achieved"] / 2
