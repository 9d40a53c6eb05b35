"""The outcome contract: the only source of windows, recipients, parameters and prices.

A contract is a TOML file whose SHA-256 stands in everything it produces; `contract_file` reads it. A pause or an
extension is a new version of the file with a later `effective_from`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from gateway.errors.contracts import WindowUnknown
from gateway.outcomes.manual_evidence import EVIDENCE, EvidenceType
from gateway.outcomes.settlement_terms import SettlementTerms
from gateway.outcomes.terms import (
    Aggregate,
    Caps,
    Cohort,
    ExitRule,
    Index,
    Pause,
    Qualification,
    RegisterExit,
    Rounding,
    Tariff,
    WeekState,
    Window,
    divide,
)
from policies.basis import StopReason
from policies.terms import LegalRole
from vocabulary.releases import Recipient, Template

SCHEMA = "outcome-contract/1"
CURRENCIES = ("DKK", "EUR", "GBP", "USD")  # of two decimals, each
STATEMENTS = ("relapse_notice",)


@dataclass(frozen=True, slots=True)
class ContractParty:
    """An organisation with a role in the contract. `municipality_code` (kommunekode) has three digits; a payer of
    another country has none, and no installation can put its contract into force.

    Several parties may have the role `outcome_payer`: the municipality is the first of them, and each bears
    `share_parts` of the sum of all parts.
    """

    role: str
    organisation: str
    name: str
    municipality_code: str = ""
    legal_role: LegalRole | None = None  # of the operator
    country: str = "DK"  # ISO 3166-1 alpha-2, of the outcome payer
    share_parts: int = 0  # of an outcome payer; 1 where it pays alone


class MeasureKind(StrEnum):
    """What a measure counts of each person."""

    WEEKS = "weeks"  # qualifying weeks so far
    PEOPLE = "people"  # in the outcome now: the last weeks all qualify; a relapse reopens it
    RETENTION = "retention"  # reached once: so many qualifying periods among so many; first entry is one of one
    DAYS = "days"  # reached once: so many days in qualifying weeks, each day once
    EARNINGS = "earnings"  # reached once: so much pay from the person's own start
    FOLLOW_UP = "follow_up"  # in a state at months after the person's own start, a point each


@dataclass(frozen=True, slots=True)
class EarningsThreshold:
    """Pay that must be reached: an amount, or hours a week × weeks × the index of the year of the person's start."""

    amount_minor: int
    hours_hundredths: int = 0  # of all weeks together
    index: Index | None = None  # minor units an hour
    counts_partial_months: bool = False  # months that lie only partly in the person's time

    def minor(self, start: date, rounding: Rounding) -> int:
        """The threshold for somebody who started on a day. `ValueError` for a year that the index lacks."""
        if self.index is None:
            return self.amount_minor
        year = self.index.year_of(start)
        if year not in self.index.values:
            raise ValueError(f"index {self.index.id} has no value for {year}")
        return divide(self.hours_hundredths * self.index.values[year], 100, rounding)


@dataclass(frozen=True, slots=True)
class Measure:
    """What is counted of each person. What its kind does not use is 0 or empty; see `MeasureKind`."""

    id: str
    kind: MeasureKind
    states: tuple[WeekState, ...]
    line: int
    weeks_from_enrolment: int = 0  # weeks: after them nothing counts
    sustained_weeks: int = 0  # people
    needed: int = 0  # retention: periods; days: days
    within: int = 0  # retention: periods, among which
    by_month: bool = False  # retention: the periods are whole months, and not weeks
    days_from_enrolment: int = 0  # retention, days, earnings: after them nothing counts; 0 for no end
    months: tuple[int, ...] = ()  # follow_up
    earnings: EarningsThreshold | None = None
    threshold_people: int = 0  # people from which the investor earns; 0 where the measure has no threshold


