"""The settlement sheet: what an approver checks, ticked from facts and never by hand.

Each check names the fact that it rests on. They all hold or nothing is approved; that a second person approves is the
policy's own rule, and stands on the sheet so that the approver sees it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from gateway.events.actor import Actor
from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.figures import Figures
from gateway.outcomes.opening import OpeningBalances
from gateway.outcomes.payers import parts_of
from gateway.outcomes.tariff import owed_amounts
from gateway.outcomes.versions import has_changed_terms
from gateway.settlement import account
from gateway.settlement.account import BillKind, BillLine, billed_amounts
from gateway.settlement.invoice import account_of, payable_minor
from gateway.settlement.settled import Settled, SignedDocument, is_within, lines_of
from gateway.settlement.vat import BillVat, bill_vat
from gateway.store.settlement_tables import Bill
from gateway.wording.parties import names_in
from gateway.wording.settlement import printed_amount
from gateway.wording.views import View


class CheckName(StrEnum):
    """What is checked of a bill, in the order of the sheet."""

    AGREED_PRICE = "agreed_price"
    RECALCULATED = "recalculated"
    ACKNOWLEDGED = "acknowledged"
    ACCOUNT_AND_YEAR = "account_and_year"
    CONTRACT_VERSION = "contract_version"
    NOT_PAID_BEFORE = "not_paid_before"
    SECOND_PERSON = "second_person"


@dataclass(frozen=True, slots=True)
class SheetCheck(View):
    """One check: its name, whether it holds, and the fact in a few words."""

    name: CheckName
    holds: bool
    fact: str


@dataclass(frozen=True, slots=True)
class SheetContract:
    """The newest version of the contract."""

    id: str
    title: str
    version: int


@dataclass(frozen=True, slots=True)
class SheetShare:
    """What part of every amount the payer bears; 0 of 0 where the lines of the bill are divided otherwise each."""

    parts: int
    of_parts: int


@dataclass(frozen=True, slots=True)
class SheetBill:
    """The bill that is to be approved; `total_minor` is before VAT, and negative on a credit note."""

    number: str
    kind: BillKind
    total_minor: int
    vat_minor: int
    rounding_minor: int
    """What the payable amount is rounded by, so that the VAT of all bills is that of their sum (BT-114)."""
    payable_minor: int
    issued_on: date
    due_on: date
    requested_by: str
    sha256: str
    refers_to: str
    lines: tuple[BillLine, ...]


@dataclass(frozen=True, slots=True)
class SheetEvidence:
    """The signed payment document of a window that the bill has lines of."""

    window: str
    jti: str
    jwt_sha256: str
    log_entry: int


@dataclass(frozen=True, slots=True)
class SettlementSheet(View):
    """What an approver signs: what is asked for, on which evidence, and every check with its fact.

    Amounts are whole minor units (øre). For the municipality's settlement officer alone.
    """

    schema: Literal["settlement-sheet/1"]
    contract: SheetContract
    payer: str
    share: SheetShare
    creditor: str
    currency: str
    demo: bool
    illustrative: tuple[str, ...]
    bill: SheetBill
    account: str
    order_number: str
    person_reference: str
    gln: str
    evidence: tuple[SheetEvidence, ...]
    checks: tuple[SheetCheck, ...]


def checks(
    settled: Settled,
    bill: Bill,
    *,
    versions: Collection[Contract],
    approved: Collection[str],
    approver: Actor,
) -> list[SheetCheck]:
    """Every check of a bill, in the order of the sheet. `approved` are ids of bills that were approved before."""
    windows = {line.window for line in lines_of(bill)}
    standing = [one for one in settled.signed if one.document.is_standing and one.document.window in windows]
    return [
        _agreed_price(settled, versions, windows),
        _recalculation(settled, bill),
        _acknowledgements(settled, bill, standing),
        _account_and_year(settled, bill),
        _contract_version(standing, versions, bill),
        _not_paid_before(settled, bill, approved),
        SheetCheck(
            CheckName.SECOND_PERSON,
            approver.is_second_to(bill.requested_by),
            f"{bill.requested_by} krævede · asked; {approver.name} attesterer · approves",
        ),
    ]


def sheet(settled: Settled, bill: Bill, found: Sequence[SheetCheck], *, is_demo: bool) -> SettlementSheet:
    """The sheet, to be hashed, printed and kept."""
    contract, terms = settled.contract, settled.terms
    buyer = terms.buyer(bill.payer)
    lines = tuple(lines_of(bill))
    windows = {line.window for line in lines}
    tax = _tax(settled, bill)
    return SettlementSheet(
        schema="settlement-sheet/1",
        contract=SheetContract(contract.id, contract.title, contract.version),
        payer=next(payer.name for payer in contract.payers if payer.organisation == bill.payer),
        share=_share(settled, bill),
        creditor=names_in(contract, contract.creditor),
        currency=contract.currency,
        demo=is_demo,
        illustrative=tuple(contract.illustrative),
        bill=SheetBill(
            number=bill.number,
            kind=BillKind(bill.kind),
            total_minor=bill.total_minor,
            vat_minor=tax.vat_minor,
            rounding_minor=tax.rounding_minor,
            payable_minor=tax.payable_minor(bill.total_minor),
            issued_on=bill.issued_on,
            due_on=bill.due_on,
            requested_by=bill.requested_by,
            sha256=bill.sha256,
            refers_to=bill.refers_to,
            lines=lines,
        ),
        account=buyer.account,
        order_number=buyer.order_number,
        person_reference=buyer.person_reference,
        gln=buyer.party.gln,
        evidence=tuple(
            SheetEvidence(one.document.window, one.jti, one.jwt_sha256, one.leaf_index)
            for one in settled.signed
            if one.document.is_standing and one.document.window in windows
        ),
        checks=tuple(found),
    )


def _share(settled: Settled, bill: Bill) -> SheetShare:
    """A price by payer is a share of the tariff's price."""
    divisions = {parts_of(settled.contract, line.tariff) for line in lines_of(bill)}
    if len(divisions) > 1:
        return SheetShare(0, 0)
    parts = next(iter(divisions), settled.contract.share_parts)
    return SheetShare(parts[_place(settled, bill)], sum(parts))


