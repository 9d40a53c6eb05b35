"""Errors as RFC 9457 problems, in one place. Nothing internal and nothing personal goes out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException

from gateway.api.request_log import ID_HEADER, note_failure, request_id
from gateway.errors.holds import DataHeld
from gateway.errors.table import outcome
from gateway.installation.server_log import INTERNAL
from gateway.wording.views import JsonValue
from outcome_verifier.errors import VerificationError
from policies.errors import PolicyDenied
from vocabulary.cpr_in_text import MASK, mask_cpr, mask_id, may_hide_cpr
from vocabulary.errors import DeclarationInvalid, ProductError

MEDIA_TYPE = "application/problem+json"
_TYPE = "urn:outcome-gateway:problem:"
_SCHEMAS = "#/components/schemas/"


class Problem(BaseModel):
    """What went wrong (RFC 9457). `type` is stable and made for programs, the texts are for people."""

    type: str = Field(description=f"`{_TYPE}` and a code that never changes its meaning.")
    title: str = Field(description="The kind of problem in a few words.")
    status: int = Field(description="The HTTP status again.")
    detail: str = Field(description="What happened here, and what to do about it; empty where the title says it all.")


class DeniedProblem(Problem):
    """The policy does not allow it: the numbered rules that stand against it, and why in two languages."""

    rules: list[str] = Field(description="The rules, as the policy set numbers them, such as `P24-sources-complete`.")
    reason: str = Field(description="The reason in English.")
    begrundelse: str = Field(description="The reason in Danish.")


class DeclaredMistake(BaseModel):
    """A mistake of a file that was sent, or that the answer rests on."""

    file: str
    line: int = Field(description="From 1.")
    column: int = Field(description="From 1; 0 where the whole line is meant.")
    key: str = Field(description="Dotted, such as `tariffs.0.price_minor`; empty where the file as a whole is meant.")
    reason: str
    rule: str = Field(description="What it is refused by; never changes its meaning.")


class DeclarationProblem(Problem):
    """A declaration file has mistakes: all of them, in the order of its lines."""

    errors: list[DeclaredMistake]


class Misread(BaseModel):
    """A place of the request that cannot be understood. The value that stands there is not repeated."""

    where: list[str] = Field(description="The way to it, such as `path`, `template`.")
    rule: str = Field(description="What does not hold there, such as `string_pattern_mismatch`.")


class Unreadable(Problem):
    """The request cannot be understood."""

    places: list[Misread]


_DOCUMENTED: dict[int | str, tuple[type[Problem], str]] = {
    401: (Problem, "No access token, or one that does not count: get one from `POST /token`."),
    403: (DeniedProblem, "The policy does not allow it; the problem names the rules."),
    404: (Problem, "No such contract or window here, or none that names you in your role: both are answered alike."),
    409: (Problem, "Not now: the state of the settlement does not allow it."),
    422: (Unreadable, "A part of the request is malformed; the problem names the place."),
    503: (Problem, "Out of order, for example because the database does not answer. Nothing was changed; try again."),
    "default": (Problem, "Any other error, such as a request that is too large (413)."),
}


def responses(*statuses: int | str) -> dict[int | str, dict[str, JsonValue]]:
    """The entries of an OpenAPI `responses` object for problems with these statuses."""
    found: dict[int | str, dict[str, JsonValue]] = {}
    for status in statuses:
        model, description = _DOCUMENTED[status]
        content = {MEDIA_TYPE: {"schema": {"$ref": f"{_SCHEMAS}{model.__name__}"}}}
        found[status] = {"description": description, "content": content}
    return found


def schemas() -> dict[str, JsonValue]:
    """The schemas that `responses` refers to, by name."""
    models: list[tuple[type[BaseModel], Literal["serialization"]]] = [
        (model, "serialization") for model in (Problem, DeclarationProblem, DeniedProblem, Unreadable)
    ]
    _, document = models_json_schema(models, ref_template=f"{_SCHEMAS}{{model}}")
    return dict(document["$defs"])


def install(app: FastAPI) -> None:
    """Register the handlers for both error trees, for wrong requests and for what nobody foresaw."""
    for root in (ProductError, VerificationError):
        app.add_exception_handler(root, _own_error)
    app.add_exception_handler(RequestValidationError, _wrong_request)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen_error)


def too_large(request: Request) -> JSONResponse:
    """The answer to a request whose length is not announced, or larger than any good one."""
    note_failure(request, code="http-413")
    return _answer(_problem(413, "http-413", "Too large", ""))


def _said_to(request: Request, text: str) -> str:
    """What an error says, as whoever asked may read it: answers are kept and passed on, so what could hold a CPR
    number is not repeated, even to whoever sent it; of the words of the address none in which one could hide.
    """
    told = mask_cpr(text)
    query = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    for word in (*request.scope["path"].split("/"), *(word for pair in query for word in pair)):
        if may_hide_cpr(word):
            told = told.replace(word, MASK).replace(repr(word)[1:-1], MASK)
    return told


async def _own_error(request: Request, error: Exception) -> JSONResponse:
    note_failure(request, error)
    shown = outcome(error)
    if shown is None:
        return await _unforeseen_error(request, error)
    code = getattr(error, "code", "gateway-error")
    # what went wrong inside is for the operator's log, not for a caller
    is_told = shown.status < 500
    detail = _said_to(request, str(error)) if is_told else "the request was not carried out; nothing was changed"
    problem = _problem(shown.status, code, shown.title, detail)
    if isinstance(error, DeclarationInvalid) and is_told:
        problem = DeclarationProblem(**problem.model_dump(), errors=_mistakes(request, error))
    # whoever waits for a check of data is told until when, and neither rule nor reason
    if isinstance(error, PolicyDenied) and not isinstance(error, DataHeld):
        decision = error.decision
        problem = DeniedProblem(
            **problem.model_dump(),
            rules=list(decision.rule_ids),
            reason=decision.reason_en,
            begrundelse=decision.reason_da,
        )
    return _answer(problem, {"WWW-Authenticate": "Bearer"} if shown.status == 401 else None)


def _mistakes(request: Request, error: DeclarationInvalid) -> list[DeclaredMistake]:
    return [
        DeclaredMistake(
            file=mask_id(one.file),
            line=one.line,
            column=one.column,
            key=_said_to(request, one.key),
            reason=_said_to(request, one.reason),
            rule=one.rule,
        )
        for one in error.mistakes
    ]


async def _wrong_request(request: Request, error: Exception) -> JSONResponse:
    note_failure(request, error, code="request-invalid")
    places = []
    if isinstance(error, RequestValidationError):
        # only where and which rule: the value itself is not repeated
        places = [Misread(where=_way(item["loc"]), rule=item["type"]) for item in error.errors()]
    problem = _problem(422, "request-invalid", "The request cannot be understood", "see `places`")
    return _answer(Unreadable(**problem.model_dump(), places=places))


def _way(location: Iterable[str | int]) -> list[str]:
    """The way to a place, in which a key can be whatever somebody sent."""
    return [mask_id(str(part)) for part in location]


async def _http(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    note_failure(request, error, code=f"http-{status}")
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else None
    titles = {404: "Not found", 405: "Method not allowed", 413: "Too large", 415: "Unsupported media type"}
    return _answer(_problem(status, f"http-{status}", titles.get(status, "Not possible"), ""), headers)


async def _unforeseen_error(request: Request, _error: Exception) -> JSONResponse:
    """What nobody foresaw: its line tells types and places, the answer the id by which that line is found."""
    problem = _problem(500, INTERNAL, "Internal error", "the request was not carried out; nothing was changed")
    return _answer(problem, {ID_HEADER: request_id(request)})


def _problem(status: int, code: str, title: str, detail: str) -> Problem:
    return Problem(type=f"{_TYPE}{code}", title=title, status=status, detail=detail)


def _answer(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(problem.model_dump(), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)
