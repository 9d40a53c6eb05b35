"""docker-compose.yml is what the compose specification allows, and runs the gateway with least privilege."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"


def _check(path: Path) -> int:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_compose_file_follows_the_compose_specification():
    assert _check(COMPOSE) == 0


def test_the_specification_refuses_an_unknown_word(tmp_path: Path):
    """Positive control: the check above can fail."""
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(COMPOSE.read_text().replace("read_only:", "read_onyl:"))
    assert _check(broken) != 0


def test_the_gateway_runs_without_privileges():
    service = yaml.safe_load(COMPOSE.read_text())["services"]["gateway"]
    assert service["user"].split(":")[0] not in ("0", "root")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["healthcheck"]["test"]


@pytest.mark.parametrize("name", ["docker-compose.yml", "Dockerfile"])
def test_no_secret_stands_in_the_deployment_files(name: str):
    text = (ROOT / name).read_text()
    assert "PASSWORD=" not in text
    assert "POSTGRES_PASSWORD:" not in text


def test_every_secret_comes_by_a_file():
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    for name, service in services.items():
        secret = {key: value for key, value in service["environment"].items() if re.search("PASS|SECRET|TOKEN", key)}
        assert secret, name  # positive control
        for key, value in secret.items():
            assert key.endswith("_FILE"), key
            assert value.removeprefix("/run/secrets/") in service["secrets"]
