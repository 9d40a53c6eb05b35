"""Which addresses a declaration may name and a connection may lead to. Pure: nothing is resolved or dialled here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, unquote, urlsplit

from vocabulary.cpr_in_text import REASON, holds_cpr, may_hide_cpr
from vocabulary.declaration import DeclarationTable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]+")
_DEFAULT_PORTS = {"https": 443, "http": 80}
_NAT64 = IPv6Network("64:ff9b::/96")


def checked_url(text: str) -> str:
    """The address, where it may stand in a declaration; `ValueError` says what is wrong with it.

    HTTPS always; HTTP to loopback alone, which is where simulated sources are. No user, password or fragment, and
    nothing that could be a person's number.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("must be an address such as https://source.example/path") from None
    host = parts.hostname or ""
    if not text.isascii() or set(text) & set(' \\"<>^`{|}') or not _HOST.fullmatch(host) or port == 0:
        raise ValueError("must be an address such as https://source.example/path, in ASCII and without braces")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must hold no user and no password: name a secret")
    if parts.fragment or "#" in text:
        raise ValueError("must have no fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise ValueError("must begin with https:// (http:// is for loopback alone)")
    if shows_cpr(text) or any(map(may_hide_cpr, re.split("[/?&=]", unquote(text)))):
        raise ValueError(REASON)
    return text


def origin(url: str) -> str:
    """Scheme, host and port in one text: what two addresses have in common if one server answers both."""
    parts: SplitResult = urlsplit(url)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)}"


def host_of(url: str) -> str:
    """The host, as messages name a source: no path, no query."""
    return urlsplit(url).hostname or "(no host)"


def shows_cpr(url: str) -> bool:
    """Whether a CPR number could stand in the address, also behind percent signs."""
    return any(map(holds_cpr, (url, unquote(url), unquote(unquote(url)))))


def is_loopback(host: str) -> bool:
    """Whether the host is written as loopback: the name `localhost` or an address of it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def may_be_dialled(address: str, networks: Iterable[Network], *, loopback: bool) -> bool:
    """Whether a connection may lead there: to a public address, a declared network, or loopback where it was named.

    Shared (100.64.0.0/10), private, link-local, multicast and reserved addresses are not public, and neither are
    those within an IPv6 address of a translation (RFC 4291 §2.5.5.2, RFC 6052, RFC 3056).
    """
    inner = _innermost(ip_address(address))
    if any(inner in network for network in networks):
        return True
    if inner.is_loopback:
        return loopback
    return inner.is_global and not inner.is_multicast and not inner.is_reserved


def declared_network(text: str) -> Network:
    """A network of the declaration, such as 10.20.0.0/16; `ValueError`."""
    try:
        network = ip_network(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a network such as 10.20.0.0/16") from None
    if network.prefixlen < (8 if network.version == 4 else 16):
        raise ValueError(f"{text!r} is wider than a network of one organisation")
    return network


def read_networks(table: DeclarationTable) -> tuple[Network, ...]:
    """The `networks` of a table, none where nothing is said; `DeclarationInvalid`."""
    try:
        return tuple(declared_network(text) for text in table.texts("networks", []))
    except ValueError as error:
        raise table.refuse("networks", str(error)) from None


def _innermost(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
