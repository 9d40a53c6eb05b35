"""What a declaration of `transport.kind = "soap"` says: which service is asked, with which token."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from connectors.transports.http_settings import HttpSettings


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """The security token service: where it is, what it calls itself, and the secret with its pinned certificate."""

    endpoint: str
    issuer: str
    certificate: str


@dataclass(frozen=True, slots=True)
class SoapSettings:
    kind: ClassVar[str] = "soap"
    operation: str
    endpoint: str
    entity_id: str  # what the service calls itself: the audience of the token
    cvr: str  # the municipality's
    certificate: str  # secret: our system certificate with its key, in one PEM file
    answers_signed_by: str  # secret: the service's pinned certificate; empty: answers are not signed
    token: TokenSettings
    http: HttpSettings
    parameters: dict[str, str] = field(default_factory=dict)
