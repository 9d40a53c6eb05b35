"""httpx on connections of our own making: judged addresses, declared certificates, and the proxy that is meant.

Each question has a connection of its own. On one that is kept, whatever a server sent too much would be the answer to
the next question, which is about somebody else; and an answer about nobody names no number that could be compared.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from urllib.parse import unquote, urlsplit

import httpcore
import httpx

from connectors.transport import Secrets
from connectors.transports.addresses import host_of
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
            proxy=_as_proxy(proxy) if proxy else None,
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
    """The proxy's address, or empty. Loopback and what NO_PROXY names are reached without one."""
    if settings.proxy:
        return "" if settings.proxy == DIRECT else settings.proxy
    hosts = [host_of(one) for one in settings.origins]
    if any(urllib.request.proxy_bypass(host) for host in hosts):
        return ""
    if not any(map(_is_https, settings.origins)):
        return ""
    return urllib.request.getproxies().get("https", "")


def _is_https(address: str) -> bool:
    return address.startswith("https://")


def _as_proxy(proxy: str) -> httpcore.Proxy:
    """The proxy; a user and password in the environment's address go into a header."""
    parts = urlsplit(proxy)
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return httpcore.Proxy(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", auth=auth)
