"""The money side of a contract: declared aggregates, indices, tariffs and caps, as values.

All amounts are integer minor units of the contract's currency, all shares integer per mille. A tariff is cumulative:
it says what is owed in all at the end of a window, and a window's document pays the difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import assert_never

from vocabulary.statuses import IncomeType, Status
from vocabulary.total import total
from vocabulary.weeks import Week


class FigureUnit(StrEnum):
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


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """A quotient in whole minor units. Raises `ValueError` where a part would be cut and no rounding is named."""
    whole, rest = divmod(numerator, denominator)
    match rounding:
        case Rounding.NONE if rest:
            raise ValueError("the contract names no rounding, and an amount is not whole")
        case Rounding.HALF_UP:
            return whole + (2 * rest >= denominator)
        case Rounding.HALF_EVEN:
            return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))
        case Rounding.NONE | Rounding.DOWN:
            return whole
        case _:
            assert_never(rounding)


def apportion(total_minor: int, parts: Sequence[int]) -> tuple[int, ...]:
    """A total divided into whole minor units in proportion to `parts`, each of at least 1.

    Largest remainder: everybody gets the whole part of its exact share, and what is left goes, one each, to the largest
    fractions; of two that are equal to the one that stands first in the contract. A negative total is divided as the
    positive one. The shares add up to the total, and each differs from its exact value by less than one.
    """
    size, all_parts = abs(total_minor), sum(parts)
    shares = [size * part // all_parts for part in parts]
    fractions = [size * part % all_parts for part in parts]
    for place in sorted(range(len(parts)), key=lambda place: -fractions[place])[: size - sum(shares)]:
        shares[place] += 1
    return tuple(-share if total_minor < 0 else share for share in shares)


@dataclass(frozen=True, slots=True)
class Index:
    """A published series by year, such as a minimum wage; `source` says where it stands.

    A year of the series begins on the first day of `first_month`: a wage that changes on 1 April has 4.
    """

    id: str
    source: str
    values: Mapping[int, int]
    first_month: int = 1

    def year_of(self, day: date) -> int:
        """The year of the series in which a day lies: with first_month 4, March 2020 lies in 2019."""
        return day.year if day.month >= self.first_month else day.year - 1


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
    unit: FigureUnit
    evaluator: Evaluator
    method: str
    source: str
    windows: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class ScalePoint:
    """A place on a scale of figures, and the minor units that belong to it."""

    at: int
    amount_minor: int


class TariffKind(StrEnum):
    """How a figure becomes money."""

    PRICE = "price"  # a price for each unit of a measure or of an aggregate
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
class Gate:
    """A figure that must be reached before a tariff owes anything; where it is lost again, all is taken back."""

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
    points: tuple[ScalePoint, ...] = ()
    minus: str = ""
    share_per_mille: int = 0
    multiplier: str = ""  # aggregate in people: a difference per person becomes one of the group
    may_be_negative: bool = False
    cohorts: tuple[CohortThreshold, ...] = ()
    pooled: CohortThreshold | None = None
    pooled_from: str = ""  # label of the window in which the pooled threshold is asked
    gate: Gate | None = None
    cap_minor: int = 0
    cap_window_minor: int = 0
    carries_excess: bool = False

    def figures(self) -> tuple[str, ...]:
        """Every measure and aggregate that the tariff reads."""
        others = [one.of for one in (*self.cohorts, self.pooled, self.gate) if one]
        return tuple(name for name in (self.of, self.minus, self.multiplier, *others) if name)


@dataclass(frozen=True, slots=True)
class Caps:
    """Upper bounds over all tariffs; 0 for none. `person_minor` is one person's, over all priced measures.

    Behind a declared figure no person is known here: `person_excess` names the aggregate in which the evaluator says by
    how much the people's amounts pass `person_minor` in all, and that is taken off the later tariffs first.
    """

    contract_minor: int = 0
    person_minor: int = 0
    person_excess: str = ""
    capital_minor: int = 0  # what the investor lent
    return_per_mille_a_year: int = 0
    return_years: int = 0
    line: int = field(default=1, compare=False)  # where the table stands in the contract file

    @property
    def most_minor(self) -> int:
        """The lower of the contract's cap and of the capital with its highest return; 0 for no bound.

        The return is compounded by whole years and rounded down: more than the cap is never paid.
        """
        return min(filter(None, (self.contract_minor, self.grown_minor)), default=0)

    @property
    def grown_minor(self) -> int:
        """The capital with its highest return."""
        years = self.return_years
        grown: int = self.capital_minor * (1000 + self.return_per_mille_a_year) ** years // 1000**years
        return grown


@dataclass(frozen=True, slots=True)
class ReferralBatch:
    """A referral batch that is sealed as a whole, with the number of people it must hold."""

    id: str
    size: int


@dataclass(frozen=True, slots=True)
class Cohort:
    size: int  # people: the denominator, everyone referred
    enrolment_from: date
    enrolment_to: date
    batches: tuple[ReferralBatch, ...]


@dataclass(frozen=True, slots=True)
class Qualification:
    """How register rows qualify weeks; see the contract file for the words."""

    carries_missing_month_forward: bool
    first_week_is_enrolment_week: bool
    neutral_statuses: frozenset[Status]


@dataclass(frozen=True, slots=True)
class WeekState:
    """A named condition on one week: the status register shows one of `statuses`, and, where income types
    are named, the month's paid hours of those types reach hours per week × the weeks of the month.
    """

    id: str
    label_da: str
    label_en: str
    statuses: frozenset[Status]
    income_types: frozenset[IncomeType]
    hours_per_week_hundredths: int  # 0 with income types: one posting that is not taken back is enough
    line: int  # where the rule stands in the contract file


@dataclass(frozen=True, slots=True)
class Window:
    """Whole ISO weeks, both ends included."""

    label: str
    from_week: Week
    to_week: Week


@dataclass(frozen=True, slots=True)
class Pause:
    """Weeks that count for nobody, and by which every person's time from enrolment is longer."""

    from_week: Week
    to_week: Week


class ExitRule(StrEnum):
    """What becomes of a person's results after an exit. The denominator never changes."""

    FROZEN = "frozen"  # weeks so far count, and the outcome stays as it was in the last week
    NEUTRAL = "neutral"  # as frozen, and the person's time stands still: the weeks are asked later
    CENSORED = "censored"  # weeks so far count; nothing is asked any more, and the person is in no outcome
    FAILURE = "failure"  # weeks so far count; the later ones are weeks without a result
    OUT = "out"  # nothing of the person counts, what was paid comes back


class RegisterExit(StrEnum):
    """Exits that a register shows by itself, week by week; the others are registered by a case worker."""

    MOVED = "moved"
    DEAD = "dead"
    PENSION = "pension"


EXIT_OF = {
    Status.NOT_RESIDENT: RegisterExit.MOVED,
    Status.DEAD: RegisterExit.DEAD,
    Status.DISABILITY_PENSION: RegisterExit.PENSION,
    Status.OLD_AGE_PENSION: RegisterExit.PENSION,
}
total({shown: status for status, shown in EXIT_OF.items()}, RegisterExit)  # a status shows each of them
