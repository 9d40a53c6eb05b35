"""Kind `share`: per mille of the difference between two declared figures in money; of people's pay see `pay_share`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_of
from gateway.outcomes.bound import AmountBounds
from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.figures import Figures, TriedFigures
from gateway.outcomes.known_terms import KnownTerms, TariffKind
from gateway.outcomes.phrases import PerMille, Phrase, PhraseValue
from gateway.outcomes.tariffs import pay_share
from gateway.outcomes.tariffs.limits import bounds_once_due, gate_numbers, least_phrase
from gateway.outcomes.terms import FigureUnit, divide
from vocabulary.declaration import DeclarationTable
from vocabulary.mistakes import Hole, HoleUsed

_TRIED = ((100_000_00, 0), (100_000_00, 60_000_00), (60_000_00, 100_000_00))  # `of` and `minus` of worked examples
_TRIED_PEOPLE = 10


@dataclass(frozen=True, slots=True)
class ShareTariff(Tariff):
    """A share of a figure in money, less another one; with `multiplier` it is a difference per person."""

    of: str
    share_per_mille: int
    minus: str = ""
    multiplier: str = ""  # aggregate in people: a difference per person becomes one of the group
    may_be_negative: bool = False
    kind: ClassVar[str] = "share"

    @property
    def main_figure(self) -> str:
        return self.of

    @property
    def can_be_negative(self) -> bool:
        return self.may_be_negative

    def own_figures(self) -> tuple[str, ...]:
        return tuple(name for name in (self.of, self.minus, self.multiplier) if name)

    def owes(self, contract: Contract, figures: Figures) -> int:
        if any(name not in figures.quantities for name in self.own_figures()):
            return 0
        difference = figures.quantities[self.of] - (figures.quantities[self.minus] if self.minus else 0)
        if self.multiplier:
            difference *= figures.quantities[self.multiplier]
        amount = divide(difference * self.share_per_mille, 1000, contract.rounding)
        return amount if self.may_be_negative else max(amount, 0)

    def bounds(self, contract: Contract, position: int) -> AmountBounds:
        return bounds_once_due(contract, self, position, may_be_negative=self.may_be_negative)

    def most_minor(self, contract: Contract) -> int | None:
        return None

    def grows_with(self, aggregate: str) -> bool:
        return aggregate in self.own_figures()

    def phrases(self) -> tuple[Phrase, ...]:
        values: dict[str, PhraseValue] = {
            "share": PerMille(self.share_per_mille),
            "figure": self._figure_phrase(),
            "times": Phrase("times", {"of": self.multiplier}) if self.multiplier else "",
            "least": Phrase(least_phrase(may_be_negative=self.may_be_negative)),
        }
        return (Phrase("share", values),)

    def _figure_phrase(self) -> PhraseValue:
        """The figure or the difference; in brackets, since the share and the people are those of the difference."""
        return Phrase("less", {"of": self.of, "minus": self.minus}) if self.minus else self.of

    def cases(self, contract: Contract) -> Iterator[TriedFigures]:
        for more, less in _TRIED:
            figures = {self.of: more}
            if self.minus:
                figures[self.minus] = less
            elif less:
                continue
            if self.multiplier:
                figures[self.multiplier] = _TRIED_PEOPLE
            yield TriedFigures(Figures("", figures, {}, 1))

    def numbers(self) -> Iterator[AgreedNumber[ShareTariff]]:
        yield from numbers_of(self, "cap_minor", "cap_window_minor", "share_per_mille")
        yield from gate_numbers(self)


def _read(table: DeclarationTable, name: str, known: KnownTerms) -> ShareTariff | pay_share.PayShareTariff:
    name_of = table.text("of")
    measure = table.part(lambda: known.measures.get(name_of))
    if isinstance(measure, Hole):  # pay of people, or declared figures?
        table.integer("share_per_mille", least=1, most=1000)
        for key in ("minus", "multiplier"):
            table.text(key, "")
        if "may_be_negative" in table:
            table.flag("may_be_negative")
        raise HoleUsed
    if measure is not None and measure.unit is FigureUnit.MINOR:
        known.check_rounding(table, "share_per_mille", "makes parts of a minor unit")
        return pay_share.read(table, name, measure.id)
    of = known.figure(table, "of", units=(FigureUnit.MINOR,))
    minus = known.figure(table, "minus", units=(FigureUnit.MINOR,)) if "minus" in table else ""
    times = known.figure(table, "multiplier", units=(FigureUnit.PERSON,)) if "multiplier" in table else ""
    per_mille, negative = table.integer("share_per_mille", least=1, most=1000), table.flag("may_be_negative")
    known.check_rounding(table, "share_per_mille", "makes parts of a minor unit")
    return ShareTariff(name, table.line, of, per_mille, minus, times, negative)


KIND = TariffKind(
    word=ShareTariff.kind,
    manual="A share of a difference",
    phrases=frozenset({"share", "less", "times", "negative", "never_negative", *pay_share.PHRASES}),
    read=_read,
)
