"""What is paid is told too: an investor's cash and bills are figures of its view, and a payer's bill is exact."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from gateway.attestations.calendar_audit import audit_contract, findings_of
from gateway.attestations.exact_figures import exact_figures
from gateway.outcomes.calendar import calendar_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from policies.calendar import views
from tests.attacks.outsider import texts
from vocabulary.errors import DeclarationInvalid
from vocabulary.releases import Recipient, Template

BEGIN = date(2019, 12, 30)  # the Monday of 2020-W01
OPERATOR_ALONE = texts.release("contract_total", ["operator"])
FOLD = 'fold = "blocks"\nfold_at_most = 2\nfold_cost = "investor"\n'


def contract_of(
    *,
    payer: str = "investor",
    totals: str = "",
    disclosure: str = "",
    size: int = 30,
    bills: str = "",
    weeks: int = 2,
    price: str = "",
) -> Contract:
    """30 people who begin in two weeks and count in four from then on: the last window is about the later alone."""
    text = texts.contract(
        texts.measure("weeks", ["fleksjob", "education"], "weeks_from_enrolment = 4"),
        price or texts.price("m"),
        texts.windows("2020-W01", [2, 2, 2]),
        start=BEGIN,
        end=BEGIN + timedelta(days=7 * weeks - 1),
        size=size,
        totals=totals,
        disclosure=disclosure,
    )
    if payer:
        share = f'[[payers]]\norganisation = "{payer}"\nname = "Who pays"\nshare_parts = 1\n\n[cohort]\n'
        text = text.replace("[cohort]\n", share).replace('code = "851"\n', 'code = "851"\nshare_parts = 2\n')
    if bills:
        text = text.replace(texts.release("payment_document", ["operator"]), bills)
    return load_contract(text.encode(), file="shared.toml")


def refusal_of(contract: Contract) -> str:
    with pytest.raises(DeclarationInvalid) as refused:
        audit_contract(contract)
    return str(refused.value)


def test_an_investor_that_is_shown_nothing_but_its_bills_is_told_by_them():
    said = refusal_of(contract_of(totals=OPERATOR_ALONE))
    assert "windows w3; figures bill: quantity of m" in said
    assert "seen by investor; about 1 person" in said
    assert said.endswith("leave investor out of [[payers]]")
    audit_contract(contract_of(totals=OPERATOR_ALONE, payer=""))
    audit_contract(contract_of(totals=OPERATOR_ALONE, payer="fund"))
    of_fund, of_nobody = (refusal_of(contract_of(payer=payer)).partition("releases")[2] for payer in ("fund", ""))
    assert of_fund == of_nobody, "its bills say no more"


def test_bills_come_on_time_so_that_no_block_helps_where_they_isolate():
    assert "bill: " in refusal_of(contract_of(disclosure=FOLD))
    assert audit_contract(contract_of(disclosure=FOLD, payer="fund")).worst is not None
    once = texts.release("payment_document", ["operator"], ["w1"])
    billed = audit_contract(contract_of(disclosure=FOLD, bills=once))
    assert billed.worst is not None
    assert billed.worst.ends == ("w1", "w3")


def test_what_passes_without_the_bills_is_said_beside_leaving_them_out():
    said = refusal_of(contract_of())
    alone = "leave investor out of [[payers]] and "
    assert f"{alone}plan no contract_total for investor in w3, or {alone}say fold = " in said


def test_where_everybody_can_change_every_bill_a_share_tells_nothing_of_anybody():
    contract = contract_of(weeks=1)
    assert audit_contract(contract).smallest[("investor",)] == 30
    shown = {view.roles: view.documents for view in views(calendar_of(contract), {})}
    assert shown[("investor",)] == shown[("operator",)] == ("w1", "w2", "w3")
    bills = [one for one in exact_figures(contract) if one.figure.name == "bill: payable"]
    assert {(one.release.recipient, one.is_free) for one in bills} == {(Recipient.INVESTOR, False)}


def test_a_group_below_k_cohort_may_bill_its_investor_once():
    """Whatever it tells of so few: the text allows one amount."""
    once = texts.release("payment_document", ["operator"], ["w3"])
    small = contract_of(size=10, totals=texts.release("contract_total", [], []), bills=once)
    assert findings_of(small)[0] == []
    with pytest.raises(DeclarationInvalid, match="calendar-tied"):
        contract_of(size=10, totals=texts.release("contract_total", [], []))


def test_prices_by_state_are_for_no_investor_that_bears_a_share():
    price = texts.price("m", {"fleksjob": 1, "education": 2})
    contract_of(weeks=1, totals=OPERATOR_ALONE, price=price, payer="fund")
    with pytest.raises(DeclarationInvalid, match=r"calendar-prices; windows w1, w2, w3; .* bear no share"):
        contract_of(weeks=1, totals=OPERATOR_ALONE, price=price)


def test_cash_is_what_a_total_shows_and_nothing_in_between():
    contract = contract_of(payer="")
    figures = [one for one in exact_figures(contract, [0, 2]) if one.figure.name in ("cash", "payable")]
    told = [one.figure for one in figures if one.release.template is Template.CONTRACT_TOTAL]
    names = [("payable", "w1"), ("cash", "w1"), ("payable", "w3"), ("cash", "w3")]
    assert [(one.name, one.window) for one in told] == names
    assert [told[0].parts, told[2].parts] == [told[1].parts, told[3].parts]
    assert {one.release.recipient for one in figures if one.figure.name == "cash"} == {Recipient.INVESTOR}
