"""`gateway demo` in a folder of its own: the story, the verdict, a second run, and a folder that it must not empty."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from gateway.installation.gateway import Gateway
from gateway.installation.settings import Settings
from tests.support.command_line import PROGRAMS, Ran, run, run_program

pytestmark = pytest.mark.long  # .ci/run runs the demo as well


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """The folder of a demo and its story; it is the second one there, after one that was killed on its way.

    Both run as the installed program, somewhere else than in the source tree, and told that lines are short.
    """
    folder = tmp_path_factory.mktemp("demo")
    command = ("demo", "--no-serve", "--directory", "made")
    first = subprocess.Popen([PROGRAMS / "gateway", *command], cwd=folder, stdout=subprocess.DEVNULL)
    database = folder / "made" / "impact60" / "gateway" / "gateway.sqlite"
    while first.poll() is None and not database.exists():
        time.sleep(0.05)
    first.kill()
    assert first.wait() == -signal.SIGKILL
    (folder / "made" / "left-over").touch()
    ran = run_program("gateway", *command, cwd=folder, environment={"COLUMNS": "40"})
    assert ran.code == 0, ran.text
    return folder, ran


@pytest.mark.parametrize(
    ("week", "people"), [("2020-W10", 43), ("2020-W18", 14), ("2020-W53", 55)], ids=["March", "April", "end"]
)
def test_the_published_numbers_come_out(told: tuple[Path, Ran], week: str, people: int):
    [line] = [line for line in told[1].out.splitlines() if f"{people} of 120" in line]
    assert "agrees" in line
    assert week in line


def test_nothing_differs_and_nothing_crashed(told: tuple[Path, Ran]):
    assert "differs" not in told[1].out
    assert "Traceback" not in told[1].text
    assert told[1].err == ""


def test_titles_and_digests_are_whole_however_short_the_lines(told: tuple[Path, Ran]):
    out = told[1].out
    assert "── Aalborg: IMPACT60, 120 people, FOKUS Folkeoplysning and Den Sociale Kapitalfond ──\n" in out
    assert "…" not in out
    assert len(re.findall(r"(?:sha256|seal) [0-9a-f]{64}$", out, re.MULTILINE)) == 7


REFUSALS = {
    "marketing": "may the income register be read for marketing",
    "the window after": "asked for the window after that",
    "ten people": "the investor asked for the exact total of ten people",
}
RULES = {"marketing": {"P02", "P03", "P15"}, "the window after": {"P24"}, "ten people": {"P22", "P27"}}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_is_refused_names_its_rules(told: tuple[Path, Ran], refusal: str):
    lines = told[1].out.splitlines()
    [place] = [number for number, line in enumerate(lines) if REFUSALS[refusal] in line]
    assert "refused by" in lines[place + 1]
    assert RULES[refusal] <= set(re.findall(r"\bP\d\d\b", lines[place + 1])), lines[place + 1]


def test_the_verdict_comes_at_the_end(told: tuple[Path, Ran]):
    """The investor's eyes: every check, the shown figures and what was not checked."""
    verdict = told[1].out.partition("The investor, offline")[2]
    assert [int(number) for number in re.findall(r"^  ([ 1]\d) (?:ok|–)  ", verdict, re.MULTILINE)] == list(
        range(1, 12)
    )
    assert "VERIFIED  contract total, impact60 2020H2" in verdict
    assert "DEMO" in verdict
    assert re.search(r"in the outcome +55\b", verdict)
    assert "NOT met" in verdict
    assert "NOT CHECKED" in verdict
    assert verdict.index("VERIFIED") < verdict.index("NOT VERIFIED at check 4 (exit code 14)")
    assert "Done in" in verdict


def test_the_story_gives_the_command_that_the_reader_may_repeat(told: tuple[Path, Ran]):
    """The verdict can be had again, offline, with the very line that the demo printed."""
    folder, ran = told
    [command] = [line for line in ran.out.splitlines() if line.startswith("$ verify-outcome ")]
    again = run_program(*command.removeprefix("$ ").split(), cwd=folder)
    assert again.code == 0, again.text
    assert "VERIFIED" in again.out


def test_no_number_of_a_person_is_told(told: tuple[Path, Ran]):
    assert re.findall(r"\b\d{6}-?\d{4}\b", told[1].text) == []


def test_the_bundles_and_both_installations_are_left(told: tuple[Path, Ran]):
    made = told[0] / "made"
    names = sorted(path.name for path in made.glob("*.bundle.json"))
    assert "impact60-2020H2-contract_total-investor.bundle.json" in names
    assert "ballerup-2020H2-predicate-investor.bundle.json" in names
    assert not [name for name in names if name.startswith("ballerup") and "total" in name]
    for contract in ("impact60", "ballerup"):
        gateway = Gateway.open(Settings(data_directory=made / contract / "gateway"))
        assert gateway.has_development_key()
        gateway.store.dispose()


def test_a_second_run_starts_from_nothing_again(told: tuple[Path, Ran]):
    assert not (told[0] / "made" / "left-over").exists()
    assert "put contract impact60 v1 in force" in told[1].out
    assert "nothing changed" not in told[1].out


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path):
    precious = tmp_path / "precious.txt"
    precious.write_text("keep")
    ran = run("demo", "--no-serve", "--directory", tmp_path)
    assert ran.code == 6
    assert "(unsafe-directory)" in ran.err
    assert precious.read_text() == "keep"
    assert list(tmp_path.iterdir()) == [precious]
