"""Signed notes and checkpoints in the C2SP text formats (c2sp.org/signed-note, c2sp.org/tlog-checkpoint).

Ed25519 signatures (type 0x01) only, the log's key name is its origin, and extension lines are not accepted:
nobody could audit them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from outcome_verifier.tlog import HASH_BYTES

_ED25519 = b"\x01"
_DASH = "\u2014 "
_MOST_SIGNATURES = 16
_MOST_CHARACTERS = 65_536


class NoteSigner(Protocol):
    """What signs a note: a key name, an Ed25519 public key of 32 bytes, and its signature of 64 bytes."""

    @property
    def name(self) -> str: ...
    @property
    def public_bytes(self) -> bytes: ...
    def sign(self, message: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A log's public key: `<name>+<8 hex digits>+<base64(0x01 || 32 bytes)>`."""

    name: str
    public_bytes: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name || newline || 0x01 || public key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public_bytes).digest()[:4]

    def text(self) -> str:
        encoded = base64.b64encode(_ED25519 + self.public_bytes).decode("ascii")
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read a verifier key; `ValueError` where name, id and key do not belong together."""
        name, plus, rest = text.partition("+")
        key_id, second_plus, encoded = rest.partition("+")
        data = _base64(encoded)
        if not (name and plus and second_plus) or data[:1] != _ED25519 or len(data) != 33:
            raise ValueError("not an Ed25519 verifier key")
        key = cls(name, data[1:])
        if key.key_id.hex() != key_id or key.text() != text:
            raise ValueError("the key id does not belong to the key")
        return key


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's head: its origin, the number of leaves, and the root over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode('ascii')}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read a note's text of exactly three lines; `ValueError` for anything else."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0]:
            raise ValueError("a checkpoint has three lines")
        root = _base64(lines[2])
        if len(root) != HASH_BYTES:
            raise ValueError("the root hash is not 32 bytes")
        return cls(lines[0], decimal(lines[1]), root)


def sign_note(text: str, signer: NoteSigner) -> str:
    """The note: the text, an empty line, and one signature line."""
    key = VerifierKey(signer.name, signer.public_bytes)
    signature = base64.b64encode(key.key_id + signer.sign(text.encode("utf-8"))).decode("ascii")
    return f"{text}\n{_DASH}{signer.name} {signature}\n"


def open_note(note: str, keys: Sequence[VerifierKey]) -> tuple[str, VerifierKey]:
    """The text of a note and the known key that signed it.

    Unknown signatures are passed over; a wrong signature by a known key, or none by any, is a `ValueError`.
    """
    if len(note) > _MOST_CHARACTERS or any(ord(char) < 0x20 and char != "\n" for char in note):
        raise ValueError("not a note")
    text, gap, signatures = note.rpartition("\n\n")
    if not gap or not signatures.endswith("\n"):
        raise ValueError("the note has no signature lines")
    text += "\n"
    signer: VerifierKey | None = None
    lines = signatures[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise ValueError("too many signature lines")
    for line in lines:
        name, space, encoded = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or not name or not space:
            raise ValueError("a signature line is malformed")
        data = _base64(encoded)
        if len(data) < 5:
            raise ValueError("a signature is too short")
        for key in keys:
            if (key.name, key.key_id) == (name, data[:4]):
                _verify(key, data[4:], text)
                signer = key
    if signer is None:
        raise ValueError("no signature by a known key")
    return text, signer


def decimal(text: str) -> int:
    """A non-negative ASCII decimal without leading zeroes; `ValueError` for anything else."""
    if not text.isascii() or not text.isdigit() or (text != "0" and text.startswith("0")) or len(text) > 19:
        raise ValueError("not a decimal number")
    return int(text)


def _verify(key: VerifierKey, signature: bytes, text: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public_bytes).verify(signature, text.encode("utf-8"))
    except InvalidSignature:
        raise ValueError("the signature of a known key is wrong") from None


def _base64(text: str) -> bytes:
    """Standard base64 with padding, one text for one value."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("not base64") from None
    if base64.b64encode(data).decode("ascii") != text:
        raise ValueError("base64 with stray trailing bits")
    return data


def hash_line(text: str) -> bytes:
    """One base64 line that holds a SHA-256 hash."""
    data = _base64(text)
    if len(data) != HASH_BYTES:
        raise ValueError("a hash is not 32 bytes")
    return data
