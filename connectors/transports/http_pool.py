"""httpx on connections of our own making: judged addresses, declared certificates, and the proxy that is meant.

Each question has a connection of its own. On one that is kept, whatever a server sent too much would be the answer to
the next question, which is about somebody else; and an answer about nobody names no number that could be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpcore
import httpx

from connectors.errors import SecretMissing
from connectors.transport import Secrets
from connectors.transports.http_settings import DIRECT, HttpSettings, tls_context
from connectors.transports.network import JudgedBackend, Resolve


class JudgedTransport(httpx.BaseTransport):
    """httpx over a pool whose connections `JudgedBackend` makes. Answers are read as they were sent."""

    def __init__(self, settings: HttpSettings, secrets: Secrets, remaining: Callable[[], float], resolve: Resolve):
        proxy = proxy_of(settings)
        backend = JudgedBackend(
            networks=settings.networks,
            proxy=(urlsplit(proxy).hostname or "") if proxy else "",
            remaining=remaining,
            resolve=resolve,
        )
        self._pool = httpcore.ConnectionPool(
            # simulated sources on loopback need none, and the system's authorities take a while to load
            ssl_context=tls_context(settings, secrets) if any(map(_is_https, settings.origins)) else None,
            proxy=httpcore.Proxy(proxy, auth=_login(settings, secrets)) if proxy else None,
            max_connections=settings.parallel,
            max_keepalive_connections=0,
            network_backend=backend,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        target = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        answer = self._pool.handle_request(
            httpcore.Request(
                request.method,
                target,
                headers=request.headers.raw,
                content=request.read(),
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Stream(answer), extensions=answer.extensions
        )

    def close(self) -> None:
        self._pool.close()


class _Stream(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


def proxy_of(settings: HttpSettings) -> str:
    """The declared proxy's address, or empty. The environment is not asked: where the questions about people go, and
    past whom, is part of what was declared.
    """
    return "" if settings.proxy == DIRECT else settings.proxy


def _is_https(address: str) -> bool:
    return address.startswith("https://")


def _login(settings: HttpSettings, secrets: Secrets) -> tuple[str, str] | None:
    """User and password for the proxy; `SecretMissing` where the secret is not both, with a colon between them."""
    if not settings.proxy_login:
        return None
    user, colon, password = secrets.text(settings.proxy_login).partition(":")
    if not user or not colon:
        raise SecretMissing(name=settings.proxy_login, reason="is no user and password with a colon between them")
    return user, password
