"""The least and the most of small contracts, worked out by hand, and what each party sees of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.outcomes.bound import Most
from gateway.outcomes.bounds import PartyCase, capital_lent, parties, ranges
from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.measures.people import PeopleMeasure
from gateway.outcomes.measures.weeks import WeeksMeasure
from gateway.outcomes.tariffs.declared_price import DeclaredPriceTariff
from gateway.outcomes.tariffs.fee import FeeTariff
from gateway.outcomes.tariffs.linear import LinearTariff
from gateway.outcomes.tariffs.price import PriceTariff
from gateway.outcomes.terms import Aggregate, Caps, Evaluator, FigureUnit, Gate, ScalePoint
from tests.support.histories import example_contract

IMPACT60 = example_contract("impact60")
LABELS = tuple(window.label for window in IMPACT60.windows[:3])
WEEKS = WeeksMeasure("weeks", IMPACT60.states, 1, weeks_from_enrolment=2)
PEOPLE = PeopleMeasure("people", IMPACT60.states, 1, sustained_weeks=1)
DECLARED = Aggregate("figure", FigureUnit.PERSON, Evaluator("e", "E", "a-thumbprint"), "", "", LABELS[1:], 1)
FEE = FeeTariff("fee", 1, 500)
OF_WEEKS = PriceTariff("t", 1, "weeks", 100)
OF_FIGURE = DeclaredPriceTariff("d", 1, "figure", 7)
FREE = DeclaredPriceTariff("d", 1, "figure", 7, may_be_negative=True)
OPERATOR, PAYER, INVESTOR = "FOKUS Folkeoplysning", "Aalborg Kommune", "Den Sociale Kapitalfond"


def contract(*tariffs: Tariff, caps: Caps | None = None, people: int = 10) -> Contract:
    """Three windows, and nothing said of what is lent."""
    return replace(
        IMPACT60,
        cohort=replace(IMPACT60.cohort, size=people),
        windows=IMPACT60.windows[:3],
        measures=(WEEKS, PEOPLE),
        aggregates=(DECLARED,),
        tariffs=tariffs,
        caps=caps or Caps(),
        settlement=None,
    )


def bounds(the: Contract) -> list[tuple[int | None, int | None]]:
    return [(one.least.minor, one.most.minor) for one in ranges(the)]


@pytest.mark.parametrize(
    ("tariffs", "expected"),
    [
        ([FEE], [(500, 500), (1000, 1000), (1500, 1500)]),
        ([replace(FEE, cap_minor=1200)], [(500, 500), (1000, 1000), (1200, 1200)]),
        ([replace(FEE, cap_window_minor=100)], [(100, 100), (200, 200), (300, 300)]),
        ([replace(FEE, cap_window_minor=600)], [(500, 500), (1000, 1000), (1500, 1500)]),
        ([replace(FEE, cap_window_minor=100, carries_excess=True)], [(100, 100), (200, 200), (300, 300)]),
        ([replace(FEE, gate=Gate("weeks", 3))], [(0, 500), (0, 1000), (0, 1500)]),
        ([replace(FEE, gate=Gate("weeks", 3), cap_window_minor=100)], [(0, 100), (0, 200), (0, 300)]),
        ([OF_WEEKS], [(0, 2000)] * 3),
        ([replace(OF_WEEKS, cap_window_minor=150)], [(0, 150), (0, 300), (0, 450)]),
        ([replace(OF_WEEKS, cap_window_minor=150, carries_excess=True)], [(0, 150), (0, 300), (0, 450)]),
        ([OF_WEEKS, FEE], [(500, 2500), (1000, 3000), (1500, 3500)]),
        ([OF_FIGURE], [(0, 0), (0, None), (0, None)]),
        ([FREE], [(0, 0), (None, None), (None, None)]),
        ([replace(FREE, cap_window_minor=90)], [(0, 0), (None, 90), (None, 180)]),
        ([replace(FREE, cap_window_minor=90, carries_excess=True)], [(0, 0), (None, 90), (None, 180)]),
        ([FEE, FREE], [(500, 500), (None, None), (None, None)]),
    ],
)
def test_what_is_owed_lies_between(tariffs: list[Tariff], expected: list[tuple[int | None, int | None]]):
    found = bounds(contract(*tariffs))
    assert [one.window for one in ranges(contract(*tariffs))] == list(LABELS)
    assert found == expected


def test_a_scale_that_starts_above_nothing_owes_its_start_and_a_fall_takes_it_back_where_excess_is_lost():
    scale = LinearTariff("s", 1, "people", (ScalePoint(0, 300), ScalePoint(10, 900)))
    assert bounds(contract(scale)) == [(300, 900)] * 3
    assert bounds(contract(replace(scale, cap_window_minor=200))) == [(0, 200), (0, 400), (0, 600)]
    carried = replace(scale, cap_window_minor=200, carries_excess=True)
    assert bounds(contract(carried)) == [(200, 200), (300, 400), (300, 600)]


@pytest.mark.parametrize(
    ("caps", "expected"),
    [
        (Caps(), (1500, 3500)),
        (Caps(contract_minor=1400), (1400, 1400)),
        (Caps(contract_minor=2600), (1500, 2600)),
        (Caps(person_minor=130), (1500, 2800)),  # ten people, 130 each, and the fee
        (Caps(person_minor=200), (1500, 3500)),
        (Caps(person_minor=130, contract_minor=2700), (1500, 2700)),
    ],
)
def test_caps_of_people_and_of_the_contract_cut_what_they_are_for(caps: Caps, expected: tuple[int, int]):
    assert bounds(contract(OF_WEEKS, FEE, caps=caps))[-1] == expected


def test_a_cap_of_people_cuts_everybodys_together():
    other = replace(OF_WEEKS, id="other")
    assert bounds(contract(OF_WEEKS, other))[-1] == (0, 4000)
    assert bounds(contract(OF_WEEKS, other, caps=Caps(person_minor=250)))[-1] == (0, 2500)
    assert bounds(contract(OF_WEEKS, other, caps=Caps(person_minor=250), people=4))[-1] == (0, 1000)


def test_what_was_lent_is_what_the_settlement_or_the_caps_say():
    assert capital_lent(IMPACT60) == (900_000_000, 1_050_000_000)
    assert capital_lent(contract(FEE)) == (0, None)
    assert capital_lent(contract(FEE, caps=Caps(contract_minor=5))) == (0, None)
    lent = Caps(capital_minor=1000, return_per_mille_a_year=50, return_years=2)
    assert capital_lent(contract(FEE, caps=lent)) == (1000, lent.most_minor)
    assert lent.most_minor > 1000
    without = replace(IMPACT60, caps=lent, settlement=replace(IMPACT60.settlement, investor=None))
    assert capital_lent(without) == (1000, lent.most_minor)


def test_each_party_sees_the_last_window_from_its_side():
    assert parties(contract(FEE, OF_WEEKS)) == (
        PartyCase("operator", OPERATOR, 1500, 3500, "receives"),
        PartyCase("outcome_payer", PAYER, -3500, -1500, "pays"),
        PartyCase("investor", INVESTOR, None, None, "not said"),
    )
    nobody_lends = replace(contract(FEE), parties=tuple(one for one in IMPACT60.parties if one.role != "investor"))
    assert [case.role for case in parties(nobody_lends)] == ["operator", "outcome_payer"]


@pytest.mark.parametrize(
    ("tariffs", "caps", "worst", "best"),
    [
        ([OF_WEEKS], Caps(capital_minor=1000), -1000, 0),
        ([FEE], Caps(capital_minor=2000), -500, -500),  # 1,500 of 2,000 come back, whatever happens
        ([FEE], Caps(capital_minor=1000), 0, 0),
        ([FEE], Caps(capital_minor=1000, return_per_mille_a_year=100, return_years=2), 0, 210),
        ([FREE], Caps(capital_minor=1000), -1000, 0),
        ([FREE, OF_WEEKS], Caps(capital_minor=1000, return_per_mille_a_year=100, return_years=2), -1000, 210),
    ],
)
def test_an_investor_loses_at_most_its_capital_and_earns_at_most_what_is_agreed(
    tariffs: list[Tariff], caps: Caps, worst: int, best: int
):
    found = parties(contract(*tariffs, caps=caps))[-1]
    assert found == PartyCase("investor", INVESTOR, worst, best, "earns on its capital")


def test_without_a_bound_nobodys_case_is_told_and_payers_share_what_there_is():
    first, others = IMPACT60.payers[0], [one for one in IMPACT60.parties if one.role != "outcome_payer"]
    shared = tuple(replace(first, name=name, share_parts=parts) for name, parts in (("A", 2), ("B", 1)))
    both = replace(contract(FREE), parties=(*shared, *others))
    assert [(one.name, one.worst, one.best) for one in parties(both)[1:3]] == [("A", None, None), ("B", None, None)]
    both = replace(contract(FEE), parties=(*shared, *others))
    assert [(one.name, one.worst, one.best) for one in parties(both)[1:3]] == [("A", -1000, -1000), ("B", -500, -500)]


def test_where_nothing_may_be_owed_the_most_of_what_is_below_nothing_is_nothing():
    assert Most(-5).or_nothing() == Most(0)
    assert (Most(7).or_nothing(), Most(None).or_nothing()) == (Most(7), Most(None))
