"""Kind `people`: who is in the outcome now, since the last weeks all qualify. A relapse reopens it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.figures import Cell
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.known_terms import MeasureKind
from gateway.outcomes.measures.outcome_state import STATE_PHRASES, OnceOfWeeksMeasure, read_outcome_state
from gateway.outcomes.phrases import Phrase
from gateway.outcomes.terms import Index, WeekState
from gateway.outcomes.verdicts import SKIPPED, WeekVerdict
from vocabulary.declaration import DeclarationTable
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class PeopleMeasure(OnceOfWeeksMeasure):
    """People whose last asked weeks all qualify."""

    sustained_weeks: int
    threshold_people: int = 0
    kind: ClassVar[str] = "people"
    can_relapse: ClassVar[bool] = True
    can_fall: ClassVar[bool] = True

    @property
    def goal_people(self) -> int:
        return self.threshold_people

    @property
    def takes_several_weeks(self) -> bool:
        return self.sustained_weeks > 1

    def read_of_start(self, first: date) -> Hashable:
        return Week.of(first)

    def cells(self, contract: Contract, person: PersonHistory, verdicts: Sequence[WeekVerdict]) -> Mapping[Cell, int]:
        """By the state of the last weeks that are asked for, and the year of the week in which the run was long
        enough."""
        run: list[WeekVerdict] = []
        for verdict in reversed(verdicts):
            if verdict.reason not in SKIPPED:
                if not verdict.state:
                    break
                run.append(verdict)
        if len(run) < self.sustained_weeks:
            return {}
        reached = run[-self.sustained_weeks]
        asked = [(verdict.state, 1) for verdict in reversed(run[: self.sustained_weeks])]
        return {(self.state_of(asked), reached.week.thursday.year): 1}

    def can_be_reached_in(self, weeks: int) -> bool:
        return weeks >= self.sustained_weeks

    def phrase(self) -> Phrase:
        if self.sustained_weeks == 1:
            return Phrase("last_week")
        return Phrase("last_weeks", {"sustained": self.sustained_weeks, "counted_in": self.state_phrase()})

    def numbers(self) -> Iterator[AgreedNumber[PeopleMeasure]]:
        return numbers_of(self, "sustained_weeks", "threshold_people")

    def without_goal(self) -> PeopleMeasure:
        return replace(self, threshold_people=0)

    def weeks_needed(self) -> int:
        return self.sustained_weeks


def _read(
    table: DeclarationTable, name: str, states: tuple[WeekState, ...], _indices: tuple[Index, ...]
) -> PeopleMeasure:
    sustained = table.integer("sustained_weeks", least=1, most=520)
    return PeopleMeasure(
        name,
        states,
        table.line,
        sustained,
        table.integer("threshold_people", 0),
        outcome_state=read_outcome_state(table, states, lambda: sustained > 1),
    )


KIND = MeasureKind(
    word=PeopleMeasure.kind,
    manual="People in an outcome",
    phrases=frozenset({"last_week", "last_weeks", *STATE_PHRASES}),
    read=_read,
)
