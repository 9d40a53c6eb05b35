"""What a recipient of a calendar, or several as one, can put side by side."""

from __future__ import annotations

import re

import pytest

from gateway.outcomes.calendar import calendar_of
from policies.calendar import CalendarView, views
from policies.calendar_rules import audit
from tests.attacks.seeded import contract_text
from tests.support.histories import example_contract
from tests.unit.policies.invented_calendars import EXACT, MET, OWED, calendar, planned


@pytest.mark.parametrize("name", ["impact60", "ballerup"])
def test_the_two_bonds_pass_for_each_recipient_and_for_all_together(name):
    calendar = calendar_of(example_contract(name))
    assert audit(calendar) == ()
    assert [view.roles for view in views(calendar, {})] == [("investor",), ("operator",), ("investor", "operator")]


def test_the_smallest_group_is_that_of_the_figures_or_a_cell_of_a_table():
    investor, operator, both = ("investor",), ("operator",), ("investor", "operator")
    everybody = {investor: 120, operator: 120, both: 120}

    def smallest(name: str, *edit: str, known: dict[tuple[str, ...], int]) -> dict[tuple[str, ...], int]:
        contract = example_contract(name, **({"edit": edit} if edit else {}))
        return {view.roles: view.smallest for view in views(calendar_of(contract), known)}

    # a table by class isolates its cells, and none of fewer than k
    assert smallest("impact60", known=everybody) == {investor: 5, operator: 5, both: 5}
    assert smallest("impact60", "k = 5", "k = 7", known=everybody) == {investor: 7, operator: 7, both: 7}
    assert smallest("impact60", known={investor: 1}) == {investor: 1, operator: 5, both: 5}
    # without it only the operator has a table: why people are not counted
    [table] = re.findall(r'(?m)^breakdown = .*\nbreakdown_windows = \["2020H2"\]', contract_text("impact60", size=120))
    assert smallest("impact60", table, "", known=everybody) == {investor: 120, operator: 5, both: 5}
    # payments alone: nobody is isolated by what is shown
    assert smallest("ballerup", known={}) == {investor: 0, operator: 0, both: 0}


def test_whoever_may_be_named_is_told_beside_the_figures():
    named = {view.roles: view.named for view in views(calendar_of(example_contract("ballerup")), {})}
    windows = ("2020H1", "2020H2")
    assert named == {("investor",): (), ("operator",): windows, ("investor", "operator"): windows}


def test_a_tied_party_counts_as_one_recipient():
    contract = example_contract("impact60", edit=("k_cohort = 25", 'k_cohort = 25\ntied = ["investor+operator"]'))
    assert [view.roles for view in views(calendar_of(contract), {})] == [("investor", "operator")]


def test_an_investor_that_is_paid_or_billed_is_named_beside_the_creditor_whatever_is_planned_for_it():
    shows = [planned(OWED, "operator", window) for window in ("A", "B")]
    creditor = {"investors": ("organisation of the operator",)}
    payer = {"investors": ("the other town",), "billed": ("the other town",)}
    for more in (creditor, payer):
        [finding] = audit(calendar(*shows, **more))
        assert (finding.rule, finding.recipients) == ("calendar-tied", ("investor", "operator"))
    assert audit(calendar(*shows, investors=("somebody else",), billed=("the other town",))) == ()


def test_tied_parties_who_see_no_document_are_not_the_creditor():
    shows = [planned(MET, "investor", "A"), planned(MET, "auditor", "A")]
    shows += [planned(OWED, "operator", window) for window in ("A", "B")]
    assert audit(calendar(*shows, tied=[("investor", "auditor")])) == ()


def test_a_view_holds_what_its_readers_can_put_side_by_side():
    shows = [
        planned(EXACT, "investor", "A"),
        planned(MET, "investor", "B"),
        planned(OWED, "operator", "C"),
    ]
    known = {("operator",): 24, ("investor", "operator"): 30}
    assert views(calendar(*shows, breakdowns=("A", "B")), known) == (
        CalendarView(("investor",), ("A",), ("B",), (), ("A",), 5, ()),  # a cell of the table
        CalendarView(("operator",), (), (), ("C",), (), 24, ()),
        CalendarView(("investor", "operator"), ("A",), ("B",), ("C",), ("A",), 5, ()),
    )


def test_an_investor_that_bears_a_share_holds_the_amount_of_every_document():
    """It is a reader whatever is planned for it, and one with the operator whose organisation it is."""
    shows = [planned(MET, "auditor", "A"), planned(OWED, "operator", "A"), planned(OWED, "operator", "B")]

    def documents(**more) -> dict[tuple[str, ...], tuple[str, ...]]:
        return {view.roles: view.documents for view in views(calendar(*shows, **more), {})}

    assert documents(investors=("fund",), billed=("town", "fund")) == {
        ("auditor",): (),
        ("investor",): ("A", "B"),
        ("operator",): ("A", "B"),
        ("auditor", "investor", "operator"): ("A", "B"),
    }
    assert documents(investors=("another fund", "fund"), billed=("town",)) == {
        ("auditor",): (),
        ("operator",): ("A", "B"),
        ("auditor", "operator"): ("A", "B"),
    }
    operator = "organisation of the operator"
    assert [*documents(investors=(operator,), billed=(operator,))] == [
        ("auditor",),
        ("investor", "operator"),
        ("auditor", "investor", "operator"),
    ]


@pytest.mark.parametrize(
    ("template", "recipient", "smallest"), [(EXACT, "operator", 5), (OWED, "operator", 24), (EXACT, "investor", 24)]
)
def test_reasons_are_a_table_beside_the_operators_own_total_alone(template, recipient, smallest):
    shows = [planned(template, recipient, "A"), planned(MET, "operator", "B")]
    everybody = views(
        calendar(*shows, tied=[("investor", "operator")], reasons_windows=("A",)),
        {("investor", "operator"): 24, ("operator",): 24, ("investor",): 24},
    )
    assert {view.smallest for view in everybody} == {smallest}


def test_a_calendar_that_shows_nothing_is_about_nobody():
    assert views(calendar(breakdowns=("A",)), {}) == (CalendarView((), (), (), (), (), 0, ()),)
