"""What one person's verdicts amount to under a measure: the measure's kind says it, in whole units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.figures import Cell
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.judging import judge_weeks
from gateway.outcomes.verdicts import WeekVerdict
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class PersonResult:
    """What one person adds to a measure at the end of a week: units by state and year, and the weeks behind them."""

    cells: Mapping[Cell, int]
    verdicts: tuple[WeekVerdict, ...]

    @property
    def quantity(self) -> int:
        return sum(self.cells.values())

    @property
    def state(self) -> str:
        """The state of somebody in an outcome, or an empty text; for kinds that count a person once."""
        return next((state for (state, _), units in self.cells.items() if units), "")


def person_result(contract: Contract, measure: Measure, person: PersonHistory, until: Week) -> PersonResult:
    """What the person adds to the measure by the end of a week. May raise `ContractNotEvaluable`."""
    return result_of(contract, measure, person, judge_weeks(contract, measure, person, until))


def result_of(
    contract: Contract, measure: Measure, person: PersonHistory, verdicts: tuple[WeekVerdict, ...]
) -> PersonResult:
    """What these verdicts of the person amount to under the measure."""
    return PersonResult(measure.cells(contract, person, verdicts), verdicts)
