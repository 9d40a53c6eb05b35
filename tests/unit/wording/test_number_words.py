"""Amounts as they are said, in Danish and in English."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wording.number_words import danish_kroner, danish_words, english_kroner, english_words

SAID = [
    (0, "nul kroner", "nought kroner"),
    (1_00, "en krone", "one krone"),
    (50, "nul kroner og halvtreds øre", "nought kroner and fifty øre"),
    (21_00, "enogtyve kroner", "twenty-one kroner"),
    (37_25, "syvogtredive kroner og femogtyve øre", "thirty-seven kroner and twenty-five øre"),
    (99_00, "nioghalvfems kroner", "ninety-nine kroner"),
    (100_00, "et hundrede kroner", "one hundred kroner"),
    (101_00, "et hundrede og en kroner", "one hundred and one kroner"),
    (750_00, "syv hundrede og halvtreds kroner", "seven hundred and fifty kroner"),
    (1000_00, "et tusind kroner", "one thousand kroner"),
    (1001_00, "et tusind og en kroner", "one thousand and one kroner"),
    (1050_00, "et tusind og halvtreds kroner", "one thousand and fifty kroner"),
    (1100_00, "elleve hundrede kroner", "one thousand one hundred kroner"),
    (1500_00, "femten hundrede kroner", "one thousand five hundred kroner"),
    (1550_00, "et tusind fem hundrede og halvtreds kroner", "one thousand five hundred and fifty kroner"),
    (2000_00, "to tusind kroner", "two thousand kroner"),
    (7500_00, "syv tusind fem hundrede kroner", "seven thousand five hundred kroner"),
    (25_000_00, "femogtyve tusind kroner", "twenty-five thousand kroner"),
    (75_000_00, "femoghalvfjerds tusind kroner", "seventy-five thousand kroner"),
    (100_000_00, "et hundrede tusind kroner", "one hundred thousand kroner"),
    (150_000_00, "et hundrede og halvtreds tusind kroner", "one hundred and fifty thousand kroner"),
    (1_000_000_00, "en million kroner", "one million kroner"),
    (1_000_005_00, "en million og fem kroner", "one million and five kroner"),
    (1_500_000_00, "en million fem hundrede tusind kroner", "one million five hundred thousand kroner"),
    (18_021_000_00, "atten millioner enogtyve tusind kroner", "eighteen million twenty-one thousand kroner"),
    (2_000_000_000_00, "to milliarder kroner", "two billion kroner"),
]  # fmt: skip


@pytest.mark.parametrize(("minor", "danish", "english"), SAID)
def test_an_amount_is_said_as_people_say_it(minor: int, danish: str, english: str):
    assert (danish_kroner(minor), english_kroner(minor)) == (danish, english)


@given(st.integers(0, 10**15 - 1), st.integers(0, 10**15 - 1))
def test_no_two_numbers_sound_alike(one: int, other: int):
    for words in (danish_words, english_words):
        assert (words(one) == words(other)) == (one == other)
        assert words(one).strip() == words(one)


@pytest.mark.parametrize("number", [-1, 10**15])
def test_what_nobody_says_is_refused(number: int):
    for words in (danish_words, english_words):
        with pytest.raises(ValueError, match="a number in words"):
            words(number)


@pytest.mark.parametrize("amount", [danish_kroner, english_kroner])
def test_what_is_owed_back_is_no_amount_in_words(amount):
    with pytest.raises(ValueError, match="at least 0"):
        amount(-1)
