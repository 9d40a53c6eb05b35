"""How a declaration says that a source is reached over HTTPS: `[transport.http]`, which may be left out."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from connectors.errors import SecretMissing
from connectors.transport import Secrets
from connectors.transports.addresses import Network, checked_url, origin, read_networks
from vocabulary.declaration import DeclarationTable

DIRECT = "direct"  # no proxy, which is the rule


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Limits of one source. The deadline is for one question with all its repetitions and waits."""

    origins: frozenset[str]  # where requests may go: those of the declared addresses
    connect_seconds: float = 10
    read_seconds: float = 30  # without a single byte
    deadline_seconds: float = 120
    largest_bytes: int = 8 * 1024 * 1024  # of one answer; as JSON it may take 25 times as much memory
    attempts: int = 4
    parallel: int = 4
    per_minute: int = 600
    networks: tuple[Network, ...] = ()  # not public, and yet the source's
    proxy: str = ""  # an address, or none; what the environment says of proxies is not asked
    proxy_login: str = ""  # secret: the user and the password that the proxy wants, `user:password`
    authority: str = ""  # secret: a PEM file of the only authorities that are trusted; empty: those of the system
    client_certificate: str = ""  # secret: a PEM file of our certificate and its key


def read_http(table: DeclarationTable, *urls: str) -> HttpSettings:
    """The settings in `[transport.http]` of this `[transport]` table, for requests to these addresses alone."""
    origins = frozenset(origin(url) for url in urls)
    if "http" not in table:
        return HttpSettings(origins)
    http = table.table("http")
    usual = HttpSettings(origins)
    settings = HttpSettings(
        origins=origins,
        connect_seconds=http.integer("connect_seconds", int(usual.connect_seconds), least=1, most=60),
        read_seconds=http.integer("read_seconds", int(usual.read_seconds), least=1, most=300),
        deadline_seconds=http.integer("deadline_seconds", int(usual.deadline_seconds), least=1, most=3600),
        largest_bytes=http.integer("largest_bytes", usual.largest_bytes, least=1, most=256 * 1024 * 1024),
        attempts=http.integer("attempts", usual.attempts, least=1, most=10),
        parallel=http.integer("parallel", usual.parallel, least=1, most=32),
        per_minute=http.integer("requests_per_minute", usual.per_minute, least=1, most=60_000),
        networks=read_networks(http),
        proxy=read_proxy(http),
        proxy_login=http.text("proxy_login", ""),
        authority=http.text("authority", ""),
        client_certificate=http.text("client_certificate", ""),
    )
    http.finish()
    return settings


def url(table: DeclarationTable, key: str) -> str:
    """An address in a declaration."""
    return table.convert(key, checked_url)


def read_proxy(table: DeclarationTable) -> str:
    """The `proxy` of a table: an address, `direct`, or empty where nothing is said; `DeclarationInvalid`."""
    proxy = table.text("proxy", "")
    if proxy in {"", DIRECT}:
        return proxy
    # a proxy is asked with CONNECT and sees no content, so plain HTTP to it is usual
    try:
        checked_url(proxy.replace("http://", "https://", 1))
    except ValueError as error:
        raise table.refuse("proxy", f"{error}, or {DIRECT}") from None
    return proxy


def tls_context(settings: HttpSettings, secrets: Secrets) -> ssl.SSLContext:
    """TLS 1.2 or newer, the name in the certificate checked. `SecretMissing` where a file is not what it should be."""
    authority = secrets.path(settings.authority) if settings.authority else None
    try:
        context = ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError):
        raise SecretMissing(name=settings.authority, reason="is no file of certificates in PEM") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.client_certificate:
        path = secrets.path(settings.client_certificate)
        try:
            context.load_cert_chain(path, password=_no_password)
        except (OSError, ssl.SSLError, ValueError):
            reason = "is no certificate with its key in one PEM file, without a password"
            raise SecretMissing(name=settings.client_certificate, reason=reason) from None
    return context


def _no_password() -> str:
    raise ValueError  # or OpenSSL would ask at the terminal
