"""A recipient of backups, and what a test asks of a backup and of what was restored from it."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyrage
import pytest
from pyrage import x25519
from sqlalchemy import select

from connectors.base import no_progress
from gateway.installation.gateway import Gateway
from gateway.installation.installing import initialise
from gateway.installation.settings import Kind, Settings
from gateway.recovery.backing_up import Backup, back_up
from gateway.recovery.restoring import Restored, restore
from gateway.release.publication import publish
from gateway.store import dump, ledger
from gateway.store.unit_of_work import Store
from tests.support.municipality import SimulatedMunicipality, ready

Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Recipient:
    """Somebody elsewhere, who alone can open a backup."""

    file: Path
    public: str

    @classmethod
    def begin(cls, folder: Path, name: str = "identity.txt") -> Recipient:
        private = x25519.Identity.generate()
        public = str(private.to_public())
        file = folder / name
        file.write_text(f"# created: 2026-12-01T00:00:00Z\n# public key: {public}\n{private}\n")
        file.chmod(0o600)
        return cls(file, public)

    def opens(self, file: Path) -> bytes:
        """What any age tool reads in a file."""
        line = self.file.read_text().splitlines()[-1]
        opened: bytes = pyrage.decrypt(file.read_bytes(), [x25519.Identity.from_str(line)])
        return opened

    def lines(self, file: Path) -> list[Any]:
        return [json.loads(line) for line in gzip.decompress(self.opens(file)).splitlines()]


def an_installation(folder: Path, **settings: Any) -> Gateway:
    """A small installation that has signed and published something."""
    made = initialise(
        Settings(data_directory=folder, staff="ole", **settings),
        host_name="g.example",
        municipality_code="851",
        municipality_name="Aalborg Kommune",
        kind=Kind.DEMO,
    )
    publish(made)
    return made


def backed_up(gateway: Gateway, recipient: Recipient, out: Path) -> Backup:
    return back_up(gateway, out=out, recipient=recipient.public, report=no_progress)


def came_back(
    gateway: Gateway, made: Backup, recipient: Recipient, into: Path, *, database_url: str = "", **named: Any
) -> Restored:
    """What was restored into a place of its own, with the passphrase of the installation that was backed up."""
    settings = Settings(
        passphrase_file=gateway.settings.passphrase_path.absolute(), staff="ole", database_url=database_url
    )
    named = {"clock": gateway.clock, "report": no_progress, **named}
    return restore(made.folder, into=into, identity=recipient.file, settings=settings, **named)


def opened(gateway: Gateway, into: Path, *, database_url: str = "", staff: str = "ole") -> Gateway:
    """The installation in a restored place."""
    settings = Settings(
        data_directory=into,
        passphrase_file=gateway.settings.passphrase_path.absolute(),
        staff=staff,
        database_url=database_url,
    )
    return Gateway.open(settings, clock=gateway.clock)


def rows_of(store: Store) -> Rows:
    """Every row of every table, in the order of its key."""
    with store.read() as session:
        connection = session.connection()
        return {
            name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for name, table in dump.tables_of(connection).items()
        }


def kinds_logged(gateway: Gateway) -> list[str]:
    """What the access log says happened, oldest first."""
    with gateway.store.read() as session:
        return [row.kind for row in ledger.rows(session, "access", count=1_000_000)]


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def folders_below(out: Path) -> Iterator[str]:
    yield from sorted(path.name for path in out.iterdir())


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return an_installation(tmp_path / "var")


@pytest.fixture
def recipient(tmp_path: Path) -> Recipient:
    return Recipient.begin(tmp_path)


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    """People enrolled, files pulled, and one window released."""
    made = ready(tmp_path / "town")
    made.release("2018H2", "payment_document", "operator")
    return made


def anchors(gateway: Gateway) -> Path:
    return gateway.settings.heads_directory


@dataclass(frozen=True)
class Made:
    gateway: Gateway
    recipient: Recipient
    backup: Backup

    def copied(self, folder: Path) -> Backup:
        """The same backup, to be spoilt."""
        shutil.copytree(self.backup.folder, folder)
        return replace(self.backup, folder=folder)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """An installation whose backup was made, for tests that change neither."""
    folder = tmp_path_factory.mktemp("original")
    gateway, recipient = an_installation(folder / "var"), Recipient.begin(folder)
    return Made(gateway, recipient, backed_up(gateway, recipient, folder / "out"))
