"""A backup is made while the server runs, of one moment, for a recipient who is elsewhere."""

from __future__ import annotations

import errno
import gzip
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import create_engine, text

from connectors.base import no_progress
from gateway.errors.installation import OutputUnwritable
from gateway.errors.recovery import BackupRefused
from gateway.installation.gateway import Gateway
from gateway.installation.installing import initialise
from gateway.installation.settings import Kind, Settings
from gateway.jobs.backups import diagnose_backups
from gateway.jobs.diagnosis import OK, WARN
from gateway.oversight.log_reading import export_trust
from gateway.recovery import backing_up
from gateway.recovery.backing_up import back_up
from gateway.recovery.manifest import DATABASE, EVENT, FILES, MANIFEST, SUBJECT_KEYS, read_manifest
from gateway.store import ledger
from gateway.store.schema import CURRENT
from keys import age_files
from keys.age_files import SealedFile, write_sealed
from keys.errors import RecipientInvalid
from tests.support.backups import (
    Made,
    Recipient,
    Rows,
    an_installation,
    anchors,
    backed_up,
    came_back,
    files_below,
    folders_below,
    gateway,
    kinds_logged,
    opened,
    original,
    recipient,
    rows_of,
    town,
)
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality
from tests.support.old_schema import take_back

__all__ = ["gateway", "original", "recipient", "town"]


def test_any_age_tool_opens_each_part_by_itself(town: SimulatedMunicipality, tmp_path: Path, recipient: Recipient):
    made = backed_up(town.gateway, recipient, tmp_path / "out")
    rows = recipient.lines(made.folder / FILES[DATABASE])
    names = {line["table"] for line in rows if isinstance(line, dict)}
    assert "vaultrow" in names
    assert "subjectkeyrow" not in names
    first, *keys = recipient.lines(made.folder / FILES[SUBJECT_KEYS])
    assert first == {"table": "subjectkeyrow", "columns": {"subject_id": "text", "wrapped_key": "bytes"}}
    assert len(keys) == 30
    heads = tmp_path / "heads"
    heads.mkdir()
    (heads / "heads.json").write_bytes(recipient.opens(made.folder / FILES["heads"]))
    manifest, _ = read_manifest(recipient.opens(made.folder / MANIFEST))
    assert manifest == made.manifest
    assert manifest.parts[DATABASE].rows == sum(isinstance(line, list) for line in rows)
    # what a rehearsal is held against: the heads of that time
    assert came_back(town.gateway, made, recipient, tmp_path / "new", anchors=heads).read_only == ""
    everything = b"".join(files_below(made.folder).values())
    for word in (b"subjectkeyrow", b"attestation", town.gateway.host.encode()):
        assert word not in everything
    within = b"".join(recipient.opens(made.folder / file) for file in (*FILES.values(), MANIFEST, EVENT))
    within += b"".join(gzip.decompress(recipient.opens(made.folder / FILES[part])) for part in (DATABASE, SUBJECT_KEYS))
    assert b"subjectkeyrow" in within  # positive control
    numbers = [line.partition(";")[0] for line in town.drop.referrals.read_text("utf-8-sig").splitlines()[1:]]
    assert {len(number.replace("-", "")) for number in numbers} == {10}
    for number in numbers:  # invariant 1, for whoever holds the identity too
        assert number.replace("-", "").encode() not in within


def test_a_backup_is_of_one_moment_while_others_write(gateway: Gateway, tmp_path: Path, recipient: Recipient):
    writes_meanwhile(gateway, tmp_path, recipient)


@pytest.mark.postgres
def test_a_backup_of_postgresql_is_of_one_moment_too(tmp_path: Path, recipient: Recipient, empty_postgres_url: str):
    gateway = an_installation(tmp_path / "var", database_url=empty_postgres_url)
    writes_meanwhile(gateway, tmp_path, recipient)
    gateway.store.dispose()


