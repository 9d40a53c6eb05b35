"""The values of a contract's text: figures, indices, caps, people, weeks, windows, exits and what is planned.

All amounts are integer minor units of the contract's currency, all shares integer per mille. What is counted and what
is paid stands in `contract` and behind it, a kind a module.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import assert_never

from gateway.errors.contracts import ContractNotEvaluable
from gateway.outcomes.succession import Succession
from policies.basis import MistakeReason
from policies.terms import LegalRole
from vocabulary.releases import Recipient, Template
from vocabulary.statuses import IncomeType, Status
from vocabulary.total import total
from vocabulary.weeks import Week

SCHEMA = "outcome-contract/1"
STATEMENTS = ("relapse_notice",)


class FigureUnit(StrEnum):
    """What a figure counts. Comparisons are per 1,000 or per 100 people, so that groups of two sizes meet."""

    WEEK = "week"
    PERSON = "person"
    POINT = "point"  # one person at one follow-up month, or one full block of weeks
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
    """A quotient in whole minor units; `ContractNotEvaluable` where a part would be cut and no rounding is named."""
    whole, rest = divmod(numerator, denominator)
    match rounding:
        case Rounding.NONE:
            if rest:
                raise ContractNotEvaluable(reason="it names no rounding, and an amount is not whole")
            return whole
        case Rounding.DOWN:
            return whole
        case Rounding.HALF_UP:
            return whole + (2 * rest >= denominator)
        case Rounding.HALF_EVEN:
            return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))
        case _:
            assert_never(rounding)


def apportion(total_minor: int, parts: Sequence[int]) -> tuple[int, ...]:
    """A total divided into whole minor units in proportion to `parts`, of which one is above 0.

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

    def value(self, year: int) -> int:
        """The value of a year; `ContractNotEvaluable` for one that the index lacks."""
        if year not in self.values:
            raise ContractNotEvaluable(reason=f"index {self.id!r} has no value for {year}; an amendment can add it")
        return self.values[year]

    def within(self, years: Collection[int]) -> Index:
        """The series of these years alone."""
        return replace(self, values={year: value for year, value in self.values.items() if year in years})

    def years_later(self, years: int) -> Index:
        """The same series so many years later."""
        return replace(self, values={year + years: value for year, value in self.values.items()})


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


@dataclass(frozen=True, slots=True)
class Gate:
    """A figure that must be reached before a tariff owes anything; where it is lost again, all is taken back."""

    of: str
    at_least: int


@dataclass(frozen=True, slots=True)
class Caps:
    """Upper bounds over all tariffs; 0 for none. `person_minor` is one person's, over all priced measures.

    Behind a declared figure no person is known here: `person_excess` names the aggregate in which the evaluator says by
    how much the people's amounts pass `person_minor` in all, and that is taken off the later tariffs first.

    A later version that raises the contract's bound (`pays_cut`) or a person's (`person_pays_cut`) may pay what the one
    before cut.
    """

    contract_minor: int = 0
    person_minor: int = 0
    person_excess: str = ""
    capital_minor: int = 0  # what the investor lent
    return_per_mille_a_year: int = 0
    return_years: int = 0
    line: int = field(default=1, compare=False)  # where the table stands in the contract file
    pays_cut: bool = False
    person_pays_cut: bool = False

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


BEHIND_PER_CENT = 20


@dataclass(frozen=True, slots=True)
class ReferralBatch:
    """A referral batch that is sealed as a whole, with the number of people it must hold."""

    id: str
    size: int
    cut_off: date | None = None  # the last day of referral, on which everybody's time begins; None: on each one's own


@dataclass(frozen=True, slots=True)
class Mistaken:
    """So many people were referred by mistake (fejlhenvist), and are in the denominator no longer."""

    people: int
    reason: MistakeReason


