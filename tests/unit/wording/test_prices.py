"""The last lines of `contract check`: every price and cap in words, a line for each tariff, whole numbers only."""

from __future__ import annotations

import pytest

from gateway.outcomes.kinds import TARIFFS
from gateway.wording.prices import prices_in_words
from gateway.wording.tariffs import TARIFF_WORDS
from tests.support.histories import EXAMPLES, example_contract
from tests.support.rule_tables import contract_of

NAMES = sorted(path.stem for path in (EXAMPLES / "contracts").glob("*.toml"))
LINES = {
    "aarhus": [
        (
            "follow_up: pr. point 40.000,00 kr. for ordinært job og 30.000,00 kr. for uddannelse; højst 300.000,00 kr."
            " i en periode, resten skyldes senere"
        ),
        "Højst 1.200.000,00 kr. for kontrakten",
    ],
    "ballerup": ["steady_and_off_benefits: 250.000,00 kr. pr. person; højst 2.500.000,00 kr. i alt"],
    "impact60": ["weeks_in_work_or_education: 1.500,00 kr. pr. uge; højst 15.000.000,00 kr. i alt"],
    "iod-actiris": [
        "capital: højeste trin af above_control: 10 promille giver 2.200.000,00 EUR",
        "premium: rette linjer for above_control: 500 promille giver 0,00 EUR og 1.000 promille giver 600.000,00 EUR",
        (
            "Investors kapital 2.200.000,00 EUR forrentes højst med 7,5 % om året i 3 år; kontrakten betaler højst"
            " 2.733.053,12 EUR"
        ),
    ],
    "koto-sib": ["half_of_the_difference: 50 % af difference_per_person × drawn"],
    "new-york-employment": [
        "in_work: 6.000,00 USD pr. person; kun når points_more_in_work mindst 50 promille",
        "days_incarcerated: 85,00 USD pr. dag; kun når per_mille_fewer_days mindst 80 promille",
        (
            "Investors kapital 13.500.000,00 USD forrentes højst med 12,5 % om året i 5 år; kontrakten betaler højst"
            " 24.327.438,35 USD"
        ),
    ],
    "peterborough": [
        (
            "fewer_reconvictions: 2.500.000,00 GBP pr. hold, der når fewer_in_cohort_1 mindst 100 promille og"
            " fewer_in_cohort_2 mindst 100 promille, eller alle ved fewer_in_both mindst 75 promille fra final"
        )
    ],
    "whp": [
        "employed: 1.200,00 GBP pr. person",
        "self_employed: 1.200,00 GBP pr. person",
        "delivery_fee: 6.000,00 GBP pr. periode; højst 48.000,00 GBP i alt",
        "Højst 1.200,00 GBP for én person",
    ],
}
TERMS = """
[[measures]]
id = "entry"
kind = "retention"
states = ["fleksjob"]
period = "week"
needed = 1

[[tariffs]]
id = "entry"
kind = "price"
of = "entry"
price_minor = 75000
index = "wage"
base_year = 2019
cap_window_minor = 100001
excess = "lost"
cap_minor = 5

[[aggregates]]
id = "saved"
unit = "minor"
evaluator = "evaluator"
method = "saving"
source = "a register"
windows = ["Q4"]

[[aggregates]]
id = "before"
unit = "minor"
evaluator = "evaluator"
method = "before"
source = "a register"
windows = ["Q4"]

[[tariffs]]
id = "share"
kind = "share"
of = "before"
minus = "saved"
share_per_mille = 125
may_be_negative = true

[caps]
person_minor = 70000
contract_minor = 9000050
"""


@pytest.mark.parametrize("name", LINES)
def test_the_examples_prices_read_as_a_case_worker_says_them(name: str):
    assert prices_in_words(example_contract(name)) == LINES[name]


def test_an_index_a_share_and_every_cap_are_said():
    assert prices_in_words(contract_of(TERMS)) == [
        (
            "entry: 750,00 kr. pr. person i 2019-niveau, følger wage; højst 1.000,01 kr. i en periode, resten"
            " bortfalder; et fald tager højst det tilbage, der er betalt; højst 0,05 kr. i alt"
        ),
        "share: 12,5 % af (before minus saved), kan være negativt",
        "Højst 700,00 kr. for én person",
        "Højst 90.000,50 kr. for kontrakten",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_tariff_has_one_line(name: str):
    contract = example_contract(name)
    lines = prices_in_words(contract)
    for tariff, line in zip(contract.tariffs, lines, strict=False):
        assert line.startswith(f"{tariff.id}: ")
        assert "{" not in line
    assert not any("\n" in line for line in lines)


def test_every_phrase_of_a_tariff_is_said_in_few_words():
    silent = {(kind, key) for kind in TARIFFS for key, words in TARIFF_WORDS[kind].items() if not words.short}
    assert {key for _, key in silent} == {"never_negative"}
