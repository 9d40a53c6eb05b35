"""VAT on bills, by EN 16931 (BR-CO-17, BR-CO-16). Pure, and in whole minor units.

A bill's VAT is rounded to the minor unit, half away from zero. So bills that were rounded one by one could add up to
another sum than the VAT of what they hold together. That difference stands on the bill as its rounding amount (BT-114):
what a payer is asked for in all is always what its bills hold, and the rounded VAT of that. Any amount has a VAT.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.outcomes.terms import Rounding, divide


@dataclass(frozen=True, slots=True)
class BillVat:
    """The VAT of one bill (BT-110), and what its payable amount is rounded by (BT-114), in minor units."""

    vat_minor: int
    rounding_minor: int

    def payable_minor(self, net_minor: int) -> int:
        """What is to be paid of a bill of that net amount (BT-115)."""
        return net_minor + self.vat_minor + self.rounding_minor


def vat_minor(percent: int, net_minor: int) -> int:
    """So many percent of an amount, rounded half away from zero."""
    if net_minor < 0:
        return -vat_minor(percent, -net_minor)
    return divide(net_minor * percent, 100, Rounding.HALF_UP)


def bill_vat(percent: int, *, before_minor: int, net_minor: int) -> BillVat:
    """The VAT of a bill whose payer's earlier bills hold `before_minor` before VAT. Negative on a credit note."""
    own = vat_minor(percent, net_minor)
    added = vat_minor(percent, before_minor + net_minor) - vat_minor(percent, before_minor)
    return BillVat(own, added - own)
