"""Asking a REST source, page after page, and making sure that the pages are one whole.

- A page that comes twice, or a record that any earlier page had, means that the list moved while it was read: what it
  left out nobody can tell, so the reading ends (`ListMoved`). Whoever asked begins anew, once.
- The order of records on a page means nothing, so another order is harmless.
- Of a source of changes a record may come again: the engine tells it by record and version.
"""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.errors import ListMoved, SourceMalformed, SourceRefused
from connectors.page_rules import PagesOfChanges, PagesOfOneList
from connectors.schema import Schema
from connectors.transport import Ask, Clock, Page, Record, Secrets
from connectors.transports.addresses import host_of
from connectors.transports.http import ANY_JSON, HttpClient, HttpRequest
from connectors.transports.json_answer import parse_json, parse_path, value_at
from connectors.transports.rest_settings import ApiKey, OAuth, RestSettings, layout
from connectors.transports.template import fill, values_of
from connectors.transports.tokens import Credentials, KeyCredentials, NoCredentials, TokenCredentials
from connectors.versions import VersionForm, read_version

_ACCEPT = ("application/json", ANY_JSON)
_MOST_PAGES = 100_000
_MOST_PAGES_OF_A_PERSON = 100
_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:"[^"]*"|[^",;\s]+))?)*)')
_NEXT = re.compile(r';\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next(?=\s|;|$))', re.IGNORECASE)


class JsonReader:
    """What reading lists and asking about people have in common."""

    def __init__(self, settings: RestSettings, schema: Schema, secrets: Secrets, clock: Clock) -> None:
        self._settings = settings
        self._source = host_of(settings.url)
        self._now = clock.now
        self._layout = layout(settings, schema)
        self._http = HttpClient(settings.http, secrets, clock)
        self._credentials = _credentials(settings, self._http, secrets, clock)

    def close(self) -> None:
        self._http.close()

    def _changes(self, ask: Ask) -> Iterator[Page]:
        """Pages of changes, until the cursor stands still."""
        paging, position = self._settings.paging, ask.since
        began = int(self._now().timestamp()) * 1_000_000_000
        pages = PagesOfChanges(self._source, position, repeats=paging.repeats, began=began)
        for _ in range(_MOST_PAGES):
            said = self._ask(ask, "", position, "")[0]
            records = self._layout.records(said, source=self._source)
            after = value_at(said, parse_path(paging.next)) or position
            is_last = pages.is_last(position, after, len(records), read_version(after, VersionForm.INSTANT))
            yield Page(records, after)
            if is_last:
                return
            position = after
        raise self._endless()

    def _whole(self, ask: Ask, number: str, most: int) -> Iterator[list[Record]]:
        """The records of each page of one list; `ListMoved` where they are not one whole."""
        paging = self._settings.paging
        position, address = str(paging.first) if paging.kind == "number" else "", ""
        pages = PagesOfOneList(self._source)
        if position:
            pages.go_on(position)
        for _ in range(most):
            said, headers = self._ask(ask, number, position, address)
            records = self._layout.records(said, source=self._source)
            pages.add(records)
            total = pages.announce(value_at(said, parse_path(paging.total))) if paging.total else 0
            yield records
            if paging.kind == "number":
                position = str(int(position) + 1) if records and pages.records_read < total else ""
            else:
                position, address = self._following(said, headers)
            if not position:
                pages.end()
                return
            pages.go_on(position)
        raise self._endless()

    def _following(self, said: Any, headers: Mapping[str, str]) -> tuple[str, str]:
        """Where the list goes on, and that page's address where a header says it; empty after the last."""
        paging = self._settings.paging
        if paging.kind == "cursor":
            return value_at(said, parse_path(paging.next)), ""
        for link in _LINK.finditer(headers.get("link", "") if paging.kind == "link" else ""):
            if _NEXT.search(link[2]):
                address = urllib.parse.urljoin(self._settings.url, link[1])
                return address, address
        return "", ""

    def _endless(self) -> SourceMalformed:
        return SourceMalformed(source=self._source, reason="its pages do not end")

    def _ask(self, ask: Ask, number: str, position: str, address: str) -> tuple[Any, Mapping[str, str]]:
        def build() -> HttpRequest:
            return self._request(ask, number, position, address)

        try:
            answer = self._http.send(build, accept=_ACCEPT)
        except SourceRefused as refused:
            if refused.status != 401 or not self._credentials.forget():
                raise
            answer = self._http.send(build, accept=_ACCEPT)  # once more, with another token
        return parse_json(answer.body, source=self._source), answer.headers

    def _request(self, ask: Ask, number: str, position: str, address: str) -> HttpRequest:
        settings, values = self._settings, values_of(ask, number)
        headers = fill(settings.headers, values) | self._credentials.headers()
        query, body = fill(settings.query, values), fill(settings.body, values)
        if settings.paging.parameter and position and not address:
            place = body if settings.method == "POST" else query
            is_number = settings.paging.kind == "number" and settings.method == "POST"
            place[settings.paging.parameter] = int(position) if is_number else position
        content = b""
        if settings.method == "POST":
            headers["content-type"] = "application/json"
            content = json.dumps(body, ensure_ascii=False).encode("utf-8")
        if not address:
            joint = "&" if "?" in settings.url else "?"
            address = settings.url + (joint + urllib.parse.urlencode(query) if query else "")
        counts = settings.paging.counts and position.isascii() and position.isdigit()
        counter = f"{settings.paging.parameter}={position}" if counts else ""
        return HttpRequest(settings.method, address, headers, content, counter)


class JsonLists(JsonReader):
    """`ListTransport` over a REST source."""

    def pages(self, ask: Ask) -> Iterator[Page]:
        if self._settings.paging.kind == "changes":
            return self._changes(ask)
        return (Page(records) for records in self._whole(ask, "", _MOST_PAGES))


class JsonPeople(JsonReader):
    """`PersonTransport` over a REST source."""

    @property
    def parallel(self) -> int:
        return self._settings.http.parallel

    def ask(self, cpr_digits: str, ask: Ask) -> Sequence[Record]:
        """All that is told of this person; an answer that moved between its pages is asked for once more."""
        try:
            return self._all_pages(cpr_digits, ask)
        except ListMoved:
            return self._all_pages(cpr_digits, ask)

    def _all_pages(self, cpr_digits: str, ask: Ask) -> list[Record]:
        return [record for page in self._whole(ask, cpr_digits, _MOST_PAGES_OF_A_PERSON) for record in page]


def open_source(settings: RestSettings, schema: Schema, secrets: Secrets, clock: Clock) -> JsonPeople | JsonLists:
    """The transport that asks in the way the settings say."""
    reader = JsonPeople if settings.asks == "person" else JsonLists
    return reader(settings, schema, secrets, clock)


def _credentials(settings: RestSettings, http: HttpClient, secrets: Secrets, clock: Clock) -> Credentials:
    if isinstance(settings.auth, ApiKey):
        return KeyCredentials(settings.auth, secrets)
    if isinstance(settings.auth, OAuth):
        return TokenCredentials(settings.auth, http, secrets, clock)
    return NoCredentials()
