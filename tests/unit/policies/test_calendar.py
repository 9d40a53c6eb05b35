"""A calendar that could isolate somebody is refused before anything is known, at the entry that plans it."""

from __future__ import annotations

import re

import pytest

from connectors.errors import DeclarationInvalid
from gateway.outcomes.calendar import calendar_of
from policies.calendar import audit, views
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
    assert {view.smallest for view in views(calendar)} == {calendar.people}


def test_a_tied_party_counts_as_one_recipient():
    contract = example_contract("impact60", edit=("k_cohort = 25", 'k_cohort = 25\ntied = ["investor+operator"]'))
    assert [view.roles for view in views(calendar_of(contract))] == [("investor", "operator")]
