"""People who were referred by mistake (*fejlhenvist*): how many are registered, beside how many a text counts.

A case worker registers who it was, and reading stops. That so many leave the denominator is said by a later version,
which every party accepts: by number and reason, never by name or batch. What such a person had reached stays or goes by
the contract's rule for that exit, so that no reader can subtract it where it stays.
"""

from __future__ import annotations

from collections import Counter

from sqlmodel import Session, col, select

from gateway.errors.contracts import AmendmentRefused
from gateway.events.rights import RecordChanged
from gateway.outcomes.contract import Contract
from gateway.store.log_tables import LogEntry
from outcome_verifier import canonical
from policies.basis import Change, RecordKind


def check_registered(session: Session, known: Contract, new: Contract) -> None:
    """Raise `AmendmentRefused` where a later version counts more people as referred by mistake than are registered so.
    Each of them counts by then: a version begins in a window of which no document is made yet."""
    if new.cohort.mistaken == known.cohort.mistaken:
        return
    registered = registered_mistakes(session, new.id)
    for one in new.cohort.mistaken:
        if one.people > registered[one.reason]:
            todo = f"gateway rights record {new.id} mistake --reason {one.reason}"
            reason = f"says {one.people} for {one.reason}, and {registered[one.reason]} are registered: `{todo}`"
            raise AmendmentRefused(file=new.file, part="cohort.mistaken", reason=reason)


def may_be_taken_back(session: Session, contract: Contract, reason: str) -> bool:
    """Whether one mistake of this reason may end again: more are registered than the newest version counts."""
    counted = sum(one.people for one in contract.cohort.mistaken if one.reason == reason)
    return registered_mistakes(session, contract.id)[reason] > counted


def registered_mistakes(session: Session, contract_id: str) -> Counter[str]:
    """How many mistakes stand, by reason, as the access log tells: of whoever was erased since, too."""
    query = select(LogEntry.body).where(LogEntry.log == "access", LogEntry.kind == RecordChanged.kind)
    found: Counter[str] = Counter()
    for text in session.exec(query.order_by(col(LogEntry.idx))):
        said = canonical.loads(text.encode("utf-8"))  # of an older schema a record has no reason, and is no mistake
        if (said["contract"], said["record_kind"]) == (contract_id, RecordKind.MISTAKE):
            found[said["reason"]] += 1 if said["change"] == Change.BEGINS else -1
    return found
