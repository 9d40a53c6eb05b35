"""The municipality delivers itself: whoever lent is told, acknowledges and is repaid, and nobody is sent an invoice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from gateway.api.app import create_app
from gateway.documents.annexes.whole import annexes
from gateway.documents.leaflet import leaflet, letter
from gateway.documents.sheet_page import page as sheet_page
from gateway.documents.statement_page import page as statement_page
from gateway.errors.oversight import ActsOnOtherSide
from gateway.errors.rights import OwnCase
from gateway.evaluation import manual_evidence
from gateway.evaluation.manual_evidence import EvidenceDocument
from gateway.outcomes.manual_evidence import EvidenceType
from gateway.outcomes.terms import apportion
from gateway.oversight.audit import sampling
from gateway.oversight.audit.recomputing import Recomputed, recompute
from gateway.release import correction, releasing
from gateway.rights.people import Channel, NewRecord, Who, begin, end
from gateway.settlement import acknowledging, paying, views
from gateway.settlement.account import BillKind
from gateway.settlement.invoice import CBC, payable_minor
from gateway.settlement.statement_view import PaidCreditor, SettlementStatement
from gateway.store.tables import Subject
from policies.basis import MistakeReason, RecordKind
from policies.errors import PolicyDenied, ProgrammeInvalid
from policies.terms import Role
from tests.functional.test_settle_commands import client
from tests.functional.test_settlement import pull_less_income
from tests.functional.test_traps import Clock
from tests.support.auditing import AUDITOR, NONCE
from tests.support.command_line import run_program
from tests.support.municipality import SimulatedMunicipality
from tests.support.payers import FUND
from tests.support.self_delivery import (
    AUDITS,
    DELIVERER,
    DELIVERS,
    DOCUMENTS,
    DOCUMENTS_GRANTED,
    INVESTOR,
    LENDER,
    PARTS,
    PAYMENT,
    TWO,
    TWO_GRANTED,
    accept,
    papers_of,
    self_delivering,
    stated,
)
from tests.support.settling import officer
from tests.support.simulated import acting
from vocabulary.danish_days import danish_day
from vocabulary.weeks import Week

CASE = Role.CASE_WORKER


@pytest.fixture
def town(tmp_path: Path) -> Iterator[SimulatedMunicipality]:
    made = self_delivering(tmp_path, Clock(date(2030, 1, 1)))
    yield made
    made.gateway.store.dispose()


def test_from_a_file_to_a_verified_bundle_and_a_repayment(town: SimulatedMunicipality, tmp_path: Path):
    town.release("2018H2", *PAYMENT)
    town.release("2019H1", "contract_total", "investor")
    bundle = town.release("2019H1", *PAYMENT).bundle
    claims = town.verified(bundle).claims
    assert claims["operator"] == {"name": "Aalborg Kommune"}
    file, trust = tmp_path / "x.bundle.json", tmp_path / "TRUST.json"
    file.write_bytes(bundle)
    trust.write_bytes(town.gateway.trust_file())
    ran = run_program("verify-outcome", file, "--trust", trust, "--at", "2030-01-01T12:00:00+00:00")
    assert ran.code == 0, ran.text
    assert "pays whoever lent: repayment of a conditional grant" in ran.text

    accept(town, "2018H2")
    accept(town, "2019H1")
    bill = stated(town.gateway, "2019H1")
    assert bill.kind == BillKind.REPAYMENT
    root = ET.fromstring(bill.xml)
    assert root.tag.endswith("RepaymentStatement")
    due = next(one.due_minor for one in _statement(town).windows if one.window == "2019H1")
    assert payable_minor(bill.xml) == bill.total_minor == due > 0
    parts = list(root.iter(f"{{{CBC}}}InvestorAmount"))
    assert [(one.get("organisation"), one.text) for one in parts] == [(LENDER, f"{due // 100}.{due % 100:02}")]
    paying.approve(officer(town), "impact60", bill.number)
    paying.register_payment(officer(town), "impact60", bill.number, paid_on=danish_day(town.gateway.clock()))
    read = _statement(town)
    assert read.creditor == PaidCreditor("investor", "Den Sociale Kapitalfond", "")
    assert read.cumulative.paid_minor == due
    assert views.show_investor(town.gateway, "impact60", as_party=INVESTOR).flow.repaid_minor == due


def test_what_a_correction_takes_back_is_a_statement_below_zero(town: SimulatedMunicipality):
    town.release("2018H2", *PAYMENT)
    town.release("2019H1", *PAYMENT)
    accept(town, "2018H2")
    accept(town, "2019H1")
    first = stated(town.gateway, "2019H1")
    paying.approve(officer(town), "impact60", first.number)
    paying.register_payment(officer(town), "impact60", first.number, paid_on=danish_day(town.gateway.clock()))
    pull_less_income(town, ("2019-05", "2019-06"))
    correction.correct(town.gateway, "impact60", "2019H1", reason="source_corrected")
    accept(town, "2019H1")
    second = stated(town.gateway, "2019H1")
    assert (second.kind, second.total_minor < 0) == (BillKind.REPAYMENT, True)
    [part] = ET.fromstring(second.xml).iter(f"{{{CBC}}}InvestorAmount")
    assert payable_minor(second.xml) == second.total_minor == -int((part.text or "").strip("-").replace(".", ""))


def test_whoever_lent_acknowledges_or_nothing_is_repaid(town: SimulatedMunicipality):
    for label in ("2018H2", "2019H1"):
        town.release(label, *PAYMENT)
    acknowledging.acknowledge(officer(town), "impact60", "2019H1")
    with pytest.raises(PolicyDenied):
        stated(town.gateway, "2019H1")


def test_whoever_delivers_does_nothing_else(town: SimulatedMunicipality, tmp_path: Path):
    with pytest.raises(ActsOnOtherSide):
        releasing.release(acting(town.gateway, DELIVERS), "impact60", "2019H1", *PAYMENT)
    again = (f'staff = "{DELIVERS}"\nrole = "operator"', 'staff = "clara"\nrole = "operator"')
    with pytest.raises(ProgrammeInvalid, match="delivers or lends for the controller, and has another appointment"):
        self_delivering(tmp_path / "again", Clock(date(2030, 1, 1)), programme_edits=(again,))


@pytest.mark.parametrize(("left_out", "said"), [(AUDITS, "must name an auditor"), (DELIVERER, "must name as operator")])
def test_without_an_auditor_or_a_deliverer_nothing_is_approved(tmp_path: Path, left_out: str, said: str):
    with pytest.raises(ProgrammeInvalid, match=said):
        self_delivering(tmp_path, Clock(date(2030, 1, 1)), programme_edits=((left_out, ""),))


@pytest.mark.parametrize(
    "exited",
    [
        NewRecord(RecordKind.EXIT, Channel.MEETING),
        NewRecord(RecordKind.MISTAKE, Channel.MEETING, reason=MistakeReason.NOT_ASKED),
    ],
    ids=["an exit", "a mistake"],
)
def test_nobody_decides_in_a_case_of_their_own(tmp_path: Path, exited: NewRecord):
    town = self_delivering(tmp_path, Clock(date(2030, 1, 1)), edits=DOCUMENTS, programme_edits=DOCUMENTS_GRANTED)
    gateway = town.gateway
    with gateway.store.read() as session:
        own, other = session.exec(select(Subject.case_reference).order_by(Subject.case_reference)).all()[:2]
    week = Week.parse("2019-W10")
    document = EvidenceDocument(EvidenceType.SELF_EMPLOYED, week, week, date(2020, 12, 31), "ab" * 32)
    clara, carla = acting(gateway, "clara"), acting(gateway, "carla")
    made = manual_evidence.register(clara, "impact60", own, document, role=CASE)
    with pytest.raises(PolicyDenied):
        manual_evidence.confirm(clara, made, role=CASE)
    manual_evidence.confirm(carla, made, role=CASE)
    with pytest.raises(OwnCase):
        begin(clara, "impact60", Who(case_reference=own), exited, role=CASE)
    begin(clara, "impact60", Who(case_reference=other), exited, role=CASE)
    record = begin(carla, "impact60", Who(case_reference=own), exited, role=CASE).record
    with pytest.raises(OwnCase):
        end(clara, "impact60", record, channel=Channel.MEETING, role=CASE)
    with pytest.raises(OwnCase):
        correction.correct(clara, "impact60", "2018H2", reason="source_corrected")


def test_every_paper_says_who_delivers_and_speaks_of_no_invoice(town: SimulatedMunicipality):
    contract, programme, contact = papers_of(town)
    for paper in (leaflet, letter):
        text = paper(contract, programme, contact, on=date(2019, 1, 1))
        assert "Du er henvist til en indsats hos Aalborg Kommune selv. Den Sociale Kapitalfond har lagt penge" in text
    whole = str(annexes(contract, programme, fingerprint="", on=date(2019, 1, 1)))
    assert "Tilbagebetaling og frister" in whole
    for label in ("2018H2", "2019H1"):
        town.release(label, *PAYMENT)
        accept(town, label)
    bill = stated(town.gateway, "2019H1")
    sheet = sheet_page(paying.approve(officer(town), "impact60", bill.number))
    assert "Den Sociale Kapitalfond" in sheet
    statement = statement_page(_statement(town))
    assert "Tilbagebetaling af betinget tilskud" in statement
    for text in (leaflet(contract, programme, contact, on=date(2019, 1, 1)), whole, sheet, statement):
        assert "FOKUS" not in text
    assert [word for word in ("Leverandør", "leverandør") if word in statement + whole] == []
    assert [word for word in ("Til fakturaen", "Faktura fra") if word in statement + whole] == []


def test_the_auditor_draws_and_computes_again_what_the_investor_was_given(town: SimulatedMunicipality):
    for label in ("2018H2", "2019H1"):
        town.release(label, *PAYMENT)
    auditor = acting(town.gateway, AUDITOR)
    drawn = sampling.draw(auditor, "impact60", "2019H1", *PAYMENT, size=4, nonce=NONCE)
    assert drawn.is_new
    found = recompute(auditor, "impact60", "2019H1", *PAYMENT)
    assert (found.inputs, found.payers) == (Recomputed.SAME, None)  # one payer: nothing was divided


def test_over_http_the_investor_reads_the_statement_and_acknowledges(town: SimulatedMunicipality):
    town.release("2018H2", *PAYMENT)
    app = client(town, "fund-app", LENDER, Role.INVESTOR)
    with TestClient(create_app(town.gateway)) as api:
        read = api.get("/contracts/impact60/settlement", headers=app.headers(api))
        assert read.status_code == 200, read.text
        assert read.json()["creditor"] == {"role": "investor", "name": "Den Sociale Kapitalfond", "cvr": ""}


def test_of_several_who_lent_each_gets_its_part(tmp_path: Path):
    town = self_delivering(tmp_path, Clock(date(2030, 1, 1)), edits=TWO, programme_edits=TWO_GRANTED)
    for label in ("2018H2", "2019H1"):
        town.release(label, *PAYMENT)
        accept(town, label)
    bill = stated(town.gateway, "2019H1")
    parts = [(one.get("organisation"), one.text) for one in ET.fromstring(bill.xml).iter(f"{{{CBC}}}InvestorAmount")]
    divided = apportion(bill.total_minor, PARTS)
    assert parts == [
        (one, f"{minor // 100}.{minor % 100:02}") for one, minor in zip((LENDER, FUND), divided, strict=True)
    ]
    assert _statement(town).creditor.name == "Den Sociale Kapitalfond og Statens Fond"


def _statement(town: SimulatedMunicipality) -> SettlementStatement:
    made = views.show_settlement(town.gateway, "impact60", as_party=INVESTOR)
    assert isinstance(made, SettlementStatement)
    return made
