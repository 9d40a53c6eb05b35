"""What a later version says where it ends a contract early: with which week, why, and how long registers are read; and
what a contract says of who may do that alone.

The time of the contract is cut (`gateway.outcomes.ends`): what was reached by the last week is owed, and nothing after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from gateway.outcomes.terms import ContractParty
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
    right: str = ""  # id of the right that a party uses; empty where all agree
    cut: str = ""  # label of the window that the last week cuts; empty where it ends with that week anyway

    @property
    def read_until(self) -> date:
        return self.last_week.sunday + timedelta(days=self.read_days)  # the last day on which anything is read


@dataclass(frozen=True, slots=True)
class EndRight:
    """That one party may end the contract: the last week lies so many whole weeks behind its notice, and not before
    `first_week`. The grounds are the parties' own words."""

    id: str
    role: str
    notice_weeks: int
    ground_da: str
    ground_en: str
    first_week: Week | None = None

    def earliest_week(self, given_on: date) -> Week:
        """The first week that may be the last one, for a notice that was given on a day."""
        found = Week.of(given_on + timedelta(weeks=self.notice_weeks, days=1)) + -1
        return found if self.first_week is None else max(found, self.first_week)


def read_end_rights(root: DeclarationTable, parties: Sequence[ContractParty]) -> tuple[EndRight, ...]:
    """The rights under `[[end_rights]]`. `DeclarationInvalid` for one of several parties, and where the week that a
    party chooses could be about a few: payment documents are exact, and go to an operator then."""

    def read(table: DeclarationTable) -> EndRight:
        ground = table.table("ground")
        found = EndRight(
            id=table.text("id"),
            role=table.convert("role", one_of("outcome_payer", "operator", "investor")),
            notice_weeks=table.integer("notice_weeks", least=1, most=520),
            ground_da=ground.text("da"),
            ground_en=ground.text("en"),
            first_week=table.convert("first_week", Week.parse) if "first_week" in table else None,
        )
        ground.finish()
        table.finish()
        named = [one.organisation for one in parties if one.role == found.role]
        with table.check():
            if not named or (found.role == "investor" and len(named) > 1):
                raise table.refuse("role", f"must be that of one party, and {len(named)} are {found.role}")
        return found

    rights = root.rows("end_rights", read, least=0, by="id")
    with root.check():
        lends = {one.organisation for one in parties if one.role == "investor"}
        told = {one.organisation for one in parties if one.role in ("outcome_payer", "operator")}
        if rights and (told & lends or all(one.role != "operator" for one in parties)):
            reason = (
                "would let a party choose a week that a payment document is about, and one goes to whoever lends here:"
                " end it by all, so that the calendar is audited with the week"
            )
            raise root.refuse("end_rights", reason, rule="calendar-part")
    return rights


def _read_days(freeze_days: int) -> int:
    """How long registers are read behind the last week where nobody says it: a file may come late, or be held."""
    return min(366, freeze_days + 90)


def read_end(root: DeclarationTable, freeze_days: int) -> ContractEnd | None:
    """The `[end]` table; None where the contract runs as long as its windows. `DeclarationInvalid` where registers
    could not be read until the freeze, or it is a first version, which ends nothing."""
    if "end" not in root:
        return None
    table = root.table("end")
    end = ContractEnd(
        last_week=table.convert("last_week", Week.parse),
        reason=EndReason(table.convert("reason", one_of(*EndReason))),
        right=table.text("right", ""),
        read_days=table.integer("read_days", 0 if isinstance(freeze_days, Hole) else _read_days(freeze_days), most=366),
    )
    table.finish()
    if bool(end.right) != (end.reason is EndReason.RIGHT_USED):
        raise table.refuse("right", f"says which right is used, and goes with reason = {str(EndReason.RIGHT_USED)!r}")
    if "follows" not in root:
        raise table.refuse("", "ends a contract that is in force: say which text under follows")
    if end.read_days < freeze_days:
        raise table.refuse("read_days", f"must be at least {freeze_days}, the days until the last window freezes")
    return end
