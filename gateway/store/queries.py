"""Named reads of the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from connectors.records import Week
from gateway.store.tables import Batch, ContractVersion, PullRow, ReleaseRow, Subject


@dataclass(frozen=True, slots=True)
class Completeness:
    """Up to which week every week is covered by pulls, and the instant at which it became so."""

    to_week: Week | None
    known_at: datetime | None


def contract_versions(session: Session, contract_id: str) -> Sequence[ContractVersion]:
    """All versions of a contract, oldest first."""
    query = select(ContractVersion).where(ContractVersion.contract_id == contract_id)
    return session.exec(query.order_by(col(ContractVersion.version))).all()


def contract_ids(session: Session) -> list[str]:
    return sorted(set(session.exec(select(ContractVersion.contract_id))))


def batches(session: Session, contract_id: str) -> Sequence[Batch]:
    """The sealed batches of a contract, by id."""
    return session.exec(select(Batch).where(Batch.contract_id == contract_id).order_by(Batch.batch_id)).all()


def subjects(session: Session, contract_id: str) -> Sequence[Subject]:
    query = select(Subject).where(Subject.contract_id == contract_id)
    return session.exec(query.order_by(Subject.subject_id)).all()


def pulls(session: Session, contract_id: str, source: str) -> Sequence[PullRow]:
    """What was pulled from a source for a contract, oldest first."""
    query = select(PullRow).where(PullRow.contract_id == contract_id, PullRow.source_id == source)
    return session.exec(query.order_by(col(PullRow.known_at), col(PullRow.id))).all()


def releases(session: Session, contract_id: str) -> Sequence[ReleaseRow]:
    query = select(ReleaseRow).where(ReleaseRow.contract_id == contract_id)
    return session.exec(query.order_by(col(ReleaseRow.intended_at), ReleaseRow.id)).all()


def completeness(rows: Sequence[PullRow], *, first: Week) -> Completeness:
    """How far the pulls cover without a gap, from `first` on. `rows` are oldest first."""
    covered: set[int] = set()
    for row in rows:
        covered.update(range(row.from_week, row.to_week + 1))
    last = first.ordinal
    while last in covered:
        last += 1
    if last == first.ordinal:
        return Completeness(None, None)
    return Completeness(Week(last - 1), complete_since(rows, first=first, to=Week(last - 1)))


def complete_since(rows: Sequence[PullRow], *, first: Week, to: Week) -> datetime | None:
    """The instant from which the pulls covered every week of `first`..`to`, or None while they do not."""
    missing = set(range(first.ordinal, to.ordinal + 1))
    for row in rows:
        missing.difference_update(range(row.from_week, row.to_week + 1))
        if not missing:
            return row.known_at
    return None
