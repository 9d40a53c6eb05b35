"""What an investor sees of the money follows from what was paid, and a goal that was reached stays reached."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.outcomes.settlement_terms import Draw, InvestorTerms
from gateway.settlement.investor import (
    AcceptedContract,
    DeclaredDate,
    GoalOfWindow,
    GoalReached,
    InvestorDates,
    InvestorSettlement,
    InvestorWindow,
    PaidBefore,
    ShownToInvestor,
    flow,
    investor_view,
)
from outcome_verifier.balances import SAYS
from tests.support.histories import example_contract
from vocabulary.releases import Recipient, Template

TERMS = InvestorTerms("repaid_then_capped", (Draw(date(2018, 1, 1), 10_000_000),), 5_000_000)
_IMPACT60 = example_contract("impact60")
assert _IMPACT60.settlement is not None
CONTRACT = replace(_IMPACT60, settlement=replace(_IMPACT60.settlement, investor=TERMS))
FROZEN = {window.label: CONTRACT.freezes_on(window) for window in CONTRACT.windows}


def total(window: str, payable: int, *, achieved: int = 60, met: bool = True) -> ShownToInvestor:
    return ShownToInvestor(window, "contract_total", met=met, achieved=achieved, payable_minor=payable)


def seen(*totals: ShownToInvestor, paid: str = "", **facts: object) -> InvestorSettlement:
    """Where every payment document says what its total says."""
    facts = {"documents": {one.window: one.payable_minor or 0 for one in totals}, "on": date(2026, 1, 1), **facts}
    made = investor_view(CONTRACT, shown=totals, paid=frozenset(paid.split()), **facts)
    assert isinstance(made, InvestorSettlement)
    return made


@pytest.mark.parametrize(
    ("paid", "goal_met", "repaid", "earned", "at_risk", "beyond"),
    [
        # 100 drawn, a return of 50 at most, from the goal on
        (-5, True, 0, 0, 100, 0),
        (0, True, 0, 0, 100, 0),
        (60, True, 60, 0, 40, 0),
        (100, True, 100, 0, 0, 0),
        (130, False, 100, 0, 0, 30),
        (130, True, 100, 30, 0, 0),
        (150, True, 100, 50, 0, 0),
        (180, True, 100, 50, 0, 30),
    ],
)
def test_money_repays_first_then_earns_up_to_the_cap_and_the_rest_is_the_operators(
    paid: int, goal_met: bool, repaid: int, earned: int, at_risk: int, beyond: int
):
    terms = replace(TERMS, max_return_minor=50)
    made = flow(terms, drawn_minor=100, paid_minor=paid, goal_met=goal_met)
    assert (made.formula, made.max_return_minor, made.drawn_minor) == ("repaid_then_capped", 50, 100)
    assert (made.repaid_minor, made.return_minor, made.at_risk_minor, made.beyond_minor) == (
        repaid, earned, at_risk, beyond,
    )  # fmt: skip


def test_the_return_does_not_drop_when_a_later_total_is_released_and_not_paid():
    first, later = total("2019H1", 13_000_000), total("2019H2", 1_000_000, met=False, achieved=58)
    before = seen(first, paid="2019H1").flow
    assert (before.repaid_minor, before.return_minor) == (10_000_000, 3_000_000)
    assert seen(first, later, paid="2019H1").flow == before
    assert seen(first, later, paid="2019H1 2019H2").flow.return_minor == 4_000_000


def test_before_the_goal_there_is_no_return():
    made = seen(total("2019H1", 13_000_000, met=False, achieved=58), paid="2019H1").flow
    assert (made.return_minor, made.beyond_minor) == (0, 3_000_000)


def test_only_windows_whose_total_says_what_is_paid_for_are_shown_and_only_paid_ones_flow():
    totals = [total("2018H2", 100), total("2019H1", 200), total("2019H2", 400, met=False, achieved=58)]
    made = seen(*totals, documents={"2018H2": 100, "2019H1": 200, "2019H2": 399}, paid="2018H2 2019H2")
    assert made.windows == (InvestorWindow("2018H2", 100, is_paid=True), InvestorWindow("2019H1", 200, is_paid=False))
    assert made.flow.repaid_minor == 100
    assert made.goal == GoalReached(people=60, achieved=58, met=False, window="2019H2")  # the newest total
    assert (made.schema, made.currency, made.illustrative) == (
        "investor-settlement/1", "DKK", tuple(CONTRACT.illustrative),
    )  # fmt: skip
    assert made.contract == AcceptedContract("impact60", 1, CONTRACT.sha256)
    assert (made.stated, made.predicates) == (None, ())
    assert seen(total("2018H2", 0), paid="2018H2").flow.repaid_minor == 0
    nothing = seen()
    assert (nothing.windows, nothing.goal, nothing.flow.repaid_minor) == ((), None, 0)


def test_capital_counts_from_the_day_on_which_it_is_drawn():
    drawn = [
        investor_view(_IMPACT60, shown=(), documents={}, paid=frozenset(), on=on).flow.drawn_minor
        for on in (date(2018, 9, 30), date(2018, 10, 1), date(2019, 6, 30), date(2019, 7, 1))
    ]
    assert drawn == [0, 500_000_000, 500_000_000, 900_000_000]


def test_what_was_paid_before_the_gateway_flows_where_every_total_of_it_is_planned():
    made = seen(total("2019H2", 1_000), stated=("2019H1", 20_000), paid="2019H2")
    assert made.stated == PaidBefore(SAYS, "2019H1", 20_000)
    assert made.flow.repaid_minor == 21_000
    assert [one.window for one in made.declared_dates] == ["2019H2", "2020H1", "2020H2", "2021H1"]
    few = tuple(
        one for one in CONTRACT.releases if (one.recipient, one.window) != (Recipient.INVESTOR, "2018H2")
    )  # a total that it never gets
    unseen = investor_view(
        replace(CONTRACT, releases=few), shown=(), documents={}, paid=frozenset(), on=date(2026, 1, 1),
        stated=("2019H1", 20_000),
    )  # fmt: skip
    assert isinstance(unseen, InvestorSettlement)
    assert (unseen.stated, unseen.flow.repaid_minor) == (None, 0)
    assert [one.window for one in unseen.declared_dates] == ["2019H2", "2020H1", "2020H2", "2021H1"]


def test_the_dates_are_those_of_the_freeze_and_say_what_is_held():
    held = {"2019H1": "held since yesterday"}
    assert seen(held=held).declared_dates == tuple(
        DeclaredDate(window, Template.CONTRACT_TOTAL, day, held.get(window)) for window, day in FROZEN.items()
    )


@pytest.mark.parametrize(("size", "has_amounts"), [(24, False), (25, True), (26, True)])
def test_amounts_are_shown_from_k_cohort_people_on(size: int, has_amounts: bool):
    contract = replace(CONTRACT, cohort=replace(CONTRACT.cohort, size=size))
    made = investor_view(contract, shown=(), documents={}, paid=frozenset(), on=date(2026, 1, 1))
    assert isinstance(made, InvestorSettlement) is has_amounts


def test_without_terms_of_an_investor_there_are_dates_alone():
    assert CONTRACT.settlement is not None
    for settlement in (None, replace(CONTRACT.settlement, investor=None)):
        contract = replace(CONTRACT, settlement=settlement)
        made = investor_view(contract, shown=(), documents={}, paid=frozenset(), on=date(2026, 1, 1))
        assert type(made) is InvestorDates


def test_the_investor_of_few_sees_met_or_not_met_and_the_date_of_it():
    contract = example_contract("ballerup")
    shown = (
        ShownToInvestor("2020H1", "predicate", met=False, achieved=None, payable_minor=None),
        ShownToInvestor("2020H2", "predicate", met=True, achieved=None, payable_minor=None),
        ShownToInvestor("2020H2", "contract_total", met=True, achieved=4, payable_minor=1),
    )
    made = investor_view(contract, shown=shown, documents={"2020H2": 1}, paid=frozenset(), on=date(2026, 1, 1))
    last = next(window for window in contract.windows if window.label == "2020H2")
    assert made == InvestorDates(
        schema="investor-settlement/1",
        contract=AcceptedContract("ballerup", 1, contract.sha256),
        declared_dates=(DeclaredDate("2020H2", Template.PREDICATE, contract.freezes_on(last)),),
        predicates=(GoalOfWindow("2020H1", met=False), GoalOfWindow("2020H2", met=True)),
    )
