"""`.ci/run` goes by stages; each has seconds in CONTRIBUTING.md, together at most 45 minutes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
MOST_SECONDS = 45 * 60


def stages() -> list[tuple[str, str]]:
    """The stages of the run, with what each runs."""
    return re.findall(r"^\.ci/stage (\S+) (.+)$", (ROOT / ".ci" / "run").read_text("utf-8"), flags=re.MULTILINE)


def budgets() -> dict[str, int]:
    """The seconds of each stage."""
    table = CONTRIBUTING.read_text("utf-8").partition("| stage | seconds |")[2].partition("\n\n")[0]
    return {name: int(seconds) for name, seconds in re.findall(r"^\| `(\w+)` \| (\d+) \|", table, flags=re.MULTILINE)}


def test_the_tests_come_first_as_a_person_would_run_them():
    assert stages()[0] == ("test", "make test")


def test_every_stage_has_its_seconds_and_all_are_at_most_45_minutes():
    assert list(budgets()) == [name for name, _ in stages()]
    assert sum(budgets().values()) <= MOST_SECONDS


def test_every_command_of_the_run_is_a_stage_and_is_there():
    for _, command in stages():
        program, *arguments = command.split()
        assert program == "make" or (ROOT / program).stat().st_mode & 0o100
        assert all(f"\n{target}:" in (ROOT / "Makefile").read_text("utf-8") for target in arguments)


@pytest.mark.parametrize(("budget", "is_over"), [(60, False), (0, True)])
def test_a_stage_says_how_long_it_took_and_where_it_took_too_long(tmp_path: Path, budget: int, is_over: bool):
    (tmp_path / "CONTRIBUTING.md").write_text(f"| stage | seconds |\n|---|--:|\n| `slow` | {budget} |\n", "utf-8")
    shutil.copy(ROOT / ".ci" / "stage", tmp_path)
    ran = _stage(tmp_path, "slow", "sleep", "1.1")
    assert re.fullmatch(rf"slow: [12] s of {budget}(: OVER ITS BUDGET, .+)?\n", ran.stdout)
    assert (ran.returncode, "OVER ITS BUDGET" in ran.stdout) == (0, is_over)
    assert (tmp_path / ".venv" / "stages").read_text("utf-8") == ran.stdout


def test_a_stage_that_fails_and_one_without_seconds_end_the_run(tmp_path: Path):
    (tmp_path / "CONTRIBUTING.md").write_text("| stage | seconds |\n|---|--:|\n| `known` | 1 |\n", "utf-8")
    shutil.copy(ROOT / ".ci" / "stage", tmp_path)
    assert _stage(tmp_path, "known", "false").returncode == 1
    ran = _stage(tmp_path, "unknown", "true")
    assert ran.returncode != 0
    assert "gives the stage unknown no seconds" in ran.stderr


def _stage(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["./stage", *words], cwd=folder, capture_output=True, text=True, check=False)
