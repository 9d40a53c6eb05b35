"""Keys at rest: one encrypted file a key, in a directory that only its owner may read.

A file is JSON: what the key is for, when it was made, whether it is a development key, and its bytes under
AES-256-GCM. The key-encrypting key comes from the passphrase by scrypt (RFC 7914), once each time the store is
opened. Key material never stands in the repository, in a log or in an environment dump.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from keys.errors import KeyStoreLocked, KeyStoreUnsafe, KeyUnknown
from keys.whole_file import UNFINISHED, lock_folder, sync, write_whole
from outcome_verifier import b64, canonical

_SCRYPT = {"n": 2**15, "r": 8, "p": 1}  # RFC 7914 §2: 32 MiB, about 0.1 s
_SALT_FILE = "store.json"
_NONCE_BYTES = 12
_SECRET_BYTES = 32
_RSA_BITS = 3072
_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")

KINDS = {
    "attestation": "p256",
    "manifest": "p256",
    "token": "p256",
    "log-attest": "ed25519",
    "log-payment": "ed25519",
    "log-access": "ed25519",
    "linkage": "secret",
    "vault": "secret",
}


@dataclass(frozen=True, slots=True, repr=False)
class StoredKey:
    """One opened key: raw private bytes (PKCS#8 for key pairs, 32 bytes for secrets)."""

    name: str
    kind: str
    created_at: datetime
    is_development: bool
    private_bytes: bytes

    def __repr__(self) -> str:
        return f"StoredKey({self.name})"


class KeyStore:
    """An opened key store. Make one with `create`, open one with `open`."""

    def __init__(self, directory: Path, wrapping: AESGCM) -> None:
        self._directory = directory
        self._wrapping = wrapping

    @classmethod
    def create(cls, directory: Path, passphrase: bytes, *, now: datetime, is_development: bool) -> KeyStore:
        """A new store with every key of `KINDS`, for a database that holds nothing yet; keys that a start which was
        killed has made already are kept.

        Raises `KeyStoreLocked` where one of those does not open: keys under two passphrases are no store.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = directory / _SALT_FILE
        if not settings.exists():
            write_whole(settings, _new_settings())
        store = cls.open(directory, passphrase)
        for name, kind in KINDS.items():
            if store._path(name).exists():
                store.load(name)
            else:
                store._save(StoredKey(name, kind, now, is_development, _generate(kind)))
        return store

    @classmethod
    def open(cls, directory: Path, passphrase: bytes) -> KeyStore:
        """The store in this directory.

        Raises `KeyStoreUnsafe` where anybody but the owner may read it, `KeyUnknown` where there is none,
        `KeyStoreLocked` where its settings were changed. A wrong passphrase shows when the first key is loaded.
        """
        settings = directory / _SALT_FILE
        if not settings.exists():
            raise KeyUnknown(name=_SALT_FILE)
        for path in (directory, *sorted(directory.glob("*.json"))):
            if path.stat().st_mode & 0o077:
                raise KeyStoreUnsafe(path=path.name)
        try:
            values = json.loads(settings.read_bytes())
            salt, cost = b64.decode(values["salt"]), values["scrypt"]
        except (ValueError, TypeError, KeyError):
            raise KeyStoreLocked(file=settings.name) from None
        if cost != _SCRYPT:  # the file is not authenticated: it must not choose how much memory is taken
            raise KeyStoreLocked(file=settings.name)
        return cls(directory, AESGCM(Scrypt(salt=salt, length=32, **_SCRYPT).derive(passphrase)))

    def load(self, name: str) -> StoredKey:
        """The key of this name; `KeyUnknown`, or `KeyStoreLocked` where it does not open."""
        path = self._path(name)
        if not path.exists():
            raise KeyUnknown(name=name)
        try:
            values = json.loads(path.read_bytes())
            sealed = b64.decode(values.pop("sealed"))
            private = self._wrapping.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], canonical.dumps(values))
        except (InvalidTag, ValueError, TypeError, KeyError, AttributeError):
            raise KeyStoreLocked(file=path.name) from None
        if values["name"] != name:  # a genuine file under another key's name
            raise KeyStoreLocked(file=path.name)
        created_at = datetime.fromisoformat(values["created_at"])
        return StoredKey(name, values["kind"], created_at, values["is_development"], private)

    def add(self, name: str, kind: str, *, now: datetime, is_development: bool, private: bytes | None = None) -> None:
        """A new key of this name, generated or from PKCS#8 bytes. Raises `KeyUnknown` for a name that is taken."""
        if not _NAME.fullmatch(name) or self._path(name).exists():
            raise KeyUnknown(name=name)
        self._save(StoredKey(name, kind, now, is_development, _generate(kind) if private is None else private))

    def destroy(self, name: str) -> None:
        """Remove a key's file for good; one that is gone already is fine."""
        self._path(name).unlink(missing_ok=True)
        sync(self._directory)

    def set_aside(self, name: str) -> None:
        """Move a key's file into a folder beside the store, where nothing uses it; one that is gone already is fine."""
        aside = self._directory.with_name(f"{self._directory.name}.aside")
        aside.mkdir(mode=0o700, exist_ok=True)
        if self._path(name).exists():
            self._path(name).replace(aside / self._path(name).name)
        sync(self._directory)

    def change_passphrase(self, passphrase: bytes) -> None:
        """Seal every key under another passphrase, whole or not at all: the old store stays until the new one is ready.

        It stays beside the new one until `forget_old`, so that whoever records the change can be killed too.
        Raises `KeyStoreLocked` where a key does not open.
        """
        with lock_folder(self._directory.parent):
            keys = [self.load(name) for name in self.names()]
            beside, before = _beside(self._directory)
            _remove(beside)
            beside.mkdir(mode=0o700)
            write_whole(beside / _SALT_FILE, _new_settings())
            store = KeyStore.open(beside, passphrase)
            for key in keys:
                store._save(key)
            self._directory.rename(before)
            beside.rename(self._directory)
            sync(self._directory.parent)
        self._wrapping = store._wrapping

    @property
    def has_old(self) -> bool:
        """Whether the passphrase was changed and the store under the one before still stands beside this one."""
        return _beside(self._directory)[1].is_dir()

    def forget_old(self) -> None:
        """Remove what a change of passphrase left under the one before; nothing where nothing is left."""
        _remove(_beside(self._directory)[1])

    @staticmethod
    def recover(directory: Path) -> None:
        """Undo a change of passphrase that was killed before the new store stood: the one of before stands again.

        One that was killed later is done, and is finished by `forget_old`. Waits for a change that goes on.
        """
        beside, before = _beside(directory)
        if not beside.is_dir() and directory.is_dir():
            return
        if directory.parent.is_dir():
            with lock_folder(directory.parent):
                if before.is_dir() and not directory.exists():
                    before.rename(directory)
                _remove(beside)

    def names(self) -> Iterator[str]:
        for path in sorted(self._directory.glob("*.json")):
            if path.name != _SALT_FILE:
                yield path.stem

    def missing(self, names: Iterable[str]) -> list[str]:
        """Which of these keys have no file here."""
        return sorted({*names} - {*self.names()})

    def _save(self, key: StoredKey) -> None:
        header = {
            "name": key.name,
            "kind": key.kind,
            "created_at": key.created_at.isoformat(),
            "is_development": key.is_development,
        }
        nonce = secrets.token_bytes(_NONCE_BYTES)
        # the header is authenticated: nobody can pass a development key off as another
        sealed = nonce + self._wrapping.encrypt(nonce, key.private_bytes, canonical.dumps(header))
        write_whole(self._path(key.name), canonical.dumps({**header, "sealed": b64.encode(sealed)}))

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}.json"


