"""The rules of the two reference contracts, week by week. Each row: weeks -> what counts, and why not.

Letters: - no benefit, B benefit, F fleksjob, S skånejob, E education, W wage subsidy, I sickness, H holiday,
P disability pension, O old-age pension, N not resident, D dead, U unknown code, ? not observed.
March 2020 has the weeks W10-W13, April W14-W18; ordinary job needs 10 hours a week: 40 and 50 hours a month.
"""

from __future__ import annotations

import pytest

from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.judging import judge_weeks
from gateway.outcomes.results import person_result
from gateway.outcomes.verdicts import WeekReason
from tests.support.histories import example_contract, history
from vocabulary.weeks import Week

MARCH, APRIL = "2020-03", "2020-04"
FULL_TIME = {MARCH: 14800, APRIL: 18500}

WEEK_ROWS = [
    # weeks       paid hours                 counted      why the rest does not count
    ("FFFF", {}, "FFFF", None),  # 771 and 774 are coded weeks that ARE outcomes
    ("SSEE", {}, "SSEE", None),
    ("----", {}, "....", WeekReason.NO_INCOME),  # no code is not a job
    ("----", {MARCH: 4000}, "----", None),  # exactly 10 hours × 4 weeks
    ("----", {MARCH: 3999}, "....", WeekReason.TOO_FEW_HOURS),
    ("--------", {MARCH: 4000}, "----....", WeekReason.NO_INCOME),  # April has no posting
    ("----BBBB", FULL_TIME, "----....", WeekReason.NO_STATE),  # hours beside a benefit are not an ordinary job
    ("WWWW", FULL_TIME, "....", WeekReason.NO_STATE),  # wage subsidy: the contract does not name it
    ("PPPP", FULL_TIME, "....", WeekReason.EXIT),
    ("OONN", FULL_TIME, "....", WeekReason.EXIT),
    ("DDDD", FULL_TIME, "....", WeekReason.EXIT),
    ("UUUU", FULL_TIME, "....", WeekReason.UNKNOWN_CODE),
    ("F??F", {}, "F..F", WeekReason.NOT_OBSERVED),
    ("FHHF", {}, "FHHF", None),  # holiday repeats the week before: it counts after a counted week
    ("BHHF", {}, "...F", None),  # and does not after one that did not
]


@pytest.mark.parametrize(("weeks", "hours", "counted", "why"), WEEK_ROWS)
def test_a_week_in_work_or_education_counts_only_with_its_evidence(weeks, hours, counted, why):
    contract = example_contract("impact60")
    measure = contract.measures[0]
    person = history(weeks, hours=hours)
    verdicts = judge_weeks(contract, measure, person, Week.parse("2020-W10") + (len(weeks) - 1))
    shown = "".join(letter if v.state else "." for letter, v in zip(weeks, verdicts, strict=True))
    assert shown == counted
    if why:
        assert why in {v.reason for v in verdicts if not v.state}


def test_weeks_are_counted_for_156_weeks_from_the_week_of_enrolment_and_no_longer():
    contract = example_contract("impact60")
    person = history("F" * 170, start="2018-W40", enrolled="2018-10-03")
    total = evaluate(contract, [person], Week.parse("2021-W52")).quantity("weeks_in_work_or_education")
    assert total == 156
    verdicts = judge_weeks(contract, contract.measures[0], person, Week.parse("2021-W52"))
    assert str(verdicts[155].week) == "2021-W38"  # 2020 has 53 weeks
    assert verdicts[156].reason is WeekReason.AFTER_LAST_WEEK


@pytest.mark.parametrize(
    ("word", "expected"),
    [("week_of_enrolment", 4), ("week_after_enrolment", 3)],
    ids=["the week of", "after"],
)
def test_enrolment_in_the_middle_of_a_week_follows_the_contracts_word(word, expected):
    contract = example_contract(
        "impact60",
        first=('first_week = "week_of_enrolment"', f'first_week = "{word}"'),
        # somebody enrolled in the last week of a window would not count in it
        last=("enrolment_to = 2018-12-30", "enrolment_to = 2018-12-23"),
    )
    person = history("FFFF", enrolled="2020-03-04")  # a Wednesday in W10
    assert evaluate(contract, [person], Week.parse("2020-W13")).quantity("weeks_in_work_or_education") == expected


