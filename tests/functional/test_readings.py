"""A contract that reads weeks otherwise from a window on: earlier weeks, and what was paid for them, stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.documents.amending import preview
from gateway.documents.contract_page import Language
from gateway.errors.contracts import AmendmentRefused
from gateway.errors.evidence import EvidenceRefused
from gateway.errors.release import SourcesIncomplete
from gateway.errors.whatif import SimulationRefused
from gateway.evaluation.evaluating import evaluate_week, known_by
from gateway.evaluation.explaining import explain
from gateway.evaluation.manual_evidence import EvidenceDocument
from gateway.evaluation.whatif import historical
from gateway.outcomes.manual_evidence import EvidenceType
from gateway.oversight.audit.recomputing import Recomputed, recompute
from policies.errors import PolicyDenied
from tests.functional.test_amendments import AT_2020, BEFORE, SECOND, built, years_later
from tests.functional.test_batches import paid, read
from tests.functional.test_blocks import PAYMENT, TOTAL, WINDOWS
from tests.functional.test_drafting import erase_whoever_worked_most_and_is_out
from tests.functional.test_evidence import confirmed, pull, reference_of, registered
from tests.functional.test_record_pulls import PersonByPerson
from tests.functional.test_traps import Clock
from tests.support.auditing import AUDITOR, appoint
from tests.support.histories import example_contract
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality
from tests.support.several_sources import PROGRAMME_EDITS, declare
from tests.support.simulated import Edit, acting, amend, following, simulated
from vocabulary.weeks import Week

pytestmark = pytest.mark.long  # every later version is audited with all that came before, for seconds each

FULL_TIME = ("hours_per_week_hundredths = 1000", "hours_per_week_hundredths = 3800")
AND_SCHOOL = ('status = "dream"\n', 'status = ["dream", "school"]\n')
WITH_DOCUMENTS = ('status = "dream"\n', 'status = ["evidence", "dream"]\nevidence = ["education"]\n')
READS_SCHOOL = ('sources = ["dream", "income"]', 'sources = ["dream", "school", "income"]')


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    """What the documents of five windows say where nothing is changed."""
    return paid(years_later(built(tmp_path_factory.mktemp("plain"))), *WINDOWS[:5])


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    """The same where a job has needed full time from the first day on."""
    return paid(years_later(built(tmp_path_factory.mktemp("strict"), FULL_TIME)), *WINDOWS[:5])


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMunicipality:
    """A job needs full time from 2020H1 on, and all five windows are paid."""
    town = built(tmp_path_factory.mktemp("changed"))
    amend(town, SECOND, AT_2020, FULL_TIME)
    paid(years_later(town), *WINDOWS[:5])
    return town


def test_each_window_is_paid_for_its_weeks_as_its_version_reads_them(
    changed: SimulatedMunicipality, plain: list[int], strict: list[int]
):
    assert plain[1:3] != strict[1:3]
    assert plain[3:] != strict[3:]
    assert paid(changed, *WINDOWS[:5]) == [*plain[:3], *strict[3:]]


def test_every_bundle_verifies_with_the_text_that_reads_its_window(changed: SimulatedMunicipality):
    texts = [read(changed, window, *PAYMENT).claims["contract"] for window in WINDOWS[:5]]
    assert [one["version"] for one in texts] == [1, 1, 1, 2, 2]
    assert len({one["rules_sha256"] for one in texts}) == 2
    shown = [read(changed, window, *TOTAL).shown for window in WINDOWS[:5]]
    amounts = paid(changed, *WINDOWS[:5])
    assert [one["payable"]["amount_minor"] for one in shown] == amounts
    assert [one["qualifying_weeks"] * 150_000 for one in shown] == amounts


def test_an_auditor_computes_the_same_of_both_versions(changed: SimulatedMunicipality):
    appoint(replace(changed, folder=changed.folder / "amended"))
    auditor = acting(changed.gateway, AUDITOR)
    for window in (WINDOWS[1], WINDOWS[4]):
        assert recompute(auditor, changed.contract, window, *PAYMENT).inputs is Recomputed.SAME


def test_an_explanation_names_the_line_of_the_version_that_read_the_week(changed: SimulatedMunicipality):
    """The second version's file has a line more, so that every line below is another one."""
    found = explain(changed.gateway, changed.contract, Week.parse("2020-W52"))
    runs = [run for person in found.people for one in person.measures for window in one.windows for run in window.runs]
    boundary = Week.parse("2020-W01")
    assert {run.earlier_version for run in runs if run.to_week < boundary} == {1}
    assert {run.earlier_version for run in runs if run.from_week >= boundary} == {0}
    assert all(run.to_week < boundary or run.from_week >= boundary for run in runs)
    by_line = {(run.state, run.earlier_version): run.line for run in runs if run.state and run.state == "fleksjob"}
    assert by_line["fleksjob", 0] == by_line["fleksjob", 1] + 1  # `follows` stands above it


