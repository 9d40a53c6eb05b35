"""What a contract's exit rules cost whom: a person's right must never move money unseen."""

from __future__ import annotations

from gateway.outcomes.contract import Contract
from gateway.outcomes.terms import ExitRule
from policies.basis import StopReason
from vocabulary.total import total

_RIGHTS = (StopReason.WITHDRAWN, StopReason.OBJECTED, StopReason.RESTRICTED)


_COSTS = total(
    {
        ExitRule.FROZEN: "",
        ExitRule.NEUTRAL: "",
        ExitRule.CENSORED: "ends what the operator earns by that person, and a held outcome is lost",
        ExitRule.FAILURE: "ends what the operator earns by that person, and a held outcome is lost",
        ExitRule.OUT: "takes back everything that the operator was paid for that person",
    },
    ExitRule,
)


def warnings(contract: Contract) -> list[str]:
    """A line for each rule by which a person who uses a right costs the operator money, and the rule that would not.

    Frozen costs nobody anything: what was counted stays, and nothing is added.
    """
    paid = sorted(contract.paid_measures)
    if not paid:
        return []
    return [
        f'exits.{reason}: "{contract.exits[reason]}" {_COSTS[contract.exits[reason]]} ({", ".join(paid)}); an operator'
        ' then gains where nobody uses a right. "frozen" costs nobody'
        for reason in _RIGHTS
        if _COSTS[contract.exits[reason]]
    ]
