"""How the parties of a contract are called: of several in one role all of them."""

from __future__ import annotations

from gateway.outcomes.contract import Contract
from gateway.outcomes.terms import ContractParty
from gateway.wording.formats import enumeration


def deliverer(contract: Contract) -> ContractParty:
    """Who delivers the help: the operator, or the municipality itself."""
    return next(iter(contract.parties_as("operator")), contract.payers[0])


def delivers_itself(contract: Contract) -> bool:
    """Whether the municipality delivers, and repays whoever lent by results."""
    return not contract.parties_as("operator")


def names_in(contract: Contract, role: str, word: str = "og") -> str:
    """The names of whoever has a role, such as `Fonden og Kommunens Investeringsråd`; empty for nobody."""
    return enumeration([party.name for party in contract.parties_as(role)], word)
