"""The HTTP API over one opened installation.

Operators and investors ask for attestations, data protection officers read the access log; keys, status list,
checkpoint and type metadata are static files. TLS ends at the municipality's proxy.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from gateway.api import problems, public, settlement, token
from gateway.api.bodies import EvidenceBundle, Health, LogEvent, PlannedContract, PlannedRelease
from gateway.api.document import DocumentedAPI, description
from gateway.api.page import render
from gateway.errors.contracts import ContractUnknown
from gateway.errors.installation import Unauthenticated
from gateway.installation import clients
from gateway.installation.gateway import Gateway
from gateway.oversight import log_reading as oversight
from gateway.release import publication
from gateway.release.releasing import release
from gateway.store import contract_queries
from policies.terms import Party, Role
from vocabulary.releases import Recipient, Template

_MOST_REQUEST_BYTES = 16_384
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
}

TemplateName = Annotated[
    Literal["contract_total", "predicate", "payment_document"], Path(description="What is asked for.")
]
ContractId = Annotated[str, Path(pattern="^[a-z0-9-]{1,40}$", description="The contract's id, such as `impact60`.")]
Label = Annotated[str, Path(pattern="^[A-Za-z0-9-]{1,20}$", description="The window's label, such as `2018H2`.")]

_bearer = HTTPBearer(auto_error=False, description="An `at+jwt` access token from POST /token.")


def client(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> clients.RegisteredClient:
    """The client that the request's access token stands for; `Unauthenticated` without one."""
    if credentials is None:
        raise Unauthenticated(reason="the request carries no access token")
    return clients.calling(request.app.state.gateway, credentials.credentials)


Client = Annotated[clients.RegisteredClient, Depends(client)]


def caller(client: Client) -> Party:
    """The party that the request's access token stands for."""
    return client.party


Caller = Annotated[Party, Depends(caller)]


def create_app(gateway: Gateway) -> FastAPI:
    """The application; every route needs an access token but `/token`, `/health`, its document and the public files."""
    app = DocumentedAPI(
        title="Outcome gateway",
        version="0.1.0",
        description=description(gateway.issuer),
        servers=[{"url": gateway.issuer}],
        responses=problems.documented("default"),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # the redirect would repeat whatever stands in the query
    )
    problems.install(app)
    app.state.gateway = gateway
    publication.publish(gateway)  # a fresh status list and checkpoint, whatever happened before this start

    @app.middleware("http")
    async def guard(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > _MOST_REQUEST_BYTES or "transfer-encoding" in request.headers:
            response: Response = problems.too_large()
        else:
            response = await call(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @app.get("/", include_in_schema=False)
    def start() -> RedirectResponse:
        return RedirectResponse("/docs")

    @app.get("/docs", include_in_schema=False)
    def document() -> HTMLResponse:
        return HTMLResponse(render(app.openapi()))

    @app.get("/health", tags=["operation"], responses=problems.documented(503), summary="Whether the gateway answers")
    def health() -> Health:
        """The gateway answers and can read its database."""
        with gateway.store.read() as session:
            contract_queries.contract_ids(session)
        return Health(status="ok")

    token.install(app, gateway)

    @app.get(
        "/contracts",
        tags=["attestations"],
        responses=problems.documented(401),
        summary="What you may ask for, and when",
    )
    def contracts(party: Caller) -> list[PlannedContract]:
        with gateway.store.read() as session:
            found = [gateway.contract(session, name) for name in contract_queries.contract_ids(session)]
        planned = []
        for contract in found:
            if party.role.value not in set(Recipient) or contract.party(party.role).organisation != party.organisation:
                continue
            releases = [
                PlannedRelease(
                    template=entry.template,
                    window=window.label,
                    from_week=str(window.from_week),
                    to_week=str(window.to_week),
                    freezes_from=contract.freezes_on(window).isoformat(),
                )
                for entry in contract.releases
                for window in contract.windows
                if entry.recipient == party.role.value and entry.window == window.label
            ]
            planned.append(
                PlannedContract(
                    contract=contract.id,
                    version=contract.version,
                    rules_sha256=contract.sha256,
                    releases=releases,
                )
            )
        return planned

    @app.post(
        "/contracts/{contract_id}/windows/{window}/attestations/{template}",
        tags=["attestations"],
        response_model=EvidenceBundle,
        responses=problems.documented(401, 403, 404, 409, 422),
        summary="Ask for the attestation of a window",
    )
    def attestation(
        contract_id: ContractId,
        window: Label,
        template: TemplateName,
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
        done = release(
            gateway,
            contract_id,
            window,
            Template(template),
            Recipient(party.role),
            revision=revision,
            requested_by=party,
        )
        publication.publish(gateway)  # also after a hand-out: an interrupted release may have left old files
        return Response(done.bundle, media_type="application/json")

    @app.get(
        "/access-log",
        tags=["oversight"],
        responses=problems.documented(401, 403, 404, 422),
        summary="Read the access log",
    )
    def access_log(
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
    ) -> list[LogEvent]:
        """Events without personal data, for data protection officers and auditors; reading is an event too.

        Where the programme appoints people, it appoints this client by its id, until a day; an auditor always.
        """
        if client.party.role not in (Role.DPO, Role.AUDITOR):
            raise ContractUnknown(contract=contract or "(none)")
        lines = oversight.read_log(
            gateway, client.party, acting=client.client_id, first=first, count=count, contract_id=contract
        )
        return [LogEvent(index=line.index, at=line.at.isoformat(), kind=line.kind, body=line.body) for line in lines]

    settlement.install(app, gateway, caller)
    public.install(app, gateway.settings.public_directory)
    return app
