"""Whether a person's data may be erased: what law or contract keeps is asked first, and a refusal names the rule."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from gateway.outcomes.contract import Contract
from gateway.store import queries
from gateway.store.rights_tables import Archived
from policies.basis import Stop
from policies.programme import Programme


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason to keep: the rule's name, where it comes from, and until when or until what."""

    rule: str
    law: str
    until: str

    def __str__(self) -> str:
        return f"{self.rule} ({self.law}), until {self.until}"


def holds(
    session: Session,
    contract: Contract,
    programme: Programme,
    *,
    stop: Stop | None,
    on: date,
    enrolled_at: datetime,
    open_disputes: Collection[str],
) -> list[Hold]:
    """Everything that keeps a person's data today (GDPR art. 17(3)); none where they may be erased.

    `stop` is why the person is not followed; whoever is still followed has to be stopped first, because erasing would
    otherwise change what later windows count. `enrolled_at` is when the person's data came in. `open_disputes` are the
    labels of the windows that the parties disagree about: what everybody counted for in them may have to be shown.
    """
    found = []
    if stop is None:
        found.append(Hold("still-followed", "GDPR art. 17(1)(b)-(c)", "an objection, a withdrawal or an exit stands"))
    if on <= programme.retention.accounting_until:
        until = programme.retention.accounting_until.isoformat()
        found.append(Hold("accounting-period", "bogføringsloven § 12; GDPR art. 17(3)(b)", until))
    if programme.retention.must_be_archived and not _is_archived(session, contract.id, since=enrolled_at):
        found.append(
            Hold("archive-decision", "arkivloven; GDPR art. 17(3)(d)", "`gateway rights archive` was delivered")
        )
    unsettled = _unsettled_window(session, contract)
    if unsettled:
        found.append(Hold("unsettled-window", "GDPR art. 17(3)(e)", f"{unsettled} is released"))
    if open_disputes:
        labels = ", ".join(sorted(open_disputes))
        found.append(Hold("open-dispute", "GDPR art. 17(3)(e)", f"the dispute about {labels} is settled"))
    return found


def _is_archived(session: Session, contract_id: str, *, since: datetime) -> bool:
    query = select(Archived).where(Archived.contract_id == contract_id, col(Archived.at) >= since)
    return session.exec(query).first() is not None


def _unsettled_window(session: Session, contract: Contract) -> str:
    """The first window whose planned payment document has not been issued; empty where all are."""
    issued = {row.window for row in queries.releases(session, contract.id) if row.state != "intended"}
    planned = [one.window for one in contract.releases if one.template == "payment_document"]
    return next((label for label in planned if label not in issued), "")
