"""The access log over HTTP, for data protection officers and auditors."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from gateway.api import problems
from gateway.api.access import Client, ClientGateway
from gateway.errors.contracts import ContractUnknown
from gateway.oversight.log_reading import LogLine, read_log
from gateway.wording.views import as_json
from policies.terms import Role

router = APIRouter(tags=["oversight"])


@router.get(
    "/access-log",
    response_model=list[LogLine],
    responses=problems.responses(401, 403, 404, 422),
    summary="Read the access log",
)
def access_log(
    gateway: ClientGateway,
    client: Client,
    first: Annotated[int, Query(alias="from", ge=0, description="Index of the first event.")] = 0,
    count: Annotated[int, Query(ge=1, le=500, description="At most so many events.")] = 100,
    contract: Annotated[
        str | None,
        Query(
            pattern="^[a-z0-9-]{1,40}$",
            description="Whose programme appoints you; the first in force, if left out.",
        ),
    ] = None,
) -> Response:
    """Events without personal data, for data protection officers and auditors; reading is an event too.

    Where the programme appoints people, it appoints this client by its id, until a day; an auditor always.
    """
    if client.party.role not in (Role.DPO, Role.AUDITOR):
        raise ContractUnknown(contract=contract or "(none)")
    lines = read_log(gateway, client.party, first=first, count=count, contract_id=contract)
    return JSONResponse([as_json(line) for line in lines])
