"""The outcome contract: the only source of windows, recipients, parameters and prices.

A contract is a TOML file whose SHA-256 stands in everything it produces (`contract_file`). A change is a new version.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import date, timedelta
from typing import ClassVar

from gateway.errors.contracts import WindowUnknown
from gateway.outcomes.agreed_numbers import AgreedNumber
from gateway.outcomes.bound import AmountBounds
from gateway.outcomes.end_terms import ContractEnd, EndRight
from gateway.outcomes.figures import Cell, Figures, TriedFigures
from gateway.outcomes.findings import LintFinding
from gateway.outcomes.fold_terms import FoldTerms
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.manual_evidence import EVIDENCE, EvidenceType
from gateway.outcomes.phrases import Phrase
from gateway.outcomes.settlement_terms import SettlementTerms
from gateway.outcomes.status_words import StatusWord
from gateway.outcomes.terms import (
    Aggregate,
    Caps,
    Cohort,
    ContractParty,
    ExitRule,
    FigureUnit,
    Gate,
    Index,
    Pause,
    PlannedRelease,
    PlannedStatement,
    Qualification,
    RegisterExit,
    Rounding,
    WeekState,
    Window,
)
from gateway.outcomes.verdicts import WeekVerdict
from policies.basis import StopReason
from vocabulary.releases import Recipient, Template


@dataclass(frozen=True, slots=True)
class Measure(ABC):
    """What is counted of each person. Every kind is a module of `measures`, which adds the fields that it uses."""

    id: str
    states: tuple[WeekState, ...]
    line: int
    _: KW_ONLY
    instead_of: str = ""  # in a later version that brings it: the measure of which nothing more is paid from then on
    beside: tuple[str, ...] = ()  # or those of which both are
    kind: ClassVar[str]  # its word in the contract file
    unit: ClassVar[FigureUnit]
    can_relapse: ClassVar[bool] = False  # a week outside of the states reopens what was reached
    can_fall: ClassVar[bool] = False  # what was reached can be lost again without a correction of the register
    counts_pay: ClassVar[bool] = False  # only then are amounts kept when income is read
    is_result: ClassVar[bool] = True  # False where it counts whoever began, which nobody can move and everybody knows
    most_a_week: ClassVar[int] = 1  # units of a person that one week can add

    @property
    def weeks_limit(self) -> int:
        return 0  # asked weeks from enrolment after which nothing counts; 0 for no such end

    @property
    def days_limit(self) -> int:
        return 0  # days from the first one that may count after which nothing counts; 0 for no such end

    def read_of_start(self, first: date) -> Hashable:
        """What it reads of somebody's first day: on two days with one answer every history counts the same."""
        return first

    @property
    def goal_people(self) -> int:
        return 0  # people from which the investor earns; 0 where the measure has no threshold

    @property
    def pace_limit(self) -> int | None:
        return None  # units of a person up to which a total grows at its pace; None: it stays until it is counted anew

    @property
    def published_index(self) -> Index | None:
        return None  # the published series that it reads

    @abstractmethod
    def cells(self, contract: Contract, person: PersonHistory, verdicts: Sequence[WeekVerdict]) -> Mapping[Cell, int]:
        """What a person's weeks amount to: units by state and year. May raise `ContractNotEvaluable`."""

    @abstractmethod
    def most_units(self, contract: Contract) -> int:
        """The most that it can ever count for one person."""

    @abstractmethod
    def best_of_person(self, contract: Contract, window: Window, price: Callable[[int], int]) -> int:
        """The most that one person's units are worth together by a window's end, each at the price of its year."""

    @abstractmethod
    def phrase(self) -> Phrase:
        """What it counts."""

    @abstractmethod
    def numbers(self) -> Iterator[AgreedNumber[Measure]]:
        """The numbers that the parties agree on, in the order of the contract file."""

    def weeks_needed(self) -> int:
        """Weeks in a state after which somebody can be counted."""
        return 1

    def is_sound(self) -> bool:
        """Whether it still says something after one of its numbers changed."""
        return True

    def without_goal(self) -> Measure:
        """The same without a threshold: it counts the same of everybody."""
        return self

    def with_years_shifted(self, years: int) -> Measure:
        """The same so many years later: the years of its index move with it."""
        return self


