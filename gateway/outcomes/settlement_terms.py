"""The `[settlement]` table of a contract file: where an invoice goes, until when, and what an investor lent.

Nothing in it decides what is owed: that stands in measures and prices. A contract without the table is evaluated and
released as before, and settled elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from gateway.outcomes.terms import Caps, ContractParty
from vocabulary.declaration import DeclarationTable, one_of

ANSWER_DAYS = 14  # in which a dispute should be answered; a day that passes frees nothing
VAT = ("exempt", "25")
RETURN_FORMULA = "repaid_then_capped"
_GRANT = "Tilbagebetaling af betinget tilskud, ingen leverance"
_ACCOUNT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){1,5}")


class CorrectionForm(StrEnum):
    """How an operator pays back what a correction takes from it."""

    CREDIT_NOTE = "credit_note"
    OFFSET = "offset"  # against the next invoice


@dataclass(frozen=True, slots=True)
class TradeParty:
    """A buyer or seller as an invoice names it, beside its name in the contract."""

    cvr: str  # Danish business register number, eight digits
    gln: str  # EAN location number, 13 digits with its check digit; empty for a seller that has none
    zip_code: str
    city: str


@dataclass(frozen=True, slots=True)
class Buyer:
    """Where the invoices of one outcome payer go."""

    organisation: str
    party: TradeParty
    order_number: str
    person_reference: str  # personreference: an office or a function, never somebody's name
    account: str  # authorised account of the payer (kontonummer)


@dataclass(frozen=True, slots=True)
class Draw:
    """Capital that the investor paid in."""

    on: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class InvestorTerms:
    """Every payment goes to the investor until the capital is repaid; then, from the goal on, the return up to a cap.

    Whole minor units only: nothing is divided, so nothing is rounded. What was lent stands here and nowhere else in a
    contract that is settled; where `[caps]` limits everything that is owed to the capital with a return, the most of
    the return follows from there, and is not said again.
    """

    formula: str
    draws: tuple[Draw, ...]
    max_return_minor: int

    @property
    def capital_minor(self) -> int:
        return sum(draw.amount_minor for draw in self.draws)


@dataclass(frozen=True, slots=True)
class SettlementTerms:
    buyers: tuple[Buyer, ...]  # one for each payer, in the contract's order
    seller: TradeParty | None  # None where the municipality delivers itself: nobody sells anything
    vat: str  # "exempt" | "25"
    vat_reason: str  # why no VAT is due; empty with "25"
    dispute_days: int  # from the payment document's issue
    payment_days: int  # from the invoice
    correction: CorrectionForm
    investor: InvestorTerms | None

    @property
    def vat_percent(self) -> int:
        """0 where no VAT is due."""
        return 0 if self.vat == "exempt" else int(self.vat)

    def buyer(self, organisation: str) -> Buyer:
        return next(buyer for buyer in self.buyers if buyer.organisation == organisation)


def lent_minor(root: DeclarationTable) -> int:
    """What `[settlement.investor]` says was lent in all; 0 where it says nothing."""
    if "settlement" not in root or "investor" not in root.table("settlement"):
        return 0
    return sum(
        row.integer("amount_minor", least=1) for row in root.table("settlement").table("investor").tables("draws")
    )


def settlement_terms(root: DeclarationTable, parties: Sequence[ContractParty], caps: Caps) -> SettlementTerms | None:
    """The table's terms, or None where a contract has none.

    `DeclarationInvalid` for anything unknown or impossible, and where a payer has no address or an address no payer.
    """
    if "settlement" not in root:
        return None
    table = root.table("settlement")
    part = table.part
    sells = part(lambda: any(party.role == "operator" for party in parties))
    terms = SettlementTerms(
        buyers=part(lambda: _buyers(table, parties)),
        seller=part(lambda: _party(table.table("seller"), needs_gln=False) if sells else None),
        vat=part(lambda: table.convert("vat", one_of(*VAT)) if sells else "exempt"),
        vat_reason=part(lambda: _vat_reason(table) if sells else _GRANT),
        dispute_days=table.integer("dispute_days", 20, least=1, most=366),
        payment_days=table.integer("payment_days", 30, least=1, most=366),
        correction=part(lambda: _correction(table)),
        investor=part(lambda: _investor(table.table("investor"), caps)) if "investor" in table else None,
    )
    table.finish()
    return terms


def _correction(table: DeclarationTable) -> CorrectionForm:
    return CorrectionForm(table.convert("correction", one_of(*CorrectionForm), CorrectionForm.CREDIT_NOTE))


def _vat_reason(table: DeclarationTable) -> str:
    reason = table.convert("vat_reason", _line, "")
    is_exempt = table.text("vat") == "exempt"
    if is_exempt and not reason:
        raise table.refuse("vat_reason", "is missing", rule="key-missing")
    if reason and not is_exempt:
        raise table.refuse("vat_reason", "says why no VAT is due, and here it is")
    return reason


def _buyers(table: DeclarationTable, parties: Sequence[ContractParty]) -> tuple[Buyer, ...]:
    """One for each payer, in the order of the contract."""

    payers = table.part(lambda: [party.organisation for party in parties if party.role == "outcome_payer"])

    def read(row: DeclarationTable) -> Buyer:
        buyer = _buyer(row.text("organisation"), row, row.part(lambda: _trade(row, needs_gln=True)))
        row.finish()
        if buyer.organisation not in payers[1:]:
            reason = f"{buyer.organisation!r} is no further payer of this contract: see [[payers]]"
            raise row.refuse("organisation", reason)
        return buyer

    account = _buyer("", table, table.part(lambda: _party(table.table("buyer"), needs_gln=True)))
    others = table.rows("payers", read, least=0, by="organisation")
    buyers = [replace(account, organisation=payers[0]), *others]
    if missing := [payer for payer in payers if payer not in {buyer.organisation for buyer in buyers}]:
        raise table.refuse("payers", f"does not say where the invoices of {', '.join(missing)} go")
    return tuple(sorted(buyers, key=lambda buyer: payers.index(buyer.organisation)))


def _buyer(organisation: str, table: DeclarationTable, party: TradeParty) -> Buyer:
    return Buyer(
        organisation=organisation,
        party=party,
        order_number=table.convert("order_number", _line),
        person_reference=table.convert("person_reference", _line),
        account=table.convert("account", _account),
    )


def _party(table: DeclarationTable, *, needs_gln: bool) -> TradeParty:
    party = _trade(table, needs_gln=needs_gln)
    table.finish()
    return party


def _trade(table: DeclarationTable, *, needs_gln: bool) -> TradeParty:
    return TradeParty(
        cvr=table.convert("cvr", _cvr),
        gln=table.convert("gln", _gln) if needs_gln or "gln" in table else "",
        zip_code=table.convert("zip", _zip),
        city=table.convert("city", _line),
    )


def _investor(table: DeclarationTable, caps: Caps) -> InvestorTerms:
    terms = InvestorTerms(
        formula=table.convert("formula", one_of(RETURN_FORMULA)),
        draws=table.part(lambda: tuple(sorted(table.rows("draws", _draw), key=lambda draw: draw.on))),
        max_return_minor=table.part(lambda: _most_return(table, caps)),
    )
    table.finish()
    return terms


def _draw(table: DeclarationTable) -> Draw:
    draw = Draw(table.day("on"), table.integer("amount_minor", least=1))
    table.finish()
    return draw


def _most_return(table: DeclarationTable, caps: Caps) -> int:
    if not caps.capital_minor:
        return table.integer("max_return_minor")
    if "max_return_minor" in table:
        raise table.refuse("max_return_minor", "follows from [caps], which limits everything that is owed to a return")
    return caps.grown_minor - caps.capital_minor


def _line(text: str) -> str:
    if len(text) > 60:
        raise ValueError("must have at most 60 characters")
    return text


def _cvr(text: str) -> str:
    weights = (2, 7, 6, 5, 4, 3, 2, 1)
    if not re.fullmatch(r"[0-9]{8}", text) or sum(w * int(d) for w, d in zip(weights, text, strict=True)) % 11:
        raise ValueError("must be a CVR number: eight digits whose weighted sum is divisible by 11")
    return text


def _gln(text: str) -> str:
    """GS1 General Specifications §7.9: the last digit makes the weighted sum divisible by 10."""
    digits = [int(digit) for digit in text] if re.fullmatch(r"[0-9]{13}", text) else []
    if not digits or (sum(digits[0::2]) + 3 * sum(digits[1::2])) % 10:
        raise ValueError("must be a GLN (EAN number): 13 digits, the last one a check digit")
    return text


def _zip(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}", text):
        raise ValueError("must be a Danish postal code: four digits")
    return text


def _account(text: str) -> str:
    if not _ACCOUNT.fullmatch(text):
        raise ValueError("must be an account such as 5.58.81.001: groups of digits with dots")
    return text
