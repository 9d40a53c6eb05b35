"""SQL sources: one SELECT that can change nothing, and values that are exactly what the database holds."""

from __future__ import annotations

import dataclasses
import logging
import sqlite3
import time
import traceback
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from connectors.declaration import load_declaration
from connectors.errors import (
    ConnectorError,
    SchemaChanged,
    SecretMissing,
    SourceMalformed,
    SourceRefused,
    SourceUnavailable,
)
from connectors.schema import Schema
from connectors.transport import Ask, Clock, ListTransport
from connectors.transports import connect, lists_everybody
from connectors.transports.sql_settings import SqlSettings
from connectors.transports.sql_statement import check_statement
from gateway.simulate.case_view import write_cases
from gateway.simulate.rest_sources import BenefitPeriod
from tests.unit.connectors.cohort import ANNE, BO, SOURCES
from tests.unit.connectors.transports.outside import OPENED, MemorySecrets, Waits
from vocabulary.errors import DeclarationInvalid

TEXT = (SOURCES / "case-view.toml").read_text(encoding="utf-8")
ASK = Ask(date(2020, 1, 6), date(2020, 6, 28))
CANARY = "6101801234x"
PERIODS = [
    BenefitPeriod("p1", ANNE, "651", "2020-01-06", "2020-02-02"),
    BenefitPeriod("p2", ANNE, "730", "2020-02-03", version=2),
    BenefitPeriod("p3", BO, "771", "2020-03-06", version=3),
    BenefitPeriod("p4", BO, "130", "2019-01-01", "2019-02-01", version=4),
]
ROWS = [
    (ANNE, "651", "2020-01-06", "2020-02-02"),
    (ANNE, "730", "2020-02-03", ""),
    (BO, "771", "2020-03-06", ""),
]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with the view, of either kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'cases.sqlite'}"
    else:
        url = request.getfixturevalue("empty_postgres_url")
    write_cases(url, PERIODS)
    return url


def said(url: str, **changes: Any) -> SqlSettings:
    """The example's settings for a database; a changed statement is checked as a declaration's is."""
    settings: SqlSettings = load_declaration(TEXT.encode(), file="s.toml").transport
    dialect = "sqlite" if url.startswith("sqlite") else "postgresql"
    types = {} if dialect == "sqlite" else settings.types  # SQLite keeps days as texts
    changes = {"types": types} | changes
    names = check_statement(changes.get("statement", settings.statement), dialect)[0]
    return dataclasses.replace(settings, dialect=dialect, names=names, **changes)


def opened(settings: SqlSettings, url: str, clock: Clock | None = None) -> Any:
    schema = Schema(settings.names)
    transport = connect(settings, schema, MemorySecrets({"case-view-url": url}), clock or Waits().clock)
    assert isinstance(transport, ListTransport) == lists_everybody(settings)
    OPENED.append(transport)
    return transport


def rows(settings: SqlSettings, url: str, ask: Ask = ASK) -> list[tuple[str, ...]]:
    return [record for page in opened(settings, url).pages(ask) for record in page.records]


def test_the_view_is_read_for_the_days_that_are_asked_for(database: str) -> None:
    assert rows(said(database), database) == ROWS


def test_one_person_is_asked_about_by_a_parameter(database: str) -> None:
    """A number that is SQL is a number that nobody has."""
    statement = "SELECT cpr, kode FROM v_ydelser WHERE cpr = :cpr ORDER BY startdato"
    asked = opened(said(database, statement=statement, asks="person", types={}, optional=()), database)
    assert asked.ask(BO, ASK) == [(BO, "130"), (BO, "771")]
    assert asked.ask("' OR 1=1 --", ASK) == []


