"""`transport.kind = "sql"`: one SELECT on a database that the municipality runs, best on a view made for it.

How a declaration says the settings; `connectors.transports.sql_reading` asks.
"""

from __future__ import annotations

from connectors.schema import Schema
from connectors.transport import Clock, Secrets, Transport
from connectors.transports.sql_settings import SqlSettings
from vocabulary.declaration import DeclarationTable, one_of

TYPES = ("text", "integer", "decimal", "date", "instant", "boolean")


def read(table: DeclarationTable) -> SqlSettings:
    from connectors.transports.sql_statement import DIALECTS, check_statement  # loads a parser

    asks = table.convert("asks", one_of("person", "list"))
    dialect = table.convert("dialect", one_of(*DIALECTS))
    statement = _statement(table)
    try:
        names, parameters = check_statement(statement, dialect)
    except ValueError as error:
        raise table.refuse("statement", str(error)) from None
    if ("cpr" in parameters) != (asks == "person"):
        wanted = "needs the parameter :cpr" if asks == "person" else "may not have the parameter :cpr"
        raise table.refuse("statement", f"{wanted}, since the source is asked by {asks}")
    cursor = table.text("cursor", "")
    if bool(cursor) != ("since" in parameters) or (cursor and cursor not in names):
        raise table.refuse("cursor", "and the parameter :since stand together, and it is one of the columns")
    types = table.table("types") if "types" in table else None
    settings = SqlSettings(
        asks=asks,
        dialect=dialect,
        database=table.text("database"),
        statement=statement,
        names=names,
        types={} if types is None else {name: types.convert(name, one_of(*TYPES)) for name in types},
        optional=table.texts("optional", []),
        cursor=cursor,
        seconds=table.integer("seconds", 60, least=1, most=3600),
        parallel=table.integer("parallel", 2, least=1, most=16),
    )
    if types is not None:
        types.finish()
    for key, columns in (("types", tuple(settings.types)), ("optional", settings.optional)):
        if unknown := [name for name in columns if name not in names]:
            raise table.refuse(key, f"names {unknown[0]!r}, which the statement does not give")
    return settings


def _statement(table: DeclarationTable) -> str:
    """The statement, which may stand on several lines."""
    lines = table.lines("statement")
    return " ".join(line.strip() for line in lines)


def check(root: DeclarationTable, settings: SqlSettings, schema: Schema) -> None:
    """That the statement gives the columns, and none but those that are dropped; `DeclarationInvalid`."""
    missing = [name for name in schema.columns if name not in settings.names]
    more = [name for name in settings.names if name not in schema.columns and not schema.is_dropped(name)]
    if missing or more:
        reason = "gives other columns than [columns] and dropped name: " + ", ".join(missing + more)
        raise root.table("transport").refuse("statement", reason)


def lists_everybody(settings: SqlSettings) -> bool:
    """Whether its records are of everybody whom the source knows: who is checked is logged before it is asked."""
    return settings.asks == "list"


def connect(settings: SqlSettings, schema: Schema, secrets: Secrets, clock: Clock) -> Transport:
    from connectors.transports.sql_reading import open_database  # loads SQLAlchemy

    return open_database(settings, schema, secrets, clock)
