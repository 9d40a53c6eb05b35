"""How an amount is written for people to compare: whole minor units, never a float."""

from __future__ import annotations


def money(minor: int, currency: str = "") -> str:
    """Minor units as an amount with two decimals: -123456 DKK -> -1,234.56 DKK."""
    whole, rest = divmod(abs(minor), 100)
    return f"{'-' if minor < 0 else ''}{whole:,}.{rest:02} {currency}".rstrip()
