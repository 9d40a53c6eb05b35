"""An invoice or a credit note as Peppol BIS Billing 3 (UBL 2.1, EN 16931), from lines that are whole minor units.

What a line is worth was decided before, under caps and steps, so a unit price cannot say it: each line is one piece at
its whole amount, and the quantity of weeks or people stands in its description. No line is divided or rounded; of VAT
see `gateway.settlement.vat`. The public sector in Denmark takes this format through NemHandel beside OIOUBL;
OIOUBL itself is not written here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from connectors.errors import SourceMalformed
from gateway.errors.settlement import SettlementMismatch
from gateway.outcomes.contract import Contract
from gateway.outcomes.payers import parts_of
from gateway.outcomes.settlement_terms import Buyer, SettlementTerms, TradeParty
from gateway.outcomes.terms import ContractParty, FigureUnit, Window
from gateway.settlement.account import BillKind, BillLine
from gateway.settlement.vat import bill_vat
from gateway.wording import formats
from gateway.wording.settlement import UNITS, pair_of

if TYPE_CHECKING:
    from connectors.transports.xml import Element

CUSTOMIZATION: Final = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROFILE: Final = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
CBC, CAC = f"{_UBL}CommonBasicComponents-2", f"{_UBL}CommonAggregateComponents-2"
_GLN, _CVR = "0088", "0184"  # ISO 6523 schemes of the Peppol code list
_NEMKONTO = "97"  # UN/CEFACT 4461: clearing between partners; in Denmark the payee's NemKonto
_PIECE = "C62"
for _prefix, _uri in (("cbc", CBC), ("cac", CAC), ("inv", f"{_UBL}Invoice-2"), ("cn", f"{_UBL}CreditNote-2")):
    ET.register_namespace(_prefix, _uri)


STATED_EVIDENCE = "opening balances stated by the parties, not evaluated, SHA-256 of the file"


@dataclass(frozen=True, slots=True)
class BillEvidence:
    """A payment document, or the opening balances, that a bill rests on."""

    jti: str
    jwt_sha256: str
    rules_sha256: str
    what: str = "evidence bundle, SHA-256 of the JWT"


@dataclass(frozen=True, slots=True)
class BillFacts:
    """Everything that a bill says, to the payer that it is for."""

    payer: ContractParty
    kind: BillKind
    number: str
    issued_on: date
    due_on: date
    lines: tuple[BillLine, ...]
    refers_to: str
    evidence: tuple[BillEvidence, ...]
    before_minor: int = 0  # what this payer's earlier bills hold, before VAT

    @property
    def total_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)


def ubl(contract: Contract, terms: SettlementTerms, bill: BillFacts, *, is_demo: bool) -> bytes:
    """The document's XML."""
    is_invoice = bill.kind is BillKind.INVOICE
    sign = 1 if is_invoice else -1  # what a credit note takes back is written as a positive amount
    net = sign * bill.total_minor
    tax = bill_vat(terms.vat_percent, before_minor=bill.before_minor, net_minor=bill.total_minor)
    vat, rounding = sign * tax.vat_minor, sign * tax.rounding_minor
    name, currency = ("Invoice" if is_invoice else "CreditNote"), contract.currency
    buyer = terms.buyer(bill.payer.organisation)
    root = ET.Element(f"{{{_UBL}{name}-2}}{name}")
    _basic(root, "CustomizationID", CUSTOMIZATION)
    _basic(root, "ProfileID", PROFILE)
    _basic(root, "ID", bill.number)
    _basic(root, "IssueDate", bill.issued_on.isoformat())
    if is_invoice:
        _basic(root, "DueDate", bill.due_on.isoformat())
    _basic(root, f"{name}TypeCode", "380" if is_invoice else "381")
    _basic(root, "Note", _note(contract, is_demo))
    _basic(root, "DocumentCurrencyCode", currency)
    _basic(root, "AccountingCost", buyer.account)
    _basic(root, "BuyerReference", buyer.person_reference)
    _basic(_aggregate(root, "OrderReference"), "ID", buyer.order_number)
    if bill.refers_to:
        _basic(_aggregate(root, "BillingReference", "InvoiceDocumentReference"), "ID", bill.refers_to)
    _basic(_aggregate(root, "ContractDocumentReference"), "ID", f"{contract.id}/{contract.version}")
    for one in bill.evidence:
        _reference(root, one.jti, f"{one.what} {one.jwt_sha256}")
    for digest in sorted({one.rules_sha256 for one in bill.evidence}):
        _reference(root, f"sha256:{digest}", "contract file")
    if terms.seller is None:
        raise SettlementMismatch(contract=contract.id, window="", reason="nobody sells anything under it")
    _seller(root, contract.party("operator").name, terms.seller)
    _buyer(root, bill.payer.name, buyer)
    _basic(_aggregate(root, "PaymentMeans"), "PaymentMeansCode", _NEMKONTO)
    _basic(_aggregate(root, "PaymentTerms"), "Note", f"{terms.payment_days} dage netto / {terms.payment_days} days net")
    total = _aggregate(root, "TaxTotal")
    _money(total, "TaxAmount", vat, currency)
    part = _aggregate(total, "TaxSubtotal")
    _money(part, "TaxableAmount", net, currency)
    _money(part, "TaxAmount", vat, currency)
    _category(part, "TaxCategory", terms, with_reason=True)
    sums = _aggregate(root, "LegalMonetaryTotal")
    for tag, value in (
        ("LineExtensionAmount", net),
        ("TaxExclusiveAmount", net),
        ("TaxInclusiveAmount", net + vat),
        ("PayableRoundingAmount", rounding),
        ("PayableAmount", net + vat + rounding),
    ):
        if value or tag != "PayableRoundingAmount":
            _money(sums, tag, value, currency)
    windows = {window.label: window for window in contract.windows}
    for number, line in enumerate(bill.lines, start=1):
        entry = _line(root, name, number, sign * line.amount_minor, windows[line.window], buyer, currency)
        _item(entry, line, f"{_quantity(contract, line)}{_share(contract, bill.payer, line)}", terms)
        _money(_aggregate(entry, "Price"), "PriceAmount", abs(line.amount_minor), currency)
    ET.indent(root)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def payable_minor(xml: bytes) -> int:
    """What a document of `ubl` asks for, in minor units; a credit note is negative."""
    root = _read_stored(xml)
    text = root.findtext(f"{{{CAC}}}LegalMonetaryTotal/{{{CBC}}}PayableAmount") or ""
    minor = int(text.replace(".", ""))
    return -minor if root.tag.endswith("CreditNote") else minor


