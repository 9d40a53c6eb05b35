"""From when and from what an attestation says its figures are, so that neither tells of anybody.

The digest of the inputs is salted for each release: equal ones would tell that nothing changed between two, and unequal
ones that something did. The salt stays in the municipal record of the release, so that an auditor there can recompute
what a token rests on. A slot is a day that the calendar decides, at midnight UTC, and never a time of day.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time

SALT_BYTES = 16


def salted_digest(inputs_sha256: str, salt: bytes) -> str:
    """SHA-256(salt || digest), in hexadecimal, as the digest is."""
    return hashlib.sha256(salt + bytes.fromhex(inputs_sha256)).hexdigest()


def slot_seconds(day: date) -> int:
    """The slot of a day: its first second in UTC, as Unix seconds."""
    return int(datetime.combine(day, time.min, tzinfo=UTC).timestamp())
