"""The evidence bundle: attestation, receipt, seal proofs and status token in one canonical JSON file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from outcome_verifier import canonical

SCHEMA = "evidence-bundle/1"
MOST_BYTES = 2 << 20
_MEMBERS = {"schema", "attestation", "receipt", "seals", "status"}


@dataclass(frozen=True, slots=True)
class SealProof:
    """A logged commitment to a referral batch, and its receipt."""

    leaf: dict[str, Any]
    proof: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """A parsed bundle. Nothing in it is trusted yet."""

    attestation: str
    receipt: str
    seals: tuple[SealProof, ...]
    status: str

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
        if not all(isinstance(body[name], str) for name in ("attestation", "receipt", "status")):
            raise ValueError("attestation, receipt and status must be texts")
        if not isinstance(body["seals"], list):
            raise ValueError("seals must be a list")
        return cls(body["attestation"], body["receipt"], tuple(map(_seal, body["seals"])), body["status"])


def _seal(entry: object) -> SealProof:
    if not isinstance(entry, dict) or set(entry) != {"leaf", "proof"}:
        raise ValueError("a seal is a leaf and a proof")
    leaf, proof = entry["leaf"], entry["proof"]
    if not isinstance(leaf, dict) or not isinstance(proof, str):
        raise ValueError("a seal is a leaf and a proof")
    if set(leaf) != {"v", "type", "sha256"} or leaf["v"] != 1 or leaf["type"] != "cohort_seal":
        raise ValueError("a seal's leaf is malformed")
    return SealProof(leaf, proof)
