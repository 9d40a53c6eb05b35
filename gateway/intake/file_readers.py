"""Which contracts a file still waits for: it is put away once every one that reads its source has had it."""

from __future__ import annotations

from sqlmodel import Session, col, select

from gateway.events.pulls import PullNotNeeded
from gateway.events.records import RecordsComplete
from gateway.installation.gateway import Gateway
from gateway.outcomes.ends import may_be_read
from gateway.outcomes.readings import sources_ever
from gateway.store import contract_queries, holds, queries
from gateway.store.log_tables import LogEntry
from outcome_verifier import canonical


def waiting_for(gateway: Gateway, source_id: str, digest: str) -> tuple[str, ...]:
    """The contracts that read this source, may still be pulled for, and have not had the file of this digest."""
    today = gateway.clock().date()
    with gateway.store.read() as session:
        reading = [
            contract_id
            for contract_id in contract_queries.contract_ids(session)
            if source_id in sources_ever(contract := gateway.contract(session, contract_id))
            and gateway.programme(session, contract_id).pull_open(on=today)
            and may_be_read(contract, on=today)
        ]
        return tuple(one for one in reading if not _has_had(session, one, source_id, digest))


def _has_had(session: Session, contract_id: str, source_id: str, digest: str) -> bool:
    """Whether the file was pulled for the contract or rejected, or the access log says that its records were pulled, or
    that it was not needed.
    """
    if any(row.file_sha256 == digest for row in queries.pulls(session, contract_id, source_id)):
        return True
    if digest in holds.rejected_files(session, contract_id, source_id):
        return True
    kinds = (PullNotNeeded.kind, RecordsComplete.kind)
    query = select(LogEntry.body).where(LogEntry.log == "access", col(LogEntry.kind).in_(kinds))
    bodies = (canonical.loads(body.encode()) for body in session.exec(query))
    return any(
        (body["contract"], body["source"]) == (contract_id, source_id)
        and digest in (body.get("file_sha256"), *body.get("files", []))
        for body in bodies
    )
