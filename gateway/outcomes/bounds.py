"""The least and the most that a contract can ever cost, from its tariffs alone: no forecast and no probability.

A bound holds for every history that the registers could show and for every figure that an evaluator could declare.
`best_seen` is the other half: what is really reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from gateway.outcomes.bound import NOTHING, AmountBounds, Least, Most
from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.payers import parts_of, shares
from gateway.outcomes.terms import apportion

_SEVERAL = 2


@dataclass(frozen=True, slots=True)
class Range:
    """What is owed in all at the end of a window, at least and at most."""

    window: str
    least: Least
    most: Most


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
    by_tariff = {tariff.id: _under_own_caps(contract, tariff) for tariff in contract.tariffs}
    found = []
    for position, window in enumerate(contract.windows):
        whole = _all_tariffs(contract, {name: bounds[position] for name, bounds in by_tariff.items()})
        found.append(Range(window.label, whole.least, whole.most))
    return tuple(found)


def parties(contract: Contract) -> tuple[PartyCase, ...]:
    """The worst and the best case of each party at the end of the contract.

    The investor's assumes that everything the municipality pays goes on to it, up to its capital with the return that
    the contract allows. Where the contract does not say what was lent, nothing is said; a contract without an investor
    has no third case, and several share theirs by their parts.
    """
    last = ranges(contract)[-1]
    low, high = last.least.minor, last.most.minor
    operator = tuple(PartyCase("operator", one.name, low, high, "receives") for one in contract.parties_as("operator"))
    pay = tuple(
        PartyCase("outcome_payer", payer.name, *_worst_and_best(contract, place), "pays")
        for place, payer in enumerate(contract.payers)
    )
    investors = contract.parties_as("investor")
    parts = [one.share_parts for one in investors]
    capital, most_back = capital_lent(contract)
    if not capital:
        return *operator, *pay, *(PartyCase("investor", one.name, None, None, "not said") for one in investors)
    back = [amount for amount in (high, most_back) if amount is not None]
    # without the goal there is no return, and what the operator owes back is not the investor's to pay
    worst = min(max(low or 0, 0), capital) - capital
    best = min(back) - capital if back else None
    worsts = apportion(worst, parts) if parts else ()
    bests = (None,) * len(parts) if best is None else apportion(best, parts) if parts else ()
    basis = "earns on its capital"
    earning = zip(investors, worsts, bests, strict=True)
    return *operator, *pay, *(PartyCase("investor", one.name, low, high, basis) for one, low, high in earning)


def _worst_and_best(contract: Contract, place: int) -> tuple[int | None, int | None]:
    """What a payer pays at most and at least: negative.

    Where all tariffs are divided alike that is its part of the bounds of them all. Else a cap over several tariffs
    leaves most to what this payer bears the largest part of, so that the sum of all payers' worst cases can be more
    than is ever owed.
    """
    divisions = {parts_of(contract, tariff.id) for tariff in contract.tariffs}
    if len(divisions) < _SEVERAL:
        last = ranges(contract)[-1]
        whole = [last.most.minor, last.least.minor]
        borne = [None if one is None else -apportion(one, next(iter(divisions)))[place] for one in whole]
        return borne[0], borne[1]
    bounds = {tariff.id: _under_own_caps(contract, tariff)[-1] for tariff in contract.tariffs}
    worst, best = (borne(contract, place, bounds) for borne in (_most_borne, _least_borne))
    return None if worst is None else -worst, None if best is None else -best


def _most_borne(contract: Contract, place: int, bounds: Mapping[str, AmountBounds]) -> int | None:
    """Every tariff at its least, and then raised one after the other, the largest part of this payer's first."""
    whole = ranges(contract)[-1].most.minor
    least = {name: one.least.or_nothing().minor for name, one in bounds.items()}
    part = {name: Fraction(parts[place], sum(parts)) for name in bounds if (parts := parts_of(contract, name))}
    if whole is None or None in least.values():
        highs = {name: one.most.minor for name, one in bounds.items() if part[name]}
        return None if None in highs.values() else shares(contract, _known_amounts(highs))[place]
    found = _known_amounts(least)
    room = max(0, whole - sum(found.values()))
    for name in sorted(bounds, key=lambda one: -part[one]):
        high = bounds[name].most.minor
        more = room if high is None else min(room, high - found[name])
        found[name] += more if part[name] else 0
        room -= more if part[name] else 0
    return shares(contract, found)[place]


def _least_borne(contract: Contract, place: int, bounds: Mapping[str, AmountBounds]) -> int | None:
    """Every tariff at its least, which a cap over several of them may cut to nothing."""
    is_cut = bool(contract.caps.most_minor or contract.caps.person_excess)
    least = {name: (one.least.or_nothing() if is_cut else one.least).minor for name, one in bounds.items()}
    least = {name: minor for name, minor in least.items() if parts_of(contract, name)[place]}
    return None if None in least.values() else shares(contract, _known_amounts(least))[place]


