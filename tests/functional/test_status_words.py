"""A status of a contract's own, from a source's codes to the evaluation, the report, `check` and `doctor`."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.contracts import declarations
from gateway.documents.report_page import page
from gateway.evaluation.cohort import histories
from gateway.jobs import doctor
from gateway.outcomes.evaluate import evaluate
from gateway.rights.people import Who
from gateway.rights.report import report
from gateway.store import queries
from policies.errors import ProgrammeInvalid
from policies.terms import Role
from tests.support.command_line import run
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality
from tests.support.simulated import Edit, simulated
from vocabulary.statuses import Status

ROOT = Path(__file__).parents[2]
WORDS = """[[status_words]]
id = "housed"
label = { da = "i egen bolig", en = "in a home of their own" }
source = "dream"
category = "housing"

[[states]]
id = "home"
label = { da = "i egen bolig", en = "in a home of their own" }
statuses = ["housed"]

[[measures]]
id = "homes"
kind = "retention"
states = ["home"]
period = "week"
needed = 1

[freeze]
"""
GRANT = '\n[[grants]]\nid = "municipality-enrols"'
CONDITION = '\n[[status_conditions]]\nword = "housed"\ncondition = "ordinary"\npurpose = "outcome-payment"\n'
EDITS: tuple[Edit, ...] = (*SMALL_CONTRACT, ("[freeze]\n", WORDS))
CODES = '\n[codes]\nsource = "the municipality"\nstatuses = { "word:housed" = ["771", "774"] }\n'  # fleksjob elsewhere


def town_of(folder: Path, condition: str) -> SimulatedMunicipality:
    made = simulated(
        folder,
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE,
        edits=EDITS,
        programme_edits=((GRANT, f"{condition}{GRANT}"),),
    )
    return SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)


def test_without_a_condition_nothing_comes_into_force(tmp_path: Path) -> None:
    with pytest.raises(ProgrammeInvalid, match="must name the condition that allows 'housed'"):
        town_of(tmp_path / "town", "")


def test_a_word_is_read_counted_and_told_to_whom_it_is_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    town = town_of(tmp_path / "town", CONDITION)
    source = town.folder / "dream.source.toml"
    source.write_text((ROOT / "examples" / "sources" / "dream.toml").read_text("utf-8") + CODES, "utf-8")
    declarations.declare_source(town.gateway, source)
    town.enrol()
    town.pull_all()
    housed = Status.of_word("housed")
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, town.contract)
        programme = town.gateway.programme(session, town.contract)
        people = histories(session, contract, programme, known_at=town.gateway.clock())
        named = {row.subject_id: row.case_reference for row in queries.subjects(session, town.contract)}
    shown = [one for one in people if any(housed in statuses for statuses in one.statuses.values())]
    assert shown
    assert not any(Status.FLEKSJOB in statuses for one in people for statuses in one.statuses.values())
    done = evaluate(contract, people, contract.windows[-1].to_week)
    assert 0 < done.quantity("homes") <= len(shown)
    made = report(town.gateway, town.contract, Who(case_reference=named[shown[0].subject]), role=Role.CASE_WORKER)
    assert "housed" in page(made)
    whose = "must name the condition that allows"
    assert not any(whose in one.what for one in doctor.examine_opened(town.gateway))
    monkeypatch.setattr(doctor, "words_without_ground", lambda *_: [f"{whose} 'housed'"])  # as if it had gone
    assert any(whose in one.what for one in doctor.examine_opened(town.gateway))


@pytest.mark.long
def test_check_says_what_the_programme_owes(tmp_path: Path) -> None:
    text = (ROOT / "examples" / "contracts" / "impact60.toml").read_text("utf-8")
    file = tmp_path / "c.toml"
    file.write_text(text.replace("[freeze]\n", WORDS), "utf-8")
    ran = run("contract", "check", file)
    assert ran.code == 0, ran.err
    assert "status word housed: tells of housing, by a condition that the programme names" in ran.out
