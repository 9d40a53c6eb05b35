"""Which version of a contract says what in which window: one window has one version, and earlier ones keep theirs.

A later version changes prices, scales, gates and caps from its first window on. What was reached before stays worth
what it was (`priced_units`, `tariff`). A contract without earlier versions, or whose terms of money never changed, is
one stretch, and everything is as if there were no versions.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.in_window import version_at
from gateway.outcomes.readings import has_changed_reading
from gateway.outcomes.tariffs.price import PriceTariff
from gateway.outcomes.terms import Caps


@dataclass(frozen=True, slots=True)
class TermsStretch:
    """Windows on end in which a tariff has the same terms, caps aside: `since` is the place of the first of them.
    `tariff` is None before the version that brings it."""

    since: int
    tariff: Tariff | None


def tariff_stretches(contract: Contract, tariff: Tariff) -> tuple[TermsStretch, ...]:
    """The stretches of a tariff, by its id, in the order of the windows."""
    if not contract.earlier:
        return (TermsStretch(0, tariff),)
    found: list[TermsStretch] = []
    for place in range(len(contract.windows)):
        version = version_at(contract, place)
        terms = next((_as_published(one, tariff) for one in version.tariffs if one.id == tariff.id), None)
        if not found or _terms(found[-1].tariff) != _terms(terms):
            found.append(TermsStretch(place, terms))
    return tuple(found)


def stretch_at(stretches: tuple[TermsStretch, ...], place: int) -> int:
    """The number of the stretch in which a window lies."""
    return max(number for number, one in enumerate(stretches) if one.since <= place)


def part_of(tariff: Tariff, stretch: TermsStretch) -> str:
    """The name of what a tariff's units of one stretch are worth, among the sums of what people earned."""
    return tariff.id if not stretch.since else f"{tariff.id}@{stretch.since}"


def caps_at(contract: Contract, place: int) -> Caps:
    return version_at(contract, place).caps if contract.earlier else contract.caps


def tariff_at(contract: Contract, tariff: Tariff, place: int) -> Tariff | None:
    """The tariff as the version of a window has it; None before it came."""
    if not contract.earlier:
        return tariff
    return next((one for one in version_at(contract, place).tariffs if one.id == tariff.id), None)


def has_changed_terms(contract: Contract) -> bool:
    """Whether some window pays by other terms than another."""
    if any(len(tariff_stretches(contract, tariff)) > 1 for tariff in contract.tariffs):
        return True
    return has_changed_caps(contract)


def has_changed_caps(contract: Contract) -> bool:
    """Whether a cap of a tariff, of its windows, of people or of the contract is another one in some window."""
    if not contract.earlier:
        return False
    places = range(len(contract.windows))
    caps = [(caps_at(contract, place), [_caps(contract, one, place) for one in contract.tariffs]) for place in places]
    return any(one != caps[0] for one in caps)


def has_changed_measures(contract: Contract) -> bool:
    """Whether some version has other measures, or another threshold of one."""

    def goals_of(version: Contract) -> list[tuple[str, int]]:
        return [(one.id, one.goal_people) for one in version.measures]

    return any(goals_of(one) != goals_of(contract) for one in contract.earlier)


def has_changed(contract: Contract) -> bool:
    """Whether an earlier version says what is counted or paid in some window otherwise than the newest."""
    return has_changed_terms(contract) or has_changed_measures(contract) or has_changed_reading(contract)


def text_key(contract: Contract) -> str:
    """The digest of everything that says what is counted and paid: of the text, or of all texts where terms, or how
    weeks are read, have changed."""
    if not has_changed(contract):
        return contract.sha256
    texts = "".join(one.sha256 for one in (*contract.earlier, contract))
    return hashlib.sha256(texts.encode("ascii")).hexdigest()


def _as_published(terms: Tariff, newest: Tariff) -> Tariff:
    """The terms with every year of their index that was published since."""
    if isinstance(terms, PriceTariff) and isinstance(newest, PriceTariff) and terms.index is not None:
        return replace(terms, index=newest.index)
    return terms


def _caps(contract: Contract, tariff: Tariff, place: int) -> tuple[int, int]:
    there = tariff_at(contract, tariff, place)
    return (0, 0) if there is None else (there.cap_minor, there.cap_window_minor)


def _terms(tariff: Tariff | None) -> Tariff | None:
    """A tariff without what says nothing of its unit's worth."""
    return None if tariff is None else replace(tariff, line=0, cap_minor=0, cap_window_minor=0, pays_cut=False)
