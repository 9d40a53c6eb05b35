"""A real SFTP server on loopback, and the declarations that name it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors import transports
from connectors.declaration import load_declaration
from connectors.inbox import Inbox
from connectors.transport import Ask, ListTransport, Record
from connectors.transports.sftp import SftpSettings
from gateway.simulate.sftp_source import SftpSource
from tests.support.clocks import Waiting
from tests.unit.connectors.cohort import ANNE, SOURCES, WEEKS, declared

ASK = Ask(WEEKS[0].monday, WEEKS[1].sunday)
RECORDS = f"CPR;Kode;Fra;Til;Navn\n{ANNE};110;2020-01-06;;Anne\n"


@dataclass(frozen=True)
class Secrets:
    folder: Path

    def text(self, name: str) -> str:
        return (self.folder / name).read_text()

    def path(self, name: str) -> str:
        return str(self.folder / name)


@dataclass(frozen=True)
class Town:
    server: SftpSource
    folder: Path  # what the server serves
    secrets: Secrets

    def settings(self, **changed: str) -> SftpSettings:
        """As a declaration says it, with values replaced (TOML)."""
        values = {
            "kind": '"sftp"',
            "host": '"127.0.0.1"',
            "port": str(self.server.port),
            "user": '"kommune"',
            "host_key": f'"{self.server.host_key}"',
            "client_key": '"client"',
            "folder": '"/"',
            "pattern": '"x-*.csv"',
            "delimiter": '";"',
            "quiet_seconds": "1",
            "claim": '"none"',
            "networks": '["127.0.0.0/8"]',
            "timeout_seconds": "1",
            "deadline_seconds": "5",
        } | changed
        transport = "\n".join(f"{key} = {value}" for key, value in values.items() if value)
        text = (SOURCES / "sager.toml").read_text("utf-8")
        start, end = text.index("[transport]"), text.index("[coverage]")
        text = f"{text[:start]}[transport]\n{transport}\n{text[end:]}"
        if values.get("reads") == '"all"':  # only of a source of changes: what was put away stays known
            text = text.replace('answers = "whole"', 'answers = "changes"')
            text = text.replace("[columns]\n", '[columns]\nrecord = "Nr"\nversion = "Version"\n')
        settings = load_declaration(text.encode(), file="x.toml").transport
        assert isinstance(settings, SftpSettings)
        return settings

    def inbox(self, waiting: Waiting | None = None, **changed: str) -> Inbox:
        return transports.inbox(self.settings(**changed), self.secrets, (waiting or Waiting()).clock)

    def records(self, **changed: str) -> list[Record]:
        transport = transports.connect(
            self.settings(**changed), declared("sager").schema, self.secrets, Waiting().clock
        )
        assert isinstance(transport, ListTransport)
        with closing(transport):
            return [record for page in transport.pages(ASK) for record in page.records]


@contextmanager
def served(folder: Path) -> Iterator[Town]:
    """A server of the folder `served` in this one, beside the client's key."""
    files = folder / "served"
    files.mkdir()
    with SftpSource(files, client_key_file=folder / "client") as server:
        yield Town(server, files, Secrets(folder))
