"""Use case: make an invoice or a credit note from what both parties acknowledged, once.

Asked again it hands out the bill that exists: no amount is ever billed twice, since a bill holds differences alone.
Where several pay, the bills of all of them are made at once, so that they hold the same lines at any time.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from gateway.errors.settlement import BillUnknown, SettlementRefused
from gateway.events.actor import OUTSIDE
from gateway.events.settlement import PaymentRequested
from gateway.installation.authority import Authorised, deciding, municipality
from gateway.installation.gateway import Gateway
from gateway.outcomes.terms import ContractParty
from gateway.settlement.account import BillKind, BillLine, PlannedBill, billed_amounts
from gateway.settlement.acknowledging import is_appointed
from gateway.settlement.invoice import STATED_EVIDENCE, BillEvidence, BillFacts, ubl
from gateway.settlement.reading import read_settlement
from gateway.settlement.repayment import repayment_statement
from gateway.settlement.settled import Settled, lines_of
from gateway.settlement.states import ACCEPTED
from gateway.store import queries
from gateway.store.settlement_tables import Bill
from gateway.wording.parties import delivers_itself
from gateway.wording.working_days import working_day_from
from policies.facts import RequestPaymentFacts
from policies.terms import Action, Party, Purpose, Role
from vocabulary.cpr_in_text import REASON, may_hide_cpr
from vocabulary.danish_days import danish_day

_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_-]{0,29}")


def request_payment(
    gateway: Gateway,
    contract_id: str,
    window_label: str,
    *,
    number: str = "",
    payer: str = "",
    as_party: Party | None = None,
) -> tuple[Bill, bool]:
    """A payer's bill of a window's acknowledged lines, and whether it is new; with it are made those of all payers.

    `payer` is an organisation, or empty for the municipality. `as_party` is the operator over HTTP and None for the
    municipality, which asks on the operator's behalf. `number` is the operator's own; without one it is derived. Where
    several pay it is followed by the payer's place: F-1001/1, F-1001/2. Raises `SettlementRefused` where nothing is to
    be billed, where the number is used or the organisation does not pay; `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        programme = gateway.programme(asking.session, contract_id)
        settled = read_settlement(gateway, asking.session, contract_id, now=asking.now)
        settled.contract.window(window_label)
        one = settled.standing(window_label)
        party = as_party or municipality(programme)
        asked = _payer(settled, payer)
        planned = settled.planned_bill(window_label)
        existing = [bill for bill in settled.bills_of(asked.organisation) if bill.window == window_label]
        authorised = asking.ask(
            party,
            Action.REQUEST_PAYMENT,
            programme,
            RequestPaymentFacts(
                purpose=Purpose.OUTCOME_PAYMENT,
                appointment_valid=is_appointed(asking, programme, party),
                document_stands=one is not None,
                lines_acknowledged=planned is not None or bool(existing) or _waits_for_nobody(settled, window_label),
                not_suspended=not queries.is_suspended(asking.session, contract_id, window_label),
            ),
        )
        if planned is None and existing:
            newest = existing[-1]
            if why := settled.why_not_paid(newest):
                raise SettlementRefused(rule="superseded", reason=f"{newest.number} is not handed out: {why}")
            if number and _number_for(settled, number, asked) != newest.number:
                raise SettlementRefused(rule="billed-already", reason=f"{newest.number} holds all of it")
            asking.uow.record(_event(newest, party, authorised))
            return newest, False
        if planned is None:
            raise SettlementRefused(rule="nothing-to-bill", reason=_why_nothing(settled, window_label))
        by = str(party) if party.role in OUTSIDE else gateway.actor.name
        bills = [
            new_bill(
                settled, window_label, planned, payer, number=number, asked_by=(party.role, by),
                is_demo=gateway.installed.is_demo,
            )
            for payer in settled.contract.payers
        ]  # fmt: skip
        asking.session.add_all(bills)
        for bill in bills:
            asking.uow.record(_event(bill, party, authorised))
        return next(bill for bill in bills if bill.payer == asked.organisation), True


def find_bill(settled: Settled, number: str) -> Bill:
    """The bill of this number; `BillUnknown`."""
    found = next((bill for bill in settled.bills if bill.number == number), None)
    if found is None:
        raise BillUnknown(number=number, contract=settled.contract.id)
    return found


def _payer(settled: Settled, organisation: str) -> ContractParty:
    payers = settled.contract.payers
    found = next((one for one in payers if organisation in ("", one.organisation)), None)
    if found is None:
        known = ", ".join(one.organisation for one in payers)
        raise SettlementRefused(rule="payer-unknown", reason=f"{organisation} pays nothing here; these do: {known}")
    return found


def _number_for(settled: Settled, number: str, payer: ContractParty) -> str:
    """The operator's own number, as it stands on this payer's bill."""
    payers = settled.contract.payers
    return number if len(payers) == 1 else f"{number}/{payers.index(payer) + 1}"


def evidence_of(settled: Settled, windows: set[str]) -> tuple[BillEvidence, ...]:
    """The standing payment documents of these windows, in the contract's order."""
    found = [one for one in settled.signed if one.document.is_standing and one.document.window in windows]
    return tuple(
        BillEvidence(one.jti, one.jwt_sha256, one.rules_sha256, *([STATED_EVIDENCE] if one.is_stated else []))
        for one in found
    )


def _waits_for_nobody(settled: Settled, window: str) -> bool:
    """Whether every line of the window is acknowledged: what is left is no quarrel, but an amount of nothing."""
    one = settled.standing(window)
    states = [] if one is None else [settled.state(one, line) for line in one.document.lines]
    return bool(states) and all(state in ACCEPTED for state in states)


def _why_nothing(settled: Settled, window: str) -> str:
    own = [line for line in settled.differences() if line.window == window]
    if sum(line.whole_minor for line in own) < 0 and any(line.window == window for line in settled.open_lines()):
        return f"what {window} takes back is set off against the next invoice"
    if own:
        return f"what {window} takes back waits: it is about earlier windows that are disputed, or not invoiced yet"
    return f"{window} is worth nothing, or all of it was billed before"


def new_bill(
    settled: Settled,
    window: str,
    planned: PlannedBill,
    payer: ContractParty,
    *,
    number: str,
    asked_by: tuple[Role, str],
    is_demo: bool,
) -> Bill:
    """One payer's bill of what is planned, with its document. Raises `SettlementRefused` for an impossible number."""
    contract, terms = settled.contract, settled.terms
    position = len(settled.bills) + 1 + contract.payers.index(payer)
    chosen = _number_for(settled, number, payer) if number else _derived_number(contract.id, window, position)
    if number and may_hide_cpr(number):
        raise SettlementRefused(rule="number", reason=f"an invoice number may be none that {REASON}")
    if not _NUMBER.fullmatch(chosen):
        raise SettlementRefused(rule="number", reason="an invoice number has 1 to 30 letters, digits and . / _ -")
    if chosen in {bill.number for bill in settled.bills}:
        raise SettlementRefused(rule="number-used", reason=f"{chosen} is the number of another invoice")
    issued_on = danish_day(settled.now)
    due_on = working_day_from(issued_on + timedelta(days=terms.payment_days))
    lines = settled.bear(planned.lines, payer.organisation)
    total_minor = sum(line.amount_minor for line in lines)
    # a share of next to nothing may have the other sign than the whole: each bill is what its own total is
    kind = planned.kind if total_minor == 0 else BillKind.CREDIT_NOTE if total_minor < 0 else BillKind.INVOICE
    if delivers_itself(contract):
        kind = BillKind.REPAYMENT
    refers_to = _refers_to(settled, lines, payer) if kind is BillKind.CREDIT_NOTE else ""
    facts = BillFacts(
        payer=payer,
        kind=kind,
        number=chosen,
        issued_on=issued_on,
        due_on=due_on,
        lines=lines,
        refers_to=refers_to,
        evidence=evidence_of(settled, {line.window for line in lines}),
        before_minor=sum(bill.total_minor for bill in settled.bills_of(payer.organisation)),
    )
    write = repayment_statement if kind is BillKind.REPAYMENT else ubl
    xml = write(contract, terms, facts, is_demo=is_demo)
    return Bill(
        id=str(uuid.uuid4()),
        contract_id=contract.id,
        contract_version=contract.version,
        contract_sha256=contract.sha256,
        position=position,
        window=window,
        payer=payer.organisation,
        kind=kind,
        number=chosen,
        lines=[asdict(line) for line in lines],
        rests_on=[one.jwt_sha256 for one in facts.evidence],
        total_minor=total_minor,
        refers_to=refers_to,
        xml=xml,
        sha256=hashlib.sha256(xml).hexdigest(),
        issued_on=issued_on,
        due_on=due_on,
        requested_role=asked_by[0],
        requested_by=asked_by[1],
        requested_at=settled.now,
    )


def _derived_number(contract_id: str, window: str, position: int) -> str:
    """A number that says where it belongs; a digest in the place of names that are too long for one."""
    number = f"{contract_id}-{window}-{position}"
    if _NUMBER.fullmatch(number):
        return number
    return f"{hashlib.sha256(f'{contract_id}-{window}'.encode()).hexdigest()[:16]}-{position}"


def _refers_to(settled: Settled, lines: Sequence[BillLine], payer: ContractParty) -> str:
    """The invoice that a payer's credit note is about: the newest that holds one of its lines, else its newest."""
    invoices = [bill for bill in settled.bills_of(payer.organisation) if bill.kind != BillKind.CREDIT_NOTE]
    if not invoices:
        return ""
    places = {line.place for line in lines} & set(billed_amounts(settled.bill_lines()))
    about = [bill for bill in invoices if places & {line.place for line in lines_of(bill)}]
    return (about or invoices)[-1].number


def _event(bill: Bill, party: Party, authorised: Authorised) -> PaymentRequested:
    return PaymentRequested(
        contract=bill.contract_id,
        window=bill.window,
        payer=bill.payer,
        bill=bill.id,
        bill_kind=bill.kind,
        number=bill.number,
        total_minor=bill.total_minor,
        bill_sha256=bill.sha256,
        requested_by=str(party),
        decision=authorised.id,
        decision_sha256=authorised.sha256,
    )
