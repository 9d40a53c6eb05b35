"""A stolen database without the key store gives a dictionary attacker nothing; a stolen backup neither.

There are only some four million CPR numbers of a birth year, so whatever is computed from a number without a secret
can be computed for all of them. That is done here, for every number of the year in which everybody in the fixture was
born, and each attack has a positive control: made easy on purpose, it finds every one of them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import select

from gateway.store.tables import LinkageRow, Subject, SubjectKeyRow, VaultRow
from keys.blind_index import BlindIndexKey, Column
from keys.cpr import Cpr
from keys.linkage import MUNICIPALITY, contract_domain
from tests.support.examples import every_third
from tests.support.municipality import ready
from vocabulary.cpr_digits import REPLACEMENT_DAY
from vocabulary.records import SubjectRef

YEAR = 1960
SERIALS = [*range(1, 5000), *range(9000, 10_000)]  # those that mean this year, see keys/cpr.py
HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b")
KEY_BYTES = (16, 24, 32)
WORDS = ("", "password", "secret", "changeme", "test", "key", "linkage", "vault", "gateway", "outcome-gateway", "cpr")
_TABLE_BITS = 26
_HEXADECIMAL = re.compile(rb"[0-9a-fA-F]{32,}")
_BASE64 = re.compile(rb"[A-Za-z0-9_+/-]{22,}")


@dataclass(frozen=True)
class Loot:
    """What a thief holds: database files, and the public files that anybody has."""

    database: Path
    files: tuple[Path, ...]

    @cached_property
    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        with sqlite3.connect(self.database) as connection:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            found = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names}
        connection.close()
        return found

    @cached_property
    def cells(self) -> set[bytes]:
        """Every cell of every table, and what its hexadecimal and base64 stand for."""
        cells = {_bytes(cell) for rows in self.rows.values() for row in rows for cell in row}
        return cells | {decoded for cell in cells for decoded in _decoded(cell)}

    @cached_property
    def haystack(self) -> Haystack:
        return Haystack([*self.cells, *(path.read_bytes() for path in (self.database, *self.files))])

    def table(self, name: str, *columns: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.database) as connection:
            found = connection.execute(f"SELECT {', '.join(columns)} FROM {name}").fetchall()
        connection.close()
        return found

    @cached_property
    def indexes(self) -> set[bytes]:
        return {index for (index,) in self.table("linkagerow", "blind_index")}


class Haystack:
    """Bytes in which millions of digests are looked up at once, wherever they stand and however they were cut."""

    def __init__(self, parts: Sequence[bytes]) -> None:
        self._bytes = b"\0".join(parts)
        view = np.lib.stride_tricks.sliding_window_view(np.frombuffer(self._bytes, dtype=np.uint8), 8)
        self._windows = np.sort(np.ascontiguousarray(view).view(np.uint64).ravel())
        self._table = np.zeros(1 << _TABLE_BITS, dtype=np.bool_)
        self._table[self._places(self._windows)] = True

    def found(self, digests: Column) -> list[int]:
        """The rows of a column whose first sixteen bytes stand somewhere in here."""
        begins = np.ascontiguousarray(digests[:, :8]).view(np.uint64).ravel()
        likely = np.flatnonzero(self._table[self._places(begins)])
        likely = likely[np.isin(begins[likely], self._windows)]
        return [int(row) for row in likely if digests[row, :16].tobytes() in self._bytes]

    @staticmethod
    def _places(begins: np.ndarray[Any, np.dtype[np.uint64]]) -> np.ndarray[Any, np.dtype[np.int64]]:
        return (begins & np.uint64((1 << _TABLE_BITS) - 1)).astype(np.int64)


@dataclass(frozen=True)
class Robbery:
    """The municipality before it was robbed, and what two thieves got."""

    people: dict[str, bytes]  # subject id -> number
    domains: tuple[str, ...]
    linkage_secret: bytes
    vault_key: bytes
    words: tuple[str, ...]
    database: Loot
    backup: Loot

    @property
    def numbers(self) -> set[bytes]:
        return set(self.people.values())

    @property
    def both(self) -> tuple[Loot, ...]:
        return self.database, self.backup

    @cached_property
    def guesses(self) -> list[bytes]:
        """Secrets that somebody might think of, the names in the database among them."""
        words = [word.encode() for word in self.words]
        digests = [hashlib.sha256(word).digest() for word in words]
        plain = [byte * size for byte in (b"\0", b"\xff") for size in KEY_BYTES]
        return [*plain, *words, *digests, *(word.ljust(32, b"\0")[:32] for word in words)]

    def index_keys(self, secret: bytes) -> Iterator[BlindIndexKey]:
        """The keys under which this secret could have made the indexes: derived, or the secret itself."""
        for domain in self.domains:
            yield BlindIndexKey.derive(secret, domain=domain, version=1)
        if len(secret) in KEY_BYTES:
            yield BlindIndexKey(secret)


def _bytes(cell: Any) -> bytes:
    return cell if isinstance(cell, bytes) else str(cell).encode()


def _decoded(cell: bytes) -> Iterator[bytes]:
    for run in _HEXADECIMAL.findall(cell):
        yield binascii.unhexlify(run[: len(run) // 2 * 2])
    for run in _BASE64.findall(cell):
        whole = run[: len(run) - (len(run) % 4 == 1)].translate(bytes.maketrans(b"+/", b"-_"))
        yield base64.urlsafe_b64decode(whole + b"=" * (-len(whole) % 4))


def days() -> Iterator[tuple[int, int]]:
    """Day and month of every day of the year, as the numbers of people and as replacement numbers."""
    day = date(YEAR, 1, 1)
    while day.year == YEAR:
        yield day.day, day.month
        yield day.day + REPLACEMENT_DAY, day.month
        day += timedelta(days=1)


@pytest.fixture(scope="module")
def space() -> Column:
    """Every CPR number of the year, a row of ten ASCII digits each."""
    begins = [f"{day:02d}{month:02d}{YEAR % 100:02d}".encode() for day, month in days()]
    column = np.empty((len(begins), len(SERIALS), 10), dtype=np.uint8)
    column[:, :, :6] = np.frombuffer(b"".join(begins), dtype=np.uint8).reshape(-1, 1, 6)
    serials = b"".join(f"{serial:04d}".encode() for serial in SERIALS)
    column[:, :, 6:] = np.frombuffer(serials, dtype=np.uint8).reshape(1, -1, 4)
    return column.reshape(-1, 10)


@pytest.fixture(scope="module")
def robbery(tmp_path_factory: pytest.TempPathFactory) -> Robbery:
    """An installation with people, files and a release, and the two things that were taken from it.

    The backup is what docs/operations.md tells to keep: the database with the subject keys apart.
    """
    town = ready(tmp_path_factory.mktemp("robbed"))
    town.release("2018H2", "payment_document", "operator")
    gateway = town.gateway
    with gateway.store.read() as session:
        subjects = [row.subject_id for row in session.exec(select(Subject))]
        numbers = gateway.boundary(session).with_cpr(map(SubjectRef, subjects), str.encode)
    gateway.store.dispose()
    public = tuple(path for path in gateway.settings.public_directory.rglob("*") if path.is_file())

    stolen = tmp_path_factory.mktemp("stolen")
    for path in town.data_directory.glob("gateway.sqlite*"):
        shutil.copy(path, stolen)
    backup = tmp_path_factory.mktemp("backup") / "gateway.sqlite"
    with sqlite3.connect(stolen / "gateway.sqlite") as source, sqlite3.connect(backup) as target:
        source.backup(target)
    with sqlite3.connect(backup, isolation_level=None) as target:
        target.execute("DELETE FROM subjectkeyrow")
        target.execute("VACUUM")
    source.close()
    target.close()
    return Robbery(
        people=dict(zip(subjects, numbers, strict=True)),
        domains=(MUNICIPALITY, contract_domain(town.contract)),
        linkage_secret=gateway.keystore.load("linkage").private_bytes,
        vault_key=gateway.keystore.load("vault").private_bytes,
        words=(
            *WORDS,
            town.contract,
            gateway.host,
            gateway.issuer,
            gateway.installed.municipality_code,
            gateway.installed.municipality_name,
            *subjects[:3],
        ),
        database=Loot(stolen / "gateway.sqlite", public),
        backup=Loot(backup, public),
    )


def hashed(numbers: Column, algorithm: str) -> Column:
    """The unkeyed digests of a column of numbers."""
    make: Callable[[bytes], Any] = getattr(hashlib, algorithm)
    clear = numbers.tobytes()
    digests = b"".join([make(clear[start : start + 10]).digest() for start in range(0, len(clear), 10)])
    return np.frombuffer(digests, dtype=np.uint8).reshape(len(numbers), -1)


def opened(loot: Loot, vault_key: bytes) -> set[bytes]:
    """The numbers that fall out of the vault under a key, by the way of the subjects' keys."""
    wrapped = dict(loot.table("subjectkeyrow", "subject_id", "wrapped_key"))
    found = set()
    for subject, sealed in loot.table("vaultrow", "subject_id", "sealed_cpr"):
        key = _opened(vault_key, wrapped.get(subject, b""), subject)
        number = None if key is None else _opened(key, sealed, subject)
        found |= {number} - {None}
    return found


