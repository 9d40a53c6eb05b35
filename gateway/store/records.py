"""Runs of pulls that bring records, and the records that sources of changes told."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from connectors.records import SubjectRef
from connectors.shapes import Owned
from connectors.transport import Record
from gateway.store.record_tables import PullRun, RecordRow


@dataclass(frozen=True, slots=True)
class Versioned:
    """A record of a source of changes. `number` is the source's own; `is_deleted` says that it is no more."""

    owned: Owned
    number: str
    version: int
    is_deleted: bool


def open_run(session: Session, contract_id: str, source_id: str, source_sha256: str) -> PullRun | None:
    """The newest run of this declaration where it has not ended."""
    newest = _newest(session, contract_id, source_id, source_sha256)
    return newest if newest is not None and newest.ended_at is None else None


def last_cursor(session: Session, contract_id: str, source_id: str, source_sha256: str) -> str:
    """Where a source of changes goes on; empty for the beginning, and where the declaration is another one."""
    newest = _newest(session, contract_id, source_id, source_sha256)
    return "" if newest is None else newest.cursor


def keep(session: Session, run: PullRun, records: Iterable[Versioned], *, now: datetime) -> int:
    """Store what is newer than what is known, by record and version; returns how many were news.

    A record that came before changes nothing, in whatever order pages come. A deleted one is kept without texts, so
    that an earlier version cannot bring it back.
    """
    news = 0
    for one in records:
        key = (run.contract_id, run.source_id, hashlib.sha256(one.number.encode("utf-8")).hexdigest())
        row = session.get(RecordRow, key)
        if row is not None and row.version >= one.version:
            continue
        session.merge(
            RecordRow(
                contract_id=key[0],
                source_id=key[1],
                record_sha256=key[2],
                version=one.version,
                subject_id=one.owned.subject.value,
                texts=[] if one.is_deleted else list(one.owned.record),
                known_at=now,
            )
        )
        session.flush()
        news += 1
    return news


def standing(session: Session, contract_id: str, source_id: str) -> dict[str, list[Record]]:
    """Subject id -> the texts of every record that stands."""
    found: dict[str, list[Record]] = defaultdict(list)
    query = select(RecordRow).where(RecordRow.contract_id == contract_id, RecordRow.source_id == source_id)
    for row in session.exec(query.order_by(RecordRow.record_sha256)):
        if row.texts:
            found[row.subject_id].append(tuple(row.texts))
    return found


def owned(found: dict[str, list[Record]], people: Sequence[SubjectRef]) -> list[Owned]:
    """The standing records of these people."""
    return [Owned(person, record) for person in people for record in found.get(person.value, [])]


def _newest(session: Session, contract_id: str, source_id: str, source_sha256: str) -> PullRun | None:
    query = select(PullRun).where(
        PullRun.contract_id == contract_id,
        PullRun.source_id == source_id,
        PullRun.source_sha256 == source_sha256,
    )
    return session.exec(query.order_by(col(PullRun.began_at).desc(), PullRun.id)).first()
