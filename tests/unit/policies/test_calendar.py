"""A calendar that could isolate somebody is refused before anything is known, at the entry that plans it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from gateway.outcomes.calendar import calendar_of
from policies.calendar import Calendar, CalendarFigure, CalendarView, Finding, PlannedShow, audit, views
from tests.attacks.seeded import contract_text
from tests.support.histories import example_contract
from vocabulary.errors import DeclarationInvalid

SPECIALISTERNE = 'organisation = "specialisterne"'
PAUSE = '[[pauses]]\nfrom_week = "2018-W51"\nto_week = "2018-W52"\n[freeze]'
# contract, what is replaced by what -> the rule, the windows it names, words of the suggestion
LEAKS = [
    ("ballerup", 'template = "predicate"', 'template = "contract_total"', "calendar-cohort", "2020H2", "predicate"),
    ("ballerup", 'windows = ["2020H2"]', 'windows = ["2020H1", "2020H2"]', "calendar-predicate", "2020H1", "2020H2"),
    ("ballerup", 'recipients = ["operator"]', 'recipients = ["investor"]', "calendar-creditor", "2019H1", "leave"),
    ("ballerup", "k_cohort = 25", 'k_cohort = 25\ntied = ["operator+investor"]', "calendar-tied", "2019H1", "pay once"),
    ("ballerup", 'organisation = "den-sociale-kapitalfond"', SPECIALISTERNE, "calendar-tied", "2019H1", "once"),
    ("impact60", 'template = "contract_total"', 'template = "predicate"', "calendar-predicate", "2018H2", "2021H1"),
    ("impact60", "enrolment_to = 2018-12-30", "enrolment_to = 2019-01-06", "calendar-part", "2018H2", "join"),
    ("impact60", "weeks_from_enrolment = 156", "weeks_from_enrolment = 117", "calendar-part", "2021H1", "join"),
    ("impact60", "sustained_weeks = 1\n", "sustained_weeks = 2\n", "calendar-part", "2018H2", "join"),
    ("impact60", "[freeze]", PAUSE, "calendar-part", "2018H2", "join"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "rule", "window", "suggestion"), LEAKS)
def test_a_calendar_that_leaks_is_refused_with_rule_windows_and_a_change(name, old, new, rule, window, suggestion):
    with pytest.raises(DeclarationInvalid) as refused:
        example_contract(name, edit=(old, new))
    text = str(refused.value)
    assert re.match(rf"{name}\.toml, line \d+: releases\.", text)
    assert rule in text
    assert window in text
    assert suggestion in text


def test_a_window_that_nobody_can_count_in_shows_nothing():
    """After everybody's last week the figure is nought for all: it isolates nobody."""
    contract = example_contract("impact60", edit=("weeks_from_enrolment = 156", "weeks_from_enrolment = 79"))
    assert audit(calendar_of(contract)) == ()  # 79 weeks: the last first week ends with 2020H1
    figures = {show.window: show.figures[0] for show in calendar_of(contract).shows}
    assert figures["2020H2"].weeks_that_count == 0
    assert figures["2020H1"].weeks_that_count == figures["2020H1"].first_weeks


@pytest.mark.parametrize("name", ["impact60", "ballerup"])
def test_the_two_bonds_pass_for_each_recipient_and_for_all_together(name):
    calendar = calendar_of(example_contract(name))
    assert audit(calendar) == ()
    assert [view.roles for view in views(calendar)] == [("investor",), ("operator",), ("investor", "operator")]


def smallest(name: str, *edit: str) -> dict[tuple[str, ...], int]:
    """The smallest group of each view, of an example with a text replaced."""
    contract = example_contract(name, **({"edit": edit} if edit else {}))
    return {view.roles: view.smallest for view in views(calendar_of(contract))}


