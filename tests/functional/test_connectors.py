"""Agreements that end, and sources supplied for another purpose: nothing is pulled, and it is said in time."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.contracts import declarations
from gateway.intake import pulling
from gateway.intake.connecting import connectors
from gateway.jobs.diagnosis import FAIL, OK, WARN
from gateway.jobs.doctor import examine_opened
from policies.errors import PolicyDenied
from tests.functional.test_traps import Clock
from tests.support.command_line import run
from tests.support.histories import EXAMPLES
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality, ready
from tests.support.simulated import simulated
from vocabulary.errors import DeclarationInvalid

LAST = date(2030, 12, 31)  # of every agreement in the examples
ASSESSMENT = 'assessments = { dream = "15.20.00-G01-1-18, dok. 4" }\n'


@pytest.mark.parametrize(
    ("days", "state", "level"),
    [(-61, "valid", OK), (-60, "ends soon", WARN), (0, "ends soon", WARN), (1, "ended", FAIL)],
)
def test_an_agreement_is_warned_of_sixty_days_before_it_ends(tmp_path: Path, days: int, state: str, level: str) -> None:
    town = ready(tmp_path, clock=Clock(LAST + timedelta(days=days)))
    [dream] = [one for one in connectors(town.gateway) if one.declaration.id == "dream"]
    assert dream.agreement == state
    assert bool(dream.warning) == (state != "valid")
    found = [one for one in examine_opened(town.gateway) if "agreement of source dream" in one.what]
    assert [one.level for one in found] == [level]


def test_the_list_says_how_far_each_source_has_told(tmp_path: Path) -> None:
    town = ready(tmp_path)
    found = {one.declaration.id: one for one in connectors(town.gateway)}
    assert set(found) == {"dream", "income", "ydelsesrefusion"}
    [use] = found["dream"].uses
    assert (use.contract, str(use.complete_to), use.assessment) == ("impact60", "2021-W08", "15.20.00-G01-1-18, dok. 4")
    assert (found["ydelsesrefusion"].uses, found["dream"].unassessed_contracts) == ((), ())
    told = run("connectors", "list", environment=town.environment)
    assert told.code == 0, told.text
    assert "dream: supplied for another purpose: assessment required" in told.out
    assert "DEMO-DREAM-1" in told.out
    assert "so every one is unknown" not in told.out


def test_a_source_whose_codes_nobody_explained_is_told_of(tmp_path: Path) -> None:
    """The contact groups of DFDG are not published: as the example stands, no week of it counts."""
    town = ready(tmp_path)
    declarations.declare_source(town.gateway, EXAMPLES / "sources" / "dfdg.toml")
    town.gateway.store.dispose()
    told = run("connectors", "list", environment=town.environment)
    assert "dfdg: nothing says what its codes mean, so every one is unknown" in told.out


def test_each_pull_says_that_the_agreement_ends_soon(tmp_path: Path) -> None:
    town = ready(tmp_path, pulled=False)
    town.enrol()
    text = (EXAMPLES / "sources" / "income.toml").read_text()
    soon = town.gateway.clock().date() + timedelta(days=30)
    (tmp_path / "income.toml").write_text(text.replace(str(LAST), str(soon)))
    declarations.declare_source(town.gateway, tmp_path / "income.toml")
    town.gateway.store.dispose()
    told = run("pull", "impact60", "income", town.drop.income, environment=town.environment)
    assert told.code == 0, told.text
    assert f"DEMO-INCOME-1 of source income ends on {soon}: renew it now" in told.out


def test_without_an_assessment_nothing_is_pulled_and_the_doctor_says_why(tmp_path: Path) -> None:
    made = simulated(
        tmp_path,
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE,
        edits=SMALL_CONTRACT,
        programme_edits=((ASSESSMENT, ""),),
    )
    town = SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)
    town.enrol()
    with pytest.raises(PolicyDenied, match="P19-purpose-assessed"):
        pulling.pull(town.gateway, town.contract, "dream", town.drop.status)
    assert pulling.pull(town.gateway, town.contract, "income", town.drop.income).rows_read > 0  # needs none
    [dream] = [one for one in connectors(town.gateway) if one.declaration.id == "dream"]
    assert dream.unassessed_contracts == ("impact60",)
    found = [one for one in examine_opened(town.gateway) if "source dream was supplied for another purpose" in one.what]
    assert [one.level for one in found] == [FAIL]
    town.gateway.store.dispose()
    told = run("connectors", "list", environment=town.environment)
    assert "impact60: its programme names no assessment of dream: nothing is pulled from it" in told.out


def test_no_register_takes_the_name_of_documents(tmp_path: Path) -> None:
    """Its rows would count as documents that two people had seen."""
    town = ready(tmp_path)
    text = (EXAMPLES / "sources" / "dream.toml").read_text()
    (tmp_path / "evidence.toml").write_text(text.replace('id = "dream"', 'id = "evidence"'))
    with pytest.raises(DeclarationInvalid, match="documents that a case worker registers"):
        declarations.declare_source(town.gateway, tmp_path / "evidence.toml")
