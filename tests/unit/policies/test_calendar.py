"""A calendar that could isolate somebody is refused before anything is known, at the entry that plans it."""

from __future__ import annotations

import re

import pytest

from policies.calendar import AskedThreshold, PartOfAnother
from policies.calendar_rules import CalendarFinding, audit
from tests.support.histories import example_contract
from tests.unit.policies.invented_calendars import EXACT, MEASURE, MET, OWED, calendar, planned
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


def test_a_part_of_another_measure_is_the_creditors_alone():
    """In the windows in which both count, whoever sees an exact total there."""
    shows = [planned(EXACT, "investor", "A"), planned(EXACT, "operator", "B"), planned(EXACT, "investor", "B")]
    jobs, weeks = PartOfAnother("jobs", "all", ("B", "C")), PartOfAnother("weeks", "days", ("C",))
    reason = (
        "'jobs' and 'all' may count the same weeks: beside each other they tell how many people are in one of them and"
        " not in the other, also fewer than k 5"
    )
    suggestion = "leave jobs out, or plan no contract_total for investor: the creditor alone may know"
    where = ("calendar-classes", EXACT, "recipients", ("investor",), ("B",), ("jobs", "all"), 1, reason)
    for classes in ((jobs, weeks), (weeks, jobs)):  # of the second nobody sees a total
        assert audit(calendar(*shows, people=25, classes=classes)) == (CalendarFinding(*where, suggestion),)
    assert audit(calendar(*shows[:2], people=25, classes=(jobs,))) == (), "the creditor knows it from its lines"
    assert audit(calendar(*shows, people=25)) == ()


def test_to_leave_one_part_out_leaves_the_others():
    """A change is named where nothing more is to be said: of two parts neither is enough."""
    show = planned(EXACT, "investor", "A")
    parts = tuple(PartOfAnother(name, "all", ("A",)) for name in ("jobs", "weeks"))
    found = audit(calendar(show, people=25, classes=parts))
    words = "plan no contract_total for investor: the creditor alone may know"
    assert [(one.figures, one.suggestion) for one in found] == [(("jobs", "all"), words), (("weeks", "all"), words)]
    twice = (PartOfAnother("jobs", "all", ("A",)), PartOfAnother("jobs", "weeks", ("A",)))
    found = audit(calendar(show, people=25, classes=twice))
    assert {one.suggestion for one in found} == {f"leave jobs out, or {words}"}


def test_an_investor_that_bears_a_share_sees_prices_by_state_on_its_bills():
    """Whatever is planned for it; a total would be told of besides, and nobody else has a bill."""
    documents = [planned(OWED, "operator", window) for window in ("A", "B")]
    shares = {"people": 25, "priced_by_state": ("weeks",), "investors": ("fund",), "billed": ("town", "fund")}

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
