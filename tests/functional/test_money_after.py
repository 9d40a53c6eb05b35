"""After a payment document no state holds money for ever: disputes end, corrections are met, silence stops nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gateway.documents.statement_page import page
from gateway.errors.release import NothingToCorrect, WindowOutOfOrder
from gateway.errors.rights import RecordRefused
from gateway.errors.settlement import SettlementRefused
from gateway.oversight import log_reading as oversight
from gateway.release import correction
from gateway.release.releasing import release
from gateway.rights.people import Channel, NewRecord, begin
from gateway.settlement import acknowledging, adjusting, paying
from gateway.settlement.acknowledging import DisputeOutcome, DisputeReason
from gateway.settlement.forecast import accruals
from gateway.settlement.invoice_check import check
from gateway.settlement.statement_view import NextStep
from gateway.store import queries
from gateway.store.settlement_tables import Bill
from policies.basis import RecordKind
from policies.errors import PolicyDenied
from tests.functional.test_rights import CASE, someone
from tests.functional.test_settlement import PAYMENT, WEEKS, pull_less_income, statement, window
from tests.functional.test_shown_is_not_owed import PRICE, road
from tests.functional.test_traps import Clock
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality, ready
from tests.support.settling import LETTER, accept, answer, contest, invoiced, officer, operator, settle
from tests.support.simulated import simulated
from vocabulary.danish_days import danish_day

LINE = f"{WEEKS}/window"


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    made = ready(tmp_path, clock=Clock(date(2030, 1, 1)))
    for label in ("2018H2", "2019H1"):
        made.release(label, *PAYMENT)
    return made


def pay(town: SimulatedMunicipality, bill: Bill) -> None:
    paying.approve(officer(town), town.contract, bill.number)
    paying.register_payment(officer(town), town.contract, bill.number, paid_on=danish_day(town.gateway.clock()))


def says(town: SimulatedMunicipality, label: str, worth: int, *, by_operator: bool) -> bool:
    who, party = (town.gateway, operator(town)) if by_operator else (officer(town), None)
    made = adjusting.adjust(who, town.contract, label, LINE, worth_minor=worth, text_sha256=LETTER, as_party=party)
    return made.is_agreed


def test_an_upheld_dispute_that_no_register_mends_ends_in_an_adjustment_that_both_sign(town: SimulatedMunicipality):
    due = window(town, "2019H1").due_minor
    raised = contest(town, "2019H1", LINE)
    answer(town, raised, DisputeOutcome.UPHELD)
    one = window(town, "2019H1")
    assert (one.state, one.next.what, one.next.on) == ("upheld", NextStep.CORRECT_OR_ADJUST, None)
    assert one.lines[0].dispute.is_upheld
    assert one.lines[0].dispute.answer_by is None
    with pytest.raises(NothingToCorrect, match="settle adjust"):
        correction.correct(town.gateway, town.contract, "2019H1", reason="source_corrected")
    accept(town, "2019H1")  # accepts no line that both agree is wrong
    assert window(town, "2019H1").state == "upheld"
    with town.gateway.store.read() as session:
        assert queries.open_disputes(session, town.contract) == ["2019H1"]
    assert not says(town, "2019H1", due - 100_001, by_operator=True)
    assert not says(town, "2019H1", due - 100_000, by_operator=False)  # another amount is no signature
    assert window(town, "2019H1").state == "upheld"
    assert says(town, "2019H1", due - 100_000, by_operator=True)
    one = window(town, "2019H1")
    assert [(line.kind, line.amount_minor, line.state) for line in one.lines] == [
        ("window", due, "acknowledged"),
        ("window_adjustment", -100_000, "acknowledged"),
    ]
    bill = invoiced(town, "2019H1")
    assert (bill.total_minor, check(bill.xml).findings) == (due - 100_000, ())
    pay(town, bill)
    assert (window(town, "2019H1").state, window(town, "2019H1").paid_minor) == ("paid", due - 100_000)
    assert says(town, "2019H1", due, by_operator=False) is says(town, "2019H1", due + 1, by_operator=True) is False
    with pytest.raises(SettlementRefused, match="dispute-ended"):
        answer(town, raised, DisputeOutcome.WITHDRAWN)
    with town.gateway.store.read() as session:
        assert queries.open_disputes(session, town.contract) == []
    oversight.verify_logs(town.gateway)


def test_an_upheld_line_is_accepted_as_it_stands_by_its_name_or_the_dispute_is_withdrawn(town: SimulatedMunicipality):
    raised = contest(town, "2019H1", LINE)
    answer(town, raised, DisputeOutcome.UPHELD)
    with pytest.raises(SettlementRefused, match="answered"):
        answer(town, raised, DisputeOutcome.STANDS)
    acknowledging.acknowledge(officer(town), town.contract, "2019H1", line_key=LINE)
    assert window(town, "2019H1").state == "upheld"
    party = operator(town)
    acknowledging.acknowledge(town.gateway, town.contract, "2019H1", line_key=LINE, as_party=party)
    assert window(town, "2019H1").state == "acknowledged"
    again = contest(town, "2018H2", LINE)
    answer(town, again, DisputeOutcome.UPHELD)
    answer(town, again, DisputeOutcome.WITHDRAWN)
    assert window(town, "2018H2").state == "released"
    settle(town, "2019H1")


def test_of_a_line_that_is_disputed_in_part_the_rest_is_paid(town: SimulatedMunicipality):
    due = window(town, "2019H1").due_minor
    for wrong in (due + 1, -1):
        with pytest.raises(SettlementRefused, match="amount"):
            acknowledging.dispute(
                officer(town), town.contract, "2019H1", LINE,
                reason=DisputeReason.SOURCE, text_sha256=LETTER, amount_minor=wrong,
            )  # fmt: skip
    raised = acknowledging.dispute(
        officer(town), town.contract, "2019H1", LINE,
        reason=DisputeReason.SOURCE, text_sha256=LETTER, amount_minor=100_001,
    )  # fmt: skip
    with pytest.raises(PolicyDenied):
        invoiced(town, "2019H1")  # the operator did not accept the rest yet
    acknowledging.acknowledge(town.gateway, town.contract, "2019H1", as_party=operator(town))
    rest = invoiced(town, "2019H1")
    assert rest.total_minor == due - 100_001
    pay(town, rest)
    one = window(town, "2019H1")
    assert (one.state, one.disputed_minor, one.paid_minor) == ("disputed", 100_001, due - 100_001)
    acknowledging.resolve(
        town.gateway, raised.id, outcome=DisputeOutcome.STANDS, text_sha256=LETTER, as_party=operator(town)
    )
    accept(town, "2019H1")
    last = invoiced(town, "2019H1")
    assert (last.total_minor, check(last.xml).findings) == (100_001, ())
    pay(town, last)
    assert window(town, "2019H1").state == "paid"


def test_a_register_mended_after_the_next_window_takes_back_nothing_that_was_never_paid(town: SimulatedMunicipality):
    raised = contest(town, "2019H1", LINE)
    answer(town, raised, DisputeOutcome.UPHELD)
    town.release("2019H2", *PAYMENT)
    pull_less_income(town, ("2019-05", "2019-06"))
    with pytest.raises(WindowOutOfOrder, match="settle adjust"):
        correction.correct(town.gateway, town.contract, "2019H1", reason="source_corrected")
    correction.correct(town.gateway, town.contract, "2019H2", reason="source_corrected")
    accept(town, "2019H2")
    taken_back = window(town, "2019H2").corrections_minor
    assert taken_back < 0
    bill = invoiced(town, "2019H2")
    assert bill.total_minor == window(town, "2019H2").due_minor - taken_back  # what takes back waits
    for who, party in ((officer(town), None), (town.gateway, operator(town))):
        acknowledging.acknowledge(who, town.contract, "2019H1", line_key=LINE, as_party=party)
    settle(town, "2019H1")
    credit = invoiced(town, "2019H2")
    assert (credit.kind, credit.total_minor) == ("credit_note", taken_back)
    sums = statement(town).cumulative
    assert sums.invoiced_minor == sums.due_minor


@pytest.mark.long
def test_a_debtors_silence_is_its_acceptance_from_the_day_that_the_statement_names(tmp_path: Path):
    """A relapse of one person in the last window but one; the last window is worth nothing."""
    town = road(tmp_path, (1, 3, 2, 2), clock=Clock(date(2030, 1, 1)))
    for label in ("2019H1", "2019H2", "2020H1", "2020H2"):
        release(town.gateway, "ballerup", label, *PAYMENT)
    for label in ("2019H1", "2019H2"):
        settle(town, label)
    acknowledging.acknowledge(officer(town), "ballerup", "2020H1")
    accept(town, "2020H2")
    line = next(one for one in window(town, "2020H1").lines if one.amount_minor < 0)
    assert line.silence_on is not None
    with pytest.raises(PolicyDenied):
        invoiced(town, "2020H1")
    before = town.gateway.clock()
    town.gateway.clock.move((line.silence_on - danish_day(before)).days)
    bill = invoiced(town, "2020H1")
    assert (bill.kind, bill.total_minor, check(bill.xml).findings) == ("credit_note", -PRICE, ())
    pay(town, bill)
    sums = statement(town).cumulative
    assert (sums.open_minor, sums.paid_minor) == (0, 2 * PRICE)


@pytest.mark.long
def test_the_municipalitys_silence_does_not_hold_what_it_owes(tmp_path: Path):
    """The operator acknowledged, the municipality says nothing: seen, dated, invoiced, and paid by two people only."""
    town = road(tmp_path, (1, 3, 2, 2), clock=Clock(date(2030, 1, 1)))
    release(town.gateway, "ballerup", "2019H1", *PAYMENT)
    acknowledging.acknowledge(town.gateway, "ballerup", "2019H1", as_party=operator(town))
    [line] = window(town, "2019H1").lines
    assert (line.silence_of, line.accepted_by, line.state) == ("settlement_officer", ("operator",), "released")
    assert line.silence_on is not None
    said = f"kommunen godkender ved tavshed fra · silence of the municipality accepts from {line.silence_on}"
    assert said in page(statement(town))
    with pytest.raises(PolicyDenied):
        invoiced(town, "2019H1")
    town.gateway.clock.move((line.silence_on - danish_day(town.gateway.clock())).days)
    [line] = window(town, "2019H1").lines
    assert (line.state, line.accepted_by) == ("acknowledged", ("operator", "settlement_officer"))
    assert said not in page(statement(town))
    assert acknowledging.acknowledge(officer(town), "ballerup", "2019H1") == [], "it was accepted before"
    bill = invoiced(town, "2019H1")
    assert (bill.kind, bill.total_minor) == ("invoice", PRICE)
    with pytest.raises(SettlementRefused, match="not-approved"):
        paying.register_payment(officer(town), town.contract, bill.number, paid_on=danish_day(town.gateway.clock()))
    pay(town, bill)
    assert statement(town).cumulative.open_minor == 0


def test_what_was_paid_counts_in_the_year_of_its_payment(town: SimulatedMunicipality):
    accept(town, "2019H1")
    bill = invoiced(town, "2019H1")
    paying.approve(officer(town), town.contract, bill.number)
    town.gateway.clock.move(400)
    today = danish_day(town.gateway.clock())
    assert bill.due_on.year < today.year
    paying.register_payment(officer(town), town.contract, bill.number, paid_on=today)
    made = accruals(town.gateway, town.contract)
    one = next(one for one in made.windows if one.window == "2019H1")
    assert (one.payment_expected_on, one.budget_year) == (today, today.year)


@pytest.mark.parametrize(("kind", "rule"), [("cohabitation", "failure"), ("exit", "out")])
def test_an_exit_that_is_registered_late_takes_back_from_its_own_day(tmp_path: Path, kind: str, rule: str):
    """Registered after the last window that was released, with the day on which it began."""
    edits = ('exited = "frozen" ', f'exited = "{rule}" ') if kind == "exit" else None
    made = simulated(
        tmp_path,
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE,
        edits=(*SMALL_CONTRACT, *([edits] if edits else [])),
        clock=Clock(date(2030, 1, 1)),
    )
    made.enrol()
    made.pull_all()
    town = SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)
    for label in ("2018H2", "2019H1"):
        town.release(label, *PAYMENT)
    due = statement(town).cumulative.due_minor
    for place in range(6):
        new = NewRecord(RecordKind(kind), Channel.REGISTER, since=date(2018, 12, 31))
        begin(town.gateway, town.contract, someone(town, place), new, role=CASE)
    correction.correct(town.gateway, town.contract, "2019H1", reason="source_corrected")
    assert statement(town).cumulative.due_minor < due
    for wrong in (NewRecord(RecordKind.EXIT, Channel.REGISTER, since=date(2030, 6, 1)), _dated_objection()):
        with pytest.raises(RecordRefused):
            begin(town.gateway, town.contract, someone(town, 7), wrong, role=CASE)


def _dated_objection() -> NewRecord:
    return NewRecord(RecordKind.OBJECTION, Channel.LETTER, since=date(2019, 1, 1))
