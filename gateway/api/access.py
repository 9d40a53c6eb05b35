"""Who calls, of which installation, and the parts that paths are made of."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from gateway.api.request_log import note_client
from gateway.contracts.recipients import is_recipient
from gateway.errors.contracts import ContractUnknown
from gateway.errors.installation import Unauthenticated
from gateway.events import actor
from gateway.installation import clients
from gateway.installation.gateway import Gateway
from policies.terms import Party

ContractId = Annotated[str, Path(pattern="^[a-z0-9-]{1,40}$", description="The contract's id, such as `impact60`.")]
Label = Annotated[str, Path(pattern="^[A-Za-z0-9-]{1,20}$", description="The window's label, such as `2018H2`.")]

_bearer = HTTPBearer(auto_error=False, description="An `at+jwt` access token from POST /token.")


def installation(request: Request) -> Gateway:
    """The installation that the application serves."""
    gateway: Gateway = request.app.state.gateway
    return gateway


Installation = Annotated[Gateway, Depends(installation)]


def client(
    request: Request,
    gateway: Installation,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> clients.RegisteredClient:
    """The client that the request's access token stands for; `Unauthenticated` without one."""
    if credentials is None:
        raise Unauthenticated(reason="the request carries no access token")
    found = clients.calling(gateway, credentials.credentials)
    note_client(request, found)
    return found


Client = Annotated[clients.RegisteredClient, Depends(client)]


def acting(gateway: Installation, client: Client) -> Gateway:
    """The installation, in which this client acts: every event says that it did."""
    return gateway.acting_as(actor.client(client.client_id, client.party.role))


ClientGateway = Annotated[Gateway, Depends(acting)]


def caller(client: Client) -> Party:
    """The party that the request's access token stands for."""
    return client.party


Caller = Annotated[Party, Depends(caller)]


def recipient(contract_id: ContractId, gateway: Installation, party: Caller) -> Party:
    """The caller, where the contract names it as a recipient; for any other the contract is unknown, as one that does
    not exist.
    """
    if not is_recipient(gateway, contract_id, party):
        raise ContractUnknown(contract=contract_id)
    return party


RecipientCaller = Annotated[Party, Depends(recipient)]
