"""However many independent mistakes a declaration file has, each is named once with its line, and nothing else is."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.outcomes.contract_file import load_contract
from policies.programme_file import load_programme
from tests.support.histories import EXAMPLES
from tests.support.mistaken import Mistake, named_lines, single_mistakes, with_mistakes

READERS = {"contracts": load_contract, "programmes": load_programme}
FILES = [(kind, path.name) for kind in READERS for path in sorted((EXAMPLES / kind).glob("*.toml"))]
_HIDES = ("kind = ", "id = ", "label = ", "organisation = ", "role = ")  # what a row is called, or which keys it has


@cache
def text_of(kind: str, name: str) -> str:
    return (EXAMPLES / kind / name).read_text("utf-8")


def lines_named(kind: str, name: str, text: str) -> list[int]:
    return named_lines(lambda read: READERS[kind](read, file=name), text)


@cache
def mistakes_of(kind: str, name: str) -> tuple[Mistake, ...]:
    """The single mistakes that are one: a key that may be left out is none, and what a row is called says what
    else can be read of it."""
    text = text_of(kind, name)
    plain = [one for one in single_mistakes(text) if not text.splitlines()[one.place].startswith(_HIDES)]
    return tuple(one for one in plain if one.kind != "missing")


@pytest.mark.long
@pytest.mark.parametrize(("kind", "name"), FILES)
def test_a_single_mistake_is_named_once_with_its_line(kind: str, name: str):
    text = text_of(kind, name)
    for mistake in single_mistakes(text):
        changed, expected = with_mistakes(text, [mistake])
        lines = lines_named(kind, name, changed)
        if mistake.kind == "missing":
            assert len(lines) < 2, (mistake, changed.splitlines()[mistake.place])
        else:
            assert lines == expected, (mistake, changed.splitlines()[mistake.place])


@settings(deadline=None)
@given(st.data())
def test_many_mistakes_are_all_named_with_their_lines(data: st.DataObject):
    kind, name = data.draw(st.sampled_from(FILES))
    drawn = data.draw(
        st.lists(st.sampled_from(mistakes_of(kind, name)), min_size=2, max_size=9, unique_by=lambda one: one.place)
    )
    changed, expected = with_mistakes(text_of(kind, name), drawn)
    assert lines_named(kind, name, changed) == expected
