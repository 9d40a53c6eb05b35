"""What an investor sees of the money: capital drawn, repaid, return, and the goal. Pure.

Money that flows on to the investor is a disclosure and counts as one (invariant 6). A window is in this view only where
the investor holds its total already, where that total says the same amount as the payment document, and where all of it
is paid: so the view tells nothing that its attestations do not. Below k_cohort it holds met or not met where that was
released, the declared dates, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from gateway.outcomes.contract import Contract
from gateway.outcomes.settlement_terms import InvestorTerms
from outcome_verifier.balances import SAYS
from vocabulary.releases import Recipient, Template

SCHEMA = "investor-settlement/1"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the investor's newest attestation of a window says; a predicate has no `payable_minor` and no `achieved`."""

    window: str
    template: str
    met: bool
    achieved: int | None
    payable_minor: int | None


def flow(terms: InvestorTerms, *, drawn_minor: int, paid_minor: int, goal_met: bool) -> dict[str, int]:
    """Where the money went under the contract's formula: repaid first, then the return up to its cap from the goal on.

    What is left is the operator's. `at_risk_minor` is capital that no payment has brought back.
    """
    paid = max(0, paid_minor)
    repaid = min(drawn_minor, paid)
    earned = min(terms.max_return_minor, paid - repaid) if goal_met else 0
    return {
        "drawn_minor": drawn_minor,
        "repaid_minor": repaid,
        "return_minor": earned,
        "at_risk_minor": drawn_minor - repaid,
        "beyond_minor": paid - repaid - earned,
    }


def view(
    contract: Contract,
    *,
    shown: Sequence[Shown],
    documents: Mapping[str, int],
    paid: frozenset[str],
    on: date,
    stated: tuple[str, int] | None = None,
) -> dict[str, Any]:
    """The investor's view. `documents` holds each window's standing payment document, `paid` what is paid in full.

    `stated` is the last window that the parties stated before the gateway, and what is paid of all of those: one sum,
    and only where the contract plans a total of each of them for the investor, who would have it anyway.
    """
    plain = [one for one in shown if one.template == Template.PREDICATE]
    made: dict[str, Any] = {
        "schema": SCHEMA,
        "contract": contract.identity,
        "declared_dates": _dates(contract, since=stated[0] if stated else ""),
        "predicates": [{"window": one.window, "met": one.met} for one in plain],
    }
    terms = contract.settlement.investor if contract.settlement else None
    if contract.cohort.size < contract.k_cohort or terms is None:
        return made
    totals = [one for one in shown if one.template == Template.CONTRACT_TOTAL]
    agreed = [one for one in totals if documents.get(one.window) == one.payable_minor]
    settled = [one for one in agreed if one.window in paid]
    newest = totals[-1] if totals else None
    measure = contract.people_measure
    if stated is not None and not _may_see_stated(contract, stated[0]):
        stated = None
    drawn = sum(draw.amount_minor for draw in terms.draws if draw.on <= on)
    made["currency"] = contract.currency
    made["illustrative"] = list(contract.illustrative)
    made["windows"] = [
        {"window": one.window, "payable_minor": one.payable_minor, "is_paid": one in settled} for one in agreed
    ]
    if stated is not None:
        made["stated"] = {"says": SAYS, "last_window": stated[0], "paid_minor": stated[1]}
    made["goal"] = (
        {"people": measure.goal_people, "achieved": newest.achieved, "met": newest.met, "window": newest.window}
        if measure and newest
        else None
    )
    made["flow"] = {"formula": terms.formula, "max_return_minor": terms.max_return_minor} | flow(
        terms,
        drawn_minor=drawn,
        paid_minor=sum(one.payable_minor or 0 for one in settled) + (stated[1] if stated else 0),
        goal_met=bool(newest and newest.met),
    )
    return made


def _may_see_stated(contract: Contract, last: str) -> bool:
    return all(
        contract.is_planned(Template.CONTRACT_TOTAL, Recipient.INVESTOR, window.label)
        for window in contract.windows_until(last)
    )


def _dates(contract: Contract, *, since: str) -> list[dict[str, str]]:
    """When the contract lets the investor learn something, at the earliest; of a stated window it never will."""
    closed = contract.windows_until(since) if since else ()
    planned = {
        (release.window, release.template) for release in contract.releases if release.recipient == Recipient.INVESTOR
    }
    return [
        {"window": window.label, "template": template, "from": contract.freezes_on(window).isoformat()}
        for window in contract.windows
        for template in (Template.CONTRACT_TOTAL, Template.PREDICATE)
        if (window.label, template) in planned and window not in closed
    ]
