"""The trust file: which keys and logs a verifier accepts, as the municipality's manifest key states them.

The file holds the issuer, its manifest key (the anchor) and one signed key manifest with its receipt. The
fingerprint is over issuer and anchor alone: a contract prints it once, and it stays the same when signing keys are
rotated. Whoever pins it needs no server.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from outcome_verifier import canonical, jws
from outcome_verifier.errors import TrustInvalid
from outcome_verifier.note import VerifierKey
from outcome_verifier.proof import verify_proof
from outcome_verifier.trusted_key import TrustedKey

_HEX = re.compile(r"[0-9a-f]{64}")
SCHEMA = "trust/1"
MANIFEST_TYPE = "key-manifest+jwt"
_MEMBERS = {"schema", "issuer", "anchor", "manifest", "receipt"}
_MANIFEST_MEMBERS = {"iss", "iat", "version", "previous", "keys", "logs", "vct"}


@dataclass(frozen=True, slots=True)
class TrustFile:
    """An accepted trust file. `version` and `issued_at` (Unix seconds) are those of its key manifest; `anchor` is the
    thumbprint of the key that signed it."""

    issuer: str
    anchor: str
    keys: Mapping[str, TrustedKey]
    logs: Mapping[str, VerifierKey]
    vct: frozenset[str]
    version: int
    issued_at: int
    fingerprint: str

    @classmethod
    def load(cls, data: bytes) -> TrustFile:
        """Read a trust file; `TrustInvalid` for anything that is not exactly one, signed and logged."""
        try:
            if not data.endswith(b"\n"):
                raise ValueError("the file is cut off")
            body = canonical.loads_canonical(data[:-1])
            if not isinstance(body, dict) or set(body) != _MEMBERS or body["schema"] != SCHEMA:
                raise ValueError("not a trust file of schema trust/1")
            if not all(isinstance(body[name], str) for name in ("issuer", "manifest", "receipt")):
                raise ValueError("issuer, manifest and receipt must be texts")
            manifest = _manifest(body)
            keys = [TrustedKey.of(entry) for entry in manifest["keys"]]
            logs = dict(map(_log, manifest["logs"]))
            _check_names(manifest, keys, logs)
            _check_receipt(body, manifest, logs)
        except (ValueError, KeyError, TypeError) as error:
            raise TrustInvalid(f"the trust file cannot be used: {error}; ask the municipality for it again") from None
        return cls(
            issuer=body["issuer"],
            anchor=jws.thumbprint(body["anchor"]),
            keys={key.kid: key for key in keys},
            logs=logs,
            vct=frozenset(manifest["vct"]),
            version=manifest["version"],
            issued_at=manifest["iat"],
            fingerprint=fingerprint(body["issuer"], body["anchor"]),
        )


def fingerprint(issuer: str, anchor: Mapping[str, str]) -> str:
    """SHA-256 over issuer and manifest key, in groups of four hexadecimal digits: what a contract prints."""
    digest = hashlib.sha256(canonical.dumps({"anchor": dict(anchor), "issuer": issuer})).hexdigest()
    return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))


def manifest_leaf(manifest: str, version: int) -> dict[str, object]:
    """What the attest log holds of a key manifest."""
    digest = hashlib.sha256(manifest.encode("ascii")).hexdigest()
    return {"v": 1, "type": "key_manifest", "version": version, "sha256": digest}


def _manifest(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The payload of the key manifest that the anchor signed."""
    token = jws.parse(body["manifest"], typ=MANIFEST_TYPE, members=frozenset())
    if not isinstance(body["anchor"], dict) or token.header["kid"] != jws.thumbprint(body["anchor"]):
        raise ValueError("the key manifest was not signed by the file's anchor")
    jws.verify_signature(token, jws.public_key(body["anchor"]))
    manifest = token.payload
    if set(manifest) != _MANIFEST_MEMBERS or manifest["iss"] != body["issuer"]:
        raise ValueError("the key manifest is malformed, or another issuer's")
    if manifest["previous"] is not None and not _HEX.fullmatch(str(manifest["previous"])):
        raise ValueError("the key manifest names the one before it wrongly")
    if type(manifest["version"]) is not int or manifest["version"] < 1 or not canonical.is_instant(manifest["iat"]):
        raise ValueError("the key manifest has no version or no time")
    return manifest


def _log(entry: Mapping[str, Any]) -> tuple[str, VerifierKey]:
    if set(entry) != {"origin", "vkey"} or not all(isinstance(value, str) for value in entry.values()):
        raise ValueError("a log has other members than expected")
    return entry["origin"], VerifierKey.parse(entry["vkey"])


def _check_names(manifest: Mapping[str, Any], keys: list[TrustedKey], logs: Mapping[str, VerifierKey]) -> None:
    if not keys or len({key.kid for key in keys}) != len(keys) or len(logs) != len(manifest["logs"]):
        raise ValueError("keys and logs must be named once each")
    if any(origin != key.name for origin, key in logs.items()):
        raise ValueError("a log key belongs to another origin")
    if not isinstance(manifest["vct"], list) or not all(isinstance(text, str) for text in manifest["vct"]):
        raise ValueError("types must be texts")


def _check_receipt(body: Mapping[str, Any], manifest: Mapping[str, Any], logs: Mapping[str, VerifierKey]) -> None:
    """The manifest stands in the attest log, so nobody can show one person another manifest unseen."""
    attest = [key for origin, key in logs.items() if origin.endswith("/attest")]
    if len(attest) != 1:
        raise ValueError("the key manifest names no attest log, or two")
    leaf = manifest_leaf(body["manifest"], manifest["version"])
    verify_proof(body["receipt"], leaf_data=canonical.dumps(leaf), key=attest[0])
