"""What a term has to say, without words: which sentence of its kind, and the values that stand in it.

The sentences are `gateway.wording`'s, one entry a kind; how a value is written is that of the register that speaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from gateway.outcomes.terms import Index, ScalePoint


class PeriodWord(StrEnum):
    """What the periods of a retention are called."""

    WEEK = "week"
    WEEKS = "weeks"
    MONTH = "month"
    MONTHS = "months"

    @classmethod
    def of(cls, *, is_month: bool, is_one: bool) -> PeriodWord:
        if is_month:
            return cls.MONTH if is_one else cls.MONTHS
        return cls.WEEK if is_one else cls.WEEKS


@dataclass(frozen=True, slots=True)
class Money:
    """Minor units of the contract's currency."""

    minor: int


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours, in hundredths."""

    hundredths: int


@dataclass(frozen=True, slots=True)
class PerMille:
    """A share of a thousand."""

    value: int


@dataclass(frozen=True, slots=True)
class StatePrices:
    """Minor units for a unit in each state, by the state's id."""

    prices: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ScaleWords:
    """The points of a scale of a figure."""

    of: str
    points: tuple[ScalePoint, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """A figure that is at least so much."""

    of: str
    at_least: int


@dataclass(frozen=True, slots=True)
class NumberList:
    """Numbers to be enumerated."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReachedList:
    """Figures to be enumerated, each at least so much."""

    figures: tuple[Reached, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence of a kind, or a part of one: its key in the kind's words, and its values by name."""

    key: str
    values: Mapping[str, PhraseValue] = field(default_factory=dict)


# a text stands as it is
PhraseValue: TypeAlias = (
    str
    | int
    | Money
    | Hours
    | PerMille
    | PeriodWord
    | Index
    | StatePrices
    | ScaleWords
    | Reached
    | ReachedList
    | NumberList
    | Phrase
)
