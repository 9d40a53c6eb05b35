"""`gateway contract simulate`: invented people give what the pipeline gives, and real ones are asked for and logged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from gateway.errors.whatif import SimulationRefused
from gateway.evaluation import whatif
from gateway.evaluation.cohort import histories as load_people
from gateway.evaluation.evaluating import evaluate_week
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.forecast import Recount
from gateway.outcomes.told_apart import counted_columns, tells_few_apart
from gateway.simulate.course import load_course
from gateway.simulate.invented import histories
from gateway.store.log_tables import LogEntry
from policies.engine import PolicyEngine, PolicyRequest
from policies.errors import PolicyDenied
from tests.support.command_line import run
from tests.support.histories import EXAMPLES
from tests.support.municipality import SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality, ready
from vocabulary.weeks import Week

IMPACT60 = EXAMPLES / "contracts" / "impact60.toml"
WEEKS_MEASURE = (
    'kind = "weeks"\nstates = ["ordinary_job", "fleksjob", "skaanejob", "education"]\nweeks_from_enrolment = 156'
)
EARNINGS_MEASURE = (
    'kind = "earnings"\nstates = ["ordinary_job"]\nearnings = { amount_minor = 1, partial_months = "count" }'
)
WEEKS = "tariffs.weeks_in_work_or_education.price_minor"


def edited(text: str, *edits: tuple[str, str]) -> bytes:
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return text.encode()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMunicipality:
    return ready(tmp_path_factory.mktemp("whatif"))


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contract in force with another price, ten years later."""
    text = edited(IMPACT60.read_text(), *SMALL_CONTRACT, ("price_minor = 150000 ", "price_minor = 300000 "))
    path = tmp_path_factory.mktemp("draft") / "draft.toml"
    path.write_bytes(text)
    return path


def simulate(*arguments: str | Path, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """What the command writes as JSON."""
    out = Path(str(arguments[0])).with_suffix(".json") if environment is None else Path(environment["OUT"])
    ran = run("contract", "simulate", *arguments, "--json", out, environment=environment)
    assert ran.code == 0, ran.text
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def test_invented_histories_are_what_the_pipeline_makes_of_the_files(town: SimulatedMunicipality):
    """The same course and seed: as files through boundary, store and evaluator, and straight from memory."""
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, "impact60")
    course_text = edited((EXAMPLES / "courses" / "impact60.toml").read_text(), *SMALL_COURSE)
    cohort = histories(contract, load_course(course_text, file="impact60.toml"), seed=1)
    series = Recount(contract, cohort).series(contract, {})
    for window, figures in zip(contract.windows[:5], series, strict=False):  # the files end in February 2021
        evaluated, _ = evaluate_week(town.gateway, "impact60", window.to_week)
        assert figures.quantities == {total.measure: total.quantity for total in evaluated.totals}
        assert figures.personal == dict(evaluated.personal)


def test_a_draft_on_real_people_doubles_with_its_price(town: SimulatedMunicipality, draft: Path, tmp_path: Path):
    environment = {**town.environment, "OUT": str(tmp_path / "out.json")}
    found = simulate(draft, "--cohort", "impact60", environment=environment)
    [scenario] = found["scenarios"]
    assert scenario["seeds"] == []
    assert scenario["people"] == 30
    evaluated, _ = evaluate_week(town.gateway, "impact60", Week.parse("2020-W53"))
    assert scenario["payments"][-1]["window"] == "2020H2"
    assert scenario["payments"][-1]["owed_minor"] == 2 * dict(evaluated.personal)["weeks_in_work_or_education"]


def test_every_look_is_logged_with_the_drafts_digest_and_nobodys_figures(town: SimulatedMunicipality, draft: Path):
    contract = load_contract(draft.read_bytes(), file="draft.toml")
    found = whatif.historical(town.gateway, "impact60", contract, draft.read_bytes())
    with town.gateway.store.read() as session:
        newest = session.exec(select(LogEntry).where(LogEntry.log == "access", LogEntry.kind == "draft_tried")).all()
    assert newest
    assert contract.sha256 in str(newest[-1])
    assert (found.moved_weeks, found.windows_left_out, found.erased) == (0, ("2021H1",), 0)


