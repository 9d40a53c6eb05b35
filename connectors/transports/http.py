"""The one HTTP client: every request to a REST or SOAP source goes through `HttpClient.send`.

What it holds, whatever a source does: requests go to declared origins and judged addresses alone, no redirect is
followed, no cookie kept, no number stands in an address, an answer is of the expected type and charset and of bounded
size and time, and nothing of a request is logged or stands in an error.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpcore
import httpx
import tenacity

from connectors.errors import Remedy, RequestUnsafe, SourceMalformed, SourceRefused, SourceUnavailable
from connectors.transport import Clock, Secrets
from connectors.transports.addresses import host_of, origin, shows_cpr
from connectors.transports.http_pool import JudgedTransport, proxy_of
from connectors.transports.http_settings import HttpSettings
from connectors.transports.network import Resolve, resolve
from connectors.transports.pace import Pace
from connectors.transports.tunnel import proxy_name, proxy_refusal
from vocabulary.cpr_in_text import REASON

ANY_JSON = "application/*+json"
_JSON_BY_SUFFIX = re.compile(r"application/[a-z0-9.-]+\+json")
_CHARSETS = frozenset({"", "utf-8", "utf8", "us-ascii"})
_TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
_LEAST_WAIT_SECONDS = 0.05  # the least that a wait is given when the deadline is near
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.5, 20.0

for _name in ("httpx", "httpcore"):  # they would log addresses and headers
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)
    logging.getLogger(_name).propagate = False


@dataclass(frozen=True, slots=True, repr=False)
class HttpRequest:
    """One request; its body and headers may carry a number or a token, so it has no repr."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    counter: str = ""  # `name=digits` of its query, which the declaration says are a running number and nobody's


@dataclass(frozen=True, slots=True, repr=False)
class HttpAnswer:
    """What a source answered. Header names are lower-case."""

    status: int
    media_type: str
    headers: Mapping[str, str]
    body: bytes


class _Again(Exception):
    """An attempt failed in a way that may pass. Holds no request."""

    def __init__(self, reason: str, *, wait_seconds: float = 0.0) -> None:
        self.reason, self.wait_seconds = reason, wait_seconds
        super().__init__(reason)


