"""What a later version says where it ends a contract early: with which week, why, and how long registers are read.

The time of the contract is cut (`gateway.outcomes.ends`): what was reached by the last week is owed, and nothing after.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from vocabulary.declaration import DeclarationTable, one_of
from vocabulary.mistakes import Hole
from vocabulary.weeks import Week


class EndReason(StrEnum):
    """Why a contract ends before its last window does; who was wrong, nothing here says."""

    AGREED = "agreed"
    RIGHT_USED = "right_used"  # one that the contract gives a party
    BREACH = "breach"
    LAW_CHANGED = "law_changed"
    TOO_FEW_REFERRALS = "too_few_referrals"
    PARTY_GONE = "party_gone"  # closed, or bankrupt without a successor


@dataclass(frozen=True, slots=True)
class ContractEnd:
    """The last whole week that is settled, and for how many days after it registers are still asked about the weeks up
    to it: what they learn late is owed like anything else."""

    last_week: Week
    reason: EndReason
    read_days: int
    cut: str = ""  # label of the window that the last week cuts; empty where it ends with that week anyway

    @property
    def read_until(self) -> date:
        return self.last_week.sunday + timedelta(days=self.read_days)  # the last day on which anything is read


def read_end(root: DeclarationTable, freeze_days: int) -> ContractEnd | None:
    """The `[end]` table; None where the contract runs as long as its windows. `DeclarationInvalid` where registers
    could not be read until the freeze, or it is a first version, which ends nothing."""
    if "end" not in root:
        return None
    table = root.table("end")
    end = ContractEnd(
        last_week=table.convert("last_week", Week.parse),
        reason=EndReason(table.convert("reason", one_of(*EndReason))),
        read_days=table.integer("read_days", 0 if isinstance(freeze_days, Hole) else freeze_days, most=366),
    )
    table.finish()
    if "follows" not in root:
        raise table.refuse("", "ends a contract that is in force: say which text under follows")
    if end.read_days < freeze_days:
        raise table.refuse("read_days", f"must be at least {freeze_days}, the days until the last window freezes")
    return end
