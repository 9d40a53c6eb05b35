"""What may not stand in one view, on people whose possible changes are invented: no evaluator is run.

The figures `first`, `second` and `third` count one measure up to the end of the windows w1, w2 and w3. Of 30 people at
least 25, k_cohort, must be able to change what is left when figures are taken from each other, or nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.attestations.exact_figures import ExactFigure, FigureOfView, FigurePart
from gateway.attestations.movers import DayOfMovers
from gateway.attestations.view_rules import HeldView, Starts, judge
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.possible_courses import FirstDay
from gateway.outcomes.terms import PlannedRelease
from policies.calendar_rules import CalendarFinding
from policies.isolation import MoverClass, Row, span_of
from tests.attacks.outsider import texts
from vocabulary.releases import Recipient, Template

TOTAL, PAID, ANSWER = Template.CONTRACT_TOTAL, Template.PAYMENT_DOCUMENT, Template.PREDICATE
INVESTOR, OPERATOR = Recipient.INVESTOR, Recipient.OPERATOR
GOAL = 12
TERMS = 'needed = 4\nwithin = 4\nperiod = "week"\ndays_from_enrolment = 56'
BEGIN = date(2019, 12, 30)  # a Monday
PLACES = {FigurePart("p", place): place for place in range(3)}


def contract_of(*, goal: int = GOAL) -> Contract:
    text = texts.contract(
        texts.measure("retention", ["fleksjob"], TERMS, name="p", goal=goal),
        texts.price("p"),
        texts.windows("2020-W01", [10, 10, 10]),
        start=BEGIN,
        end=BEGIN + timedelta(days=27),
    )
    return load_contract(text.encode(), file="invented.toml")


CONTRACT = contract_of()


class InventedMovers:
    """Of what the rules ask: who begins when, and a figure as its parts."""

    def __init__(self, days: Sequence[DayOfMovers], contract: Contract) -> None:
        self.days, self.contract = days, contract

    def counted_from(self, place: int, one: DayOfMovers) -> DayOfMovers:
        """As somebody who begins so much later: the days stand in the order of what they can change."""
        return self.days[self.days.index(one) + place]

    def row(self, figure: ExactFigure) -> Row:
        return {PLACES[part]: many for part, many in figure.parts}


def figure(place: int, name: str = "", *, is_shown: bool = True, many: int = 1) -> ExactFigure:
    part = FigurePart("p", place)
    return ExactFigure(name or ("first", "second", "third")[place], f"w{place + 1}", ((part, many),), is_shown)


def held(of: ExactFigure, template: Template = TOTAL, window: str = "", to: Recipient | None = None) -> FigureOfView:
    to = to or (OPERATOR if template is PAID else INVESTOR)
    return FigureOfView(of, PlannedRelease(template, to, window or of.window, 1))


FIRST, SECOND, THIRD = (held(figure(place)) for place in range(3))


def beginning(
    after: int,
    *changes: Row,
    courses: Sequence[tuple[int, int, int]] = ((0, 0, 0), (1, 1, 1)),
    back: Sequence[Row] = (),
) -> DayOfMovers:
    """Those who begin so many days after the first one: what they can change, and what they can come to in all."""
    day = FirstDay(BEGIN + timedelta(days=after), (BEGIN + timedelta(days=after),))
    return DayOfMovers(day, span_of(changes), {figure(0).series: frozenset(courses)}, tuple(back))


def starting(people: Mapping[int, int] | None, *days: DayOfMovers, contract: Contract = CONTRACT) -> Starts:
    """So many people by how many days after the first one they begin."""
    by_day = None if people is None else {BEGIN + timedelta(days=after): many for after, many in people.items()}
    return Starts(InventedMovers(days, contract), by_day)


def name(after: int) -> str:
    return (BEGIN + timedelta(days=after)).isoformat()


ALL, LATER, LAST = {0: 1, 1: 1, 2: 1}, {1: 1, 2: 1}, {2: 1}  # whoever counts does so in every window, or in later ones


def judged(
    starts: Starts, *figures: FigureOfView, roles: tuple[str, ...] = (INVESTOR,), answers: Sequence[FigureOfView] = ()
) -> CalendarFinding | None:
    return judge(starts, HeldView(roles, figures, tuple(answers)))


# who can change what is left


def part(people: int, who: str, windows: Sequence[str], names: Sequence[str]) -> CalendarFinding:
    said = "one person" if people == 1 else f"{people} people"
    reason = (
        f"who begins on {who} can still change what is left when these figures are taken from each other, and"
        f" others cannot: it may be about {said}, and k_cohort is 25"
    )
    return CalendarFinding("calendar-part", TOTAL, "windows", (INVESTOR,), tuple(windows), tuple(names), people, reason)


@pytest.mark.parametrize("late", [1, 2, 24])
def test_two_totals_less_each_other_are_about_whoever_begins_between_them(late: int):
    """The fewest figures that still do it are named: the third adds nothing."""
    starts = starting({0: 30, 7: late}, beginning(0, ALL), beginning(7, LATER))
    assert judged(starts, FIRST, SECOND, THIRD) == part(late, name(7), ("w1", "w2"), ("first", "second"))
    assert judged(starts, FIRST) is None
    assert judged(starts, SECOND, THIRD) is None


def test_as_many_as_k_cohort_are_nobody_in_particular():
    days = beginning(0, ALL), beginning(7, LATER)
    assert judged(starting({0: 25, 7: 25}, *days), FIRST, SECOND) is None
    assert judged(starting({0: 25, 7: 24}, *days), FIRST, SECOND) == part(
        24, name(7), ("w1", "w2"), ("first", "second")
    )


def test_where_no_day_is_known_each_may_be_one_person():
    """All but one may begin too late for the first window."""
    days = beginning(0, ALL), beginning(7, LATER)
    assert judged(starting(None, *days), FIRST, SECOND) == part(1, name(0), ("w1",), ("first",))
    assert judged(starting(None, *days), SECOND, THIRD) is None
    assert judged(starting(None, days[0]), FIRST, SECOND) is None
    few = replace(CONTRACT, cohort=replace(CONTRACT.cohort, size=24))
    assert judged(starting(None, days[0], contract=few), FIRST) == part(24, name(0), ("w1",), ("first",))


def test_nobody_begins_on_a_day_without_people():
    starts = starting({0: 30}, beginning(0, ALL), beginning(7, LATER))
    assert judged(starts, FIRST, SECOND) is None


def test_the_figures_that_are_left_out_are_the_last_ones_of_which_as_much_is_told():
    """Of w2 and w3 either would do beside w1: the earlier one is named."""
    starts = starting({0: 30, 7: 2, 14: 3}, beginning(0, ALL), beginning(7, LATER), beginning(14, LAST))
    assert judged(starts, FIRST, SECOND, THIRD) == part(2, name(7), ("w1", "w2"), ("first", "second"))
    assert judged(starts, SECOND, THIRD) == part(3, name(14), ("w2", "w3"), ("second", "third"))
    assert judged(starts, FIRST, THIRD) == part(5, f"{name(7)} to {name(14)}", ("w1", "w3"), ("first", "third"))


def test_what_is_paid_is_exact_and_held_against_nobody_but_what_stands_beside_it_is():
    starts = starting({0: 30, 7: 1}, beginning(0, ALL), beginning(7, LATER))
    paid = [held(one.figure, PAID) for one in (FIRST, SECOND)]
    assert judged(starts, *paid) is None
    assert judged(starts, paid[0], SECOND) == part(1, name(7), ("w2",), ("second",))
    assert judged(starts, *paid, SECOND) is None, "the total says what the documents say"
    assert judged(starts, FIRST, paid[0], SECOND) == part(1, name(7), ("w2",), ("second",))


def test_what_an_investor_is_billed_is_held_against_it_unless_the_documents_stand_beside_it():
    starts = starting({0: 30, 7: 1}, beginning(0, ALL), beginning(7, LATER))
    bills = [held(figure(place, f"bill: {place}"), PAID, to=INVESTOR) for place in range(2)]
    assert judged(starts, *bills) == part(1, name(7), ("w1", "w2"), ("bill: 0", "bill: 1"))
    assert judged(starts, bills[0], SECOND) == part(1, name(7), ("w1", "w2"), ("bill: 0", "second"))
    paid = [held(one.figure, PAID) for one in (FIRST, SECOND)]
    assert judged(starts, *bills, *paid) is None
    back = starting({0: 30}, beginning(0, {0: 1}, back=[{1: 1}]))
    assert judged(back, *bills) == given_back(0, ("w2",), ("bill: 1",))
    assert judged(back, *bills, paid[1]) is None


def test_figures_that_say_the_same_are_named_once_and_by_the_windows_of_their_releases():
    """An amount is taken apart by the end of an earlier window too: it is shown with the later one."""
    starts = starting({0: 30, 7: 1}, beginning(0, ALL), beginning(7, LATER))
    again = held(figure(0, "quantity"))
    assert judged(starts, FIRST, again, SECOND) == part(1, name(7), ("w1", "w2"), ("first", "second"))
    early = held(figure(0, "quantity"), window="w3")
    twice = held(figure(1, "quantity"), window="w3")
    assert judged(starts, early, twice) == part(1, name(7), ("w1", "w2", "w3"), ("quantity",))


def test_a_figure_that_counts_twice_tells_the_same_as_one_that_counts_once():
    starts = starting({0: 30, 7: 1}, beginning(0, ALL), beginning(7, LATER))
    double = held(figure(0, "double", many=2))
    assert judged(starts, double, SECOND) == part(1, name(7), ("w1", "w2"), ("double", "second"))


# time that is given back


def given_back(day: int, windows: Sequence[str], names: Sequence[str]) -> CalendarFinding:
    reason = f"of those who begin on {name(day)}, only who left for a time and got it back can change them"
    return CalendarFinding(
        "calendar-given-back", TOTAL, "windows", (INVESTOR,), tuple(windows), tuple(names), 1, reason
    )


def test_time_given_back_may_not_count_where_nobody_else_does():
    starts = starting({0: 30}, beginning(0, {0: 1}, back=[{1: 1}]))
    assert judged(starts, FIRST, SECOND) == given_back(0, ("w2",), ("second",))
    assert judged(starts, FIRST) is None
    others = starting({0: 30}, beginning(0, {0: 1}, {1: 1}, back=[{1: 1}]))
    assert judged(others, FIRST, SECOND) is None


def test_of_time_given_back_only_what_others_cannot_change_is_named():
    """It brings something in the first window too, where everybody can be."""
    starts = starting({0: 30}, beginning(0, {0: 1}, back=[{0: 1, 1: 1}]))
    assert judged(starts, FIRST, SECOND) == given_back(0, ("w2",), ("second",))


def test_every_day_and_all_that_is_given_back_on_it_is_looked_at():
    none, some = beginning(0, {0: 1}), beginning(7, {0: 1}, back=[{0: 1}, {2: 1}, {1: 1}])
    assert judged(starting({0: 30, 7: 1}, none, some), FIRST, SECOND) == given_back(7, ("w2",), ("second",))
    assert judged(starting({0: 30}, none, some), FIRST, SECOND) is None


def test_time_given_back_is_paid_for_exactly_and_what_stands_beside_it_is_named():
    starts = starting({0: 30}, beginning(0, {0: 1}, back=[{1: 1}]))
    paid = held(SECOND.figure, PAID)
    assert judged(starts, FIRST, paid, SECOND) is None
    crossed = starting({0: 30}, beginning(0, {0: 1, 1: 1}, back=[{1: 1, 2: 1}]))
    assert judged(crossed, FIRST, paid, THIRD) == given_back(0, ("w3",), ("third",))


# how much of a total one person may be


def share(windows: Sequence[str], of: str, most: int, together: int, people: int = 30) -> CalendarFinding:
    reason = (
        f"one person can be {most} of {together} that {people} people may reach together: more than one part in 10 of"
        " what is left without the 4 largest others"
    )
    return CalendarFinding("calendar-share", TOTAL, "windows", (INVESTOR,), tuple(windows), (of,), 1, reason)


def with_one_large(first: int, second: int) -> Starts:
    """29 people of one unit by either window, and one person of so many."""
    large = beginning(7, {0: 1}, {1: 1}, courses=((0, 0, 0), (first, second, second)))
    return starting({0: 29, 7: 1}, beginning(0, {0: 1}, {1: 1}), large)


def test_nobody_is_more_than_a_tenth_of_what_is_left_without_the_largest_others():
    assert judged(with_one_large(3, 1), FIRST) == share(("w1",), "first", 3, 32)  # 30 are more than 3 + 25
    assert judged(with_one_large(2, 1), FIRST) is None  # 20 are less than 2 + 25
    assert judged(with_one_large(3, 1), held(figure(0, is_shown=False))) is None, "no reader is shown it by itself"


def test_the_creditor_knows_each_amount_by_its_price():
    assert judged(with_one_large(3, 1), FIRST, roles=(OPERATOR,)) is None
    assert judged(with_one_large(3, 1), FIRST, roles=(INVESTOR, OPERATOR)) is None


def test_each_figure_is_judged_by_the_end_of_its_own_window():
    assert judged(with_one_large(1, 3), FIRST) is None
    assert judged(with_one_large(1, 3), FIRST, SECOND) == share(("w2",), "second", 3, 32)


def test_what_two_windows_of_one_name_differ_in_is_judged_too():
    """By the end of each window all can be one; between the two only the late one adds anything."""
    early = beginning(0, {0: 1}, {1: 1}, courses=((0, 0, 0), (1, 1, 1)))
    late = beginning(7, {0: 1}, {1: 1}, courses=((0, 0, 0), (0, 1, 1), (1, 1, 1)))
    starts = starting({0: 29, 7: 1}, early, late)
    total = held(figure(0, "people")), held(figure(1, "people"))
    assert judged(starts, *total) == share(("w1", "w2"), "people", 1, 1)
    assert judged(starts, FIRST, SECOND) is None, "figures of two names"


def test_of_unknown_days_one_is_as_much_and_the_others_as_little_as_may_be():
    """Somebody begins in each week; the others in the one in which least is possible."""

    def up_to(most: int) -> list[tuple[int, int, int]]:
        return [(0, 0, 0), (most, most, most)]

    days = [
        beginning(0, {0: 1}, courses=up_to(4)),
        beginning(1, {0: 1}, courses=up_to(6)),
        beginning(7, {0: 1}, courses=up_to(9)),
        beginning(8, {0: 1}, courses=up_to(3)),
        beginning(14, {0: 1}, courses=up_to(2)),
    ]
    assert starting(None, *days).capacities(FIRST.figure) == [2, 4, 9, *[2] * 27]
    assert starting({0: 2, 8: 1, 14: 1}, *days).capacities(FIRST.figure) == [4, 4, 3, 2]
    assert judged(starting(None, *days), FIRST) == share(("w1",), "first", 9, 69)


def test_the_first_rule_that_is_broken_is_the_one_that_is_told():
    late = beginning(7, LATER, courses=((0, 0, 0), (0, 9, 9)), back=[LAST])
    starts = starting({0: 29, 7: 1}, beginning(0, ALL), late)
    rules = []
    for figures in ([FIRST, SECOND, THIRD], [SECOND, THIRD], [SECOND]):
        found = judged(starts, *figures)
        rules.append(found and found.rule)
    assert rules == ["calendar-part", "calendar-given-back", "calendar-share"]


# met or not met


def answer(place: int) -> FigureOfView:
    return held(figure(place, "threshold"), ANSWER)


def threshold(window: str, who: str) -> CalendarFinding:
    reason = f"met, of threshold_people = 12, could be about each single person: {who}"
    return CalendarFinding("calendar-threshold", ANSWER, "windows", (INVESTOR,), (window,), ("p",), 12, reason)


SOON, LATE = (
    ((0, 0, 0), (1, 1, 1)),
    ((0, 0, 0), (0, 1, 1)),
)  # in it by the first window, or by the second at the earliest


@pytest.mark.parametrize(("able", "is_refused"), [(11, False), (12, True), (13, False)])
def test_met_is_about_each_of_as_many_as_the_threshold(able: int, is_refused: bool):
    starts = starting({0: able, 7: 9}, beginning(0, ALL, courses=SOON), beginning(7, LATER, courses=LATE))
    expected = threshold("w1", "12 people can be in it by then") if is_refused else None
    assert judged(starts, answers=[answer(0)]) == expected


def test_every_answer_is_judged_by_its_own_window():
    starts = starting({0: 8, 7: 4}, beginning(0, ALL, courses=SOON), beginning(7, LATER, courses=LATE))
    asked = [answer(0), answer(1)]
    assert judged(starts, answers=asked) == threshold("w2", "12 people can be in it by then")


@pytest.mark.parametrize(("able", "asked"), [(7, 7), (12, None)])
def test_met_is_asked_by_the_threshold_of_the_version_of_its_window(able: int, asked: int | None):
    """Seven in the first window, by the version before, and twelve from the second on."""
    later = CONTRACT.windows[1].from_week.monday
    chain = replace(CONTRACT, version=2, effective_from=later, earlier=(contract_of(goal=7),))
    starts = starting(
        {0: able, 7: 9}, beginning(0, ALL, courses=SOON), beginning(7, LATER, courses=LATE), contract=chain
    )
    found = judged(starts, answers=[answer(0)])
    assert (None if found is None else found.people) == asked


def test_where_nobody_knows_how_many_begin_too_late_they_may_be_all_but_the_threshold():
    days = beginning(0, ALL, courses=SOON), beginning(7, LATER, courses=LATE)
    who = f"who begins on {name(7)} cannot be in it by then, and the others may be as many as the threshold"
    assert judged(starting(None, *days), answers=[answer(0)]) == threshold("w1", who)
    assert judged(starting(None, *days), answers=[answer(1)]) is None, "all 30 can be in it by then"
    twelve = replace(CONTRACT, cohort=replace(CONTRACT.cohort, size=GOAL))
    said = threshold("w2", "12 people can be in it by then")
    assert judged(starting(None, *days, contract=twelve), answers=[answer(1)]) == said


def test_without_a_threshold_there_is_no_answer():
    starts = starting({0: 12}, beginning(0, ALL), contract=contract_of(goal=0))
    assert judged(starts, answers=[answer(0)]) is None


# people by what they can change


def test_people_are_told_apart_by_what_they_can_change_of_these_figures_alone():
    """Those of one space are one class, called by its first and last day; days without people are in none."""
    days = beginning(0, ALL), beginning(7, ALL), beginning(8, LATER), beginning(9, LAST)
    starts = starting({0: 3, 7: 4, 8: 5}, *days)
    rows: list[Row] = [{0: 2, 1: 1}, {1: 1, 2: -1}]  # of what all change the second has nothing left
    assert starts.classes(rows) == [
        MoverClass(f"{name(0)} to {name(7)}", 7, ({0: 3},)),
        MoverClass(name(8), 5, ({0: 1},)),
    ]
    unknown = starting(None, *days).classes(rows[:1])
    assert [(one.name, one.people) for one in unknown] == [
        (f"{name(0)} to {name(7)}", None),
        (name(8), None),
        (name(9), None),
    ]
    assert unknown[-1].rows == ({},)


def test_days_of_which_everything_is_the_same_are_counted_together():
    day = FirstDay(BEGIN, (BEGIN, BEGIN + timedelta(days=1), BEGIN + timedelta(days=2)))
    same = replace(beginning(0, ALL), day=day)
    starts = starting({0: 3, 2: 4}, same)
    assert [(one.name, one.people) for one in starts.classes([{0: 1}])] == [(f"{name(0)} to {name(2)}", 7)]
    assert starts.capacities(FIRST.figure) == [1] * 7
    assert starts.able_people(FIRST.figure) == 7


# who counts from a later window on, and who is known no more


def late_starts(people: int, *, erased: Mapping[int, int] | None = None) -> Starts:
    """Thirty who count in all three windows, and some who count from the second on."""
    days = (
        beginning(0, ALL),
        beginning(7, LATER, courses=((0, 0, 0), (0, 1, 1))),
        beginning(14, LAST, courses=((0, 0, 0), (0, 0, 1))),
    )
    late = {1: {BEGIN: people}} if people else {}
    return Starts(InventedMovers(days, CONTRACT), {BEGIN: 30}, late, erased or {})


@pytest.mark.parametrize("people", [1, 24])
def test_a_few_who_count_later_are_told_of_by_what_two_windows_differ_in(people: int):
    starts = late_starts(people)
    assert judged(starts, FIRST, SECOND) == part(people, name(7), ("w1", "w2"), ("first", "second"))
    assert judged(starts, SECOND, THIRD) is None
    assert judged(late_starts(25), FIRST, SECOND) is None
    assert starts.unknown_people == 0
    assert [(one.day.day, many) for one, many in starts.entrants] == [(BEGIN, 30), (BEGIN + timedelta(days=7), people)]


def test_who_was_erased_may_have_begun_on_any_day():
    """Of those who count in every window: then what the first two differ in may be about that one. Of those who count
    from the last on nothing but the last is."""
    assert judged(late_starts(0, erased={0: 1}), FIRST, SECOND) is not None
    assert judged(late_starts(0, erased={0: 0}), FIRST, SECOND) is None
    assert judged(late_starts(0), FIRST, SECOND) is None
    starts = late_starts(3, erased={0: 2})
    assert starts.unknown_people == 2
    assert [many for _, many in starts.entrants] == [30, 3, None, None, None]


def test_of_the_erased_one_is_as_much_of_a_figure_and_the_others_as_little_as_may_be():
    one = FIRST.figure
    assert sorted(late_starts(2).capacities(one)) == [0, 0, *[1] * 30]
    assert sorted(late_starts(0, erased={0: 2}).capacities(one)) == [0, *[1] * 31]


def test_how_many_can_be_in_a_figure_counts_the_erased_where_all_of_them_can():
    assert late_starts(5).able_people(FIRST.figure) == 30
    assert late_starts(5).able_people(SECOND.figure) == 35
    assert late_starts(0, erased={0: 2}).able_people(FIRST.figure) is None
    assert late_starts(0, erased={0: 2}).able_people(THIRD.figure) == 32
