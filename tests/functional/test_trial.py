"""A draft is tried on people of a past year: rounded figures, a signed report, and nothing else that stays."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select

from gateway.documents.trial_page import page
from gateway.errors.contracts import ProgrammeMismatch
from gateway.errors.trial import TrialRefused
from gateway.evaluation.trial import propose_trial, run_trial
from gateway.evaluation.tried_people import TrialFiles
from gateway.simulate.drop import Drop
from gateway.store.contract_tables import TrialReportRow
from gateway.store.log_tables import LogEntry, PersonLineRow
from gateway.store.tables import Subject
from outcome_verifier import b64, trial
from outcome_verifier.trust import TrustFile
from policies.errors import PolicyDenied
from tests.support.command_line import run, run_program
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.simulated import acting
from tests.support.tried import (
    GRANT,
    OWN_PURPOSES,
    PURPOSES,
    people_of_a_past_year,
    planning_town,
    trial_files,
    tried,
)


def quiet(done: int, total: int) -> None:
    pass


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Drop:
    return people_of_a_past_year(tmp_path_factory.mktemp("past"))


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    return planning_town(tmp_path)


@pytest.fixture
def files(tmp_path: Path, drop: Drop) -> TrialFiles:
    return trial_files(tmp_path / "draft", drop)


def events(town: SimulatedMunicipality, *kinds: str) -> list[dict]:
    with town.gateway.store.read() as session:
        rows = session.exec(select(LogEntry).where(LogEntry.log == "access").order_by(LogEntry.idx)).all()
    found = [json.loads(row.body) for row in rows]
    return [one for one in found if one["kind"] in kinds]


def test_a_report_is_signed_and_every_figure_is_rounded(town: SimulatedMunicipality, files: TrialFiles):
    done = tried(town.gateway, files)
    claims = trial.read(done.token, TrustFile.load(town.gateway.trust_file()))
    assert claims["people"] == 30
    assert claims["purpose"] == "planning"
    assert claims["left_out"] == ["2021H1"]
    shown = [one for window in claims["windows"] for one in window["measures"]]
    assert any(one["units"] for one in shown)
    assert all(one["people"] is None or one["people"] % 5 == 0 for one in shown)
    weeks = [one["units"] for one in shown if one["unit"] == "week" and one["units"] is not None]
    assert weeks
    assert all(units % 5 == 0 for units in weeks)
    amounts = [window["amount_minor"] for window in claims["windows"] if window["amount_minor"] is not None]
    assert sum(amounts) > 0
    assert all(amount % (5 * 150_000) == 0 for amount in amounts)


def test_nothing_is_kept_of_anybody(town: SimulatedMunicipality, files: TrialFiles):
    def kept() -> tuple[int, int]:
        with town.gateway.store.read() as session:
            return len(session.exec(select(Subject)).all()), len(session.exec(select(PersonLineRow)).all())

    before = kept()
    tried(town.gateway, files)
    assert kept() == before
    made = events(town, "trial_proposed", "trial_authorised", "trial_made")
    assert [one["by"] for one in made] == ["first", "second", "second"]
    assert made[1]["proposed_by"] == "first"


def test_no_number_of_anybody_stands_anywhere(town: SimulatedMunicipality, files: TrialFiles):
    done = tried(town.gateway, files)
    numbers = [line.partition(";")[0].encode() for line in lines_of(files)[1:]]
    html = page(done.report, report_sha256="0" * 64)
    town.gateway.store.dispose()
    written = [path.read_bytes() for path in town.data_directory.rglob("*") if path.is_file()]
    texts = [*written, done.token.encode(), html.encode(), *map(b64.decode, done.token.split("."))]
    assert not any(number in text for number in numbers for text in texts)
    assert all(number in files.people.read_bytes() for number in numbers)  # the control


def test_the_same_files_again_hand_out_the_same_report(town: SimulatedMunicipality, files: TrialFiles):
    first, again = tried(town.gateway, files), tried(town.gateway, files)
    assert (first.is_new, again.is_new) == (True, False)
    assert (again.token, again.report) == (first.token, first.report)
    assert len(events(town, "trial_made")) == 1


def test_nobody_runs_what_they_proposed(town: SimulatedMunicipality, files: TrialFiles):
    propose_trial(acting(town.gateway, "first"), files)
    with pytest.raises(PolicyDenied, match="P64"):
        run_trial(acting(town.gateway, "first"), files, {}, progress=quiet)
    with pytest.raises(TrialRefused, match="not-proposed"):  # another list was proposed than this
        run_trial(acting(town.gateway, "second"), replace(files, people=files.contract), {}, progress=quiet)


@pytest.mark.parametrize(
    ("edits", "rule"),
    [
        (((OWN_PURPOSES, PURPOSES),), "P02"),
        (((OWN_PURPOSES, PURPOSES.replace("[", '["planning", ')),), "P98"),
        (((GRANT, ""),), "no-permit"),
        ((("active = true", "active = false"),), "P05"),
        ((("assessments = { dream =", "assessments = { income ="),), "P19"),
    ],
    ids=["no planning", "settles too", "not granted", "suspended", "not assessed"],
)
def test_without_a_programme_of_its_own_nobody_is_read(
    town: SimulatedMunicipality, tmp_path: Path, drop: Drop, edits: tuple, rule: str
):
    files = trial_files(tmp_path / "own", drop)
    text = files.programme.read_text("utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    files.programme.write_text(text, "utf-8")
    with pytest.raises(PolicyDenied, match=rule):
        tried(town.gateway, files)
    assert not events(town, "trial_authorised", "trial_made")


def test_a_source_whose_agreement_says_nothing_of_planning_is_not_read(tmp_path: Path, files: TrialFiles):
    with pytest.raises(PolicyDenied, match="P15"):
        tried(ready(tmp_path / "other").gateway, files)


def test_a_programme_of_another_text_tries_nothing(town: SimulatedMunicipality, files: TrialFiles):
    files.contract.write_text(files.contract.read_text() + "\n# one word more\n")
    with pytest.raises(ProgrammeMismatch):
        tried(town.gateway, files)


def lines_of(files: TrialFiles) -> list[str]:
    return files.people.read_text("utf-8").splitlines(keepends=True)


def listing(files: TrialFiles, folder: Path, lines: list[str]) -> TrialFiles:
    path = folder / "people.csv"
    path.write_text("".join(lines), "utf-8")
    return replace(files, people=path)


def test_fewer_than_k_cohort_are_not_looked_up(town: SimulatedMunicipality, files: TrialFiles, tmp_path: Path):
    few = listing(files, tmp_path, lines_of(files)[:25])
    with pytest.raises(TrialRefused, match="too-few") as refused:
        tried(town.gateway, few)
    assert refused.value.rule == "too-few"


def test_a_list_with_a_row_that_cannot_be_read_is_refused_by_line(
    town: SimulatedMunicipality, files: TrialFiles, tmp_path: Path
):
    lines = lines_of(files)
    lines[3] = "1;" + lines[3].partition(";")[2]
    lines[5] = lines[4]
    with pytest.raises(TrialRefused, match=r"line 4 cpr_not_ten_digits, line 6 enrolled_twice_in_the_list"):
        tried(town.gateway, listing(files, tmp_path, lines))


def test_whoever_is_enrolled_here_is_not_tried_and_nobody_says_who(
    town: SimulatedMunicipality, files: TrialFiles, tmp_path: Path
):
    enrolled = town.drop.referrals.read_text("utf-8").splitlines(keepends=True)[1]
    with pytest.raises(TrialRefused) as refused:
        tried(town.gateway, listing(files, tmp_path, [*lines_of(files), enrolled]))
    assert refused.value.rule == "enrolled"
    assert "line" not in str(refused.value)
    assert enrolled.partition(";")[0] not in str(refused.value)
    [event] = events(town, "trial_list_refused")
    assert (event["listed"], event["found"]) == (31, 1)
    with town.gateway.store.read() as session:  # whoever was found can see it
        idx = session.exec(select(LogEntry.idx).where(LogEntry.kind == "trial_list_refused")).one()
        assert len(session.exec(select(PersonLineRow).where(PersonLineRow.log_idx == idx)).all()) == 1
    assert not events(town, "trial_made")


def test_a_file_that_cannot_be_used_leaves_an_event_and_nothing_else(
    town: SimulatedMunicipality, files: TrialFiles, tmp_path: Path
):
    broken = tmp_path / "dream-2021-02.csv"
    broken.write_text("PNR\n")
    with pytest.raises(Exception, match="dream-2021-02"):
        tried(town.gateway, replace(files, extracts={**files.extracts, "dream": [broken]}))
    assert len(events(town, "trial_failed")) == 1
    with town.gateway.store.read() as session:
        assert not session.exec(select(TrialReportRow)).all()


def test_files_of_every_source_and_of_no_other(town: SimulatedMunicipality, files: TrialFiles):
    with pytest.raises(TrialRefused, match="it reads dream, income"):
        tried(town.gateway, replace(files, extracts={"dream": files.extracts["dream"]}))


def test_the_page_is_danish_first_and_names_the_text(town: SimulatedMunicipality, files: TrialFiles):
    done = tried(town.gateway, files)
    html = page(done.report, report_sha256="0" * 64)
    assert "Prøvehandling" in html
    assert str(done.report.contract["rules_sha256"]) in html
    assert "ca. 30 personer" in html
    assert html.count("<main class=page>") == 1


def test_on_the_command_line(town: SimulatedMunicipality, files: TrialFiles, tmp_path: Path):
    words = ["contract", "trial", files.contract, files.programme, "--list", files.people]
    for source, [path] in files.extracts.items():
        words += ["--register", f"{source}={path}"]
    first = {**town.environment, "GATEWAY_STAFF": "first"}
    second = {**town.environment, "GATEWAY_STAFF": "second"}
    proposed = run(*words, "--propose", environment=first)
    assert proposed.code == 0, proposed.text
    report, html = tmp_path / "draft.trial.jwt", tmp_path / "draft.trial.html"
    alone = run(*words, "--out", report, environment=first)
    assert (alone.code, report.exists()) == (8, False), alone.text
    ran = run(*words, "--out", report, "--html", html, environment=second)
    assert ran.code == 0, ran.text
    assert "tried on about 30 people" in ran.out
    assert "Prøvehandling" in html.read_text("utf-8")
    trust = tmp_path / "TRUST.json"
    trust.write_bytes(town.gateway.trust_file())
    checked = run_program("verify-outcome", "trial", report, "--trust", trust, "--contract", files.contract)
    assert checked.code == 0, checked.text
    assert "about 30, to the nearest 5" in checked.out
    other = run_program("verify-outcome", "trial", report, "--trust", trust, "--contract", files.programme)
    assert other.code == 19
    head, body, signature = report.read_text().strip().split(".")
    report.write_text(f"{head}.{body}.{signature[:-4]}AAAA\n")
    assert run_program("verify-outcome", "trial", report, "--trust", trust).code == 13
