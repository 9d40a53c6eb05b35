"""Leaving a source alone for a while after it could not be reached, pull after pull.

A pull is a process of its own, so what is known of a source is kept here, and by the time of day. One pull repeats its
questions by itself (`connectors.transports.http`); what counts is that the whole of it came to nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from gateway.store.record_tables import CircuitRow

FAILURES_IN_A_ROW = 3  # pulls that could not reach the source, before it is left alone
FIRST_REST, LONGEST_REST = timedelta(minutes=15), timedelta(hours=24)  # doubled with each failure that follows


def record_failure(session: Session, source_id: str, now: datetime) -> None:
    """A pull could not reach the source."""
    row = session.get(CircuitRow, source_id) or CircuitRow(source_id=source_id, failures=0)
    row.failures += 1
    doubled = row.failures - FAILURES_IN_A_ROW
    if doubled >= 0:
        row.rests_until = now + min(FIRST_REST * 2 ** min(doubled, 10), LONGEST_REST)
    session.add(row)


def record_answer(session: Session, source_id: str) -> None:
    """The source can be reached, whatever it answered."""
    row = session.get(CircuitRow, source_id)
    if row is not None:
        session.delete(row)


def has_failed(session: Session, source_id: str) -> bool:
    """Whether the last pull could not reach the source."""
    return session.get(CircuitRow, source_id) is not None


def resting(session: Session, source_id: str, now: datetime) -> CircuitRow | None:
    """What is known of a source that is left alone now."""
    row = session.get(CircuitRow, source_id)
    return row if row is not None and row.rests_until is not None and now < row.rests_until else None