def test_the_smallest_group_is_what_the_calendar_says_and_no_constant():
    investor, operator, both = ("investor",), ("operator",), ("investor", "operator")
    # a table by class isolates its cells, and none of fewer than k
    assert smallest("impact60") == {investor: 5, operator: 5, both: 5}
    assert smallest("impact60", "k = 5", "k = 7") == {investor: 7, operator: 7, both: 7}
    # without it only the operator has a table: why people are not counted
    [table] = re.findall(r'(?m)^breakdown = .*\nbreakdown_windows = \["2020H2"\]', contract_text("impact60", size=120))
    assert smallest("impact60", table, "") == {investor: 120, operator: 5, both: 5}
    # figures about everybody, and no table
    assert smallest("ballerup") == {investor: 10, operator: 10, both: 10}
    # what the audit refuses has the figure that it is refused for
    calendar = calendar_of(example_contract("ballerup"))
    shows = tuple(replace(show, figures=(CalendarFigure("m", 3, 13),)) for show in calendar.shows)
    partial = replace(calendar, shows=shows)
    assert {view.smallest for view in views(partial)} == {1}
    assert "calendar-part" in {finding.rule for finding in audit(partial)}
    # windows in which nobody can count isolate nobody, and whoever gets nothing sees nothing
    nobody = tuple(replace(show, figures=(CalendarFigure("m", 0, 13),)) for show in calendar.shows)
    assert {view.smallest for view in views(replace(calendar, shows=nobody))} == {0}


def test_whoever_may_be_named_is_told_beside_the_figures():
    named = {view.roles: view.named for view in views(calendar_of(example_contract("ballerup")))}
    windows = ("2020H1", "2020H2")
    assert named == {("investor",): (), ("operator",): windows, ("investor", "operator"): windows}


def test_a_tied_party_counts_as_one_recipient():
    contract = example_contract("impact60", edit=("k_cohort = 25", 'k_cohort = 25\ntied = ["investor+operator"]'))
    assert [view.roles for view in views(calendar_of(contract))] == [("investor", "operator")]


EXACT, MET, OWED = "contract_total", "predicate", "payment_document"


def planned(template, recipient, window, *figures):
    return PlannedShow(template, recipient, f"organisation of the {recipient}", window, figures)


def calendar(*shows, people=24, breakdowns=(), tied=()):
    """A calendar with k_cohort 25: its cohort is small unless it is said to be larger."""
    pairs = frozenset(map(frozenset, tied))
    return Calendar(people, 5, 25, shows, breakdowns, pairs)


def test_a_cohort_of_one_too_few_has_no_exact_total_for_anybody():
    shows = [planned(EXACT, role, window) for role, window in [("operator", "A"), ("investor", "B"), ("operator", "B")]]
    reason = "a cohort of 24 is below k_cohort 25: no exact total may be shown"
    suggestion = "plan a predicate for one window, and payment documents for the creditor"
    expected = Finding("calendar-cohort", EXACT, "template", ("investor", "operator"), ("A", "B"), reason, suggestion)
    assert audit(calendar(*shows)) == (expected,)
    assert audit(calendar(*shows, people=25)) == ()
    assert audit(calendar()) == ()


def test_a_payment_document_goes_to_nobody_but_the_creditor():
    shows = [planned(OWED, "operator", "A"), planned(OWED, "investor", "B"), planned(MET, "auditor", "B")]
    reason = "a payment document goes to the creditor (operator) only"
    suggestion = "leave the other recipients out of it"
    expected = Finding("calendar-creditor", OWED, "recipients", ("investor",), ("B",), reason, suggestion)
    assert audit(calendar(*shows)) == (expected,)
    assert audit(calendar(planned(OWED, "operator", "A"), planned(OWED, "operator", "B"))) == ()


def test_a_predicate_is_shown_for_one_window_whoever_sees_which():
    shows = [planned(MET, "investor", "A"), planned(MET, "operator", "B"), planned(MET, "investor", "C")]
    reason = "a predicate that may flip is a count: it may be shown for one window in all"
    where = (MET, "windows", ("investor", "operator"), ("A", "B", "C"))
    assert audit(calendar(*shows)) == (Finding("calendar-predicate", *where, reason, "keep the last one, C"),)
    assert audit(calendar(*shows[:1])) == ()


