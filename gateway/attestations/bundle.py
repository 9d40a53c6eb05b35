"""Puts the evidence bundle together and checks it with the investor's own verifier before anybody gets it."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from gateway.attestations import status
from gateway.attestations.seals import seal_leaf_object
from gateway.attestations.trust import trust_bytes
from gateway.installation import Gateway
from gateway.store import ledger, queries
from gateway.store.tables import ReleaseRow
from outcome_verifier import canonical
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import verify_bundle

SCHEMA = "evidence-bundle/1"


def assemble(
    gateway: Gateway,
    session: Session,
    row: ReleaseRow,
    token: str,
    *,
    log: str,
    contract_text: bytes,
    now: datetime,
) -> bytes:
    """The bundle's bytes: attestation, receipt under the newest checkpoint, seal proofs and status token.

    Raises `VerificationError` where the finished bundle does not verify: then the transaction is rolled back
    and nothing was handed out.
    """
    if row.leaf_index is None:
        raise ValueError("the attestation is not in its log yet")
    attest = gateway.log_key("attest")
    seals = [
        {
            "leaf": seal_leaf_object(batch.seal_sha256),
            "proof": ledger.receipt(session, "attest", batch.leaf_index, attest, at=now),
        }
        for batch in queries.batches(session, row.contract_id)
    ]
    body = {
        "schema": SCHEMA,
        "attestation": token,
        "receipt": ledger.receipt(session, log, row.leaf_index, gateway.log_key(log), at=now),
        "seals": seals,
        "status": status.status_token(
            session,
            gateway.signer(),
            issuer=gateway.issuer,
            now=now,
            ttl_seconds=gateway.settings.status_ttl_seconds,
        ),
    }
    bundle = canonical.dumps(body) + b"\n"
    trust = TrustFile.load(trust_bytes(gateway))
    verify_bundle(bundle, trust, now=int(now.timestamp()), contract=contract_text)
    return bundle
