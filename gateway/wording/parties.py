"""How the parties of a contract are called: of several in one role all of them."""

from __future__ import annotations

from gateway.outcomes.contract import Contract
from gateway.wording.formats import enumeration


def names_in(contract: Contract, role: str, word: str = "og") -> str:
    """The names of whoever has a role, such as `Fonden og Kommunens Investeringsråd`; empty for nobody."""
    return enumeration([party.name for party in contract.parties_as(role)], word)
