"""Three pay one contract: each is billed its share to the øre, and nothing counts as paid before all have paid."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter
from sqlmodel import Session

from gateway.api.app import create_app
from gateway.documents.exports import HEAD, csv_bytes, rows, xlsx_bytes
from gateway.documents.statement_page import page
from gateway.errors.settlement import SettlementRefused
from gateway.installation.settings import utc_now
from gateway.outcomes.terms import apportion
from gateway.release import correction
from gateway.settlement import billing, paying, views
from gateway.settlement.forecast import accruals
from gateway.settlement.invoice import payable_minor
from gateway.settlement.invoice_check import check
from gateway.settlement.statement_view import SettlementStatement
from gateway.store.settlement_tables import Bill
from gateway.wording.views import as_json
from policies.terms import Role
from tests.functional.test_settle_commands import client, office
from tests.functional.test_settlement import PAYMENT, pull_less_income, statement, window
from tests.functional.test_traps import Clock
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality
from tests.support.payers import FUND, PARTS, REGION, SHARED
from tests.support.settling import INVESTOR, accept, officer, operator
from tests.support.simulated import simulated
from vocabulary.danish_days import danish_day

PAYERS = ("aalborg-kommune", REGION, FUND)


def three(folder: Path, *, clock: Callable[[], datetime] = utc_now) -> SimulatedMunicipality:
    """IMPACT60 paid by three, with two windows released."""
    made = simulated(
        folder,
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE,
        edits=(*SMALL_CONTRACT, *SHARED, ("price_minor = 150000 ", "price_minor = 150001 ")),
        clock=clock,
    )
    made.enrol()
    made.pull_all()
    town = SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)
    for label in ("2018H2", "2019H1"):
        town.release(label, *PAYMENT)
    return town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[SimulatedMunicipality]:
    made = three(tmp_path, clock=Clock(date(2030, 1, 1)))
    yield made
    made.gateway.store.dispose()


def bills_of(town: SimulatedMunicipality, label: str, *, number: str = "") -> list[Bill]:
    """Every payer's bill, asked for one after the other; the first question makes them all."""
    asked = [
        billing.request_payment(town.gateway, "impact60", label, number=number, payer=payer, as_party=operator(town))
        for payer in PAYERS
    ]
    assert [is_new for _, is_new in asked] == [True, False, False]
    return [bill for bill, _ in asked]


def pay(town: SimulatedMunicipality, bill: Bill) -> None:
    paying.approve(officer(town), "impact60", bill.number)
    today = danish_day(town.gateway.clock())
    paying.register_payment(officer(town), "impact60", bill.number, paid_on=today)


def test_each_payer_is_billed_its_share_and_only_when_all_have_paid_the_window_is_paid(town: SimulatedMunicipality):
    town.release("2019H1", "contract_total", "investor")
    due = window(town, "2019H1").due_minor
    assert due % sum(PARTS), "positive control: the amount does not divide"
    accept(town, "2019H1")
    bills = bills_of(town, "2019H1", number="F-7")
    assert [bill.number for bill in bills] == ["F-7/1", "F-7/2", "F-7/3"]
    assert tuple(bill.total_minor for bill in bills) == apportion(due, PARTS)
    assert [payable_minor(bill.xml) for bill in bills] == [bill.total_minor for bill in bills]
    assert all(check(bill.xml).findings == () for bill in bills)
    for bill, gln, order in zip(
        bills, ("5799999008511", "5799999001086", "5799999002007"), ("45000851", "66000001", "77000001"), strict=True
    ):
        texts = [element.text or "" for element in ET.fromstring(bill.xml).iter()]
        assert {gln, order} <= set(texts)
        assert any("andel / share" in text for text in texts)
    for paid, state in zip(bills, ("invoiced", "invoiced", "paid"), strict=True):
        assert not views.show_investor(town.gateway, "impact60", as_party=INVESTOR).windows[0].is_paid
        pay(town, paid)
        assert window(town, "2019H1").state == state
    seen = views.show_investor(town.gateway, "impact60", as_party=INVESTOR)
    assert (seen.windows[0].is_paid, seen.flow.repaid_minor) == (True, due)
    one = window(town, "2019H1")
    assert (one.invoiced_minor, one.paid_minor) == (due, due)
    assert [payer.paid_minor for payer in statement(town).payers] == [bill.total_minor for bill in bills]


