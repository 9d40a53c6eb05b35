"""Figures about groups, from Jobindsats (STAR) and StatBank (Statistics Denmark): for baselines, never about a person.

They are of a type of their own, declared under a schema of their own (`aggregate/1`): a figure cannot become a status,
since nothing here knows subjects, weeks or records, and nothing that pulls people's records knows this module
(import contract "a figure about a group is no person's status").

Jobindsats: v3 answers `{"columns": [...], "rows": [[...]]}` to a bearer key; v2, which STAR says it ended on
30 September 2026, `[{"Variables": [{"Label": ...}], "Data": [[...]]}]` to a raw key, and a wrong key with a sentence.
StatBank is open and answers a JSON question with CSV: https://www.dst.dk/da/Statistik/hjaelp-til-statistikbanken/api
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from connectors.errors import SchemaChanged, SourceRefused
from connectors.transport import Clock, Secrets
from connectors.transports.addresses import host_of
from connectors.transports.http_settings import HttpSettings, read_http, url
from vocabulary.cpr_in_text import holds_cpr
from vocabulary.declaration import DeclarationTable, one_of, parse

SERVICES = ("jobindsats-v3", "jobindsats-v2", "statbank")
WRONG_KEY = "Forkert nøgle eller nøglen er udløbet."

_TABLE = re.compile(r"[A-Za-z0-9_]{1,40}")
_NOT_SHOWN = frozenset({"", "-", ".", "..", "*"})  # as the services write what is missing or kept back
_NUMBER = re.compile(r"-?\d{1,15}([.,]\d{1,6})?")
_THOUSANDS = re.compile(r"-?\d{1,3}[.,]\d{3}")
_LONGEST_LABEL = 200
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp"})  # would move a terminal's cursor, or turn what is read round


@dataclass(frozen=True, slots=True)
class AggregateDeclaration:
    id: str
    title: str
    service: str
    url: str
    table: str
    selection: Mapping[str, tuple[str, ...]]  # the service's own names of dimensions -> values
    measures: tuple[str, ...]  # columns that hold figures; the others say what they are about
    columns: tuple[str, ...]  # all of them, frozen
    key: str  # secret; empty where the service is open
    sha256: str
    http: HttpSettings


@dataclass(frozen=True, slots=True)
class StatisticsFigure:
    """One number about one group; None where the service shows none."""

    measure: str
    about: Mapping[str, str] = field(hash=False)  # dimension -> its value, in the service's words
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a service answered, with digests of the question's declaration and of the answer."""

    declaration_sha256: str
    answer_sha256: str
    figures: tuple[StatisticsFigure, ...]


def load_aggregate(text: bytes, *, file: str) -> AggregateDeclaration:
    """Read a declaration of figures; `DeclarationInvalid`."""
    root = parse(text, file=file)
    if root.text("schema") != "aggregate/1":
        raise root.refuse("schema", "must be aggregate/1")
    service, address = root.convert("service", one_of(*SERVICES)), url(root, "url")
    table = root.text("table")
    if not _TABLE.fullmatch(table):
        raise root.refuse("table", "is not the name of a table")
    columns, measures = root.texts("columns"), root.texts("measures")
    if unknown := [name for name in measures if name not in columns]:
        raise root.refuse("measures", f"names {unknown[0]!r}, which is not one of the columns")
    if not measures or len(columns) == len(measures):
        raise root.refuse("measures", "must name at least one column, and not all")
    declaration = AggregateDeclaration(
        id=root.text("id"),
        title=root.text("title"),
        service=service,
        url=address,
        table=table,
        selection=_selection(root.table("selection")),
        measures=measures,
        columns=columns,
        key=root.text("key") if service != "statbank" else "",
        sha256=hashlib.sha256(text).hexdigest(),
        http=read_http(root, address),
    )
    root.finish()
    return declaration


def fetch(declaration: AggregateDeclaration, secrets: Secrets, clock: Clock) -> Statistics:
    """The declared figures. Raises a `SourceError`, `SchemaChanged` among them, or `SecretMissing`."""
    from connectors.transports.http import HttpClient  # loads the HTTP client

    source = host_of(declaration.url)
    http = HttpClient(declaration.http, secrets, clock)
    try:
        # v2 says in a text that a key is wrong
        answer = http.send(
            lambda: _request(declaration, secrets), accept=("application/json", "text/plain", "text/csv", "text/html")
        )
    finally:
        http.close()
    rows = _rows(declaration, answer.body, source)
    figures = tuple(figure for row in rows for figure in _figures(declaration, row, source))
    return Statistics(declaration.sha256, hashlib.sha256(answer.body).hexdigest(), figures)


