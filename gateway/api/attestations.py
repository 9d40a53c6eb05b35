"""Attestations over HTTP: what a recipient may ask for, and when, and the evidence bundle itself."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse, Response

from gateway.api import problems
from gateway.api.access import Caller, ClientGateway, ContractId, Label
from gateway.api.bodies import EvidenceBundle
from gateway.contracts.recipients import PlannedContract, planned_contracts
from gateway.errors.contracts import ContractUnknown
from gateway.release import publication
from gateway.release.releasing import release
from gateway.wording.views import as_json
from vocabulary.releases import Recipient, Template

router = APIRouter(tags=["attestations"])


@router.get(
    "/contracts",
    response_model=list[PlannedContract],
    responses=problems.responses(401),
    summary="What you may ask for, and when",
)
def contracts(gateway: ClientGateway, party: Caller) -> Response:
    """Every contract in which your organisation has your role."""
    return JSONResponse([as_json(one) for one in planned_contracts(gateway, party)])


@router.post(
    "/contracts/{contract_id}/windows/{window}/attestations/{template}",
    response_model=EvidenceBundle,
    responses=problems.responses(401, 403, 404, 409, 422),
    summary="Ask for the attestation of a window",
)
def attestation(
    gateway: ClientGateway,
    contract_id: ContractId,
    window: Label,
    template: Annotated[Template, Path(description="What is asked for.")],
    party: Caller,
    revision: Annotated[
        int | None,
        Query(ge=1, description="An earlier revision, which says what superseded it; the newest, if left out."),
    ] = None,
) -> Response:
    """The evidence bundle for your organisation in your role, or a problem that names the rule.

    Asking again hands out the same attestation with a fresh status. Check it with `verify-outcome`.
    """
    if party.role.value not in set(Recipient):
        raise ContractUnknown(contract=contract_id)
    done = release(gateway, contract_id, window, template, Recipient(party.role), revision=revision, requested_by=party)
    publication.publish(gateway)  # also after a hand-out: an interrupted release may have left old files
    return Response(done.bundle, media_type="application/json")