@dataclass(frozen=True, slots=True)
class Tariff(ABC):
    """One priced term, of a kind in `tariffs`. The cap is cumulative; where a later version raises it, `pays_cut` pays
    what the one before cut. What `cap_window_minor` cuts of a window is owed later with `carries_excess`."""

    id: str
    line: int
    _: KW_ONLY
    gate: Gate | None = None
    cap_minor: int = 0
    pays_cut: bool = False
    cap_window_minor: int = 0
    carries_excess: bool = False
    payer_prices: tuple[int, ...] = ()  # of one unit, minor units by payer in their order; empty where shares hold
    kind: ClassVar[str]  # its word in the contract file
    bears_person_excess: ClassVar[bool] = False  # what a person's cap cut of declared figures is taken off it

    @property
    def main_figure(self) -> str:
        """The measure or aggregate whose quantity its lines show; empty where they show something else."""
        return ""

    @property
    def can_be_negative(self) -> bool:
        return False

    @property
    def single_price(self) -> int:
        return 0  # the price of each unit of its quantity, where one price holds for all

    @property
    def follows_from_quantity(self) -> bool:
        """Whether what is owed before caps of windows and people follows from the quantity of its lines alone."""
        return False

    @property
    def published_index(self) -> Index | None:
        return None  # the published series that its price follows

    @abstractmethod
    def own_figures(self) -> tuple[str, ...]:
        """Every measure and aggregate that it reads, but for its gate."""

    def figures(self) -> tuple[str, ...]:
        """Every measure and aggregate that it reads."""
        return (*self.own_figures(), self.gate.of) if self.gate else self.own_figures()

    @abstractmethod
    def owes(self, contract: Contract, figures: Figures) -> int:
        """What is owed in all at the end of a window, before its gate and before caps."""

    def quantity(self, figures: Figures) -> int:
        """The figure of its lines."""
        return figures.quantities.get(self.main_figure, 0)

    def unit(self, contract: Contract) -> FigureUnit:
        """What the quantity of its lines counts."""
        return contract.unit_of(self.main_figure)

    @abstractmethod
    def bounds(self, contract: Contract, position: int) -> AmountBounds:
        """The least and the most that it can owe by the end of a window, before its gate and caps."""

    @abstractmethod
    def most_minor(self, contract: Contract) -> int | None:
        """The most that it can ever owe before caps; None where nothing bounds it before figures are declared."""

    def can_fall(self, contract: Contract) -> bool:
        """Whether what was earned can be lost again without a correction of the register."""
        measure = contract.measure(self.main_figure)
        said = [{*one.exits.values(), *one.register_exits.values()} for one in (*contract.earlier, contract)]
        is_taken_back = any(ExitRule.OUT in rules for rules in said)
        return measure is None or measure.can_fall or is_taken_back

    def tells_apart(self, first: str, second: str) -> bool:
        """Whether a unit in one of two states is worth something else than in the other."""
        return False

    def first_paid(self) -> int:
        """The first figure of its own from which it owes anything; 0 where it may owe at any."""
        return 0

    def least_unit_price(self) -> int | None:
        """The lowest price of one unit; None where units have none that is known beforehand."""
        return None

    def grows_with(self, aggregate: str) -> bool:
        """Whether the amount grows or falls with a declared figure, so that no figure is the best."""
        return False

    def turning_points(self) -> set[int]:
        """Figures at which the amount changes its course."""
        return set()

    def jumps(self) -> set[int]:
        """Figures of its own at which another amount is owed at once."""
        return set()

    def lint(self, contract: Contract) -> Iterator[LintFinding]:
        """What of it cannot be meant."""
        return iter(())

    @abstractmethod
    def phrases(self) -> tuple[Phrase, ...]:
        """What it pays for, and then what else is to be said of its price."""

    @abstractmethod
    def cases(self, contract: Contract) -> Iterator[TriedFigures]:
        """Figures that show what it pays."""

    @abstractmethod
    def numbers(self) -> Iterator[AgreedNumber[Tariff]]:
        """The numbers that the parties agree on, in the order of the contract file."""

    def is_sound(self) -> bool:
        """Whether it still says something after one of its numbers changed."""
        return True

    def with_years_shifted(self, years: int) -> Tariff:
        """The same so many years later: the years of its index move with it."""
        return self


@dataclass(frozen=True, slots=True)
class PersonalTariff(Tariff):
    """A tariff that prices what single people reached under a measure: a person's cap cuts what each one earned."""

    of: str  # the measure

    @abstractmethod
    def price_of(self, state: str, year: int, rounding: Rounding) -> int:
        """Minor units for one unit in a state, reached in a year. May raise `ContractNotEvaluable`."""

    def worth_of(self, units: Mapping[Cell, int], rounding: Rounding) -> int:
        """What one person's units are worth, before the cap of a person."""
        return sum(number * self.price_of(state, year, rounding) for (state, year), number in units.items())

    def plain_year(self, year: int) -> int:
        """The year in which a unit costs what the file says, or the given one where every year is alike."""
        return year


