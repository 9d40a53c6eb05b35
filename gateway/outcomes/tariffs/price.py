"""Kind `price`: a price for each unit of a measure; where it names an aggregate, see `declared_price`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_of
from gateway.outcomes.bound import AmountBounds
from gateway.outcomes.calendar import state_ids
from gateway.outcomes.contract import Contract, Measure, PersonalTariff
from gateway.outcomes.figures import Figures, TriedFigures
from gateway.outcomes.known_terms import KnownTerms, TariffKind, find_index
from gateway.outcomes.measures.outcome_state import OfWeeksMeasure
from gateway.outcomes.measures.placed import PlacedMeasure
from gateway.outcomes.phrases import Money, Phrase, StatePrices
from gateway.outcomes.tariffs import declared_price
from gateway.outcomes.tariffs.limits import gate_numbers
from gateway.outcomes.terms import Index, Rounding, divide
from vocabulary.declaration import DeclarationTable
from vocabulary.mistakes import Hole, HoleUsed

_HALF_A_YEAR = 26  # weeks of somebody in a worked example


@dataclass(frozen=True, slots=True)
class PriceTariff(PersonalTariff):
    """A price for each unit of a measure: one for all states, or one for each; an index moves it from year to year."""

    price_minor: int = 0
    price_by_state: Mapping[str, int] | None = None
    index: Index | None = None
    base_year: int = 0
    kind: ClassVar[str] = "price"

    @property
    def main_figure(self) -> str:
        return self.of

    @property
    def single_price(self) -> int:
        return self.price_minor

    @property
    def follows_from_quantity(self) -> bool:
        return self.price_by_state is None and self.index is None

    @property
    def published_index(self) -> Index | None:
        return self.index

    def price_of(self, state: str, year: int, rounding: Rounding) -> int:
        price = self.price_minor if self.price_by_state is None else self.price_by_state[state]
        if self.index is None:
            return price
        return divide(price * self.index.value(year), self.index.value(self.base_year), rounding)

    def plain_year(self, year: int) -> int:
        return self.base_year if self.index else year

    def own_figures(self) -> tuple[str, ...]:
        return (self.of,)

    def owes(self, contract: Contract, figures: Figures) -> int:
        return figures.personal[self.id]

    def bounds(self, contract: Contract, position: int) -> AmountBounds:
        measure, cap = contract.measure(self.of), contract.caps.person_minor
        most = 0 if measure is None else self._best_of_person(contract, measure, position)
        return AmountBounds.between(0, contract.cohort.size * (min(most, cap) if cap else most))

    def _best_of_person(self, contract: Contract, measure: Measure, position: int) -> int:
        def dearest(year: int) -> int:
            if self.index is not None and year not in self.index.values:
                return 0  # such a unit cannot be evaluated at all
            return max(self.price_of(state, year, contract.rounding) for state in state_ids(measure))

        return measure.best_of_person(contract, contract.windows[position], dearest)

    def most_minor(self, contract: Contract) -> int | None:
        measure = contract.measure(self.of)
        if measure is None or self.index is not None:
            return None
        return max(self._prices()) * contract.cohort.size * measure.most_units(contract)

    def _prices(self) -> list[int]:
        return list((self.price_by_state or {"": self.price_minor}).values())

    def tells_apart(self, first: str, second: str) -> bool:
        return self.price_by_state is not None and self.price_by_state[first] != self.price_by_state[second]

    def keeps_order(self, contract: Contract) -> bool:
        """Whether a measure that counts for the lowest price still finds it after a price was changed."""
        measure = contract.measure(self.of)
        if self.price_by_state is None or not isinstance(measure, OfWeeksMeasure):
            return True
        return measure.keeps_order(self.price_by_state)

    def first_paid(self) -> int:
        return 1

    def least_unit_price(self) -> int | None:
        return min(self._prices()) if self.index is None else None

    def phrases(self) -> tuple[Phrase, ...]:
        same = {"of": self.of}
        if self.price_by_state:
            main = Phrase("by_state", {**same, "prices": StatePrices(self.price_by_state)})
        else:
            main = Phrase("price", {**same, "price": Money(self.price_minor)})
        if self.index is None:
            return (main,)
        return main, Phrase("indexed", {"index": self.index, "year": str(self.base_year)})

    def cases(self, contract: Contract) -> Iterator[TriedFigures]:
        """One unit in each state and year that has a price of its own, a longer result, and everybody's best result."""
        measure = contract.measure(self.of)
        if measure is None:
            return
        most, size = measure.most_units(contract), contract.cohort.size
        labels = {state.id: state.label_da for state in measure.states}
        states = state_ids(measure) if self.price_by_state is not None else state_ids(measure)[:1]
        years = sorted(self.index.values) if self.index else [0]
        for state in states:
            for year in years:
                tried = self._case(contract, 1, 1, state, year)
                label = labels[state] if self.price_by_state is not None else ""
                yield replace(tried, state=label, year=year if self.index else 0)
        if most > 1:
            adds_up = isinstance(measure, PlacedMeasure) and measure.weeks_add_up
            some = min(_HALF_A_YEAR * measure.most_a_week, most) if adds_up else most
            yield self._case(contract, some, 1, states[0], years[-1])
        yield replace(self._case(contract, most, size, states[0], years[-1]), is_everybody=True)

    def _case(self, contract: Contract, units: int, people: int, state: str, year: int) -> TriedFigures:
        amount, cap = units * self.price_of(state, year, contract.rounding), contract.caps.person_minor
        earned = min(amount, cap) if cap else amount
        figures = Figures("", {self.of: units * people}, {self.id: earned * people}, 1)
        return TriedFigures(figures, people=people, units=units)

    def numbers(self) -> Iterator[AgreedNumber[PriceTariff]]:
        yield from numbers_of(self, "price_minor", "cap_minor", "cap_window_minor")
        for state, price in (self.price_by_state or {}).items():
            if price:
                yield AgreedNumber(f"price_by_state.{state}", price, self._with_price(state))
        yield from gate_numbers(self)

    def _with_price(self, state: str) -> Callable[[int], PriceTariff]:
        return lambda value: replace(self, price_by_state={**(self.price_by_state or {}), state: value})

    def with_years_shifted(self, years: int) -> PriceTariff:
        if self.index is None:
            return self
        return replace(self, index=self.index.years_later(years), base_year=self.base_year + years)


