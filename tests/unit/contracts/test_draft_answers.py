"""What somebody types for a draft, and what it may cost."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from gateway.cli.draft_money import money_of
from gateway.contracts.draft import DraftedOutcome, DraftTerms, drafted_files, identifier
from gateway.contracts.draft_answers import AnswerRefused, DraftAnswers
from gateway.outcomes.contract_file import load_contract
from gateway.wording.drafting import COMMENTS, QUESTIONS, REFUSED, SAID, Bilingual
from policies.programme_file import load_programme
from policies.terms import LegalRole

QUESTION = {question.name: question for question in QUESTIONS}
TERMS = DraftTerms(
    title='Job "Nord" 2027 \\ 1',
    municipality_code="851",
    municipality="Aalborg Kommune",
    operator="Foreningen Åben Dør",
    legal_role=LegalRole.PROCESSOR,
    status_source="dream",
    outcome=DraftedOutcome.JOB,
    price_minor=2_500_000,
    people=60,
    enrolment_from=date(2027, 1, 4),
    enrolment_to=date(2027, 3, 28),
    last_day=date(2029, 6, 30),
    weeks=13,
    hours_hundredths=1500,
    cap_minor=0,
    case_number="15.20.00-G01-1-27",
)

# language, question, what is typed, what it means
TAKEN = [
    ("da", "price", "25.000", 2_500_000),
    ("da", "price", "25 000 kr.", 2_500_000),
    ("da", "price", "25000,50", 2_500_050),
    ("da", "price", "1.250.000", 125_000_000),
    ("en", "price", "25,000.50", 2_500_050),
    ("en", "price", "25000", 2_500_000),
    ("da", "cap", "0", 0),
    ("da", "people", "1.200", 1200),
    ("en", "people", "1,200", 1200),
    ("da", "hours", "7,4", 740),
    ("en", "hours", "7.4", 740),
    ("da", "hours", "37", 3700),
    ("da", "sustained_weeks", "26", 26),
    ("da", "enrolment_from", "4.1.2027", date(2027, 1, 4)),
    ("da", "enrolment_from", "2027-01-04", date(2027, 1, 4)),
    ("da", "municipality", "851 Aalborg Kommune", ("851", "Aalborg Kommune")),
    ("da", "result", "3", DraftedOutcome.JOB_OR_EDUCATION),
    ("da", "result", "education", DraftedOutcome.EDUCATION),
]  # fmt: skip
REFUSALS = [
    ("da", "price", "25.00", "amount"),
    ("da", "price", "25,000", "amount"),
    ("da", "price", "25.000,5", "amount"),
    ("en", "price", "25.000", "amount"),
    ("da", "price", "-5", "amount"),
    ("da", "price", "0", "above_nought"),
    ("da", "people", "0", "whole"),
    ("da", "people", "100001", "whole"),
    ("da", "people", "mange", "whole"),
    ("da", "sustained_weeks", "521", "whole"),
    ("da", "hours", "0", "hours"),
    ("da", "hours", "169", "hours"),
    ("da", "hours", "7.4", "hours"),
    ("da", "enrolment_from", "31.2.2027", "day"),
    ("da", "enrolment_from", "4/1/2027", "day"),
    ("da", "result", "4", "choice"),
    ("da", "result", "0", "choice"),
    ("da", "municipality", "Aalborg", "municipality"),
    ("da", "title", "", "empty"),
    ("da", "title", "2027", "name"),
    ("da", "title", "Job 7303012001", "cpr"),
]


@pytest.mark.parametrize(("language", "name", "text", "value"), TAKEN)
def test_an_answer_is_read_as_its_language_writes_it(language: str, name: str, text: str, value: object):
    answers = DraftAnswers(language)
    answers.take(QUESTION[name], text)
    assert answers.values[name] == value


@pytest.mark.parametrize(("language", "name", "text", "key"), REFUSALS)
def test_what_could_be_meant_otherwise_is_refused(language: str, name: str, text: str, key: str):
    answers = DraftAnswers(language)
    with pytest.raises(AnswerRefused) as refused:
        answers.take(QUESTION[name], text)
    assert refused.value.key == key
    assert REFUSED[key].text_in("da", **refused.value.places) != REFUSED[key].text_in("en", **refused.value.places)
    assert name not in answers.values


def test_days_come_one_after_the_other():
    answers = DraftAnswers("da")
    answers.take(QUESTION["enrolment_from"], "4.1.2027")
    for name, text, key in (("enrolment_to", "4.1.2027", "before"), ("enrolment_to", "4.1.2060", "late")):
        with pytest.raises(AnswerRefused, match=key):
            answers.take(QUESTION[name], text)


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("outcome", DraftedOutcome)
@pytest.mark.parametrize("cap", [0, 100_000_000])
def test_every_draft_is_a_contract_and_a_programme_that_fit(language: str, outcome: DraftedOutcome, cap: int):
    hours = 1500 if outcome.asks_hours else 0
    terms = replace(TERMS, outcome=outcome, hours_hundredths=hours, cap_minor=cap, language=language)
    files = drafted_files(terms)
    contract = load_contract(files["contract.toml"].encode(), file="contract.toml")
    programme = load_programme(files["programme.toml"].encode(), file="programme.toml")
    assert (contract.title, contract.id) == (TERMS.title, "job-nord-2027-1")
    assert programme.contract_sha256 == contract.sha256
    assert contract.caps.contract_minor == cap
    assert [tariff.single_price for tariff in contract.tariffs] == [TERMS.price_minor]


def test_more_weeks_and_hours_cost_no_more_and_a_cap_cuts():
    weeks = [money_of(replace(TERMS, weeks=weeks)).expected for weeks in (1, 13, 26, 52, 104)]
    hours = [money_of(replace(TERMS, hours_hundredths=hours)).expected for hours in (1000, 1500, 3000)]
    assert weeks == sorted(weeks, reverse=True)
    assert hours == sorted(hours, reverse=True)
    assert min(len(set(weeks)), len(set(hours))) > 1, "positive control: they do cost something"
    assert money_of(TERMS).most == 60 * 2_500_000
    capped = money_of(replace(TERMS, cap_minor=30_000_000))
    assert (capped.least, capped.most, capped.expected) == (0, 30_000_000, 30_000_000)


def test_the_expected_amount_of_many_is_that_of_few_times_as_many():
    few, many = money_of(replace(TERMS, people=100)).expected, money_of(replace(TERMS, people=10_000)).expected
    assert None not in (few, many)
    assert abs((many or 0) - 100 * (few or 0)) <= 100 * TERMS.price_minor


@pytest.mark.parametrize(
    ("name", "id_"),
    [("Ærø Kommune", "aeroe-kommune"), ("2027 Job!", "job"), ("§§", ""), ("Årø-Øst & Søn", "aaroe-oest-soen")],
)
def test_a_name_becomes_an_id(name: str, id_: str):
    assert identifier(name) == id_


def test_both_languages_have_the_same_places():
    texts: list[Bilingual] = [*REFUSED.values(), *SAID.values(), *COMMENTS.values()]
    for question in QUESTIONS:
        texts += [question.asked, question.help, *(question.choices or {}).values()]
    for text in texts:
        assert sorted(re.findall(r"{\w+}", text.da)) == sorted(re.findall(r"{\w+}", text.en)), text
