"""What two parties say of a payment document, ask for and pay: each row and each event, against what it must be."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import select

from gateway.contracts import declarations
from gateway.errors.contracts import WindowUnknown
from gateway.errors.settlement import BillUnknown, DisputeUnknown, SettlementRefused
from gateway.events.log import LogVerified
from gateway.oversight import advice
from gateway.release import correction
from gateway.settlement import acknowledging, adjusting, billing, paying
from gateway.settlement.acknowledging import DisputeOutcome, DisputeReason
from gateway.settlement.adjusting import ProposedWorth
from gateway.store.log_tables import DecisionRow, LogEntry
from gateway.store.settlement_tables import Acknowledgement, Adjustment, Approval, Bill, Dispute, Payment
from gateway.store.tables import ReleaseRow
from gateway.wording.views import as_json
from policies.errors import PolicyDenied
from tests.functional.test_settlement import PAYMENT, WEEKS, pull_less_income, window
from tests.functional.test_traps import Clock
from tests.support.municipality import SimulatedMunicipality, copied, ready
from tests.support.settling import LETTER, accept, invoiced, officer, operator
from tests.support.simulated import acting

NEW_YEAR = date(2030, 1, 1)
NOW = datetime(2030, 1, 1, tzinfo=UTC)
LINE = f"{WEEKS}/window"
NOTHING, WORTH = "2018H2", "2019H1"  # windows: the first is worth nothing
DUE = 15_450_000  # 103 weeks of 1,500.00
OTHER_LETTER = "b" * 64
OPERATOR = "operator/fokus-folkeoplysning"


@cache
def _released() -> SimulatedMunicipality:
    town = ready(Path(tempfile.mkdtemp(prefix="released-")), clock=Clock(NEW_YEAR))
    for label in (NOTHING, WORTH):
        town.release(label, *PAYMENT)
    town.gateway.store.dispose()
    return town


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    """IMPACT60 with two payment documents, of which nobody has said anything yet."""
    return copied(_released(), tmp_path, clock=Clock(NEW_YEAR))


def document(town: SimulatedMunicipality, label: str = WORTH) -> ReleaseRow:
    return next(row for row in town.rows() if row.window == label)


def digest(town: SimulatedMunicipality, label: str = WORTH) -> str:
    shown = window(town, label).document
    assert shown is not None
    return shown.jwt_sha256


def rows(town: SimulatedMunicipality, table: type) -> list[dict]:
    """Every row of a table, without its id."""
    with town.gateway.store.read() as session:
        found = [row.model_dump() for row in session.exec(select(table)).all()]
    for row in found:
        row.pop("id", None)
    return found


def told(town: SimulatedMunicipality, kind: str) -> list[dict]:
    """The events of a kind; each names a decision that was made, which is left out here."""
    with town.gateway.store.read() as session:
        found = session.exec(select(LogEntry.body).where(LogEntry.kind == kind).order_by(LogEntry.idx)).all()
        decisions = {row.id: row.sha256 for row in session.exec(select(DecisionRow)).all()}
    events = [json.loads(body) for body in found]
    for event in events:
        assert decisions[event.pop("decision")] == event.pop("decision_sha256")
        assert event.pop("contract") == "impact60"
        for name in ("at", "by", "by_kind", "by_role", "kind", "schema"):
            event.pop(name)
    return events


def ids(town: SimulatedMunicipality, table: type) -> list[str]:
    with town.gateway.store.read() as session:
        return [row.id for row in session.exec(select(table)).all()]


def disputed(
    town: SimulatedMunicipality, amount: int | None = None, *, by_operator: bool = True, label: str = WORTH
) -> Dispute:
    who, party = (town.gateway, operator(town)) if by_operator else (officer(town), None)
    return acknowledging.dispute(
        who, "impact60", label, LINE, reason=DisputeReason.PERIOD, text_sha256=LETTER, amount_minor=amount,
        as_party=party,
    )  # fmt: skip


def answered(
    town: SimulatedMunicipality, dispute: str, outcome: DisputeOutcome, *, by_operator: bool = False, **more: str
) -> Dispute:
    who, party = (town.gateway, operator(town)) if by_operator else (officer(town), None)
    return acknowledging.resolve(who, dispute, outcome=outcome, text_sha256=OTHER_LETTER, as_party=party, **more)


def adjusted(town: SimulatedMunicipality, worth: int, *, by_operator: bool, label: str = WORTH) -> ProposedWorth:
    who, party = (town.gateway, operator(town)) if by_operator else (officer(town), None)
    return adjusting.adjust(who, "impact60", label, LINE, worth_minor=worth, text_sha256=LETTER, as_party=party)


def refuses(rule: str):
    return pytest.raises(SettlementRefused, match=rf"\({rule}\)")


def denies(rule: str):
    return pytest.raises(PolicyDenied, match=rule)


def test_an_acknowledgement_says_who_accepts_which_lines_of_which_document(town: SimulatedMunicipality):
    sha256 = digest(town)
    assert acknowledging.acknowledge(
        town.gateway, "impact60", WORTH, jwt_sha256=sha256, as_party=operator(town)
    ) == [LINE]  # fmt: skip
    assert window(town, WORTH).lines[0].accepted_by == ("operator",)
    with denies("P76-lines-acknowledged"):
        invoiced(town, WORTH)
    assert acknowledging.acknowledge(officer(town), "impact60", WORTH, line_key=LINE) == [LINE]
    assert acknowledging.acknowledge(officer(town), "impact60", WORTH) == []
    said = {
        "contract_id": "impact60",
        "window": WORTH,
        "release_id": document(town).id,
        "lines": [LINE],
        "jwt_sha256": sha256,
        "at": NOW,
    }
    by = sorted(rows(town, Acknowledgement), key=lambda row: row["role"])
    assert by == [
        {**said, "role": "operator", "by": OPERATOR},
        {**said, "role": "settlement_officer", "by": "officer"},
    ]
    event = {"window": WORTH, "release": document(town).id, "jwt_sha256": sha256}
    office = "settlement_officer/aalborg-kommune"
    assert told(town, "result_acknowledged") == [
        {**event, "lines": [LINE], "party": OPERATOR},
        {**event, "lines": [LINE], "party": office},
        {**event, "lines": [], "party": office},
    ]


def test_a_dispute_says_who_contests_how_much_of_which_line_and_why(town: SimulatedMunicipality):
    raised = disputed(town, 100_001)
    assert rows(town, Dispute) == [
        {
            "contract_id": "impact60",
            "window": WORTH,
            "release_id": document(town).id,
            "line": LINE,
            "amount_minor": 100_001,
            "reason": "period",
            "text_sha256": LETTER,
            "role": "operator",
            "by": OPERATOR,
            "at": NOW,
            "answer_by": date(2030, 1, 15),
            "outcome": "",
            "outcome_sha256": "",
            "resolved_by": "",
            "resolved_at": None,
        }
    ]
    assert told(town, "result_disputed") == [
        {
            "window": WORTH,
            "release": document(town).id,
            "dispute": raised.id,
            "line": LINE,
            "amount_minor": 100_001,
            "reason": "period",
            "text_sha256": LETTER,
            "answer_by": "2030-01-15",
            "party": OPERATOR,
        }
    ]


def test_an_answer_says_what_the_dispute_came_to_and_by_whom(town: SimulatedMunicipality):
    raised = disputed(town)
    assert raised.amount_minor == DUE  # all of the line
    town.gateway.clock.move(1)
    assert answered(town, raised.id, DisputeOutcome.UPHELD, contract_id="impact60").outcome == "upheld"
    [row] = rows(town, Dispute)
    assert [row[name] for name in ("outcome", "outcome_sha256", "resolved_by", "resolved_at")] == [
        "upheld", OTHER_LETTER, "officer", NOW + timedelta(days=1),
    ]  # fmt: skip
    town.gateway.clock.move(1)
    answered(town, raised.id, DisputeOutcome.WITHDRAWN, by_operator=True)
    [row] = rows(town, Dispute)
    assert [row[name] for name in ("outcome", "resolved_by", "resolved_at")] == [
        "withdrawn", OPERATOR, NOW + timedelta(days=2),
    ]  # fmt: skip
    event = {"dispute": raised.id, "text_sha256": OTHER_LETTER}
    assert told(town, "dispute_resolved") == [
        {**event, "outcome": "upheld", "party": "settlement_officer/aalborg-kommune"},
        {**event, "outcome": "withdrawn", "party": OPERATOR},
    ]


def test_an_upheld_line_that_both_accept_by_its_name_ends_the_dispute_on_the_day_of_its_answer(
    town: SimulatedMunicipality,
):
    raised = disputed(town)
    answered(town, raised.id, DisputeOutcome.UPHELD)
    town.gateway.clock.move(1)
    accept(town, WORTH)  # without its name nothing is accepted
    assert rows(town, Acknowledgement) == []
    assert acknowledging.acknowledge(officer(town), "impact60", WORTH, line_key=LINE) == [LINE]
    assert [row["outcome"] for row in rows(town, Dispute)] == ["upheld"]
    acknowledging.acknowledge(town.gateway, "impact60", WORTH, line_key=LINE, as_party=operator(town))
    [row] = rows(town, Dispute)
    assert [row[name] for name in ("outcome", "outcome_sha256", "resolved_by", "resolved_at")] == [
        "accepted", digest(town), OPERATOR, NOW,
    ]  # fmt: skip
    assert told(town, "dispute_resolved")[1:] == [
        {"dispute": raised.id, "outcome": "accepted", "text_sha256": digest(town), "party": OPERATOR}
    ]
    assert window(town, WORTH).state == "acknowledged"


def test_whoever_accepts_an_upheld_line_last_has_ended_its_dispute(town: SimulatedMunicipality):
    answered(town, disputed(town).id, DisputeOutcome.UPHELD)
    acknowledging.acknowledge(town.gateway, "impact60", WORTH, line_key=LINE, as_party=operator(town))
    acknowledging.acknowledge(officer(town), "impact60", WORTH, line_key=LINE)
    assert [(row["outcome"], row["resolved_by"]) for row in rows(town, Dispute)] == [("accepted", "officer")]


def test_an_open_dispute_does_not_end_by_an_acknowledgement(town: SimulatedMunicipality):
    disputed(town, 1)
    acknowledging.acknowledge(officer(town), "impact60", WORTH, line_key=LINE)  # of the rest
    acknowledging.acknowledge(officer(town), "impact60", WORTH)
    assert len(rows(town, Acknowledgement)) == 1
    assert [row["outcome"] for row in rows(town, Dispute)] == [""]
    assert told(town, "dispute_resolved") == []


@pytest.mark.parametrize(("amount", "is_possible"), [(-1, False), (0, True), (DUE, True), (DUE + 1, False)])
def test_no_more_than_the_line_can_be_contested(town: SimulatedMunicipality, amount: int, is_possible: bool):
    if is_possible:
        assert disputed(town, amount, by_operator=False).amount_minor == amount
        return
    with pytest.raises(SettlementRefused, match=rf"\(amount\).*0 to {DUE} minor units"):
        disputed(town, amount)


def test_a_line_is_contested_within_the_days_of_the_contract_and_before_both_accept_it(town: SimulatedMunicipality):
    town.gateway.clock.move(20)
    disputed(town, label=NOTHING)
    town.gateway.clock.move(1)
    with denies("P74-dispute-in-time"):
        disputed(town)


def test_what_both_accept_is_contested_no_more(town: SimulatedMunicipality):
    accept(town, WORTH)
    with refuses("state"):
        disputed(town)
    with refuses("state"):
        disputed(town, by_operator=False)


def test_what_one_proposes_the_other_signs_and_its_dispute_has_ended(town: SimulatedMunicipality):
    raised = disputed(town)
    assert adjusted(town, DUE - 5, by_operator=False) == ProposedWorth(LINE, DUE - 5, is_agreed=False)
    assert [row["outcome"] for row in rows(town, Dispute)] == [""]
    town.gateway.clock.move(1)
    assert adjusted(town, DUE - 5, by_operator=True) == ProposedWorth(LINE, DUE - 5, is_agreed=True)
    row = {
        "contract_id": "impact60",
        "window": WORTH,
        "release_id": document(town).id,
        "line": LINE,
        "worth_minor": DUE - 5,
        "text_sha256": LETTER,
    }
    assert sorted(rows(town, Adjustment), key=lambda row: row["position"]) == [
        {**row, "position": 1, "role": "settlement_officer", "by": "officer", "at": NOW},
        {**row, "position": 2, "role": "operator", "by": OPERATOR, "at": NOW + timedelta(days=1)},
    ]
    event = {"window": WORTH, "release": document(town).id, "line": LINE, "worth_minor": DUE - 5, "text_sha256": LETTER}
    events = told(town, "adjustment_signed")
    assert {one.pop("adjustment") for one in events} == set(ids(town, Adjustment))
    assert events == [
        {**event, "is_agreed": False, "party": "settlement_officer/aalborg-kommune"},
        {**event, "is_agreed": True, "party": OPERATOR},
    ]
    [row] = rows(town, Dispute)
    assert [row[name] for name in ("outcome", "outcome_sha256", "resolved_by")] == ["adjusted", LETTER, OPERATOR]
    assert told(town, "dispute_resolved") == [
        {"dispute": raised.id, "outcome": "adjusted", "text_sha256": LETTER, "party": OPERATOR}
    ]


def test_what_a_line_is_worth_already_is_not_proposed_and_its_first_worth_may_be_once_it_changed(
    town: SimulatedMunicipality,
):
    with pytest.raises(SettlementRefused, match=r"\(same-worth\).* is worth that already: .*accepts it as it stands$"):
        adjusted(town, DUE, by_operator=True)
    for by_operator in (True, False):
        adjusted(town, DUE - 5, by_operator=by_operator)
    with refuses("same-worth"):
        adjusted(town, DUE - 5, by_operator=True)
    assert not adjusted(town, DUE, by_operator=True).is_agreed  # back to what was evaluated
    assert adjusted(town, DUE, by_operator=False).is_agreed


def test_a_word_about_one_document_signs_nothing_of_another(town: SimulatedMunicipality):
    adjusted(town, 5, by_operator=False, label=NOTHING)
    assert not adjusted(town, 5, by_operator=True).is_agreed
    assert adjusted(town, 5, by_operator=True, label=NOTHING).is_agreed


def test_another_document_another_line_and_what_is_no_digest_are_refused(town: SimulatedMunicipality):
    party, held = operator(town), digest(town, NOTHING)

    def dispute(label: str = WORTH, line: str = LINE, *, letter: str = LETTER, jwt: str = "") -> None:
        acknowledging.dispute(
            town.gateway, "impact60", label, line, reason=DisputeReason.SOURCE, text_sha256=letter, jwt_sha256=jwt,
            as_party=party,
        )  # fmt: skip

    def adjust(label: str = WORTH, line: str = LINE, *, letter: str = LETTER, jwt: str = "") -> None:
        adjusting.adjust(
            town.gateway, "impact60", label, line, worth_minor=5, text_sha256=letter, jwt_sha256=jwt, as_party=party
        )

    for speaks in (dispute, adjust):
        with refuses("other-document"):
            speaks(jwt=held)
        with refuses("line-unknown"):
            speaks(line="people/window")
        with denies("P73"):
            speaks("2019H2")  # not released
        with pytest.raises(WindowUnknown):
            speaks("1999H1")
        for letter in ("", "a" * 63, "A" * 64, "a" * 65):
            with refuses("digest"):
                speaks(letter=letter)
        speaks(jwt=digest(town))
    with refuses("other-document"):
        acknowledging.acknowledge(town.gateway, "impact60", WORTH, jwt_sha256=held, as_party=party)
    with pytest.raises(SettlementRefused, match=rf"\(line-unknown\).*these lines: {LINE}$"):
        acknowledging.acknowledge(town.gateway, "impact60", WORTH, line_key="people/window", as_party=party)
    with denies("P73"):
        acknowledging.acknowledge(town.gateway, "impact60", "2019H2", as_party=party)
    with pytest.raises(WindowUnknown):
        acknowledging.acknowledge(town.gateway, "impact60", "1999H1", as_party=party)


def test_a_dispute_is_answered_by_its_own_contract_and_letter(town: SimulatedMunicipality):
    raised = disputed(town)
    for dispute, contract in (("none", ""), (raised.id, "ballerup")):
        with pytest.raises(DisputeUnknown, match=f"'{dispute}'"):
            answered(town, dispute, DisputeOutcome.STANDS, contract_id=contract)
    with refuses("digest"):
        acknowledging.resolve(officer(town), raised.id, outcome=DisputeOutcome.STANDS, text_sha256="letter")
    with refuses("other-party"):
        answered(town, raised.id, DisputeOutcome.STANDS, by_operator=True)
    answered(town, raised.id, DisputeOutcome.STANDS)


def test_the_answer_to_one_dispute_leaves_another_one_open(town: SimulatedMunicipality):
    first, second = disputed(town), disputed(town, label=NOTHING)
    answered(town, first.id, DisputeOutcome.STANDS)
    assert {row["window"]: row["outcome"] for row in rows(town, Dispute)} == {WORTH: "stands", NOTHING: ""}
    answered(town, second.id, DisputeOutcome.UPHELD)
    assert {row["window"]: row["outcome"] for row in rows(town, Dispute)} == {WORTH: "stands", NOTHING: "upheld"}


def test_a_dispute_of_a_document_that_another_one_replaced_is_answered_no_more(town: SimulatedMunicipality):
    raised = disputed(town)
    pull_less_income(town, ("2019-05", "2019-06"))
    correction.correct(town.gateway, "impact60", WORTH, reason="source_corrected")
    with denies("P73"):
        answered(town, raised.id, DisputeOutcome.STANDS)


def test_a_bill_is_asked_for_approved_and_paid_once_each(town: SimulatedMunicipality):
    accept(town, WORTH)
    bill, is_new = billing.request_payment(
        town.gateway, "impact60", WORTH, number="F-1", payer="aalborg-kommune", as_party=operator(town)
    )
    assert is_new
    assert (bill.number, bill.total_minor, bill.requested_by) == ("F-1", DUE, OPERATOR)
    assert b"DEMO" in bill.xml
    again = billing.request_payment(town.gateway, "impact60", WORTH, number="F-1", as_party=operator(town))
    assert ([again[0].id], again[1]) == (ids(town, Bill), False)
    event = {
        "window": WORTH,
        "payer": "aalborg-kommune",
        "bill": bill.id,
        "bill_kind": "invoice",
        "number": "F-1",
        "total_minor": DUE,
        "bill_sha256": bill.sha256,
        "requested_by": OPERATOR,
    }
    assert told(town, "payment_requested") == [event, event]
    town.gateway.clock.move(2)
    shown = paying.show_sheet(officer(town), "impact60", "F-1")
    assert (shown.demo, shown.payer, [one.holds for one in shown.checks]) == (True, "Aalborg Kommune", [True] * 7)
    made = paying.approve(officer(town), "impact60", "F-1")
    assert made == shown
    [approval] = told(town, "payment_approved")
    [row] = rows(town, Approval)
    sheet = row["sheet_sha256"]
    assert approval == {
        "bill": bill.id,
        "number": "F-1",
        "total_minor": DUE,
        "sheet_sha256": sheet,
        "requested_by": OPERATOR,
    }
    assert row == {
        "bill_id": bill.id,
        "contract_id": "impact60",
        "checks": [as_json(one) for one in made.checks],
        "sheet_sha256": sheet,
        "by": "officer",
        "at": NOW + timedelta(days=2),
    }
    office = "settlement_officer/aalborg-kommune"
    assert [event for event in told(town, "settlement_read") if event["view"] == "sheet"] == [
        {"view": "sheet", "to": office, "statement_sha256": sheet}
    ]
    later = paying.show_sheet(officer(town), "impact60", "F-1")
    assert [one.name for one in later.checks if not one.holds] == ["not_paid_before"]
    why = r"\(paid-on\): the day lies before the invoice or after today$"
    for day in (date(2029, 12, 31), date(2030, 1, 4)):  # before the invoice, and after today
        with pytest.raises(SettlementRefused, match=why):
            paying.register_payment(officer(town), "impact60", "F-1", paid_on=day)
    paid = paying.register_payment(officer(town), "impact60", "F-1", paid_on=date(2030, 1, 3))
    assert paid.id == bill.id
    assert rows(town, Payment) == [
        {
            "bill_id": bill.id,
            "contract_id": "impact60",
            "paid_on": date(2030, 1, 3),
            "by": "officer",
            "at": NOW + timedelta(days=2),
        }
    ]
    assert told(town, "payment_registered") == [
        {"bill": bill.id, "number": "F-1", "total_minor": DUE, "paid_on": "2030-01-03"}
    ]
    assert window(town, WORTH).state == "paid"
    with denies("P79"):
        paying.approve(officer(town), "impact60", "F-1")
    with denies("P79"):
        paying.register_payment(officer(town), "impact60", "F-1", paid_on=date(2030, 1, 3))


def test_the_day_of_the_invoice_is_the_first_on_which_it_can_be_paid(town: SimulatedMunicipality):
    accept(town, WORTH)
    bill = invoiced(town, WORTH)
    why = rf"\(not-approved\): {bill.number} is not approved yet: `gateway settle approve` comes first$"
    with pytest.raises(SettlementRefused, match=why):
        paying.register_payment(officer(town), "impact60", bill.number, paid_on=NEW_YEAR)
    paying.approve(officer(town), "impact60", bill.number)
    town.gateway.clock.move(5)
    assert paying.register_payment(officer(town), "impact60", bill.number, paid_on=NEW_YEAR).id == bill.id


def test_what_is_asked_for_without_a_reason_is_refused_with_the_true_one(town: SimulatedMunicipality):
    def ask(label: str = WORTH, **more: str) -> None:
        billing.request_payment(town.gateway, "impact60", label, as_party=operator(town), **more)

    with denies("P76"):
        ask()  # nobody has acknowledged anything
    with denies("P73|P76"):
        ask("2019H2")  # not released
    with pytest.raises(WindowUnknown):
        ask("1999H1")
    accept(town, WORTH)
    accept(town, NOTHING)
    with pytest.raises(SettlementRefused, match=rf"\(nothing-to-bill\).*{NOTHING} is worth nothing"):
        ask(NOTHING)
    with pytest.raises(SettlementRefused, match=r"\(payer-unknown\).*nobody pays nothing here.*: aalborg-kommune"):
        ask(payer="nobody")
    ask(number="F-1")
    with pytest.raises(SettlementRefused, match=r"\(billed-already\).*F-1 holds all of it"):
        ask(number="F-2")
    for use_case in (paying.show_sheet, paying.approve):
        with pytest.raises(BillUnknown, match="'F-9'"):
            use_case(officer(town), "impact60", "F-9")
    with pytest.raises(BillUnknown, match="'F-9'"):
        paying.register_payment(officer(town), "impact60", "F-9", paid_on=NEW_YEAR)


def test_the_municipality_asks_in_the_operators_place_under_its_own_name(town: SimulatedMunicipality):
    accept(town, WORTH)
    clerk = acting(town.gateway, "clerk")
    bill, _ = billing.request_payment(clerk, "impact60", WORTH)
    assert (bill.requested_role, bill.requested_by) == ("municipality", "clerk")
    assert bill.number == f"impact60-{WORTH}-1"
    with denies("P64"):
        paying.approve(clerk, "impact60", bill.number)
    with denies("P64"):
        paying.register_payment(clerk, "impact60", bill.number, paid_on=NEW_YEAR)


def test_where_an_officer_is_appointed_nobody_else_speaks_approves_or_pays(town: SimulatedMunicipality):
    programme = town.folder / "appointed.programme.toml"
    text = (town.folder / "impact60.programme.toml").read_text("utf-8")
    owners = {"clerk": "system_owner", "second": "system_owner"}
    named = {"officer": "settlement_officer", "dpo": "dpo", **owners}
    each = '[[appointments]]\nstaff = "{}"\nrole = "{}"\nuntil = 2030-06-30\n'
    appointed = (each.format(who, role) for who, role in named.items())
    programme.write_text("\n".join([text, *appointed]), "utf-8")
    proposal = declarations.propose_change(town.gateway, town.folder / "impact60.toml", programme)
    declarations.approve_change(acting(town.gateway, "second"), proposal)
    clerk = acting(town.gateway, "clerk")
    with denies("P42-appointment"):
        acknowledging.acknowledge(clerk, "impact60", WORTH)
    accept(town, WORTH)
    bill = invoiced(town, WORTH)
    for use_case in (paying.show_sheet, paying.approve):
        with denies("P42-appointment"):
            use_case(clerk, "impact60", bill.number)
    paying.approve(officer(town), "impact60", bill.number)
    with denies("P42-appointment"):
        paying.register_payment(clerk, "impact60", bill.number, paid_on=NEW_YEAR)
    paying.register_payment(officer(town), "impact60", bill.number, paid_on=NEW_YEAR)


def test_what_a_dispute_leaves_of_a_line_is_billed_and_handed_out_again(town: SimulatedMunicipality):
    disputed(town, 100_001)
    acknowledging.acknowledge(officer(town), "impact60", WORTH)
    first = invoiced(town, WORTH)
    assert first.total_minor == DUE - 100_001
    again, is_new = billing.request_payment(town.gateway, "impact60", WORTH, as_party=operator(town))
    assert (again.id, is_new) == (first.id, False)


def test_a_suspended_window_is_not_billed_and_another_one_is(town: SimulatedMunicipality):
    for label in (NOTHING, WORTH):
        accept(town, label)
    officer_of_data = acting(town.gateway, "dpo")
    advice.advise(officer_of_data, "impact60", "Wait.", window=WORTH, suspends=True)
    with denies("P32-not-suspended"):
        invoiced(town, WORTH)
    with refuses("nothing-to-bill"):
        invoiced(town, NOTHING)


def test_a_bill_of_what_was_corrected_since_is_not_handed_out_or_paid(town: SimulatedMunicipality):
    """The document is another one than it rests on, and of that both parties have still to speak."""
    raised = disputed(town, DUE // 2)
    acknowledging.acknowledge(officer(town), "impact60", WORTH)
    first = invoiced(town, WORTH)
    paying.approve(officer(town), "impact60", first.number)
    town.gateway.clock.move(1)
    answered(town, raised.id, DisputeOutcome.STANDS)
    with town.gateway.write() as uow:
        uow.session.exec(update(Bill).values(rests_on=["f" * 64]))
        uow.record(LogVerified(sizes={}, with_anchor=False))
    with pytest.raises(SettlementRefused) as refused:
        invoiced(town, WORTH)
    why = f"{WORTH} was corrected since: both parties acknowledge the new payment document first"
    assert str(refused.value) == f"nothing was settled (superseded): {first.number} is not handed out: {why}"
    with pytest.raises(SettlementRefused) as refused:
        paying.register_payment(officer(town), "impact60", first.number, paid_on=NEW_YEAR)
    assert str(refused.value) == f"nothing was settled (superseded): {first.number} is not paid: {why}"


def test_what_is_not_acknowledged_any_more_is_not_approved(town: SimulatedMunicipality):
    raised = disputed(town, 100_001)
    acknowledging.acknowledge(officer(town), "impact60", WORTH)
    bill = invoiced(town, WORTH)
    answered(town, raised.id, DisputeOutcome.STANDS)
    with denies("P78"):
        paying.approve(officer(town), "impact60", bill.number)


def test_an_adjustment_after_the_bill_is_billed_by_itself_or_set_off(town: SimulatedMunicipality):
    accept(town, WORTH)
    first = invoiced(town, WORTH)
    for by_operator in (True, False):
        adjusted(town, DUE + 5, by_operator=by_operator)
    second = invoiced(town, WORTH)
    assert (first.total_minor, second.total_minor, second.position) == (DUE, 5, 2)
    assert second.lines == [
        {
            "window": WORTH,
            "key": f"{LINE}_adjustment",
            "unit": "week",
            "quantity": 0,
            "amount_minor": 5,
            "whole_minor": 5,
        }
    ]
    for bill in (first, second):
        paying.approve(officer(town), "impact60", bill.number)
        paying.register_payment(officer(town), "impact60", bill.number, paid_on=NEW_YEAR)
    assert (window(town, WORTH).state, window(town, WORTH).paid_minor) == ("paid", DUE + 5)
