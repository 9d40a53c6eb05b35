"""Measures over everybody at once: the rules of `evaluate`, for arrays of people who are not known by anything.

`value_of` says what each status is to a measure, `settle` turns a (people, weeks) array of those values into states,
and `by_state` turns states into people or weeks, for the kinds that an array can judge. Every integer is equal to what
the per-person evaluator gives for the same weeks (tests/property/test_arrays.py); it decides what is paid, this does
not.
Only states that rest on status alone can be judged here: a DREAM extract has no hours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.measures.outcome_state import OutcomeState
from gateway.outcomes.measures.people import PeopleMeasure
from gateway.outcomes.measures.retention import RetentionMeasure
from gateway.outcomes.measures.weeks import WeeksMeasure
from gateway.outcomes.readings import has_changed_reading
from gateway.outcomes.terms import EXIT_OF, ExitRule, Pause, WeekState
from vocabulary.statuses import Status
from vocabulary.weeks import Week

# what a week is before it is settled; 1 to MOST_STATES are the states in their order
NO_STATE, NOT_OBSERVED, EXIT, UNKNOWN, REPEATS = 0, 252, 253, 254, 255
MOST_STATES = 251

Values = NDArray[np.uint8]  # (people, weeks) of the numbers above
States = NDArray[np.uint8]  # (people, weeks): 0 where the week does not count, else 1 + the state's place
ByState = NDArray[np.int64]  # (states,)


@dataclass(frozen=True, slots=True)
class Columns:
    """The weeks of an array: which of them are paused, and which the measure may count."""

    is_paused: NDArray[np.bool_]  # (weeks,)
    is_counted: NDArray[np.bool_]  # (weeks,)

    @classmethod
    def of(cls, first: Week, weeks: int, *, pauses: Sequence[Pause], weeks_from_enrolment: int) -> Columns:
        """`weeks` weeks from `first`, in which everybody's time begins; 0 for `weeks_from_enrolment` is no limit."""
        ordinals = np.arange(first.ordinal, first.ordinal + weeks)
        is_paused = np.zeros(weeks, dtype=np.bool_)
        for pause in pauses:
            is_paused |= (pause.from_week.ordinal <= ordinals) & (ordinals <= pause.to_week.ordinal)
        is_counted = ~is_paused
        if weeks_from_enrolment:
            is_counted &= np.cumsum(~is_paused) <= weeks_from_enrolment
        return cls(is_paused, is_counted)


def value_of(states: Sequence[WeekState], neutral: frozenset[Status]) -> dict[Status, int]:
    """What a week with each status is, asked in the evaluator's order. The first state that has the status holds it.

    Raises `ValueError` for a state that asks for income, or for more states than an array can tell apart.
    """
    if len(states) > MOST_STATES:
        raise ValueError(f"more than {MOST_STATES} states")
    if lacking := [state.id for state in states if state.income_types]:
        raise ValueError(f"{', '.join(lacking)} cannot be judged by status alone: income types are asked for")
    return {status: _value(status, states, neutral) for status in Status}


def _value(status: Status, states: Sequence[WeekState], neutral: frozenset[Status]) -> int:
    if status in EXIT_OF:
        return EXIT
    if status is Status.UNKNOWN:
        return UNKNOWN
    if status in neutral:
        return REPEATS
    return next((place for place, state in enumerate(states, start=1) if status in state.statuses), NO_STATE)


def settle(values: Values, columns: Columns) -> States:
    """The state that each week counts for. A neutral week repeats the last one that was not paused."""
    states: States = values * (values <= MOST_STATES)
    if not columns.is_counted.all():
        states[:, ~columns.is_counted] = NO_STATE
    neutral = np.flatnonzero((values == REPEATS).any(axis=1))
    if len(neutral):
        repeats = ((values[neutral] == REPEATS) & columns.is_counted).T.copy()
        weeks = states[neutral].T.copy()  # a week after the other
        before = weeks[0]
        for week, is_neutral, is_paused in zip(weeks[1:], repeats[1:], columns.is_paused[1:], strict=True):
            if not is_paused:  # a paused week is neither for nor against
                np.copyto(week, before, where=is_neutral)
                before = week
        states[neutral] = weeks.T
    return states


def people_by_state(
    states: States, columns: Columns, *, sustained_weeks: int, kinds: int, word: OutcomeState | None = None
) -> ByState:
    """People whose last weeks, paused ones left out, all qualify, by the state that `word` takes of these weeks."""
    open_weeks = np.flatnonzero(~columns.is_paused)
    last = open_weeks[-sustained_weeks:]
    if len(last) < sustained_weeks:
        return np.zeros(kinds, dtype=np.int64)
    holds = (states[:, last] != NO_STATE).all(axis=1)
    return _count(_outcome_states(states[np.ix_(np.flatnonzero(holds), last)], kinds, word), kinds)


def n_of_m_by_state(
    states: States, columns: Columns, *, n: int, m: int, kinds: int, word: OutcomeState | None = None
) -> ByState:
    """People who once had `n` qualifying weeks among `m` weeks in a row (1 ≤ n ≤ m), paused ones left out.

    By the state that `word` takes of them when they first had them. The first weeks are fewer than `m`, and `n` of
    those will do. `kinds` is the number of states. Raises `ValueError` for an `n` or `m` that makes no sense.
    """
    if not 1 <= n <= m:
        raise ValueError("n of m weeks needs 1 ≤ n ≤ m")
    considered = states[:, ~columns.is_paused]
    counted = np.cumsum(considered != NO_STATE, axis=1, dtype=np.int32)
    within = counted.copy()
    within[:, m:] -= counted[:, :-m]
    reached = within >= n
    people = np.flatnonzero(reached.any(axis=1))
    if not len(people):
        return _count(considered[:0], kinds)
    ends = reached[people].argmax(axis=1)
    places = ends[:, None] + np.arange(1 - m, 1)[None, :]  # of the last `m` weeks, the last one last
    weeks = np.where(places >= 0, considered[people[:, None], np.maximum(places, 0)], NO_STATE)
    return _count(_outcome_states(weeks, kinds, word), kinds)


