"""Bounds hold for every cohort, windows of a forecast add up to what tariffs owe, and a forecast is an evaluation."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.outcomes.best_seen import best_seen
from gateway.outcomes.bound import Least, Most
from gateway.outcomes.bounds import ranges
from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.figures import Figures
from gateway.outcomes.forecast import Recount, mean, shift_weeks
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.measures.days import DaysMeasure
from gateway.outcomes.measures.each_day import EachDayMeasure
from gateway.outcomes.measures.follow_up import FollowUpMeasure
from gateway.outcomes.measures.pay import PayMeasure
from gateway.outcomes.measures.people import PeopleMeasure
from gateway.outcomes.measures.retention import RetentionMeasure
from gateway.outcomes.measures.started import StartedMeasure
from gateway.outcomes.measures.week_blocks import WeekBlocksMeasure
from gateway.outcomes.measures.weeks import WeeksMeasure
from gateway.outcomes.tariff import owed_amounts
from gateway.outcomes.tariffs.declared_price import DeclaredPriceTariff
from gateway.outcomes.tariffs.fee import FeeTariff
from gateway.outcomes.tariffs.linear import LinearTariff
from gateway.outcomes.tariffs.pay_share import PayShareTariff
from gateway.outcomes.tariffs.price import PriceTariff
from gateway.outcomes.tariffs.share import ShareTariff
from gateway.outcomes.tariffs.steps import StepsTariff
from gateway.outcomes.terms import (
    Aggregate,
    Caps,
    Evaluator,
    ExitRule,
    FigureUnit,
    Gate,
    Index,
    RegisterExit,
    Rounding,
    ScalePoint,
)
from tests.support.examples import examples
from tests.support.histories import EXAMPLES, example_contract
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Week

pytestmark = pytest.mark.property

IMPACT60 = example_contract("impact60")
IMPACT60 = replace(IMPACT60, rounding=Rounding.HALF_EVEN, windows=IMPACT60.windows[:4])
PEOPLE = 3
SEEDS = st.integers(0, 2**32)
FIRST, LAST = Week.of(IMPACT60.cohort.enrolment_from), IMPACT60.windows[-1].to_week
MONTHS = range(FIRST.month.ordinal, LAST.month.ordinal + 1)
INDEX = Index("wages", "invented", {2018: 100, 2019: 103, 2020: 97, 2021: 110})
KINDS = {
    WeeksMeasure: {"weeks_from_enrolment": 60},
    PeopleMeasure: {"sustained_weeks": 8},
    RetentionMeasure: {"needed": 10, "within": 20, "days_from_enrolment": 400},
    DaysMeasure: {"needed": 120},
    FollowUpMeasure: {"months": (6, 12, 24)},
    EachDayMeasure: {"days_from_enrolment": 200},
    WeekBlocksMeasure: {"weeks_per_block": 6, "most_blocks": 4, "is_consecutive": True, "weeks_from_enrolment": 70},
    StartedMeasure: {},
    PayMeasure: {"counts_partial_months": True, "most_minor": 90_000},
}
STATES_OF = {StartedMeasure: (), PayMeasure: IMPACT60.states[:1]}


def people(seed: int) -> list[PersonHistory]:
    """A cohort whose lives are runs of one status, with or without wage hours, and with relapses and exits."""
    rng = random.Random(seed)
    shown = [Status.NO_BENEFIT, Status.FLEKSJOB, Status.BENEFIT, Status.HOLIDAY, Status.NOT_RESIDENT]
    span = (IMPACT60.cohort.enrolment_to - IMPACT60.cohort.enrolment_from).days
    found = []
    for number in range(PEOPLE):
        statuses: dict[int, frozenset[Status]] = {}
        week = FIRST.ordinal
        while week <= LAST.ordinal:
            run, status = rng.randint(4, 60), rng.choices(shown, [5, 5, 3, 1, 1])[0]
            statuses |= {week + n: frozenset({status}) for n in range(run)}
            week += run
        hours = {(month, IncomeType.WAGE): rng.choice([0, 200_00, 200_00]) for month in MONTHS}
        day = IMPACT60.cohort.enrolment_from + timedelta(days=rng.randint(0, span))
        earnings = {key: rng.choice([0, 1, 40_000, 40_000, -15_000]) for key in hours}
        found.append(PersonHistory(f"{number:032x}", day, statuses, hours, dict.fromkeys(hours, 1), earnings))
    return found


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """IMPACT60's calendar with other measures, tariffs, exits and caps."""
    states = IMPACT60.states[:3]
    measures, tariffs = [], []
    for number, kind in enumerate(draw(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=2))):
        name = f"m{number}"
        measures.append(kind(name, STATES_OF.get(kind, states), 1, **KINDS[kind]))
        window_cap = draw(st.sampled_from([0, 0, 5_000, 40_000]))
        limits = {
            "cap_minor": draw(st.sampled_from([0, 30_000])),
            "cap_window_minor": window_cap,
            "carries_excess": draw(st.booleans()),
        }
        gate = Gate(name, draw(st.integers(1, 40))) if draw(st.integers(0, 3)) == 0 else None
        points = (ScalePoint(1, 500), ScalePoint(3, 9_000), ScalePoint(40, 70_000))
        scale = draw(st.sampled_from([None, StepsTariff, LinearTariff]))
        price, index = draw(st.integers(1, 2_000)), draw(st.sampled_from([None, INDEX]))
        if kind is PayMeasure:
            tariffs.append(PayShareTariff(f"t{number}", 1, name, draw(st.integers(1, 900)), gate=None, **limits))
            continue
        row = (
            PriceTariff(f"t{number}", 1, name, price, None, index, 2018 if index else 0, gate=gate, **limits)
            if scale is None
            else scale(f"t{number}", 1, name, points, gate=gate, **limits)
        )
        tariffs.append(row)
    if draw(st.booleans()):
        tariffs.append(FeeTariff("fee", 1, price_minor=100))
    rules = st.sampled_from(list(ExitRule))
    return replace(
        IMPACT60,
        cohort=replace(IMPACT60.cohort, size=PEOPLE),
        measures=tuple(measures),
        tariffs=tuple(tariffs),
        caps=Caps(draw(st.sampled_from([0, 50_000])), draw(st.sampled_from([0, 6_000]))),
        register_exits={exit_: draw(rules) for exit_ in RegisterExit},
    )


