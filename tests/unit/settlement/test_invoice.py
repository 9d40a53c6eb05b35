"""An invoice and a credit note, element by element, and the schema's word on both."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors.settlement import SettlementMismatch
from gateway.outcomes.contract import Contract
from gateway.settlement.account import BillKind, BillLine
from gateway.settlement.invoice import BillEvidence, BillFacts, account_of, payable_minor, ubl
from gateway.settlement.invoice_check import NOT_VALIDATED, InvoiceCheck, check
from gateway.settlement.vat import bill_vat, vat_minor
from gateway.wording import formats
from tests.support.histories import example_contract

CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return example_contract("impact60")


def bill(*amounts: int, kind: BillKind = BillKind.INVOICE, refers_to: str = "") -> BillFacts:
    lines = tuple(BillLine("2019H1", f"weeks_{n}/window", "week", 10, value, value) for n, value in enumerate(amounts))
    evidence = (BillEvidence("urn:uuid:1", "a" * 64, "b" * 64),)
    return BillFacts(
        example_contract("impact60").payers[0],
        kind,
        "F-1",
        date(2026, 1, 2),
        date(2026, 2, 1),
        lines,
        refers_to,
        evidence,
    )


def made(contract: Contract, facts: BillFacts, **terms: object) -> bytes:
    """The bill of a contract to its first payer."""
    assert contract.settlement is not None
    facts = replace(facts, payer=contract.payers[0])
    return ubl(contract, replace(contract.settlement, **terms), facts, is_demo=True)


CASES = [
    bill(7_650_000),
    bill(7_650_005, -150_001),
    bill(0),
    bill(1),
    bill(-7_650_000, kind=BillKind.CREDIT_NOTE, refers_to="F-0"),
    bill(-2, 1, kind=BillKind.CREDIT_NOTE),
]


@pytest.mark.parametrize("facts", CASES, ids=lambda facts: f"{facts.kind} {facts.total_minor}")
def test_what_is_made_keeps_the_schema_and_the_rules_and_says_the_total(contract: Contract, facts: BillFacts):
    xml = made(contract, facts)
    assert check(xml).findings == ()
    assert payable_minor(xml) == facts.total_minor
    assert account_of(xml) == "5.58.81.001"


def test_the_check_finds_what_is_wrong(contract: Contract):
    """Positive control: the installed rules do say no."""
    xml = made(contract, bill(7_650_000))
    for broken in (
        xml.replace(b"<cbc:IssueDate>2026-01-02</cbc:IssueDate>", b""),
        xml.replace(b">76500.00</cbc:PayableAmount>", b">76600.00</cbc:PayableAmount>"),
    ):
        assert check(broken).findings


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"<Invoice>",
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>',
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]><x>&f;</x>',
        b"<a>" * 100 + b"</a>" * 100,
    ],
)
def test_a_document_that_somebody_wrote_into_the_database_is_read_warily(stored: bytes):
    for reads in (payable_minor, account_of):
        with pytest.raises(SettlementMismatch, match="its stored document cannot be read"):
            reads(stored)


def test_an_invoice_carries_what_the_municipality_routes_by_and_what_proves_it(contract: Contract):
    root = ET.fromstring(made(contract, bill(7_650_000)))
    endpoint = root.find(f"{CAC}AccountingCustomerParty/{CAC}Party/{CBC}EndpointID")
    assert endpoint is not None
    assert (endpoint.text, endpoint.get("schemeID")) == ("5799999008511", "0088")
    texts = {element.text for element in root.iter()}
    assert {"45000851", "Jobcenter, afregning", "impact60/1", "urn:uuid:1", f"sha256:{'b' * 64}"} <= texts
    assert root.findtext(f"{CBC}DueDate") == "2026-02-01"
    assert "DEMO" in (root.findtext(f"{CBC}Note") or "")


def test_a_credit_note_is_positive_and_names_the_invoice(contract: Contract):
    root = ET.fromstring(made(contract, bill(-150_005, kind=BillKind.CREDIT_NOTE, refers_to="F-0")))
    assert root.tag.endswith("}CreditNote")
    assert root.findtext(f"{CAC}BillingReference/{CAC}InvoiceDocumentReference/{CBC}ID") == "F-0"
    assert root.findtext(f"{CAC}LegalMonetaryTotal/{CBC}PayableAmount") == "1500.05"


@pytest.mark.parametrize(
    ("net", "before", "vat", "rounding"),
    [
        (400, 0, "1.00", None),
        (401, 0, "1.00", None),
        (402, 0, "1.01", None),  # half away from zero
        (403, 0, "1.01", None),
        (401, 401, "1.00", "0.01"),  # both together bear 2.01
        (402, 402, "1.01", "-0.01"),
        (1, 1, "0.00", "0.01"),
    ],
)
def test_any_amount_has_a_vat_and_bills_together_bear_that_of_their_sum(
    contract: Contract, net: int, before: int, vat: str, rounding: str | None
):
    xml = made(contract, replace(bill(net), before_minor=before), vat="25", vat_reason="")
    sums = ET.fromstring(xml)
    assert sums.findtext(f"{CAC}TaxTotal/{CBC}TaxAmount") == vat
    assert sums.findtext(f"{CAC}LegalMonetaryTotal/{CBC}PayableRoundingAmount") == rounding
    assert payable_minor(xml) == net + vat_minor(25, before + net) - vat_minor(25, before)
    assert check(xml).findings == ()


@given(st.lists(st.integers(-(10**12), 10**12), max_size=8), st.integers(0, 100))
def test_what_a_payer_is_asked_for_is_always_the_sum_and_its_rounded_vat(amounts: list[int], percent: int):
    asked = before = 0
    for net in amounts:
        tax = bill_vat(percent, before_minor=before, net_minor=net)
        assert abs(200 * tax.vat_minor - 2 * net * percent) <= 100  # at most half a minor unit off (BR-CO-17)
        assert abs(tax.rounding_minor) <= 1
        asked, before = asked + tax.payable_minor(net), before + net
    assert asked == before + vat_minor(percent, before)


def test_a_line_that_is_an_amount_alone_is_not_said_to_be_of_nothing(contract: Contract):
    facts = bill(500_000)
    facts = replace(facts, lines=tuple(replace(line, quantity=0) for line in facts.lines))
    said = ET.fromstring(made(contract, facts)).findtext(f".//{CAC}Item/{CBC}Description")
    assert said == "2019H1: beløb / amount"


def test_text_of_a_contract_is_text_in_the_invoice(contract: Contract):
    evil = "</cbc:BuyerReference><cbc:ID>&amp;"
    assert contract.settlement is not None
    [buyer] = contract.settlement.buyers
    xml = made(contract, bill(100), buyers=(replace(buyer, person_reference=evil),))
    assert ET.fromstring(xml).findtext(f"{CBC}BuyerReference") == evil


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "1234567"), ("KWD", "1234.567"), ("CHF", "12345.67")])
def test_a_bill_is_in_the_currency_of_the_contract(contract: Contract, currency: str, amount: str):
    xml = made(replace(contract, currency=currency), bill(1_234_567))
    root = ET.fromstring(xml)
    said = {one.text: one.get("currencyID") for one in root.iter() if one.get("currencyID")}
    assert said[amount] == currency
    assert set(said.values()) == {currency}
    assert root.findtext(f"{CBC}DocumentCurrencyCode") == currency
    assert payable_minor(xml) == 1_234_567


def test_amounts_are_written_without_a_float():
    values = {0: "0.00", 1: "0.01", -1: "-0.01", 150_005: "1500.05", 10**17 + 1: "1000000000000000.01"}
    assert {minor: formats.decimal(minor, formats.UNDIVIDED) for minor in values} == values


def test_where_no_rules_are_installed_it_says_so(contract: Contract, monkeypatch: pytest.MonkeyPatch):
    def missing(_name: str) -> None:
        raise ImportError

    monkeypatch.setattr("gateway.settlement.invoice_check.import_module", missing)
    found = check(made(contract, bill(100)))
    assert found == InvoiceCheck("", None)
    assert str(found) == NOT_VALIDATED
