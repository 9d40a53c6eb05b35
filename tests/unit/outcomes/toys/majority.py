"""Kind `majority`: a toy. A person counts once, when so many weeks qualified in all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.figures import Cell
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.known_terms import MeasureKind
from gateway.outcomes.measures.once import OnceMeasure
from gateway.outcomes.phrases import Phrase
from gateway.outcomes.terms import Index, WeekState
from gateway.outcomes.verdicts import WeekVerdict
from vocabulary.declaration import DeclarationTable


@dataclass(frozen=True, slots=True)
class MajorityMeasure(OnceMeasure):
    """People with `weeks` qualifying weeks, on end or not."""

    weeks: int
    kind: ClassVar[str] = "majority"

    def cells(self, contract: Contract, person: PersonHistory, verdicts: Sequence[WeekVerdict]) -> Mapping[Cell, int]:
        qualifying = [verdict for verdict in verdicts if verdict.state]
        if len(qualifying) < self.weeks:
            return {}
        reached = qualifying[self.weeks - 1]
        return {(reached.state, reached.week.thursday.year): 1}

    def can_be_reached_in(self, weeks: int) -> bool:
        return weeks >= self.weeks

    def phrase(self) -> Phrase:
        return Phrase("majority", {"weeks": self.weeks})

    def numbers(self) -> Iterator[AgreedNumber[MajorityMeasure]]:
        return numbers_of(self, "weeks")


def _read(
    table: DeclarationTable, name: str, states: tuple[WeekState, ...], _indices: tuple[Index, ...]
) -> MajorityMeasure:
    return MajorityMeasure(name, states, table.line, table.integer("weeks", least=1, most=520))


KIND = MeasureKind(word=MajorityMeasure.kind, manual="Weeks", phrases=frozenset({"majority"}), read=_read)
