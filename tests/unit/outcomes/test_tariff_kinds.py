"""What each kind of tariff owes, at least and at most, what it shows, and what may be changed in it.

One contract of the manual: 100 people, four quarters of 2020, weeks and people in two states, and declared figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from gateway.outcomes.bound import AmountBounds
from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.figures import Figures
from gateway.outcomes.phrases import Money, PerMille, Phrase, Reached, ReachedList, ScaleWords, StatePrices
from gateway.outcomes.tariffs.cohort_threshold import CohortTariff, CohortThreshold
from gateway.outcomes.tariffs.linear import LinearTariff
from gateway.outcomes.tariffs.price import PriceTariff
from gateway.outcomes.tariffs.steps import StepsTariff
from gateway.outcomes.terms import ExitRule, FigureUnit, Gate, Rounding, ScalePoint
from tests.support.rule_tables import FOLDER, contract_of
from vocabulary.errors import DeclarationInvalid

QUARTERS = ("Q1", "Q2", "Q3", "Q4")


def aggregate(name: str, unit: str, windows: tuple[str, ...] = QUARTERS) -> str:
    due = ", ".join(f'"{window}"' for window in windows)
    return (
        f'[[aggregates]]\nid = "{name}"\nunit = "{unit}"\nevaluator = "evaluator"\nmethod = "a method"\n'
        f'source = "a register"\nwindows = [{due}]\n'
    )


AGGREGATES = "".join(
    (
        aggregate("rate", "per_mille"),
        aggregate("late", "per_mille", ("Q3", "Q4")),
        aggregate("control", "minor"),
        aggregate("group", "minor", ("Q2", "Q4")),
        aggregate("drawn", "person"),
        aggregate("days", "day", ("Q2", "Q4")),
    )
)
MEASURES = """
[[measures]]
id = "weeks"
kind = "weeks"
states = ["fleksjob", "education"]
weeks_from_enrolment = 30

