"""What parties said, asked for and paid stands in the access log too: a row that was deleted, changed or put in by hand
settles nothing.

Amounts need no such look: they are read from signed documents. What a release keeps beside its document is not signed:
the log names the digest of the whole draft. Who accepted a line, who contests it, and what was
billed and paid are rows, and each was written in one transaction with its event.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, literal_column
from sqlmodel import Session, select

from gateway.contracts.openings import Adopted
from gateway.errors.settlement import SettlementMismatch
from gateway.store.log_tables import LogEntry
from gateway.store.settlement_tables import Acknowledgement, Adjustment, Bill, Dispute, Payment
from gateway.store.tables import ReleaseRow
from outcome_verifier import canonical
from policies.terms import Role

Said = tuple[str, ...]
_EVENTS: Mapping[str, Callable[[Mapping[str, Any]], Said]] = {
    "release_intended": lambda event: (event["release"], event["draft_sha256"]),
    "result_acknowledged": lambda event: (_role(event), event["release"], *event["lines"]),
    "result_disputed": lambda event: (
        event["dispute"], _role(event), event["release"], event["line"], str(event["amount_minor"]),
        event["reason"], event["answer_by"],
    ),
    "adjustment_signed": lambda event: (
        event["adjustment"], _role(event), event["release"], event["line"], str(event["worth_minor"]),
    ),
    "dispute_resolved": lambda event: (event["dispute"], event["outcome"], event["text_sha256"]),
    "payment_requested": lambda event: (event["bill"], event["number"], event["payer"], event["bill_sha256"]),
    "payment_registered": lambda event: (event["bill"], event["paid_on"]),
}  # fmt: skip


def check(
    session: Session,
    contract_id: str,
    *,
    releases: Sequence[ReleaseRow],
    acknowledgements: Sequence[Acknowledgement],
    disputes: Sequence[Dispute],
    adjustments: Sequence[Adjustment],
    bills: Sequence[Bill],
    payments: Sequence[Payment],
    adopted: Adopted | None,
) -> None:
    """Raise `SettlementMismatch` where the rows of a contract's settlement are not those that the log tells of.

    `releases` are all of the contract, drafted or issued, of whatever template.
    What the parties stated as disputed has no event of its own: there must be the rows that the signed text makes.
    """
    release = adopted.release if adopted else ""
    raised = [one for one in disputes if one.release_id != release]
    rows: dict[str, Iterable[Said]] = {
        "release_intended": ((one.id, hashlib.sha256(one.draft).hexdigest()) for one in releases),
        "result_acknowledged": ((one.role, one.release_id, *one.lines) for one in acknowledgements),
        "result_disputed": (
            (one.id, one.role, one.release_id, one.line, str(one.amount_minor), one.reason, one.answer_by.isoformat())
            for one in raised
        ),
        "adjustment_signed": (
            (one.id, one.role, one.release_id, one.line, str(one.worth_minor)) for one in adjustments
        ),
        "dispute_resolved": ((one.id, one.outcome, one.outcome_sha256) for one in disputes if one.outcome),
        "payment_requested": ((one.id, one.number, one.payer, one.sha256) for one in bills),
        "payment_registered": ((one.bill_id, one.paid_on.isoformat()) for one in payments),
    }
    logged = _log_says(session, contract_id)
    differing = [kind for kind, found in rows.items() if Counter(found) != Counter(logged[kind])]
    if adopted is not None and not _as_stated(adopted, disputes):
        differing.append("contract_adopted")
    if differing:
        reason = f"the database and the access log do not agree ({', '.join(differing)})"
        raise SettlementMismatch(contract=contract_id, window="", reason=reason)


def _log_says(session: Session, contract_id: str) -> dict[str, list[Said]]:
    """What the access log tells, each thing once: an event of what changed nothing repeats, or says nothing."""
    # as literals: bound values would not let the database see that its partial index fits
    kinds: ColumnElement[bool] = literal_column(f"kind IN ({', '.join(repr(kind) for kind in sorted(_EVENTS))})")
    found: dict[str, list[Said]] = {kind: [] for kind in _EVENTS}
    # which log, and in what order, is looked at here: asked for both, SQLite would read the whole log by its key
    entries = session.exec(select(LogEntry.idx, LogEntry.log, LogEntry.body).where(kinds)).all()
    for body in [body for _, log, body in sorted(entries) if log == "access"]:
        event = canonical.loads(body.encode("utf-8"))
        if event["contract"] == contract_id and event.get("lines") != []:
            found[event["kind"]].append(_EVENTS[event["kind"]](event))
    # what a dispute came to may be said twice of it: upheld, and what followed; its row holds the last word
    found["dispute_resolved"] = list({said[0]: said for said in found["dispute_resolved"]}.values())
    return {kind: said if kind == "result_acknowledged" else list(dict.fromkeys(said)) for kind, said in found.items()}


def _as_stated(adopted: Adopted, disputes: Sequence[Dispute]) -> bool:
    def role(by: str) -> Role:
        return Role.OPERATOR if by == "operator" else Role.SETTLEMENT_OFFICER

    stated = Counter(
        (one.window, f"{one.tariff}/disputed", one.disputed_minor, one.reason, role(one.disputed_by))
        for one in adopted.opening.stated
        if one.disputed_minor
    )
    rows = (one for one in disputes if one.release_id == adopted.release)
    return stated == Counter((one.window, one.line, one.amount_minor, one.reason, Role(one.role)) for one in rows)


def _role(event: Mapping[str, Any]) -> str:
    return str(event["party"]).partition("/")[0]
