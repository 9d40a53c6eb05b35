"""What a settlement rests on, read in one transaction: payment documents as they were signed, and what followed them.

Amounts come from the signed tokens. A row that says anything else than its token, or than the access log, is not
settled at all.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from gateway.contracts import openings
from gateway.contracts.openings import Adopted
from gateway.errors.settlement import SettlementMismatch, SettlementRefused
from gateway.evaluation import evaluating
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.outcomes.reconciling import DocumentsBand
from gateway.release import issuing
from gateway.settlement import logged
from gateway.settlement.account import DocumentLine, PaymentDocument
from gateway.settlement.settled import Settled, SignedDocument, with_adjustments
from gateway.store import queries
from gateway.store.settlement_tables import Acknowledgement, Adjustment, Bill, Dispute, Payment
from gateway.store.tables import ReleaseRow
from outcome_verifier import canonical, sdjwt
from outcome_verifier.checks import check_signature
from outcome_verifier.errors import VerificationError
from outcome_verifier.trust import TrustFile
from policies.disclosure import Band


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
    adjustments = tuple(
        session.exec(
            select(Adjustment).where(Adjustment.contract_id == contract_id).order_by(col(Adjustment.position))
        ).all()
    )
    payments = session.exec(select(Payment).where(Payment.contract_id == contract_id).order_by(col(Payment.at))).all()
    logged.check(
        session,
        contract_id,
        releases=releases,
        acknowledgements=acknowledgements,
        disputes=disputes,
        adjustments=adjustments,
        bills=bills,
        payments=payments,
        adopted=adopted,
    )
    signed = [
        *(_stated_document(contract, adopted, window) for window in (adopted.opening.windows if adopted else ())),
        *(_signed_document(row, trust, is_standing=row.id not in replaced) for row in issued if trust is not None),
    ]
    frozen = {
        # as the calendar and the pulls say: whether a code of somebody is unknown is for municipal eyes
        window.label: evaluating.complete_at(session, gateway.contract_for(session, contract_id, window), window)
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
        signed=with_adjustments(signed, adjustments),
        intended=frozenset(row.window for row in rows if row.state == "intended"),
        frozen_at=frozen,
        held={label: one for label, one in held.items() if one is not None},
        acknowledgements=acknowledgements,
        disputes=disputes,
        adjustments=adjustments,
        bills=bills,
        paid={one.bill_id: one.paid_on for one in payments},
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
