"""Attacks by comparing: months, recipients, money, corrections, the operator's own roster, and the shape of a token."""

from __future__ import annotations

import random
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gateway.outcomes.contract import Contract
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.results import person_result
from gateway.release import correction, issuing
from outcome_verifier import canonical, sdjwt
from outcome_verifier.b64 import decode
from tests.attacks.knowledge import Knowledge
from tests.attacks.reconstruction import attack
from tests.attacks.seeded import OUT, cohort, contract_for, course, roster, steady, visible
from tests.support.bundles import Issuer
from tests.support.examples import every_third
from tests.support.histories import example_contract
from vocabulary.errors import DeclarationInvalid
from vocabulary.statuses import Status

BOTH = ("operator", "investor")


def state_of(contract: Contract, person: PersonHistory, window: str) -> str:
    measure, chosen = contract.people_measure, contract.window(window)
    assert measure is not None
    assert chosen is not None
    return person_result(contract, measure, person, chosen.to_week).state


def shown(claims: Mapping[str, Any]) -> dict[str, Any]:
    """What is said, without digests and times."""
    return {name: value for name, value in claims.items() if name not in ("method", "sources", "cohort_seals")}


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_a1_one_joiner_and_one_leaver_between_two_windows(seed: int):
    """Everybody knows who died and who found work: the denominator stays, and nothing follows for anybody else."""
    contract, people = contract_for("impact60", size=60, months=12), cohort(60, seed)
    alive = {week: seen for week, seen in people[7].statuses.items() if week < contract.windows[1].from_week.ordinal}
    dead = {week: frozenset({Status.DEAD}) for week in people[7].statuses if week not in alive}
    people[7] = replace(people[7], statuses={**alive, **dead})
    works = {week: frozenset({Status.FLEKSJOB}) for week in dead}
    people[8] = replace(people[8], statuses={**people[8].statuses, **works})
    received = course(contract, people).received
    assert {document.claims["participants"] for document in received} == {60}
    learned = attack(contract, roster(people), received, Knowledge(states={(7, "w2"): OUT, (8, "w2"): "fleksjob"}))
    assert learned.persons <= {8}, learned.fixed  # whoever works at the end has worked


@pytest.mark.parametrize("seed", every_third(range(12)))
def test_a2_the_total_minus_what_is_shown_leaves_no_single_cell(seed: int):
    """Seeded tables, most of them with empty and small classes."""
    draw = random.Random(seed)
    counts = [draw.choice((0, 1, 3, 5, 8, 20)) for _ in range(5)]
    contract = contract_for("impact60", size=120, months=24)
    names = [state.id for state in contract.states]
    people = steady(dict(zip(names, counts, strict=True)), 120, weeks=104)
    [claims] = [one.claims for one in course(contract, people).by("investor")]
    values = [cell["value"] for cell in claims["outcomes_by_class"]]
    rest = claims["outcomes_achieved"] - sum(value or 0 for value in values)
    assert values.count(None) != 1
    assert rest >= contract.k or None not in values or set(values) == {None}
    assert all(value is None or value >= contract.k for value in values)


def test_a3_two_recipients_have_the_same_cut():
    """Pooled, operator and investor have no two different figures of one window.

    Why people are not counted is a table that the operator has alone; `test_reconstruction.py` pools it.
    """
    contract, people = contract_for("impact60", size=60, months=6), cohort(60, 3)
    by_window: dict[str, list[dict[str, Any]]] = {}
    for document in course(contract, people).received:
        if document.template == "contract_total":
            by_window.setdefault(document.window, []).append(shown(document.claims))
    assert [len(both) for both in by_window.values()] == [2, 2, 2, 2]
    reasons = [one.pop("not_counted", None) for both in by_window.values() for one in both]
    assert sum(one is not None for one in reasons) == 1
    assert all(one == other for one, other in by_window.values())


