"""Asking a REST source, page after page, and making sure that the pages are one whole.

- A page that comes twice, or whose records were on the page before, means that the list moved while it was read: what
  it left out nobody can tell, so the reading ends (`SourceMalformed`) and the next pull begins anew.
- The order of records on a page means nothing, so another order is harmless.
- Of a source of changes a record may come again: the engine tells it by record and version.
"""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.errors import SourceMalformed, SourceRefused
from connectors.schema import Schema
from connectors.transport import Ask, Clock, Page, Record, Secrets
from connectors.transports.addresses import host_of
from connectors.transports.http import HttpClient, HttpRequest
from connectors.transports.json_answer import parse_json, parse_path, value_at
from connectors.transports.rest_settings import ApiKey, OAuth, RestSettings, layout
from connectors.transports.template import fill, values_of
from connectors.transports.tokens import Credentials, KeyCredentials, NoCredentials, TokenCredentials

_ACCEPT = ("application/json", "application/problem+json")
_MOST_PAGES = 100_000
_MOST_PAGES_OF_A_PERSON = 100
_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:"[^"]*"|[^",;\s]+))?)*)')
_NEXT = re.compile(r';\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next(?=\s|;|$))', re.IGNORECASE)


class JsonReader:
    """What reading lists and asking about people have in common."""

    def __init__(self, settings: RestSettings, schema: Schema, secrets: Secrets, clock: Clock) -> None:
        self._settings = settings
        self._source = host_of(settings.url)
        self._layout = layout(settings, schema)
        self._http = HttpClient(settings.http, secrets, clock)
        self._credentials = _credentials(settings, self._http, secrets, clock)

    def close(self) -> None:
        self._http.close()

    def _changes(self, ask: Ask) -> Iterator[Page]:
        """Pages of changes, until one is empty, or the cursor stands still where that is how the source ends."""
        position, seen = ask.since, {ask.since}
        for _ in range(_MOST_PAGES):
            said = self._ask(ask, "", position, "")[0]
            records = self._layout.records(said, source=self._source)
            after = value_at(said, parse_path(self._settings.paging.next)) or position
            yield Page(records, after)
            if not records or (after == position and self._settings.paging.repeats):
                return
            if after in seen:
                raise self._list_changed("the same page follows again")
            seen.add(after)
            position = after
        raise self._list_changed("its pages do not end")

    def _whole(self, ask: Ask, number: str, most: int) -> Iterator[list[Record]]:
        """The records of each page of one list."""
        position = str(self._settings.paging.first) if self._settings.paging.kind == "number" else ""
        address, total, read, seen = "", "", 0, {position}
        before: frozenset[Record] = frozenset()
        for _ in range(most):
            said, headers = self._ask(ask, number, position, address)
            records = self._layout.records(said, source=self._source)
            here = frozenset(records)
            if not before.isdisjoint(here):
                raise self._list_changed("a record comes on two pages")
            before, read, total = here, read + len(records), self._same_total(said, total)
            yield records
            if self._settings.paging.kind == "number":
                position = str(int(position) + 1) if records and read < int(total) else ""
            else:
                position, address = self._following(said, headers)
            if not position:
                if total and read != int(total):
                    raise self._list_changed(f"{read} records came, and the source said {total}")
                return
            if position in seen:
                raise self._list_changed("the same page follows again")
            seen.add(position)
        raise self._list_changed("its pages do not end")

    def _same_total(self, said: Any, before: str) -> str:
        if not self._settings.paging.total:
            return ""
        total = value_at(said, parse_path(self._settings.paging.total))
        if not (total.isascii() and total.isdigit() and len(total) < 12):
            raise SourceMalformed(
                source=self._source, reason=f"{self._settings.paging.total!r} is no number of records"
            )
        if before and total != before:
            raise self._list_changed("the number of records changed")
        return total

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

    def _list_changed(self, how: str) -> SourceMalformed:
        return SourceMalformed(source=self._source, reason=f"the list changed while it was read: {how}")

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
        return HttpRequest(settings.method, address, headers, content)


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