@dataclass(frozen=True, slots=True)
class Contract:
    id: str
    version: int
    effective_from: date
    follows: str  # SHA-256 of the text that a later version changes; empty for none
    title: str
    currency: str
    rounding: Rounding
    illustrative: tuple[str, ...]
    parties: tuple[ContractParty, ...]
    cohort: Cohort
    status_sources: tuple[str, ...]  # in order of precedence; `evidence` among them is no register
    evidence: frozenset[EvidenceType]  # what documents may show; empty where `evidence` is no source
    income_source: str  # empty where no register of pay is read
    unknown_codes_block: bool
    qualification: Qualification
    states: tuple[WeekState, ...]
    status_words: tuple[StatusWord, ...]  # statuses beyond the closed list
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
    fold: FoldTerms
    block_ends: tuple[str, ...] | None  # labels of the windows with which others are shown; None for each by itself
    settlement: SettlementTerms | None
    sha256: str
    file: str
    earlier: tuple[Contract, ...] = ()  # the versions before it, the oldest first
    end: ContractEnd | None = None  # an early one, which cut the windows
    end_rights: tuple[EndRight, ...] = ()  # who may end it alone

    def party(self, role: str) -> ContractParty:
        """The party in a role; of several outcome payers the municipality, of several investors the first."""
        return next(party for party in self.parties if party.role == role)

    def parties_as(self, role: str) -> tuple[ContractParty, ...]:
        """Everybody in a role, in the order of the file."""
        return tuple(party for party in self.parties if party.role == role)

    @property
    def payers(self) -> tuple[ContractParty, ...]:
        return self.parties_as("outcome_payer")  # the municipality first

    @property
    def share_parts(self) -> tuple[int, ...]:
        return tuple(payer.share_parts for payer in self.payers)  # in the order of `payers`

    @property
    def creditor(self) -> Recipient:
        """Whom payment documents go to: the operator, or whoever lends where the municipality delivers itself."""
        return Recipient.OPERATOR if self.parties_as("operator") else Recipient.INVESTOR

    def window(self, label: str) -> Window:
        """The window of this label; raises `WindowUnknown`."""
        if label not in [window.label for window in self.windows]:
            raise WindowUnknown(contract=self.id, window=label)
        return next(window for window in self.windows if window.label == label)

    def windows_until(self, label: str) -> tuple[Window, ...]:
        return self.windows[: self.windows.index(self.window(label)) + 1]  # with this one

    @property
    def identity(self) -> dict[str, str | int]:
        """What everybody signs this text by."""
        return {"id": self.id, "version": self.version, "rules_sha256": self.sha256}

    @property
    def people_measure(self) -> Measure | None:
        return next((measure for measure in self.measures if measure.goal_people), None)  # that with the threshold

    def measure(self, name: str) -> Measure | None:
        return next((measure for measure in self.measures if measure.id == name), None)

    def aggregate(self, name: str) -> Aggregate:
        return {aggregate.id: aggregate for aggregate in self.aggregates}[name]  # `KeyError` where there is none

    def unit_of(self, name: str) -> FigureUnit:
        """What a measure or an aggregate counts; `KeyError` where there is none of this name."""
        return (self.measure(name) or self.aggregate(name)).unit

    def is_due(self, name: str, position: int) -> bool:
        """Whether an aggregate is due in a window up to this one, counted from 0; never where it is none."""
        due = {label for one in self.aggregates if one.id == name for label in one.windows}
        return any(window.label in due for window in self.windows[: position + 1])

    @property
    def personal_tariffs(self) -> tuple[PersonalTariff, ...]:
        """What prices single people's results; what is paid for a declared figure is nobody's in particular."""
        return tuple(tariff for tariff in self.tariffs if isinstance(tariff, PersonalTariff))

    @property
    def paid_measures(self) -> frozenset[str]:
        """The measures that some tariff reads."""
        return frozenset(one.id for one in self.measures if any(one.id in tariff.figures() for tariff in self.tariffs))

    @property
    def needs_amounts(self) -> bool:
        return any(measure.counts_pay for measure in self.measures)  # of pay, when income is read

    @property
    def sources(self) -> tuple[str, ...]:
        """Registers that must be complete to a window's end before anything is released of it; evidence is none."""
        return tuple(source for source in self.named_sources if source != EVIDENCE)

    @property
    def named_sources(self) -> tuple[str, ...]:
        """Whatever may decide a week: the status sources in order of precedence, evidence among them, and income."""
        return tuple(source for source in (*self.status_sources, self.income_source) if source)

    def freezes_on(self, window: Window) -> date:
        """The first day on which a window's data may be frozen, by the version that is in force at its end."""
        end, texts = window.to_week.sunday, (*self.earlier, self)
        in_force = [one for one in texts if one.effective_from <= end] or texts[:1]
        return end + timedelta(days=in_force[-1].freeze_days)

    def is_planned(self, template: Template, recipient: Recipient, window: str) -> bool:
        return PlannedRelease(template, recipient, window) in self.releases