def test_it_is_shown_before_anybody_accepts_and_needs_a_ground(tmp_path: Path):
    town = built(tmp_path)
    file = town.folder / f"{town.contract}.toml"
    text = file.read_text(encoding="utf-8")
    new = text
    for old, by in (SECOND, AT_2020, FULL_TIME):
        new = new.replace(old, by)
    (tmp_path / "v2.toml").write_text(following(text, new), encoding="utf-8")
    seen = preview(town.gateway, tmp_path / "v2.toml", language=Language.ENGLISH)
    assert seen.read_from == WINDOWS[3]
    [hours] = [line for part in seen.words for line in part.after if "38" in line]
    assert "hours" in hours
    said = [line for part in seen.words for line in part.after]
    assert "Weeks from 2019-12-30 on are read as it stands here" in "\n".join(said)
    with pytest.raises(AmendmentRefused, match="one of") as refused:
        amend(town, SECOND, AT_2020, FULL_TIME, ground=None)
    assert refused.value.part == "ground"


def test_a_window_that_has_begun_is_read_as_it_was(tmp_path: Path):
    town = built(tmp_path)
    begun = ("effective_from = 2018-10-01", "effective_from = 2019-07-01")
    with pytest.raises(AmendmentRefused, match="must lie behind 2019-12-15"):
        amend(town, SECOND, begun, FULL_TIME)


def test_who_is_erased_stays_counted_as_the_weeks_were_read(tmp_path: Path, plain: list[int], strict: list[int]):
    town = built(tmp_path)
    amend(town, SECOND, AT_2020, FULL_TIME)
    years_later(town)
    found = paid(town, *WINDOWS[:3])
    erase_whoever_worked_most_and_is_out(town)
    found += paid(town, WINDOWS[3])
    erase_whoever_worked_most_and_is_out(town)
    found += paid(town, WINDOWS[4])
    assert sum(found) == sum([*plain[:3], *strict[3:]])


def with_school(folder: Path, *edits: Edit) -> SimulatedMunicipality:
    """Everybody is sealed; the programme may read a register of education, of which the contract says nothing yet."""
    made = simulated(
        folder,
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE,
        edits=(*SMALL_CONTRACT, *edits),
        programme_edits=(READS_SCHOOL, PROGRAMME_EDITS[1]),
        clock=Clock(BEFORE),
    )
    made.enrol()
    town = SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)
    declare(town, "school", "periods")
    return town


def pull_school(town: SimulatedMunicipality, first: str, last: str) -> tuple[date, date]:
    """Everybody studies on these days; the days that the school is asked about."""
    school = PersonByPerson(lambda cpr: [("651", cpr, first, last)])
    pull(town, "school", school)
    [asked] = {(one.from_day, one.to_day) for one in school.asks}
    return asked


def complete(town: SimulatedMunicipality, source: str, *, on: date | None = None) -> Week | None:
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, town.contract, on=on)
        return dict(known_by(session, contract, town.gateway.clock()).by_source)[source]


def educated(town: SimulatedMunicipality, week: str) -> int:
    evaluation, _ = evaluate_week(town.gateway, town.contract, Week.parse(week))
    return evaluation.by_state("weeks_in_work_or_education")["education"]


