"""A backup comes back into an empty place: equal row by row, or not at all."""

from __future__ import annotations

import shutil
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from pyrage import x25519
from sqlalchemy import create_engine, text
from sqlmodel import select

from gateway.errors.recovery import BackupInvalid, RestoreRefused
from gateway.installation.gateway import Gateway
from gateway.oversight.keeping_heads import keep_heads
from gateway.oversight.log_reading import export_trust, verify_logs
from gateway.recovery.manifest import EVENT, FILES, HEADS, MANIFEST, SUBJECT_KEYS, read_manifest
from gateway.store.heads import LogHead, heads_of
from gateway.store.schema import mark
from gateway.store.tables import SubjectKeyRow
from keys.age_files import write_sealed
from keys.errors import IdentityRefused, KeyStoreLocked, KeyStoreUnsafe
from outcome_verifier import canonical
from tests.support.backups import (
    Made,
    Recipient,
    anchors,
    backed_up,
    came_back,
    files_below,
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

__all__ = ["gateway", "original", "recipient", "town"]


def test_what_is_restored_is_equal_row_by_row(town: SimulatedMunicipality, tmp_path: Path, recipient: Recipient):
    made = backed_up(town.gateway, recipient, tmp_path / "out")
    found = came_back(town.gateway, made, recipient, tmp_path / "new")  # no heads given: nothing is written there
    there = opened(town.gateway, tmp_path / "new")
    before = rows_of(town.gateway.store)
    assert rows_of(there.store) == before
    assert len(before) > 50
    assert len(before["subjectkeyrow"]) == 30
    assert found.has_event
    with town.gateway.store.read() as session:
        assert {log.log: LogHead(log.size, log.root) for log in found.logs} == heads_of(session)
    assert found.without_key == 0
    assert files_below(there.settings.keys_directory) == files_below(town.gateway.settings.keys_directory)
    assert not {"passphrase", "public"} & {path.name for path in (tmp_path / "new").iterdir()}


@pytest.mark.postgres
def test_one_format_goes_from_one_database_to_the_other_and_back(
    town: SimulatedMunicipality, tmp_path: Path, recipient: Recipient, empty_postgres_url: str
):
    before = rows_of(town.gateway.store)
    heads = tmp_path / "heads"
    there = town.gateway
    for number, url in enumerate([empty_postgres_url, ""]):
        made = backed_up(there, recipient, tmp_path / f"out{number}")
        there.store.dispose()
        shutil.copytree(anchors(there), heads, dirs_exist_ok=True)
        into = tmp_path / f"new{number}"
        found = came_back(town.gateway, made, recipient, into, database_url=url, anchors=heads)
        there = opened(town.gateway, into, database_url=url)
        assert found.read_only == ""
        verify_logs(there)
        after = rows_of(there.store)
        logs = {"logentry", "lognode", "checkpointrow"}
        assert {name: rows for name, rows in after.items() if name not in logs} == {
            name: rows for name, rows in before.items() if name not in logs
        }
        assert set(after["logentry"]) > set(before["logentry"])
        assert kinds_logged(there)[-2:] == ["backup_restored", "log_verified"]
        export_trust(there)
        there.store.dispose()


@pytest.mark.postgres
def test_a_database_that_holds_something_is_left_alone(
    gateway: Gateway, tmp_path: Path, recipient: Recipient, empty_postgres_url: str
):
    made = backed_up(gateway, recipient, tmp_path / "out")
    engine = create_engine(empty_postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE somebody_elses (a int)"))
    with pytest.raises(RestoreRefused, match="GATEWAY_DATABASE_URL names holds something"):
        came_back(gateway, made, recipient, tmp_path / "new", database_url=empty_postgres_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM somebody_elses")).scalar_one() == 0
    engine.dispose()
    assert not (tmp_path / "new").exists()


def test_a_restored_town_signs_the_next_release_and_every_earlier_bundle_verifies(
    town: SimulatedMunicipality, tmp_path: Path, recipient: Recipient
):
    earlier = [row.bundle for row in town.rows() if row.bundle]
    made = backed_up(town.gateway, recipient, tmp_path / "out")
    found = came_back(town.gateway, made, recipient, tmp_path / "new", anchors=anchors(town.gateway))
    assert (found.read_only, found.is_new, found.absent) == ("", True, ())
    there = opened(town.gateway, tmp_path / "new")
    assert kinds_logged(there)[-2:] == ["backup_made", "backup_restored"]
    again = SimulatedMunicipality(there, town.contract, town.drop, tmp_path)
    released = again.release("2019H1", "payment_document", "operator")
    again.verified(released.bundle)
    assert [row.seq for row in again.rows()] == [1, 2]
    assert earlier
    for bundle in earlier:
        again.verified(bundle)
    verify_logs(there)


@pytest.mark.parametrize("file", [*FILES.values(), MANIFEST, EVENT])
def test_one_changed_byte_of_a_part_restores_nothing(original: Made, tmp_path: Path, file: str):
    made = original.copied(tmp_path / "copy")
    data = bytearray((made.folder / file).read_bytes())
    data[-1] ^= 1
    (made.folder / file).write_bytes(data)
    with pytest.raises((BackupInvalid, IdentityRefused), match=file.replace(".", r"\.")):
        came_back(original.gateway, made, original.recipient, tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


@pytest.mark.parametrize("part", FILES)
def test_a_part_that_is_not_there_is_told(original: Made, tmp_path: Path, part: str):
    made = original.copied(tmp_path / "copy")
    (made.folder / FILES[part]).unlink()
    if part in (SUBJECT_KEYS, HEADS):
        found = came_back(original.gateway, made, original.recipient, tmp_path / "new")
        assert found.absent == (part,)
        return
    with pytest.raises(BackupInvalid, match="is not there: put it beside the manifest"):
        came_back(original.gateway, made, original.recipient, tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


@pytest.mark.long
def test_without_its_event_a_backup_is_one_entry_behind(original: Made, tmp_path: Path):
    """Positive control of what the event is for."""
    made = original.copied(tmp_path / "copy")
    heads = anchors(original.gateway)
    whole = came_back(original.gateway, made, original.recipient, tmp_path / "new", anchors=heads)
    assert (whole.has_event, whole.read_only) == (True, "")
    (made.folder / EVENT).unlink()
    behind = came_back(original.gateway, made, original.recipient, tmp_path / "behind", anchors=heads)
    assert not behind.has_event
    assert "restored from an older backup" in behind.read_only


def test_whoever_knows_the_public_key_alone_makes_no_backup(gateway: Gateway, tmp_path: Path, recipient: Recipient):
    """A manifest that opens, names the digests of what lies there, and was made without the keys."""
    made = backed_up(gateway, recipient, tmp_path / "out")
    manifest, _ = read_manifest(recipient.opens(made.folder / MANIFEST))
    for vault_key, is_forged in ((b"x" * 32, True), (gateway.keystore.load("vault").private_bytes, False)):
        (made.folder / MANIFEST).unlink()
        write_sealed(made.folder / MANIFEST, [manifest.encode(vault_key)], recipient.public)
        (made.folder / EVENT).unlink(missing_ok=True)
        if is_forged:
            with pytest.raises(BackupInvalid, match="was not made by the installation whose keys are beside it"):
                came_back(gateway, made, recipient, tmp_path / "new")
        else:  # positive control
            came_back(gateway, made, recipient, tmp_path / "new")


def test_whoever_knows_the_public_key_alone_makes_no_event(original: Made, tmp_path: Path):
    made = original.copied(tmp_path / "copy")
    said = canonical.loads(original.recipient.opens(made.folder / EVENT))
    said["body"] = said["body"].replace('"by":"ole"', '"by":"eve"')
    said["leaf_data"] = b64encode(sha256(b64decode(said["nonce"]) + said["body"].encode()).digest()).decode()
    (made.folder / EVENT).unlink()
    write_sealed(made.folder / EVENT, [canonical.dumps(said)], original.recipient.public)
    with pytest.raises(BackupInvalid, match="was not made by the installation whose keys"):
        came_back(original.gateway, made, original.recipient, tmp_path / "new")


def test_the_identity_of_somebody_else_opens_nothing(original: Made, tmp_path: Path):
    gateway, made = original.gateway, original.backup
    other = Recipient.begin(tmp_path, "other.txt")
    with pytest.raises(IdentityRefused, match="is for another one, or was changed"):
        came_back(gateway, made, other, tmp_path / "new")
    other.file.chmod(0o644)
    with pytest.raises(KeyStoreUnsafe):
        came_back(gateway, made, other, tmp_path / "new")
    other.file.chmod(0o600)
    other.file.write_text(f"{x25519.Identity.generate()}\n{x25519.Identity.generate()}\n")
    with pytest.raises(IdentityRefused, match="no single line"):
        came_back(gateway, made, other, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_another_passphrase_restores_nothing(gateway: Gateway, tmp_path: Path, recipient: Recipient):
    made = backed_up(gateway, recipient, tmp_path / "out")
    gateway.settings.passphrase_path.write_text("another")
    with pytest.raises(KeyStoreLocked):
        came_back(gateway, made, recipient, tmp_path / "new")
    gateway.settings.passphrase_path.unlink()
    with pytest.raises(RestoreRefused, match="GATEWAY_PASSPHRASE_FILE names its file"):
        came_back(gateway, made, recipient, tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["identity.txt", "out", "var"]


@pytest.mark.parametrize("there", ["a file in it", "an installation", "a file"])
def test_nothing_is_restored_over_something(original: Made, tmp_path: Path, there: str):
    into = tmp_path / "new"
    match there:
        case "a file in it":
            into.mkdir()
            (into / "notes.txt").write_text("mine")
        case "a file":
            into.write_text("mine")
        case _:
            into = original.gateway.settings.data_directory
    before = files_below(into.parent)
    with pytest.raises(RestoreRefused, match="holds something; name a folder that is empty or not there"):
        came_back(original.gateway, original.backup, original.recipient, into)
    assert files_below(into.parent) == before


def test_heads_that_are_named_must_be_there(original: Made, tmp_path: Path):
    """A folder of the settings in which they are lost is no mistake: they were not given."""
    (tmp_path / "lost").mkdir()
    with pytest.raises(RestoreRefused, match="holds no heads of the logs; leave --anchors out"):
        came_back(original.gateway, original.backup, original.recipient, tmp_path / "new", anchors=tmp_path / "lost")
    environment = {
        "GATEWAY_ANCHORS_DIRECTORY": str(tmp_path / "lost"),
        "GATEWAY_PASSPHRASE_FILE": str(original.gateway.settings.passphrase_path),
    }
    place = ("--into", tmp_path / "new", "--identity", original.recipient.file)
    ran = run("restore", original.backup.folder, *place, environment=environment)
    assert ran.code == 9
    assert "kept now were not given" in ran.err
    assert list((tmp_path / "lost").iterdir()) == []


def test_an_empty_folder_is_a_place(original: Made, tmp_path: Path):
    """Positive control."""
    assert came_back(original.gateway, original.backup, original.recipient, tmp_path).is_new


@pytest.mark.long
def test_the_same_command_again_changes_nothing_and_says_so(gateway: Gateway, tmp_path: Path, recipient: Recipient):
    made = backed_up(gateway, recipient, tmp_path / "out")
    heads = anchors(gateway)
    assert came_back(gateway, made, recipient, tmp_path / "new", anchors=heads).is_new
    export_trust(opened(gateway, tmp_path / "new"))
    before = rows_of(opened(gateway, tmp_path / "new").store)
    again = came_back(gateway, made, recipient, tmp_path / "new", anchors=heads)
    assert (again.is_new, again.read_only) == (False, "")
    assert rows_of(opened(gateway, tmp_path / "new").store) == before
    other = backed_up(opened(gateway, tmp_path / "new"), recipient, tmp_path / "other")
    with pytest.raises(RestoreRefused, match="holds something"):  # another backup is another thing
        came_back(gateway, other, recipient, tmp_path / "new", anchors=heads)


def test_a_rehearsal_beside_the_living_touches_none_of_it(gateway: Gateway, tmp_path: Path, recipient: Recipient):
    """With the settings of the living installation, whose heads have gone on meanwhile."""
    made = backed_up(gateway, recipient, tmp_path / "out")
    export_trust(gateway)
    before = files_below(gateway.settings.data_directory)
    environment = {
        "GATEWAY_DATA_DIRECTORY": str(gateway.settings.data_directory),
        "GATEWAY_ANCHORS_DIRECTORY": str(anchors(gateway)),
    }
    into = tmp_path / "rehearsal"
    ran = run("restore", made.folder, "--into", into, "--identity", recipient.file, environment=environment)
    assert ran.code == 9
    assert "the database holds" in ran.err
    assert "(restored-read-only)" in ran.err
    assert files_below(gateway.settings.data_directory) == before


def test_without_subject_keys_the_logs_stand_and_nobodys_number_opens(
    town: SimulatedMunicipality, tmp_path: Path, recipient: Recipient
):
    made = backed_up(town.gateway, recipient, tmp_path / "out")
    (made.folder / FILES[SUBJECT_KEYS]).unlink()
    environment = {"GATEWAY_PASSPHRASE_FILE": str(town.gateway.settings.passphrase_path)}
    arguments = ("--into", tmp_path / "new", "--identity", recipient.file, "--anchors", anchors(town.gateway))
    ran = run("restore", made.folder, *arguments, environment=environment)
    assert ran.code == 0, ran.text
    assert "30 have no subject key: nothing of their contracts is pulled or released" in ran.out
    assert "subject-keys  not there" in ran.out
    with opened(town.gateway, tmp_path / "new").store.read() as session:
        assert session.exec(select(SubjectKeyRow)).all() == []
    there = {**environment, "GATEWAY_DATA_DIRECTORY": str(tmp_path / "new")}
    doctor = run("doctor", environment=there)
    assert doctor.code == 1
    assert "30 people have no subject key" in doctor.out
    window = ("2019H1", "--template", "payment_document", "--to", "operator", "--out", str(tmp_path / "bundles"))
    for command in (("evaluate", "impact60", "--week", "2019-W10"), ("release", "impact60", *window)):
        assert run(*command, environment=there).code == 10  # and never a figure
    assert run("log", "verify", environment=there).code == 0


@pytest.mark.long
def test_two_people_let_a_restored_place_go_on_where_the_heads_are_lost(
    gateway: Gateway, tmp_path: Path, recipient: Recipient
):
    made = backed_up(gateway, recipient, tmp_path / "out")
    found = came_back(gateway, made, recipient, tmp_path / "new")
    assert "one person and then another run `gateway log keep-heads`" in found.read_only
    for staff in ("ole", "signe"):
        keep_heads(opened(gateway, tmp_path / "new", staff=staff), [])
    there = opened(gateway, tmp_path / "new")
    assert kinds_logged(there)[-3:] == ["backup_made", "backup_restored", "heads_kept_anew"]
    export_trust(there)
    verify_logs(there)


def test_a_newer_schema_is_told(gateway: Gateway, tmp_path: Path, recipient: Recipient):
    with gateway.store.alone() as connection:
        mark(connection, "0099")
    made = backed_up(gateway, recipient, tmp_path / "out")
    with pytest.raises(BackupInvalid, match="schema 0099, which this version does not know"):
        came_back(gateway, made, recipient, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_one_row_more_is_seen(gateway: Gateway):
    """Positive control of `rows_of`."""
    before = rows_of(gateway.store)
    export_trust(gateway)
    assert rows_of(gateway.store) != before
