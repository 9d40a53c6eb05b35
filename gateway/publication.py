"""Public artefacts as static files: keys, status list, checkpoint, type metadata and trust file.

They are written by whoever changed them, whole or not at all; the server only hands out files. None of them
holds anything about a person.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from gateway.attestations import status
from gateway.attestations.metadata import metadata_files
from gateway.attestations.trust import trust_bytes
from gateway.installation import Gateway
from gateway.store import ledger
from outcome_verifier import canonical
from outcome_verifier.trust import fingerprint


def publish(gateway: Gateway) -> list[str]:
    """Write every public file and return their paths below the public directory."""
    signer = gateway.signer()
    jwk = {**signer.public_jwk, "kid": signer.kid, "alg": signer.alg, "use": "sig"}
    files = dict(metadata_files(gateway.issuer))
    files[".well-known/jwt-vc-issuer"] = canonical.dumps({"issuer": gateway.issuer, "jwks": {"keys": [jwk]}})
    files["trust.json"] = trust_bytes(gateway)
    with gateway.store.read() as session:
        files[f"status/{status.LIST_ID}"] = status.status_token(
            session,
            signer,
            issuer=gateway.issuer,
            now=gateway.clock(),
            ttl_seconds=gateway.settings.status_ttl_seconds,
        ).encode("ascii")
        note = ledger.newest_checkpoint(session, "attest")
    if note is not None:
        files["log/attest/checkpoint"] = note.encode("utf-8")
    for name, content in files.items():
        _write(gateway.settings.public_directory / name, content)
    return sorted(files)


def trust_fingerprint(gateway: Gateway) -> str:
    """The fingerprint of the trust file, as a contract prints it."""
    return fingerprint(trust_bytes(gateway))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    temporary.write_bytes(content)
    temporary.chmod(0o644)
    temporary.replace(path)