def test_a_source_that_is_added_is_asked_for_its_own_weeks_alone(tmp_path: Path):
    """What it tells of earlier ones is not even kept; earlier windows are complete without it."""
    plain = with_school(tmp_path / "plain")
    paid(years_later(plain), *WINDOWS[:3])
    town = with_school(tmp_path / "town")
    amend(town, SECOND, AT_2020, AND_SCHOOL)
    years_later(town)
    assert paid(town, *WINDOWS[:3]) == paid(plain, *WINDOWS[:3])
    assert complete(town, "school") == Week.parse("2019-W52")
    with pytest.raises(PolicyDenied) as refused:
        paid(town, WINDOWS[3])
    assert "P24-sources-complete" in refused.value.decision.rule_ids
    first, _ = pull_school(town, "2019-01-07", "2020-12-27")
    assert first == date(2019, 12, 30)
    assert complete(town, "school") == Week.parse("2021-W26")
    assert educated(town, "2019-W52") == educated(plain, "2019-W52")
    told = educated(town, "2020-W26") - educated(town, "2019-W52")
    assert told > educated(plain, "2020-W26") - educated(plain, "2019-W52")
    assert paid(town, *WINDOWS[:5])[3] > paid(plain, *WINDOWS[:5])[3]


def test_a_source_that_is_dropped_is_asked_for_its_own_weeks_and_no_later_ones(tmp_path: Path):
    """Its weeks stay complete for every later window, and what it tells of later ones counts for nothing."""
    town = with_school(tmp_path, AND_SCHOOL)
    amend(town, SECOND, AT_2020, AND_SCHOOL[::-1])
    years_later(town)
    with pytest.raises(SourcesIncomplete):
        evaluate_week(town.gateway, town.contract, Week.parse("2020-W26"))
    _, last = pull_school(town, "2018-10-01", "2020-12-27")
    assert last == date(2019, 12, 29)
    assert complete(town, "school") == Week.parse("2021-W26")  # nothing of it is missing
    before, then = educated(town, "2019-W52"), educated(town, "2020-W26")
    assert before > 0
    assert then - before < 30 * 5  # of whoever DREAM shows in education, and of nobody else
    amounts = paid(town, *WINDOWS[:5])
    # a correction of an earlier week is still pulled and paid
    pull_school(town, "2018-10-01", "2019-06-30")
    assert educated(town, "2019-W52") < before
    assert paid(town, *WINDOWS[:5]) == amounts


def test_a_draft_is_not_tried_on_weeks_that_were_read_from_several_orders(tmp_path: Path):
    town = with_school(tmp_path)
    amend(town, SECOND, AT_2020, AND_SCHOOL)
    draft = replace(example_contract("impact60", edit=AND_SCHOOL), file="draft.toml")
    with pytest.raises(SimulationRefused, match="a draft has one order"):
        historical(town.gateway, town.contract, draft, b"")


def test_documents_count_in_the_weeks_of_the_version_that_takes_them(tmp_path: Path):
    town = with_school(tmp_path)
    amend(town, SECOND, AT_2020, WITH_DOCUMENTS)
    years_later(town)
    someone = reference_of(town)
    weeks = Week.parse("2019-W40"), Week.parse("2020-W10")
    too_early = EvidenceDocument(
        EvidenceType.EDUCATION, weeks[0], Week.parse("2019-W52"), date(2020, 12, 31), "cd" * 32
    )
    with pytest.raises(EvidenceRefused, match="no version of the contract accepts such a document for any of"):
        registered(town, someone, too_early)
    before = [educated(town, week) for week in ("2019-W52", "2020-W26")]
    confirmed(town, someone, EvidenceDocument(EvidenceType.EDUCATION, *weeks, date(2020, 12, 31), "ef" * 32))
    assert [educated(town, week) for week in ("2019-W52", "2020-W26")] == [before[0], before[1] + 10]
    _, as_of = evaluate_week(town.gateway, town.contract, Week.parse("2020-W26"))
    [pair] = as_of.reconciled.disagreeing
    assert (pair.first, pair.second, pair.window, pair.weeks) == ("evidence", "dream", WINDOWS[3], 10)
    assert {one.quantity for one in as_of.reconciled.on_evidence if one.measure.startswith("weeks")} == {10}
