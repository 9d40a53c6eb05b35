"""The windows that end a block, as they stand beside the seals: whether these open with them.

A seal holds a salted digest of its plan, and stands in the log. Whoever edits the plan in the database, so that a
window is shown by itself that has to wait, cannot edit that.
"""

from __future__ import annotations

from sqlmodel import Session

from gateway.attestations.block_plan import plan_digest
from gateway.attestations.seals import Seal
from gateway.errors.enrolment import SealsCorrupt
from gateway.store import contract_queries, queries
from gateway.store.contract_tables import ContractVersion
from gateway.store.tables import Batch


def opening_versions(session: Session, contract_id: str) -> list[ContractVersion]:
    """The versions of a contract whose text opens a seal, which names none itself; none where nothing is sealed.

    Raises `SealsCorrupt` where a seal does not open with what stands beside it.
    """
    versions, batches = contract_queries.contract_versions(session, contract_id), queries.batches(session, contract_id)
    found = []
    for batch in batches:
        opening = [one for one in versions if _opens(one.sha256, batch)]
        if not opening:
            raise SealsCorrupt(contract=contract_id, batch=batch.batch_id)
        found += opening
    return found


def _opens(contract_sha256: str, batch: Batch) -> bool:
    digest = plan_digest(contract_sha256, batch.block_ends, bytes.fromhex(batch.plan_salt_hex))
    return digest == batch.plan_sha256 and Seal.of_row(batch).sha256 == batch.seal_sha256
