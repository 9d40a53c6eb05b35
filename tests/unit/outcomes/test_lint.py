"""Each finding has a contract that only it complains of, with the line it speaks of; the two bonds have none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.codes import shown_by_kind
from gateway.outcomes.contract import Contract
from gateway.outcomes.lint import lint
from gateway.outcomes.measures.retention import RetentionMeasure
from tests.support.histories import EXAMPLES, example_contract
from tests.support.payers import SHARED
from vocabulary.errors import DeclarationInvalid

TWICE = """
[[tariffs]]
id = "again"
kind = "price"
of = "weeks_in_work_or_education"
price_minor = 1

[[windows]]
label = "2018H2"
"""
SECOND_MEASURE = """
[[measures]]
id = "other_weeks"
kind = "weeks"
states = ["fleksjob"]
weeks_from_enrolment = 156

[[tariffs]]
id = "other_weeks"
kind = "price"
of = "other_weeks"
price_minor = 100

[[windows]]
label = "2018H2"
"""
STEPS = """
[[tariffs]]
id = "bonus"
kind = "steps"
of = "self_support_full_or_partial"
points = [{ at = 60, amount_minor = 500 }, { at = 70, amount_minor = 400 }]

[[windows]]
label = "2018H2"
"""
HIGH_STEP = STEPS.replace("at = 60", "at = 121").replace("{ at = 70, amount_minor = 400 }", "")
FIRST_WINDOW = '\n[[windows]]\nlabel = "2018H2"\n'
PRICE = "cap_minor = 1500000000 # 15 million kr. for the contract"
GATED = PRICE + '\ngate = { of = "self_support_full_or_partial", at_least = 121 }'
OWN_GATE = PRICE + '\ngate = { of = "weeks_in_work_or_education", at_least = 1 }'
CAPS = '\n[caps]\n{}\n\n[[windows]]\nlabel = "2018H2"\n'
FOLLOW_UP = """
[[measures]]
id = "followed"
kind = "follow_up"
states = ["fleksjob"]
months = [12, 60]

[[tariffs]]
id = "followed"
kind = "price"
of = "followed"
price_minor = 100

