"""What documents add up to is what is owed, for every order of results, relapses, caps and corrections."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors.contracts import ContractNotEvaluable
from gateway.outcomes.contract import Contract
from gateway.outcomes.figures import Figures
from gateway.outcomes.tariff import due_lines, owed_amounts, owed_before_caps
from gateway.outcomes.tariffs.linear import LinearTariff
from gateway.outcomes.tariffs.steps import StepsTariff
from gateway.outcomes.terms import Caps, Rounding, ScalePoint, divide
from tests.property.oracle import held
from tests.support.histories import example_contract

BALLERUP = example_contract("ballerup")
[TARIFF] = BALLERUP.tariffs
WINDOWS = [window.label for window in BALLERUP.windows]


def figures(position: int, quantity: int, price: int = TARIFF.price_minor) -> Figures:
    return Figures(WINDOWS[position], {TARIFF.of: quantity}, {TARIFF.id: price * quantity}, position + 1)


def paid(contract: Contract, rows: list[list[int]]) -> list[int]:
    """What the documents of each window add up to; row n holds the quantities of windows 0 to n as known then."""
    amount = quantity = 0
    sums = []
    for row in rows:
        series = [figures(position, count) for position, count in enumerate(row)]
        documented = {TARIFF.id: (quantity, amount)} if sums else {}
        lines = due_lines(contract, series=series, documented=documented)
        quantity += sum(line.quantity for line in lines)
        amount += sum(line.amount_minor for line in lines)
        sums.append(amount)
        assert quantity == row[-1]
    return sums


@given(st.lists(st.integers(0, 10), min_size=1, max_size=4))
def test_documents_add_up_to_the_last_count_in_any_order(counts: list[int]):
    """0 to 10 people in any order, with relapses: each window pays the step, and the sum pays the last count."""
    rows = [counts[: end + 1] for end in range(len(counts))]
    assert paid(BALLERUP, rows) == [TARIFF.price_minor * count for count in counts]


@st.composite
def corrected(draw: st.DrawFn) -> list[list[int]]:
    """Quantities by window as they are known at the end of each window: every earlier one may be corrected."""
    windows = draw(st.integers(1, 4))
    return [draw(st.lists(st.integers(0, 10), min_size=end, max_size=end)) for end in range(1, windows + 1)]


@given(corrected(), st.integers(0, 10), st.integers(0, 4), st.booleans())
def test_corrections_and_caps_never_lose_an_oere(rows: list[list[int]], cap: int, in_window: int, carries: bool):
    """A slow oracle walks the windows as a clerk would, one amount after the other."""
    price = TARIFF.price_minor
    tariff = replace(TARIFF, cap_minor=cap * price, cap_window_minor=in_window * price, carries_excess=carries)
    contract = replace(BALLERUP, tariffs=(tariff,))
    for row, amount in zip(rows, paid(contract, rows), strict=True):
        total = earned_before = 0
        for count in row:
            earned = count * price
            total = held(earned, earned_before, total, in_window * price, carries=carries)
            earned_before = earned
        assert amount == (min(total, cap * price) if cap else total)
        assert amount >= 0  # nothing is taken back that was not paid


@given(st.lists(st.integers(0, 9), min_size=3, max_size=3), st.integers(1, 20))
def test_the_contracts_cap_is_felt_by_the_later_tariffs_first(counts: list[int], cap: int):
    names = ("first", "second", "third")
    tariffs = tuple(replace(TARIFF, id=name, cap_minor=0) for name in names)
    contract = replace(BALLERUP, tariffs=tariffs, caps=Caps(contract_minor=cap))
    [amounts] = owed_amounts(contract, [Figures(WINDOWS[0], {}, dict(zip(names, counts, strict=True)), 1)])
    assert sum(amounts.values()) == min(sum(counts), cap)
    assert amounts["first"] == min(counts[0], cap)
    assert amounts["third"] == max(0, min(counts[2], cap - counts[0] - counts[1]))


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6), st.sampled_from(Rounding))
def test_a_quotient_is_rounded_as_the_contract_names_it(numerator: int, denominator: int, rounding: Rounding):
    exact = Fraction(numerator, denominator)
    if rounding is Rounding.NONE and exact.denominator != 1:
        with pytest.raises(ContractNotEvaluable, match="no rounding"):
            divide(numerator, denominator, rounding)
        return
    expected = {
        Rounding.NONE: exact.__floor__(),
        Rounding.DOWN: exact.__floor__(),
        Rounding.HALF_UP: (exact + Fraction(1, 2)).__floor__(),
        Rounding.HALF_EVEN: round(exact),
    }[rounding]
    assert divide(numerator, denominator, rounding) == expected


POINTS = st.lists(
    st.tuples(st.integers(-50, 150), st.integers(0, 10**6)), min_size=2, max_size=6, unique_by=lambda point: point[0]
)


@given(POINTS, st.integers(-60, 160))
def test_lines_go_through_their_points_and_are_level_outside(points: list[tuple[int, int]], figure: int):
    points.sort()
    tariff = LinearTariff("t", 1, "rate", points=tuple(ScalePoint(*point) for point in points))
    contract = replace(BALLERUP, tariffs=(tariff,), rounding=Rounding.HALF_EVEN)
    amount = owed_before_caps(contract, tariff, Figures(WINDOWS[0], {"rate": figure}, {}, 1))
    if figure <= points[0][0]:
        assert amount == points[0][1]
    elif figure >= points[-1][0]:
        assert amount == points[-1][1]
    else:
        (low, at_low), (high, at_high) = next((a, b) for a, b in pairwise(points) if a[0] <= figure < b[0])
        assert amount == round(Fraction(at_low) + Fraction(at_high - at_low) * Fraction(figure - low, high - low))


@given(POINTS, st.integers(-60, 160))
def test_steps_pay_the_highest_one_that_is_reached(points: list[tuple[int, int]], figure: int):
    """Also where a higher figure is worth less, such as a rate of relapse."""
    points.sort()
    tariff = StepsTariff("t", 1, "rate", points=tuple(ScalePoint(*point) for point in points))
    contract = replace(BALLERUP, tariffs=(tariff,))
    reached = {at: amount for at, amount in points if at <= figure}
    amount = owed_before_caps(contract, tariff, Figures(WINDOWS[0], {"rate": figure}, {}, 1))
    assert amount == (reached[max(reached)] if reached else 0)


@given(st.integers(0, 10**12), st.integers(0, 150), st.integers(1, 8))
def test_capital_and_its_highest_return_are_a_bound_that_is_never_passed(capital: int, per_mille: int, years: int):
    caps = Caps(capital_minor=capital, return_per_mille_a_year=per_mille, return_years=years)
    exact = Fraction(capital) * (1 + Fraction(per_mille, 1000)) ** years
    assert caps.most_minor == exact.__floor__() if capital else caps.most_minor == 0