def _opened(key: bytes, sealed: bytes, subject: str) -> bytes | None:
    try:
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], subject.encode())
    except (InvalidTag, ValueError):
        return None


def as_column(numbers: set[bytes]) -> Column:
    return np.frombuffer(b"".join(sorted(numbers)), dtype=np.uint8).reshape(-1, 10)


def test_the_space_is_the_whole_year_and_everybody_is_in_it(space: Column, robbery: Robbery):
    """What is tried is every number that means this year, no number twice, and none that is no number."""
    numbers = np.zeros(len(space), dtype=np.int64)
    for place in range(10):
        numbers = 10 * numbers + (space[:, place] - ord("0"))
    assert len(space) == 366 * 2 * 5999
    assert np.diff(np.sort(numbers)).all()
    for row in space[:: len(space) // 500]:
        Cpr.parse(row.tobytes().decode())
    assert len(robbery.numbers) == len(robbery.people) == 30
    assert {Cpr.parse(number.decode()).digits[4:6] for number in robbery.numbers} == {f"{YEAR % 100}"}


def test_what_was_stolen_holds_the_people_and_no_key_store(robbery: Robbery):
    """The thieves did get the linkage and the vault, one of them without subject keys; neither got the key store."""
    for loot, keys in ((robbery.database, 30), (robbery.backup, 0)):
        assert len(loot.rows[LinkageRow.__tablename__]) == 2 * 30
        assert len(loot.rows[VaultRow.__tablename__]) == 30
        assert len(loot.rows[SubjectKeyRow.__tablename__]) == keys
        assert not list(loot.database.parent.rglob("keys"))
        for secret in (robbery.linkage_secret, robbery.vault_key):
            assert secret not in loot.haystack._bytes


@pytest.mark.long
@pytest.mark.parametrize("algorithm", HASHES)
def test_no_unkeyed_hash_of_any_number_of_the_year_stands_anywhere(space: Column, robbery: Robbery, algorithm: str):
    """Nor cut to sixteen bytes, nor in hexadecimal or base64, nor in the middle of a cell."""
    people = 0
    for start in range(0, len(space), 500_000):
        digests = hashed(space[start : start + 500_000], algorithm)
        people += sum(len(loot.haystack.found(digests)) for loot in robbery.both)
    assert people == 0


@pytest.mark.parametrize("algorithm", HASHES)
def test_no_unkeyed_hash_of_anybody_enrolled_stands_anywhere(robbery: Robbery, algorithm: str):
    """The same over the numbers that are there to be found, which is quick."""
    digests = hashed(as_column(robbery.numbers), algorithm)
    assert [loot.haystack.found(digests) for loot in robbery.both] == [[], []]


@pytest.mark.parametrize("algorithm", HASHES)
@pytest.mark.parametrize("form", every_third(["whole", "cut", "hexadecimal", "base64", "inside"]))
def test_a_database_with_unkeyed_hashes_gives_everybody_up(robbery: Robbery, tmp_path: Path, algorithm: str, form: str):
    """Positive control: the attack finds everybody in a database that somebody built the easy way."""
    forms: dict[str, Callable[[bytes], Any]] = {
        "whole": lambda digest: digest,
        "cut": lambda digest: digest[:16],
        "hexadecimal": lambda digest: digest.hex(),
        "base64": lambda digest: f'{{"person": "{base64.urlsafe_b64encode(digest).decode()}"}}',
        "inside": lambda digest: b"v1:" + digest,
    }
    column = as_column(robbery.numbers)
    careless = Loot(tmp_path / "careless.sqlite", ())
    with sqlite3.connect(careless.database) as connection:
        connection.execute("CREATE TABLE person (id)")
        digests = hashed(column, algorithm)
        connection.executemany("INSERT INTO person VALUES (?)", [(forms[form](row.tobytes()),) for row in digests])
    connection.close()
    assert len(careless.haystack.found(digests)) == len(robbery.people)


@pytest.mark.parametrize(
    "guess", ["zeros", *(pytest.param(one, marks=pytest.mark.long) for one in ("nothing", "contract id", "host name"))]
)
def test_no_guessed_key_gives_an_index_of_any_number_of_the_year(space: Column, robbery: Robbery, guess: str):
    """AES-CMAC of the whole year under keys from what anybody knows: not one of them is a blind index."""
    contract_id, host_name = robbery.domains[1].removeprefix("contract:"), robbery.words[len(WORDS) + 1]
    secret = {"zeros": bytes(32), "nothing": b"", "contract id": contract_id.encode(), "host name": host_name.encode()}
    found = [
        loot.haystack.found(tags)
        for key in robbery.index_keys(secret[guess])
        for tags in [key.column(space)]
        for loot in robbery.both
    ]
    assert found
    assert not any(found)


def test_the_linkage_secret_gives_everybody_up(space: Column, robbery: Robbery):
    """Positive control: with the one secret that is not in the database, the same attack finds everybody."""
    for domain in robbery.domains:
        tags = BlindIndexKey.derive(robbery.linkage_secret, domain=domain, version=1).column(space)
        for loot in robbery.both:
            assert {space[row].tobytes() for row in loot.haystack.found(tags)} == robbery.numbers


def test_no_key_stands_in_the_database_that_indexes_somebody_known(robbery: Robbery):
    """A thief who knows one member tries every cell as the secret or the key: one number tells right from wrong."""
    known = as_column({min(robbery.numbers)})
    tried = {*robbery.guesses, *robbery.database.cells, *robbery.backup.cells}

    def hits(secret: bytes) -> int:
        return sum(key.column(known).tobytes() in robbery.database.indexes for key in robbery.index_keys(secret))

    assert len(tried) > 1000
    assert [len(secret) for secret in tried if hits(secret)] == []
    assert hits(robbery.linkage_secret) == len(robbery.domains)


def test_no_guessed_key_and_no_cell_opens_the_vault(robbery: Robbery):
    """The vault under every guess and every cell as the vault key, and under each as a subject's own key."""
    for loot in robbery.both:
        sealed = loot.table("vaultrow", "subject_id", "sealed_cpr")
        wrapped = loot.table("subjectkeyrow", "subject_id", "wrapped_key")
        keys = {key for key in {*robbery.guesses, *loot.cells} if len(key) in KEY_BYTES}
        subject, number = sealed[0]
        parts = [(name, cell) for name, cell in (*wrapped[:1], (subject, number))]
        assert len(keys) > 100
        assert [name for key in keys for name, cell in parts if _opened(key, cell, name) is not None] == []
        assert not any(opened(loot, key) for key in robbery.guesses if len(key) in KEY_BYTES)


def test_the_vault_key_opens_the_database_and_never_the_backup(robbery: Robbery):
    """Positive control; and a backup without subject keys stays shut even for a thief who has the vault key as well."""
    assert opened(robbery.database, robbery.vault_key) == robbery.numbers
    assert opened(robbery.backup, robbery.vault_key) == set()
    assert opened(robbery.database, secrets.token_bytes(32)) == set()


def test_nothing_in_the_vault_or_the_linkage_is_there_twice(robbery: Robbery):
    """No nonce twice under one key, which would give up the difference of two keys; no index in two domains, which
    would join contracts without the secret."""
    nonces = [cell[:12] for _, cell in robbery.database.table("subjectkeyrow", "subject_id", "wrapped_key")]
    seals = [cell[:12] for _, cell in robbery.database.table("vaultrow", "subject_id", "sealed_cpr")]
    assert len({*nonces, *seals}) == 60
    assert len(robbery.database.indexes) == 60
