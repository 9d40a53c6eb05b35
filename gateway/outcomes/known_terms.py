"""What a row of a contract file may name, and what a module must say of its kind to be one of the contract's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from gateway.outcomes.contract import Measure, Tariff
from gateway.outcomes.terms import Aggregate, ContractParty, FigureUnit, Index, Rounding, WeekState, Window
from vocabulary.declaration import DeclarationTable

_SEVERAL = 2
_MOST_PRICE = 10**12
KIND = TypeVar("KIND", "MeasureKind", "TariffKind")


@dataclass(frozen=True, slots=True)
class KnownTerms:
    """What the tariffs of one contract may name."""

    measures: Mapping[str, Measure]
    aggregates: Mapping[str, Aggregate]
    indices: tuple[Index, ...]
    windows: tuple[Window, ...]
    rounding: Rounding
    payers: tuple[ContractParty, ...] = ()
    is_later: bool = False  # of a version that changes another: a price may be nought from then on

    def price(self, table: DeclarationTable) -> int:
        """Minor units for one unit: as the row says, or what all payers owe for it together."""
        if "price_by_payer" in table:
            return table.part(lambda: sum(self.payer_prices(table)))
        return table.integer("price_minor", least=0 if self.is_later else 1)

    def payer_prices(self, table: DeclarationTable) -> tuple[int, ...]:
        """What each payer owes for one unit, in the order of the payers."""
        table.knows("price_minor", "price_by_state")
        for key in ("price_minor", "price_by_state"):
            if key in table:
                raise table.refuse(key, "and price_by_payer contradict each other")
        if len(self.payers) < _SEVERAL:
            raise table.refuse("price_by_payer", "says what each of several payers owes, and one pays alone")
        row = table.table("price_by_payer")
        prices = tuple(row.integer(payer.organisation, most=_MOST_PRICE) for payer in self.payers)
        row.finish()
        if not any(prices):
            raise table.refuse("price_by_payer", "must be above 0 for some payer: nothing would ever be paid")
        return prices

    def figure(self, table: DeclarationTable, key: str, *, units: tuple[FigureUnit, ...] = ()) -> str:
        """The measure or aggregate that a key names; an aggregate in one of `units`, where they are given."""
        return table.part(lambda: self._figure(table, key, units))

    def _figure(self, table: DeclarationTable, key: str, units: tuple[FigureUnit, ...]) -> str:
        name = table.text(key)
        if name not in self.aggregates and (units or name not in self.measures):
            word = "aggregate" if units else "measure or aggregate"
            raise table.refuse(key, f"knows no {word} {name!r}")
        if units and self.aggregates[name].unit not in units:
            reason = f"must be in {' or '.join(units)}, and {name!r} is in {self.aggregates[name].unit}"
            raise table.refuse(key, reason)
        if name in self.measures and self.measures[name].unit is FigureUnit.MINOR:
            raise table.refuse(key, f"names pay, {name!r}: of it a tariff of kind 'share' alone is paid")
        return name

    def check_rounding(self, table: DeclarationTable, key: str, reason: str) -> None:
        """Refuse a key whose amounts need not be whole, where the contract names no rounding."""
        with table.check():
            if self.rounding is Rounding.NONE:
                raise table.refuse(key, f"{reason}: name the contract's rounding")


@dataclass(frozen=True, slots=True)
class MeasureKind:
    """A kind of measure: its word in the file, a heading of docs/outcome-rules.md whose table shows it, the sentences
    that it needs, and its reader (table, id, states, indices)."""

    word: str
    manual: str
    phrases: frozenset[str]
    read: Callable[[DeclarationTable, str, tuple[WeekState, ...], tuple[Index, ...]], Measure]
    has_states: bool = True  # False where it counts whatever the registers show


@dataclass(frozen=True, slots=True)
class TariffKind:
    """A kind of tariff: its word in the file, a heading of docs/outcome-rules.md whose table shows it, the sentences
    that it needs, and its reader (table, id, what the row may name). Gate and caps are read for every kind alike."""

    word: str
    manual: str
    phrases: frozenset[str]
    read: Callable[[DeclarationTable, str, KnownTerms], Tariff]


def kinds_by_word(*kinds: KIND) -> Mapping[str, KIND]:
    """The kinds by their words in the file, in this order. Raises `TypeError` where two have one word."""
    table = {kind.word: kind for kind in kinds}
    if len(table) < len(kinds):
        raise TypeError("two kinds have one word in the contract file")
    return MappingProxyType(table)


def find_index(table: DeclarationTable, indices: tuple[Index, ...]) -> Index:
    """The index that a table names under `index`."""

    def read() -> Index:
        name = table.text("index")
        found = next((index for index in indices if index.id == name), None)
        if found is None:
            raise table.refuse("index", f"knows no index {name!r}")
        return found

    return table.part(read)