def test_a_cohort_that_is_large_enough_for_its_total_has_no_predicate():
    shows = [planned(MET, "investor", "A"), planned(EXACT, "operator", "B")]
    reason = "a predicate that may flip is a count: this cohort is large enough for its total"
    where = (MET, "windows", ("investor",), ("A",))
    expected = Finding("calendar-predicate", *where, reason, "plan contract_total instead")
    assert audit(calendar(*shows, people=25)) == (expected,)
    assert audit(calendar(*shows[1:], people=25)) == ()


def test_a_figure_that_a_single_first_week_can_contribute_to_is_a_part():
    """One first week of two is the smallest part; none at all, and all of them, are no part."""
    one, none, both = (CalendarFigure(f"{weeks} of 2", weeks, 2) for weeks in (1, 0, 2))
    shows = [
        planned(EXACT, "operator", "A", none, both),
        planned(EXACT, "investor", "B", one, CalendarFigure("0", 1, 9)),
    ]
    reason = "only a part of the cohort can count in it under 0, 1 of 2, and nobody knows how few"
    suggestion = (
        "make the window reach from before the first person's last week to after the last person's first, or"
        " join it with its neighbour"
    )
    expected = Finding("calendar-part", EXACT, "windows", ("investor",), ("B",), reason, suggestion)
    assert audit(calendar(*shows, people=25)) == (expected,)
    assert audit(calendar(planned(OWED, "operator", "A", one), people=25)) == (), "what is owed is paid exactly"


@pytest.mark.parametrize("windows", [("A", "B"), ("A", "B", "C")])
def test_a_breakdown_is_shown_for_one_window(windows):
    shows = [planned(EXACT, "investor", windows[0]), planned(OWED, "operator", windows[0])]
    reason = "the tables of two windows could be subtracted"
    where = (EXACT, "windows", ("investor",), windows)
    expected = Finding("calendar-breakdown", *where, reason, f"keep the last one, {windows[-1]}")
    assert audit(calendar(*shows, people=25, breakdowns=windows)) == (expected,)
    assert audit(calendar(*shows, people=25, breakdowns=windows[:1])) == ()


@pytest.mark.parametrize("windows", [("A", "B"), ("A", "B", "C")])
def test_a_small_cohorts_tied_investor_sees_an_amount_once(windows):
    shows = [planned(MET, "investor", "A"), *(planned(OWED, "operator", window) for window in windows)]
    reason = "these parties are tied: the investor would see the exact amount of a small cohort more than once"
    where = (OWED, "recipients", ("investor", "operator"), windows)
    expected = Finding("calendar-tied", *where, reason, f"pay once, for {windows[-1]}")
    tied = [("investor", "operator")]
    assert audit(calendar(*shows, tied=tied)) == (expected,)
    assert audit(calendar(*shows[:2], tied=tied)) == (), "one document is one amount"
    large = [planned(EXACT, "investor", "A"), *shows[1:]]
    assert audit(calendar(*large, people=25, tied=tied)) == (), "a cohort that is large enough for its total"


def test_tied_parties_who_see_no_document_are_not_the_creditor():
    shows = [planned(MET, "investor", "A"), planned(MET, "auditor", "A")]
    shows += [planned(OWED, "operator", window) for window in ("A", "B")]
    assert audit(calendar(*shows, tied=[("investor", "auditor")])) == ()


def test_a_view_holds_what_its_readers_can_put_side_by_side():
    of_all = CalendarFigure("weeks", 3, 3)
    shows = [
        planned(EXACT, "investor", "A", of_all),
        planned(MET, "investor", "B", of_all),
        planned(OWED, "operator", "C", of_all),
    ]
    assert views(calendar(*shows, breakdowns=("A", "B"))) == (
        CalendarView(("investor",), ("A",), ("B",), (), ("A",), 5, ()),  # a cell of the table
        CalendarView(("operator",), (), (), ("C",), (), 24, ()),
        CalendarView(("investor", "operator"), ("A",), ("B",), ("C",), ("A",), 5, ()),
    )


def test_a_calendar_that_shows_nothing_is_about_nobody():
    assert views(calendar(breakdowns=("A",))) == (CalendarView((), (), (), (), (), 0, ()),)
