"""A line through an HTTP proxy (CONNECT, RFC 9110 §9.3.6): the proxy is told host and port, and nothing else.

Nothing that the proxy answers is repeated in an error, save its status. What follows its answer is left on the line:
there the host speaks first.
"""

from __future__ import annotations

import re
import socket
import time
from urllib.parse import urlsplit

from connectors.errors import Remedy, SourceMalformed, SourceRefused, SourceUnavailable
from connectors.transports.http_settings import DIRECT, read_proxy
from vocabulary.declaration import DeclarationTable

_LARGEST_BYTES = 16_384  # of the answer's head
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?\r?\n")
_ENDS = (b"\r\n\r\n", b"\n\n")
_PORTS = {"http": 80, "https": 443}


def read_tunnel(table: DeclarationTable) -> str:
    """The `proxy` of a table: the address of one, or empty where there is none; `DeclarationInvalid`."""
    proxy = read_proxy(table)
    if proxy.startswith("https://"):
        raise table.refuse("proxy", "must begin with http://: what goes through it is encrypted already")
    return "" if proxy == DIRECT else proxy


def proxy_name(proxy: str) -> str:
    """How messages name a proxy: by host and port, without a user."""
    parts = urlsplit(proxy)
    return f"the proxy {parts.hostname}:{parts.port or _PORTS[parts.scheme]}"


def tunnel(proxy: str, host: str, port: int, *, seconds: int) -> socket.socket:
    """A line to the host and port through the proxy, within so many seconds of the proxy's having been reached.

    Raises `SourceUnavailable` where the proxy does not answer or cannot reach the host, `SourceRefused` where it does
    not let us through, and `SourceMalformed` where its answer is none of HTTP.
    """
    parts = urlsplit(proxy)
    named = proxy_name(proxy)
    try:
        line = socket.create_connection((parts.hostname or "", parts.port or _PORTS["http"]), timeout=seconds)
    except OSError:
        raise SourceUnavailable(source=host, reason=f"{named} is not reached") from None
    try:
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        line.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode("ascii"))
        _judge(_head(line, host, named, seconds), host, named)
    except OSError:
        line.close()
        raise SourceUnavailable(
            source=host, reason=f"{named} hung up, or did not answer in {seconds} seconds"
        ) from None
    except BaseException:
        line.close()
        raise
    line.settimeout(seconds)
    return line


def _head(line: socket.socket, host: str, named: str, seconds: int) -> bytes:
    """The head of the answer, a byte at a time: the next one after it is the host's."""
    ends = time.monotonic() + seconds
    head = bytearray()
    while not head.endswith(_ENDS):
        if len(head) == _LARGEST_BYTES:
            raise SourceMalformed(source=host, reason=f"the answer of {named} has no end in {_LARGEST_BYTES} bytes")
        left = ends - time.monotonic()
        if left <= 0:  # also where a byte comes every now and then
            raise TimeoutError
        line.settimeout(left)
        byte = line.recv(1)
        if not byte:
            raise ConnectionResetError
        head += byte
    return bytes(head)


def _judge(head: bytes, host: str, named: str) -> None:
    found = _STATUS.match(head)
    if found is None:
        raise SourceMalformed(source=host, reason=f"the answer of {named} is none of HTTP")
    status = int(found[1])
    if status == 200:
        return
    reason, may_pass = proxy_refusal(status, named)
    if may_pass:
        raise SourceUnavailable(source=host, reason=reason)
    raise SourceRefused(source=host, reason=reason, status=status, remedy=Remedy.PROXY)


def proxy_refusal(status: int, named: str) -> tuple[str, bool]:
    """What a proxy's answer to CONNECT means where it does not let us through, and whether asking again may help."""
    if status >= 500:
        return f"{named} cannot reach it (status {status})", True
    why = "asks for credentials, and is given none that it accepts" if status == 407 else "does not let us through"
    return f"{named} {why} (status {status})", False
