"""Whether key files, rows and logs agree, and one command that mends what a killed command left behind.

Nothing that could open or sign anything is destroyed: a file that no row names is set aside, since a database that was
restored may have forgotten it; private parts of keys whose row says that they are gone are removed, and so are
unfinished files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from gateway.events.installation import KeysMended
from gateway.installation.gateway import Gateway
from gateway.store.tables import SigningKeyRow
from keys.keystore import KINDS, leftovers, remove_leftovers
from keys.lifecycle import KeyState

_GONE = frozenset({KeyState.DESTROYED, KeyState.COMPROMISED})


@dataclass(frozen=True, slots=True)
class KeyFindings:
    """Where key files and rows do not agree; names of key files, and of signing keys by thumbprint."""

    unfinished: tuple[str, ...]  # files and folders that a killed command left
    orphans: tuple[str, ...]  # key files that no row names
    undead: tuple[str, ...]  # private parts of keys that are destroyed or compromised by their rows
    lost: tuple[str, ...]  # signing keys by thumbprint whose private part should be here, and is not

    @property
    def can_be_mended(self) -> tuple[str, ...]:
        return (*self.unfinished, *self.orphans, *self.undead)


def find_keys(gateway: Gateway, session: Session) -> KeyFindings:
    """Compare the key store with the rows of the signing keys."""
    names = {*gateway.keystore.names()}
    rows = session.exec(select(SigningKeyRow).order_by(col(SigningKeyRow.added_at), SigningKeyRow.kid)).all()
    in_files = [row for row in rows if row.uri.startswith("file:")]
    known = {_file_of(row) for row in in_files} | {*KINDS}
    return KeyFindings(
        unfinished=tuple(leftovers(gateway.settings.keys_directory)),
        orphans=tuple(sorted(names - known)),
        undead=tuple(sorted(_file_of(row) for row in in_files if row.state in _GONE and _file_of(row) in names)),
        lost=tuple(row.kid for row in in_files if row.state not in _GONE and _file_of(row) not in names),
    )


def mend_keys(gateway: Gateway) -> Sequence[str]:
    """Remove what can be mended, and return its names; nothing, again. Raises what `Store.write` raises."""
    with gateway.store.read() as session:
        if not find_keys(gateway, session).can_be_mended:
            return ()
    with gateway.write() as uow:
        found = find_keys(gateway, uow.session)
        uow.record(KeysMended(removed=list(found.can_be_mended)))
        remove_leftovers(gateway.settings.keys_directory)  # whoever writes a key now waits for this transaction
    # after the commit: a kill between leaves what the same command mends
    for name in found.orphans:
        gateway.keystore.set_aside(name)
    for name in found.undead:
        gateway.keystore.destroy(name)
    return found.can_be_mended


def _file_of(row: SigningKeyRow) -> str:
    return row.uri.removeprefix("file:")