def writes_meanwhile(gateway: Gateway, tmp_path: Path, recipient: Recipient) -> None:
    """Somebody commits while the rows are written out: what is restored is of the moment before, and whole."""
    wrote: list[tuple[int, int]] = []
    before: Rows = {}

    def report(done: int, total: int) -> None:
        wrote.append((done, total))
        if len(wrote) == 1:
            before.update(rows_of(gateway.store))
            other = Gateway.open(gateway.settings)
            export_trust(other)
            other.store.dispose()

    made = back_up(gateway, out=tmp_path / "out", recipient=recipient.public, report=report)
    assert wrote[-1][0] == wrote[-1][1] == sum(map(len, before.values()))
    assert kinds_logged(gateway)[-3:] == ["backup_begun", "trust_exported", "backup_made"]
    found = came_back(gateway, made, recipient, tmp_path / "new")
    assert rows_of(opened(gateway, tmp_path / "new").store) == before
    assert not found.has_event
    # whoever holds the heads of now knows that something is missing
    behind = came_back(gateway, made, recipient, tmp_path / "behind", anchors=anchors(gateway))
    assert "restored from an older backup" in behind.read_only
    assert rows_of(opened(gateway, tmp_path / "behind").store) == before


def test_who_made_it_and_for_whom_is_an_event(gateway: Gateway, tmp_path: Path, recipient: Recipient):
    made = backed_up(gateway, recipient, tmp_path / "out")
    with gateway.store.read() as session:
        begun, done = [row for row in ledger.rows(session, "access") if row.kind.startswith("backup_")]
    for row in (begun, done):
        assert f'"by":"{gateway.actor.name}"' in row.body
        assert f'"recipient":"{recipient.public}"' in row.body
    assert (begun.kind, done.kind) == ("backup_begun", "backup_made")
    assert f'"manifest":"{made.manifest_sha256}"' in done.body


def test_whoever_ends_half_way_is_named_all_the_same(gateway: Gateway, tmp_path: Path, recipient: Recipient):
    def report(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(gateway, out=tmp_path / "out", recipient=recipient.public, report=report)
    assert kinds_logged(gateway)[-1] == "backup_begun"
    assert list(folders_below(tmp_path / "out")) == []


def test_a_full_disk_leaves_no_backup_and_no_restore(original: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(age_files.os, "fsync", full)
        with pytest.raises(OutputUnwritable, match="No space left on device"):
            came_back(original.gateway, original.backup, original.recipient, tmp_path / "new")
    gateway = an_installation(tmp_path / "var")
    wrote = write_sealed

    def at_the_third(path: Path, pieces: Iterable[bytes], recipient: str) -> SealedFile:
        if "keys.tar" in path.name:
            full()
        return wrote(path, pieces, recipient)

    monkeypatch.setattr(backing_up, "write_sealed", at_the_third)
    with pytest.raises(OutputUnwritable, match="nothing was done"):
        backed_up(gateway, original.recipient, tmp_path / "out")
    assert list(folders_below(tmp_path / "out")) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "var"]


def test_subject_keys_of_earlier_backups_go_after_thirty_days(gateway: Gateway, tmp_path: Path, recipient: Recipient):
    out = tmp_path / "out"
    made = backed_up(gateway, recipient, out)
    stranger = out / "notes"
    stranger.mkdir()
    ages = {days: made.folder.with_name(f"g.example-{_ago(days)}") for days in (29, 31, 400)}
    for folder in ages.values():
        shutil.copytree(made.folder, folder)
    shutil.rmtree(made.folder)
    again = backed_up(gateway, recipient, out)
    assert again.without_subject_keys == 2
    have = {days: (folder / FILES[SUBJECT_KEYS]).exists() for days, folder in ages.items()}
    assert have == {29: True, 31: False, 400: False}
    assert all((folder / FILES[DATABASE]).exists() for folder in ages.values())
    assert stranger.exists()


def _ago(days: int) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT%H%M%SZ}"


