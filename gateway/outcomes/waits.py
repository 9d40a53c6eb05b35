"""What it is worth that an investor's money waits for the end of a block: how much, how long, and what at a rate.

The rate is the contract's own return, where it names one. Whole minor units: a division is rounded down, once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.outcomes.blocks import in_blocks, shown_with
from gateway.outcomes.contract import Contract
from gateway.outcomes.fold_terms import WaitBearer
from gateway.outcomes.forecast import ForecastPayment

OTHER_RATE_PER_MILLE = 10  # a year, where the contract names no return
_DAYS_A_YEAR = 365


@dataclass(frozen=True, slots=True)
class WindowWait:
    """An inner window: with which later one it is shown, by how many days of the freeze later, and what waits."""

    window: str
    later: str
    days: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class MoneyWait:
    """What waits under one plan of blocks, in one scenario, and what that is worth in all at the rate."""

    plan: str
    scenario: str
    windows: tuple[WindowWait, ...]
    worth_minor: int


@dataclass(frozen=True, slots=True)
class PricedWait:
    """Who bears the wait, the rate, and what waits by plan and scenario."""

    borne_by: WaitBearer
    per_mille_a_year: int
    waits: tuple[MoneyWait, ...]


def priced_wait(
    contract: Contract,
    plans: Mapping[str, Sequence[str]],
    payments: Mapping[str, Sequence[ForecastPayment]],
) -> PricedWait | None:
    """The wait under each plan (name to ends of blocks), in each scenario (name to payments by window).

    None where the contract is shown on time, or nobody's money waits.
    """
    if contract.fold.cost is None:
        return None
    rate = contract.caps.return_per_mille_a_year or OTHER_RATE_PER_MILLE
    waits = [
        _wait(plan, scenario, in_blocks(contract, ends), found, rate)
        for plan, ends in plans.items()
        for scenario, found in payments.items()
    ]
    return PricedWait(contract.fold.cost, rate, tuple(waits))


def _wait(plan: str, scenario: str, folded: Contract, payments: Sequence[ForecastPayment], rate: int) -> MoneyWait:
    windows = []
    for payment in payments:
        later = shown_with(folded, payment.window)
        if not later:
            continue
        days = folded.freezes_on(folded.window(later)) - folded.freezes_on(folded.window(payment.window))
        windows.append(WindowWait(payment.window, later, days.days, payment.amount_minor))
    money_days = sum(one.amount_minor * one.days for one in windows)
    return MoneyWait(plan, scenario, tuple(windows), money_days * rate // (1000 * _DAYS_A_YEAR))
