"""What documents add up to is what is due, for every order of results, relapses, caps and corrections."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from connectors.records import Week
from gateway.outcomes.evaluate import Evaluation, MeasureTotal
from gateway.outcomes.tariff import amount_due, due_lines
from tests.support.histories import example_contract

BALLERUP = example_contract("ballerup")
MEASURE = BALLERUP.measures[0]


def evaluation(people: int) -> Evaluation:
    total = MeasureTotal(MEASURE.id, "people", people, ())
    return Evaluation("", Week.parse("2020-W53"), 10, (total,), 0, 0, 0, 0, "")


@given(st.lists(st.integers(0, 10), min_size=1, max_size=8))
def test_documents_add_up_to_the_last_count_in_any_order(counts: list[int]):
    """0 to 10 people in any order, with relapses: each window pays the step, and the sum pays the last count."""
    quantity = amount = 0
    for position, count in enumerate(counts):
        before = evaluation(counts[position - 1]) if position else None
        documented = {MEASURE.id: (quantity, amount)} if position else {}
        [line] = due_lines(BALLERUP, now=evaluation(count), before=before, documented=documented)
        assert (line.kind, line.quantity) == ("window", count - (counts[position - 1] if position else 0))
        assert line.amount_minor == MEASURE.price_minor * line.quantity
        quantity, amount = quantity + line.quantity, amount + line.amount_minor
    assert (quantity, amount) == (counts[-1], MEASURE.price_minor * counts[-1])


@given(
    st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=1, max_size=6),
    st.integers(0, 10).map(lambda people: people * MEASURE.price_minor),
)
def test_corrections_and_caps_never_lose_an_oere(rows: list[tuple[int, int]], cap: int):
    """Each row is (count now, count of the window before as it is known now): a correction may change it."""
    measure = replace(MEASURE, cap_minor=cap)
    contract = replace(BALLERUP, measures=(measure,))
    amount = quantity = 0
    for position, (count, earlier) in enumerate(rows):
        before = evaluation(earlier) if position else None
        documented = {measure.id: (quantity, amount)} if position else {}
        lines = due_lines(contract, now=evaluation(count), before=before, documented=documented)
        quantity += sum(line.quantity for line in lines)
        amount += sum(line.amount_minor for line in lines)
        assert amount == amount_due(measure, count)
        assert quantity == count
        assert not cap or amount <= cap


@given(st.integers(0, 400), st.integers(0, 10_000), st.integers(0, 1_000_000))
def test_an_amount_is_price_times_quantity_under_the_cap(quantity: int, price: int, cap: int):
    measure = replace(MEASURE, price_minor=price, cap_minor=cap)
    naive = sum(price for _ in range(quantity))
    assert amount_due(measure, quantity) == (min(naive, cap) if cap else naive)