def _known_amounts(amounts: Mapping[str, int | None]) -> dict[str, int]:
    return {name: minor for name, minor in amounts.items() if minor is not None}


def capital_lent(contract: Contract) -> tuple[int, int | None]:
    """What the investor lends, and the most that comes back to it; 0 where the contract does not say."""
    terms = contract.settlement.investor if contract.settlement else None
    if terms is not None:
        return terms.capital_minor, terms.capital_minor + terms.max_return_minor
    return contract.caps.capital_minor, contract.caps.most_minor if contract.caps.capital_minor else None


def _under_own_caps(contract: Contract, tariff: Tariff) -> list[AmountBounds]:
    """The bounds of one tariff by window, its gate, its window's cap and its own cap applied."""
    raw = [_before_caps(contract, tariff, position) for position in range(len(contract.windows))]
    if tariff.cap_window_minor:
        raw = _under_window_cap(contract, tariff, raw)
    return [bounds.under(tariff.cap_minor or None) for bounds in raw]


def _before_caps(contract: Contract, tariff: Tariff, position: int) -> AmountBounds:
    """What a tariff can owe before caps; behind a gate that may be shut, nothing is always possible."""
    bounds = tariff.bounds(contract, position)
    return bounds if tariff.gate is None else bounds.or_nothing()


def _under_window_cap(contract: Contract, tariff: Tariff, raw: list[AmountBounds]) -> list[AmountBounds]:
    """The bounds of what is held: no window adds more than the cap to the one before.

    What is carried grows and falls with every raw amount, so least goes to least and most to most. Where the excess is
    lost this holds for the most alone (`_least_without_excess`).
    """
    held, cap = NOTHING, tariff.cap_window_minor
    found: list[AmountBounds] = []
    for bounds in raw:
        next_least, next_most = held.least.plus(Least(cap)), held.most.plus(Most(cap))
        least = Least(None) if next_least.minor is None else bounds.least.under(next_least.minor)
        held = AmountBounds(least, bounds.most.under(next_most.minor))
        found.append(held)
    if tariff.carries_excess:
        return found
    lows = _least_without_excess(contract, tariff, raw)
    return [AmountBounds(least, bounds.most) for least, bounds in zip(lows, found, strict=True)]


def _least_without_excess(contract: Contract, tariff: Tariff, raw: list[AmountBounds]) -> list[Least]:
    """The least that is held where a window's excess is lost.

    An amount that falls takes back no more than was paid, and of what was never paid nothing: what is held is never
    below nothing and the lowest raw amount until then. One that only rises is held least where it rises at once: it is
    concave in the raw amounts, so that its least value lies where each of them is at a bound.
    """
    lowest, found = Least(0), []
    for bounds in raw:
        lowest = lowest.under(bounds.least.minor) if bounds.least.minor is not None else Least(None)
        found.append(lowest)
    if tariff.gate is not None or tariff.can_fall(contract):
        return found
    at: dict[int, int] = {0: 0}  # raw amount now -> the least that is held
    rising = []
    for bounds in raw:
        corners = [amount for amount in (bounds.least.minor, bounds.most.minor) if amount is not None]
        if len(corners) < 2:
            return found
        steps = [(new, held + min(new - old, tariff.cap_window_minor)) for old, held in at.items() for new in corners]
        at = {new: min(held for other, held in steps if other == new) for new, _ in steps}
        rising.append(Least(min(at.values())))
    return [Least(max(a.minor or 0, b.minor or 0)) for a, b in zip(found, rising, strict=True)]


def _all_tariffs(contract: Contract, bounds: dict[str, AmountBounds]) -> AmountBounds:
    """All tariffs added up, and cut: single people's together by everybody's cap, all of them by the contract's."""
    of_people = {tariff.id for tariff in contract.personal_tariffs}
    bearing = {tariff.id for tariff in contract.tariffs if contract.caps.person_excess and tariff.bears_person_excess}
    most_of_people = contract.cohort.size * contract.caps.person_minor or None
    personal = _sum(found for name, found in bounds.items() if name in of_people).under(most_of_people)
    others = _sum(
        AmountBounds(found.least.or_nothing(), found.most) if name in bearing else found
        for name, found in bounds.items()
        if name not in of_people
    )
    return personal.plus(others).under(contract.caps.most_minor or None)


def _sum(bounds: Iterable[AmountBounds]) -> AmountBounds:
    total = NOTHING
    for one in bounds:
        total = total.plus(one)
    return total
