"""A calendar that could isolate somebody is refused before anything is known, at the entry that plans it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from connectors.errors import DeclarationInvalid
from gateway.outcomes.calendar import calendar_of
from policies.calendar import Figure, audit, views
from tests.attacks.seeded import contract_text
from tests.support.histories import example_contract

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
    shows = tuple(replace(show, figures=(Figure("m", 3, 13),)) for show in calendar.shows)
    partial = replace(calendar, shows=shows)
    assert {view.smallest for view in views(partial)} == {1}
    assert "calendar-part" in {finding.rule for finding in audit(partial)}
    # windows in which nobody can count isolate nobody, and whoever gets nothing sees nothing
    nobody = tuple(replace(show, figures=(Figure("m", 0, 13),)) for show in calendar.shows)
    assert {view.smallest for view in views(replace(calendar, shows=nobody))} == {0}


def test_whoever_may_be_named_is_told_beside_the_figures():
    named = {view.roles: view.named for view in views(calendar_of(example_contract("ballerup")))}
    windows = ("2020H1", "2020H2")
    assert named == {("investor",): (), ("operator",): windows, ("investor", "operator"): windows}


def test_a_tied_party_counts_as_one_recipient():
    contract = example_contract("impact60", edit=("k_cohort = 25", 'k_cohort = 25\ntied = ["investor+operator"]'))
    assert [view.roles for view in views(calendar_of(contract))] == [("investor", "operator")]
