"""Kind `share` where it names a measure of pay: per mille of what each person is paid, rounded person by person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_of
from gateway.outcomes.bound import AmountBounds
from gateway.outcomes.contract import Contract, PersonalTariff
from gateway.outcomes.figures import Cell, Figures, TriedFigures
from gateway.outcomes.measures.pay import PayMeasure
from gateway.outcomes.phrases import PerMille, Phrase
from gateway.outcomes.tariffs.limits import gate_numbers
from gateway.outcomes.terms import Rounding, divide
from vocabulary.declaration import DeclarationTable

_TRIED_MINOR = 250_000_00  # pay of somebody in a worked example
PHRASES = frozenset({"of_pay"})


@dataclass(frozen=True, slots=True)
class PayShareTariff(PersonalTariff):
    """A share of each person's pay."""

    share_per_mille: int
    kind: ClassVar[str] = "share"

    @property
    def main_figure(self) -> str:
        return self.of

    def own_figures(self) -> tuple[str, ...]:
        return (self.of,)

    def price_of(self, state: str, year: int, rounding: Rounding) -> int:
        return 0  # a minor unit has none: the pay of a person is divided once

    def worth_of(self, units: Mapping[Cell, int], rounding: Rounding) -> int:
        return divide(sum(units.values()) * self.share_per_mille, 1000, rounding)

    def owes(self, contract: Contract, figures: Figures) -> int:
        return figures.personal[self.id]

    def bounds(self, contract: Contract, position: int) -> AmountBounds:
        """Nothing at least, since pay can be taken back; of everybody the most, where there is one for each."""
        each, cap = self._most_of_person(contract), contract.caps.person_minor
        most = cap or None if each is None else min(each, cap or each)
        return AmountBounds.between(0, None if most is None else most * contract.cohort.size)

    def _most_of_person(self, contract: Contract) -> int | None:
        measure = contract.measure(self.of)
        if not isinstance(measure, PayMeasure) or not measure.most_minor:
            return None
        return self.worth_of({("", 0): measure.most_minor}, contract.rounding)

    def most_minor(self, contract: Contract) -> int | None:
        each = self._most_of_person(contract)
        return None if each is None else each * contract.cohort.size

    def first_paid(self) -> int:
        return 1

    def phrases(self) -> tuple[Phrase, ...]:
        return (Phrase("of_pay", {"share": PerMille(self.share_per_mille), "of": self.of}),)

    def cases(self, contract: Contract) -> Iterator[TriedFigures]:
        """Somebody with a year's pay, and everybody with the most that counts."""
        measure = contract.measure(self.of)
        most = measure.most_minor if isinstance(measure, PayMeasure) else 0
        yield self._case(contract, 1, min(_TRIED_MINOR, most or _TRIED_MINOR), is_everybody=False)
        if most:
            yield self._case(contract, contract.cohort.size, most, is_everybody=True)

    def _case(self, contract: Contract, people: int, pay: int, *, is_everybody: bool) -> TriedFigures:
        amount, cap = self.worth_of({("", 0): pay}, contract.rounding), contract.caps.person_minor
        earned = min(amount, cap) if cap else amount
        figures = Figures("", {self.of: pay * people}, {self.id: earned * people}, 1)
        return TriedFigures(figures, people=people, units=pay, is_everybody=is_everybody)

    def numbers(self) -> Iterator[AgreedNumber[PayShareTariff]]:
        yield from numbers_of(self, "cap_minor", "cap_window_minor", "share_per_mille")
        yield from gate_numbers(self)


def read(table: DeclarationTable, name: str, of: str) -> PayShareTariff:
    """The row of a share of a measure of pay. A difference or a multiplier is of declared figures alone."""
    share = table.integer("share_per_mille", least=1, most=1000)
    with table.check():
        for key in ("minus", "multiplier", "may_be_negative"):
            if key in table:
                raise table.refuse(key, f"says something of declared figures, and {of!r} is the pay of single people")
    return PayShareTariff(name, table.line, of, share)
