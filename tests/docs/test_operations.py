"""The road of docs/operations.md, run line by line as it stands there, in a folder that holds nothing but examples/."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
# a word that the output of a line must hold, by the line's beginning
SAYS = {
    "gateway init": "fingerprint",
    "gateway enrol": "120 people",
    "gateway pull impact60 dream": "2018-W40 to 2021-W",
    "gateway evaluate": "120 people referred",
    "gateway release": "released",
    "verify-outcome": "VERIFIED",
    "gateway log verify": "agrees with the checkpoint",
}


def lines(page: str) -> list[str]:
    """Every command of the page's console blocks, in order."""
    blocks = re.findall(r"^```console\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def run(folder: Path, line: str) -> str:
    """The line as a shell runs it, with the programs of this environment first on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        cwd=folder,
        env={**environment, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"$ {line}\nexit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def walk(folder: Path, page: str) -> dict[str, str]:
    """Each line of a page with what it says."""
    return {line: run(folder, line) for line in lines(page)}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return tmp_path


def test_the_road_works_as_it_is_written(clone: Path):
    said = walk(clone, PAGE)
    assert len(said) >= 14
    for beginning, word in SAYS.items():
        [out] = [out for line, out in said.items() if line.startswith(beginning)]
        assert word in out, beginning
    [verdict] = [out for line, out in said.items() if line.startswith("verify-outcome")]
    assert "DEMO" in verdict  # people who do not exist are never signed for without the mark


def test_a_line_that_does_not_work_is_noticed(clone: Path):
    """Positive control: the same page with one file name wrong."""
    wrong = PAGE.replace("examples/sources/dream.toml", "examples/sources/dreams.toml")
    assert wrong != PAGE
    with pytest.raises(AssertionError, match="exit code 3"):
        walk(clone, wrong)
