"""What the statement of a settlement is: amounts, states, evidence, where to invoice, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from gateway.outcomes.reconciling import DocumentsBand
from gateway.outcomes.settlement_terms import CorrectionForm
from gateway.settlement.account import BillKind
from gateway.settlement.states import SettlementState
from gateway.wording.views import View


class NextStep(StrEnum):
    """What a window waits for."""

    PAYMENT_DOCUMENT = "payment_document"
    ACKNOWLEDGE_OR_DISPUTE = "acknowledge_or_dispute"
    ANSWER_DISPUTE = "answer_dispute"
    CORRECT_OR_ADJUST = "correct_or_adjust"
    SET_OFF = "set_off"
    INVOICE = "invoice"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True)
class SettledContract:
    """The newest version of the contract."""

    id: str
    title: str
    version: int
    rules_sha256: str
    """SHA-256 of the contract file, hexadecimal."""


@dataclass(frozen=True, slots=True)
class PayerPrice:
    """What a payer owes for one unit of a tariff that says so for each of them, in minor units."""

    tariff: str
    price_minor: int


@dataclass(frozen=True, slots=True)
class PayerAccount(View):
    """Who bears a share, where its invoices go, and what came of them."""

    organisation: str
    name: str
    share_parts: int
    """Of `of_parts`: 1 of 1 where one pays alone, 0 of 0 where every tariff says what each payer owes."""
    of_parts: int
    prices: tuple[PayerPrice, ...]
    cvr: str
    gln: str
    """EAN / GLN."""
    order_number: str
    person_reference: str
    account: str
    due_minor: int
    """Its share of everything that is owed; the shares of all add up to that."""
    invoiced_minor: int
    paid_minor: int

    @property
    def share(self) -> str:
        """The share as people read it, and nothing where there is none."""
        return f"{self.share_parts}/{self.of_parts}" if self.of_parts else ""


@dataclass(frozen=True, slots=True)
class PayerShare:
    """What one payer bears of a line: what its bills hold of it, or will."""

    payer: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class PaidCreditor:
    """Whom everything is owed to: the operator, or whoever lent where the municipality delivers itself."""

    role: str
    name: str
    cvr: str
    """Empty where nobody sells anything."""


@dataclass(frozen=True, slots=True)
class StatementTerms:
    """What the contract says of disputes, payment and VAT."""

    dispute_days: int
    """From the payment document's issue."""
    payment_days: int
    """From the invoice."""
    correction: CorrectionForm
    vat: str


@dataclass(frozen=True, slots=True)
class PaymentEvidence:
    """The signed payment document that the amounts stand in."""

    jti: str
    jwt_sha256: str
    log_entry: int
    seq: int
    revision: int
    issued_on: date
    contract_version: int
    rules_sha256: str


@dataclass(frozen=True, slots=True)
class OpenDispute:
    """That a party contests a line, or a part of it, and by when the other one answers."""

    id: str
    reason: str
    by: str
    amount_minor: int
    """How much of the line is held back."""
    is_upheld: bool
    """The other party agreed that the line is wrong: it is corrected, adjusted, or accepted as it stands by both."""
    answer_by: date | None
    """None once it is answered."""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line of a payment document: what was achieved, what it is worth, and where it stands."""

    line: str
    """The key by which a line is disputed."""
    tariff: str
    kind: str
    unit: str
    quantity: int
    amount_minor: int
    shares: tuple[PayerShare, ...]
    state: SettlementState
    accepted_by: tuple[str, ...]
    silence_on: date | None
    """The day from which the silence of whoever has to pay accepts the line; None once that party has spoken."""
    silence_of: str | None
    """That party's role."""
    dispute: OpenDispute | None


@dataclass(frozen=True, slots=True)
class SupersededDocument:
    """A payment document that a correction replaced."""

    revision: int
    due_minor: int
    jwt_sha256: str


@dataclass(frozen=True, slots=True)
class ExpectedNext:
    """What is expected next of a window, and when at the earliest or at the latest."""

    what: NextStep
    on: date | None
    """None where no day is declared."""
    condition: str


@dataclass(frozen=True, slots=True)
class StatementWindow:
    """One window: its lines, and what became of them."""

    window: str
    from_week: str
    to_week: str
    state: SettlementState
    stated: bool
    """By the parties, before the gateway, and not evaluated: there is no attestation."""
    document: PaymentEvidence | None
    """Of a stated window: the opening balances, by their digest."""
    on_documents: DocumentsBand | None
    """None where the contract takes no documents as evidence."""
    lines: tuple[StatementLine, ...]
    due_minor: int
    corrections_minor: int
    disputed_minor: int
    invoiced_minor: int
    paid_minor: int
    superseded: tuple[SupersededDocument, ...]
    next: ExpectedNext | None


@dataclass(frozen=True, slots=True)
class TariffSum:
    """What one tariff is worth so far, against its cap."""

    tariff: str
    unit: str
    quantity: int
    due_minor: int
    cap_minor: int
    """0 for none."""
    cap_reached: bool
    left_minor: int | None
    """What is left to the cap; None where there is none."""


@dataclass(frozen=True, slots=True)
class BalancesSignature:
    """That a party signed the opening balances."""

    role: str
    organisation: str
    key: str
    """RFC 7638 thumbprint."""


@dataclass(frozen=True, slots=True)
class StatedBefore:
    """What the parties stated of the windows before the gateway."""

    says: str
    last_window: str
    balances_sha256: str
    adopted_on: date
    signed_by: tuple[BalancesSignature, ...]


@dataclass(frozen=True, slots=True)
class StatementSums:
    """The windows in all."""

    due_minor: int
    corrections_minor: int
    disputed_minor: int
    invoiced_minor: int
    paid_minor: int
    open_minor: int
    tariffs: tuple[TariffSum, ...]
    cap_minor: int
    """Over all tariffs; 0 for none."""
    cap_reached: bool


@dataclass(frozen=True, slots=True)
class BillSummary:
    """An invoice or a credit note; a credit note's total is negative."""

    number: str
    payer: str
    """Organisation."""
    kind: BillKind
    window: str
    total_minor: int
    refers_to: str
    issued_on: date
    due_on: date
    sha256: str
    is_paid: bool
    is_superseded: bool
    """A correction came between: it is neither handed out nor paid before what follows from that is made."""


@dataclass(frozen=True, slots=True)
class SettlementStatement(View):
    """What the creditor is owed, window by window and in all.

    Amounts are whole minor units (øre) before VAT. For the creditor and the municipality's settlement officer; no
    investor may see it.
    """

    schema: Literal["settlement-statement/1"]
    contract: SettledContract
    currency: str
    made_on: date
    demo: bool
    """Signed with a development key: it proves nothing about real people or money."""
    illustrative: tuple[str, ...]
    """Figures of the contract that are not public and were made up."""
    payers: tuple[PayerAccount, ...]
    """The municipality first."""
    creditor: PaidCreditor
    terms: StatementTerms
    opening: StatedBefore | None
    windows: tuple[StatementWindow, ...]
    cumulative: StatementSums
    bills: tuple[BillSummary, ...]

    @property
    def names(self) -> dict[str, str]:
        """What each payer is called, by organisation."""
        return {payer.organisation: payer.name for payer in self.payers}
