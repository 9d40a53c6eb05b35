"""The key manifest and the trust file: who signs for this installation, in every version since its first day.

A version is signed by the manifest key, stands in the attest log, and is never changed. History is never removed:
an attestation of the first year must verify in the tenth.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from gateway.attestations.claims import VCT_NAMES
from gateway.attestations.jws import sign_compact
from gateway.errors.installation import NotInstalled
from gateway.store import ledger
from gateway.store.tables import KeyManifestRow, SigningKeyRow
from keys.signer import LogKey, Signer
from outcome_verifier import canonical
from outcome_verifier.note import VerifierKey
from outcome_verifier.trust import MANIFEST_TYPE, SCHEMA, fingerprint, manifest_leaf


def record_manifest(
    session: Session, *, issuer: str, anchor: Signer, logs: Sequence[LogKey], now: datetime
) -> KeyManifestRow:
    """Sign and log the next version, over every signing key there ever was. The first of `logs` is the attest log."""
    session.flush()
    newest = newest_manifest(session)
    version = 1 if newest is None else newest.version + 1
    keys = session.exec(select(SigningKeyRow).order_by(col(SigningKeyRow.added_at), SigningKeyRow.kid)).all()
    claims = {
        "iss": issuer,
        "iat": int(now.timestamp()),
        "version": version,
        "previous": None if newest is None else hashlib.sha256(newest.text.encode("ascii")).hexdigest(),
        "keys": [_entry(key) for key in keys],
        "logs": [{"origin": log.origin, "vkey": VerifierKey(log.name, log.public_bytes).text()} for log in logs],
        "vct": sorted({f"{issuer}/vct/{name}" for name in VCT_NAMES.values()}),
    }
    text = sign_compact(anchor, header={"typ": MANIFEST_TYPE, "kid": anchor.kid}, claims=claims)
    leaf = canonical.dumps(manifest_leaf(text, version))
    index = ledger.append(
        session, "attest", leaf_data=leaf, kind="key_manifest", body=leaf.decode("ascii"), nonce=b"", at=now
    )
    receipt = ledger.receipt(session, "attest", index, logs[0], at=now)
    row = KeyManifestRow(version=version, text=text, receipt=receipt, leaf_index=index, at=now)
    session.add(row)
    session.flush()
    return row


def newest_manifest(session: Session) -> KeyManifestRow | None:
    return session.exec(select(KeyManifestRow).order_by(col(KeyManifestRow.version).desc()).limit(1)).first()


def trust_bytes(session: Session, *, issuer: str, anchor: Signer) -> bytes:
    """The trust file's bytes: canonical JSON and a line end, the same for the same manifest."""
    manifest = newest_manifest(session)
    if manifest is None:
        raise NotInstalled(where="the database")
    body = {
        "schema": SCHEMA,
        "issuer": issuer,
        "anchor": dict(anchor.public_jwk),
        "manifest": manifest.text,
        "receipt": manifest.receipt,
    }
    return canonical.dumps(body) + b"\n"


def trust_fingerprint(*, issuer: str, anchor: Signer) -> str:
    """What a contract prints: the same for every version of the trust file."""
    return fingerprint(issuer, anchor.public_jwk)


def _entry(key: SigningKeyRow) -> dict[str, object]:
    return {
        "kid": key.kid,
        "jwk": key.jwk,
        "state": key.state,
        "valid_from": _seconds(key.valid_from),
        "valid_to": _seconds(key.valid_to),
        "compromised_since": _seconds(key.compromised_since),
    }


def _seconds(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())
