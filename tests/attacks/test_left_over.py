"""A server that answers once too often: what it left on a connection is never the answer to the next question.

The server is a raw socket. The control is the same library with a connection that is kept: it takes A's answer for B's.
"""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpcore
import pytest

from connectors.declaration import load_declaration
from connectors.transport import PersonTransport
from connectors.transports import connect
from tests.unit.connectors.cohort import ANNE, BO, SOURCES
from tests.unit.connectors.transports.outside import MemorySecrets, Waits
from tests.unit.connectors.transports.test_rest import ASK

TEXT = (SOURCES / "dfdg.toml").read_text("utf-8")


def answer(number: str, code: str) -> bytes:
    """One benefit; the service does not repeat the number (`not_sent`), so nothing in it says whose it is."""
    period = {"kyYdelsesIdentifier": "1", "startdato": "2020-01-06", "slutdato": None, "kontaktgruppeType": code}
    found = {"ydelser": {"ydelse": [period] if code else []}}
    body = json.dumps(found).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


class Doubling(socketserver.ThreadingTCPServer):
    """Answers a question about Anne once more than it was asked: at once, a moment later, or cut in the middle."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, how: str) -> None:
        self.how, self.asked = how, list[str]()
        super().__init__(("127.0.0.1", 0), _Line)


class _Line(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = self.server
        assert isinstance(server, Doubling)
        while True:
            number = ""
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                number = value.strip().decode() if name.lower() == b"x-civilregistrationidentifier" else number
            if not line:
                return
            server.asked.append(number)
            told = answer(number, "651" if number == ANNE else "730")
            if number != ANNE or server.how == "once":
                self.wfile.write(told)
            elif server.how == "at once":
                self.wfile.write(told + told)
            elif server.how == "nothing, about somebody":
                self.wfile.write(told + answer(number, ""))
            elif server.how == "a moment later":
                self.wfile.write(told)
                self.wfile.flush()
                time.sleep(0.1)
                self._write_if_heard(told)
            else:
                self.wfile.write(told + told[:20])
                self.wfile.flush()
                time.sleep(0.1)
                self._write_if_heard(told[20:])

    def _write_if_heard(self, data: bytes) -> None:
        try:
            self.wfile.write(data)
            self.wfile.flush()
        except ConnectionError:
            return  # whoever asked has gone


@contextmanager
def doubling(how: str) -> Iterator[Doubling]:
    with Doubling(how) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def asked(server: Doubling) -> Iterator[PersonTransport]:
    """The transport of a declaration whose source does not repeat the number."""
    url = f"http://127.0.0.1:{server.server_address[1]}"
    text = TEXT.replace("https://", "http://", 1)
    lines = [line for line in text.splitlines() if not line.startswith(("authority", "client_certificate", "networks"))]
    address = next(line.split('"')[1] for line in lines if line.startswith("url ="))
    number = next(line.split('"')[1] for line in lines if line.startswith("cpr ="))
    text = "\n".join(lines).replace(address, f"{url}/ydelser")
    text = text.replace("optional =", f'not_sent = ["{number}"]\noptional =', 1)
    text = text.replace("[transport.http]", '[transport.http]\nproxy = "direct"\nattempts = 1', 1)
    declaration = load_declaration(text.encode(), file="s.toml")
    transport = connect(declaration.transport, declaration.schema, MemorySecrets(), Waits().clock)
    assert isinstance(transport, PersonTransport)
    try:
        yield transport
    finally:
        transport.close()


def codes(transport: PersonTransport, number: str) -> set[str]:
    return {text for record in transport.ask(number, ASK) for text in record} & {"651", "730"}


@pytest.mark.parametrize("how", ["once", "at once", "nothing, about somebody", "a moment later", "cut in the middle"])
@pytest.mark.parametrize("pause", [0.0, 0.3])
def test_asked_about_b_nobody_is_given_as_answer(how: str, pause: float) -> None:
    with doubling(how) as server, asked(server) as transport:
        assert codes(transport, ANNE) == {"651"}
        time.sleep(pause)  # what comes late has come
        for _ in range(2):
            assert codes(transport, BO) == {"730"}
        assert codes(transport, ANNE) == {"651"}
        assert server.asked == [ANNE, BO, BO, ANNE]


def test_the_control_takes_what_was_left() -> None:
    """The library beneath, where it keeps its connection: asked about Bo, it gives Anne's answer."""
    with doubling("at once") as server, httpcore.ConnectionPool(max_keepalive_connections=1) as pool:
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        for number in (ANNE, BO):
            assert b"651" in pool.request("GET", url, headers={"x-civilRegistrationIdentifier": number}).content
