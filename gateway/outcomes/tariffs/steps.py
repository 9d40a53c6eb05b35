"""Kind `steps`: the amount of the highest step that a figure reaches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber
from gateway.outcomes.contract import Contract
from gateway.outcomes.figures import Figures
from gateway.outcomes.findings import LintFinding
from gateway.outcomes.known_terms import KnownTerms, TariffKind
from gateway.outcomes.tariffs.scale import ScaleTariff, read_points, scale_numbers
from vocabulary.declaration import DeclarationTable


@dataclass(frozen=True, slots=True)
class StepsTariff(ScaleTariff):
    """The amount of the highest step that the figure reaches; nothing below the first."""

    kind: ClassVar[str] = "steps"

    def owes(self, contract: Contract, figures: Figures) -> int:
        figure = figures.quantities.get(self.of)
        reached = [point.amount_minor for point in self.points if figure is not None and point.at <= figure]
        return reached[-1] if reached else 0

    def jumps(self) -> set[int]:
        return self.turning_points()

    def first_paid(self) -> int:
        return next((point.at for point in self.points if point.amount_minor), 0)

    def lint(self, contract: Contract) -> Iterator[LintFinding]:
        yield from ScaleTariff.lint(self, contract)
        for before, after in pairwise(self.points):
            if after.amount_minor <= before.amount_minor:
                yield LintFinding(
                    "unreachable-step",
                    self.line,
                    f"the step of {self.id!r} at {after.at} pays no more than the one at {before.at}",
                    "leave it out, or let it pay more",
                    refuses=True,
                )

    def numbers(self) -> Iterator[AgreedNumber[StepsTariff]]:
        return scale_numbers(self)


def _read(table: DeclarationTable, name: str, known: KnownTerms) -> StepsTariff:
    return StepsTariff(name, table.line, known.figure(table, "of"), read_points(table, least=1))


KIND = TariffKind(
    word=StepsTariff.kind, manual="Steps, and straight lines between points", phrases=frozenset({"steps"}), read=_read
)
