"""Simulated REST sources: STAR's joint municipal database, and a case system that lists pages or tells changes.

They answer in the form of the examples' declarations, and unlike the real services they know replacement numbers
(day + 60). Faults of the line are `HttpSource`'s; those of the content happen here.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

from gateway.simulate.faults import Fault, Faults
from gateway.simulate.http_source import ReceivedRequest, Reply

_NOT_FOUND = Reply(b'{"error":"not found"}', status=404)
_UNAUTHORISED = Reply(b'{"error":"unauthorised"}', status=401)
_LONGEST_ID = 46
_STRANGER = "6909991239"


@dataclass(frozen=True, slots=True)
class BenefitPeriod:
    """A benefit over days; `to_day` is empty while it lasts."""

    id: str
    cpr: str
    code: str
    from_day: str
    to_day: str = ""
    version: int = 1
    is_deleted: bool = False


class Dfdg:
    """getYdelses for one person: metadata headers are needed, and a request id is good once (otherwise 412)."""

    def __init__(self, periods: Sequence[BenefitPeriod], faults: Faults) -> None:
        self._periods: dict[str, list[BenefitPeriod]] = {}
        for period in periods:
            self._periods.setdefault(period.cpr, []).append(period)
        self._faults = faults
        self._lock = threading.Lock()
        self._used: set[str] = set()
        self._before: Reply | None = None

    def __call__(self, request: ReceivedRequest) -> Reply:
        said = request.headers
        needed = ("x-civilregistrationidentifier", "x-requestid", "activeorganisation", "requestusermetadata")
        if not all(said.get(name) for name in needed) or len(said["x-requestid"]) > _LONGEST_ID:
            return Reply(b'{"error":"headers"}', status=400)
        with self._lock:
            if said["x-requestid"] in self._used:
                return Reply(b'{"error":"request id"}', status=412)
            self._used.add(said["x-requestid"])
        found = [self._period_json(period) for period in self._periods.get(said[needed[0]], ())]
        if found and self._faults.happens(Fault.SCHEMA_DRIFT):
            found = [one | {"satsniveau": "x"} for one in found]
        if len(found) > 1 and self._faults.happens(Fault.REORDERED_PAGE):
            found.reverse()
        reply = _json({"ydelser": {"ydelse": found}})
        if not found:
            return reply
        with self._lock:
            before, self._before = self._before, reply
        if before not in (None, reply) and self._faults.happens(Fault.DUPLICATE_PAGE):
            return before or reply  # what was answered to the question before, which was about somebody else
        return reply

    @staticmethod
    def _period_json(period: BenefitPeriod) -> dict[str, Any]:
        return {
            "civilRegistrationIdentifier": period.cpr,
            "kyYdelsesIdentifier": period.id,
            "startdato": period.from_day,
            "slutdato": period.to_day or None,
            "kontaktgruppeType": period.code,
        }


class CaseSystem:
    """Changes with a cursor, numbered pages and linked pages (RFC 8288), all behind tokens of OAuth 2.0."""

    def __init__(self, periods: Sequence[BenefitPeriod], faults: Faults, *, page: int = 2, secret: str) -> None:
        self.periods = list(periods)
        self.queries: list[Mapping[str, str]] = []
        self._faults, self._page, self._secret = faults, page, secret
        self._new = 0  # how many came while a list was read
        self._tokens: dict[str, bool] = {}  # with whether it is good already

    def __call__(self, request: ReceivedRequest) -> Reply:
        if request.path == "/oauth/token":
            return self._token(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not self._tokens.get(token, False):
            return _UNAUTHORISED
        self.queries.append(request.query)
        pages: dict[str, Callable[[ReceivedRequest], Reply]] = {
            "/api/v1/changes": self._changes,
            "/api/v1/periods": self._numbered_page,
            "/api/v1/linked": self._linked_page,
        }
        return pages[request.path](request) if request.path in pages else _NOT_FOUND

    def forget_tokens(self) -> None:
        """Every token that was handed out ends now."""
        self._tokens.clear()

    def _token(self, request: ReceivedRequest) -> Reply:
        form = parse_qs(request.body.decode())
        pair = base64.b64encode(f"outcome-gateway:{self._secret}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {pair}" or form.get("grant_type") != ["client_credentials"]:
            return _UNAUTHORISED
        token = secrets.token_urlsafe(16)
        self._tokens[token] = not self._faults.happens(Fault.CLOCK_SKEW)  # else it begins in an hour
        return _json({"access_token": token, "token_type": "Bearer", "expires_in": 300})

    def _slice(self, start: int, *, is_story: bool = False) -> list[dict[str, Any]]:
        if self._faults.happens(Fault.CHANGING_PAGE):
            self._new += 1
        elif not start:  # who reads from the beginning without the fault finds the list as it was
            self._new = 0
        new = [BenefitPeriod(f"new{number}", _STRANGER, "651", "2020-01-01") for number in range(self._new)]
        known = [*self.periods, *new] if is_story else [*new, *self.periods]  # a list gets it in front
        found = [_case(period) for period in known[start : start + self._page]]
        if self._faults.happens(Fault.REORDERED_PAGE):
            found.reverse()
        if self._faults.happens(Fault.SCHEMA_DRIFT):
            found = [one | {"phone": "12345678"} for one in found]
        return found

    def _changes(self, request: ReceivedRequest) -> Reply:
        start = int(request.query.get("cursor", "c0")[1:])
        if start and self._faults.happens(Fault.DUPLICATE_PAGE):
            start -= self._page  # the answer before comes once more, with its cursor
        found = self._slice(start, is_story=True)
        return _json({"changes": found, "next": f"c{start + len(found)}"})

    def _numbered_page(self, request: ReceivedRequest) -> Reply:
        number = int(request.query.get("page", "1"))
        if number > 1 and self._faults.happens(Fault.DUPLICATE_PAGE):
            number -= 1
        found = self._slice((number - 1) * self._page)
        return _json({"changes": found, "total": len(self.periods) + self._new})

    def _linked_page(self, request: ReceivedRequest) -> Reply:
        start = int(request.query.get("start", "0"))
        found = self._slice(start)
        after = start + self._page
        query = urlencode(dict(request.query) | {"start": str(after)})
        more = {"Link": f'</api/v1/linked?{query}>; rel="next"'} if after < len(self.periods) + self._new else {}
        return _json({"changes": found}, more)


def _case(period: BenefitPeriod) -> dict[str, Any]:
    return {
        "id": period.id,
        "version": period.version,
        "cpr": period.cpr,
        "name": "a name that nobody asked for",
        "caseworker": {"initials": "XX"},
        "code": period.code,
        "from": period.from_day,
        "to": period.to_day or None,
        "deleted": period.is_deleted,
    }


def _json(value: Any, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(json.dumps(value, ensure_ascii=False).encode("utf-8"), headers=headers or {})
