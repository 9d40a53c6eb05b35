"""A contract that is adopted mid-way pays what it would have paid, where the stated past is the evaluated one.

Contracts and histories are the random ones of the evaluator's oracle: every kind of measure, tariff, cap and gate.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.figures import Figures
from gateway.outcomes.opening import OpeningBalances, StatedLine
from gateway.outcomes.tariff import due_lines, owed_amounts
from gateway.outcomes.tariffs.declared_price import DeclaredPriceTariff
from gateway.outcomes.tariffs.price import PriceTariff
from gateway.outcomes.tariffs.steps import StepsTariff
from gateway.outcomes.terms import Caps, Gate, ScalePoint
from tests.property.evaluator_cases import contract_of, history_of
from tests.property.evaluator_values import contract_from, history_from
from tests.property.test_tariff import BALLERUP, TARIFF, WINDOWS, figures
from tests.support.examples import examples
from vocabulary.weeks import Week

pytestmark = pytest.mark.property

Totals = dict[str, tuple[int, int]]


def seeded(seed: int) -> tuple[Contract, list[Figures]]:
    """A contract, and what its tariffs read at the end of every window."""
    rng = random.Random(seed)
    plain = contract_of(rng)
    contract = contract_from(plain)
    people = [history_from(history_of(rng, plain), subject) for subject in range(1, 4)]
    series = []
    for number, (_, _, to_week) in enumerate(plain["windows"]):
        known = {name: row[number] for name, row in plain["declared"].items() if row[number] is not None}
        series.append(evaluate(contract, people, Week.parse(to_week)).figures(contract, known))
    return contract, series


def documents(
    contract: Contract, series: Sequence[Figures], opening: OpeningBalances | None = None
) -> list[tuple[Totals, Totals]]:
    """What each window's document says, and what all say by then; with an opening only of the windows after it."""
    so_far: Totals = dict(opening.totals()) if opening else {}
    first = len(opening.windows) if opening else 0
    found = []
    for end in range(first + 1, len(series) + 1):
        said: Totals = {}
        for line in due_lines(contract, series=series[:end], documented=so_far, opening=opening):
            said[line.tariff] = _plus(said.get(line.tariff), line.quantity, line.amount_minor)
        so_far = {name: _plus(so_far.get(name), *pair) for name, pair in said.items()}
        found.append((said, so_far))
    return found


def _plus(pair: tuple[int, int] | None, quantity: int, amount: int) -> tuple[int, int]:
    before = pair or (0, 0)
    return before[0] + quantity, before[1] + amount


def stated(contract: Contract, said: Sequence[Totals], *, more: int = 0) -> OpeningBalances:
    """Opening balances that state what documents said, and so much more of each tariff in the last window."""
    labels = [window.label for window in contract.windows][: len(said)]
    lines = [
        StatedLine(label, name, quantity, amount + (more if label == labels[-1] else 0), 0, 0, "", "")
        for label, window in zip(labels, said, strict=True)
        for name, (quantity, amount) in window.items()
    ]
    return OpeningBalances(contract.id, tuple(labels), tuple(lines), "0" * 64, "opening.toml")


@settings(max_examples=examples(200), deadline=None)
@given(st.integers(0, 2**32))
def test_adopted_anywhere_every_later_window_pays_the_same(seed: int):
    contract, series = seeded(seed)
    whole = documents(contract, series)
    for last in range(1, len(series)):
        opening = stated(contract, [said for said, _ in whole[:last]])
        assert documents(contract, series, opening) == whole[last:], (seed, last)
        assert owed_amounts(contract, series, opening) == owed_amounts(contract, series)


class BottomlessPrice(PriceTariff):
    """A price of people of whom more can be taken back than was ever stated."""

    @property
    def can_be_negative(self) -> bool:
        return True


