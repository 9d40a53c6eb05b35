"""Keys at rest: nobody else reads them, nobody changes or swaps them unseen, a crash leaves whole files."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from keys.errors import KeyStoreLocked, KeyStoreUnsafe, KeyUnknown
from keys.keystore import KINDS, KeyStore, read_passphrase
from keys.whole_file import write_whole

PASSPHRASE = b"correct horse"
MADE_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "keys"
    KeyStore.create(folder, PASSPHRASE, now=MADE_AT, is_development=True)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of a key store of development keys, with its permissions."""
    shutil.copytree(made, tmp_path / "keys")
    return tmp_path / "keys"


def test_every_key_comes_back_as_it_was_made(folder: Path) -> None:
    store = KeyStore.open(folder, PASSPHRASE)
    assert set(store.names()) == set(KINDS)
    for name, kind in KINDS.items():
        key = store.load(name)
        assert (key.name, key.kind, key.created_at, key.is_development) == (name, kind, MADE_AT, True)
    assert len(store.load("vault").private_bytes) == len(store.load("linkage").private_bytes) == 32
    assert len({store.load(name).private_bytes for name in KINDS}) == len(KINDS)


def test_files_are_for_their_owner_alone_and_hold_no_key_in_clear(folder: Path) -> None:
    store = KeyStore.open(folder, PASSPHRASE)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    assert not any(store.load(name).private_bytes[-32:].hex().encode() in content for name in KINDS)
    assert not any(store.load(name).private_bytes in content for name in KINDS)
    assert PASSPHRASE not in content
    assert b'"name":"vault"' in content, "positive control: the search reads the files"


def test_making_it_again_keeps_what_is_there_and_adds_what_is_missing(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / "token.json").unlink()
    later = KeyStore.create(folder, PASSPHRASE, now=datetime(2027, 1, 1, tzinfo=UTC), is_development=False)
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert after.pop("token.json") != before.pop("token.json")
    assert after == before
    assert not later.load("token").is_development


def test_making_it_again_with_another_passphrase_adds_nothing(folder: Path) -> None:
    """Else some keys would open with the one passphrase and some with the other."""
    (folder / "vault.json").unlink()
    with pytest.raises(KeyStoreLocked):
        KeyStore.create(folder, b"another", now=MADE_AT, is_development=True)
    assert not (folder / "vault.json").exists()


def test_another_passphrase_opens_no_key(folder: Path) -> None:
    store = KeyStore.open(folder, b"correct horse ")
    for name in KINDS:
        with pytest.raises(KeyStoreLocked, match=rf"{name}\.json does not open"):
            store.load(name)


def test_what_is_not_there_is_unknown(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyUnknown, match="'other'"):
        KeyStore.open(folder, PASSPHRASE).load("other")
    (tmp_path / "empty").mkdir(mode=0o700)
    with pytest.raises(KeyUnknown):
        KeyStore.open(tmp_path / "empty", PASSPHRASE)


@pytest.mark.parametrize("name", ["", "store.json", "vault.json"])
@pytest.mark.parametrize("mode", [0o040, 0o020, 0o004, 0o001])
def test_wider_permissions_are_refused(folder: Path, name: str, mode: int) -> None:
    path = folder / name
    path.chmod(path.stat().st_mode | mode)
    with pytest.raises(KeyStoreUnsafe, match="may be read by others"):
        KeyStore.open(folder, PASSPHRASE)
    path.chmod(path.stat().st_mode & ~mode)
    KeyStore.open(folder, PASSPHRASE)


def edited(**values: object) -> Callable[[bytes], bytes]:
    return lambda content: json.dumps({**json.loads(content), **values}).encode()


CHANGED: dict[str, Callable[[bytes], bytes]] = {
    "a development key passed off as a real one": edited(is_development=False),
    "made earlier": edited(created_at="2020-01-01T00:00:00+00:00"),
    "another kind": edited(kind="p256"),
    "renamed inside": edited(name="linkage"),
    "a field more": edited(note=""),
    "sealed part empty": edited(sealed=""),
    "sealed part shorter than a nonce": edited(sealed="AAAA"),
    "sealed part is no base64url": edited(sealed="=="),
    "sealed part is a number": edited(sealed=5),
    "no sealed part": lambda content: b"{}",
    "a list": lambda content: b"[]",
    "cut off": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "not UTF-8": lambda content: b"\xff" + content,
    "one bit": lambda content: content[:-10] + bytes([content[-10] ^ 1]) + content[-9:],
}