def test_enrolment_after_the_window_counts_nothing_and_stays_in_the_denominator():
    contract = example_contract("impact60")
    person = history("FFFF", enrolled="2020-03-30")
    result = evaluate(contract, [person], Week.parse("2020-W13"))
    assert (result.participants, result.quantity("weeks_in_work_or_education")) == (1, 0)
    assert result.quantity("self_support_full_or_partial") == 0


def test_a_pause_counts_for_nobody_and_lengthens_everyones_time():
    pause = '[[pauses]]\nfrom_week = "2020-W12"\nto_week = "2020-W19"\n\n[freeze]'
    contract = example_contract("impact60", pause=("[freeze]", pause), version=("version = 1", "version = 2"))
    person = history("F" * 170, start="2018-W40")
    verdicts = judge_weeks(contract, contract.measures[0], person, Week.parse("2021-W52"))
    assert sum(1 for verdict in verdicts if verdict.state) == 156
    assert [str(v.week) for v in verdicts if v.reason is WeekReason.PAUSED] == [f"2020-W{n}" for n in range(12, 20)]
    assert str([v for v in verdicts if v.state][-1].week) == "2021-W46"


@pytest.mark.parametrize(
    ("missing", "expected"),
    [("no_hours", ""), ("carry_forward", "ordinary_job")],
    ids=["no hours", "carried"],
)
def test_a_missing_month_means_what_the_contract_says(missing, expected):
    contract = example_contract("impact60", m=('missing_month = "no_hours"', f'missing_month = "{missing}"'))
    person = history("--------", hours={MARCH: 14800})  # no posting in April
    measure = contract.measures[1]
    assert person_result(contract, measure, person, Week.parse("2020-W17")).state == expected


PEOPLE_ROWS = [
    # at W13   hours            state of self-support
    ("FFFF", {}, "fleksjob"),
    ("BBBB", {MARCH: 3200}, "partial_job"),  # 8 hours a week beside a benefit
    ("BBBB", {MARCH: 3199}, ""),
    ("WWWW", FULL_TIME, ""),
    ("----", FULL_TIME, "ordinary_job"),
    ("FFFB", {}, ""),  # only the last week decides here
    ("BBBF", {}, "fleksjob"),
]


@pytest.mark.parametrize(("weeks", "hours", "state"), PEOPLE_ROWS)
def test_full_or_partial_self_support_is_the_state_in_the_last_week(weeks, hours, state):
    contract = example_contract("impact60")
    measure = contract.measures[1]
    person = history(weeks, hours=hours)
    assert person_result(contract, measure, person, Week.parse("2020-W13")).state == state


SIX_MONTHS = {f"2019-{month:02d}": 15 * 5 * 100 for month in range(1, 13)}
STEADY_ROWS = [
    # weeks of 2019 from W01                     holds the outcome at the last of them
    ("-" * 26, True),
    ("-" * 25, False),  # one week short
    ("-" * 25 + "B", False),  # a relapse in the last week
    ("-" * 10 + "B" + "-" * 25, False),  # after a relapse it starts again
    ("-" * 10 + "B" + "-" * 26, True),
]


@pytest.mark.parametrize(("weeks", "holds"), STEADY_ROWS)
def test_ballerup_counts_26_weeks_without_a_gap_and_a_relapse_reopens(weeks, holds):
    contract = example_contract("ballerup")
    measure = contract.measures[0]
    person = history(weeks, start="2019-W01", hours=SIX_MONTHS)
    last = Week.parse("2019-W01") + (len(weeks) - 1)
    assert bool(person_result(contract, measure, person, last).state) is holds


def test_ballerup_education_needs_a_grant_and_no_benefit():
    contract = example_contract("ballerup")
    measure = contract.measures[0]
    months = tuple(f"2019-{month:02d}" for month in range(1, 7))
    last = Week.parse("2019-W26")
    with_grant = history("-" * 26, start="2019-W01", grants=months)
    on_benefit = history("-" * 25 + "B", start="2019-W01", grants=months)
    assert person_result(contract, measure, with_grant, last).state == "education"
    assert person_result(contract, measure, on_benefit, last).state == ""
