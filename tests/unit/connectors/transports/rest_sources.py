"""Sources that are asked by REST, as declarations say it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date
from typing import Any

from connectors.declaration import load_declaration
from connectors.schema import Schema
from connectors.transport import Ask, ListTransport, Page, Record
from connectors.transports import connect, lists_everybody
from connectors.transports.rest_settings import RestSettings
from gateway.simulate.http_source import HttpSource
from tests.unit.connectors.cohort import SOURCES
from tests.unit.connectors.transports.outside import OPENED, MemorySecrets, Waits, settings

ASK = Ask(date(2020, 1, 6), date(2020, 6, 28))


SECRETS = MemorySecrets({"case-system-secret": "s3cret"})


def example(name: str, url: str, **changes: Any) -> tuple[RestSettings, Schema]:
    """The example's declaration, at a simulated source."""
    declaration = load_declaration((SOURCES / f"{name}.toml").read_bytes(), file=f"{name}.toml")
    said: RestSettings = declaration.transport
    auth = dataclasses.replace(said.auth, token_url=url + "/oauth/token") if said.auth else None
    http = changes.pop("http", settings(url))
    said = dataclasses.replace(said, url=url + changes.pop("path", "/api/v1/changes"), auth=auth, http=http, **changes)
    return said, Schema(tuple(declaration.columns.values()), declaration.dropped)


def opened(said: RestSettings, schema: Schema, waits: Waits | None = None, secrets: MemorySecrets = SECRETS) -> Any:
    transport = connect(said, schema, secrets, (waits or Waits()).clock)
    assert isinstance(transport, ListTransport) == lists_everybody(said)
    OPENED.append(transport)
    return transport


def records(pages: Iterator[Page]) -> list[Record]:
    return [record for page in pages for record in page.records]


def without_auth(source: HttpSource) -> tuple[RestSettings, Schema]:
    said, schema = example("case-system", source.url)
    return dataclasses.replace(said, auth=None), schema
