"""The front door: where the document stands, and whether the gateway answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from gateway.api import problems
from gateway.api.access import Installation
from gateway.api.page import render
from gateway.store import contract_queries

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Health:
    status: Literal["ok"]


@router.get("/", include_in_schema=False)
def start() -> RedirectResponse:
    """Leads to the document."""
    return RedirectResponse("/docs")


@router.get("/docs", include_in_schema=False)
def document(request: Request) -> HTMLResponse:
    """The document as a page."""
    return HTMLResponse(render(request.app.openapi()))


@router.get("/health", tags=["operation"], responses=problems.responses(503), summary="Whether the gateway answers")
def health(gateway: Installation) -> Health:
    """The gateway answers and can read its database."""
    with gateway.store.read() as session:
        contract_queries.contract_ids(session)
    return Health(status="ok")
