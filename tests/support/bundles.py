"""A complete evidence bundle made from scratch, with knobs to break it. Uses no gateway code: an issuer of its own."""

from __future__ import annotations

import hashlib
import json
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from outcome_verifier import b64, canonical, sdjwt
from outcome_verifier.note import Checkpoint, VerifierKey, sign_note
from outcome_verifier.proof import format_proof
from outcome_verifier.trust import TrustFile
from tests.support.merkle import inclusion_path, root

HOST = "gateway.test.example"
ISSUER = f"https://{HOST}"
NOW = 1_770_000_000
INDEX = 12_345
CONTRACT = b"a contract file"


@dataclass
class LogSigner:
    name: str
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def public_bytes(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)


class Issuer:
    """An issuer with its own keys and logs; every part can be replaced before the bundle is put together."""

    def __init__(self) -> None:
        self.key = generate_private_key(SECP256R1())
        self.attest = LogSigner(f"{HOST}/attest")
        self.payment = LogSigner(f"{HOST}/payment")
        self.bits = bytes(8192)

    @property
    def jwk(self) -> dict[str, str]:
        numbers = self.key.public_key().public_numbers()
        x, y = (b64.encode(value.to_bytes(32, "big")) for value in (numbers.x, numbers.y))
        return {"crv": "P-256", "kty": "EC", "x": x, "y": y}

    @property
    def kid(self) -> str:
        return b64.encode(hashlib.sha256(canonical.dumps(self.jwk)).digest())

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self.key.sign(message, ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def trust_bytes(self, **changes: Any) -> bytes:
        key = {**self.jwk, "kid": self.kid, "use": "attestation", "valid_from": NOW - 1000, "valid_to": None}
        logs = [
            {"origin": log.name, "vkey": VerifierKey(log.name, log.public_bytes).text()}
            for log in (self.attest, self.payment)
        ]
        vct = [f"{ISSUER}/vct/outcome-attestation/1", f"{ISSUER}/vct/payment-document/1"]
        body = {"schema": "trust/1", "issuer": ISSUER, "keys": [key], "logs": logs, "vct": vct, **changes}
        return canonical.dumps(body) + b"\n"

    def trust(self) -> TrustFile:
        return TrustFile.load(self.trust_bytes())

    def header(self, **changes: Any) -> dict[str, Any]:
        return {"alg": "ES256", "typ": "dc+sd-jwt", "kid": self.kid, "iat": NOW, **changes}

    def token(
        self,
        claims: dict[str, Any] | None = None,
        shown: dict[str, Any] | None = None,
        header: dict[str, Any] | None = None,
    ) -> str:
        return sdjwt.issue(
            visible() if claims is None else claims,
            disclosable() if shown is None else shown,
            header=header or self.header(),
            sign=self.sign,
            salts=secrets.token_bytes,
            decoys=2,
        )

    def compact(self, header: dict[str, Any], payload: dict[str, Any]) -> str:
        parts = [b64.encode(canonical.dumps(part)) for part in (header, payload)]
        return ".".join([*parts, b64.encode(self.sign(".".join(parts).encode()))])

    def status(self, **changes: Any) -> str:
        listed = {"bits": 1, "lst": b64.encode(zlib.compress(self.bits))}
        claims = {
            "sub": f"{ISSUER}/status/1",
            "iat": NOW,
            "exp": NOW + 86_400,
            "ttl": 3600,
            "status_list": listed,
            **changes,
        }
        return self.compact({"alg": "ES256", "typ": "statuslist+jwt", "kid": self.kid}, claims)

    def receipt(self, log: LogSigner, leaves: list[bytes], index: int) -> str:
        checkpoint = Checkpoint(log.name, len(leaves), root(leaves))
        return format_proof(index, inclusion_path(leaves, index), sign_note(checkpoint.text(), log))

    def bundle(
        self,
        token: str | None = None,
        *,
        status: str | None = None,
        edit: Callable[[dict[str, Any]], None] | None = None,
    ) -> bytes:
        """The bundle's bytes. `edit` may change the parsed body before it is written canonically."""
        token = token or self.token()
        seal = canonical.dumps(seal_leaf())
        leaves = [b"another", seal, b"a third", attestation_leaf(token), b"a fifth"]
        body: dict[str, Any] = {
            "schema": "evidence-bundle/1",
            "attestation": token,
            "receipt": self.receipt(self.attest, leaves, 3),
            "seals": [{"leaf": seal_leaf(), "proof": self.receipt(self.attest, leaves, 1)}],
            "status": status or self.status(),
        }
        if edit:
            edit(body)
        return canonical.dumps(body) + b"\n"


def attestation_leaf(token: str) -> bytes:
    jwt = token.split("~")[0]
    payload = json.loads(b64.decode(jwt.split(".")[1]))
    leaf = {
        "v": 1,
        "type": "attestation",
        "jti": payload.get("jti", ""),
        "sha256": hashlib.sha256(jwt.encode()).hexdigest(),
        "status": INDEX,
    }
    return canonical.dumps(leaf)


NONCE = "ab" * 32
SEAL = {"batch": "2018", "count": 40, "root": "cd" * 32, "sealed_on": "2018-10-01"}


def seal_leaf(**changes: Any) -> dict[str, Any]:
    body = canonical.dumps({"contract": "test", **SEAL, **changes})
    return {"v": 1, "type": "cohort_seal", "sha256": hashlib.sha256(bytes.fromhex(NONCE) + body).hexdigest()}


def visible(**changes: Any) -> dict[str, Any]:
    """The always visible claims of a good attestation, with changes; None removes a claim."""
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "vct": f"{ISSUER}/vct/outcome-attestation/1",
        "vct#integrity": "sha256-AAAA",
        "nbf": NOW,
        "iat": NOW,
        "jti": "urn:uuid:00000000-0000-4000-8000-000000000001",
        "status": {"status_list": {"uri": f"{ISSUER}/status/1", "idx": INDEX}},
        "seq": 1,
        "contract": {"id": "test", "version": 1, "rules_sha256": hashlib.sha256(CONTRACT).hexdigest()},
        "window": {"label": "2020H2", "from_week": "2020-W27", "to_week": "2020-W53"},
        "template": "contract_total",
        "recipient": {"role": "investor", "organisation": "an-investor"},
        "municipality": {"code": "851", "name": "Aalborg Kommune"},
        "operator": {"name": "An operator"},
        "log": {"origin": f"{HOST}/attest"},
        "policy": {"decision_id": "1", "policy_set_sha256": "ef" * 32},
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def disclosable(**changes: Any) -> dict[str, Any]:
    """The disclosable claims of a good attestation, with changes; None removes a claim."""
    claims: dict[str, Any] = {
        "participants": 40,
        "cohort_seals": [{**SEAL, "nonce": NONCE}],
        "outcomes_achieved": 21,
        "threshold": {"people": 20, "met": True},
        "outcomes_by_class": [{"class": "job", "value": 21}, {"class": "other", "value": None}],
        "payable": {"amount_minor": 2_100_000, "currency": "DKK"},
        "sources": {"complete_to_week": "2020-W53", "known_at": NOW - 100},
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}
