"""A complete evidence bundle made from scratch, with knobs to break it. Uses no gateway code: an issuer of its own."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from outcome_verifier import acceptance, b64, bundle, canonical, countersignature, endorsement, jws, sdjwt
from outcome_verifier.note import Checkpoint, VerifierKey, sign_note
from outcome_verifier.proof import format_proof
from outcome_verifier.trust import TrustFile, fingerprint, manifest_leaf
from tests.support.merkle import inclusion_path, root

HOST = "gateway.test.example"
ISSUER = f"https://{HOST}"
NOW = 1_770_000_000
INDEX = 12_345
CONTRACT = b"a contract file"
PAYER, OPERATOR, INVESTOR = PARTIES = (
    ("outcome_payer", "a-municipality"),
    ("operator", "an-operator"),
    ("investor", "an-investor"),
)
AUDITOR = "an-auditor"


@dataclass
class LogSigner:
    name: str
    private: Ed25519PrivateKey

    @property
    def public_bytes(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)


class Drawn:
    """Bytes that look random and are the same at every run: an issuer of test vectors must repeat itself."""

    def __init__(self, seed: str) -> None:
        self._seed, self._count = seed.encode(), 0

    def __call__(self, count: int) -> bytes:
        self._count += 1
        return hashlib.shake_256(self._seed + self._count.to_bytes(8, "big")).digest(count)


@dataclass
class SigningKey:
    """An ES256 key pair; signatures are deterministic (RFC 6979), so that a vector can be made again."""

    private: EllipticCurvePrivateKey
    alg: str = "ES256"

    @classmethod
    def drawn(cls, draw: Callable[[int], bytes]) -> SigningKey:
        return cls(derive_private_key(int.from_bytes(draw(31), "big") + 1, SECP256R1()))

    @property
    def jwk(self) -> dict[str, str]:
        numbers = self.private.public_key().public_numbers()
        x, y = (b64.encode(value.to_bytes(32, "big")) for value in (numbers.x, numbers.y))
        return {"crv": "P-256", "kty": "EC", "x": x, "y": y}

    @property
    def public_jwk(self) -> dict[str, str]:
        return self.jwk

    @property
    def kid(self) -> str:
        return jws.thumbprint(self.jwk)

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self.private.sign(message, ECDSA(SHA256(), deterministic_signing=True)))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def compact(self, header: dict[str, Any], payload: dict[str, Any]) -> str:
        parts = [b64.encode(canonical.dumps(part)) for part in ({"kid": self.kid, **header}, payload)]
        return ".".join([*parts, b64.encode(self.sign(".".join(parts).encode()))])


class Issuer:
    """An issuer with its own keys and logs, its contract's parties and an auditor; every part can be replaced before
    the bundle is put together."""

    def __init__(self, seed: str | None = None) -> None:
        self.draw = secrets.token_bytes if seed is None else Drawn(seed)
        self.key, self.anchor = SigningKey.drawn(self.draw), SigningKey.drawn(self.draw)
        self.attest, self.payment = (
            LogSigner(f"{HOST}/{log}", Ed25519PrivateKey.from_private_bytes(self.draw(32)))
            for log in ("attest", "payment")
        )
        self.investor, self.operator, self.auditor = (SigningKey.drawn(self.draw) for _ in range(3))
        self.bits = bytes(8192)

    @property
    def fingerprint(self) -> str:
        return fingerprint(ISSUER, self.anchor.jwk)

    @property
    def kid(self) -> str:
        return self.key.kid

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)

    def key_entry(self, key: SigningKey | None = None, **changes: Any) -> dict[str, Any]:
        """An entry of the key manifest, by default for the key that signs."""
        key = key or self.key
        times = {"state": "active", "valid_from": NOW - 1000, "valid_to": None, "compromised_since": None}
        return {"kid": key.kid, "jwk": key.jwk, **times, **changes}

    def manifest_claims(self, **changes: Any) -> dict[str, Any]:
        logs = [
            {"origin": log.name, "vkey": VerifierKey(log.name, log.public_bytes).text()}
            for log in (self.attest, self.payment)
        ]
        vct = [f"{ISSUER}/vct/outcome-attestation/1", f"{ISSUER}/vct/payment-document/1"]
        body = {"iss": ISSUER, "iat": NOW - 1000, "version": 1, "previous": None, "keys": [self.key_entry()]}
        return {**body, "logs": logs, "vct": vct, **changes}

    def trust_bytes(
        self,
        *,
        header: dict[str, Any] | None = None,
        members: dict[str, Any] | None = None,
        signer: SigningKey | None = None,
        **changes: Any,
    ) -> bytes:
        """The trust file. `changes` are to the manifest's claims, `members` to the file itself."""
        claims = self.manifest_claims(**changes)
        manifest = (signer or self.anchor).compact(header or {"alg": "ES256", "typ": "key-manifest+jwt"}, claims)
        leaf = canonical.dumps(manifest_leaf(manifest, claims["version"]))
        body = {
            "schema": "trust/1",
            "issuer": ISSUER,
            "anchor": self.anchor.jwk,
            "manifest": manifest,
            "receipt": self.receipt(self.attest, [leaf], 0),
            **(members or {}),
        }
        return canonical.dumps(body) + b"\n"

    def trust(self, **changes: Any) -> TrustFile:
        return TrustFile.load(self.trust_bytes(**changes))

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
            salts=self.draw,
            decoys=2,
        )

    def compact(self, header: dict[str, Any], payload: dict[str, Any]) -> str:
        return self.key.compact(header, payload)

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
        return self.compact({"alg": "ES256", "typ": "statuslist+jwt"}, claims)

    def accepts(self, party: tuple[str, str], signer: SigningKey | None = None, /, **changes: Any) -> str:
        """A party's acceptance, by its own key unless another one signs; `changes` are to its claims."""
        own = {"outcome_payer": self.key, "operator": self.operator, "investor": self.investor}
        contract = visible()["contract"]
        said = acceptance.claims(contract, PARTIES, party, trust=self.fingerprint, at=NOW - 500)
        return endorsement.sign(signer or own[party[0]], typ=acceptance.TYPE, claims={**said, **changes})

    def acceptances(self, **changes: Any) -> list[str]:
        return [self.accepts(party, **changes) for party in PARTIES]

    def countersigns(self, token: str, signer: SigningKey | None = None, **changes: Any) -> str:
        """The auditor's countersignature of a token; `changes` are to its claims."""
        jwt = token.split("~")[0]
        findings = {"auditor": AUDITOR, "sample": SAMPLE, "verdict": "agreed"}
        digest = hashlib.sha256(jwt.encode()).hexdigest()
        payload = json.loads(b64.decode(jwt.split(".")[1]))
        said = countersignature.claims(findings, visible=payload, jwt_sha256=digest, at=NOW)
        return endorsement.sign(signer or self.auditor, typ=countersignature.TYPE, claims={**said, **changes})

    def receipt(self, log: LogSigner, leaves: list[bytes], index: int) -> str:
        checkpoint = Checkpoint(log.name, len(leaves), root(leaves))
        return format_proof(index, inclusion_path(leaves, index), sign_note(checkpoint.text(), log))

    def bundle(
        self,
        token: str | None = None,
        *,
        status: str | None = None,
        logged_at: int = NOW,
        superseded_by: str | None = None,
        edit: Callable[[dict[str, Any]], None] | None = None,
    ) -> bytes:
        """The bundle's bytes. `edit` may change the parsed body before it is written canonically."""
        token = token or self.token()
        seal = canonical.dumps(seal_leaf())
        leaves = [b"another", seal, b"a third", attestation_leaf(token, logged_at), b"a fifth"]
        successor = None
        if superseded_by is not None:
            leaves.append(attestation_leaf(superseded_by, logged_at))
            receipt = self.receipt(self.attest, leaves, 5)
            successor = {"attestation": superseded_by, "receipt": receipt, "logged_at": logged_at}
        body: dict[str, Any] = {
            "schema": "evidence-bundle/1",
            "attestation": token,
            "receipt": self.receipt(self.attest, leaves, 3),
            "logged_at": logged_at,
            "seals": [{"leaf": seal_leaf(), "proof": self.receipt(self.attest, leaves, 1)}],
            "status": status or self.status(),
            "superseded_by": successor,
            "acceptances": self.acceptances(contract=contract_of(token)),
            "countersignatures": [],
        }
        if edit:
            edit(body)
        return canonical.dumps(body) + b"\n"


