"""The trust file: the keys and logs by which anybody checks this installation's attestations."""

from __future__ import annotations

from gateway.attestations.claims import VCT_NAMES
from gateway.installation import Gateway
from outcome_verifier import canonical
from outcome_verifier.note import VerifierKey

SCHEMA = "trust/1"
_LOGS = ("attest", "payment")


def trust_bytes(gateway: Gateway) -> bytes:
    """The file's bytes: canonical JSON and a line end, the same for the same keys."""
    signer = gateway.signer()
    key = {
        **signer.public_jwk,
        "kid": signer.kid,
        "use": "attestation",
        "valid_from": signer.created_at,
        "valid_to": None,
    }
    logs = []
    for log in _LOGS:
        log_key = gateway.log_key(log)
        logs.append({"origin": log_key.origin, "vkey": VerifierKey(log_key.name, log_key.public_bytes).text()})
    body = {
        "schema": SCHEMA,
        "issuer": gateway.issuer,
        "keys": [key],
        "logs": logs,
        "vct": sorted({f"{gateway.issuer}/vct/{name}" for name in VCT_NAMES.values()}),
    }
    return canonical.dumps(body) + b"\n"
