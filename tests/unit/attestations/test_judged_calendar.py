"""A contract's calendar under one knowledge of who begins when, on small contracts of one measure of weeks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.attestations import judged_calendar
from gateway.attestations.exact_figures import FigurePart, answers, exact_figures
from gateway.attestations.judged_calendar import (
    JudgedCalendar,
    judged_at_contract,
    judged_with_even_starts,
    longest_wait,
    movers_of,
    views_of,
)
from gateway.attestations.view_rules import HeldView, Starts
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.terms import ReferralBatch
from policies.calendar_rules import CalendarFinding
from tests.attacks.outsider import texts

BEGIN = date(2019, 12, 30)  # the Monday of 2020-W01
WEEK = timedelta(days=7)


def contract_of(
    *,
    weeks: int = 1,
    counted: int = 2,
    windows: tuple[int, ...] = (1, 1, 2),
    size: int = 30,
    totals: str = "",
    more: str = "",
) -> Contract:
    """30 people who begin in so many weeks, and count in so many from then on."""
    text = texts.contract(
        texts.measure("weeks", ["fleksjob"], f"weeks_from_enrolment = {counted}"),
        more,
        texts.price("m"),
        texts.windows("2020-W01", windows),
        start=BEGIN,
        end=BEGIN + weeks * WEEK - timedelta(days=1),
        size=size,
        totals=totals,
    )
    return load_contract(text.encode(), file="small.toml")


def with_answer() -> Contract:
    """Whether 12 of 20 people have worked for a week, told with w2; their number is shown to nobody."""
    text = texts.contract(
        texts.measure("people", ["fleksjob"], "sustained_weeks = 1", goal=12),
        texts.price("m"),
        texts.windows("2020-W01", [1, 1]),
        start=BEGIN,
        end=BEGIN + timedelta(days=6),
        size=20,
        totals=texts.release("predicate", ["investor"], ["w2"]),
    )
    return load_contract(text.encode(), file="answer.toml")


def of_documents_alone() -> Contract:
    contract = contract_of()
    return replace(contract, releases=tuple(one for one in contract.releases if one.recipient == "operator"))


def judged(contract: Contract, by_week: Mapping[int, int] | None) -> JudgedCalendar:
    """Where so many people begin in the first, second … week of enrolment."""
    by_day = None if by_week is None else {BEGIN + place * WEEK: people for place, people in by_week.items()}
    return JudgedCalendar(contract, Starts(movers_of(contract), by_day))


def rules(found: list[CalendarFinding]) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(one.rule, one.recipients, one.windows) for one in found]


# who begins in the second week can still count in w3, and nobody else can
LATE = contract_of(weeks=2, counted=2)


def test_movers_are_asked_for_every_figure_and_for_the_count_behind_an_answer():
    steps: list[tuple[int, int]] = []
    movers = movers_of(with_answer(), lambda done, whole: steps.append((done, whole)))
    assert steps == [(1, 1)]
    [asked] = answers(with_answer())
    assert movers.row(asked.figure) == {1: 1}, "the second window of the only measure"
    assert movers.days[0].capacity(asked.figure) == 1


def test_a_table_of_an_inner_window_is_asked_for_as_the_figure_of_a_block():
    """It is planned for w1, and totals are shown at the end of w2 alone: there it is told with them."""
    text = texts.contract(
        texts.measure("people", ["fleksjob", "education"], "sustained_weeks = 1", goal=12),
        texts.price("m"),
        texts.windows("2020-W01", [1, 1]),
        start=BEGIN,
        end=BEGIN + timedelta(days=6),
        totals=texts.release("contract_total", ["investor"], ["w2"]),
        disclosure=texts.table("w1"),
    )
    contract = load_contract(text.encode(), file="inner.toml")
    movers = movers_of(contract)
    cells = [one.figure for one in exact_figures(contract, [1]) if one.figure.name.startswith("outcomes_by_class")]
    assert [one.name for one in cells] == ["outcomes_by_class: fleksjob", "outcomes_by_class: education"]
    changed = {place for change in movers.days[0].space.basis.values() for place in change}
    assert all(movers.row(cell).keys() <= changed for cell in cells)
    assert JudgedCalendar(contract, Starts(movers, {BEGIN: 30})).findings([1]) == []


def test_a_view_holds_what_its_roles_are_shown_at_the_ends_of_blocks():
    contract = with_answer()
    investor, operator, both = views_of(contract)
    assert [view.roles for view in (investor, operator, both)] == [
        ("investor",),
        ("operator",),
        ("investor", "operator"),
    ]
    assert (investor.figures, investor.answers) == ((), answers(contract))
    assert (operator.figures, operator.answers) == (exact_figures(contract), ())
    assert (both.figures, both.answers) == (exact_figures(contract), answers(contract))
    assert [len(view.answers) for view in views_of(contract, [0])] == [0, 0, 0]
    shown = [sorted({one.figure.window for one in views_of(LATE, ends)[0].figures}) for ends in (None, [1], [0, 2])]
    assert shown == [["w1", "w2", "w3"], ["w2"], ["w1", "w3"]]
    end = [one.figure.parts for one in views_of(LATE, [0, 2])[0].figures if one.figure.name == "qualifying_weeks"]
    assert end == [((FigurePart("m", 0), 1),), ((FigurePart("m", 2), 1), (FigurePart("m", 0), -1))]


def test_each_view_has_its_finding_and_one_of_documents_alone_has_none():
    """Beside the weeks that are paid for the operator is shown weeks that are not."""
    unpaid = texts.measure("weeks", ["education"], "weeks_from_enrolment = 2", name="n")
    readers = contract_of(
        weeks=2, counted=2, more=unpaid, totals=texts.release("contract_total", ["operator", "investor"])
    )
    assert rules(judged(readers, {0: 29, 1: 1}).findings()) == [
        ("calendar-part", ("investor",), ("w3",)),
        ("calendar-part", ("operator",), ("w3",)),
        ("calendar-part", ("investor", "operator"), ("w3",)),
    ]
    assert rules(judged(LATE, {0: 29, 1: 1}).findings()) == [("calendar-part", ("investor",), ("w3",))]
    assert judged(LATE, {0: 30}).findings() == []
    assert judged(LATE, None).findings() != []


def test_what_could_not_stand_by_itself_is_shown_with_another_window():
    late = judged(LATE, {0: 29, 1: 1})
    assert late.findings([0, 1]) == []
    assert late.findings([2]) == []
    assert late.ends() == (0, 2)
    assert judged(LATE, {0: 30}).ends() == (0, 1, 2)
    assert judged(LATE, {0: 30}).ends((1,)) == (1, 2), "what was shown with another stays so"
    assert late.has_blocks()


def test_where_not_even_one_block_of_everything_may_be_shown_there_are_no_blocks():
    """One person can have ten weeks, and all others one."""
    alone = contract_of(weeks=10, counted=20, windows=(5, 5), size=30)
    first = judged(alone, {0: 1, 9: 29})
    assert (first.ends(), first.has_blocks()) == (None, False)
    assert judged(alone, {0: 29, 9: 1}).has_blocks()
    assert {rule for rule, _, _ in rules(first.findings([1]))} == {"calendar-share"}


def test_views_of_payments_alone_hold_nobody_back():
    few = of_documents_alone()
    assert judged(few, {0: 1}).findings() == []
    assert judged(few, {0: 1}).has_blocks()
    assert judged(few, {0: 1}).ends() == ()


def test_no_view_is_judged_twice(monkeypatch: pytest.MonkeyPatch):
    asked: list[HeldView] = []
    judge = judged_calendar.judge

    def counted(starts: Starts, view: HeldView) -> CalendarFinding | None:
        asked.append(view)
        return judge(starts, view)

    monkeypatch.setattr(judged_calendar, "judge", counted)
    late = judged(LATE, {0: 29, 1: 1})
    assert late.findings() == late.findings()
    late.ends()
    late.has_blocks()
    assert len(asked) == len(set(asked))
    assert all(not view.is_free for view in asked)


def days_of(judged: JudgedCalendar) -> Mapping[date, int] | None:
    return judged.starts.by_day


def test_at_the_contract_nobody_knows_who_begins_when_but_by_cut_offs():
    movers = movers_of(LATE)
    assert days_of(judged_at_contract(LATE, movers)) is None
    assert judged_at_contract(LATE, movers).starts.movers is movers
    batches = (ReferralBatch("early", 12, BEGIN + timedelta(days=3)), ReferralBatch("late", 18, BEGIN + 2 * WEEK))
    known = replace(LATE, cohort=replace(LATE.cohort, batches=batches))
    by_day = {BEGIN + timedelta(days=3): 12, BEGIN + 2 * WEEK: 18}
    at_contract = judged_at_contract(known, movers)
    assert (days_of(at_contract), at_contract.contract) == (by_day, known)
    assert days_of(judged_with_even_starts(at_contract)) == by_day


@pytest.mark.parametrize(
    ("people", "by_day"),
    [
        (30, [3, 2, 2, 2, 2, 2, 2] * 2),
        (28, [2] * 14),
        (4, [1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0]),
        (1, [1, *[0] * 13]),
    ],
)
def test_people_begin_evenly_over_the_days_of_enrolment(people: int, by_day: list[int]):
    contract = replace(LATE, cohort=replace(LATE.cohort, size=people))
    even = judged_with_even_starts(judged_at_contract(contract, movers_of(LATE)))
    expected = {BEGIN + timedelta(days=after): many for after, many in enumerate(by_day) if many}
    assert (days_of(even), even.contract) == (expected, contract)


def test_time_that_begins_with_the_week_behind_the_enrolment_begins_evenly_in_those_weeks():
    qualification = replace(LATE.qualification, first_week_is_enrolment_week=False)
    even = judged_with_even_starts(judged_at_contract(replace(LATE, qualification=qualification), movers_of(LATE)))
    assert days_of(even) == {BEGIN + WEEK: 15, BEGIN + 2 * WEEK: 15}
    assert even.starts.movers.days


def test_the_longest_wait_is_in_windows_that_show_anything():
    five = contract_of(windows=(1, 1, 1, 1, 1))
    assert [longest_wait(five, ends) for ends in ([0, 1, 2, 3, 4], [0, 2, 4], [4], [2, 4])] == [0, 1, 4, 2]
    assert longest_wait(of_documents_alone(), []) == 0
    two = contract_of(windows=(1, 1, 1), totals=texts.release("contract_total", ["investor"], ["w1", "w3"]))
    assert longest_wait(two, [2]) == 1, "in w2 nothing was to be shown"
