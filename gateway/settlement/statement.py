"""The statement: per window and cumulative, what was achieved, what is due, and what becomes of it.

Every amount in it is a sum of signed lines or of bills; nothing is computed from a price.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import assert_never

from gateway.outcomes.contract import Tariff
from gateway.outcomes.payers import shares
from gateway.outcomes.terms import ContractParty, Window
from gateway.settlement.account import BillKind, DocumentLine, Place, standing_lines
from gateway.settlement.settled import Settled, SignedDocument, lines_of
from gateway.settlement.statement_view import (
    BalancesSignature,
    BillSummary,
    ExpectedNext,
    NextStep,
    OpenDispute,
    PaidCreditor,
    PayerAccount,
    PayerPrice,
    PayerShare,
    PaymentEvidence,
    SettledContract,
    SettlementStatement,
    StatedBefore,
    StatementLine,
    StatementSums,
    StatementTerms,
    StatementWindow,
    SupersededDocument,
    TariffSum,
)
from gateway.settlement.states import SettlementState, of_window
from gateway.store.settlement_tables import Dispute
from gateway.wording.parties import names_in
from gateway.wording.views import View, as_json
from gateway.wording.working_days import working_day_from
from outcome_verifier import canonical
from outcome_verifier.balances import SAYS
from vocabulary.danish_days import danish_day

CONDITIONAL = "after the sources are complete"
_Borne = Mapping[str, Mapping[Place, int]]  # by payer


def statement(settled: Settled, *, is_demo: bool) -> SettlementStatement:
    """Everything that operator and municipality need: amounts, states, evidence, where to invoice, what comes next."""
    contract, terms = settled.contract, settled.terms
    borne = {payer.organisation: settled.borne_by(payer.organisation) for payer in contract.payers}
    windows = tuple(_window(settled, window, borne) for window in contract.windows)
    return SettlementStatement(
        schema="settlement-statement/1",
        contract=SettledContract(contract.id, contract.title, contract.version, contract.sha256),
        currency=contract.currency,
        made_on=danish_day(settled.now),
        demo=is_demo,
        illustrative=tuple(contract.illustrative),
        payers=tuple(_payer(settled, payer) for payer in contract.payers),
        creditor=PaidCreditor(
            contract.creditor, names_in(contract, contract.creditor), "" if terms.seller is None else terms.seller.cvr
        ),
        terms=StatementTerms(terms.dispute_days, terms.payment_days, terms.correction, terms.vat),
        opening=_opening(settled),
        windows=windows,
        cumulative=_cumulative(settled, windows),
        bills=tuple(_bill(settled, position) for position in range(len(settled.bills))),
    )


def digest(view: View) -> str:
    """SHA-256 of the view as canonical JSON: what the log keeps of it."""
    return hashlib.sha256(canonical.dumps(as_json(view))).hexdigest()


def _opening(settled: Settled) -> StatedBefore | None:
    """Which windows the parties stated before the gateway, and who signed that; None where it began with the first."""
    if settled.adopted is None:
        return None
    return StatedBefore(
        says=SAYS,
        last_window=settled.adopted.opening.last_window,
        balances_sha256=settled.adopted.opening.sha256,
        adopted_on=danish_day(settled.adopted.at),
        signed_by=tuple(BalancesSignature(one.role, one.organisation, one.kid) for one in settled.adopted.signed),
    )


def _payer(settled: Settled, payer: ContractParty) -> PayerAccount:
    buyer = settled.terms.buyer(payer.organisation)
    contract, before = settled.contract, settled.stated_paid
    place = contract.payers.index(payer)
    due = Counter(before)
    for line in standing_lines(settled.documents).values():
        due[line.tariff] += line.amount_minor
    bills = settled.bills_of(payer.organisation)
    return PayerAccount(
        organisation=payer.organisation,
        name=payer.name,
        share_parts=payer.share_parts,
        of_parts=sum(contract.share_parts),
        prices=tuple(PayerPrice(one.id, one.payer_prices[place]) for one in contract.tariffs if one.payer_prices),
        cvr=buyer.party.cvr,
        gln=buyer.party.gln,
        order_number=buyer.order_number,
        person_reference=buyer.person_reference,
        account=buyer.account,
        due_minor=shares(contract, due)[place],
        invoiced_minor=sum(bill.total_minor for bill in bills),
        paid_minor=shares(contract, before)[place] + sum(bill.total_minor for bill in bills if bill.id in settled.paid),
    )


def _window(settled: Settled, window: Window, borne: _Borne) -> StatementWindow:
    """A window's lines, those that were stated as paid first; no line, and nothing due, before it has a document."""
    one, label = settled.standing(window.label), window.label
    paid_before = settled.paid_before(label) if one is not None else {}
    lines = () if one is None else tuple(_line(settled, one, line, borne) for line in one.document.lines)
    return StatementWindow(
        window=label,
        from_week=str(window.from_week),
        to_week=str(window.to_week),
        state=of_window(settled.window_states(window)),
        stated=one is not None and one.is_stated,
        document=None if one is None else _evidence(one),
        on_documents=None if one is None else one.on_documents,
        lines=(*(_stated_line(settled, label, tariff, minor) for tariff, minor in paid_before.items()), *lines),
        due_minor=sum(line.amount_minor for line in lines) + sum(paid_before.values()),
        corrections_minor=sum(line.amount_minor for line in lines if line.kind == "correction"),
        disputed_minor=sum(line.dispute.amount_minor for line in lines if line.dispute),
        invoiced_minor=_of_bills(settled, label),
        paid_minor=_of_bills(settled, label, only_paid=True) + sum(paid_before.values()),
        superseded=tuple(
            SupersededDocument(old.document.revision, old.document.due_minor, old.jwt_sha256)
            for old in settled.signed
            if old.document.window == label and not old.document.is_standing
        ),
        next=_next(settled, window, one),
    )


