"""What a settlement rests on, read in one transaction: payment documents as they were signed, and what followed them.

Amounts come from the signed tokens. A row that says anything else than its token, or than the access log, is not
settled at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from gateway.contracts import openings
from gateway.contracts.openings import Adopted
from gateway.errors.settlement import SettlementMismatch, SettlementRefused
from gateway.evaluation import evaluating
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.outcomes.reconciling import DocumentsBand
from gateway.outcomes.settlement_terms import SettlementTerms
from gateway.outcomes.terms import Window
from gateway.release import issuing
from gateway.settlement import logged
from gateway.settlement.account import (
    BillLine,
    DocumentLine,
    PaymentDocument,
    Place,
    billed_amounts,
    differences,
    payer_lines,
)
from gateway.settlement.states import ACCEPTED, QUARRELS, SettlementState, SettlementStep, course
from gateway.store import queries
from gateway.store.holds import HeldForCheck
from gateway.store.settlement_tables import Acknowledgement, Bill, Dispute, Payment
from gateway.store.tables import ReleaseRow
from outcome_verifier import canonical, sdjwt
from outcome_verifier.checks import check_signature
from outcome_verifier.errors import VerificationError
from outcome_verifier.trust import TrustFile
from policies.disclosure import Band
from policies.terms import Role
from vocabulary.danish_days import danish_day

BEFORE_SIGNATURE = (SettlementStep.FREEZE, SettlementStep.EVALUATE)
PARTIES = (Role.OPERATOR, Role.SETTLEMENT_OFFICER)  # both have to acknowledge


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """An issued payment document with its evidence; or what the parties stated of a window before the gateway.

    `is_stated`: then the document holds what is not paid of it, the digest is that of the opening balances, and there
    is no attestation.
    """

    document: PaymentDocument
    release: str
    version: int
    rules_sha256: str
    jti: str
    jwt_sha256: str
    leaf_index: int
    seq: int
    issued_at: datetime
    is_stated: bool = False
    on_documents: DocumentsBand | None = None  # as its release kept it


@dataclass(frozen=True, slots=True)
class Settled:
    """Everything known of a contract's settlement at one instant."""

    contract: Contract  # the newest version
    terms: SettlementTerms
    signed: tuple[SignedDocument, ...]  # by window, oldest revision first
    intended: frozenset[str]  # windows whose payment document is drafted and not signed
    frozen_at: Mapping[str, datetime | None]
    held: Mapping[str, HeldForCheck]  # windows that wait for a check of data
    acknowledgements: tuple[Acknowledgement, ...]
    disputes: tuple[Dispute, ...]
    bills: tuple[Bill, ...]
    paid: frozenset[str]  # ids of bills
    adopted: Adopted | None  # what the parties stated of the windows before the gateway
    now: datetime

    @property
    def order(self) -> dict[str, int]:
        return {window.label: place for place, window in enumerate(self.contract.windows)}

    def held_by(self, window: Window) -> HeldForCheck | None:
        """What a window waits for that could freeze by the day on which it is answered."""
        held = self.held.get(window.label)
        return held if held is not None and self.contract.freezes_on(window) <= held.answer_by else None

    @property
    def documents(self) -> list[PaymentDocument]:
        return [one.document for one in self.signed]

    def standing(self, window: str) -> SignedDocument | None:
        """The payment document of a window that nothing superseded."""
        return next((one for one in self.signed if one.document.window == window and one.document.is_standing), None)

    def paid_before(self, window: str) -> dict[str, int]:
        """What the parties state as paid of each tariff in a window before the gateway; nothing of any other window."""
        stated = self.adopted.opening.of(window) if self.adopted else ()
        return {one.tariff: one.paid_minor for one in stated}

    def quantity_before(self, window: str) -> dict[str, int]:
        """What the parties state that was reached in a window before the gateway, by tariff."""
        stated = self.adopted.opening.of(window) if self.adopted else ()
        return {one.tariff: one.quantity for one in stated}

    def bills_of(self, payer: str) -> list[Bill]:
        """The bills of one payer, oldest first."""
        return [bill for bill in self.bills if bill.payer == payer]

    def bill_lines(self) -> list[BillLine]:
        """The lines that were billed, once each: every payer's bills hold the same ones, each with its own share."""
        return [line for bill in self.bills_of(self.contract.payers[0].organisation) for line in lines_of(bill)]

    def differences(self) -> list[BillLine]:
        """What no bill holds yet, in the order of the contract's windows."""
        opened = differences(self.documents, self.bill_lines())
        return sorted(opened, key=lambda line: (self.order[line.window], line.key))

    def bear(self, lines: Sequence[BillLine], payer: str) -> tuple[BillLine, ...]:
        """What a payer bears of whole lines that would be billed next."""
        place = [one.organisation for one in self.contract.payers].index(payer)
        before = sum(line.whole_minor for line in self.bill_lines())
        return payer_lines(lines, billed_minor=before, parts=self.contract.share_parts, payer=place)

    def borne_by(self, payer: str) -> dict[Place, int]:
        """What a payer bears of each line: what its bills hold of it, and what the next ones would add, were everything
        that is open billed in the contract's order."""
        held = [line for bill in self.bills_of(payer) for line in lines_of(bill)]
        found: dict[Place, int] = defaultdict(int)
        for line in [*held, *self.bear(self.differences(), payer)]:
            found[line.place] += line.amount_minor
        return dict(found)

    def open_disputes(self, release: str) -> list[Dispute]:
        """Those that still hold a line back: open, or upheld and not corrected yet."""
        return [one for one in self.disputes if one.release_id == release and one.outcome in ("", "upheld")]

    def accepted_by(self, release: str, line: str) -> set[str]:
        """The parties that acknowledged a line after its last dispute was settled."""
        since = max(
            (
                one.resolved_at or one.at
                for one in self.disputes
                if (one.release_id, one.line, one.outcome) == (release, line, "stands")
            ),
            default=None,
        )
        return {
            one.role
            for one in self.acknowledgements
            if one.release_id == release and line in one.lines and (since is None or one.at >= since)
        }

    def state(self, one: SignedDocument, line: DocumentLine) -> SettlementState:
        """Where a line of a document stands, folded from the facts."""
        steps = [SettlementStep.STATE_HELD] if one.is_stated else [*BEFORE_SIGNATURE, SettlementStep.RELEASE]
        if not one.document.is_standing:
            return course([*steps, SettlementStep.SUPERSEDE])
        if any(dispute.line == line.key for dispute in self.open_disputes(one.release)):
            return course([*steps, SettlementStep.DISPUTE])
        if not self.accepted_by(one.release, line.key) >= set(PARTIES):
            return course(steps)
        steps.append(SettlementStep.ACKNOWLEDGE)
        place = (one.document.window, line.key)
        if billed_amounts(self.bill_lines()).get(place) == (line.quantity, line.amount_minor):
            steps.append(SettlementStep.INVOICE)
            # every payer's bill of it: money that one of several still owes is not there
            if all(bill.id in self.paid for bill in self.bills if place in {part.place for part in lines_of(bill)}):
                steps.append(SettlementStep.PAY)
        return course(steps)

    def window_states(self, window: Window) -> list[SettlementState]:
        """The states of a window's lines; of one that is not released, its own."""
        one = self.standing(window.label)
        if one is not None and one.is_stated:
            return [self.state(one, line) for line in one.document.lines] or [course([SettlementStep.STATE_PAID])]
        if one is not None:
            moved = [line for line in one.document.lines if line.amount_minor or line.quantity]
            return [self.state(one, line) for line in moved or one.document.lines] or [SettlementState.RELEASED]
        frozen = self.frozen_at[window.label]
        if window.label in self.intended:
            return [course(BEFORE_SIGNATURE)]
        is_frozen = frozen is not None and frozen <= self.now
        return [course([SettlementStep.FREEZE] if is_frozen else [])]

    def ready(self, window: str) -> set[Place]:
        """The lines of a window that may be billed: accepted by both, or taken out by an accepted correction."""
        one = self.standing(window)
        if one is None:
            return set()
        found = {(window, line.key) for line in one.document.lines if self.state(one, line) in ACCEPTED}
        keys = {line.key for line in one.document.lines}
        everything = all(self.state(one, line) not in QUARRELS for line in one.document.lines)
        gone = {place for place in billed_amounts(self.bill_lines()) if place[0] == window and place[1] not in keys}
        return found | (gone if everything and len(found) == len(keys) else set())

    def dispute_until(self, one: SignedDocument) -> date:
        return danish_day(one.issued_at) + timedelta(days=self.terms.dispute_days)