@pytest.mark.long
def test_a_correction_gives_each_payer_a_credit_note_of_its_own_invoice(town: SimulatedMunicipality):
    accept(town, "2019H1")
    before = bills_of(town, "2019H1")
    for bill in before:
        pay(town, bill)
    pull_less_income(town, ("2019-05", "2019-06"))
    correction.correct(town.gateway, "impact60", "2019H1", reason="source_corrected")
    accept(town, "2019H1")
    credits = bills_of(town, "2019H1")
    assert {bill.kind for bill in credits} == {"credit_note"}
    assert [credit.refers_to for credit in credits] == [bill.number for bill in before]
    left = window(town, "2019H1").due_minor
    totals = tuple(old.total_minor + credit.total_minor for old, credit in zip(before, credits, strict=True))
    assert totals == apportion(left, PARTS), "what each was billed in all is its share of what stands"
    for credit in credits:
        pay(town, credit)
    assert window(town, "2019H1").state == "paid"


def test_a_bill_whose_share_was_changed_in_the_database_is_not_approved(town: SimulatedMunicipality):
    """The lines of all payers still add up: only the share itself is wrong."""
    accept(town, "2019H1")
    first, second, _ = bills_of(town, "2019H1")
    with Session(town.gateway.store.engine) as session:
        for bill, change in ((first, -1), (second, 1)):
            row = session.get(Bill, bill.id)
            assert row is not None
            row.lines = [{**line, "amount_minor": line["amount_minor"] + change} for line in row.lines]
            row.total_minor += change
            row.xml = row.xml.replace(_decimal(bill.total_minor), _decimal(bill.total_minor + change))
        session.commit()
    for bill in (first, second):
        checks = {one.name: one.holds for one in paying.show_sheet(officer(town), "impact60", bill.number).checks}
        assert [name for name, holds in checks.items() if not holds] == ["recalculated"]


def _decimal(minor: int) -> bytes:
    return f"{minor // 100}.{minor % 100:02}".encode()


def test_statement_spreadsheet_and_budget_show_shares_that_add_up(town: SimulatedMunicipality):
    made = statement(town)
    TypeAdapter(SettlementStatement).validate_python(as_json(made))
    due = made.cumulative.due_minor
    assert tuple(payer.due_minor for payer in made.payers) == apportion(due, PARTS)
    for one in made.windows:
        for line in one.lines:
            assert sum(share.amount_minor for share in line.shares) == line.amount_minor
    table = list(csv.DictReader(io.StringIO(csv_bytes(HEAD, rows(made)).decode("utf-8-sig")), delimiter=";"))
    assert len(table) == len(PAYERS) * sum(len(one.lines) for one in made.windows)
    of_payer = {payer: [row for row in table if row["payer"] == payer] for payer in PAYERS}
    sums = tuple(sum(int(row["amount_minor"]) for row in of_payer[payer]) for payer in PAYERS)
    assert sums == apportion(due, PARTS)
    assert {row["gln"] for row in of_payer[REGION]} == {"5799999001086"}
    assert xlsx_bytes(HEAD, rows(made), title="x", on=date(2030, 1, 1))[:2] == b"PK"
    written = page(made)
    assert all(text in written for text in ("Hvem betaler hvad", "Region Nordjylland", "2/7", "66000001"))
    budget = accruals(town.gateway, "impact60")
    expected = sum(one.expected_minor for one in budget.windows)
    assert sum(one.own_minor for one in budget.windows) == apportion(expected, PARTS)[0]
    assert sum(own for _, own, _ in budget.by_year) == apportion(expected, PARTS)[0]
    assert sum(whole for _, _, whole in budget.by_year) == expected


def test_over_http_and_at_the_desk_each_payers_invoice_is_asked_for_by_organisation(tmp_path: Path):
    town = three(tmp_path)  # the command line reads the machine's clock
    accept(town, "2019H1")
    app = client(town, "fokus-app", "fokus-folkeoplysning", Role.OPERATOR)
    with TestClient(create_app(town.gateway)) as api:
        where = "/contracts/impact60/windows/2019H1/invoice"
        own = api.post(f"{where}?number=F-1", headers=app.headers(api))
        regions = api.post(f"{where}?payer={REGION}", headers=app.headers(api))
        assert own.status_code == regions.status_code == 200
        assert [ET.fromstring(one.content).findtext("{*}ID") for one in (own, regions)] == ["F-1/1", "F-1/2"]
        refused = api.post(f"{where}?payer=den-sociale-kapitalfond", headers=app.headers(api))
        assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "settlement-refused")
    ran = office(town, "invoice", "impact60", "2019H1", "--payer", FUND, "--out", "fund.xml")
    assert "handed out again: invoice F-1/3, " in ran.text
    assert f"to be paid by {FUND}" in ran.text
    assert "Statens Fond bears 1/7: " in office(town, "state", "impact60").text
    assert "own share" in office(town, "accruals", "impact60").text
    assert "1/7" in office(town, "sheet", "impact60", "F-1/3", "--out", "ark.html").text + (
        town.folder / "ark.html"
    ).read_text("utf-8")
    with pytest.raises(SettlementRefused, match=f"these do: aalborg-kommune, {REGION}, {FUND}"):
        billing.request_payment(town.gateway, "impact60", "2019H1", payer="nobody")
