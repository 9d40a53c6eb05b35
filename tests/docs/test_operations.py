"""The roads of docs/operations.md, run line by line as they stand there, in a folder with nothing but examples/."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SERVER_FOLDER = "/srv/gateway"  # stands in the page for the place of a real installation
# a word that the output of a line must hold, by the line's beginning
SAYS = {
    "gateway init": "fingerprint",
    "gateway simulate": "drop/income/indkomst-2018-08_2021-02.csv",
    "gateway contract add": "in force: impact60 version 1",
    "gateway enrol": "120 people",
    "gateway pull impact60 dream": "2018-W40 to 2021-W",
    "gateway pull impact60 income": "2018-W40 to 2021-W",
    "gateway evaluate": "120 people referred",
    "gateway release": "released",
    "gateway contract accept ": "waits for investor/den-sociale-kapitalfond",
    "gateway contract accepted examples/contracts/impact60.toml investor": "every party has accepted",
    "verify-outcome bundle": "VERIFIED",
    "gateway log verify": "agrees with the checkpoint",
}


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def block_with(kind: str, word: str) -> str:
    """The page's one block of this kind that holds the word."""
    [found] = [block for block in blocks(kind) if word in block]
    return found


SET_UP = block_with("sh", "export PATH=").splitlines()
ON_THE_PATH = SET_UP[-1]
ROAD = [line.removeprefix("$ ") for block in blocks("console") for line in block.splitlines() if line.startswith("$ ")]
IN_PRODUCTION = block_with("sh", "GATEWAY_PROFILE=production")


def run(folder: Path, line: str) -> str:
    """What the line says, as a shell runs it that knows of this environment only what the page puts on its path."""
    programs = str(Path(sys.executable).parent)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    kept["PATH"] = os.pathsep.join(part for part in kept["PATH"].split(os.pathsep) if part != programs)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{ON_THE_PATH}\n{line}"],
        cwd=folder,
        env=kept,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"$ {line}\nexit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def walk(folder: Path, road: list[str]) -> dict[str, str]:
    """Each line of a road with what it says."""
    return {line: run(folder, line) for line in road}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What the road needs of a clone, after the set-up."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    return tmp_path


def test_the_set_up_makes_what_the_path_names():
    """`make` would make the environment, whose `bin` is then put on the path; here it is only asked, not run."""
    command, export = SET_UP
    assert export.startswith('export PATH="$PWD/.venv/bin:')
    said = subprocess.run(
        [*command.split(), "--dry-run", "--always-make"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert re.search(r"-m venv \.venv$", said, flags=re.MULTILINE)
    assert "--editable verifier --editable ." in said


def test_the_road_works_as_it_is_written(clone: Path):
    said = walk(clone, ROAD)
    assert len(said) >= 21
    for beginning, word in SAYS.items():
        [out] = [out for line, out in said.items() if line.startswith(beginning)]
        assert word in out, beginning
    [verdict] = [out for line, out in said.items() if line.startswith("verify-outcome bundle")]
    assert "DEMO" in verdict  # people who do not exist are never signed for without the mark


def test_a_line_that_does_not_work_is_noticed(clone: Path):
    """Positive control: the same road with one file name wrong."""
    wrong = [line.replace("courses/impact60.toml", "courses/impact61.toml") for line in ROAD]
    assert wrong != ROAD
    with pytest.raises(AssertionError, match=r"^\$ gateway simulate .*\nexit code 3"):
        walk(clone, wrong)


def test_what_the_road_leaves_behind_is_named(clone: Path):
    """The line that removes a trial names every file and folder that the road writes."""
    [removing] = re.findall(r"`rm -r ([^`]+)`", PAGE)
    written = {"var"} | {made for line in ROAD for made in re.findall(r"(?:--out|verify-outcome key) (\S+)", line)}
    assert set(removing.split()) == written


def test_production_starts_with_keys_that_are_not_marked(clone: Path):
    folder = clone / "server"
    lines = IN_PRODUCTION.replace(SERVER_FOLDER, str(folder))
    assert lines != IN_PRODUCTION
    said = run(clone, f"{lines}gateway doctor")
    assert folder.is_dir()
    assert "ok " in said
    assert "development" not in said


def test_production_refuses_the_keys_of_the_trial(clone: Path):
    """Positive control: the trial's option on production's line."""
    lines = IN_PRODUCTION.replace(SERVER_FOLDER, str(clone / "server"))
    assert lines.rstrip().endswith("gateway.aalborg.example")
    with pytest.raises(AssertionError, match="unsafe-for-production"):
        run(clone, f"{lines.rstrip()} --demo-keys")
