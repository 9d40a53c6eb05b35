"""What one person's verdicts amount to under a measure: the measure's kind says it, in whole units."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.figures import Cell
from gateway.outcomes.held_units import reached_from
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.in_window import first_window_of
from gateway.outcomes.judging import ask_weeks, first_week, judge_weeks, limit_weeks, out_from
from gateway.outcomes.measures.earnings import EarningsMeasure
from gateway.outcomes.measures.once import OnceMeasure
from gateway.outcomes.measures.pay import PayMeasure
from gateway.outcomes.measures.placed import PlacedMeasure
from gateway.outcomes.terms import WeekState
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
    return result_of(contract, measure, person, judge_weeks(contract, measure, person, until), until)


def person_results(contract: Contract, person: PersonHistory, until: Week) -> dict[str, PersonResult]:
    """What the person adds to each measure, as `person_result` says; weeks are asked once for measures with the same
    states. May raise `ContractNotEvaluable`.
    """
    asked: list[tuple[tuple[WeekState, ...], tuple[WeekVerdict, ...]]] = []
    found = {}
    for measure in contract.measures:
        weeks = next((verdicts for states, verdicts in asked if states == measure.states), None)
        if weeks is None:
            weeks = ask_weeks(contract, measure.states, person, until)
            asked.append((measure.states, weeks))
        found[measure.id] = result_of(contract, measure, person, limit_weeks(contract, measure, person, weeks), until)
    return found


def result_of(
    contract: Contract, measure: Measure, person: PersonHistory, verdicts: tuple[WeekVerdict, ...], until: Week
) -> PersonResult:
    """What these verdicts of the person, up to a week, amount to under the measure: nothing before their batch counts,
    and then all of them. Of a measure that a later version brought, what is reached from its first window on.
    """
    if not person.counts_at(until):
        return PersonResult({}, verdicts)
    since = first_window_of(contract, measure)
    if not since:
        return PersonResult(measure.cells(contract, person, verdicts), verdicts)
    ends = [window.to_week for window in contract.windows if window.to_week < until]
    judged = [(judge_weeks(contract, measure, person, end), person.counts_at(end)) for end in ends]
    before = [measure.cells(contract, person, weeks) if counts else {} for weeks, counts in judged]
    return PersonResult(reached_from([*before, measure.cells(contract, person, verdicts)], since)[-1], verdicts)


@dataclass(frozen=True, slots=True)
class AskedWeeks:
    """One person's weeks under the same states, up to a week or to the week `taken_out`, by whose end an exit takes
    everything out.
    """

    verdicts: tuple[WeekVerdict, ...]
    taken_out: Week | None

    @classmethod
    def of(cls, contract: Contract, states: Sequence[WeekState], person: PersonHistory, until: Week) -> AskedWeeks:
        """Asked once, for every measure with these states and for every end up to a week."""
        taken_out = out_from(contract, person)
        last = until if taken_out is None else min(until, taken_out + -1)
        return cls(ask_weeks(contract, states, person, last), taken_out)


def ask_measures(contract: Contract, person: PersonHistory, until: Week) -> dict[str, AskedWeeks]:
    """The person's weeks under each measure, by its id; those of measures with the same states are asked once."""
    by_states: dict[tuple[str, ...], AskedWeeks] = {}
    found: dict[str, AskedWeeks] = {}
    for measure in contract.measures:
        key = tuple(state.id for state in measure.states)
        if key not in by_states:
            by_states[key] = AskedWeeks.of(contract, measure.states, person, until)
        found[measure.id] = by_states[key]
    return found


def units_by_window(
    contract: Contract, measure: Measure, person: PersonHistory, asked: AskedWeeks
) -> list[Mapping[Cell, int]]:
    """`units_at` the end of each window."""
    return units_at(contract, measure, person, asked, [window.to_week for window in contract.windows])


def units_at(
    contract: Contract, measure: Measure, person: PersonHistory, asked: AskedWeeks, ends: Sequence[Week]
) -> list[Mapping[Cell, int]]:
    """What the person adds to the measure by the end of each of these weeks, the earliest first, as `person_result`
    says of each, in one pass.

    `asked` are the person's weeks under the measure's states, up to the last of them or further. May raise
    `ContractNotEvaluable`.
    """
    since = first_window_of(contract, measure)
    if not since or not ends:
        return _all_units_at(contract, measure, person, asked, ends)
    closed = [window.to_week for window in contract.windows if window.to_week <= ends[-1]]
    weeks = sorted({*closed, *ends})
    held = dict(zip(weeks, _all_units_at(contract, measure, person, asked, weeks), strict=True))
    reached = dict(zip(closed, reached_from([held[week] for week in closed], since), strict=True))
    for end in ends:
        if end not in reached:  # inside a window, or behind the last one
            before = [held[week] for week in closed if week < end]
            reached[end] = reached_from([*before, held[end]], since)[-1]
    return [reached[end] for end in ends]


def _all_units_at(
    contract: Contract, measure: Measure, person: PersonHistory, asked: AskedWeeks, ends: Sequence[Week]
) -> list[Mapping[Cell, int]]:
    """The same, whenever each unit was reached."""
    first, taken_out = first_week(contract, person), asked.taken_out
    verdicts = limit_weeks(contract, measure, person, asked.verdicts)
    lengths = [max(0, end - first + 1) for end in ends if taken_out is None or end < taken_out]
    found = _units_by_length(contract, measure, person, verdicts, lengths)
    found += [
        measure.cells(contract, person, judge_weeks(contract, measure, person, end)) for end in ends[len(lengths) :]
    ]
    return [units if person.counts_at(end) else {} for units, end in zip(found, ends, strict=True)]


def _units_by_length(
    contract: Contract,
    measure: Measure,
    person: PersonHistory,
    verdicts: tuple[WeekVerdict, ...],
    lengths: Sequence[int],
) -> list[Mapping[Cell, int]]:
    """The units of so many of the first verdicts, for each of these rising lengths."""

    def units(length: int) -> Mapping[Cell, int]:
        return measure.cells(contract, person, verdicts[:length])

    if isinstance(measure, OnceMeasure) and not measure.can_fall:  # once reached, it stays in its cell
        reached = units(lengths[-1]) if lengths else {}
        places = range(len(lengths) - 1 if reached else 0)  # at the last one it is known
        place = bisect_left(places, 1, key=lambda place: len(units(lengths[place])))
        return [{}] * place + [reached] * (len(lengths) - place) if reached else [{}] * len(lengths)
    if isinstance(measure, PlacedMeasure):  # what rests on a week is the same whatever comes behind it
        placed = deque(sorted(measure.placed_units(contract, person, verdicts)))
        found, so_far = list[Mapping[Cell, int]](), Counter[Cell]()
        for length in lengths:
            while placed and placed[0][0] < length:
                _, cell, number = placed.popleft()
                so_far[cell] += number
            found.append(Counter(so_far))
        return found
    if isinstance(measure, EarningsMeasure | PayMeasure):
        return measure.cells_by_length(contract, person, verdicts, lengths)
    return [units(length) for length in lengths]
