"""`transport.kind = "rest"`: a source that answers with JSON, about everybody or about one person at a time.

The settings and how a declaration says them; `connectors.transports.rest_reading` asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.schema import Schema
from connectors.transport import Clock, Secrets
from connectors.transports.http_settings import HttpSettings, read_http, url
from connectors.transports.json_answer import TYPES, Layout, PathMisfit, parse_path
from connectors.transports.template import NUMBER, places, read_body, read_texts
from vocabulary.declaration import DeclarationTable, one_of
from vocabulary.errors import DeclarationInvalid

if TYPE_CHECKING:
    from connectors.transports.rest_reading import JsonLists, JsonPeople


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A secret in a header, after a prefix such as `Bearer `."""

    header: str
    secret: str
    prefix: str


@dataclass(frozen=True, slots=True)
class OAuth:
    """OAuth 2.0 client credentials (RFC 6749 §4.4). `sends` is how the secret goes: `basic` (§2.3.1) or `body`."""

    token_url: str
    client_id: str
    secret: str
    scope: str
    sends: str


@dataclass(frozen=True, slots=True)
class Paging:
    """How a source's answer goes on.

    `none`; `number`: pages counted from `first`, as long as there are fewer records than `total` says; `cursor`: the
    answer holds the next cursor; `link`: a `Link` header does (RFC 8288); `changes`: as `cursor`, and the cursor is
    also where the next pull goes on, after an empty page. A source that tells the records at the cursor again (`>=`)
    has no empty page: it `repeats`, and ends when its cursor stands still.
    """

    kind: str = "none"
    parameter: str = ""
    first: int = 0
    next: str = ""  # path
    total: str = ""  # path
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class RestSettings:
    asks: str  # `person` or `list`
    method: str
    url: str
    query: dict[str, str]
    headers: dict[str, str]
    body: dict[str, Any]
    records: str  # path
    types: dict[str, str]  # by column; text where nothing is said
    optional: tuple[str, ...]
    not_sent: tuple[str, ...]  # columns that the answer does not hold: empty
    auth: ApiKey | OAuth | None
    paging: Paging
    http: HttpSettings


def read(table: DeclarationTable) -> RestSettings:
    asks = table.converted("asks", one_of("person", "list"))
    method = table.converted("method", one_of("GET", "POST"))
    query = read_texts(table.table("query"), may_hold_number=False) if "query" in table else {}
    headers = read_texts(table.table("headers"), may_hold_number=True, are_headers=True) if "headers" in table else {}
    body = read_body(table.table("body")) if "body" in table else {}
    if body and method == "GET":
        raise table.refuse("body", "stands with POST alone")
    if (NUMBER in places(headers) | places(body)) != (asks == "person"):
        wanted = "needs {cpr} in a header or in the body" if asks == "person" else "may hold no {cpr}"
        raise table.refuse("asks", f"{asks!r} {wanted}")
    address = url(table, "url")
    auth = _auth(table.table("auth")) if "auth" in table else None
    addresses = [address, auth.token_url] if isinstance(auth, OAuth) else [address]
    return RestSettings(
        asks=asks,
        method=method,
        url=address,
        query=query,
        headers=headers,
        body=body,
        records=_path(table, "records"),
        types=_types(table.table("types")) if "types" in table else {},
        optional=_paths(table, "optional"),
        not_sent=table.texts("not_sent", []),
        auth=auth,
        paging=_paging(table.table("paging"), asks) if "paging" in table else Paging(),
        http=read_http(table, *addresses),
    )


def check(root: DeclarationTable, settings: RestSettings, schema: Schema) -> None:
    """What the whole declaration alone shows: that paths, types and columns fit; `DeclarationInvalid` at the key."""
    table = root.table("transport")
    for name in settings.types:
        if name not in schema.columns:
            raise table.table("types").refuse(name, f"gives {name!r} a type, which is no column")
    for name in settings.not_sent:
        if name not in schema.columns:
            raise table.refuse("not_sent", f"names {name!r}, which is no column")
    try:
        layout(settings, schema)
    except PathMisfit as misfit:
        raise _refused(root, table, settings, misfit) from None


