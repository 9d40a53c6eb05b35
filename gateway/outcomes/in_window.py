"""Which version of a contract is in force in which window: that of its last day."""

from __future__ import annotations

from gateway.outcomes.contract import Contract, Measure


def version_at(contract: Contract, place: int) -> Contract:
    """The version in force at the end of a window, by its place."""
    end = contract.windows[place].to_week.sunday
    begun = [one for one in (*contract.earlier, contract) if one.effective_from <= end]
    return begun[-1] if begun else (*contract.earlier, contract)[0]


def versions_with_windows(contract: Contract) -> tuple[Contract, ...]:
    """The versions that are in force in some window, the oldest first, and the newest whether or not it is."""
    if not contract.earlier:
        return (contract,)
    in_force = {version_at(contract, place).version for place in range(len(contract.windows))}
    return *(one for one in contract.earlier if one.version in in_force), contract


def threshold_at(contract: Contract, measure: Measure, place: int) -> int:
    """The people from which a measure is met in a window, by its place."""
    there = version_at(contract, place).measure(measure.id) if contract.earlier else measure
    return (there or measure).goal_people


def first_window_of(contract: Contract, measure: Measure) -> int:
    """The place of the first window whose version has a measure: it counts what is reached from there on. 0 where the
    first version has it; behind the last window where none has."""
    places = range(len(contract.windows) if contract.earlier else 0)
    if not places or contract.earlier[0].measure(measure.id) is not None:
        return 0
    return next((place for place in places if version_at(contract, place).measure(measure.id)), len(places))