@settings(max_examples=examples(60), deadline=None)
@given(contracts(), SEEDS)
def test_what_is_owed_stays_within_the_bounds(contract: Contract, seed: int):
    cohort = people(seed)
    for payment, bound in zip(Recount(contract, cohort).payments(contract, {}), ranges(contract), strict=True):
        assert bound.window == payment.window
        assert bound.least.minor is not None
        assert bound.most.minor is not None
        assert bound.least.minor <= payment.owed_minor <= bound.most.minor


@settings(max_examples=examples(40), deadline=None)
@given(contracts(), SEEDS)
def test_windows_of_a_forecast_add_up_to_what_the_tariffs_owe(contract: Contract, seed: int):
    cohort = people(seed)
    evaluated = [evaluate(contract, cohort, window.to_week).figures(contract, {}) for window in contract.windows]
    totals = [sum(amounts.values()) for amounts in owed_amounts(contract, evaluated)]
    recount = Recount(contract, cohort)
    assert recount.series(contract, {}) == evaluated
    payments = recount.payments(contract, {})
    assert [payment.owed_minor for payment in payments] == totals
    assert sum(payment.amount_minor for payment in payments) == totals[-1]
    halves = mean([payments, Recount(contract, cohort[:2]).payments(contract, {})])
    assert sum(payment.amount_minor for payment in halves) == halves[-1].owed_minor


