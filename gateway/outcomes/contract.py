"""The outcome contract: the only source of windows, recipients, parameters and prices.

A contract is a TOML file whose SHA-256 stands in everything it produces; `contract_file` reads it. A pause or an
extension is a new version of the file with a later `effective_from`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from connectors.records import IncomeType, Status, Week
from gateway.outcomes.settlement_terms import SettlementTerms
from policies.basis import StopReason
from policies.vocabulary import LegalRole

SCHEMA = "outcome-contract/1"
TEMPLATES = ("contract_total", "predicate", "payment_document")
RECIPIENTS = ("operator", "investor")
STATEMENTS = ("relapse_notice",)


@dataclass(frozen=True, slots=True)
class ContractParty:
    """An organisation with a role in the contract. `municipality_code` (kommunekode) has three digits."""

    role: str
    organisation: str
    name: str
    municipality_code: str = ""
    legal_role: LegalRole | None = None  # of the operator


@dataclass(frozen=True, slots=True)
class Batch:
    """A referral batch that is sealed as a whole, with the number of people it must hold."""

    id: str
    size: int


@dataclass(frozen=True, slots=True)
class Cohort:
    size: int  # people: the denominator, everyone referred
    enrolment_from: date
    enrolment_to: date
    refuses_double_enrolment: bool
    batches: tuple[Batch, ...]


@dataclass(frozen=True, slots=True)
class Qualification:
    """How register rows qualify weeks; see the contract file for the words."""

    carries_missing_month_forward: bool
    first_week_is_enrolment_week: bool
    neutral_statuses: frozenset[Status]


@dataclass(frozen=True, slots=True)
class State:
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
class Measure:
    """What is counted. `weeks`: qualifying weeks of a person, up to a number from enrolment. `people`:
    persons whose last `sustained_weeks` weeks up to a window's end all qualify; a relapse reopens.
    """

    id: str
    kind: str  # "weeks" | "people"
    states: tuple[State, ...]
    weeks_from_enrolment: int  # weeks; 0 for kind people
    sustained_weeks: int  # weeks; 0 for kind weeks
    threshold_people: int  # people; 0 where the measure has no threshold
    price_minor: int  # minor units of the currency per week or per person; 0 where nothing is paid
    cap_minor: int  # minor units for the whole contract; 0 for none


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


@dataclass(frozen=True, slots=True)
class PlannedRelease:
    """A template, a recipient and a window: nothing else may ever be released (invariant 5)."""

    template: str
    recipient: str
    window: str


class ExitRule(StrEnum):
    """What becomes of a person's results once the person is no longer followed. The denominator never changes."""

    FROZEN = "frozen"  # weeks so far count, and the outcome stays as it was in the last week
    CENSORED = "censored"  # weeks so far count; from then on the person is in no outcome
    OUT = "out"  # nothing of the person counts, what was paid comes back


@dataclass(frozen=True, slots=True)
class PlannedStatement:
    """A kind of statement about single people that the operator may get for a window."""

    kind: str
    window: str


@dataclass(frozen=True, slots=True)
class Contract:
    id: str
    version: int
    effective_from: date
    title: str
    currency: str
    illustrative: tuple[str, ...]
    parties: tuple[ContractParty, ...]
    cohort: Cohort
    status_source: str
    income_source: str
    unknown_codes_block: bool
    qualification: Qualification
    states: tuple[State, ...]
    measures: tuple[Measure, ...]
    windows: tuple[Window, ...]
    pauses: tuple[Pause, ...]
    freeze_days: int
    k: int
    k_cohort: int
    breakdown: str  # id of the measure that may be shown by state, or empty
    breakdown_window: str  # label of the one window in which it may be
    reasons_window: str  # label of the one window for which the operator sees why people are not counted, or empty
    exits: Mapping[StopReason, ExitRule]
    statements: tuple[PlannedStatement, ...]
    releases: tuple[PlannedRelease, ...]
    tied: tuple[tuple[str, str], ...]  # recipients that count as one, beside those that are one organisation
    settlement: SettlementTerms | None
    sha256: str
    file: str

    def party(self, role: str) -> ContractParty:
        return next(party for party in self.parties if party.role == role)

    def window(self, label: str) -> Window | None:
        return next((window for window in self.windows if window.label == label), None)

    def windows_until(self, label: str) -> tuple[Window, ...]:
        """The windows up to and with this one, in their order."""
        labels = [window.label for window in self.windows]
        return self.windows[: labels.index(label) + 1]

    @property
    def people_measure(self) -> Measure | None:
        """The measure with the threshold, which the investor's part hangs on."""
        return next((measure for measure in self.measures if measure.threshold_people), None)

    @property
    def operator_legal_role(self) -> LegalRole:
        """What the operator is in law; the contract file always says it."""
        role = self.party("operator").legal_role
        if role is None:
            raise ValueError(f"{self.file}: the operator has no legal role")
        return role

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.status_source, self.income_source)

    def freezes_on(self, window: Window) -> date:
        """The first day on which the window's data may be frozen."""
        return window.to_week.sunday + timedelta(days=self.freeze_days)

    def is_planned(self, template: str, recipient: str, window: str) -> bool:
        return PlannedRelease(template, recipient, window) in self.releases
