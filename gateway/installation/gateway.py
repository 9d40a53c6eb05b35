"""The composition root: one installation = one controller = one database and one key store.

`initialise` makes an installation once; `Gateway.open` puts its parts together for every command and for the
server. Nothing else in the gateway builds a store, a key store or a policy engine.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from sqlmodel import Session

from gateway.attestations import manifest, status
from gateway.errors.contracts import ContractUnknown
from gateway.errors.installation import NoActiveKey
from gateway.errors.signer import KindMismatch
from gateway.events.actor import Actor
from gateway.events.installation import PassphraseChanged
from gateway.installation import in_force
from gateway.installation.in_force import check_profile, open_store
from gateway.installation.secrets_folder import SecretsFolder
from gateway.installation.settings import REAL_TIME, Kind, Settings, utc_now
from gateway.outcomes.contract import Contract
from gateway.outcomes.terms import Window
from gateway.store import contract_queries, queries
from gateway.store.clock import ClockRule
from gateway.store.contract_tables import Installation
from gateway.store.tables import KeyManifestRow
from gateway.store.unit_of_work import Store, UnitOfWork
from keys.errors import KeysMissing, KeyStoreLocked
from keys.keystore import KINDS, KeyStore
from keys.signer import LogKey, Signer, log_key, signer_from_uri
from keys.source_keys import SourceKeys
from policies.programme import Programme
from policies.programme_file import load_programme

if TYPE_CHECKING:
    from connectors.boundary import Boundary
    from connectors.declaration import SourceDeclaration
    from connectors.transport import Transport
    from policies.engine import PolicyEngine

Clock = Callable[[], datetime]
LOGS = ("attest", "payment", "access")
FIRST_SIGNING_KEY = "attestation"
PUBLIC_LOGS = ("attest", "payment")  # whose keys the trust file names, the attest log first


@dataclass(frozen=True, slots=True)
class Gateway:
    """One opened installation and its clock."""

    settings: Settings
    store: Store
    keystore: KeyStore
    load_policies: Callable[[], PolicyEngine]  # when something is to be decided; the same engine each time
    installed: Installation
    clock: Clock
    acting: Actor | None = None  # a client or the server; without one, whoever the settings name

    @classmethod
    def open(cls, settings: Settings, *, clock: Clock = utc_now) -> Gateway:
        """The installation that these settings name.

        Raises `NotInstalled`, `SchemaOutdated`, `KeysMissing`, `KeyStoreUnsafe`, `KeyStoreLocked`, `KindMismatch` where
        a key is of another kind of installation, and `UnsafeForProduction` where the profile asks for another one.
        """
        KeyStore.recover(settings.keys_directory)
        store, row = open_store(settings)
        keystore = open_keys(settings)
        check_profile(settings, row.kind)
        check_keys(keystore, row.kind)
        store.unlock(cache(lambda: keystore.load("vault").private_bytes))
        if row.kind != Kind.DEMO and settings.longest_pause_days:
            store.longest_pause = timedelta(days=settings.longest_pause_days)
        gateway = cls(settings, store, keystore, cache(policies_on_disk), row, clock)
        if keystore.has_old:
            gateway.finish_passphrase()
        return gateway

    @property
    def host(self) -> str:
        return self.installed.host_name

    @property
    def policies(self) -> PolicyEngine:
        """The rules on disk. Raises `PolicySetInvalid`."""
        return self.load_policies()

    @property
    def actor(self) -> Actor:
        """Who acts here, as every event in the access log says. Raises `TextInvalid`."""
        return self.acting or self.settings.actor

    def acting_as(self, actor: Actor) -> Gateway:
        """The same installation, for what a client asks or the server does by itself."""
        return replace(self, acting=actor)

    def change_passphrase(self, passphrase: bytes) -> None:
        """Seal every key under another passphrase, and record that. Killed at any place, the next command that opens
        the installation undoes or finishes it. Raises `KeyStoreLocked` where a key does not open."""
        with self.write() as uow:  # which refuses first, where nothing may be written
            uow.record(PassphraseChanged())
            self.keystore.change_passphrase(passphrase)
        self.keystore.forget_old()

    def finish_passphrase(self) -> None:
        """Record a change of passphrase that was killed before it was recorded, and forget the keys under the one
        before."""
        with self.write() as uow:
            uow.record(PassphraseChanged())
        self.keystore.forget_old()

    def write(self, *, clock: ClockRule = ClockRule.CHECKED) -> AbstractContextManager[UnitOfWork]:
        """A writing transaction of whoever acts, now. Raises what `Store.write` raises."""
        return self.store.write(self.clock(), by=self.actor, clock=clock)

    @property
    def issuer(self) -> str:
        return f"https://{self.host}"

    def signer(self, session: Session) -> Signer:
        """The active key, which seals attestations and status lists.

        Raises `NoActiveKey` where none is active, `KeyStoreLocked` where another key stands at its place,
        `KindMismatch` where it is one of another kind of installation, and what `signer_from_uri` raises.
        """
        row = queries.active_key(session)
        if row is None:
            raise NoActiveKey()
        signer = signer_from_uri(row.uri, self.keystore, alg=row.alg)
        if signer.kid != row.kid:
            raise KeyStoreLocked(file=row.uri)
        check_signer(signer, self.installed.kind, uri=row.uri)
        return signer

    def has_development_key(self) -> bool:
        """Whether a development key signs, or could sign next."""
        with self.store.read() as session:
            return any(key.is_development for key in queries.usable_keys(session))

    def anchor(self) -> Signer:
        """The key that signs key manifests: what a contract's fingerprint stands for."""
        return signer_from_uri("file:manifest", self.keystore)

    def token_signer(self) -> Signer:
        return signer_from_uri("file:token", self.keystore)

    def record_manifest(self, session: Session, *, now: datetime) -> KeyManifestRow:
        """Sign and log the next version of the key manifest."""
        logs = [self.log_key(log) for log in PUBLIC_LOGS]
        return manifest.record_manifest(session, issuer=self.issuer, anchor=self.anchor(), logs=logs, now=now)

    def trust_bytes(self, session: Session) -> bytes:
        """The trust file by which anybody checks this installation's attestations."""
        return manifest.trust_bytes(session, issuer=self.issuer, anchor=self.anchor())

    def trust_file(self) -> bytes:
        """`trust_bytes` in a session of its own."""
        with self.store.read() as session:
            return self.trust_bytes(session)

    def status_token(self, uow: UnitOfWork, *, no_older_than: datetime | None = None) -> str:
        """The signed status list of now; no older than what it is stapled to."""
        return status.current_token(
            uow,
            self.signer(uow.session),
            issuer=self.issuer,
            log_key=self.log_key("attest"),
            ttl_seconds=self.settings.status_ttl_seconds,
            no_older_than=no_older_than,
        )

    @property
    def fingerprint(self) -> str:
        """What a contract prints: it stays the same when signing keys are rotated."""
        return manifest.trust_fingerprint(issuer=self.issuer, anchor=self.anchor())

    def origin(self, log: str) -> str:
        return f"{self.host}/{log}"

    def log_key(self, log: str) -> LogKey:
        return log_key(self.keystore, log, self.origin(log))

    def boundary(self, session: Session, *, rehearses: bool = False) -> Boundary:
        """The boundary over the linkage of this session; one that `rehearses` enrols nobody."""
        # most commands match nobody, and need not load what matches whole columns (numpy)
        from connectors.boundary import Boundary
        from gateway.store.vault import RehearsalVault, VaultTables
        from keys.linkage import Linkage

        secret, vault_key = (self.keystore.load(name).private_bytes for name in ("linkage", "vault"))
        vault = RehearsalVault(session) if rehearses else VaultTables(session)
        return Boundary(Linkage(vault, secret=secret, vault_key=vault_key))

    def source_keys(self, contract_id: str, declaration: SourceDeclaration) -> SourceKeys:
        """What keeps a source's own numbers and versions for a contract."""
        secret = self.keystore.load("linkage").private_bytes
        return SourceKeys.derive(secret, contract_id=contract_id, source_id=declaration.id)

    @property
    def secrets(self) -> SecretsFolder:
        """What source declarations name and never hold."""
        return SecretsFolder(self.settings.secrets_path)

    def transport(self, declaration: SourceDeclaration) -> Transport:
        """What asks a declared source of records. Raises `SecretMissing`, and what the transport itself raises."""
        from connectors.transports import connect

        return connect(declaration.transport, declaration.schema, self.secrets, REAL_TIME)

    def contract(self, session: Session, contract_id: str, *, on: date | None = None) -> Contract:
        """The version of a contract in force on a day, or the newest; `ContractUnknown` where there is none."""
        return self.contract_and_text(session, contract_id, on=on)[0]

    def contract_and_text(
        self, session: Session, contract_id: str, *, on: date | None = None, known_at: datetime | None = None
    ) -> tuple[Contract, str]:
        """The same with the text of its file; with `known_at`, among the versions that were in force here by then."""
        return in_force.contract_and_text(session, contract_id, on=on, known_at=known_at)

    def contract_for(self, session: Session, contract_id: str, window: Window) -> Contract:
        """The version in force at a window's end: a pause or an extension never changes an earlier window."""
        return self.contract(session, contract_id, on=window.to_week.sunday)

    def programme(self, session: Session, contract_id: str, *, known_at: datetime | None = None) -> Programme:
        """The programme in force for a contract, now or at an instant; `ContractUnknown` where there is none."""
        programmes = contract_queries.programmes(session, contract_id)
        rows = [row for row in programmes if known_at is None or row.activated_at <= known_at]
        if not rows:
            raise ContractUnknown(contract=contract_id)
        return load_programme(rows[-1].text, file=rows[-1].file_name)


