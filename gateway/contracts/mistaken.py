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
from gateway.store import basis, queries
from gateway.store.counting import counts_from
from gateway.store.log_tables import LogEntry
from outcome_verifier import canonical
from policies.basis import Change, RecordKind
from vocabulary.weeks import Week


def check_registered(session: Session, known: Contract, new: Contract) -> None:
    """Raise `AmendmentRefused` where a later version counts more people as referred by mistake than are registered so,
    of those who count in its first window."""
    if new.cohort.mistaken == known.cohort.mistaken:
        return
    registered = registered_mistakes(session, new.id) - _counting_later(session, new)
    for one in new.cohort.mistaken:
        if one.people > registered[one.reason]:
            todo = f"gateway rights record {new.id} mistake --reason {one.reason}"
            reason = (
                f"says {one.people} for {one.reason}, and of those who count from {new.effective_from} on"
                f" {registered[one.reason]} are registered: `{todo}`"
            )
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
        event = RecordChanged.of_body(canonical.loads(text.encode("utf-8")))
        if (event.contract, event.record_kind) == (contract_id, RecordKind.MISTAKE):
            found[event.reason] += 1 if event.change == Change.BEGINS else -1
    return found


def _counting_later(session: Session, contract: Contract) -> Counter[str]:
    """Of the registered, those whose batch does not count yet in the first window of a version."""
    first = Week.of(contract.effective_from).ordinal
    window = next((one for one in contract.windows if one.to_week.ordinal >= first), contract.windows[-1])
    later = {
        batch.batch_id
        for batch in queries.batches(session, contract.id)
        if counts_from(contract, batch) > window.to_week.ordinal
    }
    of_batch = {one.subject_id: one.batch_id for one in queries.subjects(session, contract.id)}
    return Counter(
        row.reason
        for row in basis.standing(session, contract.id, RecordKind.MISTAKE)
        if of_batch[row.subject_id] in later
    )
