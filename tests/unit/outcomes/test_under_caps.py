"""A cap from window to window, and what is taken off where several amounts are over one together: by tables."""

from __future__ import annotations

import pytest

from gateway.outcomes.under_caps import ChangingCap, taken_off

WALKS = {  # (amount by then, cap, whether a raise pays what was cut) -> what is owed by then
    "never changed": ([(50, 100, False), (120, 100, False), (90, 100, False)], [50, 100, 90]),
    "no cap": ([(50, 0, False), (120, 0, False)], [50, 120]),
    "raised: what was cut stays cut": ([(120, 100, False), (130, 150, False), (190, 150, False)], [100, 110, 150]),
    "raised, and pays it": ([(120, 100, False), (130, 150, True), (190, 150, True)], [100, 130, 150]),
    "lowered takes nothing back": ([(90, 100, False), (95, 60, False), (60, 60, False)], [90, 90, 60]),
    "it falls with the amount alone": ([(120, 100, False), (110, 150, False), (80, 150, False)], [100, 100, 80]),
    "lost once stays lost": ([(120, 100, False), (120, 150, False), (300, 250, True)], [100, 100, 250]),
}


@pytest.mark.parametrize("name", WALKS)
def test_a_cap_from_window_to_window(name: str):
    steps, owed = WALKS[name]
    cap = ChangingCap()
    assert [cap.under(raw, at_most, pays_cut=pays) for raw, at_most, pays in steps] == owed


@pytest.mark.parametrize(
    ("amounts", "over", "names", "left"),
    [
        ({"a": 50, "b": 30}, 0, ["a", "b"], {"a": 50, "b": 30}),
        ({"a": 50, "b": 30}, 20, ["a", "b"], {"a": 50, "b": 10}),  # the last one first
        ({"a": 50, "b": 30}, 45, ["a", "b"], {"a": 35, "b": 0}),
        ({"a": 50, "b": 30, "c": 10}, 45, ["a", "b", "c"], {"a": 45, "b": 0, "c": 0}),
        ({"a": 50, "b": 0}, 5, ["a", "b"], {"a": 45, "b": 0}),  # nothing off what is not owed
        ({"a": 50, "b": -7}, 5, ["a", "b"], {"a": 45, "b": -7}),
        ({"a": 50, "b": 30}, 20, ["a"], {"a": 30, "b": 30}),  # others feel nothing
        ({"a": 5}, 20, ["a"], {"a": 0}),
    ],
)
def test_what_is_over_is_taken_off_the_last_ones_first(
    amounts: dict[str, int], over: int, names: list[str], left: dict[str, int]
):
    assert taken_off(amounts, over, names) == left
