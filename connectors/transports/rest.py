"""`transport.kind = "rest"`: a source that answers with JSON, about everybody or about one person at a time.

How a declaration says the settings; `connectors.transports.rest_reading` asks.
"""

from __future__ import annotations

from connectors.schema import Schema
from connectors.transport import Clock, Secrets, Transport
from connectors.transports.http_settings import read_http, url
from connectors.transports.json_answer import TYPES, PathMisfit, parse_path
from connectors.transports.rest_settings import ApiKey, OAuth, Paging, RestSettings, layout
from connectors.transports.template import NUMBER, places, read_body, read_texts
from vocabulary.declaration import DeclarationTable, one_of
from vocabulary.errors import DeclarationInvalid


def read(table: DeclarationTable) -> RestSettings:
    asks = table.convert("asks", one_of("person", "list"))
    method = table.convert("method", one_of("GET", "POST"))
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
        raise _path_refusal(root, table, settings, misfit) from None


def _path_refusal(
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


def lists_everybody(settings: RestSettings) -> bool:
    """Whether its records are of everybody whom the source knows: who is checked is logged before it is asked."""
    return settings.asks == "list"


def connect(settings: RestSettings, schema: Schema, secrets: Secrets, clock: Clock) -> Transport:
    from connectors.transports.rest_reading import open_source  # loads the HTTP client

    return open_source(settings, schema, secrets, clock)


def _auth(table: DeclarationTable) -> ApiKey | OAuth:
    auth: ApiKey | OAuth
    if table.convert("kind", one_of("api_key", "oauth2")) == "api_key":
        auth = ApiKey(table.text("header"), table.text("secret"), table.text("prefix", ""))
    else:
        auth = OAuth(
            token_url=url(table, "token_url"),
            client_id=table.text("client_id"),
            secret=table.text("secret"),
            scope=table.text("scope", ""),
            sends=table.convert("sends", one_of("basic", "body")) if "sends" in table else "basic",
        )
    table.finish()
    return auth


def _paging(table: DeclarationTable, asks: str) -> Paging:
    kind = table.convert("kind", one_of("number", "cursor", "link", "changes"))
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
        counts=table.flag("counts") if kind in {"cursor", "changes"} and "counts" in table else False,
    )
    table.finish()
    for key in ("next", "total"):
        if "*" in parse_path(getattr(paging, key)):
            raise table.refuse(key, "must not be in a list")
    return paging


def _types(table: DeclarationTable) -> dict[str, str]:
    types = {name: table.convert(name, one_of(*TYPES)) for name in table}
    table.finish()
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
