"""The linkage's storage (`keys.linkage.VaultStore`) over the tables, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from sqlalchemy import func
from sqlmodel import Session, col, select

from gateway.store.tables import LinkageRow, SubjectKeyRow, VaultRow
from keys.errors import VaultCorrupt
from keys.linkage import BlindIndexRow

_Row = TypeVar("_Row", VaultRow, SubjectKeyRow)


def count_without_key(session: Session) -> int:
    """How many people have a sealed number here and no key that opens it: theirs are in a backup of their own."""
    known = select(SubjectKeyRow.subject_id)
    return session.exec(select(func.count()).where(col(VaultRow.subject_id).not_in(known))).one()


class VaultTables:
    """Linkage rows, sealed numbers and wrapped subject keys of one open session.

    Whoever is added is found from then on, and is written together with everybody else who is: person by person, the
    tables would tell the order of the list (`gateway.store.order`).
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._added: dict[BlindIndexRow, str] = {}  # not written yet
        session.flush()  # what another vault of this session added

    def add(self, subject: str, *, sealed_cpr: bytes, wrapped_key: bytes, indexes: Sequence[BlindIndexRow]) -> None:
        self._session.add(VaultRow(subject_id=subject, sealed_cpr=sealed_cpr))
        self._session.add(SubjectKeyRow(subject_id=subject, wrapped_key=wrapped_key))
        self._add_indexes(subject, indexes)

    def replace(self, subject: str, *, sealed_cpr: bytes, indexes: Sequence[BlindIndexRow]) -> None:
        vault = self._get(VaultRow, subject)
        if vault is None:
            raise VaultCorrupt()
        vault.sealed_cpr = sealed_cpr
        self._session.add(vault)
        self._add_indexes(subject, indexes)

    def _add_indexes(self, subject: str, indexes: Sequence[BlindIndexRow]) -> None:
        for row in indexes:
            self._session.add(
                LinkageRow(domain=row.domain, key_version=row.key_version, blind_index=row.index, subject_id=subject)
            )
            self._added[row] = subject

    def subjects_at(self, domain: str, key_version: int, index: bytes) -> list[str]:
        query = select(LinkageRow.subject_id).where(
            LinkageRow.domain == domain,
            LinkageRow.key_version == key_version,
            LinkageRow.blind_index == index,
        )
        with self._session.no_autoflush:
            stored = self._session.exec(query).all()
        added = self._added.get(BlindIndexRow(domain, key_version, index))
        return [*stored, *([] if added is None or added in stored else [added])]

    def subjects_in(self, domain: str, key_version: int) -> Mapping[bytes, str]:
        query = select(LinkageRow.blind_index, LinkageRow.subject_id).where(
            LinkageRow.domain == domain, LinkageRow.key_version == key_version
        )
        return {bytes(index): subject for index, subject in self._session.exec(query)}

    def sealed_entry(self, subject: str) -> tuple[bytes, bytes]:
        sealed, key = self._get(VaultRow, subject), self._get(SubjectKeyRow, subject)
        if sealed is None or key is None:
            raise VaultCorrupt()
        return sealed.sealed_cpr, key.wrapped_key

    def _get(self, table: type[_Row], subject: str) -> _Row | None:
        with self._session.no_autoflush:
            stored = self._session.get(table, subject)
        return stored or self._session.get(table, subject)  # whoever was added just now is written first


class RehearsalVault(VaultTables):
    """The same vault where a list is tried: whoever is added is found again, and is stored nowhere."""

    def add(self, subject: str, *, sealed_cpr: bytes, wrapped_key: bytes, indexes: Sequence[BlindIndexRow]) -> None:
        self._added.update(dict.fromkeys(indexes, subject))