def _agreed_price(settled: Settled, versions: Collection[Contract], windows: set[str]) -> SheetCheck:
    """What all documents up to the bill's last window add up to is what the tariffs make of their quantities.

    A tariff that reads more than its own quantity (a price by state or year, a person's cap, a difference, a gate on
    what no line shows) cannot be computed again from totals: the sheet says so, and rests on the contract's digest and
    the signature. So it does of a window that the parties stated before the gateway; after it the stated figures are
    where the totals begin.
    """
    last = max(settled.order[window] for window in windows)
    label = settled.contract.windows[last].label
    opening = settled.adopted.opening if settled.adopted else None
    if opening is not None and label in opening.windows:
        return SheetCheck(
            CheckName.AGREED_PRICE, True, "oplyst af parterne, ikke opgjort · stated by the parties, not evaluated"
        )
    documents = {one.document.window: one for one in settled.signed if one.document.is_standing and not one.is_stated}
    if label not in documents:
        return SheetCheck(CheckName.AGREED_PRICE, False, f"no payment document of {label} stands")
    contract = next((one for one in versions if one.sha256 == documents[label].rules_sha256), None)
    if contract is None:
        return SheetCheck(
            CheckName.AGREED_PRICE, False, f"no version of the contract has the digest that {label} was signed under"
        )
    totals = {tariff.id: (0, 0) for tariff in contract.tariffs} | (opening.totals() if opening else {})
    series = [_figures(contract, opening.last_window, totals, len(opening.windows))] if opening else []
    for window, one in documents.items():
        for line in one.document.lines if settled.order[window] <= last else ():
            if line.is_adjustment:  # what the parties agreed on follows from no price
                continue
            quantity, amount = totals[line.tariff]
            totals[line.tariff] = (quantity + line.quantity, amount + line.amount_minor)
    if not all(_is_plain(contract, tariff, opening) for tariff in contract.tariffs):
        said = "ikke efterregnelig af totaler: signaturen gælder · rests on the signature, not on totals"
        return SheetCheck(CheckName.AGREED_PRICE, True, said)
    expected = owed_amounts(contract, [*series, _figures(contract, label, totals, last + 1)], opening)[-1]
    wrong = [name for name, (_, amount) in totals.items() if amount != expected[name]]
    prices = ", ".join(
        f"{one.id} {printed_amount(one.single_price, contract.currency)}"
        for one in contract.tariffs
        if one.single_price
    )
    said = f"afviger · differs: {', '.join(wrong)}" if wrong else f"pris · price: {prices or 'trin · steps'}"
    return SheetCheck(CheckName.AGREED_PRICE, not wrong, said)


def _figures(contract: Contract, window: str, totals: Mapping[str, tuple[int, int]], windows: int) -> Figures:
    """What tariffs read that follow from their own quantity alone; a declared figure that is not due yet is absent."""
    quantities = {tariff.main_figure: totals[tariff.id][0] for tariff in contract.tariffs}
    return Figures(
        window=window,
        quantities={
            name: quantity
            for name, quantity in quantities.items()
            if contract.measure(name) is not None or contract.is_due(name, windows - 1)
        },
        personal={tariff.id: tariff.single_price * totals[tariff.id][0] for tariff in contract.personal_tariffs},
        windows=windows,
    )


