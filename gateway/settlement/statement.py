"""The statement: per window and cumulative, what was achieved, what is due, and what becomes of it.

A value of plain JSON, so that it can be hashed, printed (`statement_page`), sent over HTTP and exported. Every amount
in it is a sum of signed lines or of bills; nothing is computed from a price.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from gateway.outcomes.contract import Tariff
from gateway.outcomes.terms import ContractParty, Window, apportion
from gateway.settlement.account import Line, Place
from gateway.settlement.reading import Settled, Signed, lines_of
from gateway.settlement.states import QUARRELS, State, of_window
from outcome_verifier import canonical
from outcome_verifier.balances import SAYS

SCHEMA = "settlement-statement/1"
CONDITIONAL = "after the sources are complete"


def statement(settled: Settled, *, is_demo: bool) -> dict[str, Any]:
    """Everything that operator and municipality need: amounts, states, evidence, where to invoice, what comes next."""
    contract, terms = settled.contract, settled.terms
    borne = {payer.organisation: settled.borne(payer.organisation) for payer in contract.payers}
    windows = [_window(settled, window, borne) for window in contract.windows]
    return {
        "schema": SCHEMA,
        "contract": {
            "id": contract.id,
            "title": contract.title,
            "version": contract.version,
            "rules_sha256": contract.sha256,
        },
        "currency": contract.currency,
        "made_on": settled.now.date().isoformat(),
        "demo": is_demo,
        "illustrative": list(contract.illustrative),
        "payers": [_payer(settled, payer) for payer in contract.payers],
        "operator": {"name": contract.party("operator").name, "cvr": terms.seller.cvr},
        "terms": {
            "dispute_days": terms.dispute_days,
            "payment_days": terms.payment_days,
            "correction": terms.correction,
            "vat": terms.vat,
        },
        "opening": _opening(settled),
        "windows": windows,
        "cumulative": _cumulative(settled, windows),
        "bills": [_bill(settled, position) for position in range(len(settled.bills))],
    }


def _opening(settled: Settled) -> dict[str, Any] | None:
    """Which windows the parties stated before the gateway, and who signed that; None where it began with the first."""
    if settled.adopted is None:
        return None
    return {
        "says": SAYS,
        "last_window": settled.adopted.opening.last_window,
        "balances_sha256": settled.adopted.opening.sha256,
        "adopted_on": settled.adopted.at.date().isoformat(),
        "signed_by": [
            {"role": one.role, "organisation": one.organisation, "key": one.kid} for one in settled.adopted.signed
        ],
    }


def digest(made: dict[str, Any]) -> str:
    return hashlib.sha256(canonical.dumps(made)).hexdigest()


def _payer(settled: Settled, payer: ContractParty) -> dict[str, Any]:
    """Where a payer's invoices go, its share, and what came of it. `due_minor` is its share of everything owed."""
    buyer = settled.terms.buyer(payer.organisation)
    parts = settled.contract.share_parts
    due = apportion(sum(one.due_minor for one in settled.documents if one.is_standing), parts)
    bills = settled.bills_of(payer.organisation)
    return {
        "organisation": payer.organisation,
        "name": payer.name,
        "share_parts": payer.share_parts,
        "of_parts": sum(parts),
        "cvr": buyer.party.cvr,
        "gln": buyer.party.gln,
        "order_number": buyer.order_number,
        "person_reference": buyer.person_reference,
        "account": buyer.account,
        "due_minor": due[settled.contract.payers.index(payer)],
        "invoiced_minor": sum(bill.total_minor for bill in bills),
        "paid_minor": sum(bill.total_minor for bill in bills if bill.id in settled.paid),
    }


def _window(settled: Settled, window: Window, borne: Mapping[str, Mapping[Place, int]]) -> dict[str, Any]:
    one = settled.standing(window.label)
    shown: dict[str, Any] = {
        "window": window.label,
        "from_week": str(window.from_week),
        "to_week": str(window.to_week),
        "state": of_window(settled.window_states(window)),
        "stated": False,
        "document": None,
        "on_documents": None,
        "lines": [],
        "due_minor": 0,
        "corrections_minor": 0,
        "disputed_minor": 0,
        "invoiced_minor": _of_bills(settled, window.label),
        "paid_minor": _of_bills(settled, window.label, only_paid=True),
        "superseded": [
            {"revision": old.document.revision, "due_minor": old.document.due_minor, "jwt_sha256": old.jwt_sha256}
            for old in settled.signed
            if old.document.window == window.label and not old.document.is_standing
        ],
        "next": _next(settled, window, one),
    }
    if one is None:
        return shown
    lines = [_line(settled, one, line, borne) for line in one.document.lines]
    paid_before = settled.paid_before(window.label)
    return shown | {
        "stated": one.is_stated,
        "paid_minor": shown["paid_minor"] + sum(paid_before.values()),
        "document": {
            "jti": one.jti,
            "jwt_sha256": one.jwt_sha256,
            "log_entry": one.leaf_index,
            "seq": one.seq,
            "revision": one.document.revision,
            "issued_on": one.issued_at.date().isoformat(),
            "contract_version": one.version,
            "rules_sha256": one.rules_sha256,
        },
        "on_documents": None if one.on_documents is None else dict(one.on_documents),
        "lines": [*(_stated(settled, window.label, name, minor) for name, minor in paid_before.items()), *lines],
        "due_minor": one.document.due_minor + sum(paid_before.values()),
        "corrections_minor": sum(line.amount_minor for line in one.document.lines if line.kind == "correction"),
        "disputed_minor": sum(line["amount_minor"] for line in lines if line["state"] in QUARRELS),
    }


