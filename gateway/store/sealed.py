"""What is known of people, sealed: one value for each person and source under the person's own key, all of one length.

A thief of the database without its key store sees how many people a contract has and which sources told something. A
row for each fact, or a value for each edition of a file, would show how many there are of whom, and when they changed:
whoever holds the files reads off who is who. So a value holds every edition of its source; everybody of a contract has
one as soon as the source tells of anybody; and what is written is written anew for everybody, in the order of the ids.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, LargeBinary, func
from sqlmodel import Field, Session, SQLModel, col, delete, select

from gateway.store.order import OF_PEOPLE, insert_rows
from gateway.store.tables import Subject, SubjectKeyRow
from gateway.store.unlocked import vault_key
from keys.errors import VaultCorrupt
from keys.sealing import OVERHEAD, cipher_of_contract, pad, seal, size_class, unpad, unseal

Value = list[Any]  # JSON: what one source told of one person
NO_PERSON = ""  # whose value belongs to the contract alone
_CIPHERS = "ciphers"  # of `Session.info`
_AT_ONCE = 500  # ids in one statement
_TEXT = json.JSONEncoder(separators=(",", ":"), check_circular=False)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class About(StrEnum):
    """What a sealed value holds; the row says so."""

    WEEKS = "weeks"
    PAY = "pay"
    EVIDENCE = "evidence"
    RECORDS = "records"  # the newest version of each, of a source of changes
    ANSWERS = "answers"  # of a run that has not ended, or waits until somebody has looked
    FIGURES = "figures"  # that a payment document rests on, all people together
    PENDING = "pending"  # what whoever was erased since the last of them had reached since then


class SealedRow(SQLModel, table=True):
    """All that a source has told of a person, under the subject's key (AES-256-GCM, padded), and bound to its place.
    Personal data; useless without the vault key; an edit is noticed when it is opened; an old value that is put back
    falsifies an outcome, and shows in the evaluation's input digest.
    """

    __table_args__ = OF_PEOPLE
    contract_id: str = Field(primary_key=True)
    about: str = Field(primary_key=True)
    source_id: str = Field(primary_key=True)  # of answers: the run; of figures: the release
    subject_id: str = Field(primary_key=True, index=True)  # empty where it is nobody's
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the values of one contract and source stand."""

    contract_id: str
    about: About
    source_id: str

    def bound_to(self, subject: str) -> str:
        """What a value is sealed together with."""
        return f"{self.contract_id}/{self.about}/{self.source_id}/{subject}"


def opened_values(session: Session, shelf: Shelf, subjects: Collection[str] | None = None) -> dict[str, Value]:
    """Subject id -> what stands on a shelf, of everybody or of these people; whoever has no value is left out.

    Raises `VaultCorrupt` where a value, or a subject's key, was changed.
    """
    found: dict[str, Value] = {}
    query = select(SealedRow.subject_id, SealedRow.sealed).where(*_on(shelf))
    for some in [None] if subjects is None else _in_batches(subjects):
        rows = session.exec(query if some is None else query.where(col(SealedRow.subject_id).in_(some))).all()
        ciphers = _ciphers(session, shelf.contract_id, [subject for subject, _ in rows])
        for subject, sealed in rows:
            found[subject] = _open(ciphers.get(subject), sealed, shelf.bound_to(subject))
    return found


def everybodys_values(session: Session, shelf: Shelf) -> dict[str, Value]:
    """The same for everybody of the contract: empty of whom nothing was told."""
    session.flush()
    people = session.exec(select(Subject.subject_id).where(Subject.contract_id == shelf.contract_id))
    return {subject: [] for subject in people} | opened_values(session, shelf)


def sources_of_contract(session: Session, contract_id: str, about: About) -> Sequence[str]:
    """The sources that told something about anybody of a contract."""
    query = select(SealedRow.source_id).where(SealedRow.contract_id == contract_id, SealedRow.about == about)
    return session.exec(query.distinct().order_by(SealedRow.source_id)).all()


