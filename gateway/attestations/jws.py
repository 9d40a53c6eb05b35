"""Compact JWS over canonical JSON, for status lists and access tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keys.signer import Signer
from outcome_verifier import b64, canonical


def sign_compact(signer: Signer, *, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """A compact JWS (RFC 7515 §7.1) with the signer's `alg`."""
    protected = b64.encode(canonical.dumps({"alg": signer.alg, **header}))
    payload = b64.encode(canonical.dumps(dict(claims)))
    signature = signer.sign(f"{protected}.{payload}".encode("ascii"))
    return f"{protected}.{payload}.{b64.encode(signature)}"
