"""Blind indexes: AES-256-CMAC of a CPR number under a key per domain, for the linkage table alone.

A message of ten bytes fills one block, so its CMAC (SP 800-38B §6.2, RFC 4493) is one AES call:
`AES_K((digits || 0x80 || 0…) XOR K2)`. A whole column is therefore one XOR and one pass of the cipher, exactly
equal to the library's CMAC value by value (tested), and two numbers can never share an index under one key.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

from keys.cpr import Cpr
from vocabulary.cpr_digits import REPLACEMENT_DAY

DIGITS = 10
BLOCK_BYTES = 16
_CHUNK_ROWS = 32_768  # half a megabyte: stays in the cache between XOR and cipher
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0], dtype=np.int16)
_RB = 0x87  # SP 800-38B §5.3

Column = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, repr=False)
class BlindIndexKey:
    """The CMAC key of one domain and key version."""

    _key: bytes

    @classmethod
    def derive(cls, secret: bytes, *, domain: str, version: int) -> BlindIndexKey:
        """HKDF-SHA256 (RFC 5869) with domain and version in `info`: keys of two domains are unrelated."""
        info = f"outcome-gateway blind index\x00{domain}\x00{version}".encode()
        return cls(HKDF(SHA256(), 32, salt=None, info=info).derive(secret))

    def index_of(self, cpr: Cpr) -> bytes:
        """The 16-byte index of one number."""
        digits = np.frombuffer(cpr.digits.encode("ascii"), dtype=np.uint8).reshape(1, DIGITS)
        return self.column(digits).tobytes()

    def column(self, digits: Column) -> Column:
        """Indexes of a column: (n, 10) ASCII digits in, (n, 16) bytes out. Raises `ValueError` for others.

        The caller has checked that every row is ten digits; see `are_digits`. ECB over single blocks is CMAC's last
        step (RFC 4493 §2.4); nothing is encrypted with it.
        """
        if digits.ndim != 2 or digits.shape[1] != DIGITS or digits.dtype != np.uint8:
            raise ValueError("a column of CPR numbers has ten bytes a row")
        rows = digits.shape[0]
        pairs = np.ascontiguousarray(digits).view(np.uint16)  # two digits at a time
        tags = np.empty((rows + 1, BLOCK_BYTES), dtype=np.uint8)  # update_into wants a block to spare
        encryptor = Cipher(algorithms.AES(self._key), modes.ECB()).encryptor()  # noqa: S305 - a step of CMAC, see above
        mask = self._last_block_mask(encryptor.update(bytes(BLOCK_BYTES)))
        size = min(rows, _CHUNK_ROWS)
        masks = np.tile(mask, (size, 1)).view(np.uint64)
        messages = np.zeros((size, BLOCK_BYTES), dtype=np.uint8)
        blocks = np.empty_like(masks)
        for start in range(0, rows, _CHUNK_ROWS):
            end = min(start + _CHUNK_ROWS, rows)
            count = end - start
            for place in range(DIGITS // 2):
                messages.view(np.uint16)[:count, place] = pairs[start:end, place]
            np.bitwise_xor(messages.view(np.uint64)[:count], masks[:count], out=blocks[:count])
            encryptor.update_into(blocks[:count].data.cast("B"), tags[start : end + 1].data.cast("B"))
        return tags[:rows]

    @staticmethod
    def _last_block_mask(zero_block: bytes) -> Column:
        """K2 XOR the 10* padding of a ten-byte message, so that one XOR does both."""
        k2 = _double(_double(zero_block))
        padding = bytes(DIGITS) + b"\x80" + bytes(BLOCK_BYTES - DIGITS - 1)
        return np.frombuffer(bytes(a ^ b for a, b in zip(k2, padding, strict=True)), dtype=np.uint8)

    def __repr__(self) -> str:
        return "BlindIndexKey(…)"


def are_digits(digits: Column) -> NDArray[np.bool_]:
    """For each row of an (n, 10) column whether all ten bytes are ASCII digits."""
    within = np.ones(digits.shape[0], dtype=np.bool_)
    for start in range(0, digits.shape[0], _CHUNK_ROWS):
        chunk = np.ascontiguousarray(digits[start : start + _CHUNK_ROWS]).reshape(-1)
        wrong = np.flatnonzero(chunk - np.uint8(ord("0")) > 9)  # what is below 0 wraps to far above 9
        within[start + wrong // DIGITS] = False
    return within


def can_be_given(digits: Column) -> NDArray[np.bool_]:
    """For each row of an (n, 10) column of ASCII digits whether somebody can have this number, as `Cpr.parse` has it.

    A row that is no ten digits gives either answer.
    """
    number = digits.astype(np.int16) - 48
    day, month, year = (10 * number[:, place] + number[:, place + 1] for place in (0, 2, 4))
    day = np.where(day > REPLACEMENT_DAY, day - REPLACEMENT_DAY, day)
    # of the years that a number can mean, 1900 alone is no leap year though it ends in a multiple of four
    is_leap = (year % 4 == 0) & ((year != 0) | (number[:, 6] > 3))
    longest = _MONTH_DAYS[np.clip(month, 0, 13)] + ((month == 2) & is_leap)
    has_serial, is_filler = number[:, 6:].any(axis=1), (number == 1).all(axis=1)
    within: NDArray[np.bool_] = (day >= 1) & (day <= longest) & has_serial & ~is_filler
    return within


def _double(block: bytes) -> bytes:
    """Multiplication by x in GF(2^128), as CMAC derives its subkeys."""
    value = int.from_bytes(block, "big") << 1
    if value >> 128:
        value = (value & ((1 << 128) - 1)) ^ _RB
    return value.to_bytes(BLOCK_BYTES, "big")
