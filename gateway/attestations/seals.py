"""Sealed referral batches: a salted commitment to who was referred, logged before results exist.

The seal is `{contract, batch, count, plan, root, sealed_on}`; the log holds SHA-256(nonce || canonical seal). An
attestation discloses seal and nonce, so that anybody can check the denominator and nobody can find a person: the root
is over random subject ids that never leave the municipality, and the plan of blocks is salted (`block_plan`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gateway.store.tables import Batch
from outcome_verifier import canonical
from outcome_verifier.tlog import merkle_root


@dataclass(frozen=True, slots=True)
class Seal:
    """A commitment to one batch. `plan`, `root` and `nonce` are lower-case hexadecimal."""

    contract: str
    batch: str
    count: int
    plan: str
    root: str
    sealed_on: str
    nonce: str

    @classmethod
    def over(
        cls,
        *,
        contract: str,
        batch: str,
        subjects: Sequence[tuple[str, date]],
        plan: str,
        sealed_on: date,
        nonce: bytes,
    ) -> Seal:
        """Seal these people: (subject id, day of referral) in the order of the ids."""
        leaves = [bytes.fromhex(subject) + day.isoformat().encode("ascii") for subject, day in sorted(subjects)]
        return cls(contract, batch, len(leaves), plan, merkle_root(leaves).hex(), sealed_on.isoformat(), nonce.hex())

    @classmethod
    def of_row(cls, row: Batch) -> Seal:
        return cls(
            row.contract_id, row.batch_id, row.count, row.plan_sha256, row.root_hex, row.sealed_on, row.nonce_hex
        )

    @property
    def sha256(self) -> str:
        """What the log holds of the seal."""
        body = {
            "contract": self.contract,
            "batch": self.batch,
            "count": self.count,
            "plan": self.plan,
            "root": self.root,
            "sealed_on": self.sealed_on,
        }
        return hashlib.sha256(bytes.fromhex(self.nonce) + canonical.dumps(body)).hexdigest()

    def claim(self) -> dict[str, object]:
        """The seal as an attestation discloses it; the contract's id stands in the attestation already."""
        return {
            "batch": self.batch,
            "count": self.count,
            "plan": self.plan,
            "root": self.root,
            "sealed_on": self.sealed_on,
            "nonce": self.nonce,
        }


def named_batches(draft: bytes) -> frozenset[str]:
    """The ids of the batches that an attestation rests on, by its draft."""
    return frozenset(seal["batch"] for seal in canonical.loads(draft)["disclosable"]["cohort_seals"])


def seal_leaf(seal: Seal) -> bytes:
    """The data of the seal's leaf in the attest log."""
    return canonical.dumps(seal_leaf_object(seal.sha256))


def seal_leaf_object(seal_sha256: str) -> dict[str, object]:
    return {"v": 1, "type": "cohort_seal", "sha256": seal_sha256}
