"""What the access log tells of settlements. As `gateway.events.event`: closed, no free text, no personal value."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class SettlementRead(Event):
    """A statement, a sheet or an investor's view was put together for a party."""

    kind = "settlement_read"

    contract: str
    view: str  # "statement" | "investor" | "sheet"
    to: str
    statement_sha256: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class ResultAcknowledged(Event):
    kind = "result_acknowledged"
    contract: str
    window: str
    release: str
    lines: list[str]
    jwt_sha256: str
    party: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class ResultDisputed(Event):
    """`reason` is one of a closed list; `text_sha256` is the digest of the letter that explains it.

    `amount_minor` is how much of the line is contested.
    """

    kind = "result_disputed"

    contract: str
    window: str
    release: str
    dispute: str
    line: str
    amount_minor: int
    reason: str
    text_sha256: str
    answer_by: str
    party: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class DisputeResolved(Event):
    kind = "dispute_resolved"
    contract: str
    dispute: str
    outcome: str
    text_sha256: str
    party: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class AdjustmentSigned(Event):
    """A party said what a line is worth instead of what was evaluated; `is_agreed` where both said the same."""

    kind = "adjustment_signed"

    contract: str
    window: str
    release: str
    adjustment: str
    line: str
    worth_minor: int
    text_sha256: str
    is_agreed: bool
    party: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class PaymentRequested(Event):
    """An invoice or a credit note of one payer was made from payment documents."""

    kind = "payment_requested"

    contract: str
    window: str
    payer: str
    bill: str
    bill_kind: str
    number: str
    total_minor: int
    bill_sha256: str
    requested_by: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class PaymentApproved(Event):
    kind = "payment_approved"
    contract: str
    bill: str
    number: str
    total_minor: int
    sheet_sha256: str
    requested_by: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class PaymentRegistered(Event):
    kind = "payment_registered"
    contract: str
    bill: str
    number: str
    total_minor: int
    paid_on: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class ForecastMade(Event):
    """Accruals and a forecast, for the municipality's own budget follow-up."""

    kind = "forecast_made"

    contract: str
    week: str
    forecast_sha256: str
    decision: str
    decision_sha256: str
