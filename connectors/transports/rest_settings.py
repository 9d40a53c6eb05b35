"""What a declaration of `transport.kind = "rest"` says, and what an answer must therefore look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from connectors.schema import Schema
from connectors.transports.http_settings import HttpSettings
from connectors.transports.json_answer import Layout


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
    has no empty page: it `repeats`, and ends when its cursor stands still. A cursor that `counts` is a running number
    and nobody's, whatever its digits look like: it may stand in an address.
    """

    kind: str = "none"
    parameter: str = ""
    first: int = 0
    next: str = ""  # path
    total: str = ""  # path
    repeats: bool = False
    counts: bool = False


@dataclass(frozen=True, slots=True)
class RestSettings:
    kind: ClassVar[str] = "rest"
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
