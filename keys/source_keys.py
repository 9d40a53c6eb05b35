"""What a source wrote beside a person's number and could be one all the same, as the store keeps it.

A record's own number, and its version, are needed to tell records apart and to put them in order, and for nothing else.
Of the number a keyed digest is kept; the version is moved by a secret distance, which keeps the order. Whoever has the
database without the keys learns neither, though there are only 365 million CPR numbers to try.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_FARTHEST = 2**62  # with the nanoseconds of the year 2100 it stays within 63 bits


@dataclass(frozen=True, slots=True, repr=False)
class SourceKeys:
    """The keys of one source in one contract."""

    _key: bytes

    @classmethod
    def derive(cls, secret: bytes, *, contract_id: str, source_id: str) -> SourceKeys:
        """HKDF-SHA256 (RFC 5869): what two sources or contracts have in common does not show."""
        info = f"outcome-gateway source\x00{contract_id}\x00{source_id}".encode()
        return cls(HKDF(SHA256(), 32, None, info).derive(secret))

    def digest(self, number: str) -> str:
        """HMAC-SHA256 of a record's number, in hexadecimal."""
        return hmac.new(self._key, number.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()

    def place_of(self, version: int) -> int:
        """Where a version stands among those of its source: the same order, at an unknown distance."""
        return version + int.from_bytes(self._key[:8]) % _FARTHEST
