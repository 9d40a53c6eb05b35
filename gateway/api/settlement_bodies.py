"""What the settlement routes take and send, as schemas for the OpenAPI document.

Amounts are whole minor units (øre). The statement itself is made in `gateway.settlement.statement`; here it is
described, and a test holds the description against what is sent.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from policies.disclosure import Band

_DIGEST = "^[0-9a-f]{64}$"


class Agreement(BaseModel):
    id: str
    title: str
    version: int
    rules_sha256: str = Field(description="SHA-256 of the contract file, hexadecimal.")


class Payer(BaseModel):
    """Who bears a share, where its invoices go, and what came of them."""

    organisation: str
    name: str
    share_parts: int = Field(description="Of `of_parts`: 1 of 1 where one pays alone.")
    of_parts: int
    cvr: str
    gln: str = Field(description="EAN / GLN.")
    order_number: str
    person_reference: str
    account: str
    due_minor: int = Field(description="Its share of everything that is owed; the shares of all add up to that.")
    invoiced_minor: int
    paid_minor: int


class Share(BaseModel):
    """What one payer bears of a line: what its bills hold of it, or will."""

    payer: str
    amount_minor: int


class Operator(BaseModel):
    name: str
    cvr: str


class Terms(BaseModel):
    dispute_days: int = Field(description="From the payment document's issue.")
    payment_days: int = Field(description="From the invoice.")
    correction: Literal["credit_note", "offset"]
    vat: str


class Evidence(BaseModel):
    """The signed payment document that the amounts stand in."""

    jti: str
    jwt_sha256: str
    log_entry: int
    seq: int
    revision: int
    issued_on: str
    contract_version: int
    rules_sha256: str


class OpenDispute(BaseModel):
    id: str
    reason: str
    by: str
    answer_by: str


class StatementLine(BaseModel):
    line: str = Field(description="The key by which a line is disputed.")
    tariff: str
    kind: str
    unit: str
    quantity: int
    amount_minor: int
    shares: list[Share]
    state: str
    accepted_by: list[str]
    dispute: OpenDispute | None


class Superseded(BaseModel):
    revision: int
    due_minor: int
    jwt_sha256: str


class Expected(BaseModel):
    what: str
    on: str
    condition: str


class OnDocuments(BaseModel):
    """What part of an outcome, counted from the first week, would be missing without documents (manual evidence)."""

    measure: str
    band: Band = Field(description="Percent; `withheld` where fewer than k people stand on either side, or nobody.")
    k: int = Field(description="The contract's, on the day of the release.")


class StatementWindow(BaseModel):
    window: str
    from_week: str
    to_week: str
    state: str
    stated: bool = Field(description="By the parties, before the gateway, and not evaluated: there is no attestation.")
    document: Evidence | None = Field(description="Of a stated window: the opening balances, by their digest.")
    on_documents: OnDocuments | None = Field(description="None where the contract takes no documents as evidence.")
    lines: list[StatementLine]
    due_minor: int
    corrections_minor: int
    disputed_minor: int
    invoiced_minor: int
    paid_minor: int
    superseded: list[Superseded]
    next: Expected | None


class TariffSum(BaseModel):
    tariff: str
    unit: str
    quantity: int
    due_minor: int
    cap_minor: int
    cap_reached: bool
    left_minor: int | None


class Signature(BaseModel):
    role: str
    organisation: str
    key: str = Field(description="RFC 7638 thumbprint.")


class Opening(BaseModel):
    """What the parties stated of the windows before the gateway."""

    says: str
    last_window: str
    balances_sha256: str
    adopted_on: str
    signed_by: list[Signature]


class Cumulative(BaseModel):
    due_minor: int
    corrections_minor: int
    disputed_minor: int
    invoiced_minor: int
    paid_minor: int
    open_minor: int
    tariffs: list[TariffSum]
    cap_minor: int = Field(description="Over all tariffs; 0 for none.")
    cap_reached: bool


class BillSummary(BaseModel):
    number: str
    payer: str = Field(description="Organisation.")
    kind: Literal["invoice", "credit_note"]
    window: str
    total_minor: int
    refers_to: str
    issued_on: str
    due_on: str
    sha256: str
    is_paid: bool


class Statement(BaseModel):
    """What the operator is owed, window by window and in all."""

    model_config = ConfigDict(populate_by_name=True)

    schema_: Literal["settlement-statement/1"] = Field(alias="schema")
    contract: Agreement
    currency: str
    made_on: str
    demo: bool
    illustrative: list[str]
    payers: list[Payer] = Field(description="The municipality first.")
    operator: Operator
    terms: Terms
    opening: Opening | None
    windows: list[StatementWindow]
    cumulative: Cumulative
    bills: list[BillSummary]


class AgreementOfInvestor(BaseModel):
    id: str
    version: int
    rules_sha256: str


class DeclaredDate(BaseModel):
    window: str
    template: str
    from_: str = Field(alias="from")


class Predicate(BaseModel):
    window: str
    met: bool


class InvestorWindow(BaseModel):
    window: str
    payable_minor: int
    is_paid: bool


class Goal(BaseModel):
    people: int
    achieved: int
    met: bool
    window: str


class Flow(BaseModel):
    formula: str
    max_return_minor: int
    drawn_minor: int
    repaid_minor: int
    return_minor: int
    at_risk_minor: int
    beyond_minor: int


class PaidBefore(BaseModel):
    """What the parties state as paid before the gateway, and not evaluated. It is in the flow."""

    says: str
    last_window: str
    paid_minor: int


class InvestorSettlement(BaseModel):
    """What the investor sees; below k_cohort the dates and met or not met alone: the other members are left out."""

    schema_: Literal["investor-settlement/1"] = Field(alias="schema")
    contract: AgreementOfInvestor
    declared_dates: list[DeclaredDate]
    predicates: list[Predicate]
    currency: str = "DKK"
    illustrative: list[str] = Field(default_factory=list)
    windows: list[InvestorWindow] = Field(default_factory=list)
    stated: PaidBefore | None = None
    goal: Goal | None = None
    flow: Flow | None = None


class Acknowledgement(BaseModel):
    """Which payment document is accepted."""

    model_config = ConfigDict(extra="forbid")

    document_sha256: str = Field(pattern=_DIGEST, description="SHA-256 of the JWT that you hold; another is refused.")


class Acknowledged(BaseModel):
    lines: list[str] = Field(description="The lines that you accept now; none where you did before.")


class NewDispute(BaseModel):
    model_config = ConfigDict(extra="forbid")

    line: str = Field(pattern="^[a-z0-9_]{1,80}/[a-z_]{1,40}$", description="The line's key in the statement.")
    reason: Literal["quantity", "amount", "source", "period", "contract"]
    letter_sha256: str = Field(pattern=_DIGEST, description="SHA-256 of the letter that explains it; send that apart.")
    document_sha256: str = Field(pattern=_DIGEST, description="SHA-256 of the JWT that you hold.")


class Disputed(BaseModel):
    dispute: str = Field(description="Its id.")
    line: str
    answer_by: str


class DisputeOutcome(BaseModel):
    model_config = ConfigDict(extra="forbid")

    outcome: Literal["withdrawn", "stands", "upheld"] = Field(
        description="`withdrawn` for a dispute of your own; the others answer the municipality's."
    )
    letter_sha256: str = Field(pattern=_DIGEST)


class Resolved(BaseModel):
    dispute: str
    line: str
    outcome: str