def _is_plain(contract: Contract, tariff: Tariff, opening: OpeningBalances | None) -> bool:
    """Whether the tariff's cumulative amount follows from the quantities that lines show.

    After adoption a declared figure goes on from what its evaluator declared of the stated windows, which nobody states
    here.
    """
    figure = tariff.main_figure
    if opening is not None and figure and contract.measure(figure) is None:
        return False
    if tariff.gate is not None and tariff.gate.of not in {one.main_figure for one in contract.tariffs}:
        return False
    if tariff.cap_window_minor or contract.caps.person_minor or has_changed_terms(contract):
        return False
    return tariff.follows_from_quantity


def _recalculation(settled: Settled, bill: Bill) -> SheetCheck:
    """Bills hold of no line more than the signed documents say, the payer bears its share of them, and the document
    that was made says the same."""
    due, own = account.standing_lines(settled.documents), settled.bills_of(bill.payer)
    held = billed_amounts([line for other in own for line in lines_of(other)])
    places = {line.place for line in lines_of(bill)}
    adds_up = all(is_within(held[place][1], due[place].amount_minor if place in due else 0) for place in places)
    before = [line for other in own if other.position < bill.position for line in lines_of(other)]
    place = _place(settled, bill)
    share = account.payer_lines(lines_of(bill), billed=before, contract=settled.contract, payer=place)
    total = sum(line.amount_minor for line in share)
    asked = payable_minor(bill.xml)
    is_share = list(share) == lines_of(bill) and total == bill.total_minor
    says_so = is_share and asked == _tax(settled, bill).payable_minor(total)
    signed, billed = (printed_amount(minor, settled.contract.currency) for minor in (total, asked))
    said = f"underskrevet · signed {signed}; bilaget · the document {billed}"
    return SheetCheck(CheckName.RECALCULATED, adds_up and says_so, said)


def _tax(settled: Settled, bill: Bill) -> BillVat:
    """The VAT of a bill, after what its payer was billed before it."""
    before = sum(other.total_minor for other in settled.bills_of(bill.payer) if other.position < bill.position)
    return bill_vat(settled.terms.vat_percent, before_minor=before, net_minor=bill.total_minor)


def _place(settled: Settled, bill: Bill) -> int:
    """The payer's place in the contract."""
    return [payer.organisation for payer in settled.contract.payers].index(bill.payer)


def _acknowledgements(settled: Settled, bill: Bill, standing: list[SignedDocument]) -> SheetCheck:
    """Both parties accept every line of the bill; one that is disputed beside them stays out of it."""
    places = {line.place for line in lines_of(bill)}
    both = all(
        settled.is_accepted(one, line)
        for one in standing
        for line in one.document.lines
        if line.amount_minor and (one.document.window, line.key) in places
    )
    who = "leverandør" if settled.contract.parties_as("operator") else "investor"
    yes = f"{who} og kommune, hver linje · {settled.parties[0]} and municipality, every line"
    return SheetCheck(
        CheckName.ACKNOWLEDGED, both, yes if both else "ikke af begge, eller bestridt · not by both, or disputed"
    )


def _account_and_year(settled: Settled, bill: Bill) -> SheetCheck:
    """The account is the contract's, and the result is not booked before its year."""
    years = sorted({w.to_week.thursday.year for w in settled.contract.windows if w.label == bill.window})
    account = account_of(bill.xml)
    holds = account == settled.terms.buyer(bill.payer).account and bill.issued_on.year >= max(years)
    text = f"{account}; resultat fra · result of {years[-1]}; bogført · booked {bill.issued_on.year}"
    return SheetCheck(CheckName.ACCOUNT_AND_YEAR, holds, text)


def _contract_version(standing: list[SignedDocument], versions: Collection[Contract], bill: Bill) -> SheetCheck:
    known = {one.sha256 for one in versions}
    used = {one.rules_sha256 for one in standing} | {bill.contract_sha256}
    return SheetCheck(CheckName.CONTRACT_VERSION, used <= known, ", ".join(sorted(digest[:16] for digest in used)))


def _not_paid_before(settled: Settled, bill: Bill, approved: Collection[str]) -> SheetCheck:
    same = [other.number for other in settled.bills if other.id != bill.id and other.sha256 == bill.sha256]
    holds = bill.id not in approved and bill.id not in settled.paid and not same
    said = (
        "ingen attestation, ingen betaling · no approval, no payment"
        if holds
        else "attesteret eller betalt før · before"
    )
    return SheetCheck(CheckName.NOT_PAID_BEFORE, holds, said)
