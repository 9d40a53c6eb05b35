"""Certificates: a server of the declared authority alone is talked to, and it lets in who shows a certificate."""

from __future__ import annotations

import dataclasses
import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.errors import SecretMissing, SourceError, SourceRefused, SourceUnavailable
from connectors.transports.addresses import declared_network
from connectors.transports.http import HttpRequest
from gateway.simulate.certificates import Authority, CertifiedKey, server_context
from gateway.simulate.faults import Fault, Faults
from gateway.simulate.http_source import HttpSource, Reply
from tests.unit.connectors.transports.outside import MemorySecrets, Waits, client

JSON = ("application/json",)


@dataclasses.dataclass(frozen=True)
class Town:
    authority: Authority
    identity: CertifiedKey
    expired: CertifiedKey
    caller: CertifiedKey
    stranger: CertifiedKey

    def secrets(self, **changes: str | Path) -> MemorySecrets:
        return MemorySecrets({"ca": self.authority.path, "me": self.caller.path} | changes)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    now = datetime.now(UTC)
    folder = tmp_path_factory.mktemp("certificates")
    authority = Authority(folder / "ours", now=now)
    other = Authority(folder / "others", now=now)
    return Town(
        authority,
        authority.issue("source"),
        authority.issue("expired", is_expired=True),
        authority.issue("caller"),
        other.issue("stranger"),
    )


@pytest.fixture
def source(town: Town) -> Iterator[HttpSource]:
    faults = Faults()
    tls = server_context(town.identity, clients=town.authority.path, expired=town.expired, faults=faults)
    with HttpSource(lambda request: Reply(request.client_certificate or b"none"), tls=tls, faults=faults) as running:
        yield running


def ask(source: HttpSource, secrets: MemorySecrets, **changes: object) -> bytes:
    declared = {"authority": "ca", "client_certificate": "me", "attempts": 1} | changes
    http = client(source.url, Waits(), secrets, **declared)
    return http.send(lambda: HttpRequest("GET", source.url), accept=JSON).body


def test_a_client_with_its_certificate_is_let_in_and_seen(source: HttpSource, town: Town) -> None:
    assert ssl.DER_cert_to_PEM_cert(ask(source, town.secrets())).encode() in town.caller.path.read_bytes()


def test_a_certificate_that_ended_is_refused_before_anything_is_sent(source: HttpSource, town: Town) -> None:
    source.faults.switch_on(Fault.EXPIRED_CERTIFICATE)
    with pytest.raises(SourceRefused, match="its certificate is not accepted: certificate has expired"):
        ask(source, town.secrets(), attempts=3)
    assert source.faults.fired == {Fault.EXPIRED_CERTIFICATE: 1}
    assert source.requests == 0


def test_a_server_of_another_authority_is_refused(source: HttpSource, town: Town) -> None:
    """Also of those that the system trusts: a declared authority is the only one."""
    with pytest.raises(SourceRefused, match=r"self-signed certificate in certificate chain|unable to get"):
        ask(source, town.secrets(), authority="")
    assert source.requests == 0


def test_another_name_than_the_certificate_has_is_refused(town: Town) -> None:
    with HttpSource(lambda request: Reply(b"{}"), tls=server_context(town.identity)) as source:
        url = source.url.replace("127.0.0.1", "source.example")
        networks = {"resolve": lambda host, port: ["127.0.0.1"], "networks": (declared_network("127.0.0.0/8"),)}
        http = client(url, Waits(), town.secrets(), authority="ca", **networks)
        with pytest.raises(SourceRefused, match=r"not valid for 'source\.example'"):
            http.send(lambda: HttpRequest("GET", url), accept=JSON)
        assert source.requests == 0


@pytest.mark.parametrize("certificate", ["", "stranger"])
def test_a_client_that_is_not_known_is_not_let_in(source: HttpSource, town: Town, certificate: str) -> None:
    with pytest.raises((SourceRefused, SourceUnavailable)):
        ask(source, town.secrets(stranger=town.stranger.path), client_certificate=certificate)
    assert source.requests == 0


