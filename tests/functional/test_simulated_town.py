"""`gateway simulate --serve`: every source tells of the same people, whichever of them decide the contract."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.evaluation.evaluating import evaluate_week
from gateway.installation.gateway import Gateway
from gateway.installation.settings import REAL_TIME
from tests.support.command_line import run
from tests.support.histories import EXAMPLES
from tests.support.municipality import ready
from tests.support.served import installed, pulled, served
from vocabulary.weeks import Week

COURSE = str(EXAMPLES / "courses" / "impact60.toml")
WEEKS = ("2020-W10", "2020-W18", "2020-W53")
Figures = list[tuple[int, int, dict[str, int]]]


def figures(gateway: Gateway) -> Figures:
    """At three weeks: people and weeks in the outcome, and the people by state."""
    found = []
    for week in WEEKS:
        result, _ = evaluate_week(gateway, "impact60", Week.parse(week))
        people, weeks = (
            result.quantity(measure) for measure in ("self_support_full_or_partial", "weeks_in_work_or_education")
        )
        found.append((people, weeks, result.by_state("self_support_full_or_partial")))
    return found


def of_sources(folder: Path, status: str, income: str, *others: str) -> Figures:
    with served(folder / "town", status=status, income=income, only=(status, income, *others)) as town:
        gateway = installed(folder / "gateway", town)
        for source in (*others, status, income):
            pulled(gateway, source, REAL_TIME)
        told = figures(gateway)
        gateway.store.dispose()
        return told


@pytest.fixture(scope="module")
def of_files(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    town = ready(tmp_path_factory.mktemp("files"))
    told = figures(town.gateway)
    town.gateway.store.dispose()
    return told


@pytest.mark.long
def test_rest_and_soap_come_to_what_files_come_to(tmp_path: Path, of_files: Figures):
    assert [people for people, _, _ in of_files] == [10, 5, 12]  # the course, so that nothing is compared with nothing
    assert of_sources(tmp_path, "case-system", "sf0770_a", "cpr") == of_files


@pytest.mark.long
@pytest.mark.parametrize(("status", "income"), [("dream", "income"), ("sager", "sf0770_a"), ("case-view", "income")])
def test_so_do_all_the_others(tmp_path: Path, of_files: Figures, status: str, income: str):
    assert of_sources(tmp_path, status, income) == of_files


def test_faults_go_with_a_server_and_with_a_source_that_can_have_them(tmp_path: Path):
    asked = ["simulate", "--course", COURSE, "--out", str(tmp_path / "town"), "--extract-people", "20"]
    assert "go with --serve" in run(*asked, "--fault", "dream=hang").text
    unknown = run(*asked, "--serve", "--fault", "sf1491=earthquake")
    assert unknown.code == 2
    assert "it can have" in unknown.text


def test_a_folder_that_no_simulation_made_is_not_emptied(tmp_path: Path):
    (tmp_path / "kept.txt").write_text("kept")
    ran = run("simulate", "--serve", "--course", COURSE, "--out", str(tmp_path))
    assert ran.code == 6, ran.text
    assert (tmp_path / "kept.txt").exists()


@pytest.mark.long
def test_it_says_what_to_run_and_ends_when_it_is_told(tmp_path: Path):
    command = [sys.executable, "-m", "gateway.cli.app", "simulate", "--serve", "--course", COURSE]
    command += ["--out", str(tmp_path / "town"), "--extract-people", "20", "--fault", "sf1491=hang"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"COLUMNS": "200"})
    assert child.stdout is not None
    said = ""
    for line in child.stdout:
        said += line
        if "Ports and keys are new" in line:
            break
    child.send_signal(signal.SIGINT)
    rest, _ = child.communicate(timeout=30)
    assert child.returncode == 0
    assert any(
        line.split()[0] == "sf1491" and line.rstrip().endswith("hang") for line in said.splitlines() if line.strip()
    )
    assert "gateway connectors statistics $file" in said
    assert "what was asked:" in rest


@pytest.mark.long
def test_the_commands_that_it_prints_lead_to_an_evaluation(tmp_path: Path):
    """As somebody types them who reads nothing else, with every source pulled."""
    command = [sys.executable, "-m", "gateway.cli.app", "simulate", "--serve", "--course", COURSE]
    command += ["--out", str(tmp_path / "town"), "--extract-people", "20"]
    usual = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")} | {"COLUMNS": "200"}
    programs = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=usual) as child:
        try:
            assert child.stdout is not None
            lines: list[str] = []
            is_typed = False
            for line in child.stdout:
                if is_typed and line.startswith("  "):
                    lines.append(line.strip())
                is_typed = is_typed or line.startswith("In another terminal")
                if "Ports and keys are new" in line:
                    break
            typed = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", "\n".join(lines)],
                env=usual | programs,
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            child.send_signal(signal.SIGINT)
    assert typed.returncode == 0, typed.stdout + typed.stderr
    assert "every party has accepted" in typed.stdout
    assert "120 people referred" in typed.stdout
    assert typed.stdout.count("inputs_sha256") == 2  # figures about groups, of both services
