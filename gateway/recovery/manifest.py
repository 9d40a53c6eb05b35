"""What a backup is made of, each part in a file of its own, and the manifest that names them.

The manifest lies encrypted beside them, for the same recipient. Whoever knows the recipient's key can encrypt another
one, so it carries, as the event beside it does, an HMAC-SHA256 (RFC 2104) under a key that HKDF (RFC 5869) derives from
the vault key: who made it held the keys of the installation.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.errors.recovery import BackupInvalid
from gateway.store.heads import Heads, LogHead
from outcome_verifier import canonical

DATABASE, SUBJECT_KEYS, KEYS, HEADS, JOURNAL = "database", "subject-keys", "keys", "heads", "erasures"
FILES: Mapping[str, str] = {
    DATABASE: "database.jsonl.gz.age",
    SUBJECT_KEYS: "subject-keys.jsonl.gz.age",
    KEYS: "keys.tar.age",
    HEADS: "heads.json.age",
    JOURNAL: "erasures.jsonl.age",
}
MANIFEST, EVENT = "manifest.json.age", "event.json.age"
_VERSION = 1
_INFO = b"outcome-gateway backup"
_SCHEMA = re.compile(r"[0-9]{4}")


@dataclass(frozen=True, slots=True)
class BackupPart:
    """One file as it lies there, encrypted: its SHA-256 in hexadecimal, its bytes, and the rows of tables in it."""

    sha256: str
    size: int
    rows: int


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """Of which installation and which moment a backup is, and what belongs to it. Heads by log, parts by name."""

    issuer: str
    kind: str
    fingerprint: str
    at: datetime
    program: str
    schema: str
    heads: Heads
    parts: Mapping[str, BackupPart]

    def encode(self, vault_key: bytes) -> bytes:
        """The manifest as it is written, with its HMAC."""
        return with_mac(self._members(), vault_key)

    def check(self, mac: str, vault_key: bytes) -> None:
        """Raise `BackupInvalid` where the manifest was not made with the keys of this installation."""
        check_mac(self._members(), mac, vault_key, file=MANIFEST)

    def _members(self) -> dict[str, object]:
        return {
            "v": _VERSION,
            "issuer": self.issuer,
            "kind": self.kind,
            "fingerprint": self.fingerprint,
            "at": self.at.isoformat(timespec="microseconds"),
            "program": self.program,
            "schema": self.schema,
            "heads": {log: [head.size, head.root.hex()] for log, head in self.heads.items()},
            "parts": {
                name: {"file": FILES[name], "sha256": part.sha256, "bytes": part.size, "rows": part.rows}
                for name, part in self.parts.items()
            },
        }


def read_manifest(data: bytes) -> tuple[BackupManifest, str]:
    """The manifest that `encode` wrote, and its HMAC, which is not compared yet. Raises `BackupInvalid`."""
    try:
        said = canonical.loads(data)
        if said["v"] != _VERSION or set(said["parts"]) != set(FILES) or not _SCHEMA.fullmatch(said["schema"]):
            raise ValueError
        heads = {log: LogHead(int(size), bytes.fromhex(root)) for log, (size, root) in said["heads"].items()}
        parts = {
            name: BackupPart(str(part["sha256"]), int(part["bytes"]), int(part["rows"]))
            for name, part in said["parts"].items()
        }
        issuer, kind, mark, program = (str(said[key]) for key in ("issuer", "kind", "fingerprint", "program"))
        at = datetime.fromisoformat(said["at"])
        manifest = BackupManifest(issuer, kind, mark, at, program, said["schema"], heads, parts)
        return manifest, str(said["hmac_sha256"])
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BackupInvalid(file=MANIFEST, reason="is no manifest that this version reads") from None


def with_mac(members: Mapping[str, object], vault_key: bytes) -> bytes:
    """Canonical JSON of these members and of the HMAC over them."""
    return canonical.dumps({**members, "hmac_sha256": _mac(members, vault_key)})


def check_mac(members: Mapping[str, object], mac: str, vault_key: bytes, *, file: str) -> None:
    """Raise `BackupInvalid` where these members were not written with this vault key."""
    if not hmac.compare_digest(mac.encode(), _mac(members, vault_key).encode()):
        raise BackupInvalid(file=file, reason="was not made by the installation whose keys are beside it")


def _mac(members: Mapping[str, object], vault_key: bytes) -> str:
    key = HKDF(SHA256(), 32, salt=None, info=_INFO).derive(vault_key)
    return hmac.digest(key, canonical.dumps(dict(members)), sha256).hex()
