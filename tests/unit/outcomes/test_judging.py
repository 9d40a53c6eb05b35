"""A week's verdict, whole: the reason, the state, and the line of the contract that it rests on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from gateway.outcomes.contract import Contract
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.judging import first_day, first_week, is_taken_out, judge_weeks
from gateway.outcomes.measures.weeks import WeeksMeasure
from gateway.outcomes.terms import ExitRule, Pause, RegisterExit, WeekState
from gateway.outcomes.verdicts import WeekReason, WeekVerdict
from policies.basis import StopReason
from tests.support.histories import example_contract, history
from vocabulary.records import IncomePosting, SubjectRef
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Month, Week

IMPACT60 = example_contract("impact60")
STATES = {state.id: state for state in IMPACT60.states}
JOB, FLEKSJOB = STATES["ordinary_job"], STATES["fleksjob"]
FIRST = Week.parse("2020-W10")
Q, NOT_SEEN, REPEATS = WeekReason.QUALIFIES, WeekReason.NOT_OBSERVED, WeekReason.REPEATS_WEEK_BEFORE


def contract(*, qualification: dict[str, Any] | None = None, **exits: ExitRule) -> Contract:
    rules = {RegisterExit(name): rule for name, rule in exits.items()}
    return replace(
        IMPACT60,
        qualification=replace(IMPACT60.qualification, **(qualification or {})),
        register_exits=dict(IMPACT60.register_exits) | rules,
    )


def judged(
    the: Contract, person: PersonHistory, until: str, *states: WeekState, weeks: int = 50
) -> tuple[WeekVerdict, ...]:
    measure = WeeksMeasure("m", states or (JOB, FLEKSJOB), 1, weeks_from_enrolment=weeks)
    return judge_weeks(the, measure, person, Week.parse(until))


def reasons(the: Contract, person: PersonHistory, until: str, *states: WeekState, weeks: int = 50) -> list[WeekReason]:
    return [verdict.reason for verdict in judged(the, person, until, *states, weeks=weeks)]


@pytest.mark.parametrize(
    ("starts_at_once", "week", "day"), [(True, "2020-W10", "2020-03-04"), (False, "2020-W11", "2020-03-09")]
)
def test_time_starts_with_the_week_of_the_enrolment_or_the_monday_after(starts_at_once: bool, week: str, day: str):
    the, person = contract(qualification={"first_week_is_enrolment_week": starts_at_once}), history("FF")
    person = replace(person, enrolled_on=date(2020, 3, 4))
    assert first_week(the, person) == Week.parse(week)
    assert first_day(the, person) == date.fromisoformat(day)
    assert judged(the, person, "2020-W12")[0].week == Week.parse(week)


def test_so_many_weeks_are_asked_and_none_more():
    over = WeekReason.AFTER_LAST_WEEK
    assert reasons(contract(), history("FFFFF"), "2020-W14", weeks=3) == [Q, Q, Q, over, over]


def test_a_week_that_repeats_another_has_its_state_and_line():
    def repeated(weeks: str) -> list[tuple[WeekReason, str, int]]:
        return [(one.reason, one.state, one.line) for one in judged(contract(), history(weeks), "2020-W11")]

    assert repeated("FH") == [(Q, "fleksjob", FLEKSJOB.line), (REPEATS, "fleksjob", FLEKSJOB.line)]
    assert repeated("HF") == [(REPEATS, "", 0), (Q, "fleksjob", FLEKSJOB.line)]
    assert repeated("?F")[0] == (NOT_SEEN, "", 0)


@pytest.mark.parametrize("last", [1, 2, 3])
def test_an_exit_takes_everything_out_from_the_week_in_which_it_is_seen(last: int):
    """The weeks before it too, once it is seen, and no week sooner."""
    the, person = contract(moved=ExitRule.OUT), history("F" * last + "N")
    seen = FIRST + last
    assert [is_taken_out(the, person, seen + n) for n in (-1, 0, 1)] == [False, True, True]
    assert reasons(the, person, str(seen)) == [WeekReason.OUT] * (last + 1)


def test_an_exit_ends_the_asking_with_its_own_week_and_for_good():
    the, gone = contract(moved=ExitRule.CENSORED), WeekReason.CENSORED
    assert reasons(the, history("FFNFNF"), "2020-W15") == [Q, Q, gone, gone, gone, gone]


@pytest.mark.parametrize(
    ("moved", "dead", "reason"),
    [
        (ExitRule.OUT, ExitRule.CENSORED, WeekReason.OUT),
        (ExitRule.CENSORED, ExitRule.FAILURE, WeekReason.CENSORED),
        (ExitRule.FROZEN, ExitRule.CENSORED, WeekReason.CENSORED),
        (ExitRule.FAILURE, ExitRule.FROZEN, WeekReason.EXIT),
        (ExitRule.NEUTRAL, ExitRule.FROZEN, WeekReason.FROZEN),
    ],
)
def test_of_two_exits_in_one_week_one_comes_first(moved: ExitRule, dead: ExitRule, reason: WeekReason):
    both = {FIRST.ordinal: frozenset({Status.NOT_RESIDENT, Status.DEAD})}
    person = replace(history("F"), statuses=both)
    assert reasons(contract(moved=moved, dead=dead), person, "2020-W10") == [reason]
    assert reasons(contract(moved=dead, dead=moved), person, "2020-W10") == [reason]


def test_a_month_without_pay_is_read_from_the_month_before_alone():
    the = contract(qualification={"carries_missing_month_forward": True})
    person = history("-" * 14, start="2020-W08", hours={"2020-03": 18500})
    by_month: dict[str, set[WeekReason]] = {}
    for verdict in judged(the, person, "2020-W21"):
        by_month.setdefault(str(verdict.week.month), set()).add(verdict.reason)
    assert by_month == {
        "2020-02": {WeekReason.NO_INCOME},
        "2020-03": {Q},
        "2020-04": {Q},
        "2020-05": {WeekReason.NO_INCOME},
    }


@pytest.mark.parametrize(("hours", "counts"), [(3999, False), (4000, True)])
def test_hours_of_all_the_states_kinds_of_income_are_summed(hours: int, counts: bool):
    """March has four weeks: 40 hours in hundredths, all of one kind, while nothing of the other was posted."""
    assert len(Month.parse("2020-03").weeks()) == 4
    both = replace(JOB, income_types=frozenset({IncomeType.WAGE, IncomeType.GREENLAND}))
    [verdict] = judged(contract(), history("-", hours={"2020-03": hours}), "2020-W10", both)
    refused = WeekVerdict(FIRST, WeekReason.TOO_FEW_HOURS, "", JOB.line)
    assert verdict == (WeekVerdict(FIRST, Q, JOB.id, JOB.line) if counts else refused)


def test_pay_without_an_hour_is_pay_and_no_posting_is_none():
    posting = IncomePosting(SubjectRef(history("-").subject), Month.parse("2020-03"), IncomeType.WAGE, 0)
    paid = PersonHistory.build(subject="0" * 31 + "1", enrolled_on=FIRST.monday, spells=(), postings=[posting])
    person = replace(history("-"), hours=paid.hours, postings=paid.postings)
    assert reasons(contract(), person, "2020-W10", JOB) == [WeekReason.TOO_FEW_HOURS]
    assert reasons(contract(), history("-"), "2020-W10", JOB) == [WeekReason.NO_INCOME]


def with_a_lost_posting(person: PersonHistory, month: str) -> PersonHistory:
    lost = (Month.parse(month).ordinal, IncomeType.UNREADABLE)
    return replace(person, postings={**person.postings, lost: 1}, hours={**person.hours, lost: 0})


@pytest.mark.parametrize("carries", [False, True])
def test_of_a_month_of_which_a_posting_was_lost_no_week_counts_that_rests_on_pay(carries: bool):
    the = contract(qualification={"carries_missing_month_forward": carries})
    full = history("-" * 9, hours={"2020-03": 18500, "2020-04": 18500})
    assert set(reasons(the, full, "2020-W18")) == {Q}
    months = {verdict.week: str(verdict.week.month) for verdict in judged(the, full, "2020-W18")}
    for lost in ("2020-03", "2020-04"):
        found = judged(the, with_a_lost_posting(full, lost), "2020-W18", JOB)
        unknown = [verdict for verdict in found if months[verdict.week] == lost]
        assert {(one.reason, one.state, one.line) for one in unknown} == {(WeekReason.INCOME_UNREADABLE, "", JOB.line)}
        assert {one.reason for one in found if one not in unknown} == {Q}


def test_a_month_is_not_carried_out_of_one_of_which_a_posting_was_lost():
    the = contract(qualification={"carries_missing_month_forward": True})
    person = with_a_lost_posting(history("-" * 9, hours={"2020-03": 18500}), "2020-03")
    assert set(reasons(the, person, "2020-W18", JOB)) == {WeekReason.INCOME_UNREADABLE}


def test_a_lost_posting_takes_nothing_from_a_state_that_asks_for_no_pay():
    assert reasons(contract(), with_a_lost_posting(history("F"), "2020-03"), "2020-W10") == [Q]


def test_behind_the_last_week_a_pause_is_still_told_as_one():
    paused = Pause(Week.parse("2020-W14"), Week.parse("2020-W14"))
    the, over = replace(contract(), pauses=(paused,)), WeekReason.AFTER_LAST_WEEK
    expected = [Q, Q, Q, over, WeekReason.PAUSED, over]
    assert reasons(the, history("FFFFFF"), "2020-W15", weeks=3) == expected


@pytest.mark.parametrize(("last_week", "counts"), [(FIRST + 1, False), (FIRST, True)])
def test_an_exit_counts_in_the_last_week_that_was_followed_and_not_behind_it(last_week: Week, counts: bool):
    the, person = contract(moved=ExitRule.OUT), history("FN")
    stopped = replace(person, stop=StopReason.EXITED, last_week=last_week.ordinal)
    the = replace(the, exits={**the.exits, StopReason.EXITED: ExitRule.CENSORED})
    assert is_taken_out(the, stopped, FIRST + 5) is not counts


def test_what_rests_on_no_state_names_no_line():
    shown = {0: Status.NOT_RESIDENT, 1: Status.UNKNOWN, 2: Status.BENEFIT}
    person = replace(history("FFF"), statuses={FIRST.ordinal + n: frozenset({status}) for n, status in shown.items()})
    found = judged(contract(moved=ExitRule.FAILURE), person, "2020-W12")
    assert [(one.reason, one.state, one.line) for one in found] == [
        (WeekReason.EXIT, "", 0),
        (WeekReason.UNKNOWN_CODE, "", 0),
        (WeekReason.NO_STATE, "", 0),
    ]


def test_too_few_hours_explain_a_refusal_better_than_no_income_of_a_later_state():
    other = replace(JOB, id="other", line=JOB.line + 1, income_types=frozenset({IncomeType.GREENLAND}))
    [verdict] = judged(contract(), history("-", hours={"2020-03": 1}), "2020-W10", JOB, other)
    assert (verdict.reason, verdict.line) == (WeekReason.TOO_FEW_HOURS, JOB.line)
