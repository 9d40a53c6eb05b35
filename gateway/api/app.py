"""The HTTP API over one opened installation.

Operators and investors ask for attestations, data protection officers read the access log; keys, status list,
checkpoint and type metadata are static files. TLS ends at the municipality's proxy.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from gateway import clients, oversight, publication
from gateway.api import problems
from gateway.api.document import render
from gateway.api.public import PublicFiles
from gateway.errors import ContractUnknown, Unauthenticated
from gateway.installation import Gateway
from gateway.outcomes.contract import RECIPIENTS
from gateway.release import release
from gateway.store import queries
from gateway.tokens import ASSERTION_TYPE
from policies.vocabulary import Party, Role

_MOST_REQUEST_BYTES = 16_384
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
}
_PROBLEM = {"content": {problems.MEDIA_TYPE: {}}, "description": "problem (RFC 9457) that names the rule"}
_REFUSALS: dict[int | str, dict[str, Any]] = {401: _PROBLEM, 403: _PROBLEM, 404: _PROBLEM, 409: _PROBLEM}

Template = Annotated[
    str, Path(pattern="^(contract_total|predicate|payment_document)$", description="What is asked for.")
]
ContractId = Annotated[str, Path(pattern="^[a-z0-9-]{1,40}$", description="The contract's id.")]
Label = Annotated[str, Path(pattern="^[A-Za-z0-9-]{1,20}$", description="The window's label.")]


class Token(BaseModel):
    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the name of a scheme (RFC 6750)
    expires_in: int = Field(description="Seconds.")


class PlannedRelease(BaseModel):
    template: str
    window: str
    from_week: str
    to_week: str
    freezes_from: str = Field(description="First day on which it can be released.")


class PlannedContract(BaseModel):
    contract: str
    version: int
    rules_sha256: str
    releases: list[PlannedRelease]


class LogEvent(BaseModel):
    index: int
    at: str = Field(description="UTC, ISO 8601.")
    kind: str
    body: dict[str, Any]


_bearer = HTTPBearer(auto_error=False, description="An `at+jwt` access token from POST /token.")


def caller(request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Party:
    """The party that the request's access token stands for; `Unauthenticated` without one."""
    if credentials is None:
        raise Unauthenticated(reason="the request carries no access token")
    return clients.caller(request.app.state.gateway, credentials.credentials)


Caller = Annotated[Party, Depends(caller)]


def create_app(gateway: Gateway) -> FastAPI:
    """The application; every route but the token end point and the public files needs an access token."""
    app = FastAPI(
        title="Outcome gateway",
        version="0.1.0",
        description="Signed attestations of social outcomes. Tokens: OAuth 2.0 client credentials with"
        " `private_key_jwt` (RFC 7523), ES256, audience = the issuer, at most 60 seconds, each `jti` once.",
        responses={422: _PROBLEM},
        docs_url=None,
        redoc_url=None,
    )
    problems.install(app)
    app.state.gateway = gateway
    publication.publish(gateway)  # a fresh status list and checkpoint, whatever happened before this start

    @app.middleware("http")
    async def guard(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > _MOST_REQUEST_BYTES or "transfer-encoding" in request.headers:
            return JSONResponse(
                {"type": "about:blank", "title": "Too large", "status": 413},
                status_code=413,
                media_type=problems.MEDIA_TYPE,
            )
        response = await call(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @app.get("/health", tags=["operation"], summary="Whether the gateway answers")
    def health() -> dict[str, str]:
        with gateway.store.read() as session:
            queries.contract_ids(session)
        return {"status": "ok"}

    @app.get("/docs", include_in_schema=False)
    def document() -> HTMLResponse:
        return HTMLResponse(render(app.openapi()))

    @app.post("/token", tags=["authentication"], summary="Exchange a client assertion for an access token")
    def token(
        grant_type: Annotated[str, Form(max_length=100)],
        client_assertion_type: Annotated[str, Form(max_length=100)],
        client_assertion: Annotated[str, Form(max_length=8192)],
    ) -> Response:
        """OAuth 2.0 client credentials (RFC 6749 §4.4) with `private_key_jwt` (RFC 7523 §2.2)."""
        if grant_type != "client_credentials" or client_assertion_type != ASSERTION_TYPE:
            return JSONResponse({"error": "unsupported_grant_type"}, status_code=400)
        try:
            access_token = clients.exchange(gateway, client_assertion)
        except Unauthenticated as error:
            body = {"error": "invalid_client", "error_description": error.reason}
            return JSONResponse(body, status_code=401)
        life = gateway.settings.token_life_seconds
        return JSONResponse(Token(access_token=access_token, expires_in=life).model_dump())

    @app.get("/contracts", tags=["attestations"], responses=_REFUSALS, summary="What you may ask for, and when")
    def contracts(party: Caller) -> list[PlannedContract]:
        with gateway.store.read() as session:
            found = [gateway.contract(session, name) for name in queries.contract_ids(session)]
        planned = []
        for contract in found:
            if party.role not in RECIPIENTS or contract.party(party.role).organisation != party.organisation:
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
                if entry.recipient == party.role and entry.window == window.label
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
        responses={
            **_REFUSALS,
            200: {"content": {"application/json": {}}, "description": "An evidence bundle"},
        },
        summary="Ask for the attestation of a window",
    )
    def attestation(contract_id: ContractId, window: Label, template: Template, party: Caller) -> Response:
        """The evidence bundle for your organisation in your role, or a problem that names the rule.

        Asking again hands out the same attestation with a fresh status. Check it with `verify-outcome`.
        """
        if party.role not in RECIPIENTS:
            raise ContractUnknown(contract=contract_id)
        done = release(gateway, contract_id, window, template, party.role, requested_by=party)
        publication.publish(gateway)  # also after a hand-out: an interrupted release may have left old files
        return Response(done.bundle, media_type="application/json")

    @app.get("/access-log", tags=["oversight"], responses=_REFUSALS, summary="Read the access log")
    def access_log(
        party: Caller,
        first: Annotated[int, Query(alias="from", ge=0, description="Index of the first event.")] = 0,
        count: Annotated[int, Query(ge=1, le=500)] = 100,
        contract: Annotated[str | None, Query(pattern="^[a-z0-9-]{1,40}$")] = None,
    ) -> list[LogEvent]:
        """Events without personal data, for data protection officers and auditors; reading is an event too."""
        if party.role not in (Role.DPO, Role.AUDITOR):
            raise ContractUnknown(contract=contract or "(none)")
        lines = oversight.read_log(gateway, party, first=first, count=count, contract_id=contract)
        return [LogEvent(index=line.index, at=line.at.isoformat(), kind=line.kind, body=line.body) for line in lines]

    app.mount("/", PublicFiles(gateway.settings.public_directory))
    return app