def test_changes_go_on_from_the_cursor(database: str) -> None:
    statement = "SELECT id, version FROM v_ydelser WHERE version >= CAST(COALESCE(NULLIF(:since, ''), '0') AS INTEGER) "
    settings = said(
        database, statement=statement + "ORDER BY version", cursor="version", types={"version": "integer"}, optional=()
    )
    pages = list(opened(settings, database).pages(ASK))
    assert [record[0] for page in pages for record in page.records] == ["p1", "p2", "p3", "p4"]
    assert pages[-1].cursor == "4"
    assert rows(settings, database, dataclasses.replace(ASK, since="4")) == [("p4", "4")]
    unordered = dataclasses.replace(settings, statement=statement + "ORDER BY version DESC")
    with pytest.raises(SourceMalformed, match="not in the order of the cursor"):
        rows(unordered, database)


def test_many_rows_come_in_pages(database: str) -> None:
    engine = create_engine(database)
    with engine.begin() as connection:
        many = [{"id": f"m{n}", "day": date(2020, 1, 6)} for n in range(2500)]
        connection.execute(text("INSERT INTO sager (id, cpr, kode, startdato) VALUES (:id, '', '', :day)"), many)
    engine.dispose()
    assert [len(page.records) for page in opened(said(database), database).pages(ASK)] == [1000, 1000, 503]


# Declarations


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("FROM v_ydelser", "FROM v_ydelser; DROP TABLE sager; SELECT 1 AS x", "must be one statement"),
        ("startdato <= :to_day", "cpr = :cpr", "may not have the parameter :cpr"),
        ('asks = "list"', 'asks = "person"', "needs the parameter :cpr"),
        ('optional = ["slutdato"]', 'optional = ["navn"]', "names 'navn', which the statement does not give"),
        ('slutdato = "date"\n', 'slutdato = "float"\n', "must be one of: text, integer"),
        ("seconds = 60", 'cursor = "kode"', "stand together"),
        ('dialect = "postgresql"', 'dialect = "oracle"', "must be one of: postgresql, sqlite, mssql"),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_refused_at_load(old: str, new: str, why: str) -> None:
    assert old in TEXT
    with pytest.raises(DeclarationInvalid) as refused:
        load_declaration(TEXT.replace(old, new, 1).encode(), file="s.toml")
    assert why in str(refused.value)


def test_columns_of_the_statement_and_of_the_declaration_are_the_same() -> None:
    settings = load_declaration(TEXT.encode(), file="s.toml").transport
    line = next(number for number, one in enumerate(TEXT.splitlines(), start=1) if one.startswith("statement ="))
    for old, new in (("kode, startdato", "kode, navn, startdato"), ('code = "kode"', 'code = "art"')):
        assert old in TEXT
        with pytest.raises(
            DeclarationInvalid, match=rf"s\.toml, line {line}: transport\.statement gives other columns"
        ):
            load_declaration(TEXT.replace(old, new, 1).encode(), file="s.toml")
    connect(settings, Schema(settings.names[:-1], settings.names[-1:]), pg_secret("postgresql://h/d"), Waits().clock)


def pg_secret(url: str) -> MemorySecrets:
    return MemorySecrets({"case-view-url": url})


@pytest.mark.parametrize("url", ["sqlite:///x", "nonsense", "", "mssql+pyodbc://h/d", "http://h/d"])
def test_a_secret_that_is_another_database_is_said_by_name_alone(url: str) -> None:
    settings = load_declaration(TEXT.encode(), file="s.toml").transport
    with pytest.raises(SecretMissing, match="'case-view-url' is no SQLAlchemy URL of postgresql"):
        connect(settings, Schema(settings.names), pg_secret(url), Waits().clock)


# The database's own guard, when the check of the statement is got round


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM sager",
        "INSERT INTO sager (id) VALUES ('x')",
        "CREATE TABLE x (a INTEGER)",
        "UPDATE sager SET navn = 'x'",
        "DROP VIEW v_ydelser",
    ],
)
def test_the_database_refuses_a_change_itself(database: str, statement: str) -> None:
    settings = dataclasses.replace(said(database), statement=statement)
    with pytest.raises((SourceRefused, SchemaChanged), match=r"does more than read|does not understand the statement"):
        rows(settings, database)
    assert rows(said(database), database) == ROWS


