"""Statuses beyond the labour market: declared, allowed by the programme, and in no table that nothing allows."""

from __future__ import annotations

from datetime import date

import pytest

from connectors.codes import own_codes
from gateway.contracts.fitting import check_fits, words_without_ground
from gateway.documents.annexes.blocks import html
from gateway.documents.annexes.measurement import annex_a
from gateway.documents.contract_page import Language, page
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.lint import lint
from gateway.wording.plain_danish import status_words
from policies.errors import ProgrammeInvalid
from policies.programme import Programme
from policies.programme_file import load_programme
from tests.support.histories import EXAMPLES
from vocabulary.declaration import parse
from vocabulary.errors import DeclarationInvalid
from vocabulary.statuses import Status

WORD = """
[[status_words]]
id = "{id}"
label = {{ da = "i egen bolig", en = "in a home of their own" }}
source = "{source}"
category = "{category}"
{more}
"""
STATE = '\n[[states]]\nid = "home"\nlabel = { da = "bolig", en = "home" }\nstatuses = ["housed"]\n'
CONDITION = '\n[[status_conditions]]\nword = "housed"\npurpose = "outcome-payment"\n'


def contract_with(
    *, id: str = "housed", source: str = "dream", category: str = "housing", more: str = "", state: str = STATE
) -> Contract:
    """IMPACT60 with a word, and a state that rests on it among those of the outcome with the threshold."""
    text = (EXAMPLES / "contracts" / "impact60.toml").read_text("utf-8")
    text += WORD.format(id=id, source=source, category=category, more=more) + state
    return load_contract(text.encode(), file="x.toml")


def programme_with(text: str = "") -> Programme:
    whole = (EXAMPLES / "programmes" / "impact60.toml").read_text("utf-8") + text
    return load_programme(whole.encode(), file="p.toml")


def test_a_declared_word_is_a_status_and_in_no_closed_list():
    housed = Status.of_word("housed")
    assert housed == Status("word:housed") == "word:housed"
    assert {housed} == {Status("word:housed")}
    assert housed not in list(Status)
    assert (housed.word, Status.FLEKSJOB.word) == ("housed", "")
    for wrong in ("housed", "word:", "word:Not This", "word:" + "a" * 41):
        with pytest.raises(ValueError, match="not a valid Status"):
            Status(wrong)


@pytest.mark.parametrize(
    ("changed", "key", "reason"),
    [
        ({"id": "fleksjob"}, "status_words.0.id", "no status that every contract knows"),
        ({"id": "Housed"}, "status_words.0.id", "lower-case letters"),
        ({"source": "elsewhere"}, "status_words.0.source", "one of the status sources"),
        ({"category": "wealth"}, "status_words.0.category", "must be one of: health, custody, housing, care, other"),
        ({"id": "other"}, "states", "knows no status 'housed'"),
    ],
)
def test_what_a_word_cannot_be_is_refused(changed: dict[str, str], key: str, reason: str):
    with pytest.raises(DeclarationInvalid) as refused:
        contract_with(**changed)
    assert key in str(refused.value)
    assert reason in str(refused.value)


def test_no_table_by_class_shows_a_word_unless_the_contract_says_so():
    text = (EXAMPLES / "contracts" / "impact60.toml").read_text("utf-8")
    named = text.partition('breakdown = "')[2].partition('"')[0]
    measure = text[text.index(f'[[measures]]\nid = "{named}"') :].partition("\n\n")[0]
    wider = text.replace(measure, measure.replace("states = [", 'states = ["home", '))
    for more, is_refused in (("", True), ("in_breakdown = true", False)):
        word = WORD.format(id="housed", source="dream", category="housing", more=more)
        whole = f"{wider}{word}{STATE}".encode()
        if is_refused:
            with pytest.raises(DeclarationInvalid, match="breakdown-of-words"):
                load_contract(whole, file="x.toml")
        else:
            load_contract(whole, file="x.toml")