class HttpClient:
    """Asks the declared origins of one source. Safe to use from as many threads as `settings.parallel`."""

    def __init__(
        self,
        settings: HttpSettings,
        secrets: Secrets,
        clock: Clock,
        *,
        resolve: Resolve = resolve,
    ) -> None:
        self.settings = settings
        self._clock = clock
        self._pace = Pace(per_minute=settings.per_minute, clock=clock)
        self._mine = threading.local()  # the deadline of each thread's request
        self._client = httpx.Client(
            transport=JudgedTransport(settings, secrets, self._remaining, resolve),
            headers={"accept-encoding": "identity", "connection": "close", "user-agent": "outcome-gateway"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx.Timeout(settings.read_seconds, connect=settings.connect_seconds),
            follow_redirects=False,
            trust_env=False,
        )

    def send(
        self,
        build: Callable[[], HttpRequest],
        *,
        accept: Collection[str],
        statuses: Collection[int] = (200,),
        faults: Collection[int] = (),
        is_repeatable: bool = True,
    ) -> HttpAnswer:
        """The answer to a request, of one of these media types and statuses.

        An answer of a status in `faults` is given too, but only where it is of such a type: there a protocol says with
        content of its own what went wrong (SOAP), and a server's own page says nothing.
        `build` is called for every attempt, so that each has its own id, instant and signature. A request that is not
        repeatable is sent once. Raises `SourceUnavailable` when it was not answered within the deadline,
        `SourceRefused`, `SourceMalformed`, and `RequestUnsafe` for a request that was not sent.
        """
        ends = self._clock.monotonic() + self.settings.deadline_seconds
        attempts = tenacity.Retrying(
            sleep=self._clock.sleep,
            stop=tenacity.stop_any(
                tenacity.stop_after_attempt(self.settings.attempts if is_repeatable else 1),
                _At(ends, self._clock),
            ),
            wait=_wait,
            retry=tenacity.retry_if_exception_type(_Again),
            reraise=True,
        )
        host = "the source"
        try:
            for attempt in attempts:
                with attempt:
                    request = build()
                    host = host_of(request.url)
                    self._judge(request)
                    if not self._pace.wait(until=ends):
                        raise SourceUnavailable(source=host, reason="it asks to wait longer than the deadline")
                    self._mine.ends = ends
                    answer = self._once(request, accept, statuses, faults)
        except _Again as again:
            reason = again.reason
        else:
            return answer
        # outside the handler, so that no context of the failed attempt hangs on the error
        raise SourceUnavailable(source=host, reason=reason)

    def close(self) -> None:
        self._client.close()

    def _judge(self, request: HttpRequest) -> None:
        """Raise `RequestUnsafe` for a request that leads, or shows, what the declaration does not allow."""
        host = host_of(request.url)
        if shows_cpr(request.url.replace(request.counter, "") if request.counter else request.url):
            reason = f"its address {REASON}: a cursor goes in the body (POST), or is declared as one that counts"
            raise RequestUnsafe(source=host, reason=reason)
        if origin(request.url) not in self.settings.origins:
            raise RequestUnsafe(source=host, reason="the declaration does not name this scheme, host and port")
        for name, value in request.headers.items():
            if not (name.isascii() and value.isascii() and value.isprintable()):
                raise RequestUnsafe(source=host, reason=f"the header {name!r} holds what no header may")

    def _remaining(self) -> float:
        """Seconds until the deadline of this thread's request."""
        ends: float = self._mine.ends
        return max(_LEAST_WAIT_SECONDS, ends - self._clock.monotonic())

    def _once(
        self, request: HttpRequest, accept: Collection[str], statuses: Collection[int], faults: Collection[int]
    ) -> HttpAnswer:
        failure = ""
        try:
            sent = self._client.build_request(
                request.method,
                request.url,
                headers={"accept": ", ".join(sorted(accept)), **request.headers},
                content=request.body or None,
            )
            answer = self._client.send(sent, stream=True)
            try:
                return self._read(answer, host_of(request.url), accept, statuses, faults)
            finally:
                answer.close()
        except httpcore.ProxyError as error:
            failure = self._failure_of_proxy(str(error), host_of(request.url))
        except (httpcore.ConnectError, httpcore.ConnectTimeout):
            failure = "it cannot be reached"
        except httpcore.TimeoutException:
            failure = "it did not answer in time"
        except (httpcore.NetworkError, httpcore.ProtocolError):
            failure = "the connection broke, or its answer was cut off"
        except (httpx.InvalidURL, httpcore.UnsupportedProtocol):
            failure = "the address is not one"
        raise _Again(failure)

    def _failure_of_proxy(self, said: str, host: str) -> str:
        """Why the proxy did not let us through, where asking again may help; else `SourceRefused`."""
        named = proxy_name(proxy_of(self.settings))
        if not said[:3].isdigit():
            return f"{named} is not reached"
        status = int(said[:3])
        reason, may_pass = proxy_refusal(status, named)
        if may_pass:
            return reason
        raise SourceRefused(source=host, reason=reason, status=status, remedy=Remedy.PROXY)

    def _read(
        self,
        answer: httpx.Response,
        host: str,
        accept: Collection[str],
        statuses: Collection[int],
        faults: Collection[int],
    ) -> HttpAnswer:
        status = answer.status_code
        message = Message()
        message["content-type"] = answer.headers.get("content-type", "")
        media_type, charset = message.get_content_type(), str(message.get_param("charset") or "").lower()
        if status not in statuses and not (status in faults and _is_accepted(media_type, accept)):
            self._refuse(answer, host)
        if not _is_accepted(media_type, accept) or "content-type" not in answer.headers:
            raise SourceMalformed(source=host, reason=f"the answer is not of the type {' or '.join(sorted(accept))}")
        if charset not in _CHARSETS or answer.headers.get("content-encoding", "identity") != "identity":
            raise SourceMalformed(source=host, reason="the answer is in another charset than UTF-8, or compressed")
        body = bytearray()
        for part in answer.iter_raw():
            body += part
            if len(body) > self.settings.largest_bytes:
                reason = f"the answer is larger than {self.settings.largest_bytes} bytes"
                raise SourceMalformed(source=host, reason=reason)
            if self._clock.monotonic() >= self._mine.ends:
                raise _Again("its answer was not complete before the deadline")
        return HttpAnswer(status, media_type, {k.lower(): v for k, v in answer.headers.items()}, bytes(body))

    def _refuse(self, answer: httpx.Response, host: str) -> None:
        """Raise what a status means that was not asked for. Its body is not read: it could name a person."""
        status = answer.status_code
        if status in _TRY_AGAIN:
            wait = _retry_after(answer.headers)
            if status == 429:
                self._pace.hold(wait)
            asks = f", and asks to wait {wait:,.0f} seconds" if wait else ""
            raise _Again(f"it answered with status {status}{asks}", wait_seconds=wait)
        if 300 <= status < 400:
            reason = f"it answered with a redirect ({status}), which is not followed"
        else:
            reason = f"it answered with status {status}{_MEANING.get(status, '')}"
        remedy = _REMEDIES.get(status, Remedy.REQUEST)
        raise SourceRefused(source=host, reason=reason, status=status, remedy=remedy)


_MEANING = {
    401: " (the credentials are not accepted)",
    403: " (these credentials may not ask this)",
    404: " (nothing is at this address)",
    407: " (a proxy before it wants credentials)",
    412: " (a condition is not met, or the id of the request was used before)",
}
_REMEDIES = {401: Remedy.CREDENTIALS, 403: Remedy.CREDENTIALS, 407: Remedy.PROXY}


class _At(tenacity.stop.stop_base):
    """Ends the attempts where the next would begin after this instant."""

    def __init__(self, ends: float, clock: Clock) -> None:
        self._ends, self._clock = ends, clock

    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        return self._clock.monotonic() + retry_state.upcoming_sleep >= self._ends


_jitter = tenacity.wait_random_exponential(multiplier=_FIRST_WAIT_SECONDS, max=_LONGEST_WAIT_SECONDS)


def _wait(state: tenacity.RetryCallState) -> float:
    """As long as the source asks for, and a random while on top, so that many clients do not come back at once."""
    asked = 0.0
    if state.outcome is not None:
        error = state.outcome.exception()
        asked = error.wait_seconds if isinstance(error, _Again) else 0.0
    return asked + _jitter(state)


def _is_accepted(media_type: str, accept: Collection[str]) -> bool:
    """Whether a type is one of these; `application/*+json` is every one that is JSON by its suffix (RFC 6839 §3.1)."""
    return media_type in accept or (ANY_JSON in accept and _JSON_BY_SUFFIX.fullmatch(media_type) is not None)


def _retry_after(headers: httpx.Headers) -> float:
    """Seconds that `Retry-After` asks to wait (RFC 9110 §10.2.3); zero where it says nothing.

    A date is taken relative to the answer's own `Date`, so that clocks need not agree.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    until, now = _http_date(text), _http_date(headers.get("date", ""))
    return max(0.0, (until - now).total_seconds()) if until and now else 0.0


def _http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
