"""The same road on a real PostgreSQL, and the installed program as a user without privileges."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlmodel import select

from gateway.installation.gateway import LOGS, Gateway
from gateway.oversight import log_reading as oversight
from gateway.release.releasing import release
from gateway.store.log_tables import LogEntry
from policies.terms import Party, Role
from tests.support.command_line import PROGRAMS, WIDE
from tests.support.municipality import SimulatedMunicipality, built, ready

pytestmark = pytest.mark.postgres

ROOT = Path(__file__).parents[2]
NOBODY = 65_534  # the user that owns nothing
UNPRIVILEGED = os.geteuid() or NOBODY
DPO = Party("aalborg-kommune", Role.DPO)


@pytest.fixture(scope="session")
def new_database(postgres_url: str) -> Callable[[], str]:
    """Makes an empty database on the session's server and returns its URL."""
    numbers = iter(range(1, 100))

    def make() -> str:
        name = f"gateway_{next(numbers)}"
        engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return make_url(postgres_url).set(database=name).render_as_string(hide_password=False)

    return make


@pytest.fixture(scope="module")
def town(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedMunicipality]:
    """Enrolled, pulled and released on PostgreSQL."""
    made = built(tmp_path_factory.mktemp("postgres"), database_url=new_database())
    made.enrol()
    made.pull_all()
    yield made
    made.gateway.store.dispose()


def test_the_road_says_the_same_on_both_databases(town: SimulatedMunicipality, tmp_path: Path):
    lite = ready(tmp_path)
    assert not town.gateway.store.is_sqlite
    assert lite.gateway.store.is_sqlite
    assert town.people("2020-W10") == lite.people("2020-W10") == 10
    for window, template, to in (
        ("2018H2", "payment_document", "operator"),
        ("2019H1", "payment_document", "operator"),
        ("2019H1", "contract_total", "investor"),
    ):
        shown = []
        for place in (town, lite):
            figures = dict(place.verified(place.release(window, template, to).bundle).shown)
            # each installation has its own seal, its own instant and its own names for people (`inputs_sha256`)
            own = ("cohort_seals", "sources", "method")
            shown.append({name: figures[name] for name in figures if name not in own})
        assert shown[0] == shown[1]
        assert "payable" in shown[0]


def test_what_was_done_before_changes_nothing(town: SimulatedMunicipality):
    assert not town.enrol().is_new
    assert not any(report.is_new for report in town.pull_all())


def test_the_logs_are_whole_and_can_be_read(town: SimulatedMunicipality):
    sizes = {report.log: report.size for report in oversight.verify_logs(town.gateway)}
    assert set(sizes) == set(LOGS)
    kinds = {event.kind for event in oversight.read_log(town.gateway, DPO, first=0, count=500)}
    assert {"installed", "cohort_sealed", "pull_completed"} <= kinds


def test_the_same_release_asked_for_at_once_is_one_attestation(town: SimulatedMunicipality):
    start = Barrier(4)

    def ask(_number: int):
        gateway = Gateway.open(town.gateway.settings)
        start.wait()
        try:
            return release(gateway, "impact60", "2018H2", "contract_total", "operator")
        finally:
            gateway.store.dispose()

    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(ask, range(4)))
    assert len({json.loads(one.bundle)["attestation"] for one in done}) == 1
    assert [one.is_new for one in done].count(True) == 1
    oversight.verify_logs(town.gateway)
    with town.gateway.store.read() as session:
        for log in LOGS:
            indices = session.exec(select(LogEntry.idx).where(LogEntry.log == log).order_by(LogEntry.idx)).all()
            assert indices == list(range(len(indices)))