def _evidence(one: SignedDocument) -> PaymentEvidence:
    return PaymentEvidence(
        jti=one.jti,
        jwt_sha256=one.jwt_sha256,
        log_entry=one.leaf_index,
        seq=one.seq,
        revision=one.document.revision,
        issued_on=danish_day(one.issued_at),
        contract_version=one.version,
        rules_sha256=one.rules_sha256,
    )


def _stated_line(settled: Settled, window: str, tariff: str, minor: int) -> StatementLine:
    """What the parties state as paid of a tariff, before the gateway; who bore it is what the contract says."""
    contract = settled.contract
    borne = zip(contract.payers, shares(contract, {tariff: minor}), strict=True)
    return StatementLine(
        line=f"{tariff}/stated",
        tariff=tariff,
        kind="stated",
        unit=next(one for one in contract.tariffs if one.id == tariff).unit(contract),
        quantity=settled.quantity_before(window)[tariff],
        amount_minor=minor,
        shares=tuple(PayerShare(payer.organisation, share) for payer, share in borne),
        state=SettlementState.STATED,
        accepted_by=(),
        silence_on=None,
        silence_of=None,
        dispute=None,
    )


def _line(settled: Settled, one: SignedDocument, line: DocumentLine, borne: _Borne) -> StatementLine:
    place = (one.document.window, line.key)
    quarrel, silent = settled.quarrel(one, line), settled.silence_on(one, line)
    return StatementLine(
        line=line.key,
        tariff=line.tariff,
        kind=line.kind,
        unit=line.unit,
        quantity=line.quantity,
        amount_minor=line.amount_minor,
        shares=tuple(PayerShare(payer, amounts.get(place, 0)) for payer, amounts in borne.items()),
        state=settled.state(one, line),
        accepted_by=tuple(sorted(settled.accepted_by(one, line))),
        silence_on=silent,
        silence_of=None if silent is None else settled.debtor(one, line),
        dispute=None if quarrel is None else _open_dispute(quarrel),
    )


def _open_dispute(row: Dispute) -> OpenDispute:
    answer_by = None if row.outcome else row.answer_by
    return OpenDispute(row.id, row.reason, row.role, row.amount_minor, bool(row.outcome), answer_by)


