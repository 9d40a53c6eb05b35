"""A table over a closed set is refused where a member has no row, and where a row has no member."""

from __future__ import annotations

from enum import Enum, StrEnum

import pytest

from vocabulary.total import total


class Side(Enum):
    LEFT = 1
    RIGHT = 2


class Colour(StrEnum):
    RED = "red"


def test_a_whole_table_is_given_back_and_cannot_be_changed():
    table = total({Side.LEFT: "venstre", Side.RIGHT: "højre"}, Side)
    assert table[Side.LEFT] == "venstre"
    with pytest.raises(TypeError):
        table[Side.LEFT] = "højre"


def test_a_missing_member_is_named():
    with pytest.raises(TypeError, match="the table over Side has no row for RIGHT"):
        total({Side.LEFT: "venstre"}, Side)


def test_one_table_may_stand_over_several_sets():
    assert len(total({Side.LEFT: 1, Side.RIGHT: 2, Colour.RED: 3}, Side, Colour)) == 3
    with pytest.raises(TypeError, match="over Side and Colour has no row for RED"):
        total({Side.LEFT: 1, Side.RIGHT: 2}, Side, Colour)


def test_words_may_be_given_by_value_and_no_word_of_another_set_is_let_in():
    assert total({"red": "rød"}, Colour)[Colour.RED] == "rød"
    with pytest.raises(TypeError, match="rows for no member: green"):
        total({"red": "rød", "green": "grøn"}, Colour)
