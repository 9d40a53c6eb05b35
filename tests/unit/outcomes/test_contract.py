"""A contract that says anything unknown, impossible or unsafe is refused with file, line and key."""

from __future__ import annotations

import re

import pytest

from tests.support.histories import EXAMPLES, example_contract
from vocabulary.errors import DeclarationInvalid

IMPACT60 = (EXAMPLES / "contracts" / "impact60.toml").read_text(encoding="utf-8")

# what is replaced -> by what -> the key that the refusal names -> words of the reason
REFUSALS = [
    ('statuses = ["fleksjob"]', 'statuses = ["flexjob"]', "states.1.statuses", "knows no status"),
    ('statuses = ["education"]', "statuses = []", "states.3.statuses", "at least one"),
    ('income_types = ["wage"]', 'income_types = ["salary"]', "states.0.income_types", "knows no income type"),
    ('income_types = ["wage"]\nhours_per_week_hundredths = 1000', "", "states.0.statuses", "never counts as work"),
    ("hours_per_week_hundredths = 1000", "hours_per_week_hundredths = 10.5", "states.0.hours_per", "whole number"),
    ("price_minor = 150000", "price_minor = 1500.00", "tariffs.0.price_minor", "whole number"),
    ("price_minor = 150000", "price_minor = -1", "tariffs.0.price_minor", "at least 1"),
    ("price_minor = 150000", "price_minor = true", "tariffs.0.price_minor", "whole number"),
    ('kind = "weeks"', 'kind = "months"', "measures.0.kind", "must be one of"),
    ("weeks_from_enrolment = 156", "weeks_from_enrollment = 156", "measures.0.weeks_from_enrolment", "missing"),
    ('states = ["ordinary_job", "fleksjob"', 'states = ["job", "fleksjob"', "measures.0.states", "knows no state"),
    ("k = 5", "k = 2", "disclosure.k", "at least 3"),
    ("k_cohort = 25", "k_cohort = 10", "disclosure.k_cohort", "at least 25"),
    ('breakdown_windows = ["2020H2"]', 'breakdown_windows = ["2020H1", "2020H2"]', "breakdown_windows", "exactly one"),
    ("size = 120\n\n[sources]", "size = 119\n\n[sources]", "cohort.batches", "add up"),
    ('double_enrolment = "refuse"', 'double_enrolment = "allow"', "cohort.double_enrolment", "could be subtracted"),
    ("threshold_people = 60", "threshold_people = 1", "measures", "above 1"),
    ("threshold_people = 60", "threshold_people = 120", "measures", "below the cohort's size"),
    ('to_week = "2019-W26"', 'to_week = "2019-W53"', "windows.1.to_week", "2019 has no ISO week 53"),
    ('from_week = "2019-W01"', 'from_week = "2019-W02"', "windows.1.from_week", "without gap"),
    ('missing_month = "no_hours"', 'missing_month = "guess"', "missing_month", "must be one of"),
    ('unknown_codes = "report"', 'unknown_codes = "ignore"', "unknown_codes", "must be one of"),
    ('municipality_code = "851"', 'municipality_code = "0851"', "municipality_code", "three digits"),
    ('currency = "DKK"', 'currency = "kr"', "currency", "ISO 4217"),
    ("effective_from = 2018-10-01", 'effective_from = "2018-10-01"', "effective_from", "a date"),
    ('recipients = ["operator"]\nwindows', 'recipients = ["investor"]\nwindows', "recipients", "creditor"),
    ('template = "payment_document"', 'template = "everything"', "releases.1.template", "must be one of"),
    ('"windows",', '"widows",', "illustrative", "does not have"),
    ("[freeze]", "[freezer]", "freezer", "freeze may be meant"),
    ("[freeze]\n", "[freeze]\nbonus = 1\n", "freeze.bonus", "is not a word"),
    ('title = "IMPACT60"', 'title = "IMPACT60"\nbonus = 1', "bonus", "is not a word"),
    ("effective_from = 2018-10-01", "effective_from = ", "", "is not TOML"),
    ('title = "IMPACT60"', 'title = "IMPACT\\u202e60"', "title", "printable"),
    ('name = "Aalborg Kommune"', 'name = "Aalborg\\nKommune"', "parties.outcome_payer.name", "printable"),
    (
        'breakdown = "self_support_full_or_partial"',
        'breakdown = "weeks_in_work_or_education"',
        "breakdown",
        "threshold",
    ),
]


