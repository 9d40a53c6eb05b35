"""From a released payment document to a payment, for both bonds and on both databases, told as it happens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import text
from sqlmodel import select

from gateway.errors.settlement import SettlementMismatch, SettlementRefused
from gateway.intake import pulling
from gateway.jobs.doctor import examine_opened
from gateway.oversight import advice
from gateway.oversight import log_reading as oversight
from gateway.release import correction
from gateway.settlement import acknowledging, billing, paying, views
from gateway.settlement.acknowledging import DisputeOutcome
from gateway.settlement.forecast import accruals
from gateway.settlement.investor import InvestorWindow
from gateway.settlement.invoice import payable_minor
from gateway.settlement.invoice_check import check
from gateway.settlement.statement_view import ExpectedNext, NextStep, SettlementStatement, StatementWindow
from gateway.store.log_tables import LogEntry
from gateway.wording.views import as_json
from policies.errors import PolicyDenied
from tests.functional.test_traps import Clock
from tests.support.municipality import (
    EXTRACT_PEOPLE,
    SMALL_CONTRACT,
    SMALL_COURSE,
    SimulatedMunicipality,
    built,
    ready,
)
from tests.support.settling import INVESTOR, accept, answer, contest, invoiced, officer, operator, settle
from tests.support.simulated import Municipality, acting, simulated

PAYMENT = ("payment_document", "operator")
WEEKS = "weeks_in_work_or_education"


def statement(town: Municipality) -> SettlementStatement:
    return views.show_statement(town.gateway, town.contract, as_party=operator(town))


def window(town: Municipality, label: str) -> StatementWindow:
    return next(one for one in statement(town).windows if one.window == label)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[SimulatedMunicipality]:
    """IMPACT60 with its first three windows released, of which the first is worth nothing."""
    made = with_documents(ready(tmp_path))
    yield made
    made.gateway.store.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SimulatedMunicipality]:
    """The same, once on each kind of database."""
    if request.param == "sqlite":
        made = ready(tmp_path)
    else:
        made = built(tmp_path, database_url=request.getfixturevalue("empty_postgres_url"))
        made.enrol()
        made.pull_all()
    yield with_documents(made)
    made.gateway.store.dispose()


def with_documents(town: SimulatedMunicipality) -> SimulatedMunicipality:
    for label in ("2018H2", "2019H1", "2019H2"):
        town.release(label, *PAYMENT)
    return town


def test_from_a_payment_document_to_a_payment(on_both: SimulatedMunicipality):
    town = on_both
    assert [one.state for one in statement(town).windows] == ["released"] * 3 + ["frozen"] * 2 + ["accruing"]
    due = window(town, "2019H1").due_minor
    assert due > 0
    accept(town, "2019H1")
    assert window(town, "2019H1").state == "acknowledged"
    bill = invoiced(town, "2019H1")
    assert (bill.kind, bill.total_minor, payable_minor(bill.xml)) == ("invoice", due, due)
    assert check(bill.xml).findings == ()
    assert window(town, "2019H1").state == "invoiced"
    made = paying.approve(officer(town), "impact60", bill.number)
    assert [one.name for one in made.checks if not one.holds] == []
    assert len(made.checks) == 7
    paying.register_payment(officer(town), "impact60", bill.number, paid_on=bill.issued_on)
    one = window(town, "2019H1")
    assert (one.state, one.paid_minor, one.next) == ("paid", due, None)
    assert window(town, "2019H2").state == "released"
    oversight.verify_logs(town.gateway)


def test_the_statement_carries_what_an_invoice_needs_and_adds_up(town: SimulatedMunicipality):
    made = statement(town)
    [payer] = made.payers
    assert as_json(payer) == {
        "organisation": "aalborg-kommune",
        "name": "Aalborg Kommune",
        "share_parts": 1,
        "of_parts": 1,
        "prices": [],
        "cvr": "99990007",
        "gln": "5799999008511",
        "order_number": "45000851",
        "person_reference": "Jobcenter, afregning",
        "account": "5.58.81.001",
        "due_minor": made.cumulative.due_minor,
        "invoiced_minor": 0,
        "paid_minor": 0,
    }
    documents = {row.window: sum(line["amount_minor"] for line in row.due) for row in town.rows()}
    assert {one.window: one.due_minor for one in made.windows if one.document} == documents
    assert made.cumulative.due_minor == sum(documents.values())
    [tariff] = made.cumulative.tariffs
    assert tariff.due_minor == tariff.quantity * 150_000
    assert not tariff.cap_reached
    assert made.windows[0].document.rules_sha256 == made.contract.rules_sha256
    assert made.windows[0].next.what == "acknowledge_or_dispute"
    assert made.windows[3].next == ExpectedNext(
        NextStep.PAYMENT_DOCUMENT, date(2020, 8, 27), "after the sources are complete"
    )


def test_whoever_asked_does_not_approve_and_nothing_is_approved_or_paid_twice(on_both: SimulatedMunicipality):
    town = on_both
    accept(town, "2019H1")
    clerk = acting(town.gateway, "clerk")
    bill, _ = billing.request_payment(clerk, "impact60", "2019H1")
    for use_case in (
        lambda who: paying.approve(who, "impact60", bill.number),
        lambda who: paying.register_payment(who, "impact60", bill.number, paid_on=bill.issued_on),
    ):
        with pytest.raises(PolicyDenied) as refused:
            use_case(clerk)
        assert "P64-second-person" in refused.value.decision.rule_ids
    with pytest.raises(SettlementRefused, match="not-approved"):
        paying.register_payment(officer(town), "impact60", bill.number, paid_on=bill.issued_on)
    paying.approve(officer(town), "impact60", bill.number)
    with pytest.raises(PolicyDenied) as refused:
        paying.approve(officer(town), "impact60", bill.number)
    assert refused.value.decision.rule_ids == ("P79-once",)
    paying.register_payment(officer(town), "impact60", bill.number, paid_on=bill.issued_on)
    with pytest.raises(PolicyDenied) as refused:
        paying.register_payment(officer(town), "impact60", bill.number, paid_on=bill.issued_on)
    assert refused.value.decision.rule_ids == ("P79-once",)


@pytest.fixture
def priced_twice(tmp_path: Path) -> SimulatedMunicipality:
    """IMPACT60 with a price on people as well, so that a payment document has two lines."""
    priced = '[[tariffs]]\nid = "people"\nkind = "price"\nof = "self_support_full_or_partial"\nprice_minor = 1000000\n'
    people = ('[[windows]]\nlabel = "2018H2"', f'{priced}\n[[windows]]\nlabel = "2018H2"')
    made = simulated(
        tmp_path,
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE,
        edits=(*SMALL_CONTRACT, people),
        clock=Clock(date(2030, 1, 1)),
    )
    made.enrol()
    made.pull_all()
    town = SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)
    for label in ("2018H2", "2019H1", "2019H2"):
        town.release(label, *PAYMENT)
    return town


def pull_less_income(town: SimulatedMunicipality, months: tuple[str, ...]) -> None:
    """The income file comes again, with half of the wages of some months."""
    town.gateway.clock.move(1)
    folder = town.folder / "-".join(("again", *months))
    folder.mkdir()
    header, *lines = town.drop.income.read_text().splitlines()
    gone = [line for line in lines if line.split(";")[1] in months and line.split(";")[2] == "00"]
    dropped = set(gone)
    assert dropped
    (folder / town.drop.income.name).write_text(
        "\n".join([header, *(one for one in lines if one not in dropped)]) + "\n"
    )
    pulling.pull(town.gateway, town.contract, "income", folder / town.drop.income.name)
    town.gateway.clock.move(1)


def test_a_dispute_freezes_its_own_line_alone(on_both: SimulatedMunicipality):
    town = on_both
    key = f"{WEEKS}/window"
    raised = contest(town, "2019H1", key)
    one = window(town, "2019H1")
    assert (one.state, one.disputed_minor) == ("disputed", one.due_minor)
    assert one.next == ExpectedNext(NextStep.ANSWER_DISPUTE, raised.answer_by, "")
    assert acknowledging.acknowledge(officer(town), "impact60", "2019H1") == []
    with pytest.raises(PolicyDenied) as refused:
        invoiced(town, "2019H1")
    assert refused.value.decision.rule_ids == ("P76-lines-acknowledged",)
    with pytest.raises(SettlementRefused, match="state"):
        contest(town, "2019H1", key)
    with pytest.raises(SettlementRefused, match="other-party"):
        acknowledging.resolve(officer(town), raised.id, outcome=DisputeOutcome.WITHDRAWN, text_sha256="a" * 64)
    answer(town, raised, DisputeOutcome.STANDS)
    assert window(town, "2019H1").state == "released"
    accept(town, "2019H1")
    assert invoiced(town, "2019H1").total_minor > 0
    accept(town, "2019H2")  # the other window never waited
    with pytest.raises(SettlementRefused, match="state"):
        contest(town, "2019H2", key)


def test_one_line_is_invoiced_while_the_other_is_disputed(priced_twice: SimulatedMunicipality):
    town, people = priced_twice, "people/window"
    amounts = {line.line: line.amount_minor for line in window(town, "2019H2").lines}
    assert all(amount > 0 for amount in amounts.values())
    raised = contest(town, "2019H2", people)
    accept(town, "2019H2")
    states = {line.line: line.state for line in window(town, "2019H2").lines}
    assert states == {f"{WEEKS}/window": "acknowledged", people: "disputed"}
    part = invoiced(town, "2019H2")
    assert part.total_minor == amounts[f"{WEEKS}/window"]
    assert window(town, "2019H2").state == "disputed"
    answer(town, raised, DisputeOutcome.WITHDRAWN)
    accept(town, "2019H2")
    rest = invoiced(town, "2019H2")
    assert (rest.kind, rest.total_minor) == ("invoice", amounts[people])
    assert check(rest.xml).findings == ()
    for bill in (part, rest):
        paying.approve(officer(town), "impact60", bill.number)


def test_a_dispute_after_the_contracts_days_is_refused(priced_twice: SimulatedMunicipality):
    priced_twice.gateway.clock.move(21)
    with pytest.raises(PolicyDenied) as refused:
        contest(priced_twice, "2019H2", f"{WEEKS}/window")
    assert refused.value.decision.rule_ids == ("P74-dispute-in-time",)


def test_a_correction_after_the_payment_gives_a_credit_note(tmp_path: Path):
    town = ready(tmp_path, clock=Clock(date(2030, 1, 1)))
    for label in ("2018H2", "2019H1"):
        town.release(label, *PAYMENT)
    paid = settle(town, "2019H1")
    pull_less_income(town, ("2019-05", "2019-06"))
    correction.correct(town.gateway, "impact60", "2019H1", reason="source_corrected")
    one = window(town, "2019H1")
    assert one.state == "released"  # both parties look at the new document
    assert [old.due_minor for old in one.superseded] == [paid.total_minor]
    accept(town, "2019H1")
    credit = invoiced(town, "2019H1")
    assert credit.kind == "credit_note"
    assert credit.refers_to == paid.number
    assert paid.total_minor + credit.total_minor == one.due_minor
    assert ET.fromstring(credit.xml).tag.endswith("CreditNote")
    assert check(credit.xml).findings == ()
    paying.approve(officer(town), "impact60", credit.number)
    paying.register_payment(officer(town), "impact60", credit.number, paid_on=credit.issued_on)
    end = window(town, "2019H1")
    assert (end.state, end.paid_minor) == ("paid", one.due_minor)


def test_what_a_correction_superseded_is_not_acknowledged_and_an_open_invoice_waits_for_its_credit_note(tmp_path: Path):
    town = ready(tmp_path, clock=Clock(date(2030, 1, 1)))
    for label in ("2018H2", "2019H1"):
        town.release(label, *PAYMENT)
    accept(town, "2019H1")
    old = window(town, "2019H1").document.jwt_sha256
    bill = invoiced(town, "2019H1")
    pull_less_income(town, ("2019-05", "2019-06"))
    correction.correct(town.gateway, "impact60", "2019H1", reason="source_corrected")
    with pytest.raises(PolicyDenied) as refused:
        paying.approve(officer(town), "impact60", bill.number)
    assert refused.value.decision.rule_ids == ("P78-sheet-holds",)
    for use_case in (
        lambda: paying.register_payment(officer(town), "impact60", bill.number, paid_on=bill.issued_on),
        lambda: invoiced(town, "2019H1"),
    ):
        with pytest.raises((SettlementRefused, PolicyDenied)):  # what is superseded is neither paid nor handed out
            use_case()
    assert [one.is_superseded for one in statement(town).bills] == [True]
    with pytest.raises(SettlementRefused, match="other-document"):
        acknowledging.acknowledge(town.gateway, "impact60", "2019H1", jwt_sha256=old, as_party=operator(town))
    accept(town, "2019H1")
    credit = invoiced(town, "2019H1")
    for one in (bill, credit):
        paying.approve(officer(town), "impact60", one.number)


def test_the_investor_of_a_large_cohort_sees_what_its_own_totals_say(town: SimulatedMunicipality):
    before = views.show_investor(town.gateway, "impact60", as_party=INVESTOR)
    assert (before.windows, before.goal, before.flow.repaid_minor) == ((), None, 0)
    settle(town, "2019H1")
    unseen = views.show_investor(town.gateway, "impact60", as_party=INVESTOR)
    assert unseen.flow == before.flow  # its own total was not released yet
    town.release("2019H1", "contract_total", "investor")
    after = views.show_investor(town.gateway, "impact60", as_party=INVESTOR)
    due = window(town, "2019H1").due_minor
    assert after.windows == (InvestorWindow("2019H1", due, is_paid=True),)
    assert after.flow.drawn_minor == 900_000_000
    assert after.flow.repaid_minor == due
    assert after.flow.at_risk_minor == 900_000_000 - due
    assert after.flow.return_minor == 0
    assert after.goal.people == 15


def test_accruals_are_the_municipalitys_own_and_agree_with_what_is_released_later(town: SimulatedMunicipality):
    made = accruals(town.gateway, "impact60")
    by_window = {one.window: one for one in made.windows}
    assert by_window["2019H1"].accrued_minor == 0
    assert by_window["2019H1"].signed_minor == window(town, "2019H1").due_minor
    town.release("2020H1", *PAYMENT)
    assert by_window["2020H1"].accrued_minor == window(town, "2020H1").due_minor
    assert sum(one.expected_minor for one in made.windows) == sum(minor for _, _, minor in made.by_year)
    with town.gateway.store.read() as session:
        kinds = [row.kind for row in session.exec(select(LogEntry).where(LogEntry.log == "access"))]
    assert kinds.count("forecast_made") == 1
    assert "evaluated" in kinds


def test_a_row_that_says_more_than_its_token_is_not_settled(on_both: SimulatedMunicipality):
    town = on_both
    with town.gateway.store.engine.begin() as connection:
        connection.execute(
            text("UPDATE releaserow SET due = REPLACE(CAST(due AS TEXT), '\"amount_minor\": ', '\"amount_minor\": 9')")
            if town.gateway.store.is_sqlite
            else text(
                "UPDATE releaserow SET due = CAST(REPLACE(CAST(due AS TEXT), '\"amount_minor\": ',"
                " '\"amount_minor\": 9') AS JSON)"
            )
        )
    with pytest.raises(SettlementMismatch):
        statement(town)


def test_a_suspended_window_is_not_invoiced(town: SimulatedMunicipality):
    accept(town, "2019H1")
    advice.advise(acting(town.gateway, "dpo"), "impact60", "Wait.", window="2019H1", suspends=True)
    with pytest.raises(PolicyDenied) as refused:
        invoiced(town, "2019H1")
    assert refused.value.decision.rule_ids == ("P32-not-suspended",)


def test_the_doctor_tells_of_a_late_answer_and_a_late_payment(priced_twice: SimulatedMunicipality):
    town, people = priced_twice, "people/window"
    contest(town, "2019H2", people)
    accept(town, "2019H2")
    bill = invoiced(town, "2019H2")

    def warned() -> list[str]:
        return [one.what for one in examine_opened(town.gateway) if one.level == "warn"]

    assert not any("dispute" in what or bill.number in what for what in warned())
    town.gateway.clock.move(31)
    assert sum("a dispute of impact60 2019H2 waits" in what for what in warned()) == 1
    assert sum(f"invoice {bill.number} was due" in what for what in warned()) == 1
