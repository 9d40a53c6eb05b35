"""A statement of repayment: what the municipality repays of a conditional grant (*betinget tilskud*) by results.

Where the municipality delivers itself nobody sells it anything: there is no invoice, no VAT and no seller. The
statement stands in the invoice's place in everything that follows, so that it names account and amount where an invoice
does, and is read by the same hands. Of several who lent it says what each gets, by their parts.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from gateway.outcomes.contract import Contract
from gateway.outcomes.settlement_terms import SettlementTerms
from gateway.outcomes.terms import apportion
from gateway.settlement.invoice import CAC, CBC, BillFacts
from gateway.wording import formats

NAMESPACE = "urn:outcome-gateway:repayment-statement:1"
_SAYS = (
    "Tilbagebetaling af betinget tilskud efter resultater; ingen faktura / repayment of a conditional grant by results"
)
ET.register_namespace("rep", NAMESPACE)


def repayment_statement(contract: Contract, terms: SettlementTerms, bill: BillFacts, *, is_demo: bool) -> bytes:
    """The document's XML. Amounts have the currency's decimals, and are negative where something goes back."""
    buyer = terms.buyer(bill.payer.organisation)
    root = ET.Element(f"{{{NAMESPACE}}}RepaymentStatement", {"demo": "true"} if is_demo else {})

    def money(minor: int) -> str:
        return formats.amount(minor, contract.currency, formats.UNDIVIDED)

    def say(tag: str, text: str, **attributes: str) -> None:
        ET.SubElement(root, f"{{{CBC}}}{tag}", attributes).text = text

    say("ID", bill.number)
    say("IssueDate", bill.issued_on.isoformat())
    say("DueDate", bill.due_on.isoformat())
    say("Note", _SAYS)
    say("DocumentCurrencyCode", contract.currency)
    say("AccountingCost", buyer.account)
    say("BuyerReference", buyer.person_reference)
    say("PayerName", bill.payer.name, organisation=bill.payer.organisation, cvr=buyer.party.cvr)
    say("ContractID", f"{contract.id}/{contract.version}")
    for one in bill.evidence:
        say("EvidenceID", one.jti, sha256=one.jwt_sha256, rules=one.rules_sha256)
    for line in bill.lines:
        quantity = {"window": line.window, "unit": line.unit, "quantity": str(line.quantity)}
        say("LineAmount", money(line.amount_minor), name=line.key, whole=money(line.whole_minor), **quantity)
    for organisation, minor in investors_parts(contract, bill.before_minor, bill.total_minor):
        say("InvestorAmount", money(minor), organisation=organisation)
    total = ET.SubElement(root, f"{{{CAC}}}LegalMonetaryTotal")
    payable = ET.SubElement(total, f"{{{CBC}}}PayableAmount", {"currencyID": contract.currency})
    payable.text = money(bill.total_minor)
    ET.indent(root)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def investors_parts(contract: Contract, before_minor: int, minor: int) -> list[tuple[str, int]]:
    """What each of those who lent gets of a payer's repayment: what it adds to its part of all that payer's."""
    lenders = contract.parties_as("investor")
    parts = [one.share_parts for one in lenders]
    sums = zip(apportion(before_minor + minor, parts), apportion(before_minor, parts), strict=True)
    return [(one.organisation, after - before) for one, (after, before) in zip(lenders, sums, strict=True)]
