"""The token end point: OAuth 2.0 client credentials (RFC 6749 §4.4) with `private_key_jwt` (RFC 7523 §2.2).

What goes wrong here is answered in the words of RFC 6749 §5.2 and not as a problem: OAuth clients read `error`. No
answer repeats anything that was sent.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from gateway.api.access import Installation
from gateway.api.bodies import TokenAnswer, TokenError
from gateway.api.request_log import note_failure
from gateway.errors.installation import Unauthenticated
from gateway.installation import clients
from gateway.installation.tokens import ASSERTION_LIFE_SECONDS, ASSERTION_TYPE, MOST_CHARACTERS
from gateway.wording.views import JsonValue

_GRANT_TYPE = "client_credentials"
_MEDIA_TYPE = "application/x-www-form-urlencoded"
_HEADERS = {"Cache-Control": "no-store", "Pragma": "no-cache"}  # RFC 6749 §5.1

_REQUIRED = ("grant_type", "client_assertion_type", "client_assertion")
_Pairs: TypeAlias = list[tuple[str, str]]


async def _form(request: Request) -> _Pairs:
    """The parameters as they were sent; one without a value counts as left out (RFC 6749 §3.2)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _MEDIA_TYPE:
        return []
    return parse_qsl((await request.body()).decode("utf-8", "replace"))


def router(issuer: str) -> APIRouter:
    """`POST /token`, with its form and its errors in the OpenAPI document; the form names the issuer."""
    found = APIRouter(tags=["authentication"])
    found.post(
        "/token",
        summary="Exchange a client assertion for an access token",
        response_model=TokenAnswer,
        responses={
            400: {"model": TokenError, "description": "`invalid_request` or `unsupported_grant_type`."},
            401: {"model": TokenError, "description": "`invalid_client`: the assertion does not count."},
        },
        openapi_extra={"requestBody": {"required": True, "content": {_MEDIA_TYPE: {"schema": _form_schema(issuer)}}}},
    )(token)
    return found


def token(request: Request, gateway: Installation, form: Annotated[_Pairs, Depends(_form)]) -> Response:
    """OAuth 2.0 client credentials (RFC 6749 §4.4) with `private_key_jwt` (RFC 7523 §2.2).

    Other parameters are left aside, `scope` too: what a client may do stands in the programme.
    """
    sent = dict(form)
    missing = [name for name in _REQUIRED if name not in sent]
    if len(sent) < len(form):
        return _refusal(request, 400, "invalid_request", "a parameter stands there twice")
    if sent.get("grant_type", _GRANT_TYPE) != _GRANT_TYPE:
        return _refusal(request, 400, "unsupported_grant_type", f"the only grant type is {_GRANT_TYPE}")
    if missing:
        return _refusal(request, 400, "invalid_request", f"the form ({_MEDIA_TYPE}) has no {', '.join(missing)}")
    if sent["client_assertion_type"] != ASSERTION_TYPE:
        return _refusal(request, 401, "invalid_client", f"the only client assertion type is {ASSERTION_TYPE}")
    try:
        access_token = clients.exchange(gateway, sent["client_assertion"])
    except Unauthenticated as error:
        return _refusal(request, 401, "invalid_client", error.reason)
    life = gateway.settings.token_life_seconds
    return JSONResponse(TokenAnswer(access_token=access_token, expires_in=life).model_dump(), headers=_HEADERS)


def _refusal(request: Request, status: int, error: str, description: str) -> JSONResponse:
    note_failure(request, code=error)
    body = {"error": error, "error_description": description}
    return JSONResponse(body, status_code=status, headers=_HEADERS)


def _form_schema(issuer: str) -> dict[str, JsonValue]:
    """The schema of the form. It is read above and not by FastAPI, which sees neither a repeated parameter nor
    RFC 6749's errors."""
    assertion = (
        f"A JWT that your private key signed with ES256: `iss` and `sub` are your client id, `aud` is `{issuer}` and"
        f" nothing else, `exp` at most {ASSERTION_LIFE_SECONDS} seconds after `iat`, and a fresh `jti`, which counts"
        " once."
    )
    properties: dict[str, JsonValue] = {
        "grant_type": {"const": _GRANT_TYPE, "description": "The grant."},
        "client_assertion_type": {"const": ASSERTION_TYPE, "description": "How the client shows who it is."},
        "client_assertion": {"type": "string", "maxLength": MOST_CHARACTERS, "description": assertion},
    }
    return {"type": "object", "properties": properties, "required": list(_REQUIRED)}
