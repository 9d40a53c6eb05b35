"""A signing key of the issuer as its key manifest states it: whose it is, and in which time it signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from outcome_verifier import canonical, jws

STATES = ("pending", "active", "retiring", "retired", "destroyed", "compromised")
_MEMBERS = {"kid", "jwk", "state", "valid_from", "valid_to", "compromised_since"}


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A signing key of the issuer and the time (Unix seconds) in which it signed; None means still, or never."""

    kid: str
    key: jws.PublicKey
    state: str
    valid_from: int | None
    valid_to: int | None
    compromised_since: int | None

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> TrustedKey:
        """The key of an entry in a key manifest; `ValueError`, or `KeyError` and `TypeError` of what is no JWK."""
        if set(entry) != _MEMBERS or entry["state"] not in STATES:
            raise ValueError("a key has other members than expected")
        if jws.thumbprint(entry["jwk"]) != entry["kid"]:
            raise ValueError("a key id is not the key's RFC 7638 thumbprint")
        times = [entry[name] for name in ("valid_from", "valid_to", "compromised_since")]
        if any(time is not None and not canonical.is_instant(time) for time in times):
            raise ValueError("a key's validity is not in whole seconds")
        return cls(entry["kid"], jws.public_key(entry["jwk"]), entry["state"], *times)

    def covers(self, instant: int) -> bool:
        """Whether what was logged at this instant was signed by its owner, in the key's time."""
        if self.valid_from is None or instant < self.valid_from:
            return False
        if self.compromised_since is not None and instant >= self.compromised_since:
            return False
        return self.valid_to is None or instant <= self.valid_to