@pytest.mark.postgres
def test_postgresql_refuses_a_change_that_hides_in_a_function(empty_postgres_url: str) -> None:
    write_cases(empty_postgres_url, PERIODS)
    engine = create_engine(empty_postgres_url)
    with engine.begin() as connection:
        change = "CREATE FUNCTION harmless() RETURNS text LANGUAGE sql AS 'DELETE FROM sager RETURNING id'"
        connection.execute(text(change))
    engine.dispose()
    settings = dataclasses.replace(said(empty_postgres_url), statement="SELECT harmless() AS cpr")
    with pytest.raises(SourceRefused, match="would change something"):
        rows(settings, empty_postgres_url)
    assert rows(said(empty_postgres_url), empty_postgres_url) == ROWS


@pytest.mark.parametrize(
    "statement", ["ATTACH ':memory:' AS x", "PRAGMA query_only = OFF", "VACUUM INTO '/tmp/x.sqlite'"]
)
def test_sqlite_lets_nothing_but_reading_through(tmp_path: Path, statement: str) -> None:
    url = f"sqlite:///{tmp_path / 'cases.sqlite'}"
    write_cases(url, PERIODS)
    settings = dataclasses.replace(said(url), statement=statement)
    with pytest.raises(ConnectorError, match=r"does more than read|cannot be reached, or ended"):
        rows(settings, url)


def test_a_statement_ends_when_its_time_is_over(database: str) -> None:
    slow = "SELECT count(*) AS n FROM " + ", ".join(f"sager AS s{n}" for n in range(20))
    settings = said(database, statement=slow, types={"n": "integer"}, optional=(), seconds=1)
    steps = iter(range(10**9))
    clock = Clock(
        lambda: next(steps) * 0.1, lambda _: None, lambda: datetime.now(UTC)
    )  # a look every so often is a tenth of a second
    began = time.monotonic()
    with pytest.raises(SourceUnavailable, match="took longer than it may"):
        list(opened(settings, database, clock).pages(ASK))
    assert time.monotonic() - began < 5


# What a database sends


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("DROP VIEW v_ydelser", "is not there: 'v_ydelser'"),
        ("UPDATE sager SET startdato = NULL", None),
        ("UPDATE sager SET cpr = NULL", "'cpr' is NULL"),
    ],
)
def test_a_view_that_changed_stops_it(database: str, change: str, why: str | None) -> None:
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(text(change))
    engine.dispose()
    if why is None:  # the view stays what it was, or the row is not asked for
        rows(said(database), database)
        return
    with pytest.raises(SchemaChanged, match=why):
        rows(said(database), database)


def test_values_are_exact_texts_and_floats_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "v.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE v (a TEXT, n INTEGER, f REAL, b BLOB)")
        connection.execute("INSERT INTO v VALUES ('æ', 7, 7.1, x'00')")
    connection.close()
    url = f"sqlite:///{path}"

    def one(column: str, leaf: str) -> list[tuple[str, ...]]:
        settings = said(url, statement=f"SELECT {column} AS x FROM v", types={"x": leaf}, optional=())
        return rows(settings, url)

    assert one("a", "text") == [("æ",)]
    assert one("n", "integer") == one("n", "decimal") == [("7",)]
    assert one("CAST(f AS TEXT)", "text") == [("7.1",)]
    for column, leaf in (
        ("f", "decimal"),
        ("f", "integer"),
        ("n", "text"),
        ("b", "text"),
        ("a", "date"),
        ("n", "boolean"),
    ):
        with pytest.raises(SchemaChanged, match=f"'x' is not of the type {leaf}"):
            one(column, leaf)


