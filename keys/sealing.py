"""Values under AES-256-GCM: a number, a key, or all that is known of a person from one source.

A sealed value is a nonce of 96 random bits and the ciphertext. What it is bound to is authenticated with it, so that it
opens nowhere but in its own place.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keys.errors import VaultCorrupt

_NONCE_BYTES, _TAG_BYTES = 12, 16
_LENGTH_BYTES = 4
_SMALLEST = 256
_OF_CONTRACT = b"outcome-gateway values of contract "
OVERHEAD = _NONCE_BYTES + _TAG_BYTES  # bytes by which a sealed value is longer than what it holds


def seal(cipher: AESGCM, data: bytes, bound_to: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, data, bound_to.encode())


def unseal(cipher: AESGCM, sealed: bytes, bound_to: str) -> bytes:
    """What `seal` was given. Raises `VaultCorrupt` where it was changed, or stands in another place."""
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to.encode())
    except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
        raise VaultCorrupt() from None


def cipher_of_contract(vault_key: bytes, contract_id: str) -> AESGCM:
    """For what belongs to a contract and to no single person: a key of its own, derived from the vault key."""
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=_OF_CONTRACT + contract_id.encode()).derive(vault_key))


def size_class(length: int) -> int:
    """The padded size of so many bytes: a power of two, or one and a half, from 256 on."""
    size = _SMALLEST
    while size < length + _LENGTH_BYTES:
        size += size // 2 if size.bit_count() == 1 else size // 3
    return size


def pad(data: bytes, size: int) -> bytes:
    """`data` with its length, and zeros up to `size`. Raises `ValueError` where it does not fit."""
    if len(data) + _LENGTH_BYTES > size:
        raise ValueError("a value is longer than the size it is padded to")
    return (len(data).to_bytes(_LENGTH_BYTES) + data).ljust(size, b"\0")


def unpad(data: bytes) -> bytes:
    """What `pad` was given."""
    length = int.from_bytes(data[:_LENGTH_BYTES])
    return data[_LENGTH_BYTES : _LENGTH_BYTES + length]
