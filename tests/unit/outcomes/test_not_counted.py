"""Why people are not in the outcome: a bucket each, nobody twice, and as many as are missing."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.history import PersonHistory, Remainder
from gateway.outcomes.not_counted import BUCKETS, not_counted
from policies.basis import StopReason
from tests.attacks.seeded import OUT, START, cohort, contract_for, person

BALLERUP = contract_for("ballerup", size=10)
MEASURE = BALLERUP.people_measure
LAST = BALLERUP.windows[-1].to_week
WEEKS = LAST.ordinal - START.ordinal + 1


def reasons(people: list[PersonHistory], remainder: Remainder | None = None) -> dict[str, int]:
    assert MEASURE is not None
    extra = {} if remainder is None else {"remainder": remainder}
    return {name: count for name, count in not_counted(BALLERUP, MEASURE, people, LAST, **extra).items() if count}


def test_each_reason_has_its_bucket():
    """Ballerup asks for 26 weeks in a row of an ordinary job or of education."""
    job = ["ordinary_job"] * WEEKS
    assert reasons([person(0, job)]) == {}
    assert reasons([person(0, [OUT] * WEEKS)]) == {"on_benefit": 1}
    assert reasons([person(0, [*[OUT] * (WEEKS - 10), *job[:10]])]) == {"not_long_enough": 1}
    assert reasons([person(0, job[:-3])]) == {"not_observed": 1}
    assert reasons([person(0, job, enrolled=date(2030, 1, 1))]) == {"other": 1}
    without_pay = person(0, job)
    without_pay = PersonHistory(without_pay.subject, without_pay.enrolled_on, without_pay.statuses, {}, {}, {})
    assert reasons([without_pay]) == {"no_pay_reported": 1}
    one = person(0, [OUT] * WEEKS)
    left = PersonHistory(
        one.subject, one.enrolled_on, one.statuses, {}, {}, {}, stop=StopReason.EXITED, last_week=LAST.ordinal - 20
    )
    assert reasons([left]) == {"left": 1}


def test_erased_people_who_did_not_count_fall_under_other():
    assert MEASURE is not None
    gone = Remainder(3, {LAST.ordinal: {MEASURE.id: {MEASURE.states[0].id: 1}}}, {})
    assert reasons([], gone) == {"other": 2}


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(0, 10_000))
def test_the_buckets_are_exactly_those_who_are_missing(size: int, seed: int):
    assert MEASURE is not None
    people = cohort(size, seed, weeks=WEEKS)
    found = not_counted(BALLERUP, MEASURE, people, LAST)
    assert tuple(found) == BUCKETS
    assert sum(found.values()) == size - evaluate(BALLERUP, people, LAST).quantity(MEASURE.id)
