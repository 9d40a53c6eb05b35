"""One line of the server's log for each request, whatever becomes of it: its route's template, never its path or query.

The request gets an id of ours, which an answer of 500 or above repeats in `X-Request-Id`. No other answer
has it: a refusal is the same bytes whoever asks. An id that a client sends is left aside, since it could hold anything.
"""

from __future__ import annotations

import uuid
from time import monotonic
from types import TracebackType

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.installation.clients import RegisteredClient
from gateway.installation.server_log import failure, rounded_seconds, write_line

ID_HEADER = "X-Request-Id"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class RequestLog:
    """The outermost of the application's own middlewares: it sees the answer that goes out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with _RequestLine(scope) as line:

            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    line.status = message["status"]
                    if line.status >= 500:
                        message["headers"] = [*message["headers"], (ID_HEADER.lower().encode(), line.id.encode())]
                await send(message)

            await self._app(scope, receive, noting)


class _RequestLine:
    """The line of one request, written when its block ends, by an answer or by an error."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._method = scope["method"] if scope["method"] in _METHODS else "other"  # as it was sent
        self._started = monotonic()
        self.id = uuid.uuid4().hex
        self.status: int | None = None
        HTTPConnection(scope).state.request_id = self.id

    def __enter__(self) -> _RequestLine:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        state = HTTPConnection(self._scope).state
        client: RegisteredClient | None = getattr(state, "client", None)
        status = self.status if error is None else self.status or 500
        write_line(
            "request",
            level="error" if status is None or status >= 500 else "info",
            request=self.id,
            method=self._method,
            route=getattr(self._scope.get("route"), "path", None),
            status=status,
            seconds=rounded_seconds(self._started),
            client=None if client is None else client.client_id,
            role=None if client is None else client.party.role.value,
            **(getattr(state, "failure", {}) if error is None else failure(error)),
        )


def note_client(request: Request, client: RegisteredClient) -> None:
    """Who calls, once that is known."""
    request.state.client = client


def note_failure(request: Request, error: Exception | None = None, *, code: str = "") -> None:
    """What this request is refused with: `code`, or the error's own where that has one."""
    request.state.failure = {"code": code} if error is None else failure(error, code=code)


def request_id(request: Request) -> str:
    return str(request.state.request_id)
