"""What is lost, alone and with something else: what commands say then, how it comes back, and what cannot.

One installation is backed up; then parts of it are gone. Each row of the table is a story of municipal IT.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.installation.gateway import Gateway
from gateway.oversight.log_reading import export_trust, verify_logs
from gateway.recovery.backing_up import Backup
from tests.support.backups import Recipient, an_installation, backed_up, kinds_logged
from tests.support.command_line import Ran, run
from tests.support.examples import every_third


@dataclass(frozen=True)
class Story:
    """What is lost; what `log verify` then says; how the restore ends; and what it takes to write again."""

    lost: frozenset[str]
    said: str  # a word of the error that every writing command ends with; empty where they go on
    code: int  # of the restore
    people: int  # how many it takes until something can be written: none, or two who keep the heads anew


def story(lost: str, said: str, code: int, people: int = 0) -> Story:
    return Story(frozenset(lost.split()), said, code, people)


# the heads stand on another disk, so each can be lost without the other; nothing was written since the backup
STORIES = [
    story("database", "store-missing", 0),
    story("keys", "keys-missing", 0),
    story("anchors", "heads-lost", 9, 2),
    story("public", "", 0),
    story("database keys", "not-installed", 0),
    story("database anchors", "store-missing", 9, 2),
    story("database public", "store-missing", 0),
    story("keys anchors", "keys-missing", 9, 2),
    story("keys public", "keys-missing", 0),
    story("anchors public", "heads-lost", 9, 2),
    story("database keys anchors public", "not-installed", 9, 2),
]
FILES = {"database": "gateway.sqlite*", "keys": "keys", "anchors": "anchors", "public": "public"}


@dataclass(frozen=True)
class Lost:
    """An installation of which something is gone, its passphrase in the safe, and its backup elsewhere."""

    folder: Path
    gateway: Gateway
    made: Backup
    recipient: Recipient

    def command(self, *words: str | Path, into: str = "var", staff: str = "ole") -> Ran:
        environment = {
            "GATEWAY_DATA_DIRECTORY": str(self.folder / into),
            "GATEWAY_PASSPHRASE_FILE": str(self.folder / "safe"),
            "GATEWAY_STAFF": staff,
        }
        return run(*words, environment=environment)

    def restore(self, *words: str | Path) -> Ran:
        heads = self.folder / "var" / "anchors"
        shown = ("--anchors", heads) if heads.exists() else ()
        place = ("--into", self.folder / "new", "--identity", self.recipient.file)
        return self.command("restore", self.made.folder, *place, *shown, *words)


def lose(folder: Path, parts: frozenset[str], *, afterwards: bool = False) -> Lost:
    """Back an installation up, let something more be written where `afterwards`, and lose these parts of it."""
    gateway, recipient = an_installation(folder / "var"), Recipient.begin(folder)
    made = backed_up(gateway, recipient, folder / "out")
    if afterwards:
        export_trust(gateway)
    gateway.store.dispose()
    shutil.move(folder / "var" / "passphrase", folder / "safe")
    for part in parts:
        for path in (folder / "var").glob(FILES[part]):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return Lost(folder, gateway, made, recipient)


def titled(one: Story) -> str:
    return " and ".join(sorted(one.lost))


@pytest.mark.parametrize("title", every_third(map(titled, STORIES)))
def test_what_is_lost_and_how_it_comes_back(tmp_path: Path, title: str):
    told = next(one for one in STORIES if titled(one) == title)
    lost = lose(tmp_path, told.lost)
    before = lost.command("trust", "export", "--out", tmp_path / "TRUST.json")
    assert (f"({told.said})" in before.err) == bool(told.said), before.text
    assert (before.code == 0) is not bool(told.said)
    ran = lost.restore()
    if told.lost == {"public"}:  # somebody wrote since: `trust export` above
        assert ran.code == 9
        assert lost.command("upgrade").code == 0
        assert (tmp_path / "var" / "public" / "trust.json").exists()
        return
    assert ran.code == told.code, ran.text
    assert f"restored in {tmp_path / 'new'}" in ran.out
    first = lost.command("trust", "export", "--out", tmp_path / "TRUST.json", into="new")
    assert (first.code == 0) is not bool(told.people)
    for staff in ("ole", "signe")[: told.people]:
        kept = lost.command("log", "keep-heads", into="new", staff=staff)
        assert kept.code == 0, kept.text
    assert lost.command("trust", "export", "--out", tmp_path / "TRUST.json", into="new").code == 0
    assert lost.command("upgrade", into="new").code == 0  # public files, too
    there = Gateway.open(lost.gateway.settings.model_copy(update=_places(tmp_path)))
    kinds = kinds_logged(there)
    assert kinds[kinds.index("backup_made") + 1] == "backup_restored"  # the first write
    verify_logs(there)
    assert there.fingerprint == fingerprint_of(lost)


def _places(folder: Path) -> dict[str, Path]:
    return {"data_directory": folder / "new", "passphrase_file": folder / "safe"}


def fingerprint_of(lost: Lost) -> str:
    return " ".join(lost.made.manifest.fingerprint.split())


@pytest.mark.parametrize("parts", ["database", "database keys"])
def test_a_database_that_is_older_than_a_head_is_read_and_signs_nothing(tmp_path: Path, parts: str):
    """Something was written since the backup, and the heads of it are there."""
    lost = lose(tmp_path, frozenset(parts.split()), afterwards=True)
    ran = lost.restore()
    assert ran.code == 9
    assert "log 'access' is not the one whose checkpoint of size" in ran.err
    assert "nothing can be written, signed or erased there" in ran.err
    assert "(restored-read-only)" in ran.err
    for words in (("trust", "export", "--out", tmp_path / "TRUST.json"), ("log", "keep-heads")):
        refused = lost.command(*words, into="new")
        assert refused.code == 9
        assert "(checkpoint-mismatch)" in refused.err
    shown = lost.command("keys", "list", into="new")
    assert shown.code == 0
    there = Gateway.open(lost.gateway.settings.model_copy(update=_places(tmp_path)))
    assert "backup_restored" not in kinds_logged(there)
    # with a backup of later it goes on
    assert lost.restore().code == 9  # again, it says the same


def test_the_passphrase_comes_from_the_safe_alone(tmp_path: Path):
    lost = lose(tmp_path, frozenset({"database", "keys", "anchors", "public"}))
    (tmp_path / "safe").unlink()
    ran = lost.restore()
    assert ran.code == 5
    assert "the passphrase of its keys, is not there" in ran.err
    assert not (tmp_path / "new").exists()