def test_who_may_open_it_is_declared_before_anything_is_read(gateway: Gateway, tmp_path: Path, recipient: Recipient):
    with pytest.raises(BackupRefused, match="GATEWAY_BACKUP_DIRECTORY or --out"):
        back_up(gateway, recipient=recipient.public, report=no_progress)
    with pytest.raises(BackupRefused, match="GATEWAY_BACKUP_RECIPIENT or --recipient"):
        back_up(gateway, out=tmp_path / "out", report=no_progress)
    private = recipient.file.read_text().splitlines()[-1]
    for wrong in ("age1abc", private, recipient.public[:-1] + "x"):
        with pytest.raises(RecipientInvalid) as refused:
            back_up(gateway, out=tmp_path / "out", recipient=wrong, report=no_progress)
        assert wrong not in str(refused.value)
    assert not (tmp_path / "out").exists()
    assert "backup_made" not in kinds_logged(gateway)


def test_a_damaged_cell_is_backed_up_by_nobody(gateway: Gateway, tmp_path: Path, recipient: Recipient):
    engine = create_engine(gateway.settings.store_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE statuslist SET bits = 'a text'"))
    engine.dispose()
    with pytest.raises(BackupRefused, match="table statuslist holds a value of another kind"):
        backed_up(gateway, recipient, tmp_path / "out")
    assert list(folders_below(tmp_path / "out")) == []


def test_an_upgrade_makes_a_backup_first(gateway: Gateway, tmp_path: Path, recipient: Recipient):
    home = {"GATEWAY_DATA_DIRECTORY": str(gateway.settings.data_directory), "GATEWAY_STAFF": "ole"}
    declared = {"GATEWAY_BACKUP_RECIPIENT": recipient.public, "GATEWAY_BACKUP_DIRECTORY": str(tmp_path / "out")}
    ran = run("upgrade", environment={**home, **declared})
    assert (ran.code, "backup" in ran.out) == (0, False)  # nothing changes: nothing is backed up
    for environment, word in (({**home, **declared}, "backup of https://g.example in"), (home, "no backup is made")):
        take_back(gateway.store)
        ran = run("upgrade", environment=environment)
        assert ran.code == 0, ran.text
        assert ran.out.startswith(word)
        assert f"from schema 0006 to {CURRENT}" in ran.out
    assert kinds_logged(gateway).count("backup_made") == 1
    [folder] = (tmp_path / "out").iterdir()
    into = tmp_path / "new"
    environment = {"GATEWAY_PASSPHRASE_FILE": str(gateway.settings.passphrase_path)}
    ran = run("restore", folder, "--into", into, "--identity", recipient.file, environment=environment)
    assert "at schema 0006" in ran.out
    opened(gateway, into)  # brought to this version's


class At:
    """A clock that a test sets."""

    now = datetime(2026, 12, 1, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_the_doctor_asks_a_production_installation_for_its_backups(tmp_path: Path, recipient: Recipient):
    clock = At()
    settings = Settings(data_directory=tmp_path / "var", staff="ole", backup_directory=tmp_path / "out", backup_days=3)
    gateway = initialise(
        settings,
        host_name="g.example",
        municipality_code="851",
        municipality_name="Aalborg Kommune",
        kind=Kind.PRODUCTION,
        clock=clock,
    )
    [never] = diagnose_backups(gateway)
    assert (never.level, "was ever made" in never.what) == (WARN, True)
    assert "GATEWAY_BACKUP_RECIPIENT" in never.advice
    backed_up(gateway, recipient, tmp_path / "out")
    clock.now += timedelta(days=3)
    assert [one.level for one in diagnose_backups(gateway)] == [OK]
    clock.now += timedelta(seconds=1)
    [late] = diagnose_backups(gateway)
    assert (late.level, late.what) == (
        WARN,
        "the last backup was made on 2026-12-01 at 02:00 UTC, more than 3 days ago",
    )


def test_a_test_installation_is_asked_for_no_backup(gateway: Gateway):
    assert [*diagnose_backups(gateway)] == []
