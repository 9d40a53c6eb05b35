"""Use cases of API clients: registering and revoking a public key, and turning an assertion into an access token.

A client is an organisation in a role. Its private key never comes here; what it may do stands in the grants of
the programmes, and is asked at each request.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from sqlmodel import Session, col, delete, select

from gateway.errors.contracts import OrganisationUnknown
from gateway.errors.installation import ClientInvalid, ClientKeyRefused, ClientUnknown, Unauthenticated
from gateway.events import actor
from gateway.events.installation import ClientRegistered, ClientRevoked, TokenIssued
from gateway.installation.gateway import Gateway
from gateway.installation.tokens import (
    AccessToken,
    claimed_client,
    issue_access_token,
    verify_access_token,
    verify_assertion,
)
from gateway.store import contract_queries
from gateway.store.tables import ClientRow, UsedAssertion
from outcome_verifier import b64
from outcome_verifier.jws import thumbprint
from outcome_verifier.signing import jwk_of
from policies.terms import Party, Role
from vocabulary.releases import Recipient
from vocabulary.typed_text import check_name

_COORDINATE_BYTES = 32


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """A client as it stands in the store; `key` is the thumbprint of its public key."""

    client_id: str
    party: Party
    key: str
    is_active: bool
    since: datetime


def register_client(gateway: Gateway, *, client_id: str, organisation: str, role: Role, jwk_file: Path) -> str:
    """Register a client's public key and return its thumbprint; the same registration again changes nothing.

    An organisation with two roles has a client for each, with a key of its own: the token says which of them acts.

    Raises `ClientInvalid` where the file is not a public P-256 key, `OrganisationUnknown` where no contract or
    programme in force names the organisation in this role, `ClientKeyRefused` where the key is another client's or was
    revoked.
    """
    check_name(client_id, what="the client's id")
    jwk = _public_key(jwk_file)
    with gateway.write() as uow:
        known = _parties(gateway, uow.session)
        if Party(organisation, role) not in known:
            raise OrganisationUnknown(organisation=organisation, role=role, known=map(str, known))
        for other in uow.session.exec(select(ClientRow)):
            if other.jwk == jwk and other.client_id != client_id:
                raise ClientKeyRefused(client=client_id, reason=f"is registered for {other.client_id!r}")
            if other.jwk == jwk and not other.is_active:
                raise ClientKeyRefused(client=client_id, reason="was revoked")
        row = uow.session.get(ClientRow, client_id)
        same = (organisation, role.value, jwk, True)
        if row is None or (row.organisation, row.role, row.jwk, row.is_active) != same:
            uow.session.merge(
                ClientRow(
                    client_id=client_id,
                    organisation=organisation,
                    role=role.value,
                    jwk=jwk,
                    is_active=True,
                    registered_at=uow.now,
                )
            )
            uow.record(
                ClientRegistered(client=client_id, organisation=organisation, role=role.value, key=thumbprint(jwk))
            )
    return thumbprint(jwk)


def registered_clients(gateway: Gateway) -> list[RegisteredClient]:
    """Every client by its id, the revoked ones too."""
    with gateway.store.read() as session:
        rows = session.exec(select(ClientRow).order_by(ClientRow.client_id)).all()
    return [_client_of(row) for row in rows]


def _client_of(row: ClientRow) -> RegisteredClient:
    party = Party(row.organisation, Role(row.role))
    return RegisteredClient(row.client_id, party, thumbprint(row.jwk), row.is_active, row.registered_at)


def revoke_client(gateway: Gateway, client_id: str) -> bool:
    """Revoke a client: from now on it gets no token, and those that it has count no more. False if it was already.

    Raises `ClientUnknown`.
    """
    with gateway.write() as uow:
        row = uow.session.get(ClientRow, client_id)
        if row is None:
            raise ClientUnknown(client=client_id)
        if not row.is_active:
            return False
        row.is_active = False
        uow.session.add(row)
        uow.record(ClientRevoked(client=client_id, key=thumbprint(row.jwk)))
    return True


def exchange(gateway: Gateway, assertion: str) -> str:
    """An access token for a client assertion; each assertion counts once (its `jti` is kept until it expires).

    Raises `Unauthenticated`.
    """
    now = gateway.clock()
    client_id = claimed_client(assertion)
    with gateway.store.read() as session:
        row = session.get(ClientRow, client_id)
    client = _client_of(row) if row is not None and row.is_active else None
    seconds = int(now.timestamp())
    # an unknown client fails like a wrong signature: nobody finds out which ids are registered
    jwk = row.jwk if row is not None and client is not None else _nobodys_key()
    checked = verify_assertion(assertion, client_id=client_id, jwk=jwk, issuer=gateway.issuer, now=seconds)
    if client is None:
        raise Unauthenticated(reason="no such client")
    signer, token_id = gateway.token_signer(), str(uuid.uuid4())
    with gateway.store.write(now, by=actor.client(client_id, client.party.role)) as uow:
        _active(uow.session, client_id)  # it may have been revoked in the meantime
        uow.session.exec(delete(UsedAssertion).where(col(UsedAssertion.expires_at) < seconds))
        if uow.session.get(UsedAssertion, (checked.jti, client_id)) is not None:
            raise Unauthenticated(reason="the assertion was used before")
        uow.session.add(UsedAssertion(jti=checked.jti, client_id=client_id, expires_at=checked.expires_at))
        uow.record(TokenIssued(token=token_id))
    return issue_access_token(
        signer,
        client_id=client_id,
        issuer=gateway.issuer,
        audience=audience(gateway),
        jti=token_id,
        now=seconds,
        life_seconds=gateway.settings.token_life_seconds,
    )


def _nobodys_key() -> dict[str, str]:
    """A public key whose private half nobody has."""
    return jwk_of(generate_private_key(SECP256R1()).public_key())


def calling(gateway: Gateway, token: str) -> RegisteredClient:
    """The client that an access token stands for, as registered now. Raises `Unauthenticated`."""
    signer = gateway.token_signer()
    checked: AccessToken = verify_access_token(
        token,
        jwk=signer.public_jwk,
        issuer=gateway.issuer,
        audience=audience(gateway),
        now=int(gateway.clock().timestamp()),
    )
    with gateway.store.read() as session:
        return _client_of(_active(session, checked.client_id))


def audience(gateway: Gateway) -> str:
    """What an access token is for: this gateway's API and nothing else."""
    return f"{gateway.issuer}/api"


