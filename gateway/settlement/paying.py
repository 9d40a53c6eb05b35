"""Use cases of the settlement officer: the sheet of a bill, its approval, and that it was paid. Never the requester."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, select

from gateway.errors.settlement import SettlementRefused
from gateway.events.settlement import PaymentApproved, PaymentRegistered
from gateway.installation.authority import Asking, Authorised, deciding, staff_party
from gateway.installation.gateway import Gateway
from gateway.installation.in_force import join_versions
from gateway.settlement.billing import find_bill
from gateway.settlement.reading import read_settlement
from gateway.settlement.settled import Settled
from gateway.settlement.sheet import CheckName, SettlementSheet, SheetCheck, checks, sheet
from gateway.settlement.statement import digest
from gateway.settlement.views import ask_to_read, creditor_of, record_view
from gateway.store import contract_queries
from gateway.store.settlement_tables import Approval, Bill, Payment
from gateway.wording.views import as_json
from policies.facts import ApprovePaymentFacts
from policies.programme import Programme
from policies.terms import Action, Purpose, Role
from vocabulary.danish_days import danish_day


def show_sheet(gateway: Gateway, contract_id: str, number: str) -> SettlementSheet:
    """The settlement sheet of a bill, ticked from the facts of now. Raises `BillUnknown`, `PolicyDenied`."""
    with deciding(gateway) as asking:
        programme = gateway.programme(asking.session, contract_id)
        party = staff_party(programme, Role.SETTLEMENT_OFFICER)
        authorised = ask_to_read(asking, programme, party, creditor_of(gateway, asking, contract_id))
        settled = read_settlement(gateway, asking.session, contract_id, now=asking.now)
        bill = find_bill(settled, number)
        made = sheet(settled, bill, _checks(gateway, asking, settled, bill), is_demo=_is_demo(gateway))
        record_view(asking, contract_id, "sheet", party, digest(made), authorised)
    return made


def approve(gateway: Gateway, contract_id: str, number: str) -> SettlementSheet:
    """Approve a bill, as a settlement officer who did not ask for it; the sheet that was approved.

    Raises `BillUnknown`, `PolicyDenied` where a check does not hold, where it was approved before, or where the same
    person asked.
    """
    with deciding(gateway) as asking:
        programme, settled, bill = _open(gateway, asking, contract_id, number)
        found = _checks(gateway, asking, settled, bill)
        made = sheet(settled, bill, found, is_demo=_is_demo(gateway))
        is_new = asking.session.get(Approval, bill.id) is None
        # what the policy judges by rules of its own, so that a refusal names the right one
        own = (CheckName.SECOND_PERSON, CheckName.NOT_PAID_BEFORE)
        holds = all(one.holds for one in found if one.name not in own)
        authorised = _ask(gateway, asking, programme, bill, checks_hold=holds, is_new=is_new)
        asking.session.add(
            Approval(
                bill_id=bill.id,
                contract_id=contract_id,
                checks=[as_json(one) for one in made.checks],
                sheet_sha256=digest(made),
                by=gateway.actor.name,
                at=asking.now,
            )
        )
        asking.uow.record(
            PaymentApproved(
                contract=contract_id,
                bill=bill.id,
                number=number,
                total_minor=bill.total_minor,
                sheet_sha256=digest(made),
                requested_by=bill.requested_by,
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            )
        )
    return made


def register_payment(gateway: Gateway, contract_id: str, number: str, *, paid_on: date) -> Bill:
    """Register that an approved bill was paid, or a credit note was set off.

    Raises `BillUnknown`, `PolicyDenied`; `SettlementRefused` where it was not approved, or a correction came between.
    """
    with deciding(gateway) as asking:
        programme, settled, bill = _open(gateway, asking, contract_id, number)
        is_approved = asking.session.get(Approval, bill.id) is not None
        is_new = bill.id not in settled.paid
        authorised = _ask(gateway, asking, programme, bill, checks_hold=True, is_new=is_new)
        if not is_approved:
            reason = f"{number} is not approved yet: `gateway settle approve` comes first"
            raise SettlementRefused(rule="not-approved", reason=reason)
        if why := settled.why_not_paid(bill):
            raise SettlementRefused(rule="superseded", reason=f"{number} is not paid: {why}")
        if not bill.issued_on <= paid_on <= danish_day(asking.now):
            raise SettlementRefused(rule="paid-on", reason="the day lies before the invoice or after today")
        asking.session.add(
            Payment(bill_id=bill.id, contract_id=contract_id, paid_on=paid_on, by=gateway.actor.name, at=asking.now)
        )
        asking.uow.record(
            PaymentRegistered(
                contract=contract_id,
                bill=bill.id,
                number=number,
                total_minor=bill.total_minor,
                paid_on=paid_on.isoformat(),
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            )
        )
    return bill


@dataclass(frozen=True, slots=True)
class DoneBefore:
    """That whoever acts did the same to a bill before, and when: a command that was killed is told that all is done."""

    on: date
    bill: Bill


def approved_before(gateway: Gateway, contract_id: str, number: str) -> DoneBefore | None:
    """Whether whoever acts approved this bill before."""
    with gateway.store.read() as session:
        bill = _bill(session, contract_id, number)
        row = None if bill is None else session.get(Approval, bill.id)
    if bill is None or row is None or gateway.actor.is_second_to(row.by):
        return None
    return DoneBefore(danish_day(row.at), bill)


def paid_before(gateway: Gateway, contract_id: str, number: str, *, paid_on: date) -> DoneBefore | None:
    """Whether whoever acts registered before that this bill was paid on this very day."""
    with gateway.store.read() as session:
        bill = _bill(session, contract_id, number)
        row = None if bill is None else session.get(Payment, bill.id)
    if bill is None or row is None or row.paid_on != paid_on or gateway.actor.is_second_to(row.by):
        return None
    return DoneBefore(danish_day(row.at), bill)


def _bill(session: Session, contract_id: str, number: str) -> Bill | None:
    return session.exec(select(Bill).where(Bill.contract_id == contract_id, Bill.number == number)).first()


def _open(gateway: Gateway, asking: Asking, contract_id: str, number: str) -> tuple[Programme, Settled, Bill]:
    programme = gateway.programme(asking.session, contract_id)
    settled = read_settlement(gateway, asking.session, contract_id, now=asking.now)
    return programme, settled, find_bill(settled, number)


def _checks(gateway: Gateway, asking: Asking, settled: Settled, bill: Bill) -> list[SheetCheck]:
    rows = contract_queries.contract_versions(asking.session, settled.contract.id)
    approved = asking.session.exec(select(Approval.bill_id).where(Approval.contract_id == settled.contract.id)).all()
    return checks(
        settled,
        bill,
        versions=[join_versions(rows[: place + 1]) for place in range(len(rows))],
        approved=approved,
        approver=gateway.actor,
    )


def _ask(
    gateway: Gateway, asking: Asking, programme: Programme, bill: Bill, *, checks_hold: bool, is_new: bool
) -> Authorised:
    facts = ApprovePaymentFacts(
        purpose=Purpose.OUTCOME_PAYMENT,
        appointment_valid=asking.is_appointed(programme, Role.SETTLEMENT_OFFICER),
        second_person=gateway.actor.is_second_to(bill.requested_by),
        checks_hold=checks_hold,
        not_done_before=is_new,
    )
    return asking.ask(staff_party(programme, Role.SETTLEMENT_OFFICER), Action.APPROVE_PAYMENT, programme, facts)


def _is_demo(gateway: Gateway) -> bool:
    return gateway.installed.is_demo
