"""Errors as RFC 9457 problems, in one place. Nothing internal and nothing personal goes out."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from connectors.errors import ConnectorError
from gateway.errors import GatewayError, outcome
from keys.errors import KeysError
from outcome_verifier.errors import VerificationError
from policies.errors import PoliciesError, PolicyDenied

MEDIA_TYPE = "application/problem+json"
_TYPE = "urn:outcome-gateway:problem:"


def install(app: FastAPI) -> None:
    """Register the handlers for all five error trees, for wrong requests and for what nobody foresaw."""
    for root in (GatewayError, ConnectorError, KeysError, PoliciesError, VerificationError):
        app.add_exception_handler(root, _ours)
    app.add_exception_handler(RequestValidationError, _wrong_request)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)


async def _ours(_request: Request, error: Exception) -> JSONResponse:
    shown = outcome(error)
    if shown is None:
        return await _unforeseen(_request, error)
    code = getattr(error, "code", "gateway-error")
    # what went wrong inside is for the operator's log, not for a caller
    detail = str(error) if shown.status < 500 else "the request was not carried out; nothing was changed"
    extra: dict[str, Any] = {}
    if isinstance(error, PolicyDenied):
        extra = {
            "rules": list(error.decision.rule_ids),
            "reason": error.decision.reason_en,
            "begrundelse": error.decision.reason_da,
        }
    headers = {"WWW-Authenticate": "Bearer"} if shown.status == 401 else None
    return _problem(shown.status, code, shown.title, detail, extra=extra, headers=headers)


async def _wrong_request(_request: Request, error: Exception) -> JSONResponse:
    places = []
    if isinstance(error, RequestValidationError):
        # only where and which rule: the value itself is not repeated
        places = [{"where": [str(part) for part in item["loc"]], "rule": item["type"]} for item in error.errors()]
    return _problem(
        422, "request-invalid", "The request cannot be understood", "see `places`", extra={"places": places}
    )


async def _http(_request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else None
    titles = {404: "Not found", 405: "Method not allowed", 413: "Too large", 415: "Unsupported media type"}
    return _problem(status, f"http-{status}", titles.get(status, "Not possible"), "", headers=headers)


async def _unforeseen(_request: Request, _error: Exception) -> JSONResponse:
    return _problem(500, "internal", "Internal error", "the request was not carried out; nothing was changed")


def _problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    extra: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    body = {"type": f"{_TYPE}{code}", "title": title, "status": status, "detail": detail, **(extra or {})}
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)
