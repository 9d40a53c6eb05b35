"""A simulated case system's database: a table that holds more than anybody should read, and the view `v_ydelser`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Boolean, Column, Date, Integer, MetaData, Table, Text, create_engine, insert, text

from gateway.simulate.rest_sources import BenefitPeriod

_METADATA = MetaData()
_CASES = Table(
    "sager",
    _METADATA,
    Column("id", Text, primary_key=True),
    Column("cpr", Text),
    Column("navn", Text),
    Column("kode", Text),
    Column("startdato", Date),
    Column("slutdato", Date),
    Column("version", Integer),
    Column("slettet", Boolean),
)
_VIEW = "CREATE VIEW v_ydelser AS SELECT id, cpr, kode, startdato, slutdato, version, slettet FROM sager"


def write_cases(url: str, periods: Sequence[BenefitPeriod]) -> None:
    """Make table and view in an empty database of either kind."""
    engine = create_engine(url)
    with engine.begin() as connection:
        _METADATA.create_all(connection)
        connection.execute(text(_VIEW))
        connection.execute(
            insert(_CASES),
            [
                {
                    "id": period.id,
                    "cpr": period.cpr,
                    "navn": "a name that nobody asked for",
                    "kode": period.code,
                    "startdato": date.fromisoformat(period.from_day),
                    "slutdato": date.fromisoformat(period.to_day) if period.to_day else None,
                    "version": period.version,
                    "slettet": period.is_deleted,
                }
                for period in periods
            ],
        )
    engine.dispose()
