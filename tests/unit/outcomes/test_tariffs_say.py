"""What each kind of tariff says of itself: worked examples, phrases, and what of it cannot be meant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.outcomes.bound import AmountBounds
from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.phrases import Money, PerMille, Phrase, Reached, ReachedList, ScaleWords, StatePrices
from gateway.outcomes.tariffs.linear import LinearTariff
from gateway.outcomes.tariffs.steps import StepsTariff
from gateway.outcomes.terms import ScalePoint
from tests.support.rule_tables import contract_of
from tests.unit.outcomes.one_of_each_tariff import (
    CONTRACT,
    TARIFF,
    terms,
)


@pytest.mark.parametrize(
    ("name", "cases"),
    [
        ("fee", [({}, 1), ({}, 4)]),
        ("daily", [({"days": figure}, 1) for figure in (1, 10, 1000)]),
        ("steps", [({"rate": figure}, 1) for figure in (99, 100, 199, 200)]),
        ("linear", [({"late": figure}, 1) for figure in (-1, 0, 1, 3, 6, 10)]),
        (
            "half",
            [
                ({"control": 10_000_000, "group": 0, "drawn": 10}, 1),
                ({"control": 10_000_000, "group": 6_000_000, "drawn": 10}, 1),
                ({"control": 6_000_000, "group": 10_000_000, "drawn": 10}, 1),
            ],
        ),
        ("plain", [({"control": 10_000_000}, 1)]),
        (
            "cohorts",
            [
                ({"rate": 99, "late": 149}, 1),
                ({"rate": 100, "late": 149}, 1),
                ({"rate": 100, "late": 150}, 1),
                ({"rate": 99, "late": 120}, 1),
            ],
        ),
    ],
)
def test_worked_examples_show_where_the_amount_turns(name: str, cases: list[tuple[dict[str, int], int]]):
    found = list(TARIFF[name].cases(CONTRACT))
    assert [(one.figures.quantities, one.figures.windows) for one in found] == cases
    for one in found:
        assert (one.figures.window, one.figures.personal, one.people, one.units) == ("", {}, 0, 0)
        assert (one.state, one.year, one.is_everybody) == ("", 0, False)


def test_one_window_has_one_fee_and_cohorts_that_are_not_pooled_have_three_examples():
    short = replace(CONTRACT, windows=CONTRACT.windows[:1])
    assert [one.figures.windows for one in TARIFF["fee"].cases(short)] == [1]
    assert len(list(replace(TARIFF["cohorts"], pooled=None).cases(CONTRACT))) == 3


def priced(name: str, contract: Contract = CONTRACT) -> list[tuple]:
    return [
        (one.state, one.year, one.people, one.units, dict(one.figures.quantities), one.figures.personal[name])
        for one in TARIFF[name].cases(contract)
    ]


def test_worked_examples_of_a_price_show_a_unit_half_a_year_and_everybody():
    assert priced("weekly") == [
        ("", 0, 1, 1, {"weeks": 1}, 1000),
        ("", 0, 1, 26, {"weeks": 26}, 26_000),
        ("", 0, 100, 30, {"weeks": 3000}, 3_000_000),
    ]
    assert priced("by_state") == [
        ("fleksjob", 0, 1, 1, {"weeks": 1}, 500),
        ("uddannelse", 0, 1, 1, {"weeks": 1}, 700),
        ("", 0, 1, 26, {"weeks": 26}, 13_000),
        ("", 0, 100, 30, {"weeks": 3000}, 1_500_000),
    ]
    assert priced("indexed") == [
        ("", 2019, 1, 1, {"people": 1}, 1001),
        ("", 2020, 1, 1, {"people": 1}, 1026),
        ("", 2021, 1, 1, {"people": 1}, 1051),
        ("", 0, 100, 1, {"people": 100}, 105_100),
    ]
    everybody = [one.is_everybody for one in TARIFF["weekly"].cases(CONTRACT)]
    assert everybody == [False, False, True]
    assert {(one.figures.window, one.figures.windows) for one in TARIFF["weekly"].cases(CONTRACT)} == {("", 1)}
    capped = replace(CONTRACT, caps=replace(CONTRACT.caps, person_minor=20_000))
    assert [case[-1] for case in priced("weekly", capped)] == [1000, 20_000, 2_000_000]
    short = contract_of(terms().replace("weeks_from_enrolment = 30", "weeks_from_enrolment = 2"))
    assert [case[2:4] for case in priced("weekly", short)] == [(1, 1), (1, 2), (100, 2)]
    points = ", ".join(map(str, range(1, 29)))
    followed = (
        terms()
        .replace('kind = "weeks"', 'kind = "follow_up"')
        .replace("weeks_from_enrolment = 30", f"months = [{points}]")
    )
    assert [case[2:4] for case in priced("weekly", contract_of(followed))] == [(1, 1), (1, 28), (100, 28)]
    by_year = "price; of = 'weeks'; price_minor = 1001; index = 'wage'; base_year = 2019"
    *_, some, everybody = contract_of(terms(fee=by_year)).tariffs[-1].cases(CONTRACT)
    assert (some.figures.personal, everybody.figures.personal) == ({"fee": 26 * 1051}, {"fee": 3000 * 1051})
    assert list(replace(TARIFF["weekly"], of="nothing").cases(CONTRACT)) == []


@pytest.mark.parametrize(
    ("name", "phrases"),
    [
        ("weekly", (Phrase("price", {"of": "weeks", "price": Money(1000)}),)),
        (
            "by_state",
            (Phrase("by_state", {"of": "weeks", "prices": StatePrices({"fleksjob": 500, "education": 700})}),),
        ),
        ("daily", (Phrase("declared", {"of": "days", "price": Money(30), "least": Phrase("never_negative")}),)),
        ("taken_back", (Phrase("declared", {"of": "days", "price": Money(20), "least": Phrase("negative")}),)),
        ("steps", (Phrase("steps", {"of": "rate", "points": ScaleWords("rate", TARIFF["steps"].points)}),)),
        ("linear", (Phrase("linear", {"of": "late", "points": ScaleWords("late", TARIFF["linear"].points)}),)),
        (
            "half",
            (
                Phrase(
                    "share",
                    {
                        "share": PerMille(500),
                        "figure": Phrase("less", {"of": "control", "minus": "group"}),
                        "times": Phrase("times", {"of": "drawn"}),
                        "least": Phrase("never_negative"),
                    },
                ),
            ),
        ),
        (
            "plain",
            (
                Phrase(
                    "share",
                    {"share": PerMille(250), "figure": "control", "times": "", "least": Phrase("negative")},
                ),
            ),
        ),
        (
            "cohorts",
            (
                Phrase(
                    "cohort_threshold",
                    {
                        "price": Money(1000),
                        "cohorts": ReachedList((Reached("rate", 100), Reached("late", 150))),
                        "pooled": Phrase("pooled", {"figure": Reached("late", 120), "window": "Q3"}),
                    },
                ),
            ),
        ),
        ("fee", (Phrase("fee", {"price": Money(700)}),)),
    ],
)
def test_what_it_says_of_itself(name: str, phrases: tuple[Phrase, ...]):
    assert TARIFF[name].phrases() == phrases


def test_an_index_and_cohorts_that_are_not_pooled_say_so():
    indexed = TARIFF["indexed"]
    assert indexed.phrases() == (
        Phrase("price", {"of": "people", "price": Money(1001)}),
        Phrase("indexed", {"index": indexed.index, "year": "2019"}),
    )
    assert replace(TARIFF["cohorts"], pooled=None).phrases()[0].values["pooled"] == ""


def findings(tariff: Tariff) -> list[tuple[str, int, bool]]:
    return [(one.rule, one.line, one.refuses) for one in tariff.lint(CONTRACT)]


@pytest.mark.parametrize(
    ("points", "rules"),
    [
        ([(3000, 10), (3001, 20)], []),
        ([(3000, 0), (3001, 20)], ["never-pays"]),  # 3,000 weeks are the most
        ([(3001, 20)], ["never-pays"]),
        ([(1, 10), (2, 10)], ["unreachable-step"]),
        ([(1, 10), (2, 9), (3, 11), (4, 11)], ["unreachable-step", "unreachable-step"]),
        ([(1, 10), (2, 11)], []),
    ],
)
def test_steps_that_cannot_be_meant_are_found(points: list[tuple[int, int]], rules: list[str]):
    steps = StepsTariff("s", 7, "weeks", tuple(ScalePoint(*point) for point in points))
    assert findings(steps) == [(rule, 7, True) for rule in rules]
    declared = replace(steps, of="rate")  # of a declared figure no most is known
    assert findings(declared) == [(rule, 7, True) for rule in rules if rule != "never-pays"]


def test_a_finding_names_the_step_and_the_most():
    steps = StepsTariff("bonus", 7, "weeks", (ScalePoint(3001, 20), ScalePoint(3002, 20)))
    assert [(one.what, one.suggestion) for one in steps.lint(CONTRACT)] == [
        (
            "'bonus' pays from a figure above 3000, which is the most that 'weeks' can count",
            "lower the first point that pays",
        ),
        ("the step of 'bonus' at 3002 pays no more than the one at 3001", "leave it out, or let it pay more"),
    ]


def test_a_scale_of_negative_figures_and_of_people_has_its_bounds_at_its_points_and_its_ends():
    falling = LinearTariff("f", 1, "rate", (ScalePoint(-10, 90), ScalePoint(10, 5)))
    assert falling.bounds(CONTRACT, 0) == AmountBounds.between(5, 90)
    people = LinearTariff("p", 1, "people", (ScalePoint(-10, 190), ScalePoint(90, 90), ScalePoint(200, 1190)))
    # nobody: 180; 90 people: 90; all 100: 190
    assert people.bounds(CONTRACT, 3) == AmountBounds.between(90, 190)
    assert replace(people, points=people.points[:2]).bounds(CONTRACT, 3) == AmountBounds.between(90, 180)
    few = StepsTariff("p", 1, "people", (ScalePoint(100, 7),))
    assert few.bounds(CONTRACT, 3) == AmountBounds.between(0, 7)
    assert replace(few, points=(ScalePoint(101, 7),)).bounds(CONTRACT, 3) == AmountBounds.between(0, 0)
    one = replace(few, points=(ScalePoint(1, 7), ScalePoint(2, 3)))  # of one person alone it is most
    assert one.bounds(CONTRACT, 3) == AmountBounds.between(0, 7)
