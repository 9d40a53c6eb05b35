"""Cut-offs of batches at their edges: to which batch a day of referral belongs, and on which day its time begins."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.outcomes.terms import Cohort, ReferralBatch

FIRST, EARLY, LAST = date(2020, 1, 1), date(2020, 1, 10), date(2020, 1, 31)
TWO = Cohort(3, FIRST, LAST, (ReferralBatch("early", 1, EARLY), ReferralBatch("late", 2, LAST)))
NONE = Cohort(3, FIRST, LAST, (ReferralBatch("early", 1), ReferralBatch("late", 2)))


@pytest.mark.parametrize(
    ("day", "begins"),
    [
        (FIRST, EARLY),
        (date(2020, 1, 9), EARLY),
        (EARLY, EARLY),
        (date(2020, 1, 11), LAST),
        (LAST, LAST),
        (date(2020, 2, 1), date(2020, 2, 1)),  # behind them all, and in no batch
    ],
)
def test_time_begins_on_the_next_cut_off(day: date, begins: date):
    assert TWO.begins_on(day) == begins
    assert NONE.begins_on(day) == day


def test_the_days_of_a_batch_follow_those_of_the_one_before():
    assert TWO.period_of("early") == (FIRST, EARLY)
    assert TWO.period_of("late") == (date(2020, 1, 11), LAST)
    assert NONE.period_of("early") == NONE.period_of("late") == (FIRST, LAST)
    assert (TWO.has_cut_offs, NONE.has_cut_offs) == (True, False)
