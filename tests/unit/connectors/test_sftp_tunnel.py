"""SFTP through an HTTP proxy: a real one on loopback, which lets through, refuses, talks without end, or is silent."""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.errors import ConnectorError, SourceMalformed, SourceRefused, SourceUnavailable
from connectors.transports.tunnel import tunnel
from gateway.simulate.faults import Fault
from tests.support.clocks import Waiting
from tests.unit.connectors.cohort import ANNE
from tests.unit.connectors.sftp_town import RECORDS, Town, served
from vocabulary.errors import DeclarationInvalid

THROUGH = b"HTTP/1.1 200 Connection established\r\n\r\n"
NAME = "sftp.example.invalid"  # which nobody but the proxy can find


class Proxy(socketserver.ThreadingTCPServer):
    """Answers each CONNECT with `says`, and joins it to one port of loopback where that lets through.

    Without `says` it keeps silent; `again` is sent over and over after it, `pause` seconds apart.
    """

    daemon_threads = True

    def __init__(self, port: int, says: bytes = THROUGH, again: bytes = b"", pause: float = 0.0) -> None:
        self.port, self.says, self.again, self.pause = port, says, again, pause
        self.asked: list[bytes] = []
        self.is_over = threading.Event()
        super().__init__(("127.0.0.1", 0), _Tunnel)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Tunnel(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        proxy = self.server
        assert isinstance(proxy, Proxy)
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.request.recv(4096)
        proxy.asked.append(head)
        with contextlib.suppress(ConnectionError):  # whoever asked has gone
            if not proxy.says:
                proxy.is_over.wait(10)
            self.request.sendall(proxy.says)
            while proxy.again and not proxy.is_over.wait(proxy.pause):
                self.request.sendall(proxy.again)
            if proxy.says[9:12] == b"200" and not proxy.again:
                self._join(proxy)

    def _join(self, proxy: Proxy) -> None:
        with socket.create_connection(("127.0.0.1", proxy.port)) as other:
            ends = {self.request: other, other: self.request}
            while not proxy.is_over.is_set():
                for ready in select.select(list(ends), [], [], 0.2)[0]:
                    data = ready.recv(65_536)
                    if not data:
                        return
                    ends[ready].sendall(data)


@contextlib.contextmanager
def proxied(town: Town, says: bytes = THROUGH, again: bytes = b"", pause: float = 0.0) -> Iterator[Proxy]:
    with Proxy(town.server.port, says, again, pause) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield proxy
        finally:
            proxy.is_over.set()
            proxy.shutdown()
            thread.join()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with served(tmp_path) as town:
        (town.folder / "x-1.csv").write_text(RECORDS)
        yield town


def through(proxy: Proxy, **changed: str) -> dict[str, str]:
    """What a declaration says: no network is declared, since the proxy looks the name up."""
    return {"proxy": f'"{proxy.address}"', "host": f'"{NAME}"', "networks": "[]"} | changed


@pytest.mark.parametrize(
    "says",
    [
        THROUGH,
        b"HTTP/1.0 200\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nVia: x\r\nContent-Length: 9\r\n\r\n",
        b"HTTP/1.1 200 OK\n\n",
    ],
)
def test_files_are_read_through_the_proxy_which_is_told_host_and_port_alone(town: Town, says: bytes):
    with proxied(town, says) as proxy:
        assert town.records(**through(proxy)) == [("110", ANNE, "2020-01-06", "")]
    target = f"{NAME}:{town.server.port}"
    assert proxy.asked == [f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode()]


def test_the_host_speaks_first_and_nothing_that_it_says_is_lost(town: Town):
    """The answer and the host's greeting come in one piece: a proxy may have joined the lines before it answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        line: list[socket.socket] = []

        def answer() -> None:
            accepted, _ = listening.accept()
            line.append(accepted)
            accepted.recv(4096)
            accepted.sendall(THROUGH + b"SSH-2.0-invented\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with tunnel(f"http://127.0.0.1:{listening.getsockname()[1]}", NAME, 22, seconds=5) as made:
            assert made.recv(100) == b"SSH-2.0-invented\r\n"
        thread.join()
        line[0].close()


def test_an_address_of_version_6_stands_in_brackets(town: Town):
    with proxied(town) as proxy:
        town.records(**through(proxy, host='"2001:db8::1"'))
    assert proxy.asked[0].startswith(f"CONNECT [2001:db8::1]:{town.server.port} HTTP/1.1\r\n".encode())


def test_another_host_behind_the_proxy_is_refused_by_its_key(town: Town):
    town.server.faults.switch_on(Fault.WRONG_HOST_KEY)
    with proxied(town) as proxy, pytest.raises(SourceRefused, match="the host's key is not the one that is declared"):
        town.records(**through(proxy))
    assert town.server.opened == []


ANSWERS: dict[str, tuple[bytes, type[ConnectorError], str, int]] = {
    "403": (b"HTTP/1.1 403 %s\r\n\r\n%s", SourceRefused, r"the proxy \S+ does not let us through \(status 403\)", 1),
    "407": (
        b'HTTP/1.1 407 %s\r\nProxy-Authenticate: Basic realm="%s"\r\n\r\n',
        SourceRefused,
        r"the proxy \S+ asks for credentials, and is given none that it accepts \(status 407\)",
        1,
    ),
    "elsewhere": (b"HTTP/1.1 302 %s\r\nLocation: %s\r\n\r\n", SourceRefused, r"status 302", 1),
    "another success": (b"HTTP/1.1 204 %s%s\r\n\r\n", SourceRefused, r"status 204", 1),
    "502": (b"HTTP/1.1 502 %s\r\n\r\n%s", SourceUnavailable, r"the proxy \S+ cannot reach it \(status 502\)", 3),
    "not HTTP": (b"SSH-2.0-%s%s\r\n\r\n", SourceMalformed, r"the answer of the proxy \S+ is none of HTTP", 1),
    "no status": (b"HTTP/1.1 %s%s\r\n\r\n", SourceMalformed, "is none of HTTP", 1),
    "half an answer": (b"HTTP/1.1 200 %s%s", SourceUnavailable, r"the proxy \S+ hung up", 3),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_proxy_that_refuses_is_said_to_be_the_proxy_and_not_quoted(
    town: Town, answer: str, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    says, kind, said, times = ANSWERS[answer]
    says = says.replace(b"%s", ANNE.encode())
    with _not_joined(town, says) as proxy, pytest.raises(kind, match=said) as refused:
        town.records(**through(proxy))
    assert NAME in str(refused.value)
    assert len(proxy.asked) == times, "what may pass is asked three times, a refusal once"
    assert town.server.requests == 0
    shown: BaseException | None = refused.value
    while shown is not None:
        assert ANNE not in f"{shown} {shown!r} {vars(shown)}"
        shown = shown.__cause__ or shown.__context__
    assert ANNE not in caplog.text


@contextlib.contextmanager
def _not_joined(town: Town, says: bytes) -> Iterator[Proxy]:
    with proxied(town, says) as proxy:
        proxy.port = 0  # whatever it says, it joins nothing
        yield proxy


@pytest.mark.parametrize("line", [b"X-More: and more\r\n", b"x" * 100])
def test_an_answer_without_end_is_left(town: Town, line: bytes):
    with (
        proxied(town, b"HTTP/1.1 200 OK\r\n", line) as proxy,
        pytest.raises(SourceMalformed, match="has no end in 16384"),
    ):
        town.records(**through(proxy))
    assert town.server.requests == 0


@pytest.mark.parametrize(("says", "again"), [(b"", b""), (b"HTTP/1.1 200 OK\r\nX: ", b"x")])
def test_a_proxy_that_says_nothing_or_little_at_a_time_is_left_in_time(
    town: Town, says: bytes, again: bytes, monkeypatch: pytest.MonkeyPatch
):
    """Each byte comes well within the timeout of silence: the whole answer has a deadline."""
    monkeypatch.setattr("connectors.transports.sftp._ATTEMPTS", 1)
    started = time.monotonic()
    with proxied(town, says, again, pause=0.2) as proxy:
        with pytest.raises(SourceUnavailable, match=r"the proxy \S+ hung up, or did not answer in 1 seconds"):
            town.records(**through(proxy))
        assert time.monotonic() - started < 3


def test_a_proxy_that_is_not_there_is_said_to_be_the_proxy(town: Town):
    waiting = Waiting()
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f'"http://127.0.0.1:{free.getsockname()[1]}"'
    with pytest.raises(SourceUnavailable, match=r"the proxy 127\.0\.0\.1:\d+ is not reached"):
        town.inbox(waiting, proxy=address)
    assert len(waiting.waited) == 2


@pytest.mark.parametrize("said", ["", '"direct"'])
def test_without_a_declared_proxy_none_is_used_whatever_the_environment_says(
    town: Town, said: str, monkeypatch: pytest.MonkeyPatch
):
    with proxied(town) as proxy:
        for name in ("HTTPS_PROXY", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.address)
        assert len(town.records(proxy=said)) == 1
    assert proxy.asked == []


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("http://us:hunter2@proxy.example:8080", "must hold no user and no password"),
        ("https://proxy.example:8080", "must begin with http://"),
        ("socks5://proxy.example", "must begin with https"),
        ("proxy.example:8080", "must be an address"),
        ("http://", "must be an address"),
    ],
)
def test_a_proxy_that_cannot_be_meant_is_refused_in_the_declaration(town: Town, proxy: str, said: str):
    with pytest.raises(DeclarationInvalid, match=rf"line \d+: transport\.proxy {said}") as refused:
        town.settings(proxy=f'"{proxy}"')
    assert "hunter2" not in str(refused.value)
