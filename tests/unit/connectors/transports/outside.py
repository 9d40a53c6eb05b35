"""What tests of transports stand on: secrets in memory, and a client for loopback."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from connectors.errors import SecretMissing
from connectors.transports.addresses import origin
from connectors.transports.http import HttpClient
from connectors.transports.http_settings import HttpSettings
from tests.support.clocks import Waits


@dataclass
class MemorySecrets:
    """`connectors.transport.Secrets` in a dictionary; a path is a secret too."""

    values: dict[str, str | Path] = field(default_factory=dict)

    def text(self, name: str) -> str:
        if name not in self.values:
            raise SecretMissing(name=name, reason="is not there")
        return str(self.values[name])

    path = text


OPENED: list[Closing] = []  # what `conftest.py` closes after each test


class Closing(Protocol):
    def close(self) -> None: ...


def settings(url: str, **changes: Any) -> HttpSettings:
    """Limits so short that a fault of the line ends in a fraction of a second."""
    short: dict[str, Any] = {
        "connect_seconds": 2,
        "read_seconds": 0.3,
        "deadline_seconds": 60,
        "attempts": 3,
        "per_minute": 60_000,
        "proxy": "direct",
    }
    return HttpSettings(origins=frozenset({origin(url)}), **(short | changes))


def client(url: str, waits: Waits, secrets: MemorySecrets | None = None, **changes: Any) -> HttpClient:
    given = {"resolve": changes.pop("resolve")} if "resolve" in changes else {}
    opened = HttpClient(settings(url, **changes), secrets or MemorySecrets(), waits.clock, **given)
    OPENED.append(opened)
    return opened
