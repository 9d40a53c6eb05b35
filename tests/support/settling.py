"""The parties of a settlement at their desks: who acknowledges, who asks for money, who approves."""

from __future__ import annotations

import hashlib
from datetime import date

from gateway.installation.gateway import Gateway
from gateway.settlement import acknowledging, billing, paying
from gateway.settlement.acknowledging import DisputeOutcome, DisputeReason
from gateway.store.settlement_tables import Bill, Dispute
from policies.terms import Party, Role
from tests.support.simulated import Municipality, acting
from vocabulary.danish_days import danish_day

LETTER = hashlib.sha256(b"a letter").hexdigest()
OPERATORS = {"impact60": "fokus-folkeoplysning", "ballerup": "specialisterne", "aarhus": "operator"}
INVESTOR = Party("den-sociale-kapitalfond", Role.INVESTOR)


def operator(town: Municipality) -> Party:
    return Party(OPERATORS[town.contract], Role.OPERATOR)


def officer(town: Municipality) -> Gateway:
    """The municipality's settlement officer at the keyboard."""
    return acting(town.gateway, "officer")


def accept(town: Municipality, window: str) -> None:
    """Both parties acknowledge every line of a window that is not disputed."""
    acknowledging.acknowledge(town.gateway, town.contract, window, as_party=operator(town))
    acknowledging.acknowledge(officer(town), town.contract, window)


def contest(town: Municipality, window: str, line: str, *, reason: DisputeReason = DisputeReason.SOURCE) -> Dispute:
    """The operator disputes one line."""
    return acknowledging.dispute(
        town.gateway, town.contract, window, line, reason=reason, text_sha256=LETTER, as_party=operator(town)
    )


def answer(town: Municipality, dispute: Dispute, outcome: DisputeOutcome) -> Dispute:
    """The municipality answers, or the operator withdraws."""
    if outcome is DisputeOutcome.WITHDRAWN:
        party = operator(town)
        return acknowledging.resolve(town.gateway, dispute.id, outcome=outcome, text_sha256=LETTER, as_party=party)
    return acknowledging.resolve(officer(town), dispute.id, outcome=outcome, text_sha256=LETTER)


def invoiced(town: Municipality, window: str, *, number: str = "") -> Bill:
    """The operator asks for its money."""
    bill, _ = billing.request_payment(town.gateway, town.contract, window, number=number, as_party=operator(town))
    return bill


def settle(town: Municipality, window: str) -> Bill:
    """The whole way of one window, from a released payment document to a payment."""
    accept(town, window)
    bill = invoiced(town, window)
    paying.approve(officer(town), town.contract, bill.number)
    today: date = danish_day(town.gateway.clock())
    return paying.register_payment(officer(town), town.contract, bill.number, paid_on=today)