def attestation_leaf(token: str, logged_at: int = NOW) -> bytes:
    """The leaf as the token's own claims give it, so that a broken token is logged as it is."""
    jwt = token.split("~")[0]
    payload = json.loads(b64.decode(jwt.split(".")[1]))
    digest = hashlib.sha256(jwt.encode()).hexdigest()
    index = payload.get("status", {}).get("status_list", {}).get("idx", INDEX)
    return canonical.dumps(bundle.attestation_leaf(payload.get("jti", ""), digest, index, logged_at))


def contract_of(token: str) -> Any:
    """The token's visible claim `contract`, or the usual one where the token is too broken to have it."""
    payload = json.loads(b64.decode(token.split("~")[0].split(".")[1]))
    return payload.get("contract", visible()["contract"])


def replaced(token: str) -> dict[str, str]:
    """The `supersedes` claim of what replaces this token."""
    jwt = token.split("~")[0]
    payload = json.loads(b64.decode(jwt.split(".")[1]))
    return {"jti": payload["jti"], "sha256": hashlib.sha256(jwt.encode()).hexdigest()}


SAMPLE = {"size": 12, "population": 40, "draw": 1, "seed": "12" * 32, "items_sha256": "34" * 32}
NONCE = "ab" * 32
SEAL = {"batch": "2018", "count": 40, "plan": "ef" * 32, "root": "cd" * 32, "sealed_on": "2018-10-01"}


def seal_leaf(**changes: Any) -> dict[str, Any]:
    body = canonical.dumps({"contract": "test", **SEAL, **changes})
    return {"v": 1, "type": "cohort_seal", "sha256": hashlib.sha256(bytes.fromhex(NONCE) + body).hexdigest()}


def visible(**changes: Any) -> dict[str, Any]:
    """The always visible claims of a good attestation, with changes; None removes a claim."""
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "vct": f"{ISSUER}/vct/outcome-attestation/1",
        "vct#integrity": "sha256-" + base64.b64encode(hashlib.sha256(b"type metadata").digest()).decode(),
        "nbf": NOW,
        "iat": NOW,
        "jti": "urn:uuid:00000000-0000-4000-8000-000000000001",
        "status": {"status_list": {"uri": f"{ISSUER}/status/1", "idx": INDEX}},
        "seq": 1,
        "contract": {"id": "test", "version": 1, "rules_sha256": hashlib.sha256(CONTRACT).hexdigest()},
        "window": {"label": "2020H2", "from_week": "2020-W27", "to_week": "2020-W53"},
        "template": "contract_total",
        "recipient": {"role": INVESTOR[0], "organisation": INVESTOR[1]},
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
