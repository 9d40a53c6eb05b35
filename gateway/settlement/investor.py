"""What an investor sees of the money: capital drawn, repaid, return, and the goal. Pure.

Money that flows on to the investor is a disclosure and counts as one (invariant 6). A window is in this view only where
the investor holds its total already, where that total says the same amount as the payment document, and where all of it
is paid: so the view tells nothing that its attestations do not. Below k_cohort it holds met or not met where that was
released, the declared dates, and nothing else: the type itself has no place for an amount.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from gateway.outcomes.blocks import block_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.in_window import threshold_at
from gateway.outcomes.settlement_terms import InvestorTerms
from gateway.outcomes.terms import apportion
from gateway.wording.parties import delivers_itself
from gateway.wording.views import View
from outcome_verifier.balances import SAYS
from vocabulary.releases import Recipient, Template


@dataclass(frozen=True, slots=True)
class ShownToInvestor:
    """What the investor's newest attestation of a window says; a predicate has no `payable_minor` and no `achieved`."""

    window: str
    template: str
    met: bool
    achieved: int | None
    payable_minor: int | None


@dataclass(frozen=True, slots=True)
class AcceptedContract:
    """The contract that the investor accepted."""

    id: str
    version: int
    rules_sha256: str


@dataclass(frozen=True, slots=True)
class DeclaredDate:
    """From when the contract lets the investor learn something, at the earliest."""

    window: str
    template: str
    from_: date
    held: str | None = None
    """Since when, and until when, a check of data holds it back; left out where none does."""


@dataclass(frozen=True, slots=True)
class GoalOfWindow:
    """Whether a window's goal was met, and no number."""

    window: str
    met: bool


@dataclass(frozen=True, slots=True)
class InvestorWindow:
    """A window whose total the investor holds."""

    window: str
    payable_minor: int | None
    is_paid: bool


@dataclass(frozen=True, slots=True)
class PaidBefore:
    """What the parties state as paid before the gateway, and not evaluated. It is in the flow."""

    says: str
    last_window: str
    paid_minor: int


@dataclass(frozen=True, slots=True)
class GoalReached:
    """How many people the goal needs, and how many the newest total shows."""

    people: int
    achieved: int | None
    met: bool
    window: str


@dataclass(frozen=True, slots=True)
class InvestorPart:
    """What one of several investors lent, got back and earned: its part of each sum of the flow."""

    organisation: str
    name: str
    share_parts: int
    """Of `of_parts`."""
    of_parts: int
    drawn_minor: int
    repaid_minor: int
    return_minor: int
    at_risk_minor: int


@dataclass(frozen=True, slots=True)
class CapitalFlow:
    """Where the money went. `at_risk_minor` is capital that no payment has brought back."""

    formula: str
    max_return_minor: int
    drawn_minor: int
    repaid_minor: int
    return_minor: int
    at_risk_minor: int
    beyond_minor: int
    """The operator's."""