def read_passphrase(path: Path) -> bytes:
    """The passphrase in a file that only its owner may read; `KeyStoreUnsafe` or `KeyUnknown` otherwise.

    A systemd credential may have wider permissions, since its directory has not: name
    `$CREDENTIALS_DIRECTORY/<name>` in the settings. An empty file opens nothing: `KeyStoreLocked`.
    """
    if not path.exists():
        raise KeyUnknown(name=path.name)
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    is_credential = bool(credentials) and path.resolve().parent == Path(credentials or "").resolve()
    if path.stat().st_mode & 0o077 and not is_credential:
        raise KeyStoreUnsafe(path=path.name)
    passphrase = path.read_bytes().strip()
    if not passphrase:
        raise KeyStoreLocked(file=path.name)
    return passphrase


def _new_settings() -> bytes:
    return canonical.dumps({"scrypt": _SCRYPT, "salt": b64.encode(secrets.token_bytes(16))})


def _generate(kind: str) -> bytes:
    if kind == "secret":
        return secrets.token_bytes(_SECRET_BYTES)
    private: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
    if kind == "rsa":
        private = rsa.generate_private_key(public_exponent=65_537, key_size=_RSA_BITS)
    else:
        private = ec.generate_private_key(ec.SECP256R1()) if kind == "p256" else ed25519.Ed25519PrivateKey.generate()
    return private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def leftovers(directory: Path) -> list[str]:
    """Files and folders in and beside a key store that a command which was killed left behind, by their names."""
    beside, _ = _beside(directory)
    found = [path.name for path in directory.glob(f"*{UNFINISHED}")]
    return sorted([*found, beside.name] if beside.exists() else found)


def remove_leftovers(directory: Path) -> None:
    """Remove the same; waits for a change of passphrase that goes on."""
    with lock_folder(directory.parent):
        for path in directory.glob(f"*{UNFINISHED}"):
            path.unlink(missing_ok=True)
        _remove(_beside(directory)[0])


def _beside(directory: Path) -> tuple[Path, Path]:
    """Where the next store is made, and where the one before stands, while a passphrase is changed."""
    return directory.with_name(f"{directory.name}.new"), directory.with_name(f"{directory.name}.old")


def _remove(folder: Path) -> None:
    if folder.is_dir():
        shutil.rmtree(folder)
        sync(folder.parent)
