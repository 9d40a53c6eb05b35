"""A price by payer goes the whole way: documents, statement, bills, sheet, budget and audit say it to the øre."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import Session, select

from gateway.documents.statement_page import page
from gateway.events.audit import CommitmentsRecomputed
from gateway.oversight.audit.recomputing import Recomputed, recompute
from gateway.release import correction
from gateway.settlement import billing, paying
from gateway.settlement.forecast import accruals
from gateway.settlement.invoice import payable_minor
from gateway.settlement.invoice_check import check
from gateway.store.log_tables import LogEntry
from gateway.store.settlement_tables import Bill
from gateway.store.tables import ReleaseRow
from outcome_verifier import canonical
from outcome_verifier.claims import check_figures
from tests.functional.test_settlement import PAYMENT, pull_less_income, statement
from tests.functional.test_traps import Clock
from tests.support.auditing import AUDITOR, appoint
from tests.support.command_line import run_program
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality
from tests.support.payers import FUND, PARTS, REGION, SHARED
from tests.support.settling import accept, officer, operator
from tests.support.simulated import Edit, acting, simulated

PAYERS = ("aalborg-kommune", REGION, FUND)
PRICES = (90_000, 60_001, 0)
SAID = ", ".join(f"{payer} = {price}" for payer, price in zip(PAYERS, PRICES, strict=True))
BY_PAYER: tuple[Edit, ...] = (
    *((f"share_parts = {part}\n", "") for part in PARTS),
    ("price_minor = 150000   # 1,500.00 kr. a week", f"price_by_payer = {{ {SAID} }}"),
)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[SimulatedMunicipality]:
    made = simulated(
        tmp_path,
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE,
        edits=(*SMALL_CONTRACT, *SHARED, *BY_PAYER),
        clock=Clock(date(2030, 1, 1)),
    )
    made.enrol()
    made.pull_all()
    town = SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)
    for label in ("2018H2", "2019H1"):
        town.release(label, *PAYMENT)
    yield town
    town.gateway.store.dispose()


def weeks(town: SimulatedMunicipality) -> list[int]:
    return [sum(line["quantity"] for line in row.due) for row in sorted(town.rows(), key=lambda row: row.window)]


def test_every_document_says_what_each_payer_owes_and_the_verifier_reads_it(town: SimulatedMunicipality):
    shown = [town.verified(town.release(label, *PAYMENT).bundle).shown for label in ("2018H2", "2019H1")]
    for quantity, one in zip(weeks(town), shown, strict=True):
        owed = [{"organisation": p, "amount_minor": quantity * price} for p, price in zip(PAYERS, PRICES, strict=True)]
        assert one["payers"] == owed
        assert one["payable"]["amount_minor"] == quantity * sum(PRICES)
    assert weeks(town)[1] > 0, "positive control"


def test_each_payer_is_billed_its_own_price_of_each_week_and_gets_it_back_by_a_correction(town: SimulatedMunicipality):
    accept(town, "2018H2")
    accept(town, "2019H1")
    before = dict(zip(("2018H2", "2019H1"), weeks(town), strict=True))
    bills = bills_of(town, "2019H1")
    assert [bill.total_minor for bill in bills] == [before["2019H1"] * price for price in PRICES]
    assert [payable_minor(bill.xml) for bill in bills] == [bill.total_minor for bill in bills]
    assert all(check(bill.xml).findings == () for bill in bills)
    assert b"pris / price 600.01 af / of 1500.01" in bills[1].xml
    made = paying.show_sheet(officer(town), "impact60", bills[1].number)
    assert all(one.holds for one in made.checks)
    assert (made.share.parts, made.share.of_parts) == (60_001, 150_001)
    pull_less_income(town, ("2019-05", "2019-06"))
    correction.correct(town.gateway, "impact60", "2019H1", reason="source_corrected")
    now = town.verified(town.release("2019H1", *PAYMENT).bundle).shown
    left = sum(line["quantity"] for line in now["lines"])
    assert [one["amount_minor"] for one in now["payers"]] == [left * price for price in PRICES]
    accept(town, "2019H1")
    credits = bills_of(town, "2019H1")
    assert left < before["2019H1"], "positive control: something goes back"
    assert [bill.total_minor for bill in credits] == [(left - before["2019H1"]) * price for price in PRICES]


def bills_of(town: SimulatedMunicipality, label: str) -> list[Bill]:
    return [
        billing.request_payment(town.gateway, "impact60", label, payer=payer, as_party=operator(town))[0]
        for payer in PAYERS
    ]


def test_statement_and_budget_say_it(town: SimulatedMunicipality):
    made, counted = statement(town), sum(weeks(town))
    assert [payer.due_minor for payer in made.payers] == [counted * price for price in PRICES]
    assert [payer.prices[0].price_minor for payer in made.payers] == list(PRICES)
    for window in made.windows:
        for line in window.lines:
            assert [share.amount_minor for share in line.shares] == [line.quantity * price for price in PRICES]
    written = page(made)
    assert "600,01" in written
    assert "/7" not in written
    budget = accruals(town.gateway, "impact60")
    expected = sum(one.expected_minor for one in budget.windows)
    assert sum(one.own_minor for one in budget.windows) * sum(PRICES) == expected * PRICES[0]


def test_an_auditor_computes_the_payers_parts_again_and_sees_what_was_changed(town: SimulatedMunicipality):
    appoint(town)
    auditor = acting(town.gateway, AUDITOR)
    found = recompute(auditor, "impact60", "2019H1", *PAYMENT)
    assert (found.inputs, found.payers) == (Recomputed.SAME, Recomputed.SAME)
    with town.gateway.store.read() as session:
        bodies = [
            json.loads(row.body) for row in session.exec(select(LogEntry)) if row.kind == CommitmentsRecomputed.kind
        ]
    assert [one["payers"] for one in bodies] == ["same"]
    _move_an_oere(town, "2019H1")
    assert recompute(auditor, "impact60", "2019H1", *PAYMENT).payers is Recomputed.DIFFERS


def _move_an_oere(town: SimulatedMunicipality, window: str) -> None:
    """From one payer to the other, in the stored draft."""
    with Session(town.gateway.store.engine) as session:
        row = next(one for one in session.exec(select(ReleaseRow)) if one.window == window)
        draft = canonical.loads(row.draft)
        first, second, _ = draft["disclosable"]["payers"]
        first["amount_minor"] += 1
        second["amount_minor"] -= 1
        row.draft = canonical.dumps(draft)
        session.add(row)
        session.commit()


def test_a_bundle_whose_parts_do_not_add_up_is_refused(town: SimulatedMunicipality):
    row = town.rows()[0]
    draft = canonical.loads(row.draft)["disclosable"]
    check_figures(draft)
    draft["payers"][0]["amount_minor"] += 1
    with pytest.raises(ValueError, match="the payers' parts do not add up"):
        check_figures(draft)


def test_the_small_verifier_prints_each_part(town: SimulatedMunicipality, tmp_path: Path):
    bundle, trust = tmp_path / "x.bundle.json", tmp_path / "TRUST.json"
    bundle.write_bytes(town.release("2019H1", *PAYMENT).bundle)
    trust.write_bytes(town.gateway.trust_file())
    ran = run_program("verify-outcome", bundle, "--trust", trust, "--at", "2030-01-01T12:00:00+00:00")
    assert ran.code == 0, ran.text
    assert f"of {REGION}" in ran.text