def _refused(
    root: DeclarationTable, table: DeclarationTable, settings: RestSettings, misfit: PathMisfit
) -> DeclarationInvalid:
    """The refusal at the key that holds the path."""
    reason = f"holds a path that does not fit: {misfit}"
    if misfit.key == "columns":
        columns = root.table("columns")
        return columns.refuse(next(word for word in columns if columns.text(word) == misfit.path), reason)
    if misfit.key == "own":
        key = "next" if misfit.path == settings.paging.next else "total"
        return table.table("paging").refuse(key, reason)
    return (root if misfit.key == "dropped" else table).refuse(misfit.key, reason)


def layout(settings: RestSettings, schema: Schema) -> Layout:
    """What an answer must look like; `PathMisfit`, which `check` has refused of what was loaded."""
    return Layout(
        schema,
        records=settings.records,
        types=settings.types,
        optional=settings.optional,
        not_sent=settings.not_sent,
        own=[path for path in (settings.paging.next, settings.paging.total) if path],
    )


def lists_everybody(settings: RestSettings) -> bool:
    """Whether its records are of everybody whom the source knows: who is checked is logged before it is asked."""
    return settings.asks == "list"


def connect(settings: RestSettings, schema: Schema, secrets: Secrets, clock: Clock) -> JsonPeople | JsonLists:
    from connectors.transports.rest_reading import connected  # loads the HTTP client

    return connected(settings, schema, secrets, clock)


def _auth(table: DeclarationTable) -> ApiKey | OAuth:
    auth: ApiKey | OAuth
    if table.converted("kind", one_of("api_key", "oauth2")) == "api_key":
        auth = ApiKey(table.text("header"), table.text("secret"), table.text("prefix", ""))
    else:
        auth = OAuth(
            token_url=url(table, "token_url"),
            client_id=table.text("client_id"),
            secret=table.text("secret"),
            scope=table.text("scope", ""),
            sends=table.converted("sends", one_of("basic", "body")) if "sends" in table else "basic",
        )
    table.done()
    return auth


def _paging(table: DeclarationTable, asks: str) -> Paging:
    kind = table.converted("kind", one_of("number", "cursor", "link", "changes"))
    if kind == "changes" and asks == "person":
        raise table.refuse("kind", "'changes' is for lists: one person's answer is whole")
    paging = Paging(
        kind=kind,
        parameter=table.text("parameter") if kind != "link" else "",
        first=table.integer("first", 1, most=1) if kind == "number" else 0,
        next=_path(table, "next", is_needed=True) if kind in {"cursor", "changes"} else "",
        # without it nobody could tell that a page moved on while it was read
        total=_path(table, "total", is_needed=kind == "number") if kind != "changes" else "",
        repeats=table.flag("repeats") if kind == "changes" else False,
    )
    table.done()
    for key in ("next", "total"):
        if "*" in parse_path(getattr(paging, key)):
            raise table.refuse(key, "must not be in a list")
    return paging


def _types(table: DeclarationTable) -> dict[str, str]:
    types = {name: table.converted(name, one_of(*TYPES)) for name in table}
    table.done()
    return types


def _path(table: DeclarationTable, key: str, *, is_needed: bool = False) -> str:
    text = table.text(key) if is_needed else table.text(key, "")
    try:
        parse_path(text)
    except ValueError as error:
        raise table.refuse(key, str(error)) from None
    return text


def _paths(table: DeclarationTable, key: str) -> tuple[str, ...]:
    texts = table.texts(key, [])
    for text in texts:
        try:
            parse_path(text)
        except ValueError as error:
            raise table.refuse(key, str(error)) from None
    return texts
