"""The command line and the server at the same time: both right, one attestation, and a log without gaps."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlmodel import select

from connectors.records import Week
from gateway import oversight
from gateway.evaluation import evaluate_week
from gateway.release import release
from gateway.store.tables import LogEntry
from outcome_verifier import canonical
from tests.support.simulated import Municipality, simulated


def finished(process: subprocess.Popen[bytes]) -> bytes:
    """What the command printed, once it has ended well."""
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    return output


def command(town: Municipality, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "GATEWAY_DATA_DIRECTORY": str(town.folder / "gateway")}
    line = [sys.executable, "-m", "gateway.cli.app", *arguments]
    return subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_a_command_line_pull_and_a_release_at_the_same_time_are_both_right(tmp_path: Path):
    town = simulated(tmp_path, "ballerup")
    town.enrol()
    files = sorted(town.drop.status.iterdir())
    finished(command(town, "pull", "ballerup", "ydelsesrefusion", *map(str, files[:20])))
    finished(command(town, "pull", "ballerup", "income", str(town.drop.income)))
    pulling = command(town, "pull", "ballerup", "ydelsesrefusion", *map(str, files[20:]))
    released = [
        release(town.gateway, "ballerup", window, "payment_document", "operator") for window in ("2019H1", "2019H2")
    ]
    finished(pulling)
    assert all(done.is_new for done in released)
    result, known = evaluate_week(town.gateway, "ballerup", Week.parse("2020-W53"))
    assert result.quantity("steady_and_off_benefits") == 5
    assert str(known.complete_to) == "2020-W53"
    oversight.verify_logs(town.gateway)
    with town.gateway.store.read() as session:
        indexes = session.exec(select(LogEntry.idx).where(LogEntry.log == "access").order_by(LogEntry.idx)).all()
    assert list(indexes) == list(range(len(indexes)))


def test_one_release_asked_for_many_times_at_once_is_one_attestation(tmp_path: Path):
    town = simulated(tmp_path, "ballerup", extract_people=100)
    town.enrol()
    town.pull_all()

    def ask(_: int) -> bytes:
        return release(town.gateway, "ballerup", "2019H1", "payment_document", "operator").bundle

    with ThreadPoolExecutor(4) as pool:
        bundles = list(pool.map(ask, range(8)))
    assert len({canonical.loads(bundle)["attestation"] for bundle in bundles}) == 1
    with town.gateway.store.read() as session:
        assert len(session.exec(select(LogEntry).where(LogEntry.kind == "attestation")).all()) == 1
    oversight.verify_logs(town.gateway)


def test_the_same_file_pulled_twice_at_once_is_stored_once(tmp_path: Path):
    town = simulated(tmp_path)
    town.enrol()
    processes = [command(town, "pull", "impact60", "income", str(town.drop.income)) for _ in range(2)]
    output = b"".join(map(finished, processes))
    assert output.count(b"\npulled:") + output.startswith(b"pulled:") == 1
    assert output.count(b"nothing changed") == 1