def open_keys(settings: Settings) -> KeyStore:
    """The key store of an installation that stands: every key that it began with must be there, but for the first
    signing key, which another may have followed. Raises `KeysMissing`, and what `KeyStore.open` raises."""
    began_with = {*KINDS} - {FIRST_SIGNING_KEY}
    if not settings.keys_directory.is_dir():
        raise KeysMissing(names=sorted(began_with))
    keystore = KeyStore.open(settings.keys_directory, settings.read_passphrase())
    if missing := keystore.missing(began_with):
        raise KeysMissing(names=missing)
    return keystore


def is_development(kind: str) -> bool:
    """Whether the keys of this kind of installation are development keys."""
    return kind != Kind.PRODUCTION


def check_keys(keystore: KeyStore, kind: str) -> None:
    """Every key of the store is of this kind of installation: its file says so, under the passphrase.

    So neither a key store that was copied here, nor a row of the database that was edited, turns one kind into the
    other. Raises `KindMismatch`, also for a kind that there is none of, and `KeyStoreLocked`.
    """
    if kind not in set(Kind):
        raise KindMismatch(kind="strange", reason="its kind was edited")
    for name in keystore.names():
        if keystore.load(name).is_development != is_development(kind):
            other = "a production key" if is_development(kind) else "a development key"
            raise KindMismatch(kind=kind, reason=f"{name} is {other}")


def check_signer(signer: Signer, kind: str, *, uri: str) -> None:
    """A hardware token holds production keys alone. Raises `KindMismatch`."""
    if signer.is_development != is_development(kind):
        other = "a production key" if is_development(kind) else "a development key"
        raise KindMismatch(kind=kind, reason=f"{uri.partition('?')[0]} is {other}")


def policies_on_disk() -> PolicyEngine:
    from policies.engine import PolicyEngine  # a command that decides nothing need not load Cedar

    return PolicyEngine.load()