[[measures]]
id = "people"
kind = "people"
states = ["fleksjob", "education"]
sustained_weeks = 4
"""
STEPS = "steps; of = 'rate'; points = [{ at = 100, amount_minor = 10 }, { at = 200, amount_minor = 50 }]"
LINEAR = """linear; of = 'late'; points = [
    { at = 0, amount_minor = 10 }, { at = 3, amount_minor = 20 }, { at = 10, amount_minor = 90 }]"""
COHORTS = """cohort_threshold; price_minor = 1000
cohorts = [{ of = 'rate', at_least = 100 }, { of = 'late', at_least = 150 }]
pooled = { of = 'late', at_least = 120, from_window = 'Q3' }"""
TARIFFS = {  # the kind, and what stands in its row
    "weekly": "price; of = 'weeks'; price_minor = 1000",
    "by_state": "price; of = 'weeks'; price_by_state = { fleksjob = 500, education = 700 }",
    "indexed": "price; of = 'people'; price_minor = 1001; index = 'wage'; base_year = 2019",
    "daily": "price; of = 'days'; price_minor = 30; may_be_negative = false",
    "taken_back": "price; of = 'days'; price_minor = 20; may_be_negative = true",
    "steps": STEPS,
    "counted": STEPS.replace("rate", "weeks").replace("200", "9000"),
    "linear": LINEAR,
    "half": (
        "share; of = 'control'; minus = 'group'; multiplier = 'drawn'; share_per_mille = 500; may_be_negative = false"
    ),
    "plain": "share; of = 'control'; share_per_mille = 250; may_be_negative = true",
    "cohorts": COHORTS,
    "fee": "fee; price_minor = 700",
}


def tariff_row(name: str, text: str) -> str:
    kind, _, rest = text.partition("; ")
    return f"[[tariffs]]\nid = '{name}'\nkind = '{kind}'\n" + rest.replace("; ", "\n") + "\n"


def terms(**changed: str) -> str:
    rows = {**TARIFFS, **changed}
    return AGGREGATES + MEASURES + "".join(tariff_row(*row) for row in rows.items())


CONTRACT = contract_of(terms())
TARIFF: Mapping[str, Tariff] = {tariff.id: tariff for tariff in CONTRACT.tariffs}


def owed(
    tariff: Tariff, window: str = "Q4", *, contract: Contract = CONTRACT, personal: int = 0, **quantities: int
) -> int:
    return tariff.owes(contract, Figures(window, quantities, {tariff.id: personal}, QUARTERS.index(window) + 1))


@pytest.mark.parametrize(
    ("name", "window", "quantities", "amount"),
    [
        ("fee", "Q1", {}, 700),
        ("fee", "Q4", {}, 2800),
        ("daily", "Q4", {}, 0),
        ("daily", "Q4", {"days": 3}, 90),
        ("daily", "Q4", {"days": -3}, 0),
        ("taken_back", "Q4", {"days": 3}, 60),
        ("taken_back", "Q4", {"days": -3}, -60),
        ("steps", "Q4", {}, 0),
        ("steps", "Q4", {"rate": 99}, 0),
        ("steps", "Q4", {"rate": 100}, 10),
        ("steps", "Q4", {"rate": 199}, 10),
        ("steps", "Q4", {"rate": 200}, 50),
        ("steps", "Q4", {"rate": 1000}, 50),
        ("linear", "Q4", {}, 0),
        ("linear", "Q4", {"late": -1}, 10),
        ("linear", "Q4", {"late": 0}, 10),
        ("linear", "Q4", {"late": 1}, 13),  # 13.33
        ("linear", "Q4", {"late": 2}, 17),  # 16.67
        ("linear", "Q4", {"late": 3}, 20),
        ("linear", "Q4", {"late": 9}, 80),
        ("linear", "Q4", {"late": 10}, 90),
        ("linear", "Q4", {"late": 11}, 90),
        ("half", "Q4", {"control": 100, "group": 60, "drawn": 10}, 200),
        ("half", "Q4", {"control": 100, "group": 63, "drawn": 1}, 19),  # 18.5
        ("half", "Q4", {"control": 60, "group": 100, "drawn": 10}, 0),
        ("half", "Q4", {"control": 100, "drawn": 10}, 0),  # a figure is not there yet
        ("half", "Q4", {"control": 100, "group": 60}, 0),
        ("plain", "Q4", {"control": 100}, 25),
        ("plain", "Q4", {"control": 102}, 26),  # 25.5
        ("plain", "Q4", {"control": -100}, -25),
        ("plain", "Q4", {}, 0),
        ("cohorts", "Q4", {}, 0),
        ("cohorts", "Q4", {"rate": 99}, 0),
        ("cohorts", "Q4", {"rate": 100}, 1000),
        ("cohorts", "Q4", {"rate": 100, "late": 149}, 1000),
        ("cohorts", "Q4", {"rate": 100, "late": 150}, 2000),
        ("cohorts", "Q4", {"rate": 99, "late": 119}, 0),
        ("cohorts", "Q4", {"rate": 99, "late": 120}, 2000),  # all of them pooled
        ("cohorts", "Q3", {"rate": 99, "late": 120}, 2000),
        ("cohorts", "Q2", {"rate": 99, "late": 120}, 0),  # it is not asked yet
    ],
)
def test_what_is_owed(name: str, window: str, quantities: dict[str, int], amount: int):
    assert owed(TARIFF[name], window, **quantities) == amount


def test_what_is_owed_of_single_people_is_what_each_earned():
    assert owed(TARIFF["weekly"], personal=1234, weeks=9) == 1234


def test_a_quotient_is_rounded_as_the_contract_says():
    down = replace(CONTRACT, rounding=Rounding.DOWN)
    assert owed(TARIFF["linear"], contract=down, late=2) == 16
    assert owed(TARIFF["half"], contract=down, control=100, group=63, drawn=1) == 18


@pytest.mark.parametrize(
    ("name", "state", "year", "price"),
    [
        ("weekly", "fleksjob", 2020, 1000),
        ("weekly", "education", 1900, 1000),
        ("by_state", "fleksjob", 2020, 500),
        ("by_state", "education", 2020, 700),
        ("indexed", "education", 2019, 1001),
        ("indexed", "education", 2020, 1026),  # 102.5 % of it is 1,026.025
        ("indexed", "education", 2021, 1051),  # 105 %: 1,051.05
    ],
)
def test_a_unit_costs_what_its_state_and_its_year_cost(name: str, state: str, year: int, price: int):
    assert TARIFF[name].price_of(state, year, CONTRACT.rounding) == price


def test_an_index_is_rounded_as_the_contract_says_and_moves_with_its_contract():
    indexed = replace(TARIFF["indexed"], price_minor=1020)
    prices = [indexed.price_of("education", 2020, rule) for rule in (Rounding.DOWN, Rounding.HALF_UP)]
    assert prices == [1045, 1046]  # 1,045.5
    later = indexed.with_years_shifted(10)
    assert (later.base_year, sorted(later.index.values)) == (2029, [2029, 2030, 2031])
    assert later.price_of("education", 2030, Rounding.DOWN) == 1045
    assert TARIFF["weekly"].with_years_shifted(10) is TARIFF["weekly"]
    assert [TARIFF[name].plain_year(1984) for name in ("weekly", "indexed")] == [1984, 2019]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # 13 weeks to a quarter, 30 at most, for each of 100 people
        ("weekly", [(0, 1_300_000), (0, 2_600_000), (0, 3_000_000), (0, 3_000_000)]),
        ("by_state", [(0, 910_000), (0, 1_820_000), (0, 2_100_000), (0, 2_100_000)]),  # all in the dearer one
        ("indexed", [(0, 102_600)] * 4),
        ("daily", [(0, 0), (0, None), (0, None), (0, None)]),  # due from the second quarter on
        ("taken_back", [(0, 0), (None, None), (None, None), (None, None)]),
        ("steps", [(0, 50)] * 4),
        ("counted", [(0, 10)] * 4),  # 3,000 weeks at most
        ("linear", [(0, 0), (0, 0), (10, 90), (10, 90)]),
        ("half", [(0, 0), (0, None), (0, None), (0, None)]),
        ("plain", [(None, None)] * 4),
        ("cohorts", [(0, 1000), (0, 1000), (0, 2000), (0, 2000)]),  # the second cohort is due in the third quarter
        ("fee", [(700, 700), (1400, 1400), (2100, 2100), (2800, 2800)]),
    ],
)
def test_an_amount_lies_between_its_bounds(name: str, expected: list[tuple[int | None, int | None]]):
    assert [TARIFF[name].bounds(CONTRACT, position) for position in range(4)] == [
        AmountBounds.between(*bounds) for bounds in expected
    ]


def test_bounds_know_a_persons_cap_and_a_year_that_the_index_lacks():
    capped = replace(CONTRACT, caps=replace(CONTRACT.caps, person_minor=20_000))
    assert [TARIFF["weekly"].bounds(capped, n).most.minor for n in range(2)] == [1_300_000, 2_000_000]
    indexed = TARIFF["indexed"]
    without = replace(indexed, index=replace(indexed.index, values={2019: 10000, 2021: 10500}))
    assert without.bounds(CONTRACT, 0) == AmountBounds.between(0, 0)
    assert replace(indexed, of="nothing").bounds(CONTRACT, 0) == AmountBounds.between(0, 0)


def test_pooled_cohorts_may_be_paid_where_none_is_due():
    """Only the pooled figure is due in the last quarter: two prices, or none."""
    pooled = replace(TARIFF["cohorts"], cohorts=(CohortThreshold("x", 1), CohortThreshold("y", 1)))
    assert [pooled.bounds(CONTRACT, n).most.minor for n in range(4)] == [0, 0, 2000, 2000]
    alone = replace(TARIFF["cohorts"], pooled=None)
    assert [alone.bounds(CONTRACT, n).most.minor for n in range(4)] == [1000, 1000, 2000, 2000]
    assert owed(alone, rate=99, late=120) == 0


@pytest.mark.parametrize(
    ("name", "most", "first_paid", "least_unit", "turning_points"),
    [
        ("weekly", 3_000_000, 1, 1000, set()),
        ("by_state", 2_100_000, 1, 500, set()),
        ("indexed", None, 1, None, set()),
        ("daily", None, 1, 30, set()),
        ("taken_back", None, 0, 20, set()),
        ("steps", 50, 100, None, {100, 200}),
        ("linear", 90, 0, None, {0, 3, 10}),
        ("half", None, 0, None, set()),
        ("cohorts", 2000, 0, None, {100, 120, 150}),
        ("fee", 2800, 0, None, set()),
    ],
)
def test_what_the_checks_of_a_contract_ask(
    name: str, most: int | None, first_paid: int, least_unit: int | None, turning_points: set[int]
):
    tariff = TARIFF[name]
    assert (tariff.most_minor(CONTRACT), tariff.first_paid()) == (most, first_paid)
    assert (tariff.least_unit_price(), tariff.turning_points()) == (least_unit, turning_points)


def test_the_first_step_that_pays_is_the_first_that_is_worth_something():
    steps = replace(TARIFF["steps"], points=(ScalePoint(5, 0), ScalePoint(7, 3), ScalePoint(9, 4)))
    assert steps.first_paid() == 7
    assert replace(steps, points=(ScalePoint(5, 0),)).first_paid() == 0
    assert replace(TARIFF["weekly"], of="nothing").most_minor(CONTRACT) is None


@pytest.mark.parametrize(
    ("name", "unit", "quantities", "quantity", "figures"),
    [
        ("weekly", FigureUnit.WEEK, {"weeks": 9}, 9, ("weeks",)),
        ("daily", FigureUnit.DAY, {"days": 9}, 9, ("days",)),
        ("daily", FigureUnit.DAY, {}, 0, ("days",)),
        ("steps", FigureUnit.PER_MILLE, {"rate": 9}, 9, ("rate",)),
        ("half", FigureUnit.MINOR, {"control": 9, "group": 5}, 9, ("control", "group", "drawn")),
        ("plain", FigureUnit.MINOR, {"control": 9}, 9, ("control",)),
        ("cohorts", FigureUnit.PER_MILLE, {"rate": 9, "late": 5}, 14, ("rate", "late", "late")),
        ("cohorts", FigureUnit.PER_MILLE, {"rate": 9}, 9, ("rate", "late", "late")),
        ("fee", FigureUnit.WINDOW, {}, 3, ()),
    ],
)
def test_what_a_line_shows_and_what_it_reads(
    name: str, unit: FigureUnit, quantities: dict[str, int], quantity: int, figures: tuple[str, ...]
):
    tariff = TARIFF[name]
    assert tariff.unit(CONTRACT) is unit
    assert tariff.quantity(Figures("Q3", quantities, {}, 3)) == quantity
    assert tariff.own_figures() == figures
    gated = replace(tariff, gate=Gate("rate", 5))
    assert gated.figures() == (*figures, "rate")


def test_which_amounts_fall_tell_states_apart_or_grow_with_a_figure():
    falls = {name for name, tariff in TARIFF.items() if tariff.can_fall(CONTRACT)}
    assert falls == set(TARIFF) - {"weekly", "by_state", "counted", "fee"}
    out = replace(CONTRACT, exits=dict.fromkeys(CONTRACT.exits, ExitRule.OUT))
    assert {name for name, tariff in TARIFF.items() if tariff.can_fall(out)} == set(TARIFF) - {"fee"}
    assert {name for name, tariff in TARIFF.items() if tariff.tells_apart("fleksjob", "education")} == {"by_state"}
    assert not TARIFF["by_state"].tells_apart("fleksjob", "fleksjob")
    grows = {
        name: [one.id for one in CONTRACT.aggregates if tariff.grows_with(one.id)] for name, tariff in TARIFF.items()
    }
    assert {name: found for name, found in grows.items() if found} == {
        "daily": ["days"],
        "taken_back": ["days"],
        "half": ["control", "group", "drawn"],
        "plain": ["control"],
    }


CAPS = ("cap_minor", 70), ("cap_window_minor", 30)
GATE = ("gate.at_least", 5)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("weekly", [("price_minor", 1000)], []),
        ("by_state", [], [("price_by_state.fleksjob", 500), ("price_by_state.education", 700)]),
        ("daily", [("price_minor", 30)], []),
        ("fee", [("price_minor", 700)], []),
        (
            "steps",
            [],
            [("points.1.at", 100), ("points.1.amount_minor", 10), ("points.2.at", 200), ("points.2.amount_minor", 50)],
        ),
        (  # a place or an amount of nothing is no number to be moved
            "linear",
            [],
            [
                ("points.1.amount_minor", 10),
                ("points.2.at", 3),
                ("points.2.amount_minor", 20),
                ("points.3.at", 10),
                ("points.3.amount_minor", 90),
            ],
        ),
        ("half", [], [("share_per_mille", 500)]),
        ("cohorts", [("price_minor", 1000)], [("cohorts.rate.at_least", 100), ("cohorts.late.at_least", 150)]),
    ],
)
def test_the_numbers_that_parties_agree_on_are_told_and_each_changes_alone(name: str, before: list, after: list):
    tariff = replace(TARIFF[name], cap_minor=70, cap_window_minor=30, gate=Gate("rate", 5))
    last = [("pooled.at_least", 120)] if name == "cohorts" else []
    told = [(number.name, number.value) for number in tariff.numbers()]
    assert told == [*before, *CAPS, *after, GATE, *last]
    for number in tariff.numbers():
        changed = number.with_value(number.value + 1)
        expected = [(key, value + 1 if key == number.name else value) for key, value in told]
        assert [(one.name, one.value) for one in changed.numbers()] == expected
        assert changed.id == tariff.id


def test_without_caps_and_gate_there_are_fewer_numbers():
    assert [number.name for number in TARIFF["fee"].numbers()] == ["price_minor"]
    assert [number.name for number in TARIFF["half"].numbers()] == ["share_per_mille"]
    free = replace(TARIFF["by_state"], price_by_state={"fleksjob": 0, "education": 700})
    assert [number.name for number in free.numbers()] == ["price_by_state.education"]
    least = replace(TARIFF["steps"], points=(ScalePoint(1, 1),))
    assert [number.name for number in least.numbers()] == ["points.1.at", "points.1.amount_minor"]
    negative = replace(TARIFF["steps"], points=(ScalePoint(-7, 10), ScalePoint(200, 50)))
    assert next(number.name for number in negative.numbers()) == "points.1.amount_minor"


def test_points_that_no_longer_rise_say_nothing():
    steps = TARIFF["steps"]
    for at, is_sound in ((199, True), (200, False), (201, False)):
        first = ScalePoint(at, 10)
        assert replace(steps, points=(first, *steps.points[1:])).is_sound() is is_sound
    assert all(tariff.is_sound() for tariff in TARIFF.values())


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


READ_AS = {
    "weekly": {"of": "weeks", "price_minor": 1000, "price_by_state": None, "index": None, "base_year": 0},
    "by_state": {"price_minor": 0, "price_by_state": {"fleksjob": 500, "education": 700}},
    "indexed": {"price_minor": 1001, "base_year": 2019},
    "daily": {"of": "days", "price_minor": 30, "may_be_negative": False},
    "taken_back": {"of": "days", "price_minor": 20, "may_be_negative": True},
    "steps": {"of": "rate", "points": (ScalePoint(100, 10), ScalePoint(200, 50))},
    "linear": {"of": "late", "points": (ScalePoint(0, 10), ScalePoint(3, 20), ScalePoint(10, 90))},
    "half": {"of": "control", "minus": "group", "multiplier": "drawn", "may_be_negative": False},
    "plain": {"of": "control", "minus": "", "multiplier": "", "share_per_mille": 250, "may_be_negative": True},
    "cohorts": {
        "price_minor": 1000,
        "cohorts": (CohortThreshold("rate", 100), CohortThreshold("late", 150)),
        "pooled": CohortThreshold("late", 120),
        "pooled_from": "Q3",
    },
    "fee": {"price_minor": 700},
}  # fmt: skip


@pytest.mark.parametrize("name", READ_AS)
def test_a_row_is_read_as_it_stands(name: str):
    tariff = next(one for one in contract_of(terms()).tariffs if one.id == name)
    assert {key: getattr(tariff, key) for key in READ_AS[name]} == READ_AS[name]
    assert tariff == TARIFF[name]
    head = "".join((FOLDER / part).read_text("utf-8") for part in ("contract.toml", "people.toml"))
    lines = f"{head}\n{terms()}".splitlines()
    assert lines[tariff.line - 1] == f"id = '{name}'"


TWO = "cohort_threshold; price_minor = 5; cohorts = [{{ of = 'rate', at_least = 1 }}, {{ of = '{}', at_least = 2 }}]"
ONE = "cohort_threshold; price_minor = 5; cohorts = [{ of = 'rate', at_least = 1 }]"
POINT = "steps; of = 'rate'; points = [{ at = 5, amount_minor = 1 }]"
YEARS = r"index must follow calendar years: a price is that of the year in which a unit is reached \("
NOTHING_PRICED = r"price_by_state must price some state above 0: nothing would ever be paid \("
NO_TARIFF = [  # row, key, reason
    ("fee; price_minor = 0", "price_minor", "at least 1"),
    ("price; of = 'nothing'; price_minor = 1", "of", "knows no measure or aggregate 'nothing'"),
    ("price; of = 'weeks'; price_minor = 0", "price_minor", "at least 1"),
    ("price; of = 'weeks'", "price_minor", "is missing"),
    (f"{TARIFFS['by_state']}; price_minor = 5", "price_minor", "price_minor and price_by_state contradict each other"),
    ("price; of = 'weeks'; price_by_state = { fleksjob = 5 }", "education", "is missing"),
    ("price; of = 'weeks'; price_by_state = { fleksjob = 5, education = 7, job = 1 }", "job", "not a word"),
    ("price; of = 'weeks'; price_by_state = { fleksjob = 0, education = 0 }", "price_by_state", NOTHING_PRICED),
    (TARIFFS["indexed"].replace("wage", "x"), "index", "knows no index 'x'"),
    (TARIFFS["indexed"].replace("2019", "2018"), "base_year", "has no value in index 'wage'"),
    (TARIFFS["indexed"].replace("2019", "0"), "base_year", "at least 1"),
    (TARIFFS["indexed"].replace("wage", "wage_from_april"), "index", YEARS),
    (TARIFFS["daily"].replace("days", "rate"), "of", "must be in person or day, and 'rate' is in per_mille"),
    (TARIFFS["daily"].replace("30", "0"), "price_minor", "at least 1"),
    (TARIFFS["daily"].replace("; may_be_negative = false", ""), "may_be_negative", "is missing"),
    (STEPS.replace("rate", "x"), "of", "knows no measure or aggregate 'x'"),
    ("steps; of = 'rate'; points = []", "points", "at least 1"),
    (POINT.replace("steps", "linear"), "points", "at least 2"),
    (STEPS.replace("200", "100"), "points", "overlap: 100 does not lie above 100"),
    (STEPS.replace("200", "99"), "points", "overlap: 99 does not lie above 100"),
    (POINT.replace("= 1 }", "= 1, x = 2 }"), "x", "not a word"),
    (POINT.replace("at = 5", "at = -1000001"), "at", "at least -1000000"),
    ("share; of = 'rate'; share_per_mille = 5", "of", "must be in minor"),
    (TARIFFS["half"].replace("group", "rate"), "minus", "must be in minor"),
    (TARIFFS["half"].replace("drawn", "days"), "multiplier", "must be in person"),
    (TARIFFS["half"].replace("500", "0"), "share_per_mille", "at least 1"),
    (TARIFFS["half"].replace("500", "1001"), "share_per_mille", "at most 1000"),
    (TARIFFS["half"].replace("; may_be_negative = false", ""), "may_be_negative", "is missing"),
    (ONE.replace("rate", "x"), "of", "knows no aggregate 'x'"),
    (ONE.replace("at_least = 1", "at_least = 0"), "at_least", "at least 1"),
    (ONE.replace("= 5", "= 0"), "price_minor", "at least 1"),
    (ONE.replace("= 1 }", "= 1, x = 1 }"), "x", "not a word"),
    (TWO.format("drawn"), "cohorts", "cohorts must name aggregates of one unit, each once"),
    (TWO.format("rate"), "cohorts", "cohorts must name aggregates of one unit, each once"),
    (f"{ONE}; pooled = {{ of = 'late', at_least = 1, from_window = 'Q9' }}", "from_window", "knows no window 'Q9'"),
    (f"{ONE}; pooled = {{ of = 'late', at_least = 1 }}", "from_window", "is missing"),
    (f"{ONE}; pooled = {{ of = 'x', at_least = 1, from_window = 'Q3' }}", "of", "knows no aggregate 'x'"),
]


@pytest.mark.parametrize(("row", "key", "reason"), NO_TARIFF, ids=[f"{row} {key}" for row, key, _ in NO_TARIFF])
def test_what_is_no_tariff_is_refused_with_its_place(row: str, key: str, reason: str):
    with pytest.raises(DeclarationInvalid, match=reason) as refused:
        contract_of(terms(fee=row))
    assert refused.value.key.rpartition(".")[2] == key


def test_with_the_lowest_price_for_an_outcome_prices_must_not_rise_in_the_order_of_states():
    assert all(tariff.keeps_order(CONTRACT) for tariff in TARIFF.values() if isinstance(tariff, PriceTariff))
    lowest = MEASURES.partition('[[measures]]\nid = "people"')[2]
    lowest = f'[[measures]]\nid = "lowest"\noutcome_state = "lowest"{lowest}'
    row = "price; of = 'lowest'; price_by_state = {{ fleksjob = 5, education = {} }}"
    contract = contract_of(terms(fee=row.format(4)) + lowest)
    tariff = contract.tariffs[-1]
    assert isinstance(tariff, PriceTariff)
    for last, is_ordered in ((4, True), (5, True), (6, False)):
        assert replace(tariff, price_by_state={"fleksjob": 5, "education": last}).keeps_order(contract) is is_ordered
    with pytest.raises(
        DeclarationInvalid, match=r"must not rise .*Put the state with the lowest price last \("
    ) as refused:
        contract_of(terms(fee=row.format(6)) + lowest)
    assert refused.value.key.rpartition(".")[2] == "price_by_state"


@pytest.mark.parametrize(
    "row",
    [
        "steps; of = 'rate'; points = [{ at = -1000000, amount_minor = 1 }]",
        TARIFFS["half"].replace("500", "1000"),
        TARIFFS["half"].replace("500", "1"),
        "fee; price_minor = 1",
        "price; of = 'weeks'; price_minor = 1",
        TARIFFS["daily"].replace("30", "1"),
        ONE,
    ],
)
def test_the_least_and_the_most_that_may_stand_there_is_taken(row: str):
    assert contract_of(terms(fee=row)).tariffs[-1].id == "fee"


@pytest.mark.parametrize(
    ("name", "key", "reason"),
    [
        ("indexed", "index", "makes parts of a minor unit: name the contract's rounding"),
        ("linear", "points", "make parts of a minor unit between them: name the contract's rounding"),
        ("half", "share_per_mille", "makes parts of a minor unit: name the contract's rounding"),
    ],
)
def test_parts_of_a_minor_unit_need_a_rounding(name: str, key: str, reason: str):
    only = {other: "fee; price_minor = 1" for other in TARIFFS if other != name}
    with pytest.raises(DeclarationInvalid, match=f"{key} {reason}") as refused:
        contract_of(terms(**only), [('rounding = "half_up"', 'rounding = "none"')])
    assert refused.value.key.rpartition(".")[2] == key


def test_a_cohort_tariff_may_do_without_a_pooled_figure():
    tariff = next(one for one in contract_of(terms(cohorts=ONE)).tariffs if one.id == "cohorts")
    assert isinstance(tariff, CohortTariff)
    assert tariff.unit(CONTRACT) is FigureUnit.PER_MILLE
    assert (tariff.price_minor, tariff.cohorts, tariff.pooled, tariff.pooled_from) == (
        5, (CohortThreshold("rate", 1),), None, "",
    )  # fmt: skip
