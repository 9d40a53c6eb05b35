"""One name in any spelling is one person; two names are two."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.spellings import OTHER_PEOPLE, SPELLINGS
from vocabulary.identity import are_two_people, identity_of, is_same_person


@pytest.mark.parametrize(("name", "spelling"), SPELLINGS)
def test_a_spelling_makes_no_other_person(name: str, spelling: str):
    assert name != spelling
    assert is_same_person(name, spelling)
    assert not are_two_people(name, spelling)


@pytest.mark.parametrize(("name", "other"), OTHER_PEOPLE)
def test_another_name_is_another_person(name: str, other: str):
    assert not is_same_person(name, other)
    assert are_two_people(name, other)


@pytest.mark.parametrize("nobody", ["", " ", "\u00a0\t", "\u200b", "\u3164"])
def test_a_name_that_says_nothing_is_nobody_s(nobody: str):
    assert identity_of(nobody) == ""
    for other in ("anna", nobody):
        assert not is_same_person(nobody, other)
        assert not are_two_people(nobody, other)
        assert not are_two_people(other, nobody)


@given(st.text(max_size=12))
def test_an_identity_is_its_own_and_no_composition_changes_it(name: str):
    assert identity_of(identity_of(name)) == identity_of(name)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert identity_of(unicodedata.normalize(form, name)) == identity_of(name)
    assert identity_of(f" {name}\u00a0") == identity_of(name)
