"""An investor of any bond sees how much was reached of what is paid for; and no group of it that is below k.

The attacker has the contract's prices, the exact amount and every count of the total. It tries every way in which the
measures can have counted, and knows a figure, or how far two lie apart, where only one value is left.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations

import pytest

from gateway.attestations import reached
from gateway.attestations.claims import rehearse
from gateway.errors.release import DraftRefused
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.evaluate import Evaluation, evaluate
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.terms import FigureUnit
from gateway.release.correction import difference
from policies.errors import PolicyDenied
from tests.attacks.seeded import course, person, visible
from tests.support.examples import every_third
from tests.support.histories import EXAMPLES
from vocabulary.statuses import IncomeType

ENROLLED = date(2019, 1, 7)
WEEKS = 280
K = 5
KINDS = {
    "retention": ("outcomes_reached", 'kind = "retention"\nperiod = "week"\nneeded = 13'),
    "days": ("outcomes_reached", 'kind = "days"\nneeded = 91'),
    "earnings": (
        "outcomes_reached",
        'kind = "earnings"\nearnings = { amount_minor = 1000000, partial_months = "count" }',
    ),
    "people": ("outcomes_reached", 'kind = "people"\nsustained_weeks = 13'),
    "follow_up": ("points_reached", 'kind = "follow_up"\nmonths = [6, 12]'),
    "each_day": ("days_reached", 'kind = "each_day"\ndays_from_enrolment = 100'),
    "week_blocks": (
        "points_reached",
        'kind = "week_blocks"\nweeks_per_block = 4\nmost_blocks = 3\nconsecutive = true',
    ),
}


def term(name: str, kind: str, states: Sequence[str], price: int = 1000) -> str:
    quoted = ", ".join(f'"{state}"' for state in states)
    return (
        f'[[measures]]\nid = "{name}"\nstates = [{quoted}]\n{KINDS[kind][1]}\n\n'
        f'[[tariffs]]\nid = "{name}"\nkind = "price"\nof = "{name}"\nprice_minor = {price}\n\n'
    )


def bond(*terms: str, size: int = 40, goal: int = 0) -> Contract:
    """The contract of Aarhus with these terms in place of its own; a total for the investor each year."""
    text = (EXAMPLES / "contracts" / "aarhus.toml").read_text("utf-8")
    text += '\n[[releases]]\ntemplate = "contract_total"\nrecipients = ["investor"]\nwindows = "all"\n'
    start, end = text.index("[[measures]]"), text.index("[caps]")
    body = "".join(terms)
    if goal:
        body = body.replace("\n\n", f"\nthreshold_people = {goal}\n\n", 1)
    text = text[:start] + body + text[end:]
    lines = [line for line in text.splitlines() if "measures.follow_up" not in line and "tariffs.follow_up" not in line]
    return load_contract("\n".join(lines).replace("size = 40", f"size = {size}").encode(), file="bond.toml")


def people(**states: int) -> list[PersonHistory]:
    """A cohort of 40 in which so many people hold a state all the time, with pay where it is a job."""
    held = [state for state, number in states.items() for _ in range(number)]
    found = [person(number, [state] * WEEKS, enrolled=ENROLLED) for number, state in enumerate(held)]
    found += [person(number, [""] * WEEKS, enrolled=ENROLLED) for number in range(len(held), 40)]
    return [replace(one, earnings={key: 2_000_000 for key in one.hours if key[1] is IncomeType.WAGE}) for one in found]


def totals(contract: Contract, cohort: Sequence[PersonHistory]) -> list[Mapping[str, object]]:
    return [one.claims for one in course(contract, cohort).by("investor")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_bond_of_every_kind_shows_its_investor_what_is_paid_for(kind: str):
    """A total is exact, however small, as that of the people in an outcome is; and it is the count that is paid."""
    contract, cohort = bond(term("only", kind, ["job"])), people(ordinary_job=2)
    shown, owed = totals(contract, cohort), 0
    assert len(shown) == 5
    for window, claims in zip(contract.windows, shown, strict=True):
        owed += claims["payable"]["amount_minor"]
        assert claims[KINDS[kind][0]] == evaluate(contract, cohort, window.to_week).quantity("only")
        assert claims[KINDS[kind][0]] * 1000 == owed
    assert shown[-1][KINDS[kind][0]] == {"follow_up": 4, "each_day": 200, "week_blocks": 6}.get(kind, 2)
    assert "outcomes_achieved" not in shown[-1]


def test_a_cohort_below_k_cohort_has_no_such_count():
    contract = bond(term("only", "retention", ["job"]))
    with pytest.raises(DraftRefused, match="k-cohort"):
        course(replace(contract, k_cohort=41), people(ordinary_job=20))
    for template in ("predicate", "payment_document"):
        window = contract.windows[-1]
        claims = {"participants": 0, "cohort_seals": [], "outcomes_reached": 9}
        with pytest.raises((DraftRefused, PolicyDenied), match="may not disclose"):
            rehearse(visible(contract, window, template, "operator"), claims, contract=contract)


def test_the_measure_with_the_threshold_is_not_counted_a_second_time():
    contract = bond(term("only", "people", ["job"]), goal=10)
    shown = totals(contract, people(ordinary_job=12))[-1]
    assert shown["outcomes_achieved"] == 12
    assert "outcomes_reached" not in shown


def test_a_measure_that_only_opens_a_gate_is_not_paid_for():
    gated = term("paid", "retention", ["education"]).replace(
        "price_minor = 1000\n", 'price_minor = 1000\ngate = { of = "gate", at_least = 2 }\n'
    )
    contract = bond(term("gate", "people", ["job"]).partition("[[tariffs]]")[0], gated)
    assert totals(contract, people(ordinary_job=2, education=3))[-1]["outcomes_reached"] == 3


# ── The attack ───────────────────────────────────────────────────────────────────────────────────────────────────────

TWO = (term("job", "retention", ["job"], 1000), term("education", "retention", ["education"], 1700))
NESTED = (term("job", "retention", ["job"], 1000), term("any", "retention", ["job", "education"], 1700))
BESIDE = (term("now", "people", ["job"], 1000), term("ever", "retention", ["job", "education"], 1700))
BONDS = {"apart": (TWO, 0), "nested": (NESTED, 0), "beside the goal": (BESIDE, 10)}
COHORTS = [
    {"ordinary_job": job, "education": study}
    for job, study in ((1, 12), (12, 1), (9, 4), (4, 9), (5, 5), (15, 8), (20, 20), (7, 0), (12, 12), (6, 11))
]


def solutions(contract: Contract, claims: Mapping[str, object], paid: int) -> Iterator[dict[str, int]]:
    """Every count by measure that fits what the investor holds; nothing else is known of the cohort."""
    first, second = contract.measures
    prices = {tariff.of: tariff.single_price for tariff in contract.personal_tariffs}
    for one in range(contract.cohort.size + 1):
        rest, uneven = divmod(paid - one * prices[first.id], prices[second.id])
        if uneven or not 0 <= rest <= contract.cohort.size:
            continue
        counts = {first.id: one, second.id: rest}
        goal = contract.people_measure
        if goal is not None and counts[goal.id] != claims["outcomes_achieved"]:
            continue
        summed = sum(number for name, number in counts.items() if goal is None or name != goal.id)
        if claims.get("outcomes_reached") in (None, summed):
            yield counts


def learned(contract: Contract, claims: Mapping[str, object], paid: int) -> set[int]:
    """Sizes of groups below k that are certain: of one measure, or of who is in one and not in the other."""
    found = list(solutions(contract, claims, paid))
    assert found, "what is true fits"
    sizes = [{counts[name] for counts in found} for name in found[0]]
    if {state.id for state in contract.measures[0].states} & {state.id for state in contract.measures[1].states}:
        sizes += [{abs(counts[a] - counts[b]) for counts in found} for a, b in combinations(found[0], 2)]
    return {next(iter(size)) for size in sizes if len(size) == 1 and min(size) < K}


def received(name: str, cohort: Sequence[PersonHistory]) -> tuple[Contract, Mapping[str, object], int]:
    terms, goal = BONDS[name]
    contract = bond(*terms, goal=goal)
    shown = totals(contract, cohort)
    return contract, shown[-1], sum(claims["payable"]["amount_minor"] for claims in shown)


@pytest.mark.parametrize("name", BONDS)
@pytest.mark.parametrize("states", every_third(COHORTS), ids=str)
def test_the_counts_tell_no_small_group_that_the_amount_does_not_tell(name: str, states: Mapping[str, int]):
    contract, claims, paid = received(name, people(**states))
    known = {key: value for key, value in claims.items() if key != "outcomes_reached"}
    assert learned(contract, claims, paid) <= learned(contract, known, paid)


def test_the_attack_finds_a_person_where_the_rule_is_switched_off(monkeypatch: pytest.MonkeyPatch):
    """Without it the sum of two measures and what they are paid give each of them."""
    monkeypatch.setattr(reached, "may_show_sum", lambda parts, **_: True)
    found = set()
    for name in ("apart", "nested"):
        for states in COHORTS:
            contract, claims, paid = received(name, people(**states))
            known = {key: value for key, value in claims.items() if key != "outcomes_reached"}
            found |= {(name, size) for size in learned(contract, claims, paid) - learned(contract, known, paid)}
    assert {name for name, _ in found} == {"apart", "nested"}, found
    assert {size for _, size in found} & {1, 4}, found


SHOWN = {3, 8, 9, 12, 17}  # the seeds whose counts lie far enough apart


@pytest.mark.parametrize("seed", every_third(range(20)))
def test_a_sum_is_shown_only_where_no_part_and_no_difference_is_small(seed: int):
    """Random counts of four measures, of people and points; pay counts whatever the register shows beside it."""
    draw = random.Random(seed)
    contract = bond(
        term("a", "retention", ["job"]), term("b", "days", ["job", "education"]),
        term("c", "follow_up", ["education"]), term("d", "earnings", ["job"]),
    )  # fmt: skip
    base = evaluate(contract, [], contract.windows[-1].to_week)
    counts = {one.id: draw.choice((0, 4, 5, 10, 14, 20, 26, 32, 38)) for one in contract.measures}
    evaluation = with_counts(base, counts)
    claims = reached.reached_claims(contract, evaluation)
    assert set(claims) == {"outcomes_reached", "points_reached"}
    pairs = [(a, b) for a, b in combinations("abcd", 2) if (a, b) != ("a", "c")]
    is_small = min(counts.values()) < K or min(abs(counts[a] - counts[b]) for a, b in pairs) < K
    expected = {"outcomes_reached": counts["a"] + counts["b"] + counts["d"], "points_reached": counts["c"]}
    assert claims == (dict.fromkeys(claims) if is_small else expected)
    assert is_small == (seed not in SHOWN), "both happen"


def with_counts(base: Evaluation, counts: Mapping[str, int]) -> Evaluation:
    return replace(base, totals=tuple(replace(one, quantity=counts[one.measure]) for one in base.totals))


def test_a_correction_says_the_difference_of_what_both_show_and_nothing_of_what_one_withholds():
    old = {"outcomes_reached": 12, "points_reached": None, "payable": {"amount_minor": 5}}
    new = {"outcomes_reached": 11, "points_reached": 7, "payable": {"amount_minor": 4}}
    assert difference(old, new) == {"outcomes_reached": -1, "amount_minor": -1}


def test_every_unit_of_a_measure_is_weeks_or_has_its_claim():
    assert set(reached.CLAIM_OF) == {FigureUnit.PERSON, FigureUnit.POINT, FigureUnit.DAY}
