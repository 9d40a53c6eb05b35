"""The money side of a contract: declared aggregates, indices, tariffs and caps, as values.

All amounts are integer minor units of the contract's currency, all shares integer per mille. A tariff is cumulative:
it says what is owed in all at the end of a window, and a window's document pays the difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What a figure counts. Comparisons are per 1,000 or per 100 people, so that groups of two sizes meet."""

    WEEK = "week"
    PERSON = "person"
    POINT = "point"  # one person at one follow-up month
    DAY = "day"
    MINOR = "minor"  # minor units of the contract's currency
    PER_MILLE = "per_mille"
    EVENTS_PER_100 = "events_per_100"  # in hundredths of an event
    WINDOW = "window"


class Rounding(StrEnum):
    """What happens to a part of a minor unit. `none`: the contract has no term that could make one."""

    NONE = "none"
    DOWN = "down"  # towards minus infinity, so that a difference taken back is not larger than it was
    HALF_UP = "half_up"
    HALF_EVEN = "half_even"


def divided(numerator: int, denominator: int, rounding: Rounding) -> int:
    """A quotient in whole minor units. Raises `ValueError` where a part would be cut and no rounding is named."""
    whole, rest = divmod(numerator, denominator)
    match rounding:
        case Rounding.NONE if rest:
            raise ValueError("the contract names no rounding, and an amount is not whole")
        case Rounding.HALF_UP:
            return whole + (2 * rest >= denominator)
        case Rounding.HALF_EVEN:
            return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))
    return whole


@dataclass(frozen=True, slots=True)
class Index:
    """A published series by year, such as a minimum wage; `source` says where it stands."""

    id: str
    source: str
    values: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Who signs declared aggregates. `key` is the RFC 7638 thumbprint of the public key."""

    id: str
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A figure that an evaluator signs, for the group or against another one. `windows` are those it is due in."""

    id: str
    unit: Unit
    evaluator: Evaluator
    method: str
    source: str
    windows: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Point:
    """A place on a scale of figures, and the minor units that belong to it."""

    at: int
    amount_minor: int


class TariffKind(StrEnum):
    """How a figure becomes money."""

    PRICE = "price"  # a price for each unit of a measure
    STEPS = "steps"  # the amount of the highest step that the figure reaches
    LINEAR = "linear"  # straight lines between the points, and level outside of them
    SHARE = "share"  # per mille of the difference between two figures in money
    COHORT_THRESHOLD = "cohort_threshold"  # each cohort that reaches its threshold, else all of them pooled
    FEE = "fee"  # for delivering, in each window


@dataclass(frozen=True, slots=True)
class CohortThreshold:
    """A cohort's figure of success, and the figure from which it is paid."""

    of: str
    at_least: int


@dataclass(frozen=True, slots=True)
class Tariff:
    """One priced term. What its kind does not use is empty.

    `of` names a measure or an aggregate. The cap is cumulative over the contract, `cap_window_minor` for each window;
    `carries_excess`: what a window's cap cut is owed in later windows.
    """

    id: str
    kind: TariffKind
    of: str
    line: int
    price_minor: int = 0
    price_by_state: Mapping[str, int] | None = None
    index: Index | None = None
    base_year: int = 0
    points: tuple[Point, ...] = ()
    minus: str = ""
    share_per_mille: int = 0
    multiplier: str = ""  # aggregate in people: a difference per person becomes one of the group
    may_be_negative: bool = False
    cohorts: tuple[CohortThreshold, ...] = ()
    pooled: CohortThreshold | None = None
    pooled_from: str = ""  # label of the window in which the pooled threshold is asked
    cap_minor: int = 0
    cap_window_minor: int = 0
    carries_excess: bool = False

    def figures(self) -> tuple[str, ...]:
        """Every measure and aggregate that the tariff reads."""
        cohorts = [*self.cohorts, *([self.pooled] if self.pooled else [])]
        return tuple(name for name in (self.of, self.minus, self.multiplier, *(one.of for one in cohorts)) if name)


@dataclass(frozen=True, slots=True)
class Caps:
    """Upper bounds over all tariffs; 0 for none. `person_minor` is one person's, over all priced measures."""

    contract_minor: int = 0
    person_minor: int = 0
    capital_minor: int = 0  # what the investor lent
    return_per_mille_a_year: int = 0
    return_years: int = 0

    @property
    def most_minor(self) -> int:
        """The lower of the contract's cap and of the capital with its highest return; 0 for no bound.

        The return is compounded by whole years and rounded down: more than the cap is never paid.
        """
        bounds = [self.contract_minor] if self.contract_minor else []
        if self.capital_minor:
            grown = self.capital_minor * (1000 + self.return_per_mille_a_year) ** self.return_years
            bounds.append(grown // 1000**self.return_years)
        return min(bounds, default=0)
