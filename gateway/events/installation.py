"""What the access log tells of the installation itself: its keys, its public files, its clients."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class Installed(Event):
    kind = "installed"
    host: str
    municipality: str
    installation: str  # "production" | "test" | "demo"


@dataclass(frozen=True, slots=True)
class SigningKeyChanged(Event):
    """A signing key came or changed its state; `manifest` is the version that says so."""

    kind = "signing_key_changed"

    key: str
    action: str
    state: str
    manifest: int


@dataclass(frozen=True, slots=True)
class PassphraseChanged(Event):
    """Every key is sealed under another passphrase than before."""

    kind = "passphrase_changed"


@dataclass(frozen=True, slots=True)
class KeysMended(Event):
    """Files that killed commands left in the key store were removed or set aside, by these names."""

    kind = "keys_mended"
    removed: list[str]


@dataclass(frozen=True, slots=True)
class BackupBegun(Event):
    """Everything is about to be copied for whoever holds the private part of `recipient`, a public key of age."""

    kind = "backup_begun"
    recipient: str


@dataclass(frozen=True, slots=True)
class BackupMade(Event):
    """A copy of everything left for whoever holds the private part of `recipient`, a public key of age. `manifest` is
    the SHA-256 of its manifest as it lies there, encrypted."""

    kind = "backup_made"
    recipient: str
    manifest: str


@dataclass(frozen=True, slots=True)
class BackupRestored(Event):
    """What stands here came from the backup whose encrypted manifest has this SHA-256, made at that instant. Whatever
    was written after that instant and before this event is not here."""

    kind = "backup_restored"
    manifest: str
    made_at: str


@dataclass(frozen=True, slots=True)
class StatusListSigned(Event):
    kind = "status_list_signed"
    list: int
    sha256: str
    leaf_index: int


@dataclass(frozen=True, slots=True)
class ClientRegistered(Event):
    kind = "client_registered"
    client: str
    organisation: str
    role: str
    key: str


@dataclass(frozen=True, slots=True)
class ClientRevoked(Event):
    kind = "client_revoked"
    client: str
    key: str


@dataclass(frozen=True, slots=True)
class TokenIssued(Event):
    kind = "token_issued"
    token: str


@dataclass(frozen=True, slots=True)
class SchemaUpgraded(Event):
    """The database was brought from one schema to another by this version of the software."""

    kind = "schema_upgraded"
    from_schema: str
    to_schema: str


@dataclass(frozen=True, slots=True)
class TrustExported(Event):
    kind = "trust_exported"
    fingerprint: str