[[windows]]
label = "2018H2"
"""
CASES = [
    ("impact60", (FIRST_WINDOW, FOLLOW_UP), "never-pays", 'id = "followed"', False),
    ("impact60", (FIRST_WINDOW, FOLLOW_UP.replace("12, 60", "12, 24")), None, "", False),
    (
        "impact60",
        ("hours_per_week_hundredths = 1000", "hours_per_week_hundredths = 37"),
        "few-hours",
        'id = "ordinary_job"',
        False,
    ),
    ("impact60", (PRICE, GATED), "gate-never-opens", 'id = "weeks_in', True),
    ("impact60", (PRICE, GATED.replace("121", "120")), None, "", False),
    ("impact60", (PRICE, OWN_GATE), "gate-never-shuts", 'id = "weeks_in', False),
    ("impact60", (PRICE, OWN_GATE.replace("= 1 }", "= 2 }")), None, "", False),
    ("impact60", ("cap_minor = 1500000000", "cap_minor = 149999"), "cap-below-unit", 'id = "weeks_in', False),
    (
        "impact60",
        ("cap_minor = 1500000000", 'cap_window_minor = 149999\nexcess = "lost"'),
        "cap-below-unit",
        'id = "weeks_in',
        False,
    ),
    (
        "impact60",
        ("cap_minor = 1500000000", 'cap_minor = 1500000000\ncap_window_minor = 100000000\nexcess = "lost"'),
        "unreachable-cap",
        'id = "weeks_in',
        False,
    ),
    ("impact60", (FIRST_WINDOW, CAPS.format("person_minor = 149999")), "cap-below-unit", "[caps]", False),
    ("impact60", (FIRST_WINDOW, CAPS.format("person_minor = 150000")), None, "", False),
    ("impact60", (FIRST_WINDOW, CAPS.format("person_minor = 21600000")), None, "", False),  # 144 weeks
    ("impact60", (FIRST_WINDOW, CAPS.format("person_minor = 21600001")), "unreachable-cap", "[caps]", False),
    ("impact60", (FIRST_WINDOW, CAPS.format("contract_minor = 1500000001")), "unreachable-cap", "[caps]", False),
    ("impact60", (FIRST_WINDOW, TWICE), "pays-twice", 'id = "again"', True),
    ("impact60", (FIRST_WINDOW, SECOND_MEASURE), "pays-twice", 'id = "other_weeks"', False),
    ("impact60", (FIRST_WINDOW, STEPS), "unreachable-step", 'id = "bonus"', True),
    ("impact60", (FIRST_WINDOW, HIGH_STEP), "never-pays", 'id = "bonus"', True),
    ("ballerup", ("sustained_weeks = 26", "sustained_weeks = 200"), "never-pays", 'id = "steady_and_off', True),
    ("impact60", ("cap_minor = 1500000000", "cap_minor = 3000000000"), "unreachable-cap", 'id = "weeks_in', False),
    ("ballerup", ('["no_benefit"]         #', '["education"]         #'), "unseen-state", 'id = "education"', True),
    ("ballerup", ("hours_per_week_hundredths = 0", "hours_per_week_hundredths = 100"), None, "", False),
]


def findings(contract: Contract) -> list[tuple[str, int, bool]]:
    return [(one.rule, one.line, one.refuses) for one in lint(contract, shown_by_kind())]


@pytest.mark.parametrize("name", ["impact60", "ballerup"])
def test_the_two_bonds_are_clean(name: str):
    assert findings(example_contract(name)) == []


def test_further_payers_of_few_people_are_warned_of():
    """They have to know what they owe, and a share of an exact amount is that amount."""
    edits = {f"e{number}": pair for number, pair in enumerate(SHARED)}
    assert findings(example_contract("impact60", **edits)) == []
    few = {"size": ("size = 120", "size = 24"), "goal": ("threshold_people = 60", "threshold_people = 6")}
    predicate = ('template = "contract_total"\nrecipients = ["operator", "investor"]\nwindows = "all"',
                 'template = "predicate"\nrecipients = ["investor"]\nwindows = ["2020H2"]')  # fmt: skip
    table = ('breakdown = "self_support_full_or_partial" # the one table that is shown by class,\n', "")
    windows = (
        'breakdown_windows = ["2020H2"]             # and once: two tables of one cohort could be subtracted\n',
        "",
    )
    small = example_contract("impact60", **edits, **few, p=predicate, t=table, w=windows)
    assert [rule for rule, _, _ in findings(small)] == ["payer-learns-of-few", "unreachable-cap"]


@pytest.mark.parametrize(("name", "edit", "rule", "where", "refuses"), CASES)
def test_each_finding_names_its_line(name: str, edit: tuple[str, str], rule: str, where: str, refuses: bool):
    contract = example_contract(name, one=edit)
    text = (EXAMPLES / "contracts" / f"{name}.toml").read_text("utf-8").replace(*edit)
    if rule is None:
        assert findings(contract) == []
        return
    [(found, line, refused)] = findings(contract)
    assert (found, refused) == (rule, refuses)
    assert text.splitlines()[line - 1].startswith(where)


INDEXED = {
    "rounding": ('rounding = "none"', 'rounding = "down"'),
    "price": ("price_minor = 150000 ", 'index = "wages"\nbase_year = 2018\nprice_minor = 150000 '),
}


def indexed(years: str) -> Contract:
    """IMPACT60 with a price that follows an index of these years; its calendar is 2018-W40 to 2021-W26."""
    table = f'[[indices]]\nid = "wages"\nsource = "invented"\nvalues = {{ {years} }}\n'
    return example_contract("impact60", **INDEXED, table=(FIRST_WINDOW, f"\n{table}{FIRST_WINDOW}"))


def test_an_index_without_a_year_of_the_calendar_is_refused_before_it_stops_a_release():
    whole = "2018 = 100, 2019 = 103, 2020 = 97, 2021 = 110"
    assert not [one for one in findings(indexed(whole)) if one[2]]
    [finding] = [one for one in lint(indexed(whole.removesuffix(", 2021 = 110")), shown_by_kind()) if one.refuses]
    assert finding.rule == "index-year-missing"
    assert "no value for 2021: from window '2021H1' on" in finding.what
    [earlier] = [one for one in lint(indexed("2018 = 100, 2020 = 97, 2021 = 110"), shown_by_kind()) if one.refuses][:1]
    assert "no value for 2019: from window '2019H1' on" in earlier.what


def test_a_threshold_that_is_not_whole_is_refused_where_no_rounding_is_named():
    """0.37 hours a week for one week at 7.83 an hour is no whole number of pence."""
    none = ('rounding = "down"', 'rounding = "none"')
    odd = ("hours_per_week_hundredths = 1600", "hours_per_week_hundredths = 37")
    rules = {one.rule for one in lint(example_contract("whp", odd=odd), shown_by_kind()) if one.refuses}
    assert "not-evaluable" not in rules
    rules = {one.rule for one in lint(example_contract("whp", none=none, odd=odd), shown_by_kind()) if one.refuses}
    assert "not-evaluable" in rules


@pytest.mark.parametrize(("days", "rules"), [(28, ["never-pays"]), (98, [])])
def test_what_nobody_reaches_who_is_in_a_state_all_the_time_is_refused(days: int, rules: list[str]):
    """13 weeks on end within 28 days."""
    contract = example_contract("ballerup")
    [measure], [tariff] = contract.measures, contract.tariffs
    in_short = RetentionMeasure(measure.id, measure.states, 1, needed=13, within=13, days_from_enrolment=days)
    changed = replace(contract, measures=(in_short,), tariffs=(replace(tariff, of=measure.id),))
    assert [one.rule for one in lint(changed, shown_by_kind()) if one.refuses] == rules


def test_prices_of_nothing_for_every_state_are_refused():
    prices = "price_by_state = { ordinary_job = 0, fleksjob = 0, skaanejob = 0, education = 0 }"
    with pytest.raises(DeclarationInvalid, match="above 0"):
        example_contract("impact60", prices=("price_minor = 150000 ", f"{prices} "))


def test_batches_that_readers_may_be_told_of_apart_are_warned_of():
    two = ('id = "2018"\nsize = 120\n', 'id = "2018"\nsize = 90\n\n[[cohort.batches]]\nid = "later"\nsize = 30\n')
    assert "batches-apart" in [rule for rule, _, _ in findings(example_contract("impact60", batches=two))]
    folded = ("k_cohort = 25", 'k_cohort = 25\nfold = "blocks"\nfold_at_most = 1\nfold_cost = "payer"')
    assert findings(example_contract("impact60", batches=two, fold=folded)) == findings(example_contract("impact60"))
