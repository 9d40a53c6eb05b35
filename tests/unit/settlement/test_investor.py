"""What an investor sees of the money follows from what was paid, and a goal that was reached stays reached."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gateway.outcomes.settlement_terms import Draw, InvestorTerms
from gateway.settlement.investor import InvestorSettlement, ShownToInvestor, investor_view
from tests.support.histories import example_contract

TERMS = InvestorTerms("repaid_then_capped", (Draw(date(2018, 1, 1), 10_000_000),), 5_000_000)


def seen(*totals: ShownToInvestor, paid: set[str]) -> InvestorSettlement:
    contract = example_contract("impact60")
    assert contract.settlement is not None
    contract = replace(contract, settlement=replace(contract.settlement, investor=TERMS))
    documents = {one.window: one.payable_minor or 0 for one in totals}
    made = investor_view(contract, shown=totals, documents=documents, paid=frozenset(paid), on=date(2026, 1, 1))
    assert isinstance(made, InvestorSettlement)
    return made


def test_the_return_does_not_drop_when_a_later_total_is_released_and_not_paid():
    first = ShownToInvestor("2019H1", "contract_total", met=True, achieved=60, payable_minor=13_000_000)
    later = ShownToInvestor("2019H2", "contract_total", met=False, achieved=58, payable_minor=1_000_000)
    before = seen(first, paid={"2019H1"}).flow
    assert (before.repaid_minor, before.return_minor) == (10_000_000, 3_000_000)
    assert seen(first, later, paid={"2019H1"}).flow == before
    assert seen(first, later, paid={"2019H1", "2019H2"}).flow.return_minor == 4_000_000


def test_before_the_goal_there_is_no_return():
    first = ShownToInvestor("2019H1", "contract_total", met=False, achieved=58, payable_minor=13_000_000)
    flow = seen(first, paid={"2019H1"}).flow
    assert (flow.return_minor, flow.beyond_minor) == (0, 3_000_000)
