"""How each kind of tariff is read from its row of the contract file, and which rows are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.outcomes.tariffs.cohort_threshold import CohortTariff, CohortThreshold
from gateway.outcomes.tariffs.price import PriceTariff
from gateway.outcomes.terms import FigureUnit, ScalePoint
from tests.support.rule_tables import FOLDER, contract_of
from tests.unit.outcomes.one_of_each_tariff import (
    CONTRACT,
    MEASURES,
    STEPS,
    TARIFF,
    TARIFFS,
    terms,
)
from vocabulary.errors import DeclarationInvalid

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
    assert key in [one.key.rpartition(".")[2] for one in refused.value.mistakes]


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
    assert key in [one.key.rpartition(".")[2] for one in refused.value.mistakes]


def test_a_cohort_tariff_may_do_without_a_pooled_figure():
    tariff = next(one for one in contract_of(terms(cohorts=ONE)).tariffs if one.id == "cohorts")
    assert isinstance(tariff, CohortTariff)
    assert tariff.unit(CONTRACT) is FigureUnit.PER_MILLE
    assert (tariff.price_minor, tariff.cohorts, tariff.pooled, tariff.pooled_from) == (
        5, (CohortThreshold("rate", 1),), None, "",
    )  # fmt: skip
