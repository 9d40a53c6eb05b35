"""Requests to the HTTP API that carry a text where it does not belong: in path, query, header and body."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.installation.tokens import ASSERTION_TYPE
from tests.support.api_client import Client

_ATTESTATION = "/contracts/{}/windows/{}/attestations/{}"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_HEADERS = (
    "Authorization", "Cookie", "Host", "If-None-Match", "Origin", "Range", "Referer", "User-Agent", "X-Request-Id",
)  # fmt: skip


@dataclass(frozen=True)
class Probe:
    """One request."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


def probes(text: str, clients: list[Client], tokens: list[dict[str, str]]) -> Iterator[Probe]:
    """Requests that carry the text, by nobody and by each client with its token."""
    for caller in ({}, *tokens):
        for template in _paths(text):
            yield Probe("GET", template, caller)
        for parts in (
            (text, "2018H2", "payment_document"),
            ("impact60", text, "payment_document"),
            ("impact60", "2018H2", text),
            ("impact60", "2018H2", f"payment_document?revision={text}"),
            ("impact60", "2018H2", f"payment_document?revision={text}x"),
            ("impact60", "2018H2", f"payment_document?{text}={text}"),
        ):
            yield Probe("POST", _ATTESTATION.format(*parts), caller)
        yield Probe("POST", _ATTESTATION.format("impact60", "2018H2", "payment_document"), caller, body=text)
        for parameter in ("contract", "from", "count"):
            yield Probe("GET", f"/access-log?{parameter}={text}", caller)
        yield Probe("POST", "/contracts", {**caller, "Content-Type": text}, text)
    for name in _HEADERS:
        for path in ("/contracts", "/trust.json", "/health/", "/nothing"):
            yield Probe("GET", path, {name: f"Bearer {text}" if name == "Authorization" else text})
    for form in _forms(text, clients[0]):
        yield Probe("POST", "/token", _FORM, "&".join(f"{name}={value}" for name, value in form.items()))
    yield Probe("POST", "/token", _FORM, text)
    yield Probe("POST", "/token", {"Content-Type": "application/json"}, f'{{"{text}": "{text}"}}')
    yield Probe("POST", "/token", {"Content-Type": f"multipart/form-data; boundary={text}"}, f"--{text}\r\n")


def _paths(text: str) -> Iterator[str]:
    yield f"/{text}"
    yield f"/contracts/{text}"
    yield f"/log/attest/tile/{text}"
    yield f"/status/archive/1-{text}"
    yield f"/vct/{text}"
    for path in ("/", "/docs", "/health", "/health/", "/openapi.json", "/trust.json/", "/contracts/", "/nothing"):
        yield f"{path}?{text}={text}"


def _forms(text: str, client: Client) -> Iterator[dict[str, str]]:
    """Forms for a token. `jti` is left alone: it is the client's own, and is kept until the assertion expires."""
    good = client.form()
    for name in good:
        yield {**good, name: text}
    yield {**good, text: text}
    for claims, header in (
        ({"iss": text, "sub": text}, None),
        ({"aud": text}, None),
        ({text: text, "exp": 1}, None),
        ({}, {"kid": text}),
    ):
        signed = client.sign(client.claims(**claims), header=header)
        yield {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}


def garbled(port: int, text: str) -> bytes:
    """What a server on this port answers to bytes that are no HTTP."""
    answers = b""
    for sent in (f"{text}\r\n\r\n", f"GET /{text} HTTP/{text}\r\n\r\n", f"GET / HTTP/1.1\r\n{text}\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(sent.encode())
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(4096):
                answers += part
    return answers
