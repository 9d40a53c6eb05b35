"""An API client with a key of its own, for tests that speak to the API or try to cheat it."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from fastapi.testclient import TestClient
from sqlmodel import Session

from gateway.installation import clients
from gateway.installation.gateway import Gateway
from gateway.installation.tokens import ASSERTION_TYPE
from gateway.store.tables import ClientRow
from outcome_verifier import b64
from policies.terms import Role


@dataclass
class Client:
    """An API client, honest unless told otherwise."""

    gateway: Gateway
    client_id: str
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))

    @property
    def jwk(self) -> dict[str, str]:
        numbers = self.key.public_key().public_numbers()
        x, y = (b64.encode(value.to_bytes(32, "big")) for value in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    @property
    def public_pem(self) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(serialization.Encoding.PEM, form)

    @property
    def now(self) -> int:
        return int(self.gateway.clock().timestamp())

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The claims of a good assertion, with changes; None removes a claim."""
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.gateway.issuer,
            "iat": self.now,
            "exp": self.now + 60,
            "jti": str(uuid.uuid4()),
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def sign(self, claims: dict[str, Any], *, header: dict[str, Any] | None = None, key: Any = None) -> str:
        return jwt.encode(claims, key or self.key, "ES256", headers=header)

    def form(self) -> dict[str, str]:
        """The form of a request that gets a token, with a fresh assertion."""
        return {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.sign(self.claims()),
        }

    def headers(self, api: TestClient) -> dict[str, str]:
        """The header of a request that this client may make, with a fresh token."""
        answer = api.post("/token", data=self.form())
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def register(self, folder: Path, organisation: str, role: Role) -> None:
        file = folder / f"{self.client_id}.jwk"
        file.write_text(json.dumps(self.jwk))
        clients.register_client(
            self.gateway, client_id=self.client_id, organisation=organisation, role=role, jwk_file=file
        )

    def turn_into(self, role: Role) -> None:
        """Give it a role behind the gateway's back: one that no contract gives is refused when it is registered."""
        with Session(self.gateway.store.engine) as session:
            row = session.get(ClientRow, self.client_id)
            assert row is not None
            row.role = role.value
            session.add(row)
            session.commit()
