"""Kinds of columns that the tables share: instants, bytes and JSON, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, stored as microseconds since 1970; a naive one is refused."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


def instant(*, index: bool = False) -> Any:
    return Field(sa_column=Column(Instant, nullable=False, index=index))


def blob() -> Any:
    return Field(sa_column=Column(LargeBinary, nullable=False))


def json_value() -> Any:
    return Field(sa_column=Column(JSON, nullable=False))


def optional_instant() -> Any:
    return Field(default=None, sa_column=Column(Instant, nullable=True))