def values_of_person(session: Session, contract_id: str, about: About, subject: str) -> dict[str, Value]:
    """Source -> what it told of one person, by the name of the source."""
    query = select(SealedRow.source_id).where(
        SealedRow.contract_id == contract_id, SealedRow.about == about, SealedRow.subject_id == subject
    )
    sources = session.exec(query.order_by(SealedRow.source_id)).all()
    return {source: opened_values(session, Shelf(contract_id, about, source), [subject])[subject] for source in sources}


def seal_values(session: Session, shelf: Shelf, values: Mapping[str, Value]) -> None:
    """Put these people's values in the place of what stood on the shelf. All that stands there keeps one length: where
    one of these is longer, everybody's is sealed anew.
    """
    packed = {subject: _pack(value) for subject, value in values.items()}
    size = size_class(max(map(len, packed.values()), default=0))
    before = session.exec(select(func.max(func.length(SealedRow.sealed))).where(*_on(shelf))).one()
    if before is not None and before - OVERHEAD >= size:
        size = before - OVERHEAD
    elif before is not None:
        packed = {s: _pack(v) for s, v in opened_values(session, shelf).items()} | packed
    for some in _in_batches(packed):
        session.exec(delete(SealedRow).where(*_on(shelf), col(SealedRow.subject_id).in_(some)))
    ciphers = _ciphers(session, shelf.contract_id, packed)
    if not packed.keys() <= ciphers.keys():
        raise VaultCorrupt()
    rows = [
        {
            "contract_id": shelf.contract_id,
            "about": shelf.about,
            "source_id": shelf.source_id,
            "subject_id": subject,
            "sealed": seal(ciphers[subject], pad(data, size), shelf.bound_to(subject)),
        }
        for subject, data in packed.items()
    ]
    insert_rows(session, SealedRow, rows)


def clear(session: Session, shelf: Shelf) -> None:
    """Delete everything on a shelf."""
    session.exec(delete(SealedRow).where(*_on(shelf)))


def microseconds(at: datetime) -> int:
    """An instant as values hold it: whole microseconds since 1970 in UTC. Raises `TypeError` for a naive one."""
    return (at - _EPOCH) // _MICROSECOND


def instant_of(number: int) -> datetime:
    """What `microseconds` was given."""
    return _EPOCH + number * _MICROSECOND


def _on(shelf: Shelf) -> tuple[Any, Any, Any]:
    return (
        col(SealedRow.contract_id) == shelf.contract_id,
        col(SealedRow.about) == shelf.about,
        col(SealedRow.source_id) == shelf.source_id,
    )


def _pack(value: Value) -> bytes:
    return zlib.compress(_TEXT.encode(value).encode("ascii"), 1)


def _open(cipher: AESGCM | None, sealed: bytes, bound_to: str) -> Value:
    if cipher is None:
        raise VaultCorrupt()
    value: Value = json.loads(zlib.decompress(unpad(unseal(cipher, sealed, bound_to))))
    return value


def _ciphers(session: Session, contract_id: str, subjects: Collection[str]) -> dict[str, AESGCM]:
    """The ciphers of these people, opened once in a session; of nobody the contract's own."""
    known: dict[str, AESGCM] = session.info.setdefault(_CIPHERS, {})
    missing = [subject for subject in subjects if subject not in known and subject != NO_PERSON]
    if missing:
        session.flush()  # whoever was enrolled just now
        wrapping = AESGCM(vault_key(session))
        query = select(SubjectKeyRow.subject_id, SubjectKeyRow.wrapped_key)
        for some in _in_batches(missing):
            for subject, wrapped in session.exec(query.where(col(SubjectKeyRow.subject_id).in_(some))):
                known[subject] = AESGCM(unseal(wrapping, wrapped, subject))
    if NO_PERSON in subjects:
        return known | {NO_PERSON: cipher_of_contract(vault_key(session), contract_id)}
    return known


def _in_batches(subjects: Collection[str]) -> Iterator[list[str]]:
    """The ids in their order, as many at once as one statement takes."""
    ordered = sorted(subjects)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]
