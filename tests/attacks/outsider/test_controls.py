"""Each rule switched off: the same attacker then finds somebody, whose world and figures are printed. So it could have.

And the rules of old, by which pairs of figures were compared and everybody counted for good: five findings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.attacks.outsider import scenarios, scenarios_of_exits, scenarios_of_tables, scenarios_of_twins, tables
from tests.attacks.outsider.attacking import (
    Learned,
    World,
    figure_lines,
    fixed_by,
    gain_of,
    groups_of,
    isolating,
    learn,
    name_of,
    people_named,
    shown_by,
    with_statements,
)
from tests.attacks.outsider.bayes import CERTAIN
from tests.attacks.outsider.documents import Release
from tests.attacks.outsider.product import verdict
from tests.attacks.outsider.rules import Rules, may_show
from tests.attacks.outsider.solver import Fixed, bounds
from tests.attacks.outsider.views import Figure, Reading, answers_of, figures_of, held_releases

OLD = Rules(by_rank=False, below="k_cohort", expands=False, person_cap=False, share=0, who_can_change=False)


def totals(world: World) -> list[Release]:
    return [one for one in world.terms.releases if (one.template, one.recipient) == ("contract_total", "investor")]


def answers(world: World) -> list[Release]:
    return [one for one in world.terms.releases if one.template == "predicate"]


def counts(world: World) -> dict:
    return {entry: len(led) for entry, led in world.people.items()}


def isolated_by(world: World, figures: list[Figure]) -> list[Fixed]:
    return fixed_by(world, figures, isolating(world, [one for one in figures if not one.threshold]))


def report(name: str, world: World, figures: list[Figure], fixed: list[Fixed]) -> str:
    people = {name_of(entry): len(led) for entry, led in world.people.items()}
    who = {one.group: one.people for one in fixed}
    return f"outsider, {name}: people {people}; {'; '.join(figure_lines(world, figures))}; fixed: {who}"


def learned_of_one(world: World, released: list[Release]) -> Learned:
    """What these releases tell, where it is proved to be about one person alone."""
    learned = learn(world, released)
    assert {one.people for one in learned.by_structure} == {1}
    assert all(one.is_proved for one in learned.by_structure)
    return learned


SWITCHES = {
    "pairs instead of rank": (scenarios.early_one, {"by_rank": False}),
    "k instead of k_cohort": (lambda: scenarios.late_one(late=15), {"below": "k"}),
    "amounts not expanded": (scenarios.priced_by_year, {"expands": False}),
    "the cap of a person no figure": (scenarios.capped_one, {"person_cap": False}),
    "cells of a table no figures": (scenarios.split_one, {"cells": False}),
    "time given back shown at once": (scenarios_of_exits.given_back, {"sees_time_given_back": False}),
}


@pytest.mark.parametrize("name", SWITCHES)
def test_a_rule_that_is_switched_off_lets_somebody_be_fixed(name: str, tell: Callable[[str], None]):
    make, off = SWITCHES[name]
    world = make()
    shown = totals(world)
    assert not may_show(world.terms, counts(world), shown, Rules())
    assert may_show(world.terms, counts(world), shown, replace(Rules(), **off))
    assert not verdict(world.terms.text).passes  # nor would the product, which knows nobody's day
    learned = learn(world, shown)
    assert learned.by_structure
    assert all(one.is_proved for one in learned.by_structure)
    tell(report(name, world, figures_of(world.terms, shown, Reading()), learned.by_structure))


def test_without_the_rule_of_shares_values_are_excluded_for_one_person(tell: Callable[[str], None]):
    world = scenarios.heavy_one()
    shown = totals(world)
    assert not may_show(world.terms, counts(world), shown, Rules())
    assert may_show(world.terms, counts(world), shown, replace(Rules(), share=0))
    figures = figures_of(world.terms, shown, Reading())
    least, most = bounds(groups_of(world, figures), 0, 0)
    assert (least, most) == (7, 13)
    assert "qualifying_weeks w1: 31" in figure_lines(world, figures)
    tell(f"outsider, share off: {'; '.join(figure_lines(world, figures))}; one has at least {least} of {most} weeks")


TWINS = {
    "two of three and two on end": scenarios_of_twins.with_a_gap,
    "two of three and two of four": scenarios_of_twins.with_two_weeks_between,
    "days and weeks on end": scenarios_of_twins.by_days,
    "seven days and seven of 28": scenarios_of_twins.in_the_first_week_and_the_fifth,
    "either state and each of them": scenarios_of_twins.in_two_states,
    "seven days and a week": scenarios_of_twins.by_the_day,
    "weeks and days of paid months": scenarios_of_twins.paid_by_the_month,
    "one measure, by its first and its last days": scenarios_of_twins.six_days_and_one,
}


@pytest.mark.parametrize("name", TWINS)
def test_measures_that_are_one_for_all_but_one_person_are_told_apart(name: str, tell: Callable[[str], None]):
    """A gap, a second state, or a first week of six days, for which one person alone has the time."""
    world = TWINS[name]()
    shown = totals(world)
    learned = learned_of_one(world, shown)
    tell(report(f"twins, {name}", world, figures_of(world.terms, shown, Reading()), learned.by_structure))
    assert not may_show(world.terms, counts(world), shown, Rules())
    assert not verdict(world.terms.text).passes


def test_one_payment_does_not_stand_for_two_things_of_time_given_back(tell: Callable[[str], None]):
    """What the creditor is paid for tells it of the one who was away; the total beside it told more."""
    world = scenarios_of_exits.given_back_of_two_measures()
    held = held_releases(world.terms, frozenset({"operator"}))
    learned = learned_of_one(world, held)
    assert not learn(world, [one for one in held if one.template == "payment_document"]).by_structure
    assert verdict(world.terms.text).rule == "calendar-given-back"
    tell(report("time given back, paid in part", world, shown_by(world.terms, held), learned.by_structure))


AWAY = {
    "away in the last week": scenarios_of_exits.away_in_the_last_week,
    "away for most of a month": scenarios_of_exits.away_for_most_of_a_month,
}


@pytest.mark.parametrize("name", AWAY)
def test_who_is_away_when_a_window_ends_keeps_what_others_could_not(name: str, tell: Callable[[str], None]):
    world = AWAY[name]()
    shown = totals(world)
    learned = learned_of_one(world, shown)
    assert verdict(world.terms.text).rule == "calendar-given-back"
    tell(report(name, world, shown_by(world.terms, shown), learned.by_structure))


def test_only_who_is_away_when_a_window_ends_is_counted_as_having_left(tell: Callable[[str], None]):
    """The table of why people are in no outcome then says of those who were away whether they are in it."""
    world = scenarios_of_exits.left_and_in_no_outcome()
    held = held_releases(world.terms, frozenset({"operator"}))
    learned = learned_of_one(world, held)
    assert not fixed_by(world, [one for one in shown_by(world.terms, held) if not one.table])
    assert verdict(world.terms.text).rule == "calendar-given-back"
    tell(report("away, by reason", world, shown_by(world.terms, held), learned.by_structure))


ANSWERS = {
    "a threshold of 1, not met": lambda: scenarios.answered(1, early=5, reached=0, begin=2),
    "a threshold of all, met": lambda: scenarios.answered(10, early=5, reached=5, late_reached=5, begin=2),
    "two dates, not met and met": lambda: scenarios.answered(
        4, early=9, reached=3, late_reached=1, lengths=(13, 8), begin=12
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_met_or_not_met_in_the_wrong_place_fixes_somebody(name: str, tell: Callable[[str], None]):
    """A threshold that none or all alone decide, and an answer that flips where one person alone can flip it."""
    world = ANSWERS[name]()
    assert not verdict(world.terms.text).passes
    learned = learn(world, answers(world))
    fixed = [*learned.by_structure, *learned.by_none_or_all]
    assert fixed
    assert all(one.is_proved for one in fixed)
    assert gain_of(world, answers(world)) > (CERTAIN if len(answers(world)) == 1 else 1.0)
    tell(report(name, world, answers_of(world.terms, answers(world)), fixed))


def test_an_answer_in_the_middle_changes_the_odds_a_little(tell: Callable[[str], None]):
    """Met, of five of ten who can all reach it, and four weeks on end out of thirteen are likely enough."""
    world = scenarios.answered(5, early=5, reached=5, begin=2)
    gain = gain_of(world, answers(world))
    assert 1.0 < gain < 10.0
    tell(f"outsider, five of ten, met: odds change by {gain:.3g} at most")


@pytest.mark.parametrize(("threshold", "early"), [(9, 9), (2, 2)])
def test_a_threshold_of_all_who_can_reach_it_is_one_of_all(threshold: int, early: int, tell: Callable[[str], None]):
    """Whoever comes too late for the window is nobody of whom it could be unknown."""
    world = scenarios.answered(threshold, early=early, reached=early)
    learned = learn(world, answers(world))
    assert {one.people for one in learned.by_none_or_all} == {early}
    assert all(one.is_proved for one in learned.by_none_or_all)
    tell(report(f"{threshold} of ten, met", world, answers_of(world.terms, answers(world)), learned.by_none_or_all))
    assert not verdict(world.terms.text).passes


TABLES = {
    "by class": (lambda: scenarios_of_tables.one_class_alone(0), "investor", tables.BY_CLASS),
    "by class, to who is in it herself": (lambda: scenarios_of_tables.one_class_alone(1), "investor", tables.BY_CLASS),
    "by reason": (scenarios_of_tables.one_reason_alone, "operator", tables.BY_REASON),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_cell_that_is_withheld_alone_is_reckoned_from_the_sum(name: str, tell: Callable[[str], None]):
    """With the complement rule each withheld cell could be another; without it the sum beside the table says it."""
    make, reader, table = TABLES[name]
    world = make()
    assert verdict(world.terms.text).passes
    figures = shown_by(world.terms, held_releases(world.terms, frozenset({reader})))
    assert not fixed_by(world, figures)
    fixed = fixed_by(world, figures, rules={**tables.RULES, table: tables.seen_without_complement})
    assert fixed
    assert all(one.is_proved for one in fixed)
    tell(report(f"no complement, {name}", world, figures, fixed))


def test_who_is_told_of_all_but_one_knows_of_that_one(tell: Callable[[str], None]):
    """Names take people away from the k_cohort that a figure is about, as all that a reader knows anyway does: of the
    one who is left, the totals tell. Without the names they tell of nobody."""
    world = scenarios_of_tables.named_but_one()
    assert verdict(world.terms.text).passes
    held = held_releases(world.terms, frozenset({"operator"}))
    documents = [one for one in held if one.template == "contract_total"]
    assert not fixed_by(world, shown_by(world.terms, documents))
    told = with_statements(world)
    fixed = fixed_by(told, shown_by(world.terms, documents))
    assert people_named(told) == 29
    assert [one.people for one in fixed if "never named" in one.group]
    tell(report("told of 29 of 30 by name", told, shown_by(world.terms, documents), fixed))


def test_blocks_hold_back_what_one_person_alone_can_change(tell: Callable[[str], None]):
    """With blocks the two windows are told as one; without, or with the money still on time, the late one is found."""
    folded, world = scenarios.late_one(reached=1, one_block=True), scenarios.late_one(reached=1)
    assert not may_show(world.terms, counts(world), totals(world), Rules())
    assert may_show(folded.terms, counts(folded), totals(folded), Rules())
    assert not isolated_by(folded, figures_of(folded.terms, totals(folded), Reading()))
    by_window = figures_of(world.terms, totals(world), Reading())
    paid = [one for one in by_window if one.name == "payable"]
    total = [one for one in by_window if one.name != "payable" and one.at == 1]
    for name, figures in (("blocks off", by_window), ("cash on time", [*total, *paid])):
        fixed = isolated_by(world, figures)
        assert {one.people for one in fixed} == {1}
        tell(report(name, world, figures, fixed))


def test_an_equal_digest_says_that_nobody_moved(tell: Callable[[str], None]):
    """Two windows of one block: equal digests of their inputs, not salted, say that nothing was added in the second."""
    world = scenarios.late_one()
    block = [one for one in figures_of(world.terms, totals(world)[1:], Reading()) if one.name != "payable"]
    first, second = (one for one in figures_of(world.terms, totals(world), Reading()) if one.name != "payable")
    nothing = replace(second, name="digest equal: added", column=second.column - first.column)
    assert figure_lines(world, [nothing]) == ["digest equal: added b: 0"]
    assert not isolated_by(world, block)
    fixed = isolated_by(world, [*block, nothing])
    assert {one.people for one in fixed} == {1}
    tell(report("digest not salted", world, [*block, nothing], fixed))


def test_a_decision_that_looks_at_exits_tells_of_one(tell: Callable[[str], None]):
    """25 people, of whom the reader knows that 24 stayed: whether anything is shown says whether the last one did."""
    world = scenarios.heavy_one()
    [(_, _), (late, people)] = counts(world).items()
    everybody, one_left = {late: people + 1}, {late: people}
    shown = totals(world)
    by_exits = [
        may_show(world.terms, some, shown, Rules()) and sum(some.values()) >= 25 for some in (everybody, one_left)
    ]
    by_roster = [may_show(world.terms, everybody, shown, Rules()) for _ in (everybody, one_left)]
    assert by_exits == [True, False]
    assert by_roster == [True, True]
    tell(
        f"outsider, exits in the decision: of 25, shown where nobody left: {by_exits[0]}; where one did: {by_exits[1]}"
    )


def test_the_rules_of_old_let_five_findings_through(tell: Callable[[str], None]):
    """Who can count, and not who can still change; figures by themselves and in pairs; amounts as they stand."""
    late, early, heavy, priced = (
        scenarios.late_one(reached=1), scenarios.early_one(), scenarios.heavy_one(), scenarios.by_state(),
    )  # fmt: skip
    for world in (late, early, heavy, priced):
        assert may_show(world.terms, counts(world), totals(world), OLD)
    findings = []
    figures = figures_of(late.terms, totals(late), Reading())
    for name, claim in (("a late one's total", "outcomes_reached"), ("a late one's amount", "payable")):
        some = [one for one in figures if one.name == claim]
        findings.append((name, late, some, isolated_by(late, some)))
    figures = figures_of(early.terms, totals(early), Reading())
    findings.append(("weeks less outcomes of one token", early, figures, isolated_by(early, figures)))
    for name, world, some, fixed in findings:
        assert {one.people for one in fixed} == {1}, name
        tell(report(f"rules of old, {name}", world, some, fixed))
    figures = figures_of(heavy.terms, totals(heavy), Reading())
    assert bounds(groups_of(heavy, figures), 0, 0)[0] == 7
    tell(f"outsider, rules of old, dominance: {figure_lines(heavy, figures)[0]}; one person has at least 7 weeks")
    assert cells(priced) == {"fleksjob": {4}, "education": {1}}
    figures = figures_of(priced.terms, totals(priced), Reading())
    tell(f"outsider, rules of old, prices by state: {'; '.join(figure_lines(priced, figures))}; only 4 and 1 fit")


def cells(world: World) -> dict[str, set[int]]:
    """Every number of people in each state that fits count and amount."""
    count, amount = (
        int(one.rpartition(" ")[2]) for one in figure_lines(world, figures_of(world.terms, totals(world), Reading()))
    )
    prices = world.terms.tariffs[0]["price_by_state"]
    found: dict[str, set[int]] = {state: set() for state in prices}
    for first in range(count + 1):
        if first * prices["fleksjob"] + (count - first) * prices["education"] == amount:
            found["fleksjob"].add(first)
            found["education"].add(count - first)
    return found
