"""`verify-outcome` as its user meets it: verdicts, exit codes, and a start that loads next to nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from outcome_verifier import cli
from tests.support.bundles import CONTRACT, NOW, Issuer, visible


@pytest.fixture
def files(tmp_path: Path) -> tuple[Issuer, Path]:
    issuer = Issuer()
    (tmp_path / "bundle.json").write_bytes(issuer.bundle(issuer.token(visible(demo=True))))
    (tmp_path / "TRUST.json").write_bytes(issuer.trust_bytes())
    (tmp_path / "contract.toml").write_bytes(CONTRACT)
    return issuer, tmp_path


def run(folder: Path, *more: str) -> int:
    arguments = [str(folder / "bundle.json"), "--trust", str(folder / "TRUST.json"), "--at", str(NOW), *more]
    return cli.main(arguments)


def test_a_good_bundle_is_reported_a_line_a_check(files: tuple[Issuer, Path], capsys: pytest.CaptureFixture[str]):
    _, folder = files
    assert run(folder, "--contract", str(folder / "contract.toml")) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines() if " ok  " in line] == [str(n) for n in range(1, 10)]
    for text in ("VERIFIED", "DEMO", "NOT CHECKED", "21,000.00 DKK", "withheld", "trust file"):
        assert text in out


def test_the_verdict_as_json_holds_the_same(files: tuple[Issuer, Path], capsys: pytest.CaptureFixture[str]):
    _, folder = files
    assert run(folder, "--json") == 0
    verdict = json.loads(capsys.readouterr().out)
    assert verdict["verified"] is True
    assert len(verdict["checks"]) == 9
    assert verdict["shown"]["participants"] == 40


def test_each_failing_check_has_its_exit_code(files: tuple[Issuer, Path], capsys: pytest.CaptureFixture[str]):
    issuer, folder = files
    (folder / "bundle.json").write_bytes(issuer.bundle(edit=lambda b: b.update(status="")))
    assert run(folder) == 18
    assert "NOT VERIFIED at check 8" in capsys.readouterr().out
    assert run(folder, "--json") == 18
    assert json.loads(capsys.readouterr().out)["code"] == "status-invalid"
    (folder / "contract.toml").write_bytes(b"another")
    (folder / "bundle.json").write_bytes(issuer.bundle())
    assert run(folder, "--contract", str(folder / "contract.toml")) == 19


def test_a_broken_trust_file_and_a_missing_file_are_told_apart(
    files: tuple[Issuer, Path], capsys: pytest.CaptureFixture[str]
):
    _, folder = files
    (folder / "TRUST.json").write_bytes(b"{}")
    assert run(folder) == 3
    (folder / "TRUST.json").unlink()
    assert run(folder) == 2
    assert "TRUST.json" in capsys.readouterr().err


def test_starting_loads_no_heavy_package():
    """Cold start stays short because nothing beyond the standard library and cryptography is imported."""
    code = "import outcome_verifier.cli, sys; print(' '.join(sys.modules))"
    found = set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())
    heavy = {"pydantic", "typer", "jwt", "httpx", "rich", "sqlalchemy", "sqlmodel", "numpy", "gateway", "socket", "ssl"}
    assert found & heavy == set()
