"""Corners of the contract language that a slow oracle found: each was judged otherwise once, and paid wrongly."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.figures import Figures
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.judging import is_taken_out, judge_weeks, last_day
from gateway.outcomes.measures.days import DaysMeasure
from gateway.outcomes.measures.earnings import EarningsMeasure, EarningsThreshold
from gateway.outcomes.measures.follow_up import FollowUpMeasure
from gateway.outcomes.measures.people import PeopleMeasure
from gateway.outcomes.measures.retention import RetentionMeasure
from gateway.outcomes.measures.weeks import WeeksMeasure
from gateway.outcomes.results import person_result
from gateway.outcomes.tariff import capped_by, owed_before_caps
from gateway.outcomes.tariffs.fee import FeeTariff
from gateway.outcomes.tariffs.linear import LinearTariff
from gateway.outcomes.tariffs.steps import StepsTariff
from gateway.outcomes.terms import Caps, ExitRule, Pause, RegisterExit, Rounding, ScalePoint, Window
from gateway.outcomes.verdicts import WeekReason
from policies.basis import StopReason
from tests.support.histories import example_contract, history
from vocabulary.records import IncomePosting, SubjectRef
from vocabulary.statuses import IncomeType
from vocabulary.weeks import Month, Week

IMPACT60 = example_contract("impact60")
STATES = {state.id: state for state in IMPACT60.states}
FULL_TIME = {f"2020-{month:02d}": 18500 for month in range(1, 13)}
WAGE = IncomeType.WAGE


def measured(kind: type[Measure], *states: str, **terms: Any) -> Measure:
    return kind("m", tuple(STATES[name] for name in states), 1, **terms)


def contract(measure: Measure, **changed: Any) -> Contract:
    return replace(IMPACT60, measures=(measure,), tariffs=(), **changed)


def units(the: Contract, person: PersonHistory, until: str) -> int:
    return person_result(the, the.measures[0], person, Week.parse(until)).quantity


def exits(**rules: ExitRule) -> dict[RegisterExit, ExitRule]:
    return dict(IMPACT60.register_exits) | {RegisterExit(name): rule for name, rule in rules.items()}


def pause(first: str, last: str) -> tuple[Pause, ...]:
    return (Pause(Week.parse(first), Week.parse(last)),)


def with_postings(person: PersonHistory, *rows: tuple[str, int, bool]) -> PersonHistory:
    ref = SubjectRef(person.subject)
    postings = [IncomePosting(ref, Month.parse(month), WAGE, hours, back) for month, hours, back in rows]
    paid = PersonHistory.build(subject=person.subject, enrolled_on=person.enrolled_on, spells=(), postings=postings)
    return replace(person, hours=paid.hours, postings=paid.postings)


WEEKS = measured(WeeksMeasure, "ordinary_job", "fleksjob", weeks_from_enrolment=50)


@pytest.mark.parametrize(("back", "weeks"), [(-8000, 4), (-12000, 4), (-12001, 0), (-16000, 0)])
def test_pay_corrected_by_a_part_counts_with_the_hours_that_are_left(back: int, weeks: int):
    person = with_postings(history("----"), ("2020-03", 16000, False), ("2020-03", back, True))
    assert units(contract(WEEKS), person, "2020-W13") == weeks


@pytest.mark.parametrize("back", [-15000, -15999])
def test_a_month_whose_pay_was_corrected_by_a_part_is_not_missing(back: int):
    the = contract(WEEKS, qualification=replace(IMPACT60.qualification, carries_missing_month_forward=True))
    person = with_postings(
        history("-" * 9), ("2020-03", 16000, False), ("2020-04", 16000, False), ("2020-04", back, True)
    )
    assert (
        units(the, person, "2020-W18") == 4
    )  # April shows ten hours, or less than a minute, and March does not stand in for it


@pytest.mark.parametrize(("weeks", "counted"), [("FFFHF", 4), ("BBBHF", 1)])
def test_a_neutral_week_behind_a_pause_repeats_the_last_week_that_was_asked(weeks: str, counted: int):
    the = contract(WEEKS, pauses=pause("2020-W12", "2020-W12"))
    assert units(the, history(weeks), "2020-W14") == counted


def test_a_holiday_behind_a_pause_breaks_no_run():
    the = contract(measured(PeopleMeasure, "fleksjob", sustained_weeks=4), pauses=pause("2020-W12", "2020-W12"))
    assert units(the, history("FFFHF"), "2020-W14") == 1


@pytest.mark.parametrize("rule", [ExitRule.OUT, ExitRule.CENSORED])
def test_an_exit_before_the_persons_first_week_is_none(rule: ExitRule):
    """Somebody who moved here and was referred afterwards."""
    the = contract(WEEKS, register_exits=exits(moved=rule))
    assert units(the, history("NNFFFF", enrolled="2020-03-16"), "2020-W15") == 4


def test_who_leaves_under_out_after_a_windows_end_takes_nothing_back_from_that_window():
    """The window in which the person leaves takes it back: the one before was right, and no correction."""
    the = contract(WEEKS, exits=dict(IMPACT60.exits) | {StopReason.WITHDRAWN: ExitRule.OUT})
    left = replace(history("FFFFFFFF"), stop=StopReason.WITHDRAWN, last_week=Week.parse("2020-W14").ordinal)
    assert [units(the, left, week) for week in ("2020-W13", "2020-W14", "2020-W15")] == [4, 5, 0]
    assert [is_taken_out(the, left, Week.parse(week)) for week in ("2020-W14", "2020-W15")] == [False, True]


@pytest.mark.parametrize("rule", [ExitRule.OUT, ExitRule.CENSORED])
def test_the_register_is_not_asked_about_somebody_who_is_not_followed(rule: ExitRule):
    the = contract(measured(PeopleMeasure, "fleksjob", sustained_weeks=2), register_exits=exits(dead=rule))
    left = replace(history("FFFFDD"), stop=StopReason.OBJECTED, last_week=Week.parse("2020-W13").ordinal)
    assert units(the, left, "2020-W15") == 1  # frozen, as the contract says of an objection


def test_a_pause_after_the_persons_time_gives_no_days_back():
    days = measured(DaysMeasure, "fleksjob", needed=26, days_from_enrolment=24)
    person = history("F" * 12)
    assert units(contract(days), person, "2020-W20") == 0
    assert units(contract(days, pauses=pause("2020-W15", "2020-W18")), person, "2020-W20") == 0
    assert units(contract(replace(days, needed=24), pauses=pause("2020-W12", "2020-W12")), person, "2020-W20") == 1


@pytest.mark.parametrize(
    ("days", "paused", "last"),
    [
        (8, "2020-W11", "2020-03-16"),  # the last day is the Monday of the paused week: it stood still with that week
        (14, "2020-W11", "2020-03-22"),  # and its Sunday
        (7, "2020-W11", "2020-03-08"),  # the Sunday before: the time was over when the pause began
        (8, "2020-W12", "2020-03-09"),
        (0, "2020-W11", "9999-12-31"),  # no limit grows
    ],
)
def test_a_pause_that_begins_on_the_last_day_gives_its_seven_days_back(days: int, paused: str, last: str):
    measure = measured(DaysMeasure, "fleksjob", needed=26, days_from_enrolment=days)
    the, person = contract(measure, pauses=pause(paused, paused)), history("F" * 8)
    verdicts = judge_weeks(the, measure, person, Week.parse("2020-W16"))
    assert last_day(the, measure, person, verdicts) == date.fromisoformat(last)
    over = [one.week.monday for one in verdicts if one.reason is WeekReason.AFTER_LAST_WEEK]
    counting = [one.week.monday for one in verdicts if one.state]
    assert all(monday > date.fromisoformat(last) for monday in over)
    assert all(monday <= date.fromisoformat(last) for monday in counting)


def test_a_month_that_ends_after_the_persons_time_is_no_whole_month():
    months = measured(RetentionMeasure, "fleksjob", needed=2, within=2, by_month=True)
    until_april = replace(months, days_from_enrolment=7 * 9)  # to Sunday 3 May, the end of April's last week
    person = history("F" * 12)
    assert units(contract(until_april), person, "2020-W21") == 1
    assert units(contract(replace(months, days_from_enrolment=7 * 9 - 1)), person, "2020-W21") == 0


def pay(person: PersonHistory, **by_month: int) -> PersonHistory:
    return replace(
        person, earnings={(Month.parse(name[1:].replace("_", "-")).ordinal, WAGE): n for name, n in by_month.items()}
    )


@pytest.mark.parametrize(
    ("enrolled", "until", "days", "reached"),
    [
        ("2020-02-29", "2020-W13", 0, 1),  # Saturday, in a week of February
        ("2020-03-01", "2020-W13", 0, 0),  # Sunday of the same week: no day of February is the person's
    ],
)
def test_pay_of_a_month_in_which_the_person_has_no_day_is_not_the_persons(
    enrolled: str, until: str, days: int, reached: int
):
    threshold = EarningsThreshold(1000, counts_partial_months=True)
    measure = measured(EarningsMeasure, "ordinary_job", days_from_enrolment=days, earnings=threshold)
    person = pay(history("-" * 9, start="2020-W09", enrolled=enrolled), m2020_02=1000)
    assert units(contract(measure), person, until) == reached


@pytest.mark.parametrize(("days", "reached"), [(30, 0), (31, 1)])
def test_pay_of_a_month_that_begins_after_the_persons_last_day_is_not_the_persons(days: int, reached: int):
    """The last day is Tuesday 31 March or Wednesday 1 April 2020: both in the first week of April."""
    measure = measured(
        EarningsMeasure,
        "ordinary_job",
        days_from_enrolment=days,
        earnings=EarningsThreshold(1000, counts_partial_months=True),
    )
    person = pay(history("-" * 9, start="2020-W10", enrolled="2020-03-02"), m2020_04=1000)
    assert units(contract(measure), person, "2020-W16") == reached


def test_pay_of_months_behind_an_exit_is_no_result():
    measure = measured(EarningsMeasure, "ordinary_job", earnings=EarningsThreshold(1000, counts_partial_months=True))
    person = history("----" + "N" * 9)
    assert units(contract(measure), pay(person, m2020_03=1000), "2020-W22") == 1
    assert units(contract(measure), pay(person, m2020_04=1000), "2020-W22") == 0


def test_a_follow_up_in_a_neutral_exit_is_asked_when_the_exit_is_over():
    measure = measured(FollowUpMeasure, "fleksjob", months=(1,))
    the = contract(measure, register_exits=exits(moved=ExitRule.NEUTRAL))
    person = history("FFFFNNF", enrolled="2020-03-02")
    assert [units(the, person, week) for week in ("2020-W14", "2020-W15", "2020-W16")] == [0, 0, 1]


RATE = Figures("2018H2", {"rate": 35}, {}, 1)


def test_the_highest_step_that_is_reached_pays_and_not_the_dearest():
    steps = StepsTariff("t", 1, "rate", points=(ScalePoint(0, 1000), ScalePoint(30, 500), ScalePoint(40, 0)))
    assert owed_before_caps(replace(IMPACT60, tariffs=(steps,)), steps, RATE) == 500


def test_an_amount_between_two_points_is_rounded_as_a_whole():
    line = LinearTariff("t", 1, "rate", points=(ScalePoint(34, 1), ScalePoint(36, 2)))
    the = replace(IMPACT60, tariffs=(line,), rounding=Rounding.HALF_EVEN)
    assert owed_before_caps(the, line, RATE) == 2  # 1.5, and not 1 + the even half of 1


@pytest.mark.parametrize(("cap", "names"), [(999, ["caps"]), (1000, [])])
def test_a_cap_that_is_met_exactly_cuts_nothing(cap: int, names: list[str]):
    fee = FeeTariff("t", 1, price_minor=1000)
    the = replace(IMPACT60, tariffs=(fee,), caps=Caps(contract_minor=cap))
    assert [name for name in capped_by(the, [RATE]) if name == "caps"] == names


def test_a_cohort_is_what_its_people_are():
    the = contract(WEEKS, windows=(Window("w", Week.parse("2020-W10"), Week.parse("2020-W13")),))
    people = [history("FFFF", subject=1), history("FFBB", subject=2, enrolled=str(date(2020, 3, 9)))]
    assert evaluate(the, people, Week.parse("2020-W13")).quantity("m") == 5