@cache
def as_nobody() -> tuple[str, ...]:
    """What runs a command as a user that owns nothing; empty where the present user is no root already.

    Where the interpreter stands in root's home, the process keeps the one capability to read past directory modes;
    it can write nothing by it.
    """
    if os.geteuid() != 0:
        return ()
    user = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs")
    for kept in ("-all", "-all,+dac_read_search"):
        words = (*user, f"--bounding-set={kept}", f"--inh-caps={kept}", f"--ambient-caps={kept}")
        tried = subprocess.run(
            [*words, sys.executable, "-c", "import gateway"], cwd="/", capture_output=True, check=False
        )
        if tried.returncode == 0:
            return words
    raise RuntimeError(f"no user without privileges can run the interpreter: {tried.stderr.decode()}")


def unprivileged(
    command: list[str], *, cwd: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command as that user, with an environment of its own."""
    return subprocess.run(
        [*as_nobody(), *command],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **WIDE, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that belongs to the user without privileges (pytest's own may lie below root's)."""
    folder = Path(tempfile.mkdtemp(prefix="unprivileged-"))
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def open_socket(postgres_url: str) -> Iterator[None]:
    """Lets other users reach the server's socket, which stands in its data directory."""
    folder = Path(str(make_url(postgres_url).query["host"]))
    mode = folder.stat().st_mode & 0o777
    folder.chmod(mode | 0o011)
    yield
    folder.chmod(mode)


PROBE = """
import os, sys
from pathlib import Path
can = []
for folder in sys.argv[1:]:
    try:
        (Path(folder) / "probe").touch()
        (Path(folder) / "probe").unlink()
        can.append(folder)
    except PermissionError:
        pass
print(os.geteuid(), *can)
"""


def test_the_user_of_the_next_tests_has_no_privileges(home: Path):
    """Positive control: no root, and only its own folder is writable; where we are no root, our own code is too."""
    rooms = [str(ROOT / name) for name in ("gateway", "keys", "connectors", "policies", "vocabulary", "verifier")]
    done = unprivileged([sys.executable, "-c", PROBE, str(home), *rooms], cwd=home)
    user, *writable = done.stdout.split()
    assert int(user) == UNPRIVILEGED != 0, done.stderr
    assert writable[0] == str(home)
    if os.geteuid() == 0:
        assert writable == [str(home)]


INIT = ["--municipality-code", "851", "--municipality-name", "Aalborg Kommune", "--host-name", "g.test.example"]


def commands_work(home: Path, environment: dict[str, str], *commands: list[str]) -> None:
    """Each command as a program of its own; then whose the files are that were written, and who may read them."""
    program = str(PROGRAMS / "gateway")
    data = home / "data"
    environment = {"GATEWAY_DATA_DIRECTORY": str(data), **environment}
    for arguments in commands:
        done = unprivileged([program, *arguments], cwd=home, environment=environment)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
    for path in [data, *data.rglob("*")]:
        assert path.stat().st_uid == UNPRIVILEGED
    assert data.stat().st_mode & 0o077 == 0
    for path in (data / "keys").iterdir():
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.long
def test_a_user_without_privileges_installs_on_postgresql(
    home: Path, new_database: Callable[[], str], open_socket: None
):
    url = new_database()
    commands_work(home, {"GATEWAY_DATABASE_URL": url}, ["init", *INIT], ["init", *INIT], ["doctor"])
    assert not (home / "data" / "gateway.sqlite").exists()
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT municipality_name FROM installation")).scalar_one() == "Aalborg Kommune"
    engine.dispose()


@pytest.mark.long
def test_a_user_without_privileges_installs_on_sqlite(home: Path):
    commands_work(home, {}, ["init", *INIT], ["doctor"])
    assert (home / "data" / "gateway.sqlite").exists()


def test_a_server_that_is_gone_is_one_sentence(home: Path):
    url = f"postgresql+psycopg://postgres@/gateway?host={home}"
    environment = {"GATEWAY_DATA_DIRECTORY": str(home / "data"), "GATEWAY_DATABASE_URL": url}
    done = unprivileged([str(PROGRAMS / "gateway"), "init", *INIT], cwd=home, environment=environment)
    assert done.returncode == 10
    assert "(store-unreachable)" in done.stderr
    assert "Traceback" not in done.stderr