@settings(max_examples=examples(30), deadline=None)
@given(contracts(), SEEDS, st.integers(1, 2))
def test_a_calendar_and_a_cohort_that_move_together_owe_the_same(contract: Contract, seed: int, times: int):
    """By four hundred years of weeks, after which every date falls on the same day again."""
    cohort, weeks, months = people(seed), 20_871 * times, 4800 * times
    there = shift_weeks(contract, weeks)
    moved_cohort = [
        PersonHistory(
            one.subject,
            one.enrolled_on.replace(year=one.enrolled_on.year + months // 12),
            {week + weeks: shown for week, shown in one.statuses.items()},
            {(month + months, kind): hours for (month, kind), hours in one.hours.items()},
            {(month + months, kind): count for (month, kind), count in one.postings.items()},
            {(month + months, kind): pay for (month, kind), pay in one.earnings.items()},
        )
        for one in cohort
    ]
    assert Recount(there, moved_cohort).payments(there, {}) == Recount(contract, cohort).payments(contract, {})


@pytest.mark.parametrize("file", sorted((EXAMPLES / "contracts").glob("*.toml")), ids=lambda file: file.stem)
def test_bounds_of_every_example_are_in_order_and_hold_what_was_seen(file: Path):
    contract = example_contract(file.stem)
    found = ranges(contract)
    assert [bound.window for bound in found] == [window.label for window in contract.windows]
    for bound in found:
        assert bound.least.minor is None or bound.most.minor is None or bound.least.minor <= bound.most.minor
    assert found[-1].most.minor is None or best_seen(contract) <= found[-1].most.minor


@pytest.mark.parametrize("name", ["impact60", "ballerup"])
def test_the_bound_of_both_bonds_is_reached(name: str):
    contract = example_contract(name)
    assert best_seen(contract) == ranges(contract)[-1].most.minor


def test_going_up_and_down_takes_back_what_was_paid_and_no_more():
    """Where a window's excess is lost: a rise is cut by the cap, and so is what its fall takes back."""
    contract = example_contract("ballerup")
    [tariff] = contract.tariffs
    price = tariff.price_minor
    capped = replace(tariff, cap_minor=0, cap_window_minor=price)
    there, labels = replace(contract, tariffs=(capped,)), [window.label for window in contract.windows]
    series = [
        Figures(label, {tariff.of: people}, {tariff.id: people * price}, number)
        for number, (label, people) in enumerate(zip(labels, (6, 0, 6, 0), strict=True), start=1)
    ]
    assert [owed[tariff.id] for owed in owed_amounts(there, series)] == [price, 0, price, 0]
    assert [bound.least.minor for bound in ranges(there)] == [0] * 4
    carried = replace(there, tariffs=(replace(capped, carries_excess=True),))
    assert [owed[tariff.id] for owed in owed_amounts(carried, series)] == [price, 0, price, 0]
    assert [bound.least.minor for bound in ranges(carried)] == [0] * 4


def declared_bond(rng: random.Random) -> Contract:
    """IMPACT60's calendar, and every kind of tariff over declared figures, with fees, gates and caps at random."""
    labels = tuple(window.label for window in IMPACT60.windows)
    units = {"people": FigureUnit.PERSON, "control": FigureUnit.MINOR, "treated": FigureUnit.MINOR}
    evaluator = Evaluator("somebody", "Somebody", "a-thumbprint")
    figures = tuple(
        Aggregate(name, unit, evaluator, "", "", tuple(rng.sample(labels, rng.randint(1, len(labels)))), 1)
        for name, unit in units.items()
    )
    points = tuple(ScalePoint(at, rng.randint(-900, 900)) for at in sorted(rng.sample(range(-30, 60), 3)))
    kinds: list[Callable[..., Tariff]] = [
        lambda name, **limits: FeeTariff(name, 1, rng.randint(1, 600), **limits),
        lambda name, **limits: DeclaredPriceTariff(name, 1, "people", rng.randint(1, 90), rng.random() < 0.6, **limits),
        lambda name, **limits: ShareTariff(name, 1, "treated", 700, "control", "", rng.random() < 0.6, **limits),
        lambda name, **limits: StepsTariff(name, 1, "people", points, **limits),
        lambda name, **limits: LinearTariff(name, 1, "people", points, **limits),
    ]
    tariffs = []
    for number in range(rng.randint(1, 3)):
        limits = {
            "cap_minor": rng.choice([0, 0, 300, 5_000]),
            "cap_window_minor": rng.choice([0, 100, 700]),
            "carries_excess": rng.random() < 0.5,
            "gate": Gate("people", rng.randint(1, 20)) if rng.random() < 0.2 else None,
        }
        tariffs.append(rng.choice(kinds)(f"t{number}", **limits))
    excess = "treated" if rng.random() < 0.2 else ""
    caps = Caps(rng.choice([0, 100, 1_000]), 50 if excess else 0, excess)
    return replace(IMPACT60, measures=(), aggregates=figures, tariffs=tuple(tariffs), caps=caps)


def declared_series(rng: random.Random, contract: Contract) -> list[Figures]:
    """What evaluators declare window by window, below nothing too; a figure once declared stays until the next one."""
    known: dict[str, int] = {}
    found = []
    for number, window in enumerate(contract.windows, start=1):
        due = [one.id for one in contract.aggregates if window.label in one.windows]
        known = known | {name: rng.choice([-1, 1]) * rng.choice([0, 1, 7, 40, 900]) for name in due}
        found.append(Figures(window.label, dict(known), {}, number))
    return found


def violations(seeds: range) -> list[tuple[int, str, int]]:
    found = []
    for seed in seeds:
        rng = random.Random(seed)
        contract = declared_bond(rng)
        owed = owed_amounts(contract, declared_series(rng, contract))
        for bound, amounts in zip(ranges(contract), owed, strict=True):
            total = sum(amounts.values())
            least, most = bound.least.minor, bound.most.minor
            if (least is not None and total < least) or (most is not None and total > most):
                found.append((seed, bound.window, total))
    return found


def test_no_figure_declared_below_nothing_no_cap_and_no_fee_leaves_the_bounds():
    assert violations(range(1_000)) == []


@pytest.mark.long
def test_no_bound_of_twenty_thousand_contracts_is_left():
    assert violations(range(1_000, 21_000)) == []


def test_a_bound_that_says_too_much_is_found(monkeypatch: pytest.MonkeyPatch):
    """The positive control: a cap on what has no least value, as it was once taken for one."""
    monkeypatch.setattr(Least, "under", lambda self, cap: Least(cap) if self.minor is None else self)
    assert violations(range(200))


def test_a_cap_on_what_has_no_least_value_sets_none():
    """The page to sign once said at least 1,000,000.00 for a contract that owes -250,000.00."""
    labels = tuple(window.label for window in IMPACT60.windows)
    people = Aggregate("people", FigureUnit.PERSON, Evaluator("e", "E", "a-thumbprint"), "", "", labels, 1)
    price = DeclaredPriceTariff("t", 1, "people", 100_000, may_be_negative=True)
    contract = replace(IMPACT60, measures=(), aggregates=(people,), tariffs=(price,), caps=Caps(100_000_000))
    last = ranges(contract)[-1]
    assert (last.least, last.most) == (Least(None), Most(100_000_000))


def test_a_fee_under_the_cap_of_a_window_is_cut_on_both_sides():
    fee = FeeTariff("fee", 1, price_minor=500, cap_window_minor=100)
    contract = replace(IMPACT60, measures=(), tariffs=(fee,), caps=Caps())
    assert [(one.least.minor, one.most.minor) for one in ranges(contract)] == [(n, n) for n in (100, 200, 300, 400)]
