"""Which machines a declaration may reach: the name is looked up once, and what was allowed is what is connected to.

Without `networks` only addresses of the public internet are: a name that leads to this machine, to a cloud's metadata
or into the municipality's own network is a way round the declaration unless it says so (server-side request forgery).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

from connectors.declaration_table import Table
from connectors.errors import SourceRefused, SourceUnavailable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def read_networks(table: Table) -> tuple[Network, ...]:
    """The networks of a `[transport]` table, such as `10.20.0.0/16`; `DeclarationInvalid`."""
    found = []
    for text in table.texts("networks", []):
        try:
            found.append(ipaddress.ip_network(text))
        except ValueError:
            raise table.refuse("networks", f"names {text!r}, which is no network such as 10.20.0.0/16") from None
    return tuple(found)


def is_allowed(address: str, networks: Sequence[Network]) -> bool:
    """Whether this address lies in a declared network, or on the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return any(ip in network for network in networks) or (ip.is_global and not ip.is_multicast)


def connected(host: str, port: int, networks: Sequence[Network], *, timeout_seconds: float) -> socket.socket:
    """A TCP connection to one of the host's allowed addresses; `SourceRefused` where none is, `SourceUnavailable`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise SourceUnavailable(source=host, reason="its name is not found") from None
    allowed = [str(place[0]) for *_, place in found if is_allowed(str(place[0]), networks)]
    if not allowed:
        raise SourceRefused(source=host, reason="its address lies in no network that the declaration allows")
    for address in allowed:
        try:
            line = socket.create_connection((address, port), timeout=timeout_seconds)
        except OSError:
            continue
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # small requests do not wait for each other
        return line
    raise SourceUnavailable(source=host, reason=f"nobody answers on port {port}")
