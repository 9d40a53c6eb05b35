"""Files that one declared recipient alone can read, in the age format (https://age-encryption.org/v1, X25519).

The private part, the identity, never comes near whoever writes such a file; `age -d` reads one without us. A file is
read and written in pieces of 64 KiB, each authenticated before it is given on; nothing opened stands on a disk.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pyrage
from pyrage import x25519

from keys.errors import IdentityRefused, KeyStoreUnsafe, RecipientInvalid

_PIECE_BYTES = 1 << 16
_PRIVATE = "AGE-SECRET-KEY-"


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A file as it lies on the disk: SHA-256 over its bytes, in hexadecimal, and how many they are."""

    sha256: str
    size: int


@dataclass(slots=True)
class _Pieces:
    """Pieces as a file that is read; keeps the error that a piece ended in, which the library tells as a text."""

    pieces: Iterator[bytes]
    left: bytes = b""
    error: BaseException | None = None

    def read(self, size: int) -> bytes:
        try:
            while not self.left:
                self.left = next(self.pieces)
        except StopIteration:
            return b""
        except BaseException as error:
            self.error = error
            raise
        given, self.left = self.left[:size], self.left[size:]
        return given


@dataclass(slots=True)
class _Written:
    """A file that is written to, with its digest; keeps the error in which that ended, for the same reason."""

    take: Callable[[bytes], object]
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    size: int = 0
    error: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            self.take(bytes(data))
        except BaseException as error:
            self.error = error
            raise
        self.digest.update(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


def check_recipient(recipient: str) -> None:
    """Raise `RecipientInvalid` where this is no public key of age."""
    _public(recipient)


def write_sealed(path: Path, pieces: Iterable[bytes], recipient: str) -> SealedFile:
    """Write a file for its recipient alone; it is on the disk when this returns.

    Raises `RecipientInvalid` before anything is written, `OSError`, and whatever a piece raises.
    """
    public = _public(recipient)
    with path.open("xb") as file:
        path.chmod(0o600)
        source, target = _Pieces(iter(pieces)), _Written(file.write)
        try:
            pyrage.encrypt_io(source, target, [public])
        except pyrage.EncryptError:
            raise (source.error or target.error or OSError("not written")) from None
        file.flush()
        os.fsync(file.fileno())
    return SealedFile(target.digest.hexdigest(), target.size)


def measure_file(path: Path, report: Callable[[int], object] = lambda _: None) -> SealedFile:
    """What lies there; `report` hears after each piece how many bytes were read."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
            report(size)
    return SealedFile(digest.hexdigest(), size)


def read_sealed(path: Path, identity: AgeIdentity, take: Callable[[bytes], object]) -> None:
    """Give what a file holds to `take`, piece by piece.

    Raises `IdentityRefused` where it is for another recipient or was changed: what was taken by then is authentic and
    not whole. Raises whatever `take` raises.
    """
    with path.open("rb") as file:
        _open(file, path.name, identity, take)


def open_sealed(path: Path, identity: AgeIdentity) -> bytes:
    """All that a small file holds. Raises `IdentityRefused`."""
    pieces: list[bytes] = []
    read_sealed(path, identity, pieces.append)
    return b"".join(pieces)


class AgeIdentity:
    """The private part of a recipient's key, and its public part as it was declared."""

    def __init__(self, private: x25519.Identity) -> None:
        self._private = private
        self.recipient = str(private.to_public())

    def __repr__(self) -> str:
        return f"AgeIdentity({self.recipient})"

    @classmethod
    def load(cls, path: Path) -> AgeIdentity:
        """The identity in a file as `age-keygen` writes one: lines that begin with # say what it is.

        Raises `OSError` where there is no file, `KeyStoreUnsafe` where others may read it, `IdentityRefused` where it
        holds no identity, or several.
        """
        if path.stat().st_mode & 0o077:
            raise KeyStoreUnsafe(path=path.name)
        try:
            [line] = [one for one in path.read_text("ascii").split() if one.startswith(_PRIVATE)]
            return cls(x25519.Identity.from_str(line))
        except (ValueError, pyrage.IdentityError):
            raise IdentityRefused(file=path.name, reason=f"holds no single line {_PRIVATE}…") from None


def _public(recipient: str) -> x25519.Recipient:
    try:
        return x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError:
        raise RecipientInvalid() from None


def _open(file: BinaryIO, name: str, identity: AgeIdentity, take: Callable[[bytes], object]) -> None:
    target = _Written(take)
    try:
        pyrage.decrypt_io(file, target, [identity._private])
    except (pyrage.DecryptError, OSError) as error:
        # what was changed behind the header is an OSError of the library's own, which has no number
        if target.error is None and getattr(error, "errno", None) is None:
            reason = f"does not open with the identity of {identity.recipient}: it is for another one, or was changed"
            raise IdentityRefused(file=name, reason=reason) from None
        raise (target.error or error) from None
