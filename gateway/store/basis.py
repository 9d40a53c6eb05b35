"""People's records in the store: what `policies.basis` judges, read for many people at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, select

from gateway.store.rights_tables import BasisRow
from policies.basis import BasisEvent, Change, RecordKind, Stop, in_force, stop_of
from policies.programme import Programme
from policies.terms import Purpose

# what a person is followed for; one of them must be covered by every basis that the programme requires
FOLLOWED_FOR = frozenset({Purpose.OUTCOME_PAYMENT, Purpose.OUTCOME_EVALUATION})


def events_of(session: Session, contract_id: str, *, only: str | None = None) -> dict[str, list[BasisEvent]]:
    """Every record line of a contract's people, or of one of them, by subject id, oldest first."""
    found: dict[str, list[BasisEvent]] = defaultdict(list)
    query = select(BasisRow).where(BasisRow.contract_id == contract_id).order_by(col(BasisRow.at), BasisRow.record_id)
    for row in session.exec(query if only is None else query.where(BasisRow.subject_id == only)):
        found[row.subject_id].append(_event(row))
    return found


def stops(
    session: Session,
    programme: Programme,
    subjects: Collection[str],
    *,
    at: datetime,
    purposes: frozenset[Purpose] = FOLLOWED_FOR,
) -> dict[str, Stop]:
    """Who of these people may not be followed at an instant, and why."""
    events = events_of(session, programme.contract_id, only=next(iter(subjects)) if len(subjects) == 1 else None)
    judged = {
        subject: stop_of(events.get(subject, []), programme.requirements, purposes=purposes, at=at)
        for subject in subjects
    }
    return {subject: stop for subject, stop in judged.items() if stop is not None}


def having(session: Session, contract_id: str, kind: RecordKind, *, at: datetime) -> dict[str, frozenset[Purpose]]:
    """Who has a record of a kind in force at an instant, and for which purposes."""
    found = {subject: in_force(events, at=at) for subject, events in events_of(session, contract_id).items()}
    return {subject: kinds[kind] for subject, kinds in found.items() if kind in kinds}


def having_kinds(session: Session, contract_id: str, subject: str, *, at: datetime) -> frozenset[RecordKind]:
    """The kinds of records that one person has in force at an instant."""
    return frozenset(in_force(events_of(session, contract_id, only=subject).get(subject, []), at=at))


def _event(row: BasisRow) -> BasisEvent:
    return BasisEvent(
        record=row.record_id,
        kind=RecordKind(row.kind),
        change=Change(row.change),
        at=row.at,
        purposes=frozenset(Purpose(word) for word in row.purposes),
        valid_to=row.valid_to,
        since=row.since,
    )
