"""The tables of settlement: what parties said of a payment document, what was invoiced, approved and paid.

Each row is written once; a state is never stored but folded from the rows (`gateway.settlement.states`). No row holds
anything about a single person. Each says what somebody who edits it gains.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from gateway.store.columns import blob, instant, json_value, optional_instant


class Acknowledgement(SQLModel, table=True):
    """That a party accepts lines of a payment document. Not trusted: the access log must tell of exactly these rows
    whenever a settlement is read (`gateway.settlement.logged`).
    """

    id: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    window: str
    release_id: str = Field(index=True)
    lines: list[str] = json_value()  # keys of the lines: "measure/kind"
    jwt_sha256: str  # of the issuer-signed JWT
    role: str  # "operator" | "settlement_officer"
    by: str
    at: datetime = instant()


class Dispute(SQLModel, table=True):
    """That a party contests one line. Not trusted: as an acknowledgement."""

    id: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    window: str
    release_id: str = Field(index=True)
    line: str
    amount_minor: int = Field(sa_column=Column(BigInteger, nullable=False))  # how much of the line is held back
    reason: str  # one of a closed list
    text_sha256: str  # of the letter that explains it, which stays in the case system
    role: str
    by: str
    at: datetime = instant()
    answer_by: date
    # empty while open | "upheld" while still held back | "stands" | "withdrawn" | "accepted" | "adjusted"
    outcome: str
    outcome_sha256: str
    resolved_by: str
    resolved_at: datetime | None = optional_instant()


class Adjustment(SQLModel, table=True):
    """What a party says that a line is worth instead of what was evaluated: agreed where the other one says the same.
    Not trusted: as an acknowledgement.
    """

    __table_args__ = (UniqueConstraint("contract_id", "position"),)
    id: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    position: int  # 1 for the contract's first
    window: str
    release_id: str = Field(index=True)
    line: str
    worth_minor: int = Field(sa_column=Column(BigInteger, nullable=False))
    text_sha256: str  # of the letter that explains it, which stays in the case system
    role: str
    by: str
    at: datetime = instant()


class Bill(SQLModel, table=True):
    """Invoices and credit notes. Not trusted: every amount is recalculated from the signed payment documents before it
    is approved; an edit shows there and in the digest of its event.
    """

    __table_args__ = (UniqueConstraint("contract_id", "number"), UniqueConstraint("contract_id", "position"))
    id: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    contract_version: int
    contract_sha256: str
    position: int  # 1 for the contract's first
    window: str
    payer: str  # organisation; the bills of all payers are made at once and hold the same lines
    kind: str  # "invoice" | "credit_note"
    number: str
    lines: list[dict[str, Any]] = json_value()
    rests_on: list[str] = json_value()  # jwt_sha256 of the payment documents that stood when it was made
    total_minor: int = Field(sa_column=Column(BigInteger, nullable=False))  # negative on a credit note
    refers_to: str  # the number of the invoice that a credit note is about, or empty
    xml: bytes = blob()
    sha256: str
    issued_on: date
    due_on: date
    requested_role: str  # "operator" | "municipality"
    requested_by: str
    requested_at: datetime = instant()


class Approval(SQLModel, table=True):
    """That a second person approved a bill. One a bill: the key refuses another; an edit contradicts the event."""

    bill_id: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    checks: list[dict[str, Any]] = json_value()
    sheet_sha256: str
    by: str
    at: datetime = instant()


class Payment(SQLModel, table=True):
    """That a bill was paid. One a bill: the key refuses another. Not trusted: as an acknowledgement."""

    bill_id: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    paid_on: date
    by: str
    at: datetime = instant()
