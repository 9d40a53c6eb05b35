"""The composition root: one installation = one controller = one database and one key store.

`initialise` makes an installation once; `Gateway.open` puts its parts together for every command and for
the server. Nothing else in the gateway builds a store, a key store or a policy engine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from connectors.boundary import Boundary
from gateway import publication
from gateway.attestations import metadata, status
from gateway.errors import AlreadyInstalled, NotInstalled
from gateway.events import Installed
from gateway.outcomes.contract import Contract, load_contract
from gateway.settings import Settings, utc_now
from gateway.store import queries
from gateway.store.tables import Installation
from gateway.store.unit_of_work import Store, UnitOfWork
from gateway.store.vault import VaultTables
from keys.keystore import KeyStore, passphrase_from
from keys.linkage import Linkage
from keys.signer import LogKey, Signer, signer_from_uri
from policies.decision import Decision
from policies.engine import PolicyEngine, Request
from policies.programme import Programme, load_programme

LOG_NAMES = ("attest", "payment", "access")
_KEY_VERSION = 1


@dataclass(frozen=True, slots=True)
class Gateway:
    """One opened installation and its clock."""

    settings: Settings
    store: Store
    keystore: KeyStore
    policies: PolicyEngine
    host: str
    municipality_code: str
    municipality_name: str
    clock: Callable[[], datetime]

    @classmethod
    def open(cls, settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> Gateway:
        """The installation that these settings name; `NotInstalled` where `gateway init` never ran.

        Raises `UnsafeForProduction` when the production profile meets a development key.
        """
        if not settings.keys_directory.is_dir():
            raise NotInstalled(where=str(settings.data_directory))
        store = Store(settings.database_url, access_origin="")
        keystore = KeyStore.open(settings.keys_directory, passphrase_from(settings))
        with store.read(clock()) as session:
            row = session.exec(select(Installation)).one_or_none()
        if row is None:
            raise NotInstalled(where=str(settings.data_directory))
        return cls(
            settings, store, keystore, PolicyEngine.load(), row.host_name,
            row.municipality_code, row.municipality_name, clock,
        )  # fmt: skip
