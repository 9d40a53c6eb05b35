"""The server's log: a line in JSON for each request and each job, and never a value of what they were about."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from fastapi.testclient import TestClient

from gateway.api import operation
from gateway.api.app import create_app
from gateway.errors.oversight import LogCorrupt
from gateway.jobs import doctor
from policies.terms import Role
from tests.attacks.probes import garbled
from tests.support.api_client import Client
from tests.support.command_line import PROGRAMS, WIDE, run
from tests.support.municipality import SimulatedMunicipality, ready

CANARY = "6101809876"  # no person's: a replacement number
VALUE = f"Anne Andersen {CANARY}"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMunicipality:
    return ready(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def api(town: SimulatedMunicipality) -> Iterator[TestClient]:
    with TestClient(create_app(town.gateway), raise_server_exceptions=False) as client:
        yield client


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_every_request_leaves_one_line_with_its_route_and_never_its_path(
    api: TestClient, capsys: pytest.CaptureFixture[str]
):
    answers = [
        api.get("/health"),
        api.head("/health"),
        api.get(f"/health?name={CANARY}"),
        api.get(f"/contracts/{CANARY}"),
        api.post(f"/contracts/impact60/windows/{CANARY}/attestations/predicate", headers={"X-Request-Id": CANARY}),
        api.get(f"/log/attest/tile/{CANARY}"),
        api.request(CANARY, "/health"),
        api.post("/token", data={"grant_type": CANARY}),
        api.post("/token", content=CANARY * 2000),
    ]
    text = capsys.readouterr().err
    told = lines(text)
    assert CANARY not in text
    assert [one["status"] for one in told] == [answer.status_code for answer in answers]
    assert len({one["request"] for one in told}) == len(answers)
    assert not any("X-Request-Id" in answer.headers for answer in answers), "a refusal is the same bytes every time"
    assert [one["method"] for one in told] == ["GET", "HEAD", "GET", "GET", "POST", "GET", "other", "POST", "POST"]
    assert [one.get("route") for one in told] == [
        "/health",
        "/health",
        "/health",
        None,
        "/contracts/{contract_id}/windows/{window}/attestations/{template}",
        "/log/attest/tile/{name:path}",
        "/health",
        "/token",
        None,
    ]
    assert [one.get("code") for one in told][3:] == [
        *("http-404", "unauthenticated", "http-404", "http-405", "unsupported_grant_type", "http-413"),
    ]
    assert all(one["seconds"] >= 0 and one["at"].endswith("Z") for one in told)


def test_the_line_names_the_client_and_its_role(
    town: SimulatedMunicipality, api: TestClient, capsys: pytest.CaptureFixture[str]
):
    client = Client(town.gateway, "dsk-app")
    client.register(town.folder, "den-sociale-kapitalfond", Role.INVESTOR)
    headers = client.headers(api)
    capsys.readouterr()
    assert api.get("/contracts", headers=headers).status_code == 200
    refused = api.post("/contracts/impact60/windows/2018H2/attestations/payment_document", headers=headers)
    first, second = lines(capsys.readouterr().err)
    assert (first["client"], first["role"], first["status"]) == ("dsk-app", "investor", 200)
    assert "code" not in first
    assert (second["status"], second["code"], second["error"]) == (403, "policy-denied", "PolicyDenied")
    assert refused.status_code == 403
    assert headers["Authorization"].split()[1] not in json.dumps([first, second])


def break_health(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def raises(_session: object) -> list[str]:
        raise error

    monkeypatch.setattr(operation.contract_queries, "contract_ids", raises)


def test_what_nobody_foresaw_is_told_by_type_and_place_alone(
    api: TestClient, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    error = KeyError(VALUE)
    error.__cause__ = ValueError(VALUE)
    break_health(monkeypatch, error)
    answer = api.get("/health")
    out, err = capfd.readouterr()
    assert answer.status_code == 500
    for channel in (answer.text, repr(answer.headers), out, err):
        assert CANARY not in channel
        assert "Anne" not in channel
    [line] = lines(err)
    assert (line["status"], line["code"], line["error"], line["level"]) == (500, "internal", "KeyError", "error")
    assert line["causes"] == ["ValueError"]
    assert re.fullmatch(r"gateway\.api\.operation:\d+", line["places"][-2])
    assert line["request"] == answer.headers["X-Request-Id"], "the answer names the line"
    with pytest.raises(KeyError, match=CANARY):  # positive control: without our answer it would be told
        TestClient(api.app).get("/health")


def test_a_foreseen_failure_inside_leaves_its_code(
    api: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    break_health(monkeypatch, LogCorrupt(log="access", index=7, what="it was changed"))
    answer = api.get("/health")
    [line] = lines(capsys.readouterr().err)
    assert (answer.status_code, line["status"], line["code"], line["error"]) == (500, 500, "log-corrupt", "LogCorrupt")
    assert (line["level"], line["request"]) == ("error", answer.headers["X-Request-Id"])
    assert line["places"]


def test_head_is_answered_wherever_get_is(api: TestClient):
    for path in (
        "/health",
        "/docs",
        "/openapi.json",
        "/trust.json",
        "/log/attest/checkpoint",
        "/contracts",
        "/nothing",
    ):
        got, head = api.get(path), api.head(path)
        assert head.status_code == got.status_code, path
        assert head.content == b""
        assert head.headers["content-type"] == got.headers["content-type"]
        assert head.headers.get("content-length") == got.headers.get("content-length")
    assert api.head("/token").status_code == 405, "there is no GET either"


# run by an interpreter of its own: what other tests did to its loggers and warnings says nothing here
LIBRARIES = f"""
import logging, sys, warnings
from gateway.installation.server_log import hush_libraries
hush_libraries(tells=sys.argv[1] == "tells")
try:
    raise RuntimeError("{VALUE}")
