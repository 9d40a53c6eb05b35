"""Token Status List (draft-ietf-oauth-status-list-21, §4 and §5): one bit an attestation, zlib, base64url."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from outcome_verifier import b64, canonical, jws
from outcome_verifier.trusted_key import TrustedKey

TYPE = "statuslist+jwt"
VALID, INVALID = 0, 1
_MOST_BYTES = 1 << 20  # eight million attestations; a larger answer is a bomb
_CLOCK_SKEW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class StatusToken:
    """A verified status of one attestation, as of an instant (Unix seconds)."""

    value: int
    as_of: int
    expires_at: int | None


def encode(bits: bytes) -> str:
    """The `lst` member for these bits; the status at index n is bit n mod 8 of byte n div 8."""
    return b64.encode(zlib.compress(bits, 9))


def decode(lst: str) -> bytes:
    """The bits of a `lst` member; `ValueError` where it is no whole zlib stream or far too long."""
    unpacker = zlib.decompressobj()
    try:
        bits = unpacker.decompress(b64.decode(lst), _MOST_BYTES)
    except zlib.error:
        raise ValueError("the status list is not a zlib stream") from None
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("the status list is cut off, too long, or followed by something")
    return bits


def status_at(bits: bytes, index: int) -> int:
    """The status at an index; `ValueError` where the list does not reach it."""
    if not 0 <= index < len(bits) * 8:
        raise ValueError("the status list does not reach the attestation's index")
    return bits[index // 8] >> (index % 8) & 1


def with_status(bits: bytes, index: int, value: int) -> bytes:
    """The bits with one status changed."""
    changed = bytearray(bits)
    changed[index // 8] = changed[index // 8] & ~(1 << index % 8) | value << index % 8
    return bytes(changed)


def read_status(token: str, *, keys: Mapping[str, TrustedKey], uri: str, index: int, now: int) -> StatusToken:
    """The attestation's status in a signed list; `ValueError` where the list is not this issuer's.

    A list that has expired is no error: it says what was known as of its `iat`, and the caller says so.
    """
    parsed = jws.parse(token, typ=TYPE, members=frozenset())
    key = keys.get(parsed.header["kid"])
    if key is None:
        raise ValueError("no trusted key signed the status list")
    jws.verify_signature(parsed, key.key)
    claims = parsed.payload
    issued, expires, listed = claims.get("iat"), claims.get("exp"), claims.get("status_list")
    if claims.get("sub") != uri:
        raise ValueError("the status list is another one than the attestation names")
    if not canonical.is_instant(issued) or issued > now + _CLOCK_SKEW_SECONDS:
        raise ValueError("the status list has no issue time, or one in the future")
    if not key.covers(issued):  # a key that was retired, or stolen before, may not say "valid" about today
        raise ValueError("the key was not valid when the status list was issued")
    if "exp" in claims and type(expires) is not int:
        raise ValueError("the status list has no proper expiry")
    if not isinstance(listed, dict) or set(listed) != {"bits", "lst"} or type(listed["bits"]) is not int:
        raise ValueError("the status list is malformed")
    if listed["bits"] != 1 or not isinstance(listed["lst"], str):
        raise ValueError("the status list does not have one bit an attestation")
    return StatusToken(status_at(decode(listed["lst"]), index), issued, expires)
