"""What tariffs read at the end of a window, and the cells in which a person's units are counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Cell = tuple[str, int]  # state, and the ISO year in which the unit was reached


@dataclass(frozen=True, slots=True)
class Figures:
    """What tariffs read at the end of one window, cumulative.

    `quantities` by measure or aggregate; an aggregate that is not due yet is absent. `personal` is, for each tariff
    with a price, the sum over people of what each one earned (minor units), because a person's cap is personal.
    """

    window: str
    quantities: Mapping[str, int]
    personal: Mapping[str, int]
    windows: int  # how many have ended, this one included


@dataclass(frozen=True, slots=True)
class TriedFigures:
    """Figures of a worked example; of a price of people also how many units of how many they are.

    `state` and `year` are told where the price depends on them.
    """

    figures: Figures
    people: int = 0
    units: int = 0
    state: str = ""
    year: int = 0
    is_everybody: bool = False
