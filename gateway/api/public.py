"""The public files: those that `publication.publish` writes and no others, with the media types of their formats."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel
from starlette.staticfiles import StaticFiles

from gateway.api.bodies import IssuerMetadata, Trust, TypeMetadata
from gateway.attestations.claims import VCT_NAMES
from gateway.attestations.status import LIST_ID


class _StatusListToken(Response):
    media_type = "application/statuslist+jwt"


@dataclass(frozen=True, slots=True)
class PublicFile:
    """A file that anybody may fetch: its name below the public directory, what it is, and how it is sent."""

    name: str
    summary: str
    sent_as: type[Response]
    model: type[BaseModel] | None = None


FILES = (
    PublicFile("trust.json", "The trust file: keys and logs that a verifier accepts", JSONResponse, Trust),
    PublicFile(".well-known/jwt-vc-issuer", "The issuer's keys (SD-JWT VC)", JSONResponse, IssuerMetadata),
    PublicFile(f"status/{LIST_ID}", "Which attestations still stand (Token Status List)", _StatusListToken),
    PublicFile("log/attest/checkpoint", "Newest signed head of the log (C2SP tlog-checkpoint)", PlainTextResponse),
    *(
        PublicFile(f"vct/{name}", "What this type of attestation is called (SD-JWT VC §4)", JSONResponse, TypeMetadata)
        for name in sorted(set(VCT_NAMES.values()))
    ),
)


def install(app: FastAPI, directory: Path) -> None:
    """Add a route for each public file; one that is not written yet is not found."""
    files = StaticFiles(directory=directory, follow_symlink=False)
    for file in FILES:
        path, send = f"/{file.name}", _sender(files, file)
        app.get(
            path, tags=["public files"], summary=file.summary, response_class=file.sent_as, response_model=file.model
        )(send)
        app.head(path, include_in_schema=False)(send)


def _sender(files: StaticFiles, file: PublicFile) -> Callable[[Request], Awaitable[Response]]:
    async def send(request: Request) -> Response:
        response = await files.get_response(file.name, request.scope)
        charset = "; charset=utf-8" if file.sent_as is PlainTextResponse else ""
        response.headers["Content-Type"] = f"{file.sent_as.media_type}{charset}"
        response.headers["Cache-Control"] = "max-age=60"
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    return send
