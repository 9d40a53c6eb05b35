"""What a contract says of windows that are shown together: whether they may be, how long, and who bears the wait.

The creditor is paid on time for every window. What flows on to the investor is a disclosure, and falls due with the
window that shows it; so somebody's money waits, and the contract says whose that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.outcomes.terms import ContractParty
from vocabulary.declaration import DeclarationTable, one_of


class WaitBearer(StrEnum):
    """Who bears what it costs that money reaches the investor later."""

    PAYER = "payer"
    OPERATOR = "operator"
    INVESTOR = "investor"

    @property
    def role(self) -> str:
        """The party's role in the contract: of several payers the municipality's."""
        return "outcome_payer" if self is WaitBearer.PAYER else str(self)


@dataclass(frozen=True, slots=True)
class FoldTerms:
    """`at_most` is by how many windows a figure may be shown later, as expected; 0 where nothing is folded. `cost` is
    None where nothing is, or nobody lends."""

    at_most: int = 0
    cost: WaitBearer | None = None


def fold_terms(disclosure: DeclarationTable, parties: Sequence[ContractParty]) -> FoldTerms:
    """What the table says; `DeclarationInvalid` where it says half of it."""
    if "fold" not in disclosure:
        return FoldTerms()
    disclosure.knows("fold_cost")
    disclosure.convert("fold", one_of("blocks"))
    most = disclosure.integer("fold_at_most", least=1, most=200)
    if any(party.role == "investor" for party in parties):
        bearer = WaitBearer(disclosure.convert("fold_cost", one_of(*WaitBearer)))
        if bearer is WaitBearer.OPERATOR and all(party.role != "operator" for party in parties):
            raise disclosure.refuse("fold_cost", "names the operator, and the municipality delivers itself here")
        return FoldTerms(most, bearer)
    if "fold_cost" in disclosure:
        raise disclosure.refuse("fold_cost", "says who bears the wait of an investor, and this contract has none")
    return FoldTerms(most)