def test_a_draft_of_another_year_is_moved_to_the_cohorts_calendar(town: SimulatedMunicipality, draft: Path):
    text = draft.read_text()
    moved = edited(
        text,
        *((f'"{year}-W', f'"{year + 10}-W') for year in (2021, 2020, 2019, 2018)),
        ('"2030-W53"', '"2030-W52"'),
        ("enrolment_from = 2018-10-01", "enrolment_from = 2028-10-02"),
        ("enrolment_to = 2018-11-25", "enrolment_to = 2028-11-26"),
    )
    later = load_contract(moved, file="later.toml")
    found = whatif.historical(town.gateway, "impact60", later, moved)
    assert found.moved_weeks == -522
    assert found.tried.contract.windows[0].from_week == Week.parse("2018-W40")


def test_where_the_policy_says_no_nothing_is_read(
    town: SimulatedMunicipality, draft: Path, monkeypatch: pytest.MonkeyPatch
):
    def no(engine: PolicyEngine, request: PolicyRequest) -> Any:
        return engine._denied_by_engine(request, "no-permit")

    monkeypatch.setattr(PolicyEngine, "authorise", no)
    monkeypatch.setattr(whatif, "histories", None)
    with pytest.raises(PolicyDenied):
        whatif.historical(
            town.gateway, "impact60", load_contract(draft.read_bytes(), file="draft.toml"), draft.read_bytes()
        )
    ran = run("contract", "simulate", draft, "--cohort", "impact60", environment=town.environment)
    assert ran.code == 8, ran.text


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (('status = "dream"', 'status = "ydelsesrefusion"'), "reads ydelsesrefusion, income"),
        (
            (WEEKS_MEASURE, EARNINGS_MEASURE),
            "no amounts were kept",
        ),
    ],
)
def test_a_draft_that_reads_what_was_not_read_is_refused(
    town: SimulatedMunicipality, draft: Path, edit: tuple[str, str], reason: str
):
    changed = load_contract(edited(draft.read_text(), edit), file="draft.toml")
    with pytest.raises(SimulationRefused, match=reason):
        whatif.historical(town.gateway, "impact60", changed, b"")


def test_ten_people_are_too_few_for_terms_that_anybody_may_choose(tmp_path: Path):
    small = ready(tmp_path, "ballerup")
    contract = load_contract((EXAMPLES / "contracts" / "ballerup.toml").read_bytes(), file="ballerup.toml")
    with pytest.raises(SimulationRefused, match="below the k_cohort of 25"):
        whatif.historical(small.gateway, "ballerup", contract, b"")


def test_the_same_seed_says_the_same_and_totals_are_all_that_is_said(draft: Path):
    arguments = (draft, "--success", "40", "--draws", "2", "--seed", "7")
    first = simulate(*arguments)
    assert simulate(*arguments) == first
    assert first["schema"] == "what-if/1"
    [scenario] = first["scenarios"]
    assert scenario["seeds"] == [7, 8]
    assert sum(one["amount_minor"] for one in scenario["payments"]) == scenario["payments"][-1]["owed_minor"]
    assert scenario["least_minor"] <= scenario["payments"][-1]["owed_minor"] <= scenario["most_minor"]
    assert first["ranges"][-1]["high"] >= scenario["most_minor"]
    assert first["swings"][0]["term"] == WEEKS
    assert "subject" not in json.dumps(first)