def read_settlement(gateway: Gateway, session: Session, contract_id: str, *, now: datetime) -> Settled:
    """Everything, from one session. Raises `ContractUnknown`, `SettlementRefused`, `SettlementMismatch`."""
    contract = gateway.contract(session, contract_id)
    if contract.settlement is None:
        raise SettlementRefused(rule="no-terms", reason=f"the contract file of {contract_id} has no [settlement] table")
    releases = queries.releases(session, contract_id)
    rows = [row for row in releases if row.template == "payment_document"]
    order = {window.label: place for place, window in enumerate(contract.windows)}
    issued = sorted((row for row in rows if row.state == "issued"), key=lambda row: (order[row.window], row.revision))
    replaced = {row.supersedes for row in issued}
    trust = TrustFile.load(gateway.trust_bytes(session)) if issued else None

    adopted = openings.of(gateway, session, contract_id)
    acknowledgements = tuple(
        session.exec(
            select(Acknowledgement)
            .where(Acknowledgement.contract_id == contract_id)
            .order_by(col(Acknowledgement.at), col(Acknowledgement.id))
        ).all()
    )
    disputes = tuple(
        session.exec(
            select(Dispute).where(Dispute.contract_id == contract_id).order_by(col(Dispute.at), col(Dispute.id))
        ).all()
    )
    bills = tuple(session.exec(select(Bill).where(Bill.contract_id == contract_id).order_by(col(Bill.position))).all())
    payments = session.exec(select(Payment).where(Payment.contract_id == contract_id).order_by(col(Payment.at))).all()
    logged.check(
        session,
        contract_id,
        releases=releases,
        acknowledgements=acknowledgements,
        disputes=disputes,
        bills=bills,
        payments=payments,
        adopted=adopted,
    )
    frozen = {
        window.label: evaluating.frozen_at(session, gateway.contract_for(session, contract_id, window), window)
        for window in contract.windows
    }
    held = {
        window.label: evaluating.held_back(session, contract, window, frozen[window.label], now=now)
        for window in contract.windows
        if window.label not in {row.window for row in issued}
    }
    return Settled(
        contract=contract,
        terms=contract.settlement,
        signed=(
            *(_stated_document(contract, adopted, window) for window in (adopted.opening.windows if adopted else ())),
            *(_signed_document(row, trust, is_standing=row.id not in replaced) for row in issued if trust is not None),
        ),
        intended=frozenset(row.window for row in rows if row.state == "intended"),
        frozen_at=frozen,
        held={label: one for label, one in held.items() if one is not None},
        acknowledgements=acknowledgements,
        disputes=disputes,
        bills=bills,
        paid=frozenset(one.bill_id for one in payments),
        adopted=adopted,
        now=now,
    )


