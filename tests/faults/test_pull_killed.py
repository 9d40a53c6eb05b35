"""`kill -9` of a process that pulls from a slow source: the next pull goes on, and nothing is lost or doubled.

The source is a real server in this process, the pull a real process of its own, killed at a random moment by a seed
that a failure names.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlmodel import select

from gateway.installation.gateway import Gateway
from gateway.installation.settings import REAL_TIME
from gateway.simulate.serving import SimulatedTown
from gateway.store.record_tables import PullRun
from gateway.store.tables import PullRow
from tests.support.served import Rows, copied, installed, pulled, served, told

_PULL = """
import sys
from gateway.intake import pulling_records
from tests.support.served import pulled
from gateway.installation.gateway import Gateway
from gateway.installation.settings import Settings
from gateway.installation.settings import REAL_TIME
pulling_records._CHUNK_PEOPLE = 4  # many commits in one pull
gateway = Gateway.open(Settings())
print("begins", flush=True)
pulled(gateway, sys.argv[1], REAL_TIME)
"""
_SECONDS = 1.2  # a pull takes about as long; some kills come before it asks anything, some after it has ended


@dataclass(frozen=True, eq=False)
class Place:
    town: SimulatedTown
    original: Gateway
    folder: Path
    rows: dict[str, Rows] = field(default_factory=dict)

    def undisturbed(self, source: str) -> Rows:
        if source not in self.rows:
            self.rows[source] = self._pulled_once(source)
        return self.rows[source]

    def _pulled_once(self, source: str) -> Rows:
        copy = copied(self.original, self.folder / f"undisturbed-{source}")
        pulled(copy.gateway, source, REAL_TIME)
        rows = told(copy.gateway, source)
        copy.gateway.store.dispose()
        return rows


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("killed")
    sources = ("dfdg", "case-system")
    with served(folder / "town", only=sources, page=8, latency_seconds=0.1) as town:
        original = installed(folder / "gateway", town)
        yield Place(town, original, folder)
        original.store.dispose()


def killed_and_rerun(place: Place, folder: Path, source: str, *, kills: int, seed: int) -> int:
    """Kill so many pulls of one installation, let the next one end, and compare; how many kills came while it ran."""
    rng = random.Random(seed)
    copy = copied(place.original, folder)
    environment = os.environ | {
        "GATEWAY_DATA_DIRECTORY": str(folder),
        "GATEWAY_SECRETS_DIRECTORY": str(place.town.secrets),
    }
    command = [sys.executable, "-c", _PULL, source]
    hit = 0
    for _ in range(kills):
        child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert child.stdout is not None
        assert child.stdout.readline() == b"begins\n"
        time.sleep(rng.uniform(0.0, _SECONDS))
        hit += child.poll() is None
        child.send_signal(signal.SIGKILL)
        child.communicate()
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert told(copy.gateway, source) == place.undisturbed(source), f"rows differ; seed {seed}"
    with copy.gateway.store.read() as session:
        runs, pulls = session.exec(select(PullRun)).all(), session.exec(select(PullRow)).all()
        assert all(run.ended_at is not None for run in runs)
        assert len(runs) == len(pulls)
    copy.gateway.store.dispose()
    return hit


@pytest.mark.long
def test_a_pull_that_is_killed_goes_on(place: Place, tmp_path: Path):
    assert killed_and_rerun(place, tmp_path / "gateway", "dfdg", kills=1, seed=6) > 0


@pytest.mark.long
@pytest.mark.parametrize("source", ["dfdg", "case-system"])
def test_however_often_it_is_killed(place: Place, tmp_path: Path, source: str):
    """`PULL_KILL_SEED` repeats a run."""
    seed = int(os.environ.get("PULL_KILL_SEED") or random.SystemRandom().randrange(1_000_000))
    hits = sum(killed_and_rerun(place, tmp_path / f"gateway-{n}", source, kills=4, seed=seed + n) for n in range(3))
    assert hits > 0, f"no kill came while a pull ran; seed {seed}"