def test_it_prints_seeds_windows_terms_cases_and_the_calendar(draft: Path, tmp_path: Path):
    svg = tmp_path / "chart.svg"
    course = EXAMPLES / "courses" / "impact60.toml"
    ran = run("contract", "simulate", draft, "--course", course, "--draws", "1", "--svg", svg)
    assert ran.code == 0, ran.text
    for line in ("scaled to the contract's 30", "seeds 1 to 1", "2020H2", WEEKS, "operator (FOKUS", "2021-03-04"):
        assert line in ran.out
    assert svg.read_text().startswith("<svg ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--success", "101"),
        ("--success", "50", "--cohort", "impact60"),
        ("--declared", "nothing=1"),
        ("--draws", "0"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(draft: Path, arguments: tuple[str, ...]):
    assert run("contract", "simulate", draft, *arguments).code == 2


def test_declared_figures_are_assumed_or_left_out_aloud(tmp_path: Path):
    text = edited(
        IMPACT60.read_text(),
        (
            "\n[freeze]\n",
            '\n[[evaluators]]\nid = "e"\nname = "Evaluator"\nkey = "' + 43 * "A" + '"\n\n[[aggregates]]\nid = "rate"\n'
            'evaluator = "e"\nunit = "per_mille"\nmethod = "m"\nsource = "s"\nwindows = ["2019H2", "2020H2"]\n\n'
            '[[tariffs]]\nid = "bonus"\nkind = "steps"\nof = "rate"\n'
            "points = [{ at = 100, amount_minor = 700 }, { at = 200, amount_minor = 900 }]\n\n[freeze]\n",
        ),
    )
    file = tmp_path / "declared.toml"
    file.write_bytes(text)
    without = run("contract", "simulate", file, "--success", "0", "--draws", "1")
    assert "nothing is assumed for rate" in without.out
    arguments = ("--success", "0", "--draws", "1", "--declared", "rate@2019H2=150", "--declared", "rate@2020H2=250")
    found = simulate(file, *arguments)
    amounts = [one["amount_minor"] for one in found["scenarios"][0]["payments"]]
    assert amounts == [0, 0, 700, 0, 200, 0]
    assert found["not_assumed"] == []


def test_a_draft_that_counts_few_people_otherwise_is_refused_and_prices_alone_are_not(tmp_path: Path, draft: Path):
    """Of drafts that count fewer states, each is refused where it and an earlier one tell few apart."""
    town = ready(tmp_path)
    text = draft.read_text()
    with town.gateway.store.read() as session:
        known = town.gateway.contract(session, "impact60")
        programme = town.gateway.programme(session, "impact60")
        people = load_people(session, known, programme, known_at=town.gateway.clock())
    until = known.windows[-2].to_week
    base, refused = counted_columns(known, people, until=until), []
    for state in ("", "skaanejob", "education", "fleksjob", "partial_job"):
        changed = text.replace(f', "{state}"', "")
        other = load_contract(changed.encode(), file="draft.toml")
        columns = counted_columns(other, people, until=until)
        apart = [sum(a != b for a, b in zip(one, two, strict=True)) for one in columns - base for two in base]
        try:
            whatif.historical(town.gateway, "impact60", other, changed.encode())
        except SimulationRefused as error:
            assert f"fewer than {known.k}" in str(error)
            assert min(apart) < known.k
            refused.append(state)
        else:
            assert not apart or min(apart) >= known.k
            base |= columns
    assert refused
    assert "" not in refused, "another price counts nobody otherwise"


def test_columns_that_differ_in_few_people_tell_them_apart_and_in_many_or_nobody_do_not():
    known = {(1, 1, 1, 1, 1, 0, 0), (2, 2, 2, 2, 2, 1, 1)}
    assert not tells_few_apart(known, known, k=3)
    assert tells_few_apart({(1, 1, 1, 1, 0, 0, 0)}, known, k=3)
    assert tells_few_apart({(1, 1, 1, 0, 0, 0, 0)}, known, k=3)
    assert not tells_few_apart({(1, 1, 0, 0, 0, 0, 0)}, known, k=3)


def test_no_term_is_moved_on_real_people(town: SimulatedMunicipality, draft: Path, tmp_path: Path):
    """What a total changes by, with a term a little higher, is about the few who reach it or do not."""
    environment = {**town.environment, "OUT": str(tmp_path / "out.json")}
    assert simulate(draft, "--cohort", "impact60", environment=environment)["swings"] == []
    assert simulate(draft, "--success", "40", "--draws", "1")["swings"], "positive control"
