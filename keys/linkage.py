"""CPR number ↔ subject id: the linkage, sealed under a key per subject (design: people).

A subject id is 128 random bits. The number is sealed with AES-256-GCM under the subject's own key, which is
wrapped by the vault key; the subject id is authenticated with both. Blind indexes exist in two domains: the
municipality's (finds double enrolment) and the contract's (matches extracts).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keys.blind_index import BlindIndexKey
from keys.cpr import Cpr
from keys.errors import NumberTaken, VaultCorrupt
from keys.sealing import seal, unseal
from outcome_verifier import b64

MUNICIPALITY = "municipality"
_HIDDEN = "hidden:"
_HIDING = b"outcome-gateway hidden number"


@dataclass(frozen=True, slots=True)
class BlindIndexRow:
    """One blind index of a subject, to be stored in the linkage table and nowhere else."""

    domain: str
    key_version: int
    index: bytes  # 16 bytes


class VaultStore(Protocol):
    """Where linkage rows and sealed entries are kept; the gateway's store implements it."""

    def add(self, subject: str, *, sealed_cpr: bytes, wrapped_key: bytes, indexes: Sequence[BlindIndexRow]) -> None: ...
    def subjects_at(self, domain: str, key_version: int, index: bytes) -> list[str]: ...
    def subjects_in(self, domain: str, key_version: int) -> Mapping[bytes, str]: ...
    def sealed_entry(self, subject: str) -> tuple[bytes, bytes]: ...
    def replace(self, subject: str, *, sealed_cpr: bytes, indexes: Sequence[BlindIndexRow]) -> None: ...


class Linkage:
    """The linkage of one installation. `secret` derives the blind indexes, `vault_key` wraps subject keys."""

    def __init__(self, store: VaultStore, *, secret: bytes, vault_key: bytes, key_version: int = 1) -> None:
        self._store = store
        self._secret = secret
        self._wrapping = AESGCM(vault_key)
        self._hiding = AESSIV(HKDF(SHA256(), 64, salt=None, info=_HIDING).derive(vault_key))
        self._version = key_version

    def hide(self, text: str) -> str:
        """A number's text as it waits in the store until it is read: sealed (RFC 5297), one text alike each time."""
        return _HIDDEN + b64.encode(self._hiding.encrypt(text.encode("utf-8"), None))

    def reveal(self, text: str) -> str:
        """What `hide` was given, and any other text as it is. Raises `VaultCorrupt` where the seal is broken."""
        if not text.startswith(_HIDDEN):
            return text
        try:
            return self._hiding.decrypt(b64.decode(text.removeprefix(_HIDDEN)), None).decode("utf-8")
        except (InvalidTag, ValueError):
            raise VaultCorrupt() from None

    def index_key(self, domain: str) -> BlindIndexKey:
        return BlindIndexKey.derive(self._secret, domain=domain, version=self._version)

    def enrol(self, cpr: Cpr, contract_id: str) -> str:
        """A new subject of this contract for this number: sealed, and findable in both domains."""
        subject = secrets.token_hex(16)
        key = AESGCM.generate_key(256)
        domains = (MUNICIPALITY, contract_domain(contract_id))
        indexes = [BlindIndexRow(name, self._version, self.index_key(name).index_of(cpr)) for name in domains]
        self._store.add(
            subject,
            sealed_cpr=seal(AESGCM(key), cpr.digits.encode("ascii"), subject),
            wrapped_key=seal(self._wrapping, key, subject),
            indexes=indexes,
        )
        return subject

    def renumber(self, subject: str, cpr: Cpr, contract_id: str) -> bool:
        """Give a subject another number: it is sealed in the place of the one before, and found by all there were.

        A number that the subject had before may come back. False where it is the one that is sealed. Raises
        `NumberTaken` where it is, or was, another subject's here.
        """
        owner = self.find(cpr, contract_id)
        if owner not in (None, subject):
            raise NumberTaken()
        if owner == subject and self.open(subject) == cpr:
            return False
        wrapped_key = self._store.sealed_entry(subject)[1]
        key = unseal(self._wrapping, wrapped_key, subject)
        domains = (MUNICIPALITY, contract_domain(contract_id))
        self._store.replace(
            subject,
            sealed_cpr=seal(AESGCM(key), cpr.digits.encode("ascii"), subject),
            indexes=[]
            if owner == subject
            else [BlindIndexRow(name, self._version, self.index_key(name).index_of(cpr)) for name in domains],
        )
        return True

    def find(self, cpr: Cpr, contract_id: str) -> str | None:
        """The subject of this number in this contract, if enrolled."""
        domain = contract_domain(contract_id)
        found = self._store.subjects_at(domain, self._version, self.index_key(domain).index_of(cpr))
        return found[0] if found else None

    def subjects_of(self, cpr: Cpr) -> list[str]:
        """The subjects of this number in every contract of this municipality, one in each."""
        index = self.index_key(MUNICIPALITY).index_of(cpr)
        return self._store.subjects_at(MUNICIPALITY, self._version, index)

    def indexes_of(self, contract_id: str) -> Mapping[bytes, str]:
        """Blind index -> subject for everyone in the contract, to match a whole extract against."""
        return self._store.subjects_in(contract_domain(contract_id), self._version)

    def indexes_of_everyone(self) -> Mapping[bytes, str]:
        """Blind index -> a subject for everyone in any contract, under the municipality's own key."""
        return self._store.subjects_in(MUNICIPALITY, self._version)

    def open(self, subject: str) -> Cpr:
        """The subject's number, for a request that must carry it; `VaultCorrupt` where the seal is broken."""
        sealed_cpr, wrapped_key = self._store.sealed_entry(subject)
        key = unseal(self._wrapping, wrapped_key, subject)
        return Cpr.parse(unseal(AESGCM(key), sealed_cpr, subject).decode("ascii"))


def contract_domain(contract_id: str) -> str:
    return f"contract:{contract_id}"