def bottomless(tariff: Tariff) -> Tariff:
    """The price without caps and gate, and without a least amount."""
    plain = replace(tariff, cap_minor=0, cap_window_minor=0, gate=None)
    if isinstance(plain, DeclaredPriceTariff):
        return replace(plain, may_be_negative=True)
    return BottomlessPrice(**{field.name: getattr(plain, field.name) for field in fields(plain)})


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(0, 2**32), st.integers(-(10**6), 10**6))
def test_a_difference_is_neither_paid_nor_taken_back(seed: int, more: int):
    """Prices without a cap: whatever the parties state, the windows after it are worth what was earned in them."""
    contract, series = seeded(seed)
    plain = tuple(bottomless(tariff) for tariff in contract.tariffs if tariff.kind == "price")
    contract = replace(contract, tariffs=plain, caps=Caps())
    whole = documents(contract, series)
    if len(series) < 2 or not plain:
        return
    opening = stated(contract, [whole[0][0]], more=more)
    later = documents(contract, series, opening)
    assert [said for said, _ in later] == [said for said, _ in whole[1:]]


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(0, 2**32), st.integers(-(10**6), 10**6))
def test_what_was_stated_counts_against_every_cap(seed: int, more: int):
    contract, series = seeded(seed)
    whole = documents(contract, series)
    if len(series) < 2:
        return
    opening = stated(contract, [whole[0][0]], more=more)
    amounts = opening.amounts()
    is_within = all(amounts[t.id] <= t.cap_minor for t in contract.tariffs if t.cap_minor)
    most = contract.caps.most_minor
    if not is_within or (most and sum(amounts.values()) > most):
        return  # a file that states more than a cap is refused, see test_opening_file.py
    for _, so_far in documents(contract, series, opening):
        for tariff in contract.tariffs:
            assert not tariff.cap_minor or so_far[tariff.id][1] <= tariff.cap_minor
        assert not most or sum(amount for _, amount in so_far.values()) <= most


@given(st.lists(st.integers(0, 10), min_size=4, max_size=4), st.integers(0, 10))
def test_what_is_learnt_of_stated_windows_changes_no_later_window(counts: list[int], learnt: int):
    """Two later documents with other knowledge of the past in each: they pay what was reached since, and no more."""
    opening = stated(BALLERUP, [{TARIFF.id: (counts[0], counts[0] * TARIFF.price_minor)}])
    so_far: Totals = dict(opening.totals())
    for end, past in ((2, counts[0]), (3, learnt)):
        shift = past - counts[0]
        series = [figures(position, count + shift) for position, count in enumerate(counts[:end])]
        for line in due_lines(BALLERUP, series=series, documented=so_far, opening=opening):
            so_far[line.tariff] = _plus(so_far[line.tariff], line.quantity, line.amount_minor)
    assert so_far[TARIFF.id] == (counts[2], counts[2] * TARIFF.price_minor)


def test_a_step_that_was_paid_is_not_reached_again():
    """The parties paid for 60 people; the registers show 58 then, and 61 later."""
    steps = StepsTariff(TARIFF.id, 1, TARIFF.of, points=(ScalePoint(60, 5_000),))
    contract = replace(BALLERUP, tariffs=(steps,))
    opening = stated(contract, [{TARIFF.id: (60, 5_000)}])
    series = [Figures(WINDOWS[n], {TARIFF.of: count}, {}, n + 1) for n, count in enumerate((58, 61, 50))]
    later = documents(contract, series, opening)
    assert [said[TARIFF.id] for said, _ in later] == [(3, 0), (-11, -5_000)]


@pytest.mark.parametrize("evaluated", [{}, {"gate": 3}])
def test_a_gate_that_the_parties_say_was_open_does_not_open_twice(evaluated: dict[str, int]):
    """Its figure was lower in the registers, or nobody had declared it: what is stated as owed is not owed again."""
    gated = replace(TARIFF, gate=Gate("gate", 5))
    contract = replace(BALLERUP, tariffs=(gated,))
    opening = stated(contract, [{TARIFF.id: (4, 4 * TARIFF.price_minor)}])
    first = figures(0, 4)
    first = replace(first, quantities={**first.quantities, **evaluated})
    then = figures(1, 6)
    then = replace(then, quantities={**then.quantities, "gate": 9})
    [(said, so_far)] = documents(contract, [first, then], opening)
    assert said[TARIFF.id] == (2, 2 * TARIFF.price_minor)
    assert so_far[TARIFF.id] == (6, 6 * TARIFF.price_minor)


def test_a_relapse_takes_back_from_stated_windows_what_was_stated_and_no_more():
    opening = stated(BALLERUP, [{TARIFF.id: (2, 2 * TARIFF.price_minor)}])
    series = [figures(0, 5), figures(1, 4), figures(2, 0)]  # the registers show five, the parties paid for two
    later = documents(BALLERUP, series, opening)
    assert [said[TARIFF.id][1] for said, _ in later] == [-TARIFF.price_minor, -TARIFF.price_minor]
    assert later[-1][1] == {TARIFF.id: (0, 0)}


def test_the_last_stated_window_must_be_evaluated():
    opening = stated(BALLERUP, [{TARIFF.id: (1, TARIFF.price_minor)}])
    with pytest.raises(ValueError, match=WINDOWS[0]):
        owed_amounts(BALLERUP, [figures(1, 2)], opening)
