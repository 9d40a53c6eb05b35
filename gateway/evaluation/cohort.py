"""Everyone's history in a contract, with who was not followed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from gateway.outcomes.contract import Contract
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.measures.instrument import instrument_measures, with_marks
from gateway.store import basis, queries, registered_evidence
from gateway.store import histories as stored
from gateway.store.counting import counts_from, known_batches
from policies.programme import Programme


def histories(
    session: Session, contract: Contract, programme: Programme, *, known_at: datetime, only: str | None = None
) -> list[PersonHistory]:
    """The histories of everyone who was sealed by an instant, as they were known then, with who was not followed and
    from when on each counts; or that of one subject."""
    batches = known_batches(session, contract, known_at=known_at)
    since = {batch.batch_id: counts_from(contract, batch) for batch in batches}
    people = [one for one in queries.subjects(session, contract.id, only=only) if one.batch_id in since]
    wanted = [subject.subject_id for subject in people]
    found = stored.load_read(
        session,
        contract,
        known_at=known_at,
        stops=basis.stops(session, programme, wanted, at=known_at),
        subjects=wanted,
    )
    scores = {}
    if instrument_measures(contract):
        scores = registered_evidence.confirmed_scores(session, contract.id, wanted, known_at=known_at)
    found = [with_marks(contract, one, scores.get(one.subject, {})) for one in found]
    later = {one.subject_id: since[one.batch_id] for one in people if since[one.batch_id]}
    return [replace(one, counts_from=later[one.subject]) if one.subject in later else one for one in found]
