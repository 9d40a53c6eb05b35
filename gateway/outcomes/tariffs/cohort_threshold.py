"""Kind `cohort_threshold`: a price for each cohort that reaches its threshold, else for all of them pooled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_inside, numbers_of
from gateway.outcomes.bound import AmountBounds
from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.figures import Figures, TriedFigures
from gateway.outcomes.known_terms import KnownTerms, TariffKind
from gateway.outcomes.phrases import Money, Phrase, PhraseValue, Reached, ReachedList
from gateway.outcomes.tariffs.limits import gate_numbers
from gateway.outcomes.terms import FigureUnit
from vocabulary.declaration import DeclarationTable


@dataclass(frozen=True, slots=True)
class CohortThreshold:
    """A cohort's figure of success, and the figure from which it is paid."""

    of: str
    at_least: int


@dataclass(frozen=True, slots=True)
class CohortTariff(Tariff):
    """The price for each cohort that reached its threshold; where none did, that of all if pooled they do."""

    price_minor: int
    cohorts: tuple[CohortThreshold, ...]
    pooled: CohortThreshold | None = None
    pooled_from: str = ""  # label of the window from which the pooled threshold is asked
    kind: ClassVar[str] = "cohort_threshold"

    @property
    def single_price(self) -> int:
        return self.price_minor

    def own_figures(self) -> tuple[str, ...]:
        return tuple(one.of for one in (*self.cohorts, self.pooled) if one)

    def owes(self, contract: Contract, figures: Figures) -> int:
        reached = [one for one in self.cohorts if figures.quantities.get(one.of, one.at_least - 1) >= one.at_least]
        if reached or self.pooled is None:
            return self.price_minor * len(reached)
        labels = [window.label for window in contract.windows]
        is_asked = self.pooled_from in labels and labels.index(figures.window) >= labels.index(self.pooled_from)
        figure = figures.quantities.get(self.pooled.of)
        if is_asked and figure is not None and figure >= self.pooled.at_least:
            return self.price_minor * len(self.cohorts)
        return 0

    def quantity(self, figures: Figures) -> int:
        return sum(figures.quantities.get(one.of, 0) for one in self.cohorts)

    def unit(self, contract: Contract) -> FigureUnit:
        return contract.unit_of(self.cohorts[0].of)

    def bounds(self, contract: Contract, position: int) -> AmountBounds:
        label = contract.windows[position].label
        pooled = () if self.pooled is None else (self.pooled,)
        highs = [
            self.owes(
                contract,
                Figures(
                    label, {one.of: one.at_least for one in some if contract.is_due(one.of, position)}, {}, position + 1
                ),
            )
            for some in (self.cohorts, pooled)
        ]
        return AmountBounds.between(0, max(highs))

    def most_minor(self, contract: Contract) -> int | None:
        return self.price_minor * len(self.cohorts)

    def turning_points(self) -> set[int]:
        return {one.at_least for one in (*self.cohorts, self.pooled) if one}

    def phrases(self) -> tuple[Phrase, ...]:
        pooled: Phrase | str = ""
        if self.pooled is not None:
            figure = Reached(self.pooled.of, self.pooled.at_least)
            pooled = Phrase("pooled", {"figure": figure, "window": self.pooled_from})
        cohorts = ReachedList(tuple(Reached(one.of, one.at_least) for one in self.cohorts))
        values: dict[str, PhraseValue] = {"price": Money(self.price_minor), "cohorts": cohorts, "pooled": pooled}
        return (Phrase("cohort_threshold", values),)

    def cases(self, contract: Contract) -> Iterator[TriedFigures]:
        """Nobody, one cohort, all of them, and all of them pooled."""
        below = {one.of: one.at_least - 1 for one in self.cohorts}
        rows = [below, below | {self.cohorts[0].of: self.cohorts[0].at_least}]
        rows.append({one.of: one.at_least for one in self.cohorts})
        if self.pooled is not None:
            rows.append(below | {self.pooled.of: self.pooled.at_least})
        return (TriedFigures(Figures("", row, {}, 1)) for row in rows)

    def numbers(self) -> Iterator[AgreedNumber[CohortTariff]]:
        yield from numbers_of(self, "price_minor", "cap_minor", "cap_window_minor")
        for cohort in self.cohorts:
            yield AgreedNumber(f"cohorts.{cohort.of}.at_least", cohort.at_least, self._with_cohort(cohort))
        yield from gate_numbers(self)
        if self.pooled is not None:
            inside = numbers_of(self.pooled, "at_least")
            yield from numbers_inside("pooled", inside, lambda pooled: replace(self, pooled=pooled))

    def _with_cohort(self, cohort: CohortThreshold) -> Callable[[int], CohortTariff]:
        def with_threshold(value: int) -> CohortTariff:
            new = replace(cohort, at_least=value)
            return replace(self, cohorts=tuple(new if one == cohort else one for one in self.cohorts))

        return with_threshold


def _read(table: DeclarationTable, name: str, known: KnownTerms) -> CohortTariff:
    cohorts = table.rows("cohorts", lambda row: _read_threshold(row, known))
    pooled, from_window = None, ""
    if "pooled" in table:
        pooled = table.part(lambda: _read_threshold(table.table("pooled"), known, "from_window"))
        from_window = table.part(lambda: _from_window(table.table("pooled"), known))
    price = known.price(table)
    with table.check():
        units = {known.aggregates[one.of].unit for one in cohorts}
        if len(units) > 1 or len({one.of for one in cohorts}) < len(cohorts):
            raise table.refuse("cohorts", "must name aggregates of one unit, each once")
    return CohortTariff(name, table.line, price, cohorts, pooled, from_window)


def _from_window(table: DeclarationTable, known: KnownTerms) -> str:
    label = table.text("from_window")
    if label not in {window.label for window in known.windows}:
        raise table.refuse("from_window", f"knows no window {label!r}")
    return label


def _read_threshold(row: DeclarationTable, known: KnownTerms, *also: str) -> CohortThreshold:
    row.knows(*also)
    threshold = CohortThreshold(row.text("of"), row.integer("at_least", least=1))
    row.finish()
    if threshold.of not in known.aggregates:
        raise row.refuse("of", f"knows no aggregate {threshold.of!r}")
    return threshold


KIND = TariffKind(
    word=CohortTariff.kind,
    manual="Each cohort, then all of them",
    phrases=frozenset({"cohort_threshold", "pooled"}),
    read=_read,
)
