"""Type metadata of the two attestation types (SD-JWT VC §4): static files whose hash stands in each token."""

from __future__ import annotations

import base64
import hashlib

from outcome_verifier import canonical

_TYPES = {
    "outcome-attestation/1": {
        "name": "Outcome attestation",
        "description": "Outcomes of a contract's cohort in one window, as evaluated by the municipality.",
        "da": ("Resultatbevis", "Resultater for en kontrakts målgruppe i én periode, opgjort af kommunen."),
    },
    "payment-document/1": {
        "name": "Payment document",
        "description": "What the municipality owes the operator for one window, exactly.",
        "da": ("Betalingsgrundlag", "Det beløb kommunen skylder leverandøren for én periode, på øren."),
    },
}


def metadata_files(issuer: str) -> dict[str, bytes]:
    """Path below the public root -> bytes of the type metadata file there."""
    files = {}
    for name, texts in _TYPES.items():
        danish = texts["da"]
        body = {
            "vct": f"{issuer}/vct/{name}",
            "name": texts["name"],
            "description": texts["description"],
            "display": [
                {"locale": "da-DK", "name": danish[0], "description": danish[1]},
                {"locale": "en-GB", "name": texts["name"], "description": texts["description"]},
            ],
        }
        files[f"vct/{name}"] = canonical.dumps(body)
    return files


def integrity(content: bytes) -> str:
    """The `vct#integrity` value: W3C Subresource Integrity with SHA-256."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content).digest()).decode("ascii")
