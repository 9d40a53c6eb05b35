"""The road on a real PostgreSQL, and the entry point as another user with the code read-only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gateway import oversight
from gateway.release import release
from tests.support.simulated import simulated

ROOT = Path(__file__).parents[2]
NOBODY = 65_534


@pytest.mark.postgres
def test_the_road_ends_in_the_same_figures_on_postgresql(postgres_url: str, tmp_path: Path):
    town = simulated(tmp_path, database_url=postgres_url)
    town.enrol()
    town.pull_all()
    assert [town.people(week) for week in ("2020-W10", "2020-W18", "2020-W53")] == [43, 14, 55]
    for window in ("2018H2", "2019H1"):
        assert release(town.gateway, "impact60", window, "payment_document", "operator").is_new
    assert len(oversight.verify_logs(town.gateway)) == 3
    town.gateway.store.dispose()


def run_as_nobody(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as user 65534, with no privilege left and nothing writable but its data directory."""
    as_another = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
    line = [sys.executable, "-m", "gateway.cli.app", *arguments]
    return subprocess.run(
        line, env=environment, cwd="/", capture_output=True, text=True, check=False, timeout=120, **as_another
    )


@pytest.mark.postgres
def test_the_entry_point_runs_as_another_user_with_the_code_read_only(postgres_url: str):
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
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(code), *_packages()]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "GATEWAY_DATA_DIRECTORY": str(data / "gateway"),
            "GATEWAY_DATABASE_URL": postgres_url,
            "GATEWAY_PROFILE": "production",
        }
        made = run_as_nobody(
            environment, "init", "--municipality-code", "851", "--municipality-name", "Aalborg Kommune",
            "--host-name", "gateway.aalborg.example",
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        looked = run_as_nobody(environment, "doctor")
        assert looked.returncode == 0, looked.stdout + looked.stderr
        assert "development key" not in looked.stdout
        contract = code / "examples" / "contracts" / "impact60.toml"
        programme = code / "examples" / "programmes" / "impact60.toml"
        assert run_as_nobody(environment, "contract", "add", str(contract), str(programme)).returncode == 0
        assert (data / "gateway" / "keys").stat().st_mode & 0o077 == 0
        if os.getuid() == 0:
            assert (data / "gateway" / "keys").stat().st_uid == NOBODY
    finally:
        shutil.rmtree(folder)


def _packages() -> list[str]:
    """Where the dependencies stand, without this checkout's own folders."""
    return [path for path in sys.path if path.endswith("site-packages")]
