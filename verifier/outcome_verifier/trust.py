"""The trust file: which keys and logs a verifier accepts. Whoever pins its fingerprint needs no server."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from outcome_verifier import b64, canonical, jws
from outcome_verifier.errors import TrustInvalid
from outcome_verifier.note import VerifierKey

SCHEMA = "trust/1"
_MEMBERS = {"schema", "issuer", "keys", "logs", "vct"}
_KEY_MEMBERS = {"kty", "crv", "x", "y", "kid", "use", "valid_from", "valid_to"}


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """An issuer key and the time (Unix seconds) in which it may sign; `valid_to` None means still."""

    kid: str
    key: EllipticCurvePublicKey
    valid_from: int
    valid_to: int | None

    def covers(self, instant: int) -> bool:
        """Whether a token issued at this instant lies within the key's validity."""
        return self.valid_from <= instant and (self.valid_to is None or instant <= self.valid_to)


@dataclass(frozen=True, slots=True)
class TrustFile:
    issuer: str
    keys: dict[str, TrustedKey]
    logs: dict[str, VerifierKey]
    vct: frozenset[str]
    fingerprint: str

    @classmethod
    def load(cls, data: bytes) -> TrustFile:
        """Read a trust file; `TrustInvalid` for anything that is not exactly one."""
        try:
            if not data.endswith(b"\n"):
                raise ValueError("the file is cut off")
            body = canonical.loads_canonical(data[:-1])
            if not isinstance(body, dict) or set(body) != _MEMBERS or body["schema"] != SCHEMA:
                raise ValueError("not a trust file of schema trust/1")
            if not all(isinstance(body[name], list) for name in ("keys", "logs", "vct")):
                raise ValueError("keys, logs and vct must be lists")
            if not all(isinstance(text, str) for text in (body["issuer"], *body["vct"])):
                raise ValueError("issuer and types must be texts")
            keys = {entry["kid"]: _key(entry) for entry in body["keys"]}
            logs = {entry["origin"]: VerifierKey.parse(entry["vkey"]) for entry in body["logs"]}
            if not keys or len(keys) != len(body["keys"]) or len(logs) != len(body["logs"]):
                raise ValueError("keys and logs must be named once each")
            if any(origin != key.name for origin, key in logs.items()):
                raise ValueError("a log key belongs to another origin")
            return cls(body["issuer"], keys, logs, frozenset(body["vct"]), fingerprint(data))
        except (ValueError, KeyError, TypeError) as error:
            raise TrustInvalid(f"the trust file cannot be used: {error}; ask the municipality for it again") from None


def fingerprint(data: bytes) -> str:
    """SHA-256 of the file's bytes, in groups of four hexadecimal digits: what a contract prints."""
    digest = hashlib.sha256(data).hexdigest()
    return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))


def _key(entry: dict[str, Any]) -> TrustedKey:
    if set(entry) != _KEY_MEMBERS or entry["use"] != "attestation":
        raise ValueError("a key has other members than expected")
    members = {name: entry[name] for name in ("crv", "kty", "x", "y")}
    if b64.encode(hashlib.sha256(canonical.dumps(members)).digest()) != entry["kid"]:
        raise ValueError("a key id is not the key's RFC 7638 thumbprint")
    start, end = entry["valid_from"], entry["valid_to"]
    if type(start) is not int or (end is not None and type(end) is not int):
        raise ValueError("a key's validity is not in whole seconds")
    return TrustedKey(entry["kid"], jws.public_key(entry), start, end)
