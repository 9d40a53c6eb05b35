"""The gate that any tariff may have, and the parts of an amount that declared figures decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_inside, numbers_of
from gateway.outcomes.bound import NOTHING, AmountBounds
from gateway.outcomes.contract import Contract, Tariff

T = TypeVar("T", bound=Tariff)


def gate_numbers(tariff: T) -> Iterator[AgreedNumber[T]]:
    """The figure at which the tariff's gate opens, where it has one."""
    if tariff.gate is None:
        return iter(())
    return numbers_inside("gate", numbers_of(tariff.gate, "at_least"), lambda gate: replace(tariff, gate=gate))


def bounds_once_due(contract: Contract, tariff: Tariff, position: int, *, may_be_negative: bool) -> AmountBounds:
    """An amount in step with declared figures: nothing before they are due, and no bound from then on."""
    if not all(contract.is_due(name, position) for name in tariff.own_figures()):
        return NOTHING
    return AmountBounds.between(None if may_be_negative else 0, None)


def least_phrase(*, may_be_negative: bool) -> str:
    """The key of what is said of an amount below nothing."""
    return "negative" if may_be_negative else "never_negative"
