"""Bounds hold for every cohort, windows of a forecast add up to what tariffs owe, and a forecast is an evaluation."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.outcomes.best_seen import best_seen
from gateway.outcomes.bounds import ranges
from gateway.outcomes.contract import Contract
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.forecast import Recount, mean, shift_weeks
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.measures.days import DaysMeasure
from gateway.outcomes.measures.follow_up import FollowUpMeasure
from gateway.outcomes.measures.people import PeopleMeasure
from gateway.outcomes.measures.retention import RetentionMeasure
from gateway.outcomes.measures.weeks import WeeksMeasure
from gateway.outcomes.tariff import owed_amounts
from gateway.outcomes.tariffs.fee import FeeTariff
from gateway.outcomes.tariffs.linear import LinearTariff
from gateway.outcomes.tariffs.price import PriceTariff
from gateway.outcomes.tariffs.steps import StepsTariff
from gateway.outcomes.terms import Caps, ExitRule, Gate, Index, RegisterExit, Rounding, ScalePoint
from tests.support.histories import EXAMPLES, example_contract
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Week

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
}


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
        found.append(PersonHistory(f"{number:032x}", day, statuses, hours, dict.fromkeys(hours, 1), {}))
    return found


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """IMPACT60's calendar with other measures, tariffs, exits and caps."""
    states = IMPACT60.states[:3]
    measures, tariffs = [], []
    for number, kind in enumerate(draw(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=2))):
        name = f"m{number}"
        measures.append(kind(name, states, 1, **KINDS[kind]))
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


@settings(max_examples=60, deadline=None)
@given(contracts(), SEEDS)
def test_what_is_owed_stays_within_the_bounds(contract: Contract, seed: int):
    cohort = people(seed)
    for payment, bound in zip(Recount(contract, cohort).payments(contract, {}), ranges(contract), strict=True):
        assert bound.window == payment.window
        assert bound.low is not None
        assert bound.high is not None
        assert bound.low <= payment.owed_minor <= bound.high


@settings(max_examples=40, deadline=None)
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


@settings(max_examples=30, deadline=None)
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
            {},
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
        assert bound.low is None or bound.high is None or bound.low <= bound.high
    assert found[-1].high is None or best_seen(contract) <= found[-1].high


@pytest.mark.parametrize("name", ["impact60", "ballerup"])
def test_the_bound_of_both_bonds_is_reached(name: str):
    contract = example_contract(name)
    assert best_seen(contract) == ranges(contract)[-1].high


def test_going_up_and_down_costs_more_than_was_paid_where_a_windows_excess_is_lost():
    """The bound knows it: a rise is cut by the window's cap, and the fall is not."""
    contract = example_contract("ballerup")
    [tariff] = contract.tariffs
    price = tariff.price_minor
    capped = replace(contract, tariffs=(replace(tariff, cap_minor=0, cap_window_minor=price),))
    assert [bound.low for bound in ranges(capped)][-1] == -18 * price
    carried = replace(capped, tariffs=(replace(capped.tariffs[0], carries_excess=True),))
    assert [bound.low for bound in ranges(carried)] == [0] * 4
