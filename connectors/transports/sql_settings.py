"""What a declaration of `transport.kind = "sql"` says: one statement, and what its columns are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class SqlSettings:
    kind: ClassVar[str] = "sql"
    asks: str  # `person` or `list`
    dialect: str
    database: str  # secret: an SQLAlchemy URL
    statement: str
    names: tuple[str, ...]  # of the columns that the statement gives
    types: dict[str, str]  # by column; text where nothing is said
    optional: tuple[str, ...]  # columns that may be NULL
    cursor: str  # column by which the statement orders its changes; empty where it tells everything
    seconds: int  # that the statement may take
    parallel: int
