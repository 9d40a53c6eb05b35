"""An installation begins, and is brought to another version of the software: two commands that make what is missing
only where there was nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cache

from gateway.attestations import status
from gateway.errors.installation import AlreadyInstalled, DatabaseLost, NotInstalled
from gateway.errors.signer import KindMismatch
from gateway.events.installation import Installed, SchemaUpgraded, SigningKeyChanged
from gateway.events.rights import PolicySetApproved
from gateway.installation.gateway import (
    FIRST_SIGNING_KEY,
    Clock,
    Gateway,
    check_keys,
    is_development,
    open_keys,
    policies_on_disk,
)
from gateway.installation.in_force import check_profile, installation_in, store_of
from gateway.installation.settings import Kind, Settings, utc_now
from gateway.store import ledger
from gateway.store.contract_tables import Installation
from gateway.store.heads import KeptHeads, heads_of
from gateway.store.schema import CURRENT, check_schema, migrate, newest_migration
from gateway.store.tables import SigningKeyRow
from gateway.store.unit_of_work import Store, UnitOfWork
from keys.keystore import KeyStore
from keys.lifecycle import KeyState
from keys.signer import signer_from_uri
from keys.whole_file import write_whole
from vocabulary.typed_text import check_name

_KEEPS_HEADS = "0007"  # the schema from which on heads are kept outside the database


def initialise(
    settings: Settings,
    *,
    host_name: str,
    municipality_code: str,
    municipality_name: str,
    kind: Kind,
    clock: Clock = utc_now,
) -> Gateway:
    """Make the directories, keys, database and status list of a new installation, and open it.

    Where it stands already it is opened, and nothing is changed or made: neither a key that is lost nor a database. A
    test or demo installation gets development keys: they are marked in every attestation, and production refuses them.
    Without a passphrase file a random passphrase is written to one. Raises `UnsafeForProduction` where the profile asks
    for another kind, `KindMismatch` where what stands there is of another, `AlreadyInstalled` where it has another
    name, `KeysMissing`, `SchemaOutdated`, and `DatabaseLost` where keys have signed heads of logs that the database
    does not hold: before anything is made.
    """
    check_name(municipality_name, what="the municipality's name")
    check_name(host_name, what="the host name")
    check_profile(settings, kind)
    KeyStore.recover(settings.keys_directory)
    store = store_of(settings)
    if (there := _standing(settings, store)) is not None:
        _check_same(settings, there, host_name, municipality_code, kind)
        return Gateway.open(settings, clock=clock)
    if any(settings.keys_directory.glob("*.json")):  # a start that was killed
        check_keys(KeyStore.open(settings.keys_directory, settings.read_passphrase()), kind)
    now = clock()
    settings.data_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.public_directory.mkdir(exist_ok=True)
    if not settings.passphrase_path.exists():
        write_whole(settings.passphrase_path, secrets.token_hex(32).encode("ascii"))
    keystore = KeyStore.create(
        settings.keys_directory, settings.read_passphrase(), now=now, is_development=is_development(kind)
    )
    migrate(store)
    with store.write(now, by=settings.actor) as uow:
        row = Installation(
            host_name=host_name,
            municipality_code=municipality_code,
            municipality_name=municipality_name,
            kind=kind,
            created_at=now,
        )
        uow.session.add(row)
        status.create_list(uow.session, now=now)
        uow.record(Installed(host=host_name, municipality=municipality_code, installation=kind))
        first = Gateway(settings, store, keystore, cache(policies_on_disk), row, clock)
        _first_key(first, uow)
        ledger.checkpoint(uow.session, "payment", first.log_key("payment"), at=now)  # published while it is empty
        _first_policy_set(first, uow)
    store.dispose()
    return Gateway.open(settings, clock=clock)


@dataclass(frozen=True, slots=True)
class Upgraded:
    """An installation whose database was at one schema, and is at this version's."""

    gateway: Gateway
    from_schema: str