@dataclass(frozen=True, slots=True)
class InvestorDates(View):
    """What the investor of a small cohort sees: declared dates, and met or not met. No amount, whatever was paid.

    For the investor and the municipality's settlement officer.
    """

    schema: Literal["investor-settlement/1"]
    contract: AcceptedContract
    declared_dates: tuple[DeclaredDate, ...]
    predicates: tuple[GoalOfWindow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvestorSettlement(InvestorDates):
    """What the investor of a cohort of k_cohort people or more sees.

    Amounts are whole minor units (øre). For the investor and the municipality's settlement officer.
    """

    currency: str
    illustrative: tuple[str, ...]
    windows: tuple[InvestorWindow, ...]
    stated: PaidBefore | None = None
    """Left out where nothing was stated before the gateway."""
    goal: GoalReached | None
    flow: CapitalFlow
    investors: tuple[InvestorPart, ...] = ()
    """Left out where one lends alone."""


def investor_parts(contract: Contract, whole: CapitalFlow) -> tuple[InvestorPart, ...]:
    """The flow divided by the investors' parts, each sum by largest remainder as payments are; nobody's where one lends
    alone. What is at risk is what was drawn and not repaid.
    """
    investors = contract.parties_as("investor")
    if len(investors) == 1:
        return ()
    parts = [one.share_parts for one in investors]
    sums = (apportion(minor, parts) for minor in (whole.drawn_minor, whole.repaid_minor, whole.return_minor))
    return tuple(
        InvestorPart(one.organisation, one.name, one.share_parts, sum(parts), drawn, repaid, earned, drawn - repaid)
        for one, drawn, repaid, earned in zip(investors, *sums, strict=True)
    )


def flow(terms: InvestorTerms, *, drawn_minor: int, paid_minor: int, goal_met: bool) -> CapitalFlow:
    """Where the money went under the contract's formula: repaid first, then the return up to its cap from the goal on.

    What is left is the operator's.
    """
    paid = max(0, paid_minor)
    repaid = min(drawn_minor, paid)
    earned = min(terms.max_return_minor, paid - repaid) if goal_met else 0
    return CapitalFlow(
        formula=terms.formula,
        max_return_minor=terms.max_return_minor,
        drawn_minor=drawn_minor,
        repaid_minor=repaid,
        return_minor=earned,
        at_risk_minor=drawn_minor - repaid,
        beyond_minor=paid - repaid - earned,
    )


def investor_view(
    contract: Contract,
    *,
    shown: Sequence[ShownToInvestor],
    documents: Mapping[str, int],
    paid: frozenset[str],
    on: date,
    stated: tuple[str, int] | None = None,
    held: Mapping[str, str] | None = None,
) -> InvestorDates:
    """The investor's view: an `InvestorSettlement` where the cohort has k_cohort people and the contract says how money
    flows, else the dates alone. `documents` holds each window's standing payment document, `paid` what is paid in full.

    `stated` is the last window that the parties stated before the gateway, and what is paid of all of those: one sum,
    and only where the contract plans a total of each of them for the investor, who would have it anyway. `held` says of
    windows that a check of data holds them back.
    """
    dates = InvestorDates(
        schema="investor-settlement/1",
        contract=AcceptedContract(contract.id, contract.version, contract.sha256),
        declared_dates=_dates(contract, since=stated[0] if stated else "", held=held or {}),
        predicates=tuple(GoalOfWindow(one.window, one.met) for one in shown if one.template == Template.PREDICATE),
    )
    terms = contract.settlement.investor if contract.settlement else None
    if contract.cohort.size < contract.k_cohort or terms is None:
        return dates
    totals = [one for one in shown if one.template == Template.CONTRACT_TOTAL]
    blocks = {one.window: [part.label for part in block_of(contract, one.window)] for one in totals}
    agreed = [
        one
        for one in totals
        if one.window in documents
        and one.payable_minor == sum(documents[part] for part in blocks[one.window] if part in documents)
    ]
    settled = [one for one in agreed if paid.issuperset(blocks[one.window])]
    newest = totals[-1] if totals else None
    measure = contract.people_measure
    place = contract.windows.index(contract.window(newest.window)) if newest else 0
    threshold = threshold_at(contract, measure, place) if measure else 0
    if stated is not None and not _may_see_stated(contract, stated[0]):
        stated = None
    whole = flow(
        terms,
        drawn_minor=sum(draw.amount_minor for draw in terms.draws if draw.on <= on),
        paid_minor=sum(one.payable_minor or 0 for one in settled) + (stated[1] if stated else 0),
        goal_met=delivers_itself(contract) or any(one.met for one in totals),
    )
    return InvestorSettlement(
        schema=dates.schema,
        contract=dates.contract,
        declared_dates=dates.declared_dates,
        predicates=dates.predicates,
        currency=contract.currency,
        illustrative=tuple(contract.illustrative),
        windows=tuple(InvestorWindow(one.window, one.payable_minor, one in settled) for one in agreed),
        stated=PaidBefore(SAYS, *stated) if stated else None,
        goal=GoalReached(threshold, newest.achieved, newest.met, newest.window) if measure and newest else None,
        flow=whole,
        investors=investor_parts(contract, whole),
    )


def _may_see_stated(contract: Contract, last: str) -> bool:
    return all(
        contract.is_planned(Template.CONTRACT_TOTAL, Recipient.INVESTOR, block_of(contract, window.label)[-1].label)
        and block_of(contract, window.label)[-1] in contract.windows_until(last)
        for window in contract.windows_until(last)
    )


def _dates(contract: Contract, *, since: str, held: Mapping[str, str]) -> tuple[DeclaredDate, ...]:
    """When the contract lets the investor learn something, at the earliest; of a stated window it never will."""
    closed = contract.windows_until(since) if since else ()
    planned = {
        (release.window, release.template) for release in contract.releases if release.recipient == Recipient.INVESTOR
    }
    return tuple(
        DeclaredDate(window.label, template, contract.freezes_on(window), held.get(window.label))
        for window in contract.windows
        for template in (Template.CONTRACT_TOTAL, Template.PREDICATE)
        if (window.label, template) in planned and window not in closed
    )
