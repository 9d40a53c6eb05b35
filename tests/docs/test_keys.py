"""The reference of keys has every key that a reader can ask for, and no other; it is made of what they ask for."""

from __future__ import annotations

import pytest

from tests.docs.keys import PAGES, asked_keys, key_words, page, static_keys, words_of

KINDS = list(PAGES)


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_the_one_that_the_readers_make(kind: str):
    """Where this fails: `python -m tests.docs.keys`."""
    assert PAGES[kind].read_text("utf-8") == page(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_that_a_reader_asks_for_has_its_words(kind: str):
    """Where this fails: a line in tests/docs/keys.toml says unit, example and what the key changes."""
    assert [key for key in asked_keys(kind) if words_of(kind, key) is None] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_in_the_code_of_a_reader_is_asked_for_in_some_example(kind: str):
    """Where this fails: an example has the key, or tests/docs/every_KIND_key.toml has it."""
    last = {key.split(".")[-1] for key in asked_keys(kind)}
    assert sorted({key for key, _ in static_keys(kind)} - last) == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_words_are_of_a_key_that_nobody_asks_for(kind: str):
    used = {id(words_of(kind, key)) for key in asked_keys(kind)}
    assert [key for key, words in key_words(kind).items() if id(words) not in used] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_line_says_what_it_changes_by_an_example(kind: str):
    assert [key for key, words in key_words(kind).items() if not (words.example and words.changes)] == []