def upgrade(settings: Settings, *, clock: Clock = utc_now) -> Upgraded:
    """Bring the database of an installation to this version's schema, and open it; again changes nothing.

    Of an installation from before heads were kept outside the database, they are kept from now on.

    Raises `NotInstalled`, `KeysMissing`, and what `Gateway.open` raises.
    """
    store = store_of(settings)
    found = newest_migration(store) if settings.data_directory.is_dir() else None
    if found is None:
        raise NotInstalled(where=str(settings.data_directory))
    KeyStore.recover(settings.keys_directory)
    open_keys(settings)
    if found < _KEEPS_HEADS:
        _begin_heads(settings, store)
    migrate(store)
    store.dispose()
    gateway = Gateway.open(settings, clock=clock)
    if found != CURRENT:
        with gateway.write() as uow:
            uow.record(SchemaUpgraded(from_schema=found, to_schema=CURRENT))
    return Upgraded(gateway, found)


def _begin_heads(settings: Settings, store: Store) -> None:
    """Keep the heads of the logs where none ever were, before anything is changed: killed, the same again."""
    kept = KeptHeads(settings.heads_directory)
    if kept.read() is None:
        with store.read() as session:
            present = heads_of(session)
        with kept.keeping(present):
            pass


def is_outdated(settings: Settings) -> bool:
    """Whether an installation stands here whose database an upgrade would change. Raises `RestoreUnfinished`."""
    if not settings.data_directory.is_dir():
        return False
    return newest_migration(store_of(settings)) not in (None, CURRENT)


def _standing(settings: Settings, store: Store) -> Installation | None:
    """What stands in the database; None where it holds nothing. Raises `SchemaOutdated`, and `DatabaseLost` where
    heads of logs were kept or published of an installation that it does not hold."""
    there = None
    # to look for an SQLite file would make it
    may_hold = not store.is_sqlite or settings.database_url or (settings.data_directory / "gateway.sqlite").exists()
    if may_hold and newest_migration(store) is not None:
        check_schema(store)
        there = installation_in(store)
    published = settings.public_directory / "log" / "attest" / "checkpoint"
    if there is None and (KeptHeads(settings.heads_directory).read() or published.exists()):
        shown = store.engine.url.render_as_string(hide_password=True)
        raise DatabaseLost(where=str(settings.data_directory), database=shown)
    return there


def _check_same(settings: Settings, there: Installation, host_name: str, municipality_code: str, kind: Kind) -> None:
    if (there.host_name, there.municipality_code) != (host_name, municipality_code):
        raise AlreadyInstalled(where=str(settings.data_directory))
    if there.kind != kind:
        raise KindMismatch(kind=there.kind, reason=f"it cannot become a {kind} installation; choose another directory")


def _first_key(gateway: Gateway, uow: UnitOfWork) -> None:
    """Make the key of the first day active, in the transaction that makes the installation."""
    signer = signer_from_uri(f"file:{FIRST_SIGNING_KEY}", gateway.keystore)
    uow.session.add(
        SigningKeyRow(
            kid=signer.kid,
            uri=f"file:{FIRST_SIGNING_KEY}",
            alg=signer.alg,
            jwk=dict(signer.public_jwk),
            x5c=[],
            state=KeyState.ACTIVE,
            is_development=signer.is_development,
            added_at=uow.now,
            valid_from=uow.now,
        )
    )
    version = gateway.record_manifest(uow.session, now=uow.now).version
    uow.record(SigningKeyChanged(key=signer.kid, action="add", state=KeyState.ACTIVE, manifest=version))


def _first_policy_set(gateway: Gateway, uow: UnitOfWork) -> None:
    """Approve the rules that come with the software, as whoever installs it."""
    from gateway.installation import policy_sets  # reads rules, and so loads Cedar

    rules, anchor = gateway.policies.rules, gateway.anchor()
    row = policy_sets.approve(
        uow.session, rules, anchor=anchor, issuer=gateway.issuer, by=gateway.actor.name, now=uow.now
    )
    uow.record(PolicySetApproved(sha256=row.sha256, approval_sha256=policy_sets.approval_sha256(row)))