@dataclass(frozen=True, slots=True)
class PlannedRelease:
    """A template, a recipient and a window: nothing else may ever be released (invariant 5)."""

    template: Template
    recipient: Recipient
    window: str


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
    rounding: Rounding
    illustrative: tuple[str, ...]
    parties: tuple[ContractParty, ...]
    cohort: Cohort
    status_sources: tuple[str, ...]  # in order of precedence; `evidence` among them is no register
    evidence: frozenset[EvidenceType]  # what documents may show; empty where `evidence` is no source
    income_source: str
    unknown_codes_block: bool
    qualification: Qualification
    states: tuple[WeekState, ...]
    measures: tuple[Measure, ...]
    aggregates: tuple[Aggregate, ...]
    tariffs: tuple[Tariff, ...]
    caps: Caps
    windows: tuple[Window, ...]
    pauses: tuple[Pause, ...]
    freeze_days: int
    k: int
    k_cohort: int
    breakdown: str  # id of the measure that may be shown by state, or empty
    breakdown_window: str  # label of the one window in which it may be
    reasons_window: str  # label of the one window for which the operator sees why people are not counted, or empty
    exits: Mapping[StopReason, ExitRule]
    register_exits: Mapping[RegisterExit, ExitRule]
    statements: tuple[PlannedStatement, ...]
    releases: tuple[PlannedRelease, ...]
    tied: tuple[tuple[str, str], ...]  # recipients that count as one, beside those that are one organisation
    settlement: SettlementTerms | None
    sha256: str
    file: str

    def party(self, role: str) -> ContractParty:
        """The party in a role; of several outcome payers the municipality."""
        return next(party for party in self.parties if party.role == role)

    @property
    def payers(self) -> tuple[ContractParty, ...]:
        """The municipality, and then the further payers in the order of the file."""
        return tuple(party for party in self.parties if party.role == "outcome_payer")

    @property
    def share_parts(self) -> tuple[int, ...]:
        """What each payer bears, in the order of `payers`."""
        return tuple(payer.share_parts for payer in self.payers)

    def window(self, label: str) -> Window:
        """The window of this label; raises `WindowUnknown`."""
        for window in self.windows:
            if window.label == label:
                return window
        raise WindowUnknown(contract=self.id, window=label)

    def windows_until(self, label: str) -> tuple[Window, ...]:
        """The windows up to and with this one, in their order."""
        labels = [window.label for window in self.windows]
        return self.windows[: labels.index(label) + 1]

    @property
    def identity(self) -> dict[str, str | int]:
        """What everybody signs this text by."""
        return {"id": self.id, "version": self.version, "rules_sha256": self.sha256}

    @property
    def people_measure(self) -> Measure | None:
        """The measure with the threshold, which the investor's part hangs on."""
        return next((measure for measure in self.measures if measure.threshold_people), None)

    def measure(self, name: str) -> Measure | None:
        return next((measure for measure in self.measures if measure.id == name), None)

    def aggregate(self, name: str) -> Aggregate:
        """The aggregate of this name; `KeyError` where there is none."""
        return {aggregate.id: aggregate for aggregate in self.aggregates}[name]

    @property
    def paid_measures(self) -> frozenset[str]:
        """The measures that some tariff reads."""
        read = {name for tariff in self.tariffs for name in tariff.figures()}
        return frozenset(measure.id for measure in self.measures if measure.id in read)

    @property
    def needs_amounts(self) -> bool:
        """Whether a measure counts pay: only then are amounts kept when income is read."""
        return any(measure.earnings is not None for measure in self.measures)

    @property
    def operator_legal_role(self) -> LegalRole:
        """What the operator is in law; the contract file always says it."""
        role = self.party("operator").legal_role
        if role is None:
            raise ValueError(f"{self.file}: the operator has no legal role")
        return role

    @property
    def sources(self) -> tuple[str, ...]:
        """The registers that it reads; none where it has no measure of its own.

        Each must be complete to a window's end before anything is released of it. Evidence is no register: nothing says
        when the last document has come, and nothing waits for one.
        """
        return tuple(source for source in self.named_sources if source != EVIDENCE)

    @property
    def named_sources(self) -> tuple[str, ...]:
        """Whatever may decide a week: the status sources in order of precedence, evidence among them, and income."""
        return tuple(source for source in (*self.status_sources, self.income_source) if source)

    def freezes_on(self, window: Window) -> date:
        """The first day on which the window's data may be frozen."""
        return window.to_week.sunday + timedelta(days=self.freeze_days)

    def is_planned(self, template: Template, recipient: Recipient, window: str) -> bool:
        return PlannedRelease(template, recipient, window) in self.releases
