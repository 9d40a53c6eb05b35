"""Who bears what: by the contract's shares, or by the price that a tariff says each payer owes for one unit. Pure.

A price by payer is a division of its own: 12,300 of one and 7,200 of another for a unit are 12,300 and 7,200 parts of
whatever the tariff owes, so that what a cap cuts is cut off each as its price. Amounts with one division are added up
and divided once, by largest remainder: so a payer's part of everything stays less than one minor unit, for each
division, from its exact part for ever, and all parts add up to the amounts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import gcd

from gateway.outcomes.contract import Contract
from gateway.outcomes.terms import apportion


def parts_of(contract: Contract, tariff: str) -> tuple[int, ...]:
    """What each payer bears of a tariff's amounts, in the order of the payers: its price of one unit, or its share."""
    prices = next((one.payer_prices for one in contract.tariffs if one.id == tariff), ())
    return prices or contract.share_parts


def shares(contract: Contract, amounts: Mapping[str, int]) -> tuple[int, ...]:
    """What each payer bears of amounts by tariff, in minor units."""
    totals: Counter[tuple[int, ...]] = Counter()
    for tariff, minor in amounts.items():
        parts = parts_of(contract, tariff)
        totals[tuple(part // gcd(*parts) for part in parts)] += minor
    nothing = (0,) * len(contract.payers)
    rows = [apportion(minor, parts) for parts, minor in totals.items()]
    return tuple(map(sum, zip(nothing, *rows, strict=True)))