def account_of(xml: bytes) -> str:
    """The account that a document of `ubl` names."""
    root = _read_stored(xml)
    return root.findtext(f"{{{CBC}}}AccountingCost") or ""


def _read_stored(xml: bytes) -> Element:
    """A stored document, read as warily as one from outside: whoever edits the database writes what is read here.

    Raises `SettlementMismatch` where it is no plain XML.
    """
    from connectors.transports.xml import read  # lxml, which no other command of a settlement needs

    try:
        return read(xml, source="the stored document")
    except SourceMalformed:
        raise SettlementMismatch(contract="a bill", window="", reason="its stored document cannot be read") from None


def _note(contract: Contract, is_demo: bool) -> str:
    words = ["Resultatbetaling / payment by results"]
    if contract.illustrative:
        words.append("indeholder illustrative tal / holds illustrative figures")
    if is_demo:
        words.append("DEMO: ikke en rigtig faktura / not a real invoice")
    return "; ".join(words)


def _line(
    root: ET.Element,
    name: str,
    number: int,
    value: int,
    window: Window,
    buyer: Buyer,
    currency: str,
) -> ET.Element:
    entry = _aggregate(root, f"{name}Line")
    _basic(entry, "ID", str(number))
    tag = "InvoicedQuantity" if name == "Invoice" else "CreditedQuantity"
    _basic(entry, tag, "-1" if value < 0 else "1", unitCode=_PIECE)
    _money(entry, "LineExtensionAmount", value, currency)
    _basic(entry, "AccountingCost", buyer.account)
    period = _aggregate(entry, "InvoicePeriod")
    _basic(period, "StartDate", window.from_week.monday.isoformat())
    _basic(period, "EndDate", window.to_week.sunday.isoformat())
    return entry


