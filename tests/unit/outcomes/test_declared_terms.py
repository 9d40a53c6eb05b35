"""Terms that rest on declared figures: what is refused, and what a gate, a price and a person's cap make of figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.errors.contracts import ContractNotEvaluable
from gateway.outcomes.figures import Figures
from gateway.outcomes.tariff import capped_by, owed_amounts
from gateway.outcomes.terms import Gate, Index, RegisterExit, Rounding
from policies.basis import StopReason
from tests.support.histories import example_contract
from vocabulary.errors import DeclarationInvalid

KOTO, ROUND_1, NEW_YORK, WHP = "koto-sib", "innovation-fund-r1", "new-york-employment", "whp"
EXITS = "[exits]\n" + "".join(f'{word} = "frozen"\n' for word in (*StopReason, *RegisterExit))

# contract, what is replaced -> by what -> the key that the refusal names -> words of the reason
REFUSALS = [
    # nobody is counted: what is said of single people would never be used
    (KOTO, "[freeze]", f"{EXITS}\n[freeze]", "exits", "no measures"),
    (KOTO, "[freeze]", '[sources]\nstatus = "dream"\n[freeze]', "sources", "no measures"),
    (KOTO, "[freeze]", '[qualification]\nmissing_month = "no_hours"\n[freeze]', "qualification", "no measures"),
    (KOTO, "[freeze]", '[[pauses]]\nfrom_week = "2018-W01"\nto_week = "2018-W02"\n[freeze]', "pauses", "no measures"),
    (KOTO, "k = 5", 'k = 5\nreasons_windows = ["result"]', "disclosure.reasons_windows", "this contract has none"),
    (KOTO, "k = 5", 'k = 5\nbreakdown = "drawn"', "disclosure.breakdown", "this contract has none"),
    # and where somebody is counted it has to be said
    ("impact60", "[exits]", "[ways_out]", "ways_out", "not a word of this language here"),
    ("impact60", "[sources]", "[registers]", "sources", "is missing"),
    ("impact60", "[qualification]", "[qualifications]", "qualifications", "qualification may be meant"),
    # payers of other countries
    ("impact60", 'municipality_code = "851"\n', "", "municipality_code", "is missing"),
    (KOTO, 'country = "FI"', 'country = "Finland"', "country", "two capital letters"),
    (KOTO, 'country = "FI"', "", "municipality_code", "is missing"),
    (KOTO, 'country = "FI"', 'country = "FI"\nmunicipality_code = "851"', "municipality_code", "not a word"),
    (WHP, 'recipients = ["operator"]', 'recipients = ["operator", "investor"]', "recipients", "no recipient"),
    # prices of declared figures
    (NEW_YORK, 'of = "fewer_days"', 'of = "per_mille_fewer_days"', "tariffs.1.of", "must be in person or day"),
    (NEW_YORK, 'of = "fewer_days"', 'of = "nights"', "tariffs.1.of", "knows no measure or aggregate"),
    (NEW_YORK, "price_minor = 8500\nmay_be_negative = false", "price_minor = 8500", "may_be_negative", "missing"),
    (NEW_YORK, "price_minor = 8500", "price_minor = 8500\nbase_year = 2014", "base_year", "not a word"),
    # gates
    (NEW_YORK, 'gate = { of = "per_mille_fewer_days"', 'gate = { of = "fewer"', "gate.of", "knows no"),
    (NEW_YORK, "at_least = 80 }", "at_least = 0 }", "gate.at_least", "at least 1"),
    (NEW_YORK, "at_least = 80 }", "at_least = 80, or = 1 }", "gate.or", "not a word"),
    # the cap of a person behind declared figures
    (ROUND_1, 'person_excess = "over_the_cap"', "", "caps.person_excess", "is needed"),
    (ROUND_1, 'person_excess = "over_the_cap"', 'person_excess = "nothing"', "caps.person_excess", "no aggregate"),
    (ROUND_1, 'person_excess = "over_the_cap"', 'person_excess = "level_1"', "caps.person_excess", "must be in minor"),
    (ROUND_1, "person_minor = 820000\n", "", "caps.person_excess", "nowhere else"),
    (
        ROUND_1,
        'added up"\nsource = "claims that the verifier has checked"\nwindows = ["2012-2014", "2014-2015"]',
        'added up"\nsource = "claims that the verifier has checked"\nwindows = ["2014-2015"]',
        "caps.person_excess",
        "in every window",
    ),
    # years of an index
    (WHP, "first_month = 4", "first_month = 13", "indices.0.first_month", "at most 12"),
    (
        WHP,
        "price_minor = 120000\n\n[[tariffs]]\nid = \"self",
        "price_minor = 120000\nindex = \"national_living_wage\"\nbase_year = 2017\n\n[[tariffs]]\nid = \"self",
        "tariffs.0.index",
        "calendar years",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "key", "reason"), REFUSALS)
def test_a_term_that_cannot_be_meant_is_refused_with_its_place(name: str, old: str, new: str, key: str, reason: str):
    with pytest.raises(DeclarationInvalid) as refused:
        example_contract(name, edit=(old, new))
    named = next(one for one in refused.value.mistakes if key in one.key)
    assert reason in str(named)


def test_a_contract_on_declared_figures_alone_reads_no_register():
    contract = example_contract(KOTO)
    assert (contract.sources, contract.measures, contract.states) == ((), (), ())


def amounts(name: str, window: str, **quantities: int) -> dict[str, int]:
    [found] = owed_amounts(example_contract(name), [Figures(window, quantities, {}, 1)])
    return found


@pytest.mark.parametrize(("points", "expected"), [(49, 0), (50, 600000 * 3), (-1, 0)])
def test_a_tariff_owes_nothing_below_its_gate(points: int, expected: int):
    found = amounts(NEW_YORK, "phase1", points_more_in_work=points, more_people_in_work=3)
    assert found == {"in_work": expected, "days_incarcerated": 0}


def test_what_a_gate_let_through_comes_back_when_its_figure_falls():
    contract = example_contract(NEW_YORK)
    series = [
        Figures(label, {"points_more_in_work": points, "more_people_in_work": 3}, {}, number)
        for number, (label, points) in enumerate((("phase1", 50), ("phase2", 49)), start=1)
    ]
    assert [found["in_work"] for found in owed_amounts(contract, series)] == [1800000, 0]


def test_a_figure_that_is_not_due_yet_opens_no_gate_and_pays_nothing():
    assert amounts(NEW_YORK, "phase1", more_people_in_work=3)["in_work"] == 0
    assert amounts(NEW_YORK, "phase1", points_more_in_work=60)["in_work"] == 0


@pytest.mark.parametrize(("negative", "expected"), [(False, 0), (True, -17000)])
def test_a_negative_figure_is_owed_back_only_where_the_contract_says_so(negative: bool, expected: int):
    contract = example_contract(NEW_YORK)
    tariff = replace(contract.tariffs[1], may_be_negative=negative, gate=Gate("more_people_in_work", 1))
    found = owed_amounts(replace(contract, tariffs=(tariff,)), [
        Figures("phase1", {"fewer_days": -2, "more_people_in_work": 1}, {}, 1)
    ])  # fmt: skip
    assert found == [{"days_incarcerated": expected}]


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        (0, (260000, 100000)),
        (40000, (260000, 60000)),  # the later tariff feels it first
        (150000, (210000, 0)),
        (999999, (0, 0)),  # never below nothing
        (-5, (260000, 100000)),  # nor is anything added
    ],
)
def test_what_the_cap_of_a_person_cuts_is_taken_off_the_later_tariffs_first(over: int, expected: tuple[int, int]):
    found = amounts(ROUND_1, "2012-2014", job_13_weeks=1, job_26_weeks=1, over_the_cap=over)
    assert (found["job_13_weeks"], found["job_26_weeks"]) == expected


def test_the_cap_of_a_person_is_told_among_the_caps_that_cut():
    contract = example_contract(ROUND_1)
    for over, cut in ((0, []), (1, ["caps"])):
        assert capped_by(contract, [Figures("2012-2014", {"level_1": 1, "over_the_cap": over}, {}, 1)]) == cut


def test_a_year_of_an_index_begins_in_its_first_month():
    wage = Index("wage", "a table", {2017: 750, 2018: 783}, 4)
    assert [wage.year_of(date(2018, month, 1)) for month in (1, 3, 4, 12)] == [2017, 2017, 2018, 2018]
    threshold = example_contract(WHP).measures[0].earnings
    assert threshold is not None
    assert [threshold.minor(date(2018, month, 1), Rounding.DOWN) for month in (3, 4)] == [312000, 325728]
    with pytest.raises(ContractNotEvaluable, match="no value for 2016"):
        threshold.minor(date(2017, 3, 31), Rounding.DOWN)
