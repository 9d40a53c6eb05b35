"""What rows say happened at an instant that has not come, once a clock that had jumped is set back.

What is signed and what the logs commit to stays as it is, and so does what may rightly lie ahead, such as how long a
key is valid. Left as it was, what a register told meanwhile would be known to nobody until that time has come.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session, SQLModel, select, update

from gateway.store.columns import Instant
from gateway.store.log_tables import CheckpointRow, LogEntry
from gateway.store.sealed import About, SealedRow, Shelf, microseconds, opened_values, seal_values

_MAY_LIE_AHEAD = frozenset({"valid_from", "valid_to", "rests_until", "compromised_since"})
_COMMITTED = frozenset({LogEntry.__tablename__, CheckpointRow.__tablename__})


def bring_back(session: Session, now: datetime) -> int:
    """Give every instant of a row or a sealed value that has not come this one; returns how many that were.

    Raises `VaultCorrupt` where a sealed value was changed.
    """
    return _move_rows(session, now) + _move_values(session, now)


def _move_rows(session: Session, now: datetime) -> int:
    moved = 0
    for table in SQLModel.metadata.sorted_tables:
        if table.name in _COMMITTED:
            continue
        for column in table.columns:
            if isinstance(column.type, Instant) and not column.primary_key and column.name not in _MAY_LIE_AHEAD:
                done = session.connection().execute(update(table).where(column > now).values({column.name: now}))
                moved += done.rowcount
    return moved


def _move_values(session: Session, now: datetime) -> int:
    moved, limit = 0, microseconds(now)
    shelves = select(SealedRow.contract_id, SealedRow.about, SealedRow.source_id).distinct()
    for contract, about, source in session.exec(shelves.order_by(SealedRow.contract_id, SealedRow.about)).all():
        shelf = Shelf(contract, About(about), source)
        values = opened_values(session, shelf)
        changed = {subject: _no_later(value, limit) for subject, value in values.items()}
        ahead = sum(_count_later(value, limit) for value in values.values())
        if ahead:
            seal_values(session, shelf, changed)  # of everybody: which rows are written tells of nobody
        moved += ahead
    return moved


def _no_later(value: Any, limit: int) -> Any:
    """The same with no number above a limit in microseconds since 1970: none but an instant is as large as that."""
    if isinstance(value, list):
        return [_no_later(one, limit) for one in value]
    if isinstance(value, dict):
        return {name: _no_later(one, limit) for name, one in value.items()}
    return limit if _is_later(value, limit) else value


def _count_later(value: Any, limit: int) -> int:
    if isinstance(value, list | dict):
        return sum(_count_later(one, limit) for one in (value.values() if isinstance(value, dict) else value))
    return int(_is_later(value, limit))


def _is_later(value: Any, limit: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > limit