def _stated(settled: Settled, window: str, tariff: str, minor: int) -> dict[str, Any]:
    """What the parties state as paid of a tariff, before the gateway; who bore it is what the contract says."""
    contract = settled.contract
    shares = zip(contract.payers, apportion(minor, contract.share_parts), strict=True)
    return {
        "line": f"{tariff}/stated",
        "tariff": tariff,
        "kind": "stated",
        "unit": next(one for one in contract.tariffs if one.id == tariff).unit(contract),
        "quantity": settled.quantity_before(window)[tariff],
        "amount_minor": minor,
        "shares": [{"payer": payer.organisation, "amount_minor": share} for payer, share in shares],
        "state": State.STATED,
        "accepted_by": [],
        "dispute": None,
    }


def _line(settled: Settled, one: Signed, line: Line, borne: Mapping[str, Mapping[Place, int]]) -> dict[str, Any]:
    place = (one.document.window, line.key)
    disputes = [dispute for dispute in settled.open_disputes(one.release) if dispute.line == line.key]
    return {
        "line": line.key,
        "tariff": line.tariff,
        "kind": line.kind,
        "unit": line.unit,
        "quantity": line.quantity,
        "amount_minor": line.amount_minor,
        "shares": [{"payer": payer, "amount_minor": shares.get(place, 0)} for payer, shares in borne.items()],
        "state": settled.state(one, line),
        "accepted_by": sorted(settled.accepted_by(one.release, line.key)),
        "dispute": {
            "id": disputes[0].id,
            "reason": disputes[0].reason,
            "by": disputes[0].role,
            "answer_by": disputes[0].answer_by.isoformat(),
        }
        if disputes
        else None,
    }


def _next(settled: Settled, window: Window, one: Signed | None) -> dict[str, str] | None:
    """What is expected next of a window, and when at the earliest or at the latest."""
    if one is None:
        on = settled.contract.freezes_on(window).isoformat()
        return {"what": "payment_document", "on": on, "condition": CONDITIONAL}
    match of_window(settled.window_states(window)):
        case State.RELEASED | State.HELD:
            return {"what": "acknowledge_or_dispute", "on": settled.dispute_until(one).isoformat(), "condition": ""}
        case State.DISPUTED | State.CONTESTED:
            answer = min(dispute.answer_by for dispute in settled.open_disputes(one.release)).isoformat()
            return {"what": "answer_dispute", "on": answer, "condition": ""}
        case State.ACKNOWLEDGED if any(line.amount_minor for line in one.document.lines):
            due = (settled.now.date() + timedelta(days=settled.terms.payment_days)).isoformat()
            return {"what": "invoice", "on": due, "condition": "paid by this day if it is invoiced today"}
        case State.INVOICED:
            ids = [bill for bill in settled.bills if bill.id not in settled.paid]
            dues = [bill.due_on for bill in ids if window.label in {line.window for line in lines_of(bill)}]
            return {"what": "payment", "on": min(dues).isoformat(), "condition": ""} if dues else None
    return None


def _of_bills(settled: Settled, window: str, *, only_paid: bool = False) -> int:
    bills = [bill for bill in settled.bills if bill.id in settled.paid or not only_paid]
    return sum(line.amount_minor for bill in bills for line in lines_of(bill) if line.window == window)


def _cumulative(settled: Settled, windows: list[dict[str, Any]]) -> dict[str, Any]:
    names = ("due_minor", "corrections_minor", "disputed_minor", "invoiced_minor", "paid_minor")
    sums = {name: sum(window[name] for window in windows) for name in names}
    return {
        **sums,
        "open_minor": sums["due_minor"] - sums["paid_minor"],
        "tariffs": [_tariff(settled, tariff) for tariff in settled.contract.tariffs],
        "cap_minor": settled.contract.caps.most_minor,
        "cap_reached": _is_reached(settled.contract.caps.most_minor, sums["due_minor"]),
    }


def _tariff(settled: Settled, tariff: Tariff) -> dict[str, Any]:
    lines = [line for one in settled.documents if one.is_standing for line in one.lines if line.tariff == tariff.id]
    windows = settled.adopted.opening.windows if settled.adopted else ()
    due = sum(line.amount_minor for line in lines) + sum(settled.paid_before(one)[tariff.id] for one in windows)
    return {
        "tariff": tariff.id,
        "unit": tariff.unit(settled.contract),
        "quantity": sum(line.quantity for line in lines)
        + sum(settled.quantity_before(one)[tariff.id] for one in windows),
        "due_minor": due,
        "cap_minor": tariff.cap_minor,
        "cap_reached": _is_reached(tariff.cap_minor, due),
        "left_minor": max(0, tariff.cap_minor - due) if tariff.cap_minor else None,
    }


def _is_reached(cap_minor: int, due_minor: int) -> bool:
    return bool(cap_minor) and due_minor >= cap_minor


def _bill(settled: Settled, position: int) -> dict[str, Any]:
    bill = settled.bills[position]
    return {
        "number": bill.number,
        "payer": bill.payer,
        "kind": bill.kind,
        "window": bill.window,
        "total_minor": bill.total_minor,
        "refers_to": bill.refers_to,
        "issued_on": bill.issued_on.isoformat(),
        "due_on": bill.due_on.isoformat(),
        "sha256": bill.sha256,
        "is_paid": bill.id in settled.paid,
    }