@dataclass(frozen=True, slots=True)
class Cohort:
    size: int  # people: everyone referred, and the denominator but for `mistaken`
    enrolment_from: date
    enrolment_to: date
    batches: tuple[ReferralBatch, ...]
    planned: tuple[int, ...] = ()  # people by month of enrolment, from its first on; empty for evenly by batch
    behind_per_cent: int = BEHIND_PER_CENT  # of those planned by now, from which referrals are behind
    mistaken: tuple[Mistaken, ...] = ()  # of a later version; which of them they are, no text says

    @property
    def mistaken_people(self) -> int:
        return sum(one.people for one in self.mistaken)

    @property
    def denominator(self) -> int:
        """People: everyone referred, once all batches are sealed, but for those referred by mistake."""
        return self.size - self.mistaken_people

    @property
    def has_cut_offs(self) -> bool:
        """Whether everybody of a batch begins on one day, which the contract says."""
        return any(batch.cut_off for batch in self.batches)

    def begins_on(self, enrolled_on: date) -> date:
        """The day on which the time of somebody begins who was referred on this one."""
        days = (batch.cut_off for batch in self.batches if batch.cut_off is not None)
        return min((day for day in days if day >= enrolled_on), default=enrolled_on)

    def period_of(self, batch: str) -> tuple[date, date]:
        """The days of referral to a batch, both included: with cut-offs, those behind the one before."""
        first = self.enrolment_from
        for one in self.batches:
            if one.cut_off is not None and one.id == batch:
                return first, one.cut_off
            first = first if one.cut_off is None else one.cut_off + timedelta(days=1)
        return self.enrolment_from, self.enrolment_to


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

    A week off benefits is another: a register that covers it shows nothing but `statuses`, whatever documents show.
    """

    id: str
    label_da: str
    label_en: str
    statuses: frozenset[Status]
    income_types: frozenset[IncomeType]
    hours_per_week_hundredths: int  # 0 with income types: one posting that is not taken back is enough
    line: int  # where the rule stands in the contract file
    is_off_benefit: bool = False

    def fits(self, shown: frozenset[Status], by_registers: frozenset[Status]) -> bool:
        """Whether a week is of this state, its income aside. `by_registers` is what `shown` is without documents: empty
        where no register covers the week."""
        if self.is_off_benefit:
            told = {status for status in by_registers if not status.word}  # a contract's own words tell of no benefit
            return bool(told) and told <= self.statuses
        return not shown.isdisjoint(self.statuses)

    @property
    def plain_status(self) -> Status:
        """A status by which alone a week is of this state."""
        return Status.NO_BENEFIT if self.is_off_benefit else min(self.statuses)


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
    """What becomes of a person's results after an exit. None of them changes the denominator."""

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


EXIT_OF: Mapping[Status, RegisterExit] = {  # of the statuses that are an exit, and of no other
    Status.NOT_RESIDENT: RegisterExit.MOVED,
    Status.DEAD: RegisterExit.DEAD,
    Status.DISABILITY_PENSION: RegisterExit.PENSION,
    Status.OLD_AGE_PENSION: RegisterExit.PENSION,
}
total({shown: status for status, shown in EXIT_OF.items()}, RegisterExit)  # a status shows each of them


@dataclass(frozen=True, slots=True)
class ContractParty:
    """An organisation with a role in the contract. `municipality_code` (kommunekode) has three digits; a payer of
    another country has none, and no installation can put its contract into force.

    Several parties may have the role `outcome_payer`: the municipality is the first of them, and each bears
    `share_parts` of the sum of all parts. So do several investors lend and earn. One of these may be a `unit` of the
    municipality itself, which decides on nothing else of the contract.
    """

    role: str
    organisation: str
    name: str
    municipality_code: str = ""
    legal_role: LegalRole | None = None  # of the operator
    country: str = "DK"  # ISO 3166-1 alpha-2, of the outcome payer
    share_parts: int = 0  # of several in a role; 1 of who is alone, 0 of payers where every tariff says what each owes
    unit: str = ""  # of an investor that is the municipality itself: the office that lends
    succession: Succession | None = None  # in whose place it is

    @property
    def role_in_law(self) -> LegalRole:
        """What an operator is in law; the contract file always says it."""
        if self.legal_role is None:
            raise ValueError(f"{self.organisation}, as {self.role}, has no legal role")
        return self.legal_role


@dataclass(frozen=True, slots=True)
class PlannedRelease:
    """A template, a recipient and a window: nothing else may ever be released (invariant 5)."""

    template: Template
    recipient: Recipient
    window: str
    line: int = field(default=1, compare=False)  # of its entry in the contract file


@dataclass(frozen=True, slots=True)
class PlannedStatement:
    """A kind of statement about single people that the operator may get for a window."""

    kind: str
    window: str