def _stated_document(contract: Contract, adopted: Adopted | None, window: str) -> SignedDocument:
    """What of a stated window the parties can still settle: what is held back, and what is disputed."""
    if adopted is None:
        raise ValueError(f"nothing was stated of {window}")
    units = {tariff.id: tariff.unit(contract) for tariff in contract.tariffs}
    lines = [
        DocumentLine(one.tariff, kind, units[one.tariff], 0, minor)
        for one in adopted.opening.of(window)
        for kind, minor in (("held", one.held_minor), ("disputed", one.disputed_minor))
        if minor
    ]
    return SignedDocument(
        document=PaymentDocument(window, 1, tuple(lines), is_standing=True),
        release=adopted.release,
        version=contract.version,
        rules_sha256=contract.sha256,
        jti=f"opening-balances:{contract.id}",
        jwt_sha256=adopted.opening.sha256,
        leaf_index=0,
        seq=0,
        issued_at=adopted.at,
        is_stated=True,
    )


def lines_of(bill: Bill) -> list[BillLine]:
    """The lines of a stored bill."""
    return [BillLine(**line) for line in bill.lines]


def _signed_document(row: ReleaseRow, trust: TrustFile, *, is_standing: bool) -> SignedDocument:
    token = issuing.token_of(row)
    try:
        presentation = sdjwt.parse(token)
        check_signature(presentation, trust)
        shown = sdjwt.disclosed_claims(presentation)
    except (ValueError, VerificationError) as error:
        raise SettlementMismatch(contract=row.contract_id, window=row.window, reason=str(error)) from None
    claims = presentation.token.payload
    names = ("tariff", "kind", "unit", "quantity", "amount_minor")
    signed, stored = ([{name: line[name] for name in names} for line in lines] for lines in (shown["lines"], row.due))
    is_same = (claims["jti"], claims["window"]["label"], claims["contract"]["id"]) == (
        row.jti,
        row.window,
        row.contract_id,
    )
    if signed != stored or not is_same or len({(one["tariff"], one["kind"]) for one in signed}) < len(signed):
        raise SettlementMismatch(
            contract=row.contract_id, window=row.window, reason="the database and the signed payment document differ"
        )
    return SignedDocument(
        document=PaymentDocument(row.window, row.revision, tuple(DocumentLine(**line) for line in signed), is_standing),
        release=row.id,
        version=row.contract_version,
        rules_sha256=claims["contract"]["rules_sha256"],
        jti=row.jti,
        jwt_sha256=issuing.jwt_sha256(token),
        leaf_index=row.leaf_index or 0,
        seq=row.seq,
        issued_at=row.issued_at or row.intended_at,
        on_documents=_on_documents(row),
    )


def _on_documents(row: ReleaseRow) -> DocumentsBand | None:
    kept = canonical.loads(row.draft).get("on_documents")
    return None if kept is None else DocumentsBand(band=Band(kept["band"]), k=kept["k"], measure=kept["measure"])
