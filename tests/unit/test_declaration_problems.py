"""What an API client is told of a declaration with several mistakes (RFC 9457), and what nobody is told."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.testclient import TestClient

from gateway.api.problems import install
from vocabulary.errors import DeclarationInvalid


def answered(*mistakes: DeclarationInvalid) -> dict:
    app = FastAPI()
    install(app)

    @app.get("/files/{name}")
    def read(name: str) -> None:
        raise DeclarationInvalid.of_all(mistakes)

    answer = TestClient(app).get("/files/7303012001")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    return answer.json()


def mistake(line: int, key: str, reason: str = "is missing") -> DeclarationInvalid:
    return DeclarationInvalid(file="a.toml", line=line, key=key, reason=reason)


def test_a_problem_lists_every_mistake_by_line():
    told = answered(mistake(9, "cohort.size"), mistake(3, "title", "must be text"))
    assert told["type"].endswith(":declaration-invalid")
    assert [(one["line"], one["key"], one["reason"], one["rule"]) for one in told["errors"]] == [
        (3, "title", "must be text", "title"),
        (9, "cohort.size", "is missing", "cohort-size"),
    ]
    assert "a.toml has 2 mistakes" in told["detail"]


def test_one_mistake_is_a_list_of_one():
    [alone] = answered(mistake(3, "title"))["errors"]
    assert (alone["file"], alone["line"], alone["column"]) == ("a.toml", 3, 0)


def test_no_number_of_a_person_is_repeated():
    told = answered(mistake(3, "title", "says 7303012001"), mistake(4, "id"))
    assert "7303012001" not in str(told)