@pytest.mark.parametrize(("old", "new", "key", "reason"), REFUSALS)
def test_a_wrong_word_is_refused_with_its_place(old: str, new: str, key: str, reason: str):
    with pytest.raises(DeclarationInvalid) as refused:
        example_contract("impact60", edit=(old, new))
    named = next(one for one in refused.value.mistakes if reason in str(one))
    assert key.rpartition(".")[2] in str(named)
    assert re.match(r"impact60\.toml, line \d+(, column \d+)?: ", str(named))


def test_the_line_is_the_one_where_the_key_stands():
    text = IMPACT60.replace('statuses = ["skaanejob"]', 'statuses = ["protected"]')
    line = next(n for n, row in enumerate(text.splitlines(), start=1) if '"protected"' in row)
    with pytest.raises(DeclarationInvalid) as refused:
        example_contract("impact60", edit=('statuses = ["skaanejob"]', 'statuses = ["protected"]'))
    assert refused.value.line == line
    with pytest.raises(DeclarationInvalid) as refused:
        example_contract("impact60", edit=("days_after_window = 60", "days_after_window = 400"))
    assert IMPACT60.splitlines()[refused.value.line - 1].startswith("days_after_window")


def test_each_rule_knows_its_line_in_the_contract():
    contract = example_contract("impact60")
    lines = IMPACT60.splitlines()
    assert [lines[state.line - 1] for state in contract.states] == [f'id = "{state.id}"' for state in contract.states]


# ten people: what may never be planned, judged without any value (invariant 5)
UNSAFE = [
    ('template = "predicate"', 'template = "contract_total"', "below k_cohort"),
    ('windows = ["2020H2"]', 'windows = ["2020H1", "2020H2"]', "flip"),
    ('windows = ["2020H2"]', 'windows = "all"', "flip"),
    ('recipients = ["operator"]', 'recipients = ["operator", "investor"]', "creditor"),
    (
        "# What is owed",
        '[[releases]]\ntemplate = "predicate"\nrecipients = ["operator"]\nwindows = ["2020H1"]\n# What is owed',
        "flip",
    ),
]


@pytest.mark.parametrize(("old", "new", "reason"), UNSAFE)
def test_an_unsafe_calendar_is_refused_when_it_is_loaded(old: str, new: str, reason: str):
    with pytest.raises(DeclarationInvalid, match=reason):
        example_contract("ballerup", edit=(old, new))


def test_the_two_bonds_say_what_is_published():
    impact60, ballerup = example_contract("impact60"), example_contract("ballerup")
    assert (impact60.cohort.size, str(impact60.cohort.enrolment_from)) == (120, "2018-10-01")
    assert impact60.party("outcome_payer").municipality_code == "851"
    assert impact60.measures[0].weeks_from_enrolment == 156
    assert impact60.measures[1].threshold_people == 60
    assert (ballerup.cohort.size, ballerup.party("outcome_payer").municipality_code) == (10, "151")
    assert {contract.party("investor").name for contract in (impact60, ballerup)} == {"Den Sociale Kapitalfond"}


@pytest.mark.parametrize("name", ["impact60", "ballerup"])
def test_every_invented_figure_is_marked_illustrative(name: str):
    contract = example_contract(name)
    for tariff in contract.tariffs:
        assert f"tariffs.{tariff.id}.price_minor" in contract.illustrative
        if tariff.cap_minor:
            assert f"tariffs.{tariff.id}.cap_minor" in contract.illustrative
    for state in contract.states:
        if state.hours_per_week_hundredths:
            assert f"states.{state.id}.hours_per_week_hundredths" in contract.illustrative