@pytest.mark.parametrize(
    ("category", "more", "condition", "reason"),
    [
        ("housing", "", "", "must name the condition that allows 'housed'"),
        ("housing", "", 'condition = "ordinary"', ""),
        ("health", "", 'condition = "ordinary"', "a point of GDPR art. 9"),
        ("health", "", 'condition = "art-9-2-h"\nlaw = "law"', ""),
        ("health", "", 'condition = "art-9-2-a"', ""),
        ("custody", "", 'condition = "art-9-2-g"\nlaw = "law"', "art. 10 and its law"),
        ("custody", "", 'condition = "art-10"\nlaw = "law"', ""),
        ("care", "in_breakdown = true", 'condition = "art-9-2-h"\nlaw = "law"', "in_breakdown = true"),
        ("care", "in_breakdown = true", 'condition = "art-9-2-h"\nlaw = "law"\nin_breakdown = true', ""),
    ],
)
def test_the_programme_names_the_condition_that_allows_it(category: str, more: str, condition: str, reason: str):
    contract = contract_with(category=category, more=more)
    programme = programme_with(CONDITION + condition + "\n" if condition else "")
    found = list(words_without_ground(contract, programme))
    assert (reason in found[0]) if reason else found == []
    if reason:
        with pytest.raises(ProgrammeInvalid, match="status_conditions"):
            check_fits(contract, programme)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (CONDITION + 'condition = "art-10"\n', "names the law that the condition rests on"),
        (CONDITION + 'condition = "art-9-2-a"\nlaw = "law"\n', "and nothing elsewhere"),
        (CONDITION + 'condition = "art-10"\nlaw = "nowhere"\n', "is the key of no word"),
        (CONDITION + 'condition = "art-9-2-z"\n', "is not in the vocabulary"),
        (CONDITION.replace("outcome-payment", "benefit-decision") + 'condition = "ordinary"\n', "purpose"),
        (2 * (CONDITION + 'condition = "ordinary"\n'), "twice"),
    ],
)
def test_a_condition_that_says_nothing_is_refused(text: str, reason: str):
    with pytest.raises(ProgrammeInvalid, match=reason):
        programme_with(text)


def test_a_word_that_the_contract_does_not_read_has_no_condition():
    programme = programme_with(CONDITION + 'condition = "ordinary"\n')
    plain = load_contract((EXAMPLES / "contracts" / "impact60.toml").read_bytes(), file="x.toml")
    assert list(words_without_ground(plain, programme)) == ["names 'housed', which is no status word of x.toml"]


def test_parties_and_citizens_are_told_what_is_read():
    contract = contract_with(category="care")
    programme = programme_with(CONDITION + 'condition = "art-9-2-h"\nlaw = "law"\n')
    danish, english = (page(contract, language) for language in Language)
    assert "housed (in a home of their own) is read from dream and is about care; no table by class shows it" in english
    assert "home (bolig) er en uge med i egen bolig" in danish
    assert "Må vises delt op på tilstande" in html("A", annex_a(contract, programme, on=date(2019, 1, 1)))
    [told] = status_words(contract, programme)
    assert "i egen bolig" in told
    assert "artikel 9, stk. 2, litra h" in told
    unseen = [one for one in lint(contract, {"dream": frozenset({Status.FLEKSJOB})}) if one.rule == "unseen-state"]
    assert unseen
    assert not any("'home'" in str(one) for one in unseen)


def test_a_sources_codes_may_mean_it():
    text = b'source = "a list of the municipality"\n[statuses]\n"word:housed" = ["401"]\nfleksjob = ["402"]\n'
    codes = own_codes(parse(text, file="codes.toml"))
    assert codes.statuses == {"401": Status.of_word("housed"), "402": Status.FLEKSJOB}
    with pytest.raises(DeclarationInvalid, match="is no status"):
        own_codes(parse(text.replace(b"word:housed", b"housed"), file="codes.toml"))
