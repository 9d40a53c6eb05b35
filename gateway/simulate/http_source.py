"""A simulated source over HTTP on loopback: a real server, with faults of the line that can be switched on."""

from __future__ import annotations

import ssl
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gateway.simulate.faults import Fault, Faults

_SLOW_SECONDS_A_BYTE = 0.05
_CHUNK = b" " * 65_536
_STATUS = {
    Fault.UNAUTHORISED: 401,
    Fault.FORBIDDEN: 403,
    Fault.PRECONDITION: 412,
    Fault.TOO_MANY: 429,
    Fault.SERVER_ERROR: 500,
}


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """What a client sent. Header names are lower-case; of a query's names only the first value counts."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    client_certificate: bytes | None  # DER, where the client showed one


@dataclass(frozen=True, slots=True)
class Reply:
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that ends the connection, also during the handshake, does what some faults are there for."""
        if not isinstance(sys.exc_info()[1], ConnectionError | ssl.SSLError):
            super().handle_error(request, client_address)


class HttpSource:
    """Serves `respond` on a free port of 127.0.0.1, in a thread of its own, until `close`.

    With `tls` it speaks HTTPS. `latency_seconds` is how long each answer takes. `requests` counts those that came.
    """

    def __init__(
        self,
        respond: Callable[[ReceivedRequest], Reply],
        *,
        faults: Faults | None = None,
        tls: ssl.SSLContext | None = None,
        latency_seconds: float = 0.0,
    ) -> None:
        self.faults = faults or Faults()
        self.requests = 0
        self._closing = threading.Event()
        self._respond = respond
        self._latency = latency_seconds
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._scheme = "http" if tls is None else "https"
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> HttpSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        source = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_GET(self) -> None:
                source._serve(self)

            do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:
                """A request line may hold what nobody should keep."""

        return Handler

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self.requests += 1
        length = int(handler.headers.get("Content-Length") or 0)
        url = urlsplit(handler.path)
        connection = handler.connection
        request = ReceivedRequest(
            method=handler.command,
            path=url.path,
            query={name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()},
            headers={name.lower(): value for name, value in handler.headers.items()},
            body=handler.rfile.read(length),
            client_certificate=connection.getpeercert(True) if isinstance(connection, ssl.SSLSocket) else None,
        )
        time.sleep(self._latency)
        try:
            self._answer(handler, request)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            handler.close_connection = True  # the client gave up, as it should where a fault says so

    def _answer(self, handler: BaseHTTPRequestHandler, request: ReceivedRequest) -> None:
        faults = self.faults
        if faults.happens(Fault.HANG):
            self._closing.wait(30)
            handler.close_connection = True
            return
        for fault, status in _STATUS.items():
            if faults.happens(fault):
                extra = {"Retry-After": "1"} if fault is Fault.TOO_MANY else {}
                self._send(handler, Reply(b'{"error":"switched on"}', status=status, headers=extra))
                return
        reply = self._respond(request)
        if faults.happens(Fault.WRONG_TYPE):
            reply = Reply(b"<html><body>maintenance</body></html>", "text/html; charset=utf-8")
        if faults.happens(Fault.ENCODING):
            reply = Reply(reply.body.decode("utf-8").encode("utf-16"), reply.content_type, reply.status, reply.headers)
        if faults.happens(Fault.ENDLESS):
            self._head(handler, reply, length=None)
            while not self._closing.is_set():
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(_CHUNK), _CHUNK))
            return
        if faults.happens(Fault.TRUNCATED):
            self._head(handler, reply, length=len(reply.body))
            handler.wfile.write(reply.body[: len(reply.body) // 2])
            handler.close_connection = True
            return
        if faults.happens(Fault.SLOW_BYTES):
            self._head(handler, reply, length=len(reply.body))
            for position in range(len(reply.body)):
                if self._closing.wait(_SLOW_SECONDS_A_BYTE):
                    return
                handler.wfile.write(reply.body[position : position + 1])
            return
        self._send(handler, reply)

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        self._head(handler, reply, length=len(reply.body))
        handler.wfile.write(reply.body)

    @staticmethod
    def _head(handler: BaseHTTPRequestHandler, reply: Reply, *, length: int | None) -> None:
        handler.send_response(reply.status)
        handler.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        if length is None:
            handler.send_header("Transfer-Encoding", "chunked")
        else:
            handler.send_header("Content-Length", str(length))
        handler.end_headers()