@pytest.mark.parametrize("how", CHANGED)
def test_a_changed_file_does_not_open(folder: Path, how: str) -> None:
    path = folder / "vault.json"
    path.write_bytes(CHANGED[how](path.read_bytes()))
    store = KeyStore.open(folder, PASSPHRASE)
    with pytest.raises(KeyStoreLocked, match=r"vault\.json"):
        store.load("vault")
    assert store.load("linkage").name == "linkage", "the others still open"


def test_a_genuine_file_under_another_name_does_not_open(folder: Path) -> None:
    """The key of the API's tokens must not sign attestations because somebody copied a file."""
    (folder / "attestation.json").write_bytes((folder / "token.json").read_bytes())
    with pytest.raises(KeyStoreLocked, match=r"attestation\.json"):
        KeyStore.open(folder, PASSPHRASE).load("attestation")


SETTINGS: dict[str, Callable[[bytes], bytes]] = {
    "much memory": edited(scrypt={"n": 2**30, "r": 8, "p": 1}),
    "a weak cost": edited(scrypt={"n": 2, "r": 8, "p": 1}),
    "no salt": lambda content: b"{}",
    "no base64url": edited(salt="=="),
    "no JSON": lambda content: b"salt",
    "a text": lambda content: b'"salt"',
}


@pytest.mark.parametrize("how", SETTINGS)
def test_changed_settings_do_not_open(folder: Path, how: str) -> None:
    path = folder / "store.json"
    path.write_bytes(SETTINGS[how](path.read_bytes()))
    with pytest.raises(KeyStoreLocked, match=r"store\.json"):
        KeyStore.open(folder, PASSPHRASE)


def test_another_salt_opens_no_key(folder: Path) -> None:
    path = folder / "store.json"
    path.write_bytes(edited(salt="AAAAAAAAAAAAAAAAAAAAAA")(path.read_bytes()))
    with pytest.raises(KeyStoreLocked):
        KeyStore.open(folder, PASSPHRASE).load("vault")


def test_the_key_is_not_written(folder: Path) -> None:
    key = KeyStore.open(folder, PASSPHRASE).load("vault")
    assert f"{key} {key!r}" == "StoredKey(vault) StoredKey(vault)"


def test_a_crash_before_the_rename_leaves_the_old_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(self: Path, target: Path) -> Path:
        raise OSError("power failure")

    before = (folder / "store.json").read_bytes()
    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(OSError, match="power failure"):
        write_whole(folder / "store.json", b"new")
    monkeypatch.undo()
    assert (folder / "store.json").read_bytes() == before
    assert set(KeyStore.open(folder, PASSPHRASE).names()) == set(KINDS), "what was left over is no key"


def test_a_passphrase_file(tmp_path: Path) -> None:
    path = tmp_path / "passphrase"
    with pytest.raises(KeyUnknown):
        read_passphrase(path)
    write_whole(path, b"correct horse\n")
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_passphrase(path) == b"correct horse"
    path.chmod(0o640)
    with pytest.raises(KeyStoreUnsafe):
        read_passphrase(path)


@pytest.mark.parametrize("content", [b"", b"\n", b"  \n"])
def test_an_empty_passphrase_is_none(tmp_path: Path, content: bytes) -> None:
    write_whole(tmp_path / "passphrase", content)
    with pytest.raises(KeyStoreLocked):
        read_passphrase(tmp_path / "passphrase")


def test_only_a_file_among_the_credentials_may_be_wider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """systemd gives credentials 0440 in a directory that it keeps from everybody else."""
    (tmp_path / "credentials").mkdir()
    for path in (tmp_path / "credentials" / "passphrase", tmp_path / "passphrase"):
        path.write_bytes(b"correct horse")
        os.chmod(path, 0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    assert read_passphrase(tmp_path / "credentials" / "passphrase") == b"correct horse"
    with pytest.raises(KeyStoreUnsafe):
        read_passphrase(tmp_path / "passphrase")
