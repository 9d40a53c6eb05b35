"""A database as the software of schema 0006 left it: rows that were frozen then, or today's tables taken back to it."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, insert, text

from gateway.store.unit_of_work import Store

FROZEN = Path(__file__).parents[1] / "frozen" / "0006.json.gz"
OF_0006 = (
    "DROP INDEX ix_logentry_look_ups",
    "DROP INDEX ix_logentry_set_backs",
    "CREATE INDEX ix_logentry_look_ups ON logentry (kind, log, idx) WHERE kind = 'person_looked_up'",
    "ALTER TABLE basisrow DROP COLUMN reason",
    "DROP TABLE trialreportrow",
    "UPDATE alembic_version SET version_num = '0006'",
)


def frozen_rows() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress(FROZEN.read_bytes()))
    return found


def take_back(store: Store) -> None:
    """Bring this version's tables to schema 0006, with every row."""
    with store.alone() as connection:
        for statement in OF_0006:
            connection.execute(text(statement))


def bytes_of(cell: Any) -> Any:
    return base64.b64decode(cell["b"]) if isinstance(cell, dict) and set(cell) == {"b"} else cell


def fill(store: Store, frozen: dict[str, Any]) -> None:
    """The rows into tables of schema 0006."""
    tables = MetaData()
    with store.alone() as connection:
        tables.reflect(connection)
        for table in tables.sorted_tables:
            said = frozen["tables"].get(table.name, {"rows": []})
            if table.name == "alembic_version" or not said["rows"]:
                continue
            rows = [dict(zip(said["columns"], map(bytes_of, row), strict=True)) for row in said["rows"]]
            for row in rows:
                for column in table.columns:
                    kind = type(column.type).__name__
                    if kind in ("JSON", "DATE", "BOOLEAN") and row[column.name] is not None:
                        row[column.name] = _typed(kind, row[column.name])
            connection.execute(insert(table), rows)


def _typed(kind: str, cell: Any) -> Any:
    if kind == "JSON":
        return json.loads(cell)
    return bool(cell) if kind == "BOOLEAN" else date.fromisoformat(cell)