def _next(settled: Settled, window: Window, one: SignedDocument | None) -> ExpectedNext | None:
    """What is expected next of a window, and when at the earliest or at the latest; None where nothing is."""
    if one is None and (held := settled.held_by(window)) is not None:
        return ExpectedNext(NextStep.PAYMENT_DOCUMENT, held.answer_by, str(held))
    if one is None:
        return ExpectedNext(NextStep.PAYMENT_DOCUMENT, settled.contract.freezes_on(window), CONDITIONAL)
    state = of_window(settled.window_states(window))
    match state:
        case SettlementState.RELEASED | SettlementState.HELD:
            return ExpectedNext(NextStep.ACKNOWLEDGE_OR_DISPUTE, settled.dispute_until(one), "")
        case SettlementState.DISPUTED | SettlementState.CONTESTED:
            quarrels = [settled.quarrel(one, line) for line in one.document.lines]
            answer = min(row.answer_by for row in quarrels if row is not None and not row.outcome)
            return ExpectedNext(NextStep.ANSWER_DISPUTE, answer, "")
        case SettlementState.UPHELD | SettlementState.CONCEDED:
            return ExpectedNext(NextStep.CORRECT_OR_ADJUST, None, "")
        case SettlementState.ACKNOWLEDGED if settled.planned_bill(window.label) is not None:
            due = working_day_from(danish_day(settled.now) + timedelta(days=settled.terms.payment_days))
            return ExpectedNext(NextStep.INVOICE, due, "paid by this day if it is invoiced today")
        case SettlementState.ACKNOWLEDGED:  # what takes back waits for a later invoice
            return ExpectedNext(NextStep.SET_OFF, None, "")
        case SettlementState.INVOICED:
            unpaid = [bill for bill in settled.bills if bill.id not in settled.paid]
            dues = [bill.due_on for bill in unpaid if window.label in {line.window for line in lines_of(bill)}]
            return ExpectedNext(NextStep.PAYMENT, min(dues), "") if dues else None
        case SettlementState.PAID | SettlementState.STATED | SettlementState.SUPERSEDED:
            return None
        case SettlementState.ACCRUING | SettlementState.FROZEN | SettlementState.EVALUATED:
            return None  # states of a window without a document
        case _:
            assert_never(state)


def _of_bills(settled: Settled, window: str, *, only_paid: bool = False) -> int:
    bills = [bill for bill in settled.bills if bill.id in settled.paid or not only_paid]
    return sum(line.amount_minor for bill in bills for line in lines_of(bill) if line.window == window)


def _cumulative(settled: Settled, windows: Sequence[StatementWindow]) -> StatementSums:
    due, paid = (sum(one.due_minor for one in windows), sum(one.paid_minor for one in windows))
    return StatementSums(
        due_minor=due,
        corrections_minor=sum(one.corrections_minor for one in windows),
        disputed_minor=sum(one.disputed_minor for one in windows),
        invoiced_minor=sum(one.invoiced_minor for one in windows),
        paid_minor=paid,
        open_minor=due - paid,
        tariffs=tuple(_tariff(settled, tariff) for tariff in settled.contract.tariffs),
        cap_minor=settled.contract.caps.most_minor,
        cap_reached=_is_reached(settled.contract.caps.most_minor, due),
    )


def _tariff(settled: Settled, tariff: Tariff) -> TariffSum:
    lines = [line for one in settled.documents if one.is_standing for line in one.lines if line.tariff == tariff.id]
    windows = settled.adopted.opening.windows if settled.adopted else ()
    due = sum(line.amount_minor for line in lines) + sum(settled.paid_before(one)[tariff.id] for one in windows)
    return TariffSum(
        tariff=tariff.id,
        unit=tariff.unit(settled.contract),
        quantity=sum(line.quantity for line in lines) + sum(settled.quantity_before(one)[tariff.id] for one in windows),
        due_minor=due,
        cap_minor=tariff.cap_minor,
        cap_reached=_is_reached(tariff.cap_minor, due),
        left_minor=max(0, tariff.cap_minor - due) if tariff.cap_minor else None,
    )


def _is_reached(cap_minor: int, due_minor: int) -> bool:
    return bool(cap_minor) and due_minor >= cap_minor


def _bill(settled: Settled, position: int) -> BillSummary:
    bill = settled.bills[position]
    return BillSummary(
        number=bill.number,
        payer=bill.payer,
        kind=BillKind(bill.kind),
        window=bill.window,
        total_minor=bill.total_minor,
        refers_to=bill.refers_to,
        issued_on=bill.issued_on,
        due_on=bill.due_on,
        sha256=bill.sha256,
        is_paid=bill.id in settled.paid,
        is_superseded=bill.id not in settled.paid and bool(settled.why_not_paid(bill)),
    )
