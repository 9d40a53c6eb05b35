"""What the API sends when all goes well, as schemas for its OpenAPI document.

The evidence bundle and the public files are made elsewhere, byte by byte (docs/attestation-format.md); here they
are only described, and a test holds the descriptions against what is sent.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class TokenAnswer(BaseModel):
    """An access token (RFC 6749 §5.1)."""

    access_token: str = Field(description="An `at+jwt` (RFC 9068), to be sent as `Authorization: Bearer …`.")
    token_type: Literal["Bearer"] = Field(default="Bearer", description="The scheme (RFC 6750).")
    expires_in: int = Field(description="Its life in seconds.")


class TokenError(BaseModel):
    """Why there is no access token (RFC 6749 §5.2)."""

    error: Literal["invalid_request", "invalid_client", "unsupported_grant_type"]
    error_description: str = Field(description="What is wrong, in English. Nothing that was sent is repeated.")


class SealLeaf(BaseModel):
    v: Literal[1]
    type: Literal["cohort_seal"]
    sha256: str = Field(description="The commitment to one referral batch, hexadecimal.")


class BundleSeal(BaseModel):
    """That a referral batch was sealed in the log."""

    leaf: SealLeaf
    proof: str = Field(description="C2SP tlog-proof of the leaf.")


class BundleSuccessor(BaseModel):
    """The attestation that replaced another, with its receipt."""

    attestation: str
    receipt: str
    logged_at: int


class EvidenceBundle(BaseModel):
    """One file of canonical JSON and a line end. Keep its bytes: `verify-outcome` reads no other spelling."""

    schema_: Literal["evidence-bundle/1"] = Field(alias="schema")
    attestation: str = Field(description="SD-JWT VC (RFC 9901) with every disclosure that is for you.")
    receipt: str = Field(description="C2SP tlog-proof that the attestation stands in its log.")
    logged_at: int = Field(description="The time that the log entry holds; Unix seconds.")
    seals: list[BundleSeal] = Field(description="One for each referral batch of the contract.")
    status: str = Field(description="Token Status List JWT, fresh when the bundle was handed out.")
    acceptances: list[str] = Field(description="What every party signed: that it accepts this contract text (JWS).")
    countersignatures: list[str] = Field(description="What auditors signed about this attestation (JWS); may be none.")
    superseded_by: BundleSuccessor | None = Field(description="What replaced the attestation; null where nothing did.")


class PublicKey(BaseModel):
    """A P-256 public key (RFC 7517); `kid` is its RFC 7638 thumbprint."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str
    y: str
    kid: str


class SigningKey(PublicKey):
    alg: Literal["ES256"]
    use: Literal["sig"]


class KeySet(BaseModel):
    keys: list[SigningKey]


class IssuerMetadata(BaseModel):
    """The issuer and its keys, as a reader of SD-JWT VC looks for them (draft-ietf-oauth-sd-jwt-vc)."""

    issuer: str = Field(description="Also the audience of a client assertion.")
    jwks: KeySet


class TrustDocument(BaseModel):
    """What `verify-outcome --trust` takes. Compare its fingerprint with the one that the contract prints."""

    schema_: Literal["trust/1"] = Field(alias="schema")
    issuer: str
    anchor: dict[str, str] = Field(description="Public JWK of the manifest key; the fingerprint is over it and issuer.")
    manifest: str = Field(description="The signed key manifest: every signing key, the logs' keys and the types.")
    receipt: str = Field(description="That the manifest stands in the attest log (C2SP tlog-proof).")


class Display(BaseModel):
    locale: str
    name: str
    description: str


class TypeMetadata(BaseModel):
    """What a type of attestation is called (SD-JWT VC §4); its hash stands in each attestation."""

    vct: str
    name: str
    description: str
    display: list[Display]