@pytest.mark.parametrize("side", [range(5), range(5, 11)])
def test_a7_money_cannot_be_divided_by_its_price_where_no_count_may_be_shown(side: range):
    """Ten people: what the investor gets is the same for every count on one side of the threshold, and no amount."""
    contract = contract_for("ballerup", size=10)
    seen = []
    for count in side:
        [document] = course(contract, steady({"ordinary_job": count}, 10)).by("investor")
        assert not {"payable", "lines", "qualifying_weeks", "outcomes_achieved"} & set(document.claims)
        seen.append(shown(document.claims))
    assert all(claims == seen[0] for claims in seen)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_a10_a_correction_difference_says_no_more_than_both_figures(seed: int):
    """One person's rows are corrected. Both have the old and the new figures, and do not know whose rows they were."""
    contract, people = contract_for("impact60", size=60, months=12), cohort(60, seed)
    at = next(n for n, person in enumerate(people) if state_of(contract, person, "w2") == "ordinary_job")
    corrected = [replace(one, hours={}, postings={}) if n == at else one for n, one in enumerate(people)]
    old = course(contract, people).by(*BOTH)
    last = [one for one in course(contract, corrected).by(*BOTH) if one.window == "w2"]
    new = []
    for document in last:
        claims = {name: value for name, value in document.claims.items() if name not in ("outcomes_by_class", "lines")}
        new.append(replace(document, claims={**claims, "sources": {"known_at": document.known_at + 1}}))
    before = next(one for one in old if one.window == "w2" and one.template == "contract_total")
    after = next(one for one in new if one.template == "contract_total")
    said = correction.difference(before.claims, after.claims)
    assert said["outcomes_achieved"] == after.claims["outcomes_achieved"] - before.claims["outcomes_achieved"] == -1
    assert set(said) == {"outcomes_achieved", "qualifying_weeks", "amount_minor", "threshold_met"}
    totals = [one for one in new if one.template == "contract_total"]  # the payment document says the same amount
    assert not attack(contract, roster(people), [*old, *totals]).persons


@pytest.mark.parametrize("known", [20])
def test_a12_an_operator_who_knows_some_of_its_people_learns_nothing_of_the_others(known: int):
    """The operator's case workers know what these participants do at the end; the releases tell of nobody else."""
    contract, people = contract_for("impact60", size=60, months=12), cohort(60, 1)
    states = {(number, "w2"): state_of(contract, people[number], "w2") for number in range(known)}
    learned = attack(contract, roster(people), course(contract, people).by(*BOTH), Knowledge(states=states))
    others = {one.person for one in learned.fixed if one.person >= known}
    print(f"the operator knows {known} of 60 and learns of {len(others)} more")
    assert not others


def test_a18_two_contracts_over_the_same_people_are_refused():
    """Two parallel releases of overlapping cohorts could be subtracted: no contract may allow a person twice.

    That nobody is enrolled twice: `tests/unit/connectors/test_enrolment.py`, `tests/functional/test_traps.py`.
    """
    for name in ("impact60", "ballerup"):
        with pytest.raises(DeclarationInvalid, match="cohort-double-enrolment"):
            example_contract(name, allowed=('double_enrolment = "refuse"', 'double_enrolment = "allow"'))


SECRETS = {
    # which withheld cells are zero, or which count is behind a mark: the claims shown are the same
    "withheld cells": ("impact60", 120, [(40, 9, 0, 8, 10), (40, 8, 1, 8, 10)]),
    "a mark": ("ballerup", 10, [(5, 0), (10, 0)]),
}


@pytest.mark.parametrize("name", SECRETS)
def test_a19_the_shape_of_a_token_does_not_depend_on_what_it_hides(name: str):
    """Length, number of digests and of disclosures, and each disclosure's length are equal."""
    example, size, cells = SECRETS[name]
    contract = contract_for(example, size=size, months=24 if size == 120 else 0)
    names, shapes, claims = [state.id for state in contract.states], [], []
    issuer = Issuer()
    for hidden in cells:
        people = steady(dict(zip(names, hidden, strict=False)), size, weeks=117)
        [document] = course(contract, people).by("investor")
        window = contract.window(document.window)
        assert window is not None
        token = sdjwt.issue(
            visible(contract, window, document.template, "investor"),
            document.claims,
            header=issuer.header(),
            sign=issuer.sign,
            salts=secrets.token_bytes,
            decoys=issuing._DECOYS,
        )
        jwt, *disclosures = token.split("~")
        digests = canonical.loads(decode(jwt.split(".")[1]))["_sd"]
        assert digests == sorted(digests)
        shapes.append((len(token), len(digests), [len(part) for part in disclosures]))
        claims.append(shown(document.claims))
    assert claims[0] == claims[1]
    assert shapes[0] == shapes[1]
    assert shapes[0][1] == len(shapes[0][2]) - 1 + issuing._DECOYS