@pytest.mark.postgres
def test_decimals_dates_and_instants_of_postgresql(empty_postgres_url: str) -> None:
    def one(value: str, leaf: str) -> str:
        settings = said(empty_postgres_url, statement=f"SELECT {value} AS x", types={"x": leaf}, optional=())
        return rows(settings, empty_postgres_url)[0][0]

    assert one("CAST('12345678901234567890.10' AS NUMERIC)", "decimal") == "12345678901234567890.10"
    assert one("CAST('2020-02-29' AS DATE)", "date") == "2020-02-29"
    assert one("CAST('2020-02-29 12:00' AS TIMESTAMP)", "instant") == "2020-02-29T12:00:00"
    assert one("CAST('true' AS BOOLEAN)", "boolean") == "true"
    for value, leaf in (("CAST('1.5' AS DOUBLE PRECISION)", "decimal"), ("CAST('NaN' AS NUMERIC)", "decimal")):
        with pytest.raises(SchemaChanged):
            one(value, leaf)


@pytest.mark.postgres
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles", "Europe/Copenhagen"])
@pytest.mark.parametrize("machine", ["UTC", "Asia/Tokyo"])
def test_the_zones_of_the_role_and_of_the_machine_change_nothing(
    empty_postgres_url: str, zone: str, machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", machine)
    time.tzset()
    engine = create_engine(empty_postgres_url)
    with engine.begin() as connection:
        connection.execute(text(f"ALTER ROLE CURRENT_USER SET timezone = '{zone}'"))
    engine.dispose()
    written = "CAST('2020-03-01 23:00:00+00' AS TIMESTAMPTZ)"  # Danish midnight of 2 March
    given = {
        f"{written}": ("instant", "2020-03-01T23:00:00+00:00"),
        f"CAST({written} AS DATE)": ("date", "2020-03-02"),
        f"CAST({written} AS TIMESTAMP)": ("instant", "2020-03-02T00:00:00"),
        "CAST(CAST('2020-03-02 00:00:00' AS TIMESTAMP) AS TIMESTAMPTZ)": ("instant", "2020-03-01T23:00:00+00:00"),
        f"CAST({written} AS TEXT)": ("text", "2020-03-02 00:00:00+01"),
    }
    try:
        for value, (leaf, told) in given.items():
            settings = said(empty_postgres_url, statement=f"SELECT {value} AS x", types={"x": leaf}, optional=())
            assert rows(settings, empty_postgres_url) == [(told,)]
    finally:
        engine = create_engine(empty_postgres_url)
        with engine.begin() as connection:
            connection.execute(text("ALTER ROLE CURRENT_USER RESET timezone"))
        engine.dispose()
        monkeypatch.undo()
        time.tzset()


@pytest.mark.postgres
def test_nothing_of_a_question_is_in_an_error_or_a_log(
    empty_postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """PostgreSQL repeats the value that it cannot read; the control is its own message."""
    caplog.set_level(logging.DEBUG)
    statement = "SELECT CAST(:cpr AS DATE) AS x"
    settings = said(empty_postgres_url, statement=statement, asks="person", types={"x": "date"}, optional=())
    with pytest.raises(SourceMalformed) as failed:
        opened(settings, empty_postgres_url).ask(CANARY, ASK)
    assert CANARY not in "".join(traceback.format_exception(failed.value)) + caplog.text
    engine = create_engine(empty_postgres_url)
    with engine.connect() as connection, pytest.raises(Exception, match=CANARY):
        connection.execute(text(statement), {"cpr": CANARY})
    engine.dispose()


def test_a_database_that_is_not_there_is_said_by_its_host_alone(tmp_path: Path) -> None:
    for url, name in (
        ("postgresql://user:canary@127.0.0.1:1/secret", "127.0.0.1"),
        (f"sqlite:///{tmp_path}/none.sqlite", "none.sqlite"),
    ):
        with pytest.raises(SourceUnavailable, match=f"^{name}: the database cannot be reached") as failed:
            rows(said(url), url)
        assert "canary" not in "".join(traceback.format_exception(failed.value))
