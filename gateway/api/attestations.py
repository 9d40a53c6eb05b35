"""Attestations over HTTP: what a recipient may ask for, and when, and the evidence bundle once it is released.

No request evaluates anything: what is answered never hangs on what a register says of anybody.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse, Response

from gateway.api import problems
from gateway.api.access import Caller, ClientGateway, ContractId, Label, RecipientCaller
from gateway.api.bodies import EvidenceBundle
from gateway.contracts.recipients import PlannedContract, planned_contracts
from gateway.installation.gateway import Gateway
from gateway.release import asks, publication
from gateway.release.asks import WaitingAttestation
from gateway.release.issuing import Released
from gateway.wording.views import as_json
from vocabulary.releases import Template

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


_PATH = "/contracts/{contract_id}/windows/{window}/attestations/{template}"
_WAITING: dict[int | str, dict[str, object]] = {
    202: {"model": WaitingAttestation, "description": "It is not released yet; `look_at` says where it will be."}
}
Wanted = Annotated[Template, Path(description="What is asked for.")]
Revision = Annotated[
    int | None,
    Query(ge=1, description="An earlier revision, which says what superseded it; the newest, if left out."),
]


@router.post(
    _PATH,
    response_model=EvidenceBundle,
    responses={**_WAITING, **problems.responses(401, 403, 404, 422)},
    summary="Ask for the attestation of a window",
)
def attestation(
    gateway: ClientGateway,
    contract_id: ContractId,
    window: Label,
    template: Wanted,
    party: RecipientCaller,
    revision: Revision = None,
) -> Response:
    """The evidence bundle for your organisation in your role where it is released; else your ask is kept, and the
    municipality answers it. Nothing is evaluated while you wait: look again later.

    Asking again hands out the same attestation with a fresh status. Check it with `verify-outcome`.
    """
    return _answer(gateway, asks.ask(gateway, party, contract_id, window, template, revision=revision))


@router.get(
    _PATH,
    response_model=EvidenceBundle,
    responses={**_WAITING, **problems.responses(401, 403, 404, 422)},
    summary="Look whether what you asked for is released",
)
def look(
    gateway: ClientGateway,
    contract_id: ContractId,
    window: Label,
    template: Wanted,
    party: RecipientCaller,
    revision: Revision = None,
) -> Response:
    """The same, for what you asked for before or what was released to you."""
    return _answer(gateway, asks.ask(gateway, party, contract_id, window, template, revision=revision, keeps=False))


def _answer(gateway: Gateway, found: Released | WaitingAttestation) -> Response:
    if isinstance(found, Released):
        publication.publish(gateway)  # also after a hand-out: an interrupted release may have left old files
        return Response(found.bundle, media_type="application/json")
    return JSONResponse(as_json(found), status_code=202, headers={"Location": found.look_at})
