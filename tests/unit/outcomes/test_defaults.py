"""What a contract leaves out reads as if its default stood there, and says so on its page."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.contract_page import Language, page
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from outcome_verifier.accept import ContractText
from policies.programme_file import load_programme
from tests.support.histories import EXAMPLES
from vocabulary.errors import DeclarationInvalid
from vocabulary.weeks import Week

SIMPLEST = (EXAMPLES / "simplest" / "contract.toml").read_text("utf-8")
PROGRAMME = (EXAMPLES / "simplest" / "programme.toml").read_text("utf-8")
WRITTEN_OUT = """
[[cohort.batches]]
id = "all"
size = 60

[[releases]]
template = "payment_document"
recipients = ["operator"]
windows = "all"

[freeze]
days_after_window = 60

[disclosure]
k = 5
k_cohort = 25

[qualification]
week_belongs_to = "month_of_thursday"
missing_month = "no_hours"
first_week = "week_of_enrolment"
neutral_statuses = ["holiday"]

[exits]
withdrawn = "frozen"
objected = "frozen"
restricted = "frozen"
exited = "frozen"
protected = "frozen"
prison = "frozen"
cohabitation = "frozen"
moved = "frozen"
dead = "frozen"
pension = "frozen"
"""
WINDOWS = 'windows = { from = "2027-W01", to = "2029-W26", every = "half_year" }\n'
EVERY_WINDOW = [
    ("2027H1", "2027-W01", "2027-W26"),
    ("2027H2", "2027-W27", "2027-W52"),
    ("2028H1", "2028-W01", "2028-W26"),
    ("2028H2", "2028-W27", "2028-W52"),
    ("2029H1", "2029-W01", "2029-W26"),
]


def contract_of(text: str) -> Contract:
    return load_contract(text.encode(), file="simplest.toml")


def written_out() -> str:
    text = SIMPLEST.replace('title = "Job 2027"', 'title = "Job 2027"\nversion = 1\neffective_from = 2027-01-04')
    text = text.replace('title = "Job 2027"', 'title = "Job 2027"\ncurrency = "DKK"\nrounding = "none"')
    text = text.replace('municipality_code = "851" }', 'municipality_code = "851", country = "DK" }')
    text = text.replace('income = "income" }', 'income = "income", unknown_codes = "report" }')
    text = text.replace("cohort = { size = 60, enrolment_from = 2027-01-04, enrolment_to = 2027-03-28 }\n", "").replace(
        WINDOWS, ""
    )
    cohort = 'size = 60\nenrolment_from = 2027-01-04\nenrolment_to = 2027-03-28\ndouble_enrolment = "refuse"\n'
    windows = "".join(
        f'\n[[windows]]\nlabel = "{label}"\nfrom_week = "{first}"\nto_week = "{last}"\n'
        for label, first, last in EVERY_WINDOW
    )
    return f'{text}\n[cohort]\n{cohort}time_from = "referral"\n{WRITTEN_OUT}{windows}'


def told(contract: Contract) -> Contract:
    """Without what tells two texts of one meaning apart."""
    plain = {"sha256": "", "file": ""}
    states = tuple(replace(one, line=0) for one in contract.states)
    measures = tuple(replace(one, line=0, states=states) for one in contract.measures)
    tariffs = tuple(replace(one, line=0) for one in contract.tariffs)
    return replace(contract, states=states, measures=measures, tariffs=tariffs, **plain)


def test_what_is_left_out_reads_as_its_default():
    assert told(contract_of(SIMPLEST)) == told(contract_of(written_out()))


@pytest.mark.parametrize("language", Language)
def test_the_page_says_every_default_as_if_it_stood_there(language: Language):
    short, full = (page(contract_of(text), language) for text in (SIMPLEST, written_out()))
    assert short.splitlines()[2:] == full.splitlines()[2:]


def test_a_default_is_only_taken_where_nothing_stands():
    assert (
        contract_of(SIMPLEST.replace("[[states]]", "[freeze]\ndays_after_window = 30\n\n[[states]]", 1)).freeze_days
        == 30
    )


@pytest.mark.parametrize(
    ("left_out", "key"),
    [
        ("price_minor = 2500000\n", "tariffs.0.price_minor"),
        ("sustained_weeks = 13\n", "measures.0.sustained_weeks"),
        ('sources = { status = "dream", income = "income" }\n', "sources"),
        (', legal_role = "processor"', "parties.operator.legal_role"),
        ('statuses = ["no_benefit"]\n', "states.0.statuses"),
        (WINDOWS, "windows"),
        ("size = 60, ", "cohort.size"),
    ],
)
def test_what_decides_who_is_paid_what_has_no_default(left_out: str, key: str):
    assert left_out in SIMPLEST
    with pytest.raises(DeclarationInvalid) as refused:
        contract_of(SIMPLEST.replace(left_out, ""))
    assert (key, "is missing") in [(one.key, one.reason) for one in refused.value.mistakes]


@given(first=st.integers(0, 400), length=st.integers(0, 300), every=st.sampled_from(["year", "half_year", "quarter"]))
def test_even_windows_hold_every_week_once_and_end_with_the_calendar(first: int, length: int, every: str):
    begin = Week.parse("2026-W01") + first
    end = begin + length
    text = f'windows = {{ from = "{begin}", to = "{end}", every = "{every}" }}\n'
    try:
        windows = contract_of(SIMPLEST.replace(WINDOWS, text)).windows
    except DeclarationInvalid as refused:
        raise AssertionError(text) from refused
    assert (windows[0].from_week, windows[-1].to_week) == (begin, end)
    assert all(later.from_week == earlier.to_week + 1 for earlier, later in pairwise(windows))
    assert len({window.label for window in windows}) == len(windows)
    ends = {str(window.to_week)[5:] for window in windows[:-1]}
    possible = {"year": {"W52", "W53"}, "half_year": {"W26", "W52", "W53"}}
    assert ends <= possible.get(every, {"W13", "W26", "W39", "W52", "W53"})


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('to = "2029-W26"', 'to = "2026-W26"', "windows.to lies before from"),
        ('to = "2029-W26"', 'to = "2129-W26"', "windows.to lies more than sixty years"),
        ('every = "half_year"', 'every = "month"', "windows.every must be one of: year, half_year, quarter"),
        ('every = "half_year"', 'every = "year", label = "x"', "windows.label is not a word"),
    ],
)
def test_a_short_form_that_cannot_be_meant_is_refused(old: str, new: str, reason: str):
    with pytest.raises(DeclarationInvalid, match=reason):
        contract_of(SIMPLEST.replace(old, new))


def test_a_programme_without_parties_has_the_usual_ones():
    programme = load_programme(PROGRAMME.encode(), file="programme.toml")
    impact60 = load_programme((EXAMPLES / "programmes" / "impact60.toml").read_bytes(), file="impact60.toml")
    of_few = {"release_individual", "release_total", "release_predicate"}
    expected = {
        (one.role, one.action) for one in impact60.grants if one.role != "investor" and one.action not in of_few
    }
    assert {(grant.role, grant.action) for grant in programme.grants} == expected
    assert (programme.contract_id, programme.active, programme.law_reference) == ("job-2027", True, "law")
    assert (programme.suspension_days, programme.requirements.excludes_protected) == (5, False)
    assert {(one.version, one.language) for one in programme.notices} == {(1, "da")}


def test_a_grant_is_added_to_the_usual_ones_and_stands_once():
    total = '\n[[grants]]\nid = "{}"\norganisation = "foreningen"\nrole = "operator"\naction = "{}"\n'
    added = load_programme((PROGRAMME + total.format("total", "release_total")).encode(), file="x.toml")
    assert "job-2027/total" in {grant.id for grant in added.grants}
    for name, action, says in (
        ("total", "release_payment", "granted to this party twice"),
        ("operator-release-payment", "release_total", "uses the name of a grant"),
    ):
        with pytest.raises(DeclarationInvalid, match=says):
            load_programme((PROGRAMME + total.format(name, action)).encode(), file="x.toml")


def test_the_verifier_takes_the_version_that_is_left_out_as_the_first():
    assert ContractText.load(SIMPLEST.encode()).claim == contract_of(SIMPLEST).identity


def test_where_the_municipality_delivers_itself_the_investor_is_the_creditor():
    text = SIMPLEST.replace(
        'parties.operator = { organisation = "foreningen", name = "Foreningen", legal_role = "processor" }',
        'parties.investor = { organisation = "fonden", name = "Fonden" }',
    )
    contract = contract_of(text)
    assert {(one.template, one.recipient) for one in contract.releases} == {("payment_document", contract.creditor)}
    assert contract.creditor == "investor"
