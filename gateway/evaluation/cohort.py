"""Everyone's history in a contract, with who was not followed."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from gateway.outcomes.contract import Contract
from gateway.outcomes.history import PersonHistory
from gateway.store import basis, queries
from gateway.store import histories as stored
from policies.programme import Programme


def histories(
    session: Session, contract: Contract, programme: Programme, *, known_at: datetime, only: str | None = None
) -> list[PersonHistory]:
    """Everyone's history as it was known at an instant, with who was not followed then; or that of one subject."""
    wanted = [subject.subject_id for subject in queries.subjects(session, contract.id, only=only)]
    return stored.load_histories(
        session,
        contract.id,
        status_sources=contract.status_sources,
        evidence=contract.evidence,
        income_source=contract.income_source,
        known_at=known_at,
        stops=basis.stops(session, programme, wanted, at=known_at),
        subjects=wanted,
    )
