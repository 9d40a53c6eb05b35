"""Runs as a person reads them: joined where nothing changed, apart where something did."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from gateway.rights.holdings import StatusRun, together

MONDAY = date(2019, 1, 7)
WEEK = timedelta(days=7)


def run(week: int, *, weeks: int = 1, status: str = "benefit", code: str = "", known: int = 0) -> StatusRun:
    first, day = MONDAY + week * WEEK, MONDAY + known * WEEK
    return StatusRun("dream", status, code, first, first + weeks * WEEK - timedelta(days=1), day, day, None)


def test_weeks_that_touch_and_say_the_same_are_one_run_with_the_first_and_last_day_of_knowing():
    [one] = together([run(4, known=9), run(0, weeks=4, known=5), run(5, weeks=2, known=9)])
    assert (one.first_day, one.last_day) == (MONDAY, MONDAY + 7 * WEEK - timedelta(days=1))
    assert (one.known_on, one.known_last_on) == (MONDAY + 5 * WEEK, MONDAY + 9 * WEEK)


def test_a_gap_another_code_another_status_and_a_correction_part_them():
    apart = [
        run(0),
        run(2),
        run(3, code="730"),
        run(4, status="no_benefit"),
        replace(run(5, status="no_benefit"), replaced_on=MONDAY + 20 * WEEK),
    ]
    assert together(apart) == apart


def test_what_was_replaced_comes_before_what_stands_for_the_same_week():
    stands, gone = run(0, status="no_benefit"), replace(run(0), replaced_on=MONDAY + WEEK)
    assert together([stands, gone]) == [gone, stands]