@pytest.mark.parametrize(
    "content", [b"", b"not PEM", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"]
)
def test_a_secret_of_another_form_is_said_by_its_name(town: Town, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file.pem"
    file.write_bytes(content)
    for name in ("authority", "client_certificate"):
        with pytest.raises(SecretMissing, match="the secret 'file' is no"):
            client("https://127.0.0.1:1", Waits(), town.secrets(file=file), **{name: "file"})


# Through a proxy


class Proxy(socketserver.ThreadingTCPServer):
    """Lets every CONNECT through to one port of loopback, and remembers what was asked for."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[bytes] = []
        super().__init__(("127.0.0.1", 0), Tunnel)


class Tunnel(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.request.recv(4096)
        assert isinstance(self.server, Proxy)
        self.server.asked.append(head)
        self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", self.server.port)) as other:
            ends = {self.request: other, other: self.request}
            while True:
                for ready in select.select(list(ends), [], [], 5)[0]:
                    data = ready.recv(65_536)
                    if not data:
                        return
                    ends[ready].sendall(data)


@pytest.fixture
def proxied(source: HttpSource) -> Iterator[tuple[Proxy, str]]:
    """A proxy before a source that is called by a name which only the proxy knows."""
    with Proxy(int(source.url.rsplit(":", 1)[1])) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.02,))
        thread.start()
        yield proxy, f"http://127.0.0.1:{proxy.server_address[1]}"
        proxy.shutdown()
        thread.join()


@pytest.mark.parametrize("login", ["", "us:p@:ss"])
def test_the_proxy_is_used_and_the_name_is_left_to_it(
    source: HttpSource, town: Town, proxied: tuple[Proxy, str], login: str
) -> None:
    """TLS goes through the proxy to the source: the proxy sees a name and no content, the source no password."""
    proxy, address = proxied
    url = "https://localhost:443"  # in the certificate
    settings = {"proxy": address, "proxy_login": "login" if login else ""}
    http = client(url, Waits(), town.secrets(login=login), authority="ca", client_certificate="me", **settings)
    assert http.send(lambda: HttpRequest("GET", url + "/secret-path"), accept=JSON).status == 200
    assert proxy.asked[0].startswith(b"CONNECT localhost:443 HTTP/1.1\r\n")
    assert b"secret-path" not in b"".join(proxy.asked)
    assert (b"Basic dXM6cEA6c3M=" in proxy.asked[0]) == bool(login)


@pytest.mark.parametrize("text", ["password alone", ":password"])
def test_a_login_that_is_not_both_is_said_by_its_name(town: Town, text: str) -> None:
    with pytest.raises(SecretMissing, match="the secret 'login' is no user and password") as missing:
        client("https://127.0.0.1:1", Waits(), town.secrets(login=text), proxy="http://p:1", proxy_login="login")
    assert "password alone" not in str(missing.value)


@pytest.mark.parametrize("declared", ["", "direct"])
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"])
def test_a_proxy_of_the_environment_is_not_used(
    source: HttpSource,
    town: Town,
    proxied: tuple[Proxy, str],
    name: str,
    declared: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever sets a variable would decide past whom the questions go, with a password that every process shows."""
    proxy, address = proxied
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv(name, address.replace("//", "//us:canary-password@"))
    ask(source, town.secrets(), proxy=declared)
    assert proxy.asked == []
    assert source.requests == 1


class Refusing(socketserver.ThreadingTCPServer):
    """A proxy that answers every CONNECT with one status."""

    daemon_threads = True

    def __init__(self, status: int) -> None:
        self.status, self.asked = status, 0
        super().__init__(("127.0.0.1", 0), _Refusal)


class _Refusal(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while self.rfile.readline() not in (b"\r\n", b""):
            pass
        assert isinstance(self.server, Refusing)
        self.server.asked += 1
        self.wfile.write(b"HTTP/1.1 %d 6101801234 asked\r\nContent-Length: 0\r\n\r\n" % self.server.status)


@pytest.mark.parametrize(
    ("status", "kind", "said", "times"),
    [
        (403, SourceRefused, "does not let us through (status 403); ask whoever runs the proxy", 1),
        (407, SourceRefused, "asks for credentials, and is given none that it accepts (status 407)", 1),
        (502, SourceUnavailable, "cannot reach it (status 502)", 3),
        (504, SourceUnavailable, "cannot reach it (status 504)", 3),
    ],
)
def test_what_a_proxy_refuses_is_told_as_its_own(
    town: Town, status: int, kind: type[SourceError], said: str, times: int
) -> None:
    with Refusing(status) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.02,))
        thread.start()
        port = proxy.server_address[1]
        address = f"http://127.0.0.1:{port}"
        http = client("https://source.example", Waits(), town.secrets(), authority="ca", proxy=address)
        with pytest.raises(kind) as refused:
            http.send(lambda: HttpRequest("GET", "https://source.example/x"), accept=("application/json",))
        proxy.shutdown()
        thread.join()
    assert f"source.example: the proxy 127.0.0.1:{port} {said}" in str(refused.value)
    assert "6101801234" not in str(refused.value)
    assert proxy.asked == times


def test_a_proxy_that_is_not_there_is_told_as_the_proxy(town: Town) -> None:
    http = client("https://source.example", Waits(), town.secrets(), authority="ca", proxy="http://127.0.0.1:1")
    with pytest.raises(SourceUnavailable, match=r"^source\.example: the proxy 127\.0\.0\.1:1 is not reached"):
        http.send(lambda: HttpRequest("GET", "https://source.example/x"), accept=("application/json",))
