"""What arrays count for everybody at once is what the per-person evaluator counts one by one, to the integer."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.outcomes import arrays
from gateway.outcomes.arrays import Columns, GroupMeasure, n_of_m_by_state
from gateway.outcomes.contract import Contract
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.judging import judge_weeks
from gateway.outcomes.measures.follow_up import FollowUpMeasure
from gateway.outcomes.measures.outcome_state import OutcomeState
from gateway.outcomes.measures.people import PeopleMeasure
from gateway.outcomes.measures.retention import RetentionMeasure
from gateway.outcomes.measures.weeks import WeeksMeasure
from gateway.outcomes.results import person_result
from gateway.outcomes.terms import ExitRule, Pause, RegisterExit
from tests.support.examples import examples
from tests.support.histories import example_contract
from vocabulary.records import StatusSpell, SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Week

pytestmark = pytest.mark.property

IMPACT60 = example_contract("impact60")
BY_STATUS = tuple(state for state in IMPACT60.states if not state.income_types)
FIRST = Week.parse("2020-W40")  # 2020 has 53 weeks: most runs cross its end
UNSEEN = None
STATUSES = st.sampled_from([*Status, Status.EDUCATION, Status.FLEKSJOB, Status.HOLIDAY, Status.HOLIDAY, UNSEEN])

Row = list[Status | None]


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    """Weeks of several people, all of one length; runs of a status, as registers have them."""
    weeks = draw(st.integers(1, 30))
    people = []
    for _ in range(draw(st.integers(0, 12))):
        row: Row = []
        while len(row) < weeks:
            row += [draw(STATUSES)] * draw(st.integers(1, 9))
        people.append(row[:weeks])
    return people or [[Status.EDUCATION] * weeks]


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """IMPACT60 with one measure by status, overlapping states, pauses, neutral statuses and limits of all sizes."""
    some = st.frozensets(st.sampled_from(list(Status)), min_size=1, max_size=4)
    states = tuple(replace(state, statuses=draw(some) | state.statuses) for state in BY_STATUS)
    needed = draw(st.integers(1, 10))
    head = ("drawn", tuple(draw(st.permutations(states)))[: draw(st.integers(1, 3))], 1)
    word = draw(st.sampled_from([None, *OutcomeState]))
    measure = draw(
        st.sampled_from(
            [
                WeeksMeasure(*head, weeks_from_enrolment=draw(st.integers(0, 20))),
                PeopleMeasure(*head, sustained_weeks=draw(st.integers(1, 12)), outcome_state=word),
                RetentionMeasure(*head, needed=needed, within=needed + draw(st.integers(0, 10)), outcome_state=word),
            ]
        )
    )
    starts = draw(st.lists(st.tuples(st.integers(-3, 30), st.integers(0, 5)), max_size=3))
    return replace(
        IMPACT60,
        measures=(measure,),
        tariffs=(),
        states=states,
        pauses=tuple(Pause(FIRST + start, FIRST + (start + length)) for start, length in starts),
        qualification=replace(
            IMPACT60.qualification,
            neutral_statuses=draw(st.frozensets(st.sampled_from(list(Status)), max_size=3)),
            first_week_is_enrolment_week=draw(st.booleans()),
        ),
    )


def histories(contract: Contract, people: list[Row]) -> list[PersonHistory]:
    """The same weeks as the evaluator reads them; everybody's time begins in `FIRST`."""
    begins = FIRST if contract.qualification.first_week_is_enrolment_week else FIRST + -1
    return [
        PersonHistory.build(
            subject=f"{number:032x}",
            enrolled_on=begins.monday,
            spells=[
                StatusSpell(SubjectRef(f"{number:032x}"), status, "", FIRST + week, FIRST + week)
                for week, status in enumerate(row)
                if status is not UNSEEN
            ],
            postings=[],
        )
        for number, row in enumerate(people)
    ]


def values(group: GroupMeasure, people: list[Row]) -> arrays.Values:
    found = [[arrays.NOT_OBSERVED if one is UNSEEN else group.values[one] for one in row] for row in people]
    return np.array(found, dtype=np.uint8)


@settings(max_examples=examples(400), deadline=None)
@given(contracts(), rows())
def test_sums_are_those_of_the_evaluator(contract: Contract, people: list[Row]):
    weeks = len(people[0])
    group = GroupMeasure.of(contract, contract.measures[0], first=FIRST, weeks=weeks)
    totals = group.totals(group.sums(values(group, people)))
    one_by_one = evaluate(contract, histories(contract, people), FIRST + (weeks - 1))
    assert totals.people == one_by_one.participants
    assert totals.by_state == one_by_one.totals[0].by_state
    assert totals.quantity == one_by_one.totals[0].quantity
    assert totals.exits == one_by_one.exits
    assert totals.unknown_weeks == one_by_one.unknown_weeks