def _read(table: DeclarationTable, name: str, known: KnownTerms) -> PriceTariff | declared_price.DeclaredPriceTariff:
    of = known.figure(table, "of")
    by_state, is_indexed = "price_by_state" in table, "index" in table
    has_price = not by_state or "price_minor" in table or "price_by_payer" in table
    price = known.price(table) if has_price else 0
    measure = table.part(lambda: known.measures.get(of))
    if isinstance(measure, Hole):  # of a measure, or declared?
        table.table("price_by_state", or_empty=True)
        table.text("index", "")
        if "base_year" in table:
            table.integer("base_year", least=1)
        if "may_be_negative" in table:
            table.flag("may_be_negative")
        raise HoleUsed
    if measure is None:
        return declared_price.read(table, name, known.aggregates[of], price)
    prices = table.part(lambda: _read_prices(table, measure, known)) if by_state else None
    index = find_index(table, known.indices) if is_indexed else None
    base = table.integer("base_year", least=1) if is_indexed else 0
    with table.check():
        if by_state and "price_minor" in table:
            raise table.refuse("price_minor", "and price_by_state contradict each other")
    if is_indexed:
        _check_index(table, index, base)
        known.check_rounding(table, "index", "makes parts of a minor unit")
    return PriceTariff(name, table.line, of, price, prices, index, base)


def _check_index(table: DeclarationTable, index: Index | None, base: int) -> None:
    with table.check():
        if index and base not in index.values:
            raise table.refuse("base_year", f"has no value in index {index.id!r}")
    with table.check():
        if index and index.first_month != 1:
            reason = "must follow calendar years: a price is that of the year in which a unit is reached"
            raise table.refuse("index", reason)


def _read_prices(table: DeclarationTable, measure: Measure, known: KnownTerms) -> dict[str, int]:
    prices = table.table("price_by_state")
    found = {state.id: prices.integer(state.id) for state in measure.states}
    prices.finish()
    if isinstance(measure, OfWeeksMeasure) and not measure.keeps_order(found):
        reason = (
            f'must not rise in the order of the states of {measure.id!r}: with outcome_state = "lowest" the last of'
            " them prices the outcome. Put the state with the lowest price last"
        )
        raise table.refuse("price_by_state", reason)
    if not any(found.values()) and not known.is_later:
        raise table.refuse("price_by_state", "must price some state above 0: nothing would ever be paid")
    return found


KIND = TariffKind(
    word=PriceTariff.kind,
    manual="A price for each week, and what a relapse takes back",
    phrases=frozenset({"price", "by_state", "indexed", *declared_price.PHRASES}),
    read=_read,
)
