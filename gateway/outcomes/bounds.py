"""The least and the most that a contract can ever cost, from its tariffs alone: no forecast and no probability.

A bound holds for every history that the registers could show and for every figure that an evaluator could declare.
`best_seen` is the other half: what is really reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.terms import apportion


@dataclass(frozen=True, slots=True)
class Range:
    """Minor units owed in all at the end of a window, at least and at most. None: the contract sets no bound there."""

    window: str
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class PartyCase:
    """The contract's whole time as one party sees it, in minor units: paying is negative. None where nothing bounds it.

    `basis` says what the figures are about: "receives", "pays", "earns on its capital", or "not said".
    """

    role: str
    name: str
    worst: int | None
    best: int | None
    basis: str


def ranges(contract: Contract) -> tuple[Range, ...]:
    """The bounds of what is owed in all, window by window, every cap applied."""
    by_tariff = {tariff.id: _bounds_under_own_caps(contract, tariff) for tariff in contract.tariffs}
    found = []
    for position, window in enumerate(contract.windows):
        lows = [by_tariff[tariff.id][position][0] for tariff in contract.tariffs]
        highs = {tariff.id: by_tariff[tariff.id][position][1] for tariff in contract.tariffs}
        low = sum(low for low in lows if low is not None) if None not in lows else None
        found.append(Range(window.label, _at_most(contract, low), _at_most(contract, _sum_of_highest(contract, highs))))
    return tuple(found)


def parties(contract: Contract) -> tuple[PartyCase, ...]:
    """The worst and the best case of each party at the end of the contract.

    The investor's assumes that everything the municipality pays goes on to it, up to its capital with the return that
    the contract allows. Where the contract does not say what was lent, nothing is said; a contract without an investor
    has no third case.
    """
    last = ranges(contract)[-1]
    operator = PartyCase("operator", contract.party("operator").name, last.low, last.high, "receives")
    least, most = (_shares(contract, amount) for amount in (last.low, last.high))
    pay = tuple(
        PartyCase("outcome_payer", payer.name, most[place], least[place], "pays")
        for place, payer in enumerate(contract.payers)
    )
    investor = next((party for party in contract.parties if party.role == "investor"), None)
    if investor is None:
        return operator, *pay
    capital, most_back = capital_lent(contract)
    if not capital:
        return operator, *pay, PartyCase("investor", investor.name, None, None, "not said")
    back = [amount for amount in (last.high, most_back) if amount is not None]
    worst = None if last.low is None else min(last.low, capital) - capital  # without the goal there is no return
    return (
        operator,
        *pay,
        PartyCase("investor", investor.name, worst, min(back) - capital if back else None, "earns on its capital"),
    )


def _shares(contract: Contract, amount: int | None) -> tuple[int | None, ...]:
    """What each payer pays of an amount: negative."""
    if amount is None:
        return (None,) * len(contract.payers)
    return tuple(-share for share in apportion(amount, contract.share_parts))


def capital_lent(contract: Contract) -> tuple[int, int | None]:
    """What the investor lends, and the most that comes back to it; 0 where the contract does not say."""
    terms = contract.settlement.investor if contract.settlement else None
    if terms is not None:
        return terms.capital_minor, terms.capital_minor + terms.max_return_minor
    return contract.caps.capital_minor, contract.caps.most_minor if contract.caps.capital_minor else None


def _bounds_under_own_caps(contract: Contract, tariff: Tariff) -> list[tuple[int | None, int | None]]:
    """The bounds of one tariff by window, its window cap and its own cap applied."""
    raw = [_before_caps(contract, tariff, position) for position in range(len(contract.windows))]
    cap, own = tariff.cap_window_minor, tariff.cap_minor
    highs: list[int | None] = [high for _, high in raw]
    lows: list[int | None] = [low for low, _ in raw]
    if cap:
        held = 0
        for position, (_, high) in enumerate(raw):
            held = held + cap if high is None else min(held + cap, high)
            highs[position] = held
        if not tariff.carries_excess:
            lows = _lowest_when_excess_is_lost(contract, tariff, raw)
    if own:
        highs = [own if high is None else min(high, own) for high in highs]
        lows = [None if low is None else min(low, own) for low in lows]
    return list(zip(lows, highs, strict=True))


def _lowest_when_excess_is_lost(
    contract: Contract, tariff: Tariff, raw: Sequence[tuple[int | None, int | None]]
) -> list[int | None]:
    """A rise is cut by the window's cap and a fall is not, so going up and down can cost more than was ever paid.

    What is held is concave in the raw amounts; its least value lies where each of them is at a bound.
    """
    if tariff.gate is None and not tariff.can_fall(contract):
        return [low for low, _ in raw]
    at: dict[int, int] = {0: 0}  # raw amount now -> the least that is held
    found: list[int | None] = []
    for low, high in raw:
        if low is None or high is None:
            return [None] * len(raw)
        at = {
            new: min(held + min(new - before, tariff.cap_window_minor) for before, held in at.items())
            for new in (low, high)
        }
        found.append(min(at.values()))
    return found


def _before_caps(contract: Contract, tariff: Tariff, position: int) -> tuple[int | None, int | None]:
    """What a tariff can owe before caps; behind a gate that may be shut, nothing is always possible."""
    low, high = tariff.bounds(contract, position)
    if tariff.gate is None:
        return low, high
    return None if low is None else min(low, 0), None if high is None else max(high, 0)


def _sum_of_highest(contract: Contract, highs: dict[str, int | None]) -> int | None:
    """All tariffs added up; priced ones together never exceed everybody's personal cap."""
    of_people = {tariff.id for tariff in contract.personal_tariffs}
    personal = [highs[tariff.id] or 0 for tariff in contract.tariffs if tariff.id in of_people]
    others = [highs[tariff.id] for tariff in contract.tariffs if tariff.id not in of_people]
    most = contract.cohort.size * contract.caps.person_minor
    people = min(sum(personal), most) if most else sum(personal)
    if None in others:
        return None
    return people + sum(other for other in others if other is not None)


def _at_most(contract: Contract, amount: int | None) -> int | None:
    most = contract.caps.most_minor
    if not most:
        return amount
    return most if amount is None else min(amount, most)
