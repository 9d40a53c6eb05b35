"""Dialling: a name is resolved once, every address is judged, and a judged address is dialled.

So a name cannot lead elsewhere between the check and the connection (DNS rebinding). Every wait of a connection, also
for single bytes, ends with the deadline of the request that waits.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

from connectors.errors import Remedy, RequestUnsafe, SourceRefused
from connectors.transports.addresses import Network, is_loopback, may_be_dialled

Resolve = Callable[[str, int], Sequence[str]]
Remaining = Callable[[], float]  # seconds that the request of this thread has left; at least a little
_Options = Iterable[Any]


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class JudgedBackend(httpcore.NetworkBackend):
    """Connects to judged addresses alone. `proxy` is a host that the declaration chose."""

    def __init__(self, *, networks: Sequence[Network], proxy: str, remaining: Remaining, resolve: Resolve) -> None:
        self._networks, self._proxy = networks, proxy
        self._remaining, self._resolve = remaining, resolve
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _Options | None = None,
    ) -> httpcore.NetworkStream:
        try:
            return self._connect(host, port, timeout, local_address, socket_options)
        except (httpcore.ConnectError, httpcore.ConnectTimeout):
            if host == self._proxy:
                raise httpcore.ProxyError("the proxy is not reached") from None
            raise

    def _connect(
        self, host: str, port: int, timeout: float | None, local_address: str | None, socket_options: _Options | None
    ) -> httpcore.NetworkStream:
        try:
            addresses = self._resolve(host, port)
        except OSError:
            raise httpcore.ConnectError("the name is not known") from None
        for address in addresses:
            # one bad answer spoils all: whoever can add it can add others
            if host != self._proxy and not may_be_dialled(address, self._networks, loopback=is_loopback(host)):
                raise RequestUnsafe(
                    source=host, reason="its name leads to an address that is not public, in no declared network"
                )
        failure: httpcore.ConnectError | httpcore.ConnectTimeout = httpcore.ConnectError("the name has no address")
        for address in addresses:
            try:
                inner = self._inner.connect_tcp(
                    address, port, _least(timeout, self._remaining()), local_address, socket_options
                )
                return _TimedStream(inner, host, self._remaining)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _TimedStream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, host: str, remaining: Remaining) -> None:
        self._inner, self._host, self._remaining = inner, host, remaining

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return self._inner.read(max_bytes, _least(timeout, self._remaining()))
        except httpcore.ReadError as error:
            self._check_alert(error)
            raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._inner.write(buffer, _least(timeout, self._remaining()))
        except httpcore.WriteError as error:
            self._check_alert(error)
            raise

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            inner = self._inner.start_tls(ssl_context, server_hostname, _least(timeout, self._remaining()))
        except httpcore.ConnectError as error:
            if isinstance(error.__cause__, ssl.SSLCertVerificationError):
                reason = f"its certificate is not accepted: {error.__cause__.verify_message}"
                raise SourceRefused(source=self._host, reason=reason, remedy=Remedy.CERTIFICATE) from None
            self._check_alert(error)
            raise
        return _TimedStream(inner, self._host, self._remaining)

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def _check_alert(self, error: Exception) -> None:
        """An alert says that the source does not accept our certificate or our TLS: asking again changes nothing."""
        cause = error.__cause__
        if isinstance(cause, ssl.SSLError) and "ALERT" in (cause.reason or ""):
            said = (cause.reason or "").split("ALERT_", 1)[-1].replace("_", " ").lower()
            raise SourceRefused(source=self._host, reason=f"it ended the connection: {said}") from None


def _least(timeout: float | None, remaining: float) -> float:
    return remaining if timeout is None else min(timeout, remaining)