def _item(entry: ET.Element, line: BillLine, said: str, terms: SettlementTerms) -> None:
    item = _aggregate(entry, "Item")
    _basic(item, "Description", f"{line.window}: {said}")
    _basic(item, "Name", line.key)
    _category(item, "ClassifiedTaxCategory", terms)


def _quantity(contract: Contract, line: BillLine) -> str:
    """How much of what; of a line that is an amount alone it is not said that it is of nothing."""
    if not line.quantity:
        return "beløb / amount"
    if line.unit == FigureUnit.MINOR:
        return f"{formats.amount(line.quantity, contract.currency, formats.UNDIVIDED)} {contract.currency}"
    return f"{line.quantity} {' / '.join(pair_of(UNITS, line.unit))}"


def _share(contract: Contract, payer: ContractParty, line: BillLine) -> str:
    """What the payer's amount is a share of, where it does not pay alone."""
    if len(contract.payers) == 1:
        return ""
    whole = formats.amount(line.whole_minor, contract.currency, formats.UNDIVIDED)
    parts = parts_of(contract, line.tariff)
    own = parts[contract.payers.index(payer)]
    if parts == contract.share_parts:
        return f"; andel / share {own}/{sum(parts)} af / of {whole}"
    price, prices = (formats.amount(minor, contract.currency, formats.UNDIVIDED) for minor in (own, sum(parts)))
    return f"; pris / price {price} af / of {prices}, af / of {whole}"


def _seller(root: ET.Element, name: str, party: TradeParty) -> None:
    entry = _aggregate(root, "AccountingSupplierParty", "Party")
    if party.gln:
        _basic(entry, "EndpointID", party.gln, schemeID=_GLN)
    else:
        _basic(entry, "EndpointID", f"DK{party.cvr}", schemeID=_CVR)
    _basic(_aggregate(entry, "PartyName"), "Name", name)
    _address(entry, party)
    tax = _aggregate(entry, "PartyTaxScheme")
    _basic(tax, "CompanyID", f"DK{party.cvr}")
    _basic(_aggregate(tax, "TaxScheme"), "ID", "VAT")
    _legal(entry, name, party)


def _buyer(root: ET.Element, name: str, buyer: Buyer) -> None:
    entry = _aggregate(root, "AccountingCustomerParty", "Party")
    _basic(entry, "EndpointID", buyer.party.gln, schemeID=_GLN)
    _basic(_aggregate(entry, "PartyName"), "Name", name)
    _address(entry, buyer.party)
    _legal(entry, name, buyer.party)
    _basic(_aggregate(entry, "Contact"), "Name", buyer.person_reference)


def _address(entry: ET.Element, party: TradeParty) -> None:
    address = _aggregate(entry, "PostalAddress")
    _basic(address, "CityName", party.city)
    _basic(address, "PostalZone", party.zip_code)
    _basic(_aggregate(address, "Country"), "IdentificationCode", "DK")


def _legal(entry: ET.Element, name: str, party: TradeParty) -> None:
    legal = _aggregate(entry, "PartyLegalEntity")
    _basic(legal, "RegistrationName", name)
    _basic(legal, "CompanyID", f"DK{party.cvr}", schemeID=_CVR)


def _category(parent: ET.Element, tag: str, terms: SettlementTerms, *, with_reason: bool = False) -> None:
    category = _aggregate(parent, tag)
    _basic(category, "ID", "E" if terms.vat == "exempt" else "S")
    _basic(category, "Percent", "0" if terms.vat == "exempt" else terms.vat)
    if with_reason and terms.vat == "exempt":
        _basic(category, "TaxExemptionReason", terms.vat_reason)
    _basic(_aggregate(category, "TaxScheme"), "ID", "VAT")


def _reference(root: ET.Element, identifier: str, description: str) -> None:
    entry = _aggregate(root, "AdditionalDocumentReference")
    _basic(entry, "ID", identifier)
    _basic(entry, "DocumentDescription", description)


def _money(parent: ET.Element, tag: str, minor: int, currency: str) -> None:
    _basic(parent, tag, formats.amount(minor, currency, formats.UNDIVIDED), currencyID=currency)


def _basic(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, f"{{{CBC}}}{tag}", attributes).text = text


def _aggregate(parent: ET.Element, *tags: str) -> ET.Element:
    for tag in tags:
        parent = ET.SubElement(parent, f"{{{CAC}}}{tag}")
    return parent
