"""A calendar that could isolate somebody is refused before anything is known, at the entry that plans it."""

from __future__ import annotations

import re

import pytest

from gateway.outcomes.calendar import calendar_of
from policies.calendar import AskedThreshold, Calendar, CalendarView, PlannedShow, views
from policies.calendar_rules import CalendarFinding, audit
from tests.attacks.seeded import contract_text
from tests.support.histories import example_contract
from vocabulary.errors import DeclarationInvalid

SPECIALISTERNE = 'organisation = "specialisterne"'
BY_STATE = "price_by_state = { ordinary_job = 2, fleksjob = 1, skaanejob = 1, education = 1 }"
# contract, what is replaced by what -> the rule, the windows it names, words of the suggestion
LEAKS = [
    ("ballerup", 'template = "predicate"', 'template = "contract_total"', "calendar-cohort", "2020H2", "predicate"),
    ("ballerup", 'windows = ["2020H2"]', 'windows = ["2020H1", "2020H2"]', "calendar-predicate", "2020H1", "2020H2"),
    ("ballerup", 'recipients = ["operator"]', 'recipients = ["investor"]', "calendar-creditor", "2019H1", "leave"),
    ("ballerup", "k_cohort = 25", 'k_cohort = 25\ntied = ["operator+investor"]', "calendar-tied", "2019H1", "pay once"),
    ("ballerup", 'organisation = "den-sociale-kapitalfond"', SPECIALISTERNE, "calendar-tied", "2019H1", "once"),
    ("impact60", 'template = "contract_total"', 'template = "predicate"', "calendar-predicate", "2018H2", "total"),
    ("impact60", "price_minor = 150000", BY_STATE, "calendar-prices", "2018H2", "one price"),
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


EXACT, MET, OWED = "contract_total", "predicate", "payment_document"


def planned(template, recipient, window):
    return PlannedShow(template, recipient, f"organisation of the {recipient}", window)


def calendar(*shows, people=24, breakdowns=(), tied=(), **more):
    """A calendar with k_cohort 25: its cohort is small unless it is said to be larger."""
    pairs = frozenset(map(frozenset, tied))
    return Calendar(people, 5, 25, shows, breakdowns, pairs, **more)


MEASURE = AskedThreshold("m", 12, "threshold_people of m", is_goal=True)


def test_a_cohort_of_one_too_few_has_no_exact_total_for_anybody():
    shows = [planned(EXACT, role, window) for role, window in [("operator", "A"), ("investor", "B"), ("operator", "B")]]
    reason = "a cohort of 24 is below k_cohort 25: no exact total may be shown"
    alone = "plan no contract_total, and payment documents for the creditor alone"
    where = ("calendar-cohort", EXACT, "template", ("investor", "operator"), ("A", "B"), ("m", "payable"), 24, reason)
    assert audit(calendar(*shows, counted=("m",))) == (CalendarFinding(*where, alone),)
    answer = "plan a predicate for operator in B alone, payment documents for the creditor"
    [asked] = audit(calendar(*shows, counted=("m",), thresholds=(MEASURE,)))
    assert asked == CalendarFinding(*where, f"{answer}, or {alone}")
    [both] = audit(calendar(*shows, planned(MET, "investor", "A"), thresholds=(MEASURE,)))
    assert both.suggestion == alone, "a second answer would be one too many"
    assert audit(calendar(*shows, people=25)) == ()
    assert audit(calendar()) == ()


def test_a_payment_document_goes_to_nobody_but_the_creditor():
    shows = [planned(OWED, "operator", "A"), planned(OWED, "investor", "B"), planned(MET, "auditor", "B")]
    reason = "a payment document goes to the creditor (operator) only"
    where = ("calendar-creditor", OWED, "recipients", ("investor",), ("B",), ("payable",), 24, reason)
    assert audit(calendar(*shows)) == (CalendarFinding(*where, "leave the other recipients out of it"),)
    assert audit(calendar(planned(OWED, "operator", "A"), planned(OWED, "operator", "B"))) == ()


def test_a_predicate_is_shown_for_one_window_whoever_sees_which():
    shows = [planned(MET, "investor", "A"), planned(MET, "operator", "B"), planned(MET, "investor", "C")]
    reason = "a predicate that may flip is a count: it may be shown for one window in all"
    where = ("calendar-predicate", MET, "windows", ("investor", "operator"), ("A", "B", "C"), ("m",), 1, reason)
    expected = CalendarFinding(*where, "keep the last one, C")
    assert audit(calendar(*shows, thresholds=(MEASURE,))) == (expected,)
    assert audit(calendar(*shows[:1])) == ()


def test_a_cohort_that_is_large_enough_for_its_total_has_no_predicate():
    shows = [planned(MET, "investor", "A"), planned(EXACT, "operator", "B")]
    reason = "a predicate that may flip is a count: this cohort is large enough for its total"
    where = ("calendar-predicate", MET, "windows", ("investor",), ("A",), (), 1, reason)
    expected = CalendarFinding(*where, "plan contract_total instead")
    assert audit(calendar(*shows, people=25)) == (expected,)
    assert audit(calendar(*shows[1:], people=25)) == ()
    assert audit(calendar(*shows[:1])) == (), "24 people have no total"


@pytest.mark.parametrize(
    ("at", "people", "change"),
    [
        (1, 24, "threshold_people = 2"),
        (2, 24, ""),
        (23, 24, ""),
        (24, 24, "threshold_people = 23"),
        (99, 24, "threshold_people = 23"),
        (1, 3, "threshold_people = 2"),
        (3, 3, "threshold_people = 2"),
        (2, 3, ""),
        (1, 2, "leave it out"),  # of two people there is none
        (2, 2, "leave it out"),
    ],
)
def test_met_or_not_met_is_never_about_everybody(at: int, people: int, change: str):
    goal = AskedThreshold("m", at, "threshold_people of m", is_goal=True)
    found = audit(calendar(planned(MET, "investor", "A"), people=people, thresholds=(goal,)))
    if not change:
        assert found == ()
        return
    [finding] = found
    assert finding.suggestion == (change if change == "leave it out" else f"{change}, or leave it out")
    assert (finding.rule, finding.template, finding.key) == ("calendar-threshold", "", "threshold_people")
    assert (finding.recipients, finding.windows, finding.figures) == (("investor",), ("A",), ("m",))
    assert finding.people == people
    assert str(finding).startswith(
        f"threshold_people = {at} of {people} must lie above 1 and below the cohort's size: else met or not met tells"
        " of everybody (calendar-threshold; "
    )
    assert f"(calendar-threshold; windows A; figures m; seen by investor; about {people} people); " in str(finding)


def test_a_finding_is_one_sentence_with_everything_in_it():
    of_one = CalendarFinding(
        "calendar-prices",
        EXACT,
        "recipients",
        ("auditor", "investor"),
        ("A", "B"),
        ("m", "payable"),
        1,
        "an amount tells a count",
        "plan no total",
    )
    assert str(of_one) == (
        "an amount tells a count (calendar-prices; windows A, B; figures m, payable; seen by auditor + investor;"
        " about 1 person); plan no total"
    )
    of_two = CalendarFinding("calendar-cohort", EXACT, "template", ("investor",), ("A",), ("m",), 2, "few", "fold")
    assert str(of_two) == "few (calendar-cohort; windows A; figures m; seen by investor; about 2 people); fold"


def test_a_threshold_is_named_with_whoever_is_shown_anything():
    goal = AskedThreshold("m", 1, "threshold_people of m", is_goal=True)
    [finding] = audit(calendar(planned(OWED, "operator", "A"), thresholds=(goal,)))
    assert (finding.recipients, finding.windows) == (("operator",), ("A",))
    [total] = audit(
        calendar(planned(OWED, "operator", "A"), planned(EXACT, "investor", "B"), people=25, thresholds=(goal,))
    )
    assert (total.recipients, total.windows) == (("investor",), ("B",))


def test_one_measure_alone_has_an_answer():
    second = AskedThreshold("n", 9, "threshold_people of n", is_goal=True)
    for people, show in ((24, MET), (25, EXACT)):
        [finding] = audit(calendar(planned(show, "investor", "A"), people=people, thresholds=(MEASURE, second)))
        reason = "at most one measure may have threshold_people: the answers to two are a count between them"
        suggestion = "keep threshold_people of m alone, 12, or keep threshold_people of n alone, 9"
        where = ("calendar-threshold", "", "threshold_people", ("investor",), ("A",), ("m", "n"), 1)
        assert finding == CalendarFinding(*where, reason, suggestion)


@pytest.mark.parametrize(
    ("beside", "refused"),
    [
        (AskedThreshold("m", 11, "the gate of t"), True),
        (AskedThreshold("m", 13, "the steps of t"), True),
        (AskedThreshold("m", 12, "the gate of t"), False),  # it asks the same
        (AskedThreshold("n", 11, "the gate of t"), False),  # of another figure
    ],
)
def test_a_figure_of_few_people_is_asked_once(beside: AskedThreshold, refused: bool):
    shows = (planned(MET, "investor", "A"), planned(OWED, "operator", "B"))
    asked = (MEASURE, beside)
    if not refused:
        assert audit(calendar(*shows, thresholds=asked)) == ()
        return
    reason = (
        f"m of 24 people, below k_cohort 25, is asked at 12 by threshold_people of m, {beside.at} by {beside.by}: what"
        " one lets happen and another does not is a count between them"
    )
    where = ("calendar-threshold", "", "threshold_people", ("investor",), ("A",), ("m",), 1, reason)
    expected = CalendarFinding(*where, "ask all of them at 12, or plan no predicate")
    assert audit(calendar(*shows, thresholds=asked)) == (expected,)
    assert audit(calendar(*shows[1:], thresholds=asked)) == (), "the creditor alone is paid by them"
    many = (planned(EXACT, "investor", "A"), shows[1])
    assert audit(calendar(*many, people=25, thresholds=asked)) == (), "25 people may have thresholds of their own"


def test_a_change_that_mends_everything_is_named_before_one_that_mends_the_rule_alone():
    """Two answers of which one is asked of everybody: to keep the other one mends both."""
    everybody = AskedThreshold("n", 24, "threshold_people of n", is_goal=True)
    [first, second] = audit(calendar(planned(MET, "investor", "A"), thresholds=(MEASURE, everybody)))
    assert first.suggestion == "keep threshold_people of m alone, 12"
    assert second.suggestion == "leave it out"


def test_a_change_that_leaves_another_rule_broken_gives_way_to_one_that_breaks_none():
    """To ask at 2 leaves the predicate in two windows, or the gate's answer beside it; without it both are gone."""
    goal = AskedThreshold("m", 1, "threshold_people of m", is_goal=True)
    twice = (planned(MET, "investor", "A"), planned(MET, "investor", "B"))
    [threshold, predicate] = audit(calendar(*twice, thresholds=(goal,)))
    assert threshold.suggestion == "leave it out"
    assert predicate.suggestion == "keep the last one, B"
    gate = AskedThreshold("m", 5, "the gate of t")
    [asked_of_all, asked_twice] = audit(calendar(twice[0], thresholds=(goal, gate)))
    assert asked_of_all.suggestion == "leave it out"
    assert asked_twice.suggestion == "ask all of them at 1, or plan no predicate", "the threshold of 1 stays in both"


def test_changes_that_mend_their_own_rule_alone_are_named_where_none_mends_everything():
    """The investor's payment document stays whatever is done about the threshold."""
    goal = AskedThreshold("m", 1, "threshold_people of m", is_goal=True)
    [threshold, creditor] = audit(
        calendar(planned(MET, "investor", "A"), planned(OWED, "investor", "A"), thresholds=(goal,))
    )
    assert threshold.suggestion == "threshold_people = 2, or leave it out"
    gate = AskedThreshold("n", 5, "the gate of t")  # of another figure, which keeps its own number
    [alone] = audit(calendar(planned(MET, "investor", "A"), thresholds=(goal, gate)))
    assert alone.suggestion == "threshold_people = 2, or leave it out"
    assert creditor.suggestion == "leave the other recipients out of it"


def test_a_total_is_not_exchanged_for_an_answer_that_would_be_refused():
    """The gate asks the same figure at another number, so that met or not met would be a count between the two."""
    gate = AskedThreshold("m", 11, "the gate of t")
    [finding] = audit(calendar(planned(EXACT, "investor", "A"), thresholds=(MEASURE, gate)))
    assert finding.suggestion == "plan no contract_total, and payment documents for the creditor alone"


def test_a_figure_of_exactly_k_cohort_people_may_be_asked_twice():
    gate = AskedThreshold("m", 11, "the gate of t")
    show = planned(MET, "investor", "A")
    rules = {
        people: [one.rule for one in audit(calendar(show, people=people, thresholds=(MEASURE, gate)))]
        for people in (24, 25)
    }
    assert rules == {24: ["calendar-threshold"], 25: ["calendar-predicate"]}


def test_each_figure_that_is_asked_twice_is_refused_and_none_is_mended_by_another():
    second = AskedThreshold("n", 9, "threshold_people of n", is_goal=True)
    gates = [AskedThreshold(of, 11, f"the gate of {of}") for of in ("m", "n")]
    show = planned(MET, "investor", "A")

    def figures_asked_twice(*thresholds: AskedThreshold) -> dict[str, str]:
        found = audit(calendar(show, thresholds=thresholds))
        return {one.figures[0]: one.suggestion for one in found if "is asked at" in one.reason}

    assert [*figures_asked_twice(MEASURE, second, gates[1])] == ["n"]
    words = "plan no predicate"  # to ask one of them once leaves the other
    assert figures_asked_twice(MEASURE, second, *gates) == {"m": words, "n": words}


def test_prices_by_state_are_the_creditors_alone():
    shows = [planned(EXACT, "investor", "A"), planned(EXACT, "operator", "A"), planned(EXACT, "investor", "B")]
    priced = {"people": 25, "priced_by_state": ("weeks",)}
    reason = (
        "weeks has other prices for other states: the amount, beside the count or alone, tells how many people are in"
        " each, also fewer than k 5"
    )
    suggestion = (
        "give all states of the measure one price, or plan no contract_total for investor: the creditor alone may know"
    )
    where = ("calendar-prices", EXACT, "recipients", ("investor",), ("A", "B"), ("payable",), 1, reason)
    assert audit(calendar(*shows, **priced)) == (CalendarFinding(*where, suggestion),)
    [both] = audit(calendar(*shows, people=25, priced_by_state=("weeks", "people")))
    assert both.reason.startswith("weeks, people has other prices")
    assert audit(calendar(shows[1], **priced)) == (), "the creditor knows it from its lines"
    assert audit(calendar(*shows, tied=[("investor", "operator")], **priced)) == (), "tied to the creditor"
    assert audit(calendar(*shows, people=25)) == ()


def test_prices_by_state_are_kept_from_every_reader_and_not_from_one_of_them():
    """To take the total from one reader leaves it with the other; tied readers are one."""
    shows = [planned(EXACT, "investor", "A"), planned(EXACT, "auditor", "A")]
    found = audit(calendar(*shows, people=25, priced_by_state=("weeks",)))
    assert [(one.recipients, one.suggestion) for one in found] == [
        (("auditor",), "give all states of the measure one price"),
        (("investor",), "give all states of the measure one price"),
    ]
    [tied] = audit(calendar(*shows, people=25, priced_by_state=("weeks",), tied=[("investor", "auditor")]))
    words = "plan no contract_total for auditor + investor: the creditor alone may know"
    assert tied.suggestion == f"give all states of the measure one price, or {words}"


def test_an_investor_that_bears_a_share_sees_prices_by_state_on_its_bills():
    """Whatever is planned for it; a total would be told of besides, and nobody else has a bill."""
    documents = [planned(OWED, "operator", window) for window in ("A", "B")]
    shares = {"people": 25, "priced_by_state": ("weeks",), "investor": "fund", "billed": ("town", "fund")}

    def found(*shows, **more):
        return [one for one in audit(calendar(*shows, **(shares | more))) if one.rule == "calendar-prices"]

    [bills] = found(planned(MET, "auditor", "A"), *documents)
    assert (bills.recipients, bills.windows) == (("investor",), ("A", "B"))
    [with_total] = found(planned(MET, "investor", "C"), planned(EXACT, "investor", "B"), *documents)
    assert (with_total.recipients, with_total.windows) == (("investor",), ("B", "A"))
    assert with_total.suggestion.startswith("give all states of the measure one price")
    [alone] = audit(calendar(*documents, **shares))
    words = "plan no contract_total for investor, and let it bear no share: the creditor alone may know"
    assert alone.suggestion == f"give all states of the measure one price, or {words}"
    assert found(planned(MET, "investor", "A"), *documents, billed=("town",)) == []


def test_prices_by_state_are_looked_for_in_every_readers_totals_alone():
    shows = [planned(MET, "auditor", "A"), planned(MET, "investor", "B"), planned(EXACT, "investor", "A")]
    found = [one for one in audit(calendar(*shows, people=25, priced_by_state=("weeks",))) if one.key == "recipients"]
    assert [(one.recipients, one.windows) for one in found] == [(("investor",), ("A",))]


@pytest.mark.parametrize("windows", [("A", "B"), ("A", "B", "C")])
def test_a_breakdown_is_shown_for_one_window(windows):
    shows = [planned(EXACT, "investor", windows[0]), planned(OWED, "operator", windows[0])]
    reason = "the tables of two windows could be subtracted"
    where = ("calendar-breakdown", EXACT, "windows", ("investor",), windows, ("m",), 1, reason)
    expected = CalendarFinding(*where, f"keep the last one, {windows[-1]}")
    assert audit(calendar(*shows, people=25, breakdowns=windows, counted=("m",))) == (expected,)
    assert audit(calendar(*shows, people=25, breakdowns=windows[:1])) == ()


@pytest.mark.parametrize("windows", [("A", "B"), ("A", "B", "C")])
def test_a_small_cohorts_tied_investor_sees_an_amount_once(windows):
    shows = [planned(MET, "investor", "A"), *(planned(OWED, "operator", window) for window in windows)]
    reason = "these parties are tied: the investor would see the exact amount of a small cohort more than once"
    where = ("calendar-tied", OWED, "recipients", ("investor", "operator"), windows, ("payable",), 1, reason)
    expected = CalendarFinding(*where, f"pay once, for {windows[-1]}")
    tied = [("investor", "operator")]
    assert audit(calendar(*shows, tied=tied)) == (expected,)
    assert audit(calendar(*shows[:2], tied=tied)) == (), "one document is one amount"
    large = [planned(EXACT, "investor", "A"), *shows[1:]]
    assert audit(calendar(*large, people=25, tied=tied)) == (), "a cohort that is large enough for its total"


def test_an_investor_that_is_paid_or_billed_is_named_beside_the_creditor_whatever_is_planned_for_it():
    shows = [planned(OWED, "operator", window) for window in ("A", "B")]
    creditor = {"investor": "organisation of the operator"}
    payer = {"investor": "the other town", "billed": ("the other town",)}
    for more in (creditor, payer):
        [finding] = audit(calendar(*shows, **more))
        assert (finding.rule, finding.recipients) == ("calendar-tied", ("investor", "operator"))
    assert audit(calendar(*shows, investor="somebody else", billed=("the other town",))) == ()


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

    assert documents(investor="fund", billed=("town", "fund")) == {
        ("auditor",): (),
        ("investor",): ("A", "B"),
        ("operator",): ("A", "B"),
        ("auditor", "investor", "operator"): ("A", "B"),
    }
    assert documents(investor="fund", billed=("town",)) == {
        ("auditor",): (),
        ("operator",): ("A", "B"),
        ("auditor", "operator"): ("A", "B"),
    }
    operator = "organisation of the operator"
    assert [*documents(investor=operator, billed=(operator,))] == [
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
