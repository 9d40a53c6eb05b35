"""The public files: those that `publication.publish` writes and no others, with the media types of their formats."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel
from starlette.staticfiles import StaticFiles

from gateway.api import problems
from gateway.api.bodies import IssuerMetadata, TrustDocument, TypeMetadata
from gateway.attestations.claims import VCT_NAMES
from gateway.attestations.status import LIST_ID
from gateway.installation.gateway import PUBLIC_LOGS
from gateway.release.publication import checkpoint_name

_FOR_A_MINUTE = "max-age=60"
_FOR_SECONDS = "max-age=5"  # a head: C2SP tlog-tiles
_FOR_EVER = "public, max-age=31536000, immutable"


class _StatusListToken(Response):
    media_type = "application/statuslist+jwt"


class _Tile(Response):
    media_type = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class PublicFile:
    """A file that anybody may fetch: its name below the public directory, what it is, and how it is sent."""

    name: str
    summary: str
    sent_as: type[Response]
    model: type[BaseModel] | None = None
    caching: str = _FOR_A_MINUTE


FILES = (
    PublicFile("trust.json", "The trust file: keys and logs that a verifier accepts", JSONResponse, TrustDocument),
    PublicFile(".well-known/jwt-vc-issuer", "The issuer's keys (SD-JWT VC)", JSONResponse, IssuerMetadata),
    PublicFile(f"status/{LIST_ID}", "Which attestations still stand (Token Status List)", _StatusListToken),
    *(
        PublicFile(
            checkpoint_name(log),
            f"Newest signed head of the {log} log (C2SP tlog-checkpoint)",
            PlainTextResponse,
            caching=_FOR_SECONDS,
        )
        for log in PUBLIC_LOGS
    ),
    *(
        PublicFile(f"vct/{name}", "What this type of attestation is called (SD-JWT VC §4)", JSONResponse, TypeMetadata)
        for name in sorted(set(VCT_NAMES.values()))
    ),
)


@dataclass(frozen=True, slots=True)
class PublicFamily:
    """Files of one kind that become more: the folder below the public directory, the form of their names, and which of
    them never change."""

    folder: str
    form: str
    unchanging: str
    summary: str
    sent_as: type[Response]


_INDEX = r"(x\d{3}/)*\d{3}"
_PART = r"(\.p/[1-9]\d{0,2})?"
FAMILIES = (
    PublicFamily(
        "log/attest/tile",
        rf"(entries|[0-7])/{_INDEX}{_PART}",
        rf"(entries|[0-7])/{_INDEX}",
        "Tiles of the log: `<level>/<index>` and `entries/<index>`, `.p/<width>` where partial (C2SP tlog-tiles)",
        _Tile,
    ),
    PublicFamily(
        "log/payment/tile",
        rf"[0-7]/{_INDEX}{_PART}",
        rf"[0-7]/{_INDEX}",
        "Tiles of the log of payment documents: `<level>/<index>`, `.p/<width>` where partial (C2SP tlog-tiles); "
        "hashes alone, since its entries are for whoever holds a document",
        _Tile,
    ),
    PublicFamily(
        "status/archive",
        rf"{LIST_ID}-\d+",
        r".*",
        "Every signed version of the status list, by its `iat`: `<list>-<Unix seconds>`",
        _StatusListToken,
    ),
)


def router(directory: Path) -> APIRouter:
    """A route for each public file; one that is not written yet is not found."""
    found = APIRouter(tags=["public files"])
    files = StaticFiles(directory=directory, follow_symlink=False)
    for file in FILES:
        send = _sender(files, file)
        found.get(f"/{file.name}", summary=file.summary, response_class=file.sent_as, response_model=file.model)(send)
    for family in FAMILIES:
        path, send_one = f"/{family.folder}/{{name:path}}", _family_sender(files, family)
        found.get(
            path,
            summary=family.summary,
            response_class=family.sent_as,
            responses=problems.responses(404),
        )(send_one)
    return found


def _sender(files: StaticFiles, file: PublicFile) -> Callable[[Request], Awaitable[Response]]:
    async def send(request: Request) -> Response:
        return await _send(files, request, file.name, file.sent_as, file.caching)

    return send


def _family_sender(files: StaticFiles, family: PublicFamily) -> Callable[[Request, str], Awaitable[Response]]:
    form, unchanging = re.compile(family.form), re.compile(family.unchanging)

    async def send(request: Request, name: str) -> Response:
        if not form.fullmatch(name):
            raise HTTPException(404)
        caching = _FOR_EVER if unchanging.fullmatch(name) else _FOR_A_MINUTE
        return await _send(files, request, f"{family.folder}/{name}", family.sent_as, caching)

    return send


async def _send(files: StaticFiles, request: Request, name: str, sent_as: type[Response], caching: str) -> Response:
    response = await files.get_response(name, request.scope)
    charset = "; charset=utf-8" if sent_as is PlainTextResponse else ""
    response.headers["Content-Type"] = f"{sent_as.media_type}{charset}"
    response.headers["Cache-Control"] = caching
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
