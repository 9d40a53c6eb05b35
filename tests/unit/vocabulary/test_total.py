"""A table over a closed set is refused where a member has no row, and where a row has no member."""

from __future__ import annotations

from enum import Enum, StrEnum

import pytest

from vocabulary.total import total, transitions


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


def test_the_table_of_a_life_has_every_state_and_every_action():
    class Light(StrEnum):
        OFF = "off"
        ON = "on"

    class Push(StrEnum):
        SWITCH = "switch"
        BREAK = "break"

    whole = {Light.OFF: {Push.SWITCH: Light.ON}, Light.ON: {Push.SWITCH: Light.OFF, Push.BREAK: Light.OFF}}
    assert transitions(whole, Light, Push)[Light.OFF] == {Push.SWITCH: Light.ON}
    with pytest.raises(TypeError, match="over Light has no row for ON"):
        transitions({Light.OFF: {Push.SWITCH: Light.ON, Push.BREAK: Light.OFF}}, Light, Push)
    with pytest.raises(TypeError, match="over Push has no row for BREAK"):
        transitions({Light.OFF: {Push.SWITCH: Light.ON}, Light.ON: {}}, Light, Push)
