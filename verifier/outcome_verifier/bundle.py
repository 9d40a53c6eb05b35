"""The evidence bundle: attestation, receipt, seal proofs, status token, and what others than the issuer signed, in one
canonical JSON file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from outcome_verifier import acceptance, canonical, countersignature
from outcome_verifier.shapes import is_string, list_of

SCHEMA = "evidence-bundle/1"
MOST_BYTES = 1 << 20
_LOGGED = {"attestation", "receipt", "logged_at"}
_MEMBERS = {"schema", *_LOGGED, "seals", "status", "superseded_by", "acceptances", "countersignatures"}
_MOST_SEALS = 256


@dataclass(frozen=True, slots=True)
class Logged:
    """An attestation with its receipt, and the time (Unix seconds) that its log entry holds."""

    attestation: str
    receipt: str
    logged_at: int

    @classmethod
    def of(cls, body: object) -> Logged:
        if not isinstance(body, dict) or not all(isinstance(body[name], str) for name in ("attestation", "receipt")):
            raise ValueError("attestation and receipt must be texts")
        if not canonical.is_instant(body["logged_at"]):
            raise ValueError("logged_at is not a time in whole seconds")
        return cls(body["attestation"], body["receipt"], body["logged_at"])


@dataclass(frozen=True, slots=True)
class SealProof:
    """A logged commitment to a referral batch, and its receipt."""

    leaf: dict[str, Any]
    proof: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """A parsed bundle. Nothing in it is trusted yet. `superseded_by` is what replaced the attestation, if anything."""

    logged: Logged
    seals: tuple[SealProof, ...]
    status: str
    superseded_by: Logged | None
    acceptances: tuple[str, ...]
    countersignatures: tuple[str, ...]

    @classmethod
    def load(cls, data: bytes) -> Bundle:
        """Read a bundle; `ValueError` unless the file is canonical JSON of this schema and one line end."""
        if len(data) > MOST_BYTES:
            raise ValueError("the file is larger than a bundle can be")
        if not data.endswith(b"\n"):
            raise ValueError("the file is cut off")
        body = canonical.loads_canonical(data[:-1])
        if not isinstance(body, dict) or set(body) != _MEMBERS or body["schema"] != SCHEMA:
            raise ValueError("not an evidence bundle of schema evidence-bundle/1")
        if not isinstance(body["status"], str):
            raise ValueError("status must be a text")
        if not isinstance(body["seals"], list) or len(body["seals"]) > _MOST_SEALS:
            raise ValueError("seals must be a list that is not too long")
        successor = body["superseded_by"]
        if successor is not None and set(successor) != _LOGGED:
            raise ValueError("superseded_by is not an attestation with its receipt")
        if not list_of(is_string)(body["acceptances"]) or not 1 <= len(body["acceptances"]) <= acceptance.MOST:
            raise ValueError(f"acceptances must be a list of 1 to {acceptance.MOST} texts")
        signed = body["countersignatures"]
        if not list_of(is_string)(signed) or len(signed) > countersignature.MOST:
            raise ValueError(f"countersignatures must be a list of at most {countersignature.MOST} texts")
        return cls(
            Logged.of(body),
            tuple(map(_seal, body["seals"])),
            body["status"],
            None if successor is None else Logged.of(successor),
            tuple(body["acceptances"]),
            tuple(signed),
        )


def attestation_leaf(jti: str, jwt_sha256: str, status_index: int, logged_at: int) -> dict[str, object]:
    """What the log holds of an attestation: computable from any presentation of it."""
    return {
        "v": 1,
        "type": "attestation",
        "jti": jti,
        "sha256": jwt_sha256,
        "status": status_index,
        "at": logged_at,
    }


def _seal(entry: object) -> SealProof:
    if not isinstance(entry, dict) or set(entry) != {"leaf", "proof"}:
        raise ValueError("a seal is a leaf and a proof")
    leaf, proof = entry["leaf"], entry["proof"]
    if not isinstance(leaf, dict) or not isinstance(proof, str):
        raise ValueError("a seal is a leaf and a proof")
    if set(leaf) != {"v", "type", "sha256"} or type(leaf["v"]) is not int or not isinstance(leaf["sha256"], str):
        raise ValueError("a seal's leaf is malformed")
    if (leaf["v"], leaf["type"]) != (1, "cohort_seal"):
        raise ValueError("a seal's leaf is of another type")
    return SealProof(leaf, proof)
