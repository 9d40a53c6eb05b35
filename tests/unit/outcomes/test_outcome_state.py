"""Which state an outcome of several weeks counts for is the contract's word: asked for where a price hangs on it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.documents.contract_page import Language, page
from gateway.errors.contracts import AmendmentRefused
from gateway.outcomes.amendment import check_amendment
from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.measures.outcome_state import OnceOfWeeksMeasure, OutcomeState
from gateway.outcomes.varied import is_sound, terms
from gateway.wording.annex_voice import AnnexVoice
from tests.support.histories import example_contract, history
from tests.support.rule_tables import contract_of
from vocabulary.errors import DeclarationInvalid
from vocabulary.weeks import Week

RETENTION = """
[[measures]]
id = "m"
kind = "retention"
states = ["fleksjob", "education"]
period = "week"
needed = 13
WORD
[[tariffs]]
id = "t"
kind = "price"
of = "m"
PRICE
"""
BY_STATE = "price_by_state = { fleksjob = 2000, education = 1000 }"
KINDS = (
    RETENTION,
    RETENTION.replace('period = "week"\nneeded = 13', 'period = "month"\nneeded = 1'),
    RETENTION.replace('"retention"', '"days"').replace('period = "week"\n', ""),
    RETENTION.replace('"retention"', '"people"').replace('period = "week"\nneeded', "sustained_weeks"),
)


def contract(text: str = RETENTION, *, word: str = "", price: str = BY_STATE) -> Contract:
    said = f'outcome_state = "{word}"\n' if word else ""
    return contract_of(text.replace("WORD", said).replace("PRICE", price), ())


@pytest.mark.parametrize("text", KINDS)
def test_where_a_price_hangs_on_it_the_contract_must_say_it_and_the_refusal_names_the_way_out(text: str):
    with pytest.raises(DeclarationInvalid) as refused:
        contract(text)
    assert refused.value.key == "measures.0.outcome_state"
    assert 'Add outcome_state = "last" or "most" or "lowest"' in str(refused.value)
    for word in OutcomeState:
        [measure] = contract(text, word=word).measures
        assert outcome_state(measure) is word


def outcome_state(measure: Measure) -> OutcomeState | None:
    assert isinstance(measure, OnceOfWeeksMeasure)
    return measure.outcome_state


ONE_WEEK = "says nothing here, since an outcome rests on one week"
MEANINGLESS = [
    (RETENTION.replace("needed = 13", "needed = 1"), BY_STATE, ONE_WEEK),
    (KINDS[2].replace("needed = 13", "needed = 1"), BY_STATE, ONE_WEEK),
    (KINDS[3].replace("sustained_weeks = 13", "sustained_weeks = 1"), BY_STATE, ONE_WEEK),
    (RETENTION.replace(', "education"', ""), "price_by_state = { fleksjob = 2000 }", "an outcome has one state"),
    (RETENTION, "price_minor = 2000", "no price differs by state"),
    (RETENTION, "price_by_state = { fleksjob = 2000, education = 2000 }", "no price differs by state"),
    (RETENTION.replace('"retention"', '"weeks"\nweeks_from_enrolment = 9').replace('period = "week"\nneeded = 13', ""),
     BY_STATE, "is not a word of this language here"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "price", "reason"), MEANINGLESS)
def test_it_is_refused_where_nothing_hangs_on_it_and_is_not_needed_there(text: str, price: str, reason: str):
    with pytest.raises(DeclarationInvalid, match=reason) as refused:
        contract(text, word="last", price=price)
    assert refused.value.key == "measures.0.outcome_state"
    contract(text, price=price)


def test_the_lowest_price_is_that_of_the_last_state_or_the_contract_is_refused():
    rising = "price_by_state = { fleksjob = 1000, education = 2000 }"
    with pytest.raises(DeclarationInvalid, match="Put the state with the lowest price last"):
        contract(word="lowest", price=rising)
    assert contract(word="most", price=rising)
    agreed = contract(word="lowest", price="price_by_state = { fleksjob = 1000, education = 950 }")
    varied = {term.name: term for term in terms(agreed)}
    assert is_sound(varied["tariffs.t.price_by_state.fleksjob"].with_value(1100))
    assert not is_sound(varied["tariffs.t.price_by_state.fleksjob"].with_value(900))


def test_a_table_by_class_may_say_it_without_a_price():
    def by_class(word: str) -> Contract:
        return example_contract(
            "impact60",
            word=("sustained_weeks = 1\n", f'sustained_weeks = 2\noutcome_state = "{word}"\n'),
            last=("enrolment_to = 2018-12-30", "enrolment_to = 2018-12-23"),
        )

    assert outcome_state(by_class("most").measures[1]) is OutcomeState.MOST
    with pytest.raises(DeclarationInvalid, match="no price differs by state"):
        by_class("lowest")


WORDS = {
    OutcomeState.LAST: ("for tilstanden i den sidste uge", "for the state of the last week"),
    OutcomeState.MOST: ("ved lige mange for den seneste af dem", "of equally many for the latest of them"),
    OutcomeState.LOWEST: ("der har den laveste pris", "which has the lowest price"),
}


@pytest.mark.parametrize("text", KINDS)
@pytest.mark.parametrize("word", OutcomeState)
def test_the_page_to_sign_and_the_annex_say_it(text: str, word: OutcomeState):
    agreed = contract(text, word=word)
    for language, sentence in zip(Language, WORDS[word], strict=True):
        assert sentence in page(agreed, language)
        assert sentence not in page(contract(text, price="price_minor = 1"), language)
    assert "tæller det for" in AnnexVoice(agreed).measure(agreed.measures[0])


def test_most_is_of_weeks_or_of_days_as_the_measure_counts():
    for text, danish, english in (
        (RETENTION, "flest af ugerne", "these weeks"),
        (KINDS[2], "flest af dagene", "these days"),
    ):
        agreed = contract(text, word="most")
        assert danish in page(agreed, Language.DANISH)
        assert english in page(agreed, Language.ENGLISH)
        assert danish in AnnexVoice(agreed).measure(agreed.measures[0])


def test_a_later_version_may_not_change_it():
    agreed = contract(word="last")
    later = replace(
        contract(word="most"), version=2, effective_from=agreed.effective_from.replace(year=2021), sha256="other"
    )
    with pytest.raises(AmendmentRefused, match="measures"):
        check_amendment(agreed, later, released=())


@pytest.mark.parametrize(("word", "amount"), [("last", 2000), ("most", 1000), ("lowest", 1000)])
def test_twelve_weeks_of_few_hours_and_one_of_many_are_priced_as_the_parties_say(word: str, amount: int):
    people = [history(12 * "E" + "F", start="2020-W01")]
    agreed = contract(word=word)
    found = evaluate(agreed, people, Week.parse("2020-W13"))
    assert dict(found.personal) == {"t": amount}
