"""What each kind of tariff owes, at least and at most, what it shows, and what may be changed in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.outcomes.bound import AmountBounds
from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.figures import Figures
from gateway.outcomes.tariffs.cohort_threshold import CohortThreshold
from gateway.outcomes.terms import ExitRule, FigureUnit, Gate, Rounding, ScalePoint
from tests.unit.outcomes.one_of_each_tariff import (
    CONTRACT,
    QUARTERS,
    TARIFF,
)


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
