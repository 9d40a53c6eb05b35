"""A backup whose manifest opens, and what is in its small parts: the key files, and the event that names it."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.errors.recovery import BackupInvalid
from gateway.events.installation import BackupMade
from gateway.recovery.manifest import (
    EVENT,
    FILES,
    HEADS,
    KEYS,
    MANIFEST,
    SUBJECT_KEYS,
    BackupManifest,
    check_mac,
    read_manifest,
)
from keys.age_files import AgeIdentity, measure_file, open_sealed
from outcome_verifier import canonical

_MAY_BE_ABSENT = (SUBJECT_KEYS, HEADS)
_MAC = "hmac_sha256"
_KEY_FILE = re.compile(r"[a-z][a-z0-9-]{0,63}\.json")


@dataclass(frozen=True, slots=True)
class OpenedBackup:
    """A backup whose manifest opens, and whose files have the digests that it names."""

    folder: Path
    identity: AgeIdentity
    manifest: BackupManifest
    mac: str
    manifest_sha256: str
    absent: tuple[str, ...]

    def read_part(self, part: str) -> bytes:
        """A small part; nothing where it is not there."""
        return b"" if part in self.absent else open_sealed(self.folder / FILES[part], self.identity)


@dataclass(frozen=True, slots=True)
class BackupEvent:
    """The entry of the access log that names a backup, with what its leaf commits to."""

    idx: int
    kind: str
    body: str
    leaf_data: bytes
    nonce: bytes
    at: datetime


def look_at(folder: Path, identity: AgeIdentity) -> OpenedBackup:
    """The backup in a folder. Raises `BackupInvalid` where a file is missing that must be there, or was changed."""
    if not (folder / MANIFEST).exists():
        raise BackupInvalid(file=str(folder / MANIFEST), reason="is not there: the folder holds no backup")
    manifest, mac = read_manifest(open_sealed(folder / MANIFEST, identity))
    absent = tuple(part for part, name in FILES.items() if not (folder / name).exists())
    for part in absent:
        if part not in _MAY_BE_ABSENT:
            raise BackupInvalid(file=FILES[part], reason="is not there: put it beside the manifest")
    for part, said in manifest.parts.items():
        if part in absent:
            continue
        found = measure_file(folder / FILES[part])
        if (found.sha256, found.size) != (said.sha256, said.size):
            raise BackupInvalid(file=FILES[part], reason="is not the one that the manifest names: it was changed")
    return OpenedBackup(folder, identity, manifest, mac, measure_file(folder / MANIFEST).sha256, absent)


def key_files(data: bytes) -> Mapping[str, bytes]:
    """The files of the key store, by name. Raises `BackupInvalid` where one is no file of a key store."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for entry in archive:
                content = archive.extractfile(entry) if entry.isreg() else None
                if content is None or not _KEY_FILE.fullmatch(entry.name):
                    raise ValueError(entry.name)
                found[entry.name] = content.read()
    except (tarfile.TarError, ValueError):
        raise BackupInvalid(file=FILES[KEYS], reason="holds something else than the files of a key store") from None
    return found


def event_of(data: bytes, *, manifest: str, vault_key: bytes) -> BackupEvent:
    """The event of the backup with this manifest. Raises `BackupInvalid` where it is another one's, or was made without
    the keys."""
    try:
        said = canonical.loads(data)
        check_mac({name: said[name] for name in set(said) - {_MAC}}, str(said[_MAC]), vault_key, file=EVENT)
        event = BackupEvent(
            int(said["idx"]),
            str(said["kind"]),
            str(said["body"]),
            b64decode(said["leaf_data"], validate=True),
            b64decode(said["nonce"], validate=True),
            datetime.fromisoformat(said["at"]),
        )
        body = event.body.encode()
        is_whole = event.leaf_data == hashlib.sha256(event.nonce + body).digest()
        if not is_whole or event.kind != BackupMade.kind or canonical.loads(body)["manifest"] != manifest:
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BackupInvalid(file=EVENT, reason="is not the event of this backup") from None
    return event
