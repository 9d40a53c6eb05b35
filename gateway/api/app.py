"""The HTTP API over one opened installation: one router for each topic.

Operators and investors ask for attestations, data protection officers read the access log; keys, status list,
checkpoint and type metadata are static files. TLS ends at the municipality's proxy.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.responses import Response

from gateway.api import access_log, attestations, operation, problems, public, settlement, token
from gateway.api.document import DocumentedAPI, description
from gateway.api.head import HeadAsGet
from gateway.api.request_log import RequestLog
from gateway.events import actor
from gateway.installation.gateway import Gateway
from gateway.release import publication

_MOST_REQUEST_BYTES = 16_384
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
}


def create_app(gateway: Gateway) -> FastAPI:
    """The application; every route needs an access token but `/token`, `/health`, its document and the public files."""
    app = DocumentedAPI(
        title="Outcome gateway",
        version="0.1.0",
        description=description(gateway.issuer),
        servers=[{"url": gateway.issuer}],
        responses=problems.responses("default"),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # the redirect would repeat whatever stands in the query
    )
    problems.install(app)
    app.state.gateway = gateway = gateway.acting_as(actor.service("server"))
    publication.publish(gateway, anew=True)  # whatever happened before this start
    app.middleware("http")(guard)
    app.add_middleware(HeadAsGet)
    app.add_middleware(RequestLog)  # added last, so that it sees what goes out
    for router in (
        operation.router,
        token.router(gateway.issuer),
        attestations.router,
        access_log.router,
        settlement.router,
        public.router(gateway.settings.public_directory),
    ):
        app.include_router(router)
    return app


async def guard(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuse a request that is too large, or whose length is not announced; no answer may be kept or framed."""
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > _MOST_REQUEST_BYTES or "transfer-encoding" in request.headers:
        response: Response = problems.too_large(request)
    else:
        response = await call(request)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    return response
