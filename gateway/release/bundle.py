"""Puts the evidence bundle together and checks it with the investor's own verifier before anybody gets it."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.attestations.claims import LOGS
from gateway.attestations.seals import named_batches, seal_leaf_object
from gateway.installation.gateway import Gateway
from gateway.store import ledger, queries
from gateway.store.tables import ReleaseRow
from gateway.store.unit_of_work import UnitOfWork
from gateway.wording.views import JsonValue
from outcome_verifier import canonical
from outcome_verifier.errors import StatusInvalid
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import Demands, verify_bundle
from vocabulary.releases import Template

SCHEMA = "evidence-bundle/1"


def assemble(
    gateway: Gateway,
    uow: UnitOfWork,
    row: ReleaseRow,
    token: str,
    *,
    successor: tuple[ReleaseRow, str] | None,
    contract_text: bytes,
    acceptances: Sequence[str],
    countersignatures: Sequence[str],
) -> bytes:
    """The bundle's bytes: attestation, receipt under the newest checkpoint, seal proofs, status token, what the parties
    and auditors signed, and successor.

    Raises `VerificationError` where the finished bundle does not verify: then the transaction is rolled back
    and nothing was handed out. One that was superseded verifies up to that, and no further.
    """
    session, now = uow.session, uow.now
    status = gateway.status_token(uow, no_older_than=row.issued_at)  # first: it may add an entry to the log
    attest = gateway.log_key("attest")
    named = named_batches(row.draft)
    seals = [
        {
            "leaf": seal_leaf_object(batch.seal_sha256),
            "proof": ledger.receipt(session, "attest", batch.leaf_index, attest, at=now),
        }
        for batch in queries.batches(session, row.contract_id)
        if batch.batch_id in named
    ]
    body = {
        "schema": SCHEMA,
        **_logged_attestation(gateway, uow, row, token),
        "seals": seals,
        "status": status,
        "acceptances": list(acceptances),
        "countersignatures": list(countersignatures),
        "superseded_by": None if successor is None else _logged_attestation(gateway, uow, *successor),
    }
    bundle = canonical.dumps(body) + b"\n"
    trust = TrustFile.load(gateway.trust_bytes(session))
    try:
        verify_bundle(bundle, trust, now=int(now.timestamp()), demands=Demands(contract=contract_text))
    except StatusInvalid as error:
        if successor is None or error.successor is None:
            raise
    return bundle


def _logged_attestation(gateway: Gateway, uow: UnitOfWork, row: ReleaseRow, token: str) -> dict[str, JsonValue]:
    """An attestation with its receipt and the time that the log holds."""
    if row.leaf_index is None or row.issued_at is None:
        raise ValueError("the attestation is not in its log yet")
    log = LOGS[Template(row.template)]
    return {
        "attestation": token,
        "receipt": ledger.receipt(uow.session, log, row.leaf_index, gateway.log_key(log), at=uow.now),
        "logged_at": int(row.issued_at.timestamp()),
    }