def _active(session: Session, client_id: str) -> ClientRow:
    """The client, if it is registered and not revoked; `Unauthenticated` otherwise."""
    client = session.get(ClientRow, client_id)
    if client is None or not client.is_active:
        raise Unauthenticated(reason="no such client")
    return client


def _parties(gateway: Gateway, session: Session) -> set[Party]:
    """Whoever a contract in force, or its programme, names, in the roles that it has there."""
    found: set[Party] = set()
    for contract_id in contract_queries.contract_ids(session):
        parties = gateway.contract(session, contract_id).parties
        found.update(Party(party.organisation, Role(party.role)) for party in parties if party.role in set(Recipient))
        found.update(gateway.programme(session, contract_id).parties)
    return found


def _public_key(file: Path) -> dict[str, Any]:
    try:
        values = json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        raise ClientInvalid(file=file.name, reason="is not JSON") from None
    if not isinstance(values, dict) or (values.get("kty"), values.get("crv")) != ("EC", "P-256"):
        raise ClientInvalid(file=file.name, reason="is not a P-256 key as a JWK (RFC 7517)")
    if "d" in values:
        raise ClientInvalid(file=file.name, reason="holds a private key; send the public half only")
    try:
        coordinates = [b64.decode(values[name]) for name in ("x", "y")]
    except (KeyError, TypeError, ValueError):
        raise ClientInvalid(file=file.name, reason="has no proper x and y") from None
    if any(len(value) != _COORDINATE_BYTES for value in coordinates):
        raise ClientInvalid(file=file.name, reason="has coordinates of another length than 32 bytes")
    return {name: values[name] for name in ("kty", "crv", "x", "y")}