@settings(deadline=None)
@given(contracts(), rows())
def test_every_week_is_settled_as_the_evaluator_judges_it(contract: Contract, people: list[Row]):
    """Week by week, so that two errors cannot make up for each other in a sum."""
    measure, until = contract.measures[0], FIRST + (len(people[0]) - 1)
    group = GroupMeasure.of(contract, measure, first=FIRST, weeks=len(people[0]))
    settled = arrays.settle(values(group, people), group.columns)
    names = ["", *(state.id for state in measure.states)]
    for row, person in zip(settled, histories(contract, people), strict=True):
        verdicts = judge_weeks(contract, measure, person, until)
        assert [names[state] for state in row] == [verdict.state for verdict in verdicts]
        if isinstance(measure, PeopleMeasure):
            held = arrays.by_state(row[None, :], group.columns, measure)
            expected = person_result(contract, measure, person, until).state
            assert [names[1:][place] for place in np.flatnonzero(held)] == ([expected] if expected else [])


@settings(deadline=None)
@given(contracts(), rows(), st.integers(1, 10), st.integers(0, 10))
def test_n_of_m_weeks_is_what_a_plain_loop_finds(contract: Contract, people: list[Row], n: int, more: int):
    measure, until, m = contract.measures[0], FIRST + (len(people[0]) - 1), n + more
    group = GroupMeasure.of(contract, measure, first=FIRST, weeks=len(people[0]))
    expected: Counter[str] = Counter()
    for person in histories(contract, people):
        verdicts = judge_weeks(contract, measure, person, until)
        paused = [any(p.from_week <= one.week <= p.to_week for p in contract.pauses) for one in verdicts]
        weeks = [one.state for one, is_paused in zip(verdicts, paused, strict=True) if not is_paused]
        reached = [end for end in range(len(weeks)) if sum(map(bool, weeks[max(0, end + 1 - m) : end + 1])) >= n]
        expected.update([weeks[reached[0]]] if reached else [])
    settled = arrays.settle(values(group, people), group.columns)
    found = n_of_m_by_state(settled, group.columns, n=n, m=m, kinds=len(measure.states))
    assert list(found) == [expected[state.id] for state in measure.states]
    assert set(expected) <= {state.id for state in measure.states}


@settings(deadline=None)
@given(contracts(), rows(), st.integers(0, 12))
def test_sums_of_parts_add_up(contract: Contract, people: list[Row], cut: int):
    group = GroupMeasure.of(contract, contract.measures[0], first=FIRST, weeks=len(people[0]))
    whole = values(group, people)
    assert list(group.sums(whole[:cut]) + group.sums(whole[cut:])) == list(group.sums(whole))


def test_a_state_that_asks_for_income_is_refused_by_name():
    with pytest.raises(ValueError, match="ordinary_job cannot be judged by status alone"):
        GroupMeasure.of(IMPACT60, IMPACT60.measures[0], first=FIRST, weeks=4)


def test_a_kind_without_a_function_is_refused():
    measure = FollowUpMeasure("points", BY_STATUS, 1, months=(12,))
    with pytest.raises(ValueError, match="follow_up"):
        GroupMeasure.of(IMPACT60, measure, first=FIRST, weeks=4)


def test_an_exit_rule_that_follows_single_people_is_refused():
    contract = replace(IMPACT60, register_exits={**IMPACT60.register_exits, RegisterExit.MOVED: ExitRule.NEUTRAL})
    measure = replace(IMPACT60.measures[0], states=BY_STATUS)
    with pytest.raises(ValueError, match="failure"):
        GroupMeasure.of(contract, measure, first=FIRST, weeks=4)


def test_more_states_than_a_small_integer_tells_apart_are_refused():
    with pytest.raises(ValueError, match="251"):
        arrays.value_of([*BY_STATUS] * 84, frozenset())


@pytest.mark.parametrize(("n", "m"), [(0, 4), (5, 4)])
def test_n_of_m_that_makes_no_sense_is_refused(n: int, m: int):
    columns = Columns.of(FIRST, 4, pauses=(), weeks_from_enrolment=0)
    with pytest.raises(ValueError, match="1 ≤ n ≤ m"):
        n_of_m_by_state(np.zeros((1, 4), dtype=np.uint8), columns, n=n, m=m, kinds=1)
