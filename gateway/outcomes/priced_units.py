"""What one person's units are worth: each at the price of the window in which it was reached.

A unit that moves into another state while it is held stays one, at the terms under which it was reached. An outcome
that is lost and reached again under one measure is worth the lower of its two prices.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gateway.outcomes.contract import Contract, PersonalTariff
from gateway.outcomes.figures import Cell
from gateway.outcomes.held_units import HeldUnits
from gateway.outcomes.under_caps import ChangingCap, taken_off
from gateway.outcomes.versions import TermsStretch, caps_at, part_of, stretch_at, tariff_stretches

CellsByMeasure: TypeAlias = Mapping[str, Mapping[Cell, int]]
_FIRST = frozenset({0})


def units_by_price(
    contract: Contract, tariff: PersonalTariff, by_window: Sequence[Mapping[Cell, int]]
) -> list[dict[tuple[int, int], int]]:
    """How many units a person holds at the end of each window, by stretch and price: nought where a unit is worth
    nothing. May raise `ContractNotEvaluable`."""
    return _units_by_price(contract, tariff_stretches(contract, tariff), by_window)


def _units_by_price(
    contract: Contract, stretches: tuple[TermsStretch, ...], by_window: Sequence[Mapping[Cell, int]]
) -> list[dict[tuple[int, int], int]]:
    held, found = HeldUnits(), []
    for place, cells in enumerate(by_window):
        if len(stretches) > 1:
            held.go_on(cells, stretch_at(stretches, place))
            units = held.units
        else:
            units = Counter({(cell, _FIRST): many for cell, many in cells.items()})
        found.append(_by_price(contract, stretches, units))
    return found


def _by_price(
    contract: Contract, stretches: tuple[TermsStretch, ...], units: Mapping[tuple[Cell, frozenset[int]], int]
) -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = {}
    for ((state, year), since), many in units.items():
        price = min(_price(contract, stretches[one], state, year) for one in since)
        found[max(since), price] = found.get((max(since), price), 0) + many
    return found


def _price(contract: Contract, stretch: TermsStretch, state: str, year: int) -> int:
    tariff = stretch.tariff
    return tariff.price_of(state, year, contract.rounding) if isinstance(tariff, PersonalTariff) else 0


@dataclass(frozen=True, slots=True)
class PersonalTerms:
    """What single people's units are worth, read from a contract and its earlier versions once for all of them."""

    contract: Contract
    tariffs: tuple[tuple[PersonalTariff, tuple[TermsStretch, ...]], ...]
    caps: tuple[tuple[int, bool], ...]  # of one person by window, and whether it pays what the one before cut

    @classmethod
    def of(cls, contract: Contract) -> PersonalTerms:
        places = range(len(contract.windows))
        return cls(
            contract,
            tuple((tariff, tariff_stretches(contract, tariff)) for tariff in contract.personal_tariffs),
            tuple((caps.person_minor, caps.person_pays_cut) for caps in (caps_at(contract, place) for place in places)),
        )

    def parts(self) -> list[str]:
        """The names under which people's amounts are added up: each tariff's, and one for each later stretch of it."""
        return [part_of(tariff, stretch) for tariff, stretches in self.tariffs for stretch in stretches]

    def amounts(self, by_window: Sequence[CellsByMeasure]) -> dict[str, int]:
        """What one person earns by the end of the last of these windows, in minor units, by `parts`: each stretch has
        what was reached in it; a person's cap cuts the later ones.

        `by_window` has the person's cells by measure at the end of each window from the first on; where no term of
        money ever changed the last one is enough. May raise `ContractNotEvaluable`.
        """
        raw: list[dict[str, int]] = [{} for _ in by_window]
        for tariff, stretches in self.tariffs:
            if len(stretches) == 1:
                for amounts, cells in zip(raw, by_window, strict=True):
                    amounts[tariff.id] = tariff.worth_of(cells[tariff.of], self.contract.rounding)
                continue
            priced = _units_by_price(self.contract, stretches, [cells[tariff.of] for cells in by_window])
            for amounts, units in zip(raw, priced, strict=True):
                amounts |= {part_of(tariff, stretch): 0 for stretch in stretches}
                for (number, price), many in units.items():
                    amounts[part_of(tariff, stretches[number])] += price * many
        cap = ChangingCap()
        for place, amounts in enumerate(raw):
            total, (most, pays_cut) = sum(amounts.values()), self.caps[place]
            raw[place] = taken_off(amounts, total - cap.under(total, most, pays_cut=pays_cut), list(amounts))
        return raw[-1]
