"""Facts of a settlement, one at a time, in amounts that can be added up in the head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime

from gateway.contracts.openings import Adopted
from gateway.outcomes.contract import Contract
from gateway.outcomes.opening import OpeningBalances, StatedLine
from gateway.settlement.account import BillLine, DocumentLine, PaymentDocument
from gateway.settlement.settled import Settled, SignedDocument
from gateway.store.settlement_tables import Acknowledgement, Bill, Dispute
from policies.terms import Role
from tests.support.histories import example_contract
from tests.support.payers import PARTS, SHARED

PARTIES = (Role.OPERATOR, Role.SETTLEMENT_OFFICER)

NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
SEASONS = ("spring", "autumn", "winter", "summer")  # windows whose order is no alphabet's


def seasons() -> Contract:
    """Ballerup, paid by one, with windows of these labels."""
    contract = example_contract("ballerup")
    labels = {window.label: name for window, name in zip(contract.windows, SEASONS, strict=False)}
    return replace(
        contract,
        windows=tuple(replace(one, label=labels[one.label]) for one in contract.windows if one.label in labels),
        releases=tuple(replace(one, window=labels[one.window]) for one in contract.releases if one.window in labels),
    )


def paid_by_three(parts: tuple[int, int, int] = PARTS) -> Contract:
    """IMPACT60, of which three bear these parts."""
    contract = example_contract("impact60", **{str(number): edit for number, edit in enumerate(SHARED)})
    shares = {payer.organisation: part for payer, part in zip(contract.payers, parts, strict=True)}
    parties = (replace(one, share_parts=shares.get(one.organisation, one.share_parts)) for one in contract.parties)
    return replace(contract, parties=tuple(parties))


def line(amount: int, kind: str = "window", *, tariff: str = "weeks", quantity: int | None = None) -> DocumentLine:
    """Whose quantity is its amount where nothing else is said."""
    return DocumentLine(tariff, kind, "week", amount if quantity is None else quantity, amount)


def document(
    window: str, *lines: DocumentLine, revision: int = 1, is_standing: bool = True, is_stated: bool = False
) -> SignedDocument:
    """Issued today; its digest is its name."""
    name = f"{window}/{revision}"
    return SignedDocument(
        document=PaymentDocument(window, revision, lines, is_standing=is_standing),
        release=name,
        version=1,
        rules_sha256="",
        jti=name,
        jwt_sha256=name,
        leaf_index=0,
        seq=0,
        issued_at=NOW,
        is_stated=is_stated,
    )


def both_accept(one: SignedDocument) -> tuple[Acknowledgement, ...]:
    """What both parties say where they accept a whole document."""
    keys = [each.key for each in one.document.lines]
    return tuple(
        Acknowledgement(id=f"{one.release} {role}", release_id=one.release, lines=keys, role=role, at=NOW)
        for role in PARTIES
    )


def contested(one: SignedDocument, part: DocumentLine, amount: int, *, role: str, outcome: str = "") -> Dispute:
    """A dispute of a part of a line."""
    return Dispute(
        release_id=one.release, line=part.key, amount_minor=amount, role=role, outcome=outcome, at=one.issued_at
    )


def bill(
    contract: Contract,
    *parts: tuple[str, DocumentLine],
    payer: int = 0,
    share: Sequence[int] = (),
    rests_on: str = "",
    number: str = "F-1",
) -> Bill:
    """One payer's bill of (window, line), of which it bears the whole or `share`."""
    borne = share or [one.amount_minor for _, one in parts]
    lines = [
        BillLine(window, one.key, one.unit, one.quantity, amount, one.amount_minor)
        for (window, one), amount in zip(parts, borne, strict=True)
    ]
    return Bill(
        id=f"{number} {payer} {parts}",
        payer=contract.payers[payer].organisation,
        kind="credit_note" if sum(borne) < 0 else "invoice",
        number=number,
        lines=[asdict(one) for one in lines],
        rests_on=rests_on.split(),
        total_minor=sum(borne),
    )


def adopted(*stated: StatedLine) -> Adopted:
    """Opening balances that are in force."""
    windows = tuple(dict.fromkeys(one.window for one in stated))
    return Adopted(OpeningBalances("c", windows, stated, "", ""), (), NOW)


def settlement(contract: Contract, *signed: SignedDocument, **facts: object) -> Settled:
    """The settlement of these documents, where nothing was said, billed or paid but the `facts`."""
    assert contract.settlement is not None
    nothing = Settled(
        contract=contract,
        terms=contract.settlement,
        signed=signed,
        intended=frozenset(),
        frozen_at={window.label: None for window in contract.windows},
        held={},
        acknowledgements=(),
        disputes=(),
        adjustments=(),
        bills=(),
        paid={},
        adopted=None,
        now=NOW,
    )
    return replace(nothing, **facts)
