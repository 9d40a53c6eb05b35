"""How an amount is written for people to compare: whole minor units, never a float."""

from __future__ import annotations

from outcome_verifier.currencies import MINOR_DIGITS


def money(minor: int, currency: str) -> str:
    """Minor units with the decimals of their currency: -123456 DKK -> -1,234.56 DKK, and -123456 JPY -> -123,456 JPY.

    Of a currency that ISO 4217 does not list, nobody knows what a minor unit is: -123456 XYZ -> -123,456 minor units of
    XYZ.
    """
    sign, size = "-" if minor < 0 else "", abs(minor)
    if currency not in MINOR_DIGITS:
        return f"{sign}{size:,} minor units of {currency}" if currency else f"{sign}{size:,} minor units"
    digits = MINOR_DIGITS[currency]
    whole, rest = divmod(size, 10**digits)
    return f"{sign}{whole:,}{f'.{rest:0{digits}}' if digits else ''} {currency}"
