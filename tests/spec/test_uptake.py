"""What an uptake like that of real programmes does to a payment: Denver planned 250 people and housed 365, Augsburg
planned 100 and took 69. The numbers of people are published; the prices here are those of IMPACT60, so that the amounts
say what an uptake does and nothing of those contracts.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.documents.contract_page import Language, sections
from gateway.outcomes.contract import Contract
from gateway.outcomes.uptake import effect_of, is_behind, planned_by_month, planned_on, projected_people, with_people
from tests.support.histories import example_contract
from vocabulary.errors import DeclarationInvalid

# programme, planned, came, threshold, cap (kr.), then: most with as many as planned, most with as many as came,
# thresholds out of reach. 1,500 kr. a week in at most 144 weeks of the calendar: 216,000 kr. a person
WORTH = 216_000
LAST = "enrolment_to = 2018-12-30"
TABLE = [
    ("Denver", 250, 365, 125, 15_000_000, 15_000_000, 15_000_000, ()),
    ("Denver without a cap", 250, 365, 125, 0, 250 * WORTH, 365 * WORTH, ()),
    ("Augsburg", 100, 69, 50, 15_000_000, 15_000_000, 69 * WORTH, ()),
    ("Augsburg without a cap", 100, 69, 50, 0, 100 * WORTH, 69 * WORTH, ()),
    ("Augsburg with a goal of 70", 100, 69, 70, 15_000_000, 15_000_000, 69 * WORTH, ("70",)),
    ("Augsburg under a lower cap", 100, 69, 50, 12_000_000, 12_000_000, 12_000_000, ()),
]


@pytest.mark.parametrize(
    ("name", "planned", "came", "threshold", "cap", "most_planned", "most_came", "lost"),
    TABLE,
    ids=[r[0] for r in TABLE],
)
def test_what_an_uptake_can_pay(
    name: str,
    planned: int,
    came: int,
    threshold: int,
    cap: int,
    most_planned: int,
    most_came: int,
    lost: tuple[str, ...],
):
    contract = _contract(planned, threshold, cap)
    with_plan, with_those = effect_of(contract, planned), effect_of(contract, came)
    assert with_plan.most_minor == most_planned * 100
    assert with_those.most_minor == most_came * 100
    assert with_those.best_minor <= most_came * 100
    assert not with_plan.unreachable
    assert [one.rpartition(" ")[2] for one in with_those.unreachable] == list(lost)


def _contract(planned: int, threshold: int, cap: int) -> Contract:
    contract = example_contract(
        "impact60",
        size=("size = 120", f"size = {planned}"),
        goal=("threshold_people = 60", f"threshold_people = {threshold}"),
    )
    caps = replace(contract.caps, contract_minor=cap * 100)
    tariffs = tuple(replace(one, cap_minor=0) for one in contract.tariffs)
    return replace(contract, caps=caps, tariffs=tariffs)


def test_a_batch_without_a_cut_off_is_planned_evenly_over_enrolment():
    contract = example_contract("impact60")  # 120 people from 1 October to 30 December 2018: 91 days
    assert [(str(one.month), one.people) for one in planned_by_month(contract)] == [
        ("2018-10", 120 * 31 // 91),
        ("2018-11", 120 * 61 // 91),
        ("2018-12", 120),
    ]
    assert planned_on(contract, date(2018, 9, 30)) == 0


@pytest.mark.parametrize(
    ("people", "on", "projected"),
    [
        (20, date(2018, 10, 31), 20 * 91 // 31),
        (60, date(2018, 12, 30), 60),
        (60, date(2019, 3, 1), 60),
        (0, date(2018, 9, 1), 0),
    ],
)
def test_the_pace_so_far_goes_on_to_the_end_of_enrolment(people: int, on: date, projected: int):
    assert projected_people(example_contract("impact60"), people, on=on) == projected


@pytest.mark.parametrize(("people", "behind"), [(80, False), (79, True), (100, False), (0, True)])
def test_behind_by_more_than_a_fifth(people: int, behind: bool):
    assert is_behind(people, 100, per_cent=20) is behind
    assert not is_behind(0, 0, per_cent=20)


def test_batches_keep_their_proportions():
    contract = example_contract("impact60")
    scaled = with_people(contract, 69)
    assert sum(one.size for one in scaled.cohort.batches) == scaled.cohort.size == 69


def test_a_plan_by_month_holds_where_the_contract_says_one():
    contract = example_contract("impact60", plan=(LAST, f"{LAST}\nplanned = [20, 30, 70]"))
    assert [one.people for one in planned_by_month(contract)] == [20, 50, 120]
    assert planned_on(contract, date(2018, 11, 15)) == 20 + 15
    said = [line for language in Language for part in sections(contract, language) for line in part.lines]
    assert "Planlagte henvisninger pr. måned fra 2018-10: 20, 30, 70; bagud, når over 20 % mangler" in said
    assert any(line.startswith("Planned referrals by month from 2018-10: 20, 30, 70") for line in said)


@pytest.mark.parametrize("planned", ["[20, 30, 71]", "[60, 60]", "[]"])
def test_a_plan_that_does_not_add_up_is_refused_with_its_line(planned: str):
    with pytest.raises(DeclarationInvalid, match=r"planned must hold a number for each of the 3 months") as refused:
        example_contract("impact60", plan=(LAST, f"{LAST}\nplanned = {planned}"))
    assert "line " in str(refused.value)