def _request(declaration: AggregateDeclaration, secrets: Secrets) -> Any:
    from connectors.transports.http import HttpRequest

    table, selection = quote(declaration.table), declaration.selection
    as_json = {"content-type": "application/json"}
    if declaration.service == "statbank":
        variables = [{"code": name, "values": list(values)} for name, values in selection.items()]
        asked: dict[str, Any] = {"table": declaration.table, "format": "CSV", "lang": "da", "variables": variables}
        return HttpRequest("POST", f"{declaration.url}/data", as_json, json.dumps(asked).encode())
    key = secrets.text(declaration.key)
    if declaration.service == "jobindsats-v2":
        body = json.dumps({name: list(values) for name, values in selection.items()}, ensure_ascii=False)
        address = f"{declaration.url}/v2/data/{table}/json"
        return HttpRequest("POST", address, as_json | {"authorization": key}, body.encode())
    query = urlencode({name: ",".join(values) for name, values in selection.items()} | {"format": "json"}, safe="*/:,")
    address = f"{declaration.url}/v3/data/{table}?{query}"
    return HttpRequest("GET", address, {"authorization": f"Bearer {key}"})


def _rows(declaration: AggregateDeclaration, body: bytes, source: str) -> list[Sequence[Any]]:
    from connectors.transports.json_answer import parse_json

    if body.removeprefix(b"\xef\xbb\xbf").strip(b' \r\n"').startswith(WRONG_KEY.encode()[:12]):
        raise SourceRefused(source=source, reason="the key is wrong or has ended")
    if declaration.service == "statbank":
        return _csv_rows(declaration, body, source)
    said = parse_json(body, source=source)
    if declaration.service == "jobindsats-v2":
        said = said[0] if isinstance(said, list) and len(said) == 1 and isinstance(said[0], dict) else {}
        variables = said.get("Variables")
        columns = (
            [one.get("Label") for one in variables if isinstance(one, dict)] if isinstance(variables, list) else []
        )
        rows = said.get("Data")
    else:
        said = said if isinstance(said, dict) else {}
        columns, rows = said.get("columns", []), said.get("rows")
    _check_columns(declaration, columns, source)
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == len(columns) for row in rows):
        raise SchemaChanged(source=source, reason="its rows are not as long as its columns")
    return rows


def _csv_rows(declaration: AggregateDeclaration, body: bytes, source: str) -> list[Sequence[Any]]:
    try:
        text = io.StringIO(body.decode("utf-8-sig"), newline="")
        rows = list(csv.reader(text, delimiter=";", strict=True))
    except UnicodeDecodeError:
        raise SchemaChanged(source=source, reason="its table is not in UTF-8") from None
    except csv.Error:
        raise SchemaChanged(source=source, reason="its table is not CSV with semicolons") from None
    _check_columns(declaration, rows[0] if rows else [], source)
    if any(len(row) != len(rows[0]) for row in rows):
        raise SchemaChanged(source=source, reason="its rows are not as long as its columns")
    return list(rows[1:])


def _check_columns(declaration: AggregateDeclaration, columns: Any, source: str) -> None:
    if columns != list(declaration.columns):
        raise SchemaChanged(source=source, reason="its columns are not those of the declaration, in their order")


def _figures(declaration: AggregateDeclaration, row: Sequence[Any], source: str) -> list[StatisticsFigure]:
    cells = dict(zip(declaration.columns, row, strict=True))
    about = {name: cells[name] for name in declaration.columns if name not in declaration.measures}
    for label in about.values():
        if not isinstance(label, str) or len(label) > _LONGEST_LABEL:
            raise SchemaChanged(source=source, reason="a label is no text")
        if any(unicodedata.category(sign) in _UNSEEN for sign in label):
            raise SchemaChanged(source=source, reason="a label holds a character that cannot be seen")
        if holds_cpr(label):
            raise SchemaChanged(source=source, reason="a label could hold a CPR number")
    return [StatisticsFigure(name, about, _value(cells[name], name, source)) for name in declaration.measures]


def _value(cell: Any, name: str, source: str) -> Decimal | None:
    text = "" if cell is None else cell.strip() if isinstance(cell, str) else "?"
    if text in _NOT_SHOWN:
        return None
    # of a text, 1.234 could be a thousand or one and a bit; a JSON number is what JSON says
    if not _NUMBER.fullmatch(text) or (type(cell) is str and _THOUSANDS.fullmatch(text)):
        raise SchemaChanged(source=source, reason=f"{name!r} holds something that is no number")
    return Decimal(text.replace(",", "."))


def _selection(table: DeclarationTable) -> dict[str, tuple[str, ...]]:
    selection = {name: table.texts(name) for name in table}
    table.finish()
    for name, values in selection.items():
        if any(map(holds_cpr, (name, *values))):
            raise table.refuse("", "could hold a CPR number")
    return selection