def _outcome_states(weeks: States, kinds: int, word: OutcomeState | None) -> NDArray[np.uint8]:
    """The state that each person's outcome counts for, of the weeks of its row; the last week of each counts."""
    match word:
        case None | OutcomeState.LAST:
            chosen: NDArray[np.uint8] = weeks[:, -1]
        case OutcomeState.LOWEST:  # states are numbered in the order of the measure
            chosen = weeks.max(axis=1)
        case OutcomeState.MOST:
            order = np.arange(1, weeks.shape[1] + 1)
            at = weeks[:, :, None] == np.arange(1, kinds + 1)  # (people, weeks, states)
            latest = (at * order[:, None]).max(axis=1)
            ranks = at.sum(axis=1) * (len(order) + 1) + latest  # of equally many the later one
            chosen = (ranks.argmax(axis=1) + 1).astype(np.uint8)
        case _:
            assert_never(word)
    return chosen


def by_state(states: States, columns: Columns, measure: Measure) -> ByState:
    """Weeks or people of everybody, as the measure counts. `ValueError` for a kind that no array can judge."""
    kinds = len(measure.states)
    match measure:
        case WeeksMeasure():
            return _count(states, kinds)
        case PeopleMeasure(sustained_weeks=weeks, outcome_state=word):
            return people_by_state(states, columns, sustained_weeks=weeks, kinds=kinds, word=word)
        case RetentionMeasure(needed=needed, within=within, by_month=False, days_from_enrolment=0, outcome_state=word):
            return n_of_m_by_state(states, columns, n=needed, m=within, kinds=kinds, word=word)
        case _:
            raise ValueError(f"a measure of kind {measure.kind!r} cannot be judged for a group")


@dataclass(frozen=True, slots=True)
class GroupTotals:
    """What a measure comes to for a group: sums, and nothing of any person."""

    people: int
    by_state: tuple[tuple[str, int], ...]  # weeks or people, in the order of the states
    contributors: tuple[int, ...]  # people with at least one week in the state, in the order of the states
    exits: int  # people whose last observed week shows an exit
    unknown_weeks: int  # person-weeks with a code that no list explains

    @property
    def quantity(self) -> int:
        return sum(count for _, count in self.by_state)


@dataclass(frozen=True, slots=True)
class GroupMeasure:
    """A measure of a contract, ready to be summed over a group whose time begins in one week for everybody."""

    measure: Measure
    values: Mapping[Status, int]
    columns: Columns

    @classmethod
    def of(cls, contract: Contract, measure: Measure, *, first: Week, weeks: int) -> GroupMeasure:
        """For `weeks` weeks from `first`. Raises `ValueError` where a state asks for income or no array can judge."""
        if has_changed_reading(contract):
            raise ValueError("weeks are read otherwise from a later version on, and columns are read alike")
        if any(rule is not ExitRule.FAILURE for rule in contract.register_exits.values()):
            raise ValueError("a group can be judged only where every exit that a register shows is a failure")
        columns = Columns.of(first, weeks, pauses=contract.pauses, weeks_from_enrolment=measure.weeks_limit)
        nobody = np.zeros((0, weeks), dtype=np.uint8)
        by_state(nobody, columns, measure)  # refuses a kind before anybody is counted
        return cls(measure, value_of(measure.states, contract.qualification.neutral_statuses), columns)

    def sums(self, values: Values) -> NDArray[np.int64]:
        """People, exits, weeks with unknown codes, then quantity and contributors by state; sums of sums are sums."""
        states = settle(values, self.columns)
        counted = by_state(states, self.columns, self.measure)
        heads = [len(values), _exits(values), np.count_nonzero(values == UNKNOWN)]
        places = range(1, len(self.measure.states) + 1)
        contributors = [np.count_nonzero((states == place).any(axis=1)) for place in places]
        return np.concatenate((np.array(heads, dtype=np.int64), counted, np.array(contributors, dtype=np.int64)))

    def totals(self, sums: NDArray[np.int64]) -> GroupTotals:
        """What the sums of `sums` say."""
        people, exits, unknown_weeks, *rest = map(int, sums)
        names = [state.id for state in self.measure.states]
        counted, contributors = rest[: len(names)], rest[len(names) :]
        return GroupTotals(people, tuple(zip(names, counted, strict=True)), tuple(contributors), exits, unknown_weeks)


def _exits(values: Values) -> int:
    """People whose last observed week shows an exit."""
    if not values.shape[1]:
        return 0
    last = values[:, -1].copy()
    unseen = np.flatnonzero(last == NOT_OBSERVED)
    seen = values[unseen, ::-1] != NOT_OBSERVED
    last[unseen] = values[unseen, values.shape[1] - 1 - seen.argmax(axis=1)]
    return int(np.count_nonzero(last == EXIT))


def _count(states: NDArray[np.uint8], kinds: int) -> ByState:
    """How often each of the states 1 to `kinds` stands in an array."""
    found = [np.count_nonzero(states == state) for state in range(1, kinds + 1)]
    return np.array(found, dtype=np.int64)
