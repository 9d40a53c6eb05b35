"""The heads of all three logs stand outside the database: what went back signs nothing, and a lost folder is told."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.errors.installation import OutputUnwritable
from gateway.errors.oversight import CheckpointMismatch, HeadsLost, HeadsRefused
from gateway.events.installation import PassphraseChanged
from gateway.installation import signing
from gateway.installation.gateway import LOGS, Gateway
from gateway.installation.installing import initialise
from gateway.installation.settings import Kind, Settings
from gateway.jobs.diagnosis import FAIL
from gateway.jobs.doctor import examine
from gateway.oversight.keeping_heads import keep_heads
from gateway.oversight.log_reading import checkpoint, export_trust, verify_logs
from gateway.release import publication
from gateway.release.publication import publish
from gateway.store import ledger
from gateway.store.heads import Heads, KeptHeads, LogHead, heads_of
from tests.support.command_line import run


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    settings = Settings(data_directory=tmp_path / "var", staff="ole")
    made = initialise(
        settings, host_name="g.example", municipality_code="851", municipality_name="Aalborg Kommune", kind=Kind.DEMO
    )
    publish(made)
    return made


def copied(gateway: Gateway, to: Path) -> Path:
    gateway.store.dispose()
    to.mkdir()
    for file in gateway.settings.data_directory.glob("gateway.sqlite*"):
        shutil.copy(file, to)
    return to


def restored(gateway: Gateway, copy: Path) -> Gateway:
    gateway.store.dispose()
    for file in gateway.settings.data_directory.glob("gateway.sqlite*"):
        file.unlink()
    for file in copy.iterdir():
        shutil.copy(file, gateway.settings.data_directory)
    return Gateway.open(gateway.settings)


def kept(gateway: Gateway) -> KeptHeads:
    return KeptHeads(gateway.settings.heads_directory)


def appended(gateway: Gateway, log: str) -> None:
    """One more entry of a log, as a payment document or an attestation leaves one."""
    with gateway.write() as uow:
        body = {"leaf_data": b"x", "kind": "attestation", "body": "{}", "nonce": b""}
        ledger.append(uow.session, log, at=uow.now, **body)
        gateway.record_manifest(uow.session, now=uow.now)
        uow.record(PassphraseChanged())


def test_every_commit_leaves_the_heads_of_all_logs_outside(gateway: Gateway):
    with gateway.store.read() as session:
        present = heads_of(session)
    assert kept(gateway).read() == present
    assert set(present) == set(LOGS)
    export_trust(gateway)
    now = kept(gateway).read()
    assert now is not None
    assert now["access"].size == present["access"].size + 1
    assert "NEVER restore it together with the database" in (kept(gateway).folder / "README.txt").read_text()


WRITERS: dict[str, Callable[[Gateway], object]] = {
    "keys rotate": lambda gateway: signing.add_key(gateway),
    "trust export": export_trust,
    "log checkpoint": lambda gateway: checkpoint(gateway, "access"),
    "log verify": verify_logs,
    "publish": publish,
    "a passphrase": lambda gateway: gateway.change_passphrase(b"another"),
}


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize("writer", WRITERS)
def test_a_database_that_went_back_signs_nothing(gateway: Gateway, tmp_path: Path, log: str, writer: str):
    """Asked first: an old database used to sign a manifest and two heads, and to look afterwards."""
    older = copied(gateway, tmp_path / "older")
    appended(gateway, log)
    old = restored(gateway, older)
    public = {path: path.read_bytes() for path in gateway.settings.public_directory.rglob("*") if path.is_file()}
    with old.store.read() as session:
        before = heads_of(session)
    with pytest.raises(CheckpointMismatch, match="restored from an older backup"):
        WRITERS[writer](old)
    with old.store.read() as session:
        assert heads_of(session) == before
    assert {path: path.read_bytes() for path in public} == public
    told = [one for one in examine(gateway.settings) if "restored from an older backup" in one.what]
    assert [one.level for one in told] == [FAIL]


def test_a_fork_of_equal_length_is_seen(gateway: Gateway, tmp_path: Path):
    older = copied(gateway, tmp_path / "older")
    export_trust(gateway)
    mine = kept(gateway).read()
    assert mine is not None
    shutil.move(kept(gateway).folder / "heads.json", tmp_path / "heads.json")
    restored(gateway, older)
    shutil.copy(tmp_path / "heads.json", kept(gateway).folder)
    # the same number of entries, and other ones: as if the heads had been away meanwhile
    (kept(gateway).folder / "heads.json").unlink()
    old = Gateway.open(gateway.settings)
    with old.store.write(old.clock(), by=old.actor, keeps_heads_anew=True) as uow:
        uow.record(PassphraseChanged())
    with kept(gateway).keeping(mine, anew=True):
        pass
    with pytest.raises(CheckpointMismatch, match="holds other entries"):
        export_trust(old)


def test_two_commands_that_end_in_another_order_keep_the_longer_head(tmp_path: Path):
    folder = KeptHeads(tmp_path / "anchors")
    longer: Heads = {log: LogHead(6, b"6" * 32) for log in LOGS}
    for heads in (longer, {log: LogHead(5, b"5" * 32) for log in LOGS}):
        with folder.keeping(heads):
            pass
    assert folder.read() == longer


@pytest.mark.parametrize("how", ["gone", "damaged"])
def test_lost_heads_are_told_and_nothing_is_written(gateway: Gateway, how: str):
    file = kept(gateway).folder / "heads.json"
    if how == "gone":
        shutil.rmtree(kept(gateway).folder)
    else:
        file.write_text("{")
    with pytest.raises(HeadsLost, match="keep-heads"):
        export_trust(gateway)
    told = [one for one in examine(gateway.settings) if one.level == FAIL]
    assert any("keep-heads" in one.advice for one in told)


def test_what_cannot_be_kept_is_not_committed(gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    """A full disk, before anything is done; a kill behind the commit leaves heads that the logs continue."""
    before = kept(gateway).read()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(OutputUnwritable, match="nothing was done"):
            export_trust(gateway)
    with gateway.store.read() as session:
        assert heads_of(session) == before
    real = Path.replace
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda path, to: full() if to.name == "heads.json" else real(path, to))
        with pytest.raises(OutputUnwritable, match="what was done is kept"):
            export_trust(gateway)
    assert kept(gateway).read() == before
    assert not [*kept(gateway).folder.glob("*.new")]
    export_trust(gateway)
    after = kept(gateway).read()
    assert before is not None
    assert after is not None
    assert after["access"].size == before["access"].size + 2


def test_two_people_keep_lost_heads_anew_after_a_comparison(gateway: Gateway, tmp_path: Path):
    note = tmp_path / "access.checkpoint"
    note.write_text(checkpoint(gateway, "access"))
    shutil.rmtree(kept(gateway).folder)
    home = {"GATEWAY_DATA_DIRECTORY": str(gateway.settings.data_directory)}
    one, two = {**home, "GATEWAY_STAFF": "ole"}, {**home, "GATEWAY_STAFF": "signe"}
    asked = run("log", "keep-heads", "--shown", note, environment=one)
    assert asked.code == 0, asked.text
    assert "another person now runs the same command" in asked.out
    again = run("log", "keep-heads", environment=one).out
    assert again.endswith(asked.out[-40:])  # the same person only asks again
    assert "compared with nothing: --shown a receipt of it" in again  # the access log, of which nothing is published
    with pytest.raises(HeadsLost):
        export_trust(gateway)
    done = run("log", "keep-heads", "--shown", note, environment=two)
    assert done.code == 0, done.text
    assert "kept" in done.out
    with gateway.store.read() as session:
        rows = [json.loads(row.body) for row in ledger.rows(session, "access") if row.kind == "heads_kept_anew"]
        size = ledger.size(session, "access")
    assert [(row["by"], row["asked_by"], row["compared"]["access"]) for row in rows] == [("signe", "ole", size - 2)]
    export_trust(gateway)
    again = run("log", "keep-heads", environment=two)
    assert again.code == 5
    assert "nothing to do" in again.err


def test_an_older_database_keeps_no_heads_anew(gateway: Gateway, tmp_path: Path):
    """Whoever lost both is held against what was handed out; a stranger's file proves nothing."""
    older = copied(gateway, tmp_path / "older")
    export_trust(gateway)
    note = tmp_path / "access.checkpoint"
    note.write_text(checkpoint(gateway, "access"))
    old = restored(gateway, older)
    with pytest.raises(CheckpointMismatch):  # heads that can be read are the truth
        keep_heads(old, [])
    shutil.rmtree(kept(gateway).folder)
    with pytest.raises(CheckpointMismatch):
        keep_heads(old, [note])
    strange = tmp_path / "strange"
    strange.write_text("hello")
    with pytest.raises(HeadsRefused, match="no head that a log key of this installation signed"):
        keep_heads(old, [strange])
    assert not kept(gateway).folder.exists()


def test_a_slower_publisher_leaves_what_is_newer(gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    """Else a superseded attestation would read valid again."""
    write = publication._write_newest

    def overtaken(folder: Path, files: dict[str, bytes], *, sizes: dict[str, int]) -> list[str]:
        monkeypatch.setattr(publication, "_write_newest", write)
        signing.add_key(gateway)
        publish(gateway)
        return write(folder, files, sizes=sizes)

    monkeypatch.setattr(publication, "_write_newest", overtaken)
    assert publish(gateway) == []
    trust = json.loads((gateway.settings.public_directory / "trust.json").read_bytes())
    head = publication.published_head(gateway, "attest")
    with gateway.store.read() as session:
        assert head is not None
        assert head.size == ledger.size(session, "attest")
        assert trust == json.loads(gateway.trust_bytes(session))
    assert not [*gateway.settings.public_directory.rglob("*.new")]
