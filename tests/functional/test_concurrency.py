"""The command line and the server at the same time, on one SQLite file: both right, and the logs stay whole."""

from __future__ import annotations

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from gateway.api.app import create_app
from gateway.installation.gateway import LOGS, Gateway
from gateway.installation.settings import Settings
from gateway.oversight import log_reading as oversight
from gateway.release.releasing import release
from gateway.store.log_tables import LogEntry
from gateway.store.tables import PullRow
from policies.terms import Role
from tests.support.api_client import Client
from tests.support.command_line import PROGRAMS
from tests.support.municipality import SimulatedMunicipality, ready


def whole(town: SimulatedMunicipality) -> None:
    """Every log recomputes from its rows, has no gap and is in order of time; every attestation is in its log once."""
    oversight.verify_logs(town.gateway)
    with town.gateway.store.read() as session:
        for log in LOGS:
            rows = session.exec(select(LogEntry).where(LogEntry.log == log).order_by(LogEntry.idx)).all()
            assert [row.idx for row in rows] == list(range(len(rows)))
            assert [row.at for row in rows] == sorted(row.at for row in rows)
        entries = session.exec(select(LogEntry).where(LogEntry.kind == "attestation")).all()
        logged = sorted(json.loads(row.body)["jti"] for row in entries)
    assert logged == sorted(row.jti for row in town.rows())
    assert {row.state for row in town.rows()} <= {"issued"}


@pytest.mark.long
def test_a_pull_and_a_release_at_once_are_both_right(tmp_path: Path):
    """The pull is a program of its own that begins while windows are released, again and again."""
    town = ready(tmp_path)
    # another file than the one that was pulled: a stranger's row is gone
    again = town.drop.status
    again.write_text("\n".join(again.read_text().splitlines()[:-1]) + "\n")
    pulling = subprocess.Popen(
        [PROGRAMS / "gateway", "pull", "impact60", "dream", again],
        env={**os.environ, **town.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    asked = []
    while pulling.poll() is None or len(asked) < 2:
        asked += [
            (window, town.release(window, "payment_document", "operator").bundle) for window in ("2018H2", "2019H1")
        ]
    said = pulling.communicate()[0]
    assert (pulling.returncode, "pulled: " in said) == (0, True), said
    for window in ("2018H2", "2019H1"):
        answers = [answer for asked_for, answer in asked if asked_for == window]
        assert len({json.loads(answer)["attestation"] for answer in answers}) == 1
        town.verified(answers[-1])
    with town.gateway.store.read() as session:
        assert len(session.exec(select(PullRow).where(PullRow.source_id == "dream")).all()) == 2
    whole(town)


def at_once(count: int, town: SimulatedMunicipality, window: str) -> list:
    """The same release asked for by `count` threads, each with an installation opened by itself, at one moment."""
    start = Barrier(count)

    def ask(_number: int):
        gateway = Gateway.open(Settings(data_directory=town.data_directory))
        start.wait()
        return release(gateway, "impact60", window, "payment_document", "operator")

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(ask, range(count)))


def test_the_same_release_asked_for_at_once_is_one_attestation(tmp_path: Path):
    town = ready(tmp_path)
    done = at_once(4, town, "2018H2")
    assert len({json.loads(one.bundle)["attestation"] for one in done}) == 1
    assert len({(one.release, one.leaf_index) for one in done}) == 1
    assert [one.is_new for one in done].count(True) == 1
    assert [row.seq for row in town.rows()] == [1]
    for one in done:
        town.verified(one.bundle)
    whole(town)


def test_different_releases_at_once_are_numbered_without_a_gap(tmp_path: Path):
    """Operator and investor each have their own series; threads of one server share the installation."""
    town = ready(tmp_path)
    asked = [(template, to) for template in ("contract_total",) for to in ("operator", "investor")]
    asked += [("payment_document", "operator")]
    start = Barrier(len(asked))

    def ask(what: tuple[str, str]):
        start.wait()
        return release(town.gateway, "impact60", "2018H2", *what)

    with ThreadPoolExecutor(len(asked)) as threads:
        done = list(threads.map(ask, asked))
    assert all(one.is_new for one in done)
    seqs = {(row.template, row.recipient_role): row.seq for row in town.rows()}
    assert seqs == dict.fromkeys(asked, 1)
    assert len({row.status_index for row in town.rows()}) == len(asked)
    whole(town)


def test_an_assertion_sent_twice_at_once_counts_once(tmp_path: Path):
    town = ready(tmp_path, pulled=False)
    client = Client(town.gateway, "fokus-app")
    client.register(tmp_path, "fokus-folkeoplysning", Role.OPERATOR)
    assertion, start = client.sign(client.claims()), Barrier(4)
    with TestClient(create_app(town.gateway), raise_server_exceptions=False) as api:

        def ask(_number: int) -> int:
            start.wait()
            form = {
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": assertion,
            }
            return api.post("/token", data=form).status_code

        with ThreadPoolExecutor(4) as threads:
            assert sorted(threads.map(ask, range(4))) == [200, 401, 401, 401]
