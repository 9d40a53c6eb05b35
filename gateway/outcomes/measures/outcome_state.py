"""What kinds share whose outcome takes several weeks: these may lie in several states, and it counts for one of them.

Which one is the contract's word, `outcome_state`. It decides the price where states have prices of their own, and the
class where an outcome is shown by class. A week of the outcome is one that it needed: the last so many of a people
measure, those of the qualifying periods of a retention, the days up to the last one needed of a days measure.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from enum import StrEnum
from itertools import combinations
from typing import assert_never

from gateway.outcomes.contract import Measure, Tariff
from gateway.outcomes.measures.once import OnceMeasure
from gateway.outcomes.phrases import Phrase
from gateway.outcomes.terms import WeekState
from vocabulary.declaration import DeclarationTable, one_of
from vocabulary.total import total


class OutcomeState(StrEnum):
    """Which of the states that an outcome's weeks lie in it counts for."""

    LAST = "last"  # that of the last week
    MOST = "most"  # that of the most weeks, or days; of equally many the one that came last
    LOWEST = "lowest"  # the one with the lowest price: of `states` the one that stands last there


_PHRASES = total(
    {
        OutcomeState.LAST: "state_last",
        OutcomeState.MOST: "state_most",
        OutcomeState.LOWEST: "state_lowest",
    },
    OutcomeState,
)
_BY_DAYS = "state_most_days"  # of a measure that counts days
STATE_PHRASES = frozenset(_PHRASES.values())
STATE_PHRASES_BY_DAYS = STATE_PHRASES - {_PHRASES[OutcomeState.MOST]} | {_BY_DAYS}


@dataclass(frozen=True, slots=True)
class OfWeeksMeasure(Measure):
    """A measure whose units may rest on several weeks, and these lie in several states."""

    _: KW_ONLY
    outcome_state: OutcomeState | None = None  # None where nothing hangs on it: then that of the last week

    @property
    @abstractmethod
    def takes_several_weeks(self) -> bool:
        """Whether one unit can rest on more than one week."""

    @property
    def can_lie_in_several(self) -> bool:
        """Whether one outcome can lie in several states."""
        return len(self.states) > 1 and self.takes_several_weeks

    def state_of(self, parts: Sequence[tuple[str, int]]) -> str:
        """The state that an outcome counts for. `parts` are its weeks in their order: a state, and weeks or days."""
        match self.outcome_state:
            case None | OutcomeState.LAST:
                return parts[-1][0]
            case OutcomeState.MOST:
                counted: Counter[str] = Counter()
                for state, number in parts:
                    counted[state] += number
                most = max(counted.values())
                return next(state for state, _ in reversed(parts) if counted[state] == most)
            case OutcomeState.LOWEST:
                touched = {state for state, _ in parts}
                return next(state.id for state in reversed(self.states) if state.id in touched)
            case _:
                assert_never(self.outcome_state)

    def state_phrase(self, *, by_days: bool = False) -> Phrase | str:
        """Which state an outcome counts for, where the contract says it."""
        if self.outcome_state is None:
            return ""
        is_of_days = by_days and self.outcome_state is OutcomeState.MOST
        return Phrase(_BY_DAYS if is_of_days else _PHRASES[self.outcome_state])

    def keeps_order(self, prices: Mapping[str, int]) -> bool:
        """Whether `lowest` names the lowest price: prices by state never rise in the order of `states`."""
        if self.outcome_state is not OutcomeState.LOWEST:
            return True
        ordered = [prices[state.id] for state in self.states]
        return ordered == sorted(ordered, reverse=True)


@dataclass(frozen=True, slots=True)
class OnceOfWeeksMeasure(OfWeeksMeasure, OnceMeasure):
    """A measure under which a person is one unit, or none, for weeks that may lie in several states."""


def read_outcome_state(
    table: DeclarationTable, states: Sequence[WeekState], takes_several_weeks: Callable[[], bool]
) -> OutcomeState | None:
    """The measure's word, where it has one; refused where no outcome lies in several states."""
    if "outcome_state" not in table:
        return None
    return table.part(lambda: _outcome_state(table, states, takes_several_weeks))


def _outcome_state(
    table: DeclarationTable, states: Sequence[WeekState], takes_several_weeks: Callable[[], bool]
) -> OutcomeState:
    word = OutcomeState(table.convert("outcome_state", one_of(*OutcomeState)))
    if len(states) < 2 or not takes_several_weeks():
        what = "rests on one week" if len(states) > 1 else "has one state"
        raise table.refuse("outcome_state", f"says nothing here, since an outcome {what}: leave it out")
    return word


def check_outcome_states(
    root: DeclarationTable, measures: Sequence[Measure], tariffs: Sequence[Tariff], *, breakdown: str
) -> None:
    """The contract says which state an outcome counts for where a price hangs on it, and nowhere where nothing does.

    Where it is shown by class alone it may say so, and else takes the state of the last week.
    """
    if not measures:
        return
    for table, measure in zip(root.tables("measures"), measures, strict=True):
        with table.check():
            _check_outcome_state(table, measure, tariffs, breakdown)


def _check_outcome_state(table: DeclarationTable, measure: Measure, tariffs: Sequence[Tariff], breakdown: str) -> None:
    if isinstance(measure, OfWeeksMeasure):
        pairs = list(combinations([state.id for state in measure.states], 2))
        readers = [one for one in tariffs if one.main_figure == measure.id]
        is_priced = any(tariff.tells_apart(*pair) for tariff in readers for pair in pairs)
        word = measure.outcome_state
        if word is None and is_priced and measure.takes_several_weeks:
            known = " or ".join(f'"{one}"' for one in OutcomeState)
            reason = f"is missing: an outcome's weeks may lie in states with other prices. Add outcome_state = {known}"
            raise table.refuse("outcome_state", reason)
        if word is not None and not is_priced and (measure.id != breakdown or word is OutcomeState.LOWEST):
            raise table.refuse("outcome_state", "says nothing here, since no price differs by state: leave it out")