except RuntimeError:
    logging.getLogger("a.library").exception("cannot read %s", "{VALUE}")
logging.getLogger("uvicorn.error").warning("Invalid HTTP request: %s", "{VALUE}")
warnings.simplefilter("default")
warnings.warn("{VALUE}", UserWarning)
"""


def test_what_libraries_log_is_told_by_its_place_alone():
    def hear(how: str, script: str = LIBRARIES) -> str:
        return subprocess.run([sys.executable, "-c", script, how], capture_output=True, text=True, check=True).stderr

    text = hear("tells")
    assert CANARY not in text
    told = lines(text)
    assert [(one["event"], one["logger"]) for one in told] == [
        ("library", "a.library"),
        ("library", "uvicorn.error"),
        ("library", "py.warnings"),
    ]
    assert told[0]["error"] == "RuntimeError"
    assert hear("hushes") == ""
    unhushed = "\n".join(line for line in LIBRARIES.splitlines() if not line.startswith("hush"))
    assert hear("tells", unhushed).count(CANARY) > 3, "positive control: libraries would tell it"


def environment(town: SimulatedMunicipality, **more: str) -> dict[str, str]:
    return {"GATEWAY_DATA_DIRECTORY": str(town.data_directory), **more}


def test_a_server_writes_its_log_to_standard_error_and_nothing_else(town: SimulatedMunicipality):
    served = subprocess.Popen(
        [PROGRAMS / "gateway", "serve", "--port", "0"],
        env={**os.environ, **WIDE, **environment(town)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        address = re.search(r"http://127\.0\.0\.1:(\d+)", served.stdout.readline())
        assert address
        with urlopen(f"{address[0]}/health?x={CANARY}") as answer:
            assert answer.status == 200
        with pytest.raises(HTTPError) as refused:
            urlopen(Request(f"{address[0]}/contracts/{CANARY}", headers={"X-Request-Id": CANARY}))
        refused.value.close()
        assert refused.value.code == 404
        garbled(int(address[1]), CANARY)
    finally:
        served.terminate()
        _, err = served.communicate(timeout=30)
    assert CANARY not in err
    loose = [one for one in err.splitlines() if not one.startswith(("{", "DEVELOPMENT KEY"))]
    assert loose == []
    told = lines(err)
    assert [one.get("route") for one in told if one["event"] == "request"][:2] == ["/health", None]
    assert "library" in {one["event"] for one in told}, "bytes that are no HTTP are told as well"


def test_a_command_that_fails_as_nobody_foresaw_tells_type_and_place_alone(
    town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch
):
    def raises(_gateway: object) -> list[object]:
        raise RuntimeError(VALUE)

    monkeypatch.setattr(doctor, "examine_opened", raises)
    ran = run("doctor", environment=environment(town, GATEWAY_LOG_JOBS="true"))
    assert ran.code == 1
    assert CANARY not in ran.text
    assert "RuntimeError" in ran.err
    assert "(internal)" in ran.err
    [line] = lines(ran.err)
    assert (line["event"], line["command"], line["exit_code"]) == ("job", "doctor", 1)
    assert (line["code"], line["error"]) == ("internal", "RuntimeError")
    assert any(place.startswith("gateway.jobs.doctor:") for place in line["places"])


def test_a_job_leaves_a_line_where_it_is_asked_to(town: SimulatedMunicipality):
    asked = environment(town, GATEWAY_LOG_JOBS="true")
    [line] = lines(run("contract", "list", environment=asked).err)
    assert (line["event"], line["command"], line["exit_code"]) == ("job", "contract list", 0)
    assert line["seconds"] >= 0
    ran = run("evaluate", "other", "--week", "2020-W10", environment=asked)
    [line] = lines(ran.err)
    assert (line["command"], line["exit_code"], line["code"]) == ("evaluate", 4, "contract-unknown")
    assert "other" not in json.dumps(line)
    [line] = lines(run(CANARY, environment=asked).err)
    assert (line["command"], line["exit_code"]) == ("", 2)
    assert lines(run("contract", "list", environment=environment(town)).err) == []


def test_a_setting_that_is_wrong_is_told_without_its_value(tmp_path: Path):
    ran = run("contract", "list", environment={"GATEWAY_TOKEN_LIFE_SECONDS": CANARY, "GATEWAY_LOG_JOBS": "1"})
    assert (ran.code, CANARY in ran.text) == (2, False)
    [line] = lines(ran.err)
    assert line["exit_code"] == 2
