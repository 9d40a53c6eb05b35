"""A party in whose place another one is (succession): by merger, out of bankruptcy, or since it was sold.

The successor has the role with all that goes with it, of earlier windows too, and accepts the chain with a key of its
own; the one before it is asked for nothing any more. What was signed before names who was a party then.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vocabulary.declaration import DeclarationTable, one_of


class SuccessionReason(StrEnum):
    """Why another party is in the place of one."""

    MERGER = "merger"
    BANKRUPTCY = "bankruptcy"  # the estate, or whoever took the contract over from it
    SALE = "sale"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Succession:
    """In whose place a party is, and why."""

    organisation: str
    reason: SuccessionReason


def read_succession(table: DeclarationTable, organisation: str) -> Succession | None:
    """What the table of a party says of it; None where it succeeds nobody."""
    if "succeeds" not in table:
        return None
    found = Succession(
        table.text("succeeds"), SuccessionReason(table.convert("succession_reason", one_of(*SuccessionReason)))
    )
    if found.organisation == organisation:
        raise table.refuse("succeeds", "names the organisation itself")
    return found
