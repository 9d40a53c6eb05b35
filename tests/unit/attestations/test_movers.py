"""What each first day can change, on contracts of a few weeks: against lives by other hands, every one of them.

No more lives are asked than it takes: where the space of a first day is as large as it can be, the others are left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TypeVar

import pytest

from gateway.attestations import movers as movers_module
from gateway.attestations.exact_figures import ExactFigure, FigurePart, exact_figures
from gateway.attestations.movers import DayOfMovers, Movers
from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.not_counted import BUCKETS
from gateway.outcomes.possible_courses import Course, FirstDay, PossibleLives, Units
from policies.isolation import PRIME, Row
from tests.attacks.outsider import texts
from tests.support.lives import every_life, some_lives

BEGIN = date(2019, 12, 30)  # the Monday of 2020-W01
FLEKSJOB, EDUCATION = ("fleksjob",), ("education",)
LifeT = TypeVar("LifeT")


def weeks(name: str = "m", states: tuple[str, ...] = FLEKSJOB, counted: int = 20) -> str:
    return texts.measure("weeks", states, f"weeks_from_enrolment = {counted}", name=name)


def people(name: str, sustained: int, states: tuple[str, ...] = FLEKSJOB, goal: int = 0) -> str:
    return texts.measure("people", states, f"sustained_weeks = {sustained}", name=name, goal=goal)


def retention(name: str, needed: int, days: int) -> str:
    terms = f'needed = {needed}\nwithin = {needed}\nperiod = "week"\ndays_from_enrolment = {days}'
    return texts.measure("retention", FLEKSJOB, terms, name=name)


def contract_of(
    *terms: str,
    windows: tuple[int, ...] = (2, 2),
    enrolment: int = 1,
    moved: str = "failure",
    first_week: str = "week_of_enrolment",
    totals: str = "",
    disclosure: str = "",
) -> Contract:
    """Of so many weeks of enrolment; each measure has a price of its own unless the terms have one."""
    named = [part.split('id = "')[1].split('"')[0] for part in terms if part.startswith("[[measures]]")]
    prices = [] if any(part.startswith("[[tariffs]]") for part in terms) else [texts.price(one) for one in named]
    text = texts.contract(
        *terms,
        *prices,
        texts.windows("2020-W01", windows),
        start=BEGIN,
        end=BEGIN + timedelta(days=7 * enrolment - 1),
        moved=moved,
        first_week=first_week,
        totals=totals,
        disclosure=disclosure,
    )
    return load_contract(text.encode(), file="small.toml")


def with_cap(contract: Contract) -> Contract:
    """A person is worth a week and a half at most."""
    return replace(contract, caps=replace(contract.caps, person_minor=1500))


def movers_of(contract: Contract) -> Movers:
    return Movers(contract, [one.figure for one in exact_figures(contract)])


def row(movers: Movers, parts: dict[tuple[str, int], int], tariff: str = "", price: int = 0) -> Row:
    """Parts of measures by window, counted from 0, as the movers have them."""
    found = tuple((FigurePart(of, at, tariff, price), many) for (of, at), many in parts.items())
    return movers.row(ExactFigure("", "", found))


@dataclass
class Asked:
    """Which lives were asked to their end, on which days."""

    of_measures: set[tuple[str, str]] = field(default_factory=set)
    further: set[str] = field(default_factory=set)
    given_back: set[str] = field(default_factory=set)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    found = Asked()

    def to_the_end(lives: Iterable[LifeT], ended: set[object], key: object) -> Iterator[LifeT]:
        yield from lives
        ended.add(key)

    class WatchedLives(PossibleLives):
        def own_units(self, first: FirstDay, measure: Measure) -> Iterator[Units]:
            return to_the_end(super().own_units(first, measure), found.of_measures, (first.name, measure.id))

        def further_courses(self, first: FirstDay) -> Iterator[Course]:
            return to_the_end(super().further_courses(first), found.further, first.name)

        def courses_with_time_given_back(self, first: FirstDay) -> Iterator[Course]:
            return to_the_end(super().courses_with_time_given_back(first), found.given_back, first.name)

    monkeypatch.setattr(movers_module, "PossibleLives", WatchedLives)
    return found


def rows_of_lives(movers: Movers, day: DayOfMovers) -> list[Row]:
    """What lives by other hands add to each part: every run of weeks, and many mixed ones."""
    contract = movers.contract
    lives = [*every_life(contract, day.day), *some_lives(contract, day.day, 1, 60)]
    return [movers.row_of_course(life.course()) for life in lives]


SMALL = {
    "weeks": (contract_of(weeks(), enrolment=3), [2, 2, 1]),
    "weeks of two states": (contract_of(weeks(), weeks("n", EDUCATION)), [4]),
    "weeks, and people in two of them": (contract_of(weeks(), people("p", 2)), [4]),
    "people": (contract_of(people("p", 2, goal=12), enrolment=3), [2, 1, 1]),
    "people of two states": (contract_of(people("p", 2), people("q", 2, EDUCATION)), [4]),
    "all weeks or none, asked twice": (contract_of(retention("p", 2, 14), people("q", 2)), [2, 2]),
    "all weeks or none, for different times": (contract_of(people("p", 2), people("q", 4)), [3]),
    "three measures from the second week on": (
        contract_of(retention("p", 2, 14), people("q", 2), weeks("w", counted=2), enrolment=2),
        [3, 3, 4, 4],
    ),
    "a first window of one week, which says all": (
        contract_of(weeks("m", (*FLEKSJOB, *EDUCATION)), weeks("n", EDUCATION), windows=(1, 2)),
        [4],
    ),
    "one week, and all weeks or none behind it": (
        contract_of(
            people("p", 3), retention("q", 3, 21), people("r", 1), weeks(), weeks("n", counted=1), windows=(1, 2)
        ),
        [4, 4],
    ),
    "a cap of a person": (with_cap(contract_of(weeks())), [4]),
    "a price for each state": (
        contract_of(
            weeks("m", (*FLEKSJOB, *EDUCATION)),
            texts.price("m", {"fleksjob": 2, "education": 1}),
            totals=texts.release("contract_total", ["operator"]),
        ),
        [4],
    ),
    "a price for each state, and people": (
        contract_of(
            weeks("m", (*FLEKSJOB, *EDUCATION)),
            people("p", 2),
            texts.price("m", {"fleksjob": 2, "education": 1}),
            texts.price("p"),
            totals=texts.release("contract_total", ["operator"]),
            enrolment=3,
        ),
        [6, 5, 3],
    ),
    "a table by class, and weeks": (
        contract_of(
            people("p", 2, (*FLEKSJOB, *EDUCATION), goal=12), weeks(), disclosure=texts.table("w2", "p"), enrolment=3
        ),
        [6, 4, 3],
    ),
    "a table by class of a window, and weeks": (
        contract_of(
            people("p", 2, (*FLEKSJOB, *EDUCATION), goal=12),
            weeks(),
            disclosure=texts.table("w2", "p"),
            totals=texts.release("contract_total", ["investor"], ["w1"]),
        ),
        [4],
    ),
    "weeks of three windows, and people": (
        contract_of(weeks(), people("p", 2), windows=(2, 2, 2), enrolment=5),
        [6, 5, 4, 3, 2],
    ),
    "one week of two states, and people": (
        contract_of(
            weeks("m", (*FLEKSJOB, *EDUCATION)), weeks("n", EDUCATION), people("p", 1), people("q", 2), windows=(1, 2)
        ),
        [6],
    ),
    "a price of nought for one state, and people": (
        contract_of(
            weeks("m", (*FLEKSJOB, *EDUCATION)),
            people("p", 2),
            texts.price("m", {"fleksjob": 2, "education": 0}),
            texts.price("p"),
            totals=texts.release("contract_total", ["operator"]),
        ),
        [6],
    ),
    "a table by class": (
        contract_of(people("p", 2, (*FLEKSJOB, *EDUCATION), goal=12), disclosure=texts.table("w2", "p")),
        [4],
    ),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_first_day_knows_what_every_life_on_it_changes_and_asks_no_more(name: str, asked: Asked):
    contract, ranks = SMALL[name]
    movers = movers_of(contract)
    assert [day.space.rank for day in movers.days] == ranks
    for day in movers.days:
        known = day.space.copy()
        assert [one for one in rows_of_lives(movers, day) if known.add(one)] == []
        assert day.given_back == ()
    assert asked.further == set(), "the space was as large as it can be"


@pytest.mark.parametrize("name", SMALL)
def test_one_person_is_as_much_of_a_figure_as_any_life_is(name: str):
    contract, _ = SMALL[name]
    movers = movers_of(contract)
    figures = [one.figure for one in exact_figures(contract) if one.figure.is_shown]
    assert figures
    for day in movers.days:
        rows = [{}, *rows_of_lives(movers, day)]
        for figure in figures:
            parts = movers.row(figure).items()
            values = [sum(many * one.get(place, 0) for place, many in parts) for one in rows]
            assert day.capacity(figure) == max(values) - min(values), (day.day.name, figure)


@pytest.mark.parametrize(
    ("name", "stopped"),
    [
        ("people", [(0, "p"), (2, "p")]),
        ("people of two states", [(0, "p"), (0, "q")]),
        ("all weeks or none, asked twice", [(0, "q"), (1, "q")]),
        ("a first window of one week, which says all", [(0, "m")]),
        ("a table by class", [(0, "p")]),
        ("a table by class of a window, and weeks", [(0, "p")]),
        ("a price for each state, and people", [(0, "p"), (2, "p")]),
        ("weeks of three windows, and people", [(0, "p"), (2, "p"), (4, "p")]),
    ],
)
def test_a_measure_that_can_be_anything_in_every_window_is_asked_no_more(
    name: str, stopped: list[tuple[int, str]], asked: Asked
):
    """By the place of the first day."""
    contract, _ = SMALL[name]
    days = [day.day.name for day in movers_of(contract).days]
    possible = [(place, one.id) for place in range(len(days)) for one in contract.measures]
    assert [(place, one) for place, one in possible if (days[place], one) not in asked.of_measures] == stopped


def test_whoever_begins_behind_the_last_window_changes_nothing():
    movers = movers_of(contract_of(weeks(), windows=(1, 1), enrolment=3, first_week="week_after_enrolment"))
    assert [(day.day.name, day.space.rank) for day in movers.days] == [
        ("2020-01-06", 1),
        ("2020-01-13", 0),
        ("2020-01-20", 0),
    ]


AWAY = {
    # what happens to time away -> how large a space each first day has by itself, and with time that is given back
    "failure": ([1, 2], [1, 2]),
    "neutral": ([1, 2], [3, 3]),
}


@pytest.mark.parametrize("moved", AWAY)
def test_time_that_an_exit_gives_back_is_known_beside_what_everybody_can_change(moved: str, asked: Asked):
    movers = movers_of(contract_of(weeks(counted=2), windows=(2, 2, 2), enrolment=2, moved=moved))
    ranks, with_time = AWAY[moved]
    assert [day.space.rank for day in movers.days] == ranks
    for day, rank in zip(movers.days, with_time, strict=True):
        wider = day.space.copy()
        assert all(wider.add(change) for change in day.given_back), "each brings something that no other does"
        assert wider.rank == rank
    if moved == "neutral":
        assert asked.given_back == set(), "nobody can change more than each part of each window"


def test_time_given_back_is_what_it_adds_beside_a_life_without_anything():
    """Who was away in the first two weeks has weeks three and four instead; of the windows that are behind, nothing."""
    movers = movers_of(contract_of(weeks(counted=2), windows=(2, 2), moved="neutral"))
    [day] = movers.days
    both = row(movers, {("m", 0): 1, ("m", 1): 1})
    assert day.space.rest(both) == {}
    assert day.space.rank == 1
    [change] = day.given_back
    assert day.space.rest(change).keys() == {place for place, _ in row(movers, {("m", 1): 1}).items()}


REASONS = contract_of(
    people("p", 2, goal=12),
    weeks(),
    disclosure='reasons_windows = ["w2"]',
    totals=texts.release("contract_total", ["operator", "investor"]),
)


def cells(movers: Movers) -> set[int]:
    """The places of the cells at the end of w2."""
    return {place for bucket in BUCKETS for place in row(movers, {(f"not_counted: {bucket}", 1): 1})}


def balance(movers: Movers, change: Row) -> int:
    """How many people more, or fewer, are in the outcome at the end of w2 or in a cell."""
    return sum(change.get(place, 0) for place in (*cells(movers), *row(movers, {("p", 1): 1}))) % PRIME


def test_whoever_is_in_an_outcome_is_not_in_the_table_of_why_others_are_not(asked: Asked):
    """Who does nothing is in it: what a life changes is told beside that. The table makes no measure larger, and has a
    part of its own: whose run is too short stands in another cell than who does nothing."""
    movers = movers_of(REASONS)
    [day] = movers.days
    lives = rows_of_lives(movers, day)
    assert {balance(movers, change) for change in day.space.basis.values()} == {0}
    assert any(cells(movers) & change.keys() for change in day.space.basis.values())
    assert asked.further == set()
    measures = [place for name in ("p", "m") for at in (0, 1) for place in row(movers, {(name, at): 1})]
    assert {place for one in lives for place in one} == set(measures)
    assert day.space.rank == len(measures) + 1
    [own] = day.space.basis.keys() - set(measures)
    assert own in cells(movers)


def test_time_given_back_takes_whoever_it_brings_into_an_outcome_out_of_the_table():
    """At the end of w2 everybody is in the outcome or in one cell, and so is whoever does nothing."""
    movers = movers_of(
        contract_of(
            people("p", 2, goal=12),
            weeks(counted=2),
            moved="neutral",
            disclosure='reasons_windows = ["w2"]',
            totals=texts.release("contract_total", ["operator", "investor"]),
        )
    )
    [day] = movers.days
    assert day.given_back
    assert {balance(movers, change) for change in day.given_back} == {0}
    assert any(cells(movers) & change.keys() for change in day.given_back)


def test_a_figure_is_the_sum_of_its_parts():
    movers = movers_of(SMALL["weeks"][0])
    first, second = FigurePart("m", 0), FigurePart("m", 1)
    figure = ExactFigure("", "", ((first, 2), (second, 1), (first, 3)))
    assert movers.row(figure) == {0: 5, 1: 1}


def test_what_a_life_adds_stands_at_the_places_of_its_parts_under_a_cap_too():
    """All weeks of work together are worth a week and a half."""
    movers = movers_of(with_cap(contract_of(weeks(), people("p", 2))))
    life = every_life(movers.contract, movers.days[0].day)
    whole = max((movers.row_of_course(one.course()) for one in life), key=lambda one: sum(one.values()))
    expected = (
        row(movers, {("m", 0): 2, ("m", 1): 4})
        | row(movers, {("m", 0): 1500, ("m", 1): 1500}, "m")
        | row(movers, {("p", 0): 1, ("p", 1): 1})
    )
    assert whole == expected
    both = movers.days[0].courses
    assert both[(("m", "m", 0, 1), ("p", "p", 0, 1))] >= {(0, 0), (1500, 1500)}


def test_only_what_is_shown_by_itself_has_courses():
    contract = SMALL["weeks"][0]
    shown = {one.figure.series for one in exact_figures(contract) if one.figure.is_shown}
    assert {series for day in movers_of(contract).days for series in day.courses} == shown
    figures = [one.figure for one in exact_figures(contract) if not one.figure.is_shown]
    assert [dict(day.courses) for day in Movers(contract, figures).days] == [{}] * 3


def test_each_first_day_that_was_asked_is_told():
    steps: list[tuple[int, int]] = []
    contract = SMALL["weeks"][0]
    figures = [one.figure for one in exact_figures(contract)]
    movers = Movers(contract, figures, lambda done, whole: steps.append((done, whole)))
    assert steps == [(1, 3), (2, 3), (3, 3)]
    assert movers.contract is contract
    assert [day.day.name for day in movers.days] == [
        "2019-12-30 to 2020-01-05",
        "2020-01-06 to 2020-01-12",
        "2020-01-13 to 2020-01-19",
    ]


def test_who_counts_from_a_later_window_is_in_no_figure_before_and_in_all_with_everything_from_then_on():
    movers = movers_of(contract_of(weeks(counted=3), windows=(2, 2, 2), moved="neutral"))
    [day] = movers.days
    assert movers.counted_from(0, day) is day
    late = movers.counted_from(1, day)
    assert late.day == day.day
    [units] = [one for one in day.courses if [name for name, *_ in one] == ["m"] and one[0][1] == ""][:1]
    assert {course[1:] for course in late.courses[units]} == {course[1:] for course in day.courses[units]}
    assert {course[0] for course in late.courses[units]} == {0}
    assert max(course[1] for course in late.courses[units]) > 2, "what was theirs in the first window is in the second"
    before = {place for part, place in movers._place.items() if part.position < 1}
    assert before
    assert not before & {place for base in late.space.basis.values() for place in base}
    assert late.space.rank == day.space.rank - 1
    at_first = {place for part, place in movers._place.items() if part.position == 1}
    assert at_first & {place for base in late.space.basis.values() for place in base}, (
        "with the window itself it begins"
    )
    assert len(late.given_back) == len(day.given_back) > 0
    assert not before & {place for back in late.given_back for place in back}


def test_of_two_measures_by_instrument_somebody_may_reach_one_alone():
    """Also where both are measured in the same weeks: so the difference of their figures is somebody's, too."""

    def measured(name: str) -> str:
        used = f'{{ id = "{name}", name = "x", version = "1", lowest = 0, highest = 9, better = "higher" }}'
        near = "baseline_within_days = 7\nfollow_up_within_days = 7\nchange_at_least = 1\nmonths = [1]"
        return texts.measure("instrument", (), f"instrument = {used}\n{near}", name=name)

    movers = movers_of(contract_of(measured("a"), measured("b"), windows=(8,)))
    assert {day.space.rank for day in movers.days} == {2}
