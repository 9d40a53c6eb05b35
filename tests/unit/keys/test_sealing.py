"""How a value is sealed, byte for byte: sizes, padding, what it is bound to, and the key of what is nobody's."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys.errors import VaultCorrupt
from keys.sealing import OVERHEAD, cipher_of_contract, pad, seal, size_class, unpad, unseal

KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("length", "size"),
    [
        (0, 256),
        (252, 256),
        (253, 384),
        (380, 384),
        (381, 512),
        (508, 512),
        (509, 768),
        (765, 1024),
        (1021, 1536),
        (1533, 2048),
    ],
)
def test_sizes_are_powers_of_two_and_one_and_a_half(length: int, size: int) -> None:
    """Four bytes of a value's size hold its length."""
    assert size_class(length) == size


def test_padding_is_the_length_the_value_and_zeros() -> None:
    assert pad(b"abc", 10) == b"\0\0\0\3abc\0\0\0"
    assert pad(b"a" * 0x0102, 300)[:4] == b"\0\0\1\2"
    assert unpad(pad(b"a" * 0x0102, 300)) == b"a" * 0x0102
    assert pad(b"abcdef", 10) == b"\0\0\0\6abcdef"
    with pytest.raises(ValueError, match="longer than the size"):
        pad(b"abcdefg", 10)


def test_what_it_is_bound_to_is_authenticated_as_text() -> None:
    cipher = AESGCM(KEY)
    sealed = seal(cipher, b"value", "aftale/måned")
    assert len(sealed) == len(b"value") + OVERHEAD
    assert cipher.decrypt(sealed[:12], sealed[12:], "aftale/måned".encode()) == b"value"
    assert unseal(cipher, sealed, "aftale/måned") == b"value"
    for broken, bound_to in ((sealed, "aftale/maned"), (sealed[:-1], "aftale/måned"), (b"short", "aftale/måned")):
        with pytest.raises(VaultCorrupt):
            unseal(cipher, broken, bound_to)


def test_a_contracts_own_key_is_derived_from_the_vault_key_and_its_id() -> None:
    """HKDF-SHA-256 (RFC 5869, sections 2.2 and 2.3) with no salt, computed here by hand."""
    info = b"outcome-gateway values of contract " + "å-1".encode()
    extracted = hmac.digest(bytes(32), KEY, hashlib.sha256)
    derived = AESGCM(hmac.digest(extracted, info + b"\1", hashlib.sha256))
    sealed = seal(cipher_of_contract(KEY, "å-1"), b"value", "place")
    assert unseal(derived, sealed, "place") == b"value"
    with pytest.raises(VaultCorrupt):
        unseal(cipher_of_contract(KEY, "å-2"), sealed, "place")
