"""A comparison group from a simulated extract: figures equal to the evaluator's, sums alone, asked for and logged."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pytest
from sqlmodel import select

from connectors.codes import statuses
from connectors.errors import HeaderMismatch
from gateway.contracts import declarations
from gateway.evaluation import comparison
from gateway.outcomes.comparison_group import ComparisonFigures, load_group
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.history import PersonHistory
from gateway.simulate.registers import replacement_cpr
from gateway.store.log_tables import LogEntry
from gateway.store.tables import Subject
from outcome_verifier import canonical
from policies.errors import GroupTooSmall, PolicyDenied
from tests.attacks.canaries import leaks
from tests.support.command_line import run
from tests.support.histories import EXAMPLES
from tests.support.municipality import SMALL_CONTRACT, SMALL_COURSE
from tests.support.simulated import Edit, Municipality, simulated
from vocabulary.errors import DeclarationInvalid
from vocabulary.records import StatusSpell, SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Week

EXAMPLE = (EXAMPLES / "comparisons" / "impact60.toml").read_text("utf-8")
PEOPLE_MEASURE: tuple[Edit, ...] = (
    ('measure = "weeks_in_work_or_education"', 'measure = "self_support_full_or_partial"'),
)
ANYBODY: tuple[Edit, ...] = (('["unemployed", "benefit", "activation"]', '["education", "no_benefit", "benefit"]'),)
COHORT, OTHERS = 30, 900


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Municipality:
    """IMPACT60 with 30 people enrolled, and an extract of 900 others; nothing is pulled."""
    folder = tmp_path_factory.mktemp("comparison")
    town = simulated(folder, extract_people=OTHERS, course_edits=SMALL_COURSE, edits=SMALL_CONTRACT)
    town.enrol()
    return town


def group(town: Municipality, *edits: Edit) -> Path:
    """The example's file with texts replaced."""
    text = EXAMPLE
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path = town.folder / f"group-{hashlib.sha256(text.encode()).hexdigest()[:8]}.toml"
    path.write_text(text, "utf-8")
    return path


def one_by_one(town: Municipality, figures: ComparisonFigures) -> dict[str, object]:
    """The same from the file's text, person by person with the evaluator; the cohort is known by its numbers."""
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, town.contract)
    with town.drop.status.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    cohort = {replacement_cpr(number) for number in range(COHORT)}
    known = statuses("dream")
    reference = "y_" + str(figures.group.reference_week)[2:].replace("-W", "")
    people = []
    for number, row in enumerate(rows):
        if row["PNR"] in cohort or known.get(row[reference], Status.UNKNOWN) not in figures.group.statuses:
            continue
        ref = SubjectRef(f"{number:032x}")
        spells = [
            StatusSpell(ref, known.get(code, Status.UNKNOWN), code, week, week)
            for column, code in row.items()
            if column.startswith("y_")
            and figures.group.from_week
            <= (week := Week.parse(f"20{column[2:4]}-W{column[4:]}"))
            <= figures.group.to_week
        ]
        enrolled = figures.group.from_week.monday
        people.append(PersonHistory.build(subject=ref.value, enrolled_on=enrolled, spells=spells, postings=[]))
    found = evaluate(_with(contract, figures), people, figures.group.to_week)
    return {
        "people": found.participants,
        "quantity": found.totals[0].quantity,
        "unknown_weeks": found.unknown_weeks,
        "by_state": dict(found.totals[0].by_state),
    }


def _with(contract, figures: ComparisonFigures):
    from dataclasses import replace

    return replace(contract, measures=(figures.group.measure,), tariffs=())


def events(town: Municipality) -> list[dict]:
    with town.gateway.store.read() as session:
        rows = session.exec(select(LogEntry).where(LogEntry.log == "access").order_by(LogEntry.idx)).all()
    return [json.loads(row.body) for row in rows]


@pytest.mark.parametrize("edits", [ANYBODY, ANYBODY + PEOPLE_MEASURE], ids=["weeks", "people"])
def test_figures_are_those_of_the_evaluator(town: Municipality, edits: tuple[Edit, ...]):
    figures = comparison.compare(town.gateway, town.contract, group(town, *edits), town.drop.status)
    body, expected = figures.body(), one_by_one(town, figures)
    assert figures.people > 300
    assert {name: body[name] for name in ("people", "quantity", "unknown_weeks")} == {
        name: expected[name] for name in ("people", "quantity", "unknown_weeks")
    }
    shown = {state: count for state, count in figures.by_state if count is not None}
    assert shown.items() <= expected["by_state"].items()
    excluded = dict(figures.excluded)
    assert excluded["in_a_cohort"] == COHORT
    assert COHORT + excluded["other_status"] + figures.people == COHORT + OTHERS


def test_the_body_says_what_it_rests_on(town: Municipality):
    path = group(town, *ANYBODY)
    body = comparison.compare(town.gateway, town.contract, path, town.drop.status).body()
    assert body["sources_sha256"] == [hashlib.sha256(town.drop.status.read_bytes()).hexdigest()]
    assert body["selection_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    codes = EXAMPLES.parent / "connectors" / "codes" / "dream.toml"
    assert body["codes_sha256"] == hashlib.sha256(codes.read_bytes()).hexdigest()
    assert body["period"] == {"from_week": "2018-W41", "to_week": "2020-W40"}
    assert body["method"] == "comparison-group/1"
    assert canonical.loads_canonical(canonical.dumps(body)) == body


def test_the_same_extract_gives_the_same_bytes(town: Municipality):
    path = group(town, *ANYBODY)
    first, second = (comparison.compare(town.gateway, town.contract, path, town.drop.status) for _ in range(2))
    assert canonical.dumps(first.body()) == canonical.dumps(second.body())


def test_both_decisions_and_the_digest_of_the_figures_are_logged(town: Municipality):
    before = len(events(town))
    figures = comparison.compare(town.gateway, town.contract, group(town, *ANYBODY), town.drop.status)
    authorised, made = events(town)[before:]
    assert (authorised["kind"], made["kind"]) == ("comparison_authorised", "comparison_made")
    assert len(authorised["decisions"]) == len(made["decisions"]) == 2
    assert made["body_sha256"] == hashlib.sha256(canonical.dumps(figures.body())).hexdigest()
    assert made["people"] == figures.people
    assert "lines" not in made  # nobody in a comparison group has an id


def test_a_group_below_k_cohort_has_no_figures_and_is_not_counted_out(town: Municipality):
    before = len(events(town))
    few = group(town, ('["unemployed", "benefit", "activation"]', '["skaanejob"]'))
    with pytest.raises(GroupTooSmall, match="fewer than 25 people"):
        comparison.compare(town.gateway, town.contract, few, town.drop.status)
    kinds = [(event["kind"], event.get("error")) for event in events(town)[before:]]
    assert kinds == [("comparison_authorised", None), ("comparison_failed", "group-too-small")]


def test_an_extract_without_a_week_gives_nothing(town: Municipality):
    before = len(events(town))
    long = group(town, *ANYBODY, ("weeks = 104", "weeks = 160"))
    with pytest.raises(HeaderMismatch, match="y_21"):
        comparison.compare(town.gateway, town.contract, long, town.drop.status)
    assert events(town)[before:][-1]["error"] == "header-mismatch"


REFUSED: dict[str, tuple[Edit, str]] = {
    "a state that asks for income": (('["fleksjob", "skaanejob"', '["ordinary_job", "skaanejob"'), "asks for income"),
    "another contract": (('contract = "impact60"', 'contract = "ballerup"'), "must be impact60"),
    "an unknown measure": (("weeks_in_work_or_education", "weeks"), "is no measure of impact60"),
    "an unknown state": (('"fleksjob"', '"job"'), "must name states"),
    "no state": (('["fleksjob", "skaanejob", "education"]', "[]"), "must name states"),
    "an unknown status": (('"benefit"', '"happy"'), "must name statuses"),
    "an unknown code as status": (('"benefit"', '"unknown"'), "must name statuses"),
    "chosen by what came later": (('reference_week = "2018-W40"', 'reference_week = "2018-W42"'), "chosen before"),
    "no week": (('"2018-W41"', '"2018-W54"'), "has no ISO week 54"),
    "an unknown word": (("weeks = 104", "weeks = 104\nmonths = 2"), "is not a word"),
    "another schema": (("comparison-group/1", "comparison-group/2"), "must be comparison-group/1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_selection_that_cannot_be_judged_is_refused_with_its_place(town: Municipality, name: str):
    edit, reason = REFUSED[name]
    path = group(town, edit)
    with pytest.raises(DeclarationInvalid, match=reason) as refused:
        comparison.compare(town.gateway, town.contract, path, town.drop.status)
    assert refused.value.file == path.name
    assert refused.value.line > 1


def test_the_example_is_accepted(town: Municipality):
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, town.contract)
    loaded = load_group(EXAMPLE.encode(), file="impact60.toml", contract=contract)
    assert [state.id for state in loaded.measure.states] == ["fleksjob", "skaanejob", "education"]


def denied(tmp_path: Path, **options) -> list[str]:
    """The rules that refuse a comparison in a municipality made with these options."""
    source_edit: Edit | None = options.pop("source_edit", None)
    selection: tuple[Edit, ...] = options.pop("selection", ANYBODY)
    enrolled = options.pop("enrolled", True)
    town = simulated(tmp_path, extract_people=40, course_edits=SMALL_COURSE, edits=SMALL_CONTRACT, **options)
    if enrolled:
        town.enrol()
    if source_edit:
        changed = tmp_path / "dream.toml"
        changed.write_text((EXAMPLES / "sources" / "dream.toml").read_text("utf-8").replace(*source_edit), "utf-8")
        declarations.declare_source(town.gateway, changed)
    with pytest.raises(PolicyDenied) as refused:
        comparison.compare(town.gateway, town.contract, group(town, *selection), town.drop.status)
    assert events(town)[-1]["kind"] == "denied"
    return list(refused.value.decision.rule_ids)


def test_a_programme_that_rests_on_consent_has_no_comparison_group(tmp_path: Path):
    consent: Edit = ('requires = ["statutory_basis"]', 'requires = ["statutory_basis", "administrative_consent"]')
    assert any(rule.startswith("P18") for rule in denied(tmp_path, programme_edits=(consent,)))


def test_the_agreement_with_the_source_must_cover_evaluation(tmp_path: Path):
    edit: Edit = ('["outcome-evaluation", "outcome-payment"]', '["outcome-payment"]')
    assert any(rule.startswith("P15") for rule in denied(tmp_path, source_edit=edit))


def test_the_group_s_weeks_lie_within_the_programme(tmp_path: Path):
    earlier: Edit = ('reference_week = "2018-W40"', 'reference_week = "2018-W39"')
    assert denied(tmp_path, selection=(*ANYBODY, earlier))


def test_nobody_is_compared_with_before_the_cohort_is_sealed(tmp_path: Path):
    assert any(rule.startswith("P17") for rule in denied(tmp_path, enrolled=False))


def test_the_command_writes_the_figures_and_no_number_or_id_of_anybody(town: Municipality, tmp_path: Path):
    """Figures, both outputs, every event and every decision are searched for everybody in the extract."""
    environment = {"GATEWAY_DATA_DIRECTORY": str(town.gateway.settings.data_directory)}
    out = tmp_path / "figures.json"
    ran = run(
        *("comparison", town.contract, group(town, *ANYBODY), "--extract", town.drop.status, "--out", out),
        environment=environment,
    )
    assert ran.code == 0, ran.text
    assert "not signed" in ran.out
    body = canonical.loads_canonical(out.read_bytes().rstrip(b"\n"))
    assert body["aggregate"] == "similar-people-weeks"
    with town.gateway.store.read() as session:
        subjects = [subject.subject_id for subject in session.exec(select(Subject))]
    written = {
        "figures": out.read_bytes(),
        "output": ran.text.encode(),
        "log": b"\n".join(
            json.dumps(event).encode() for event in events(town) if event["kind"].startswith("comparison")
        ),
    }
    numbers = [replacement_cpr(number) for number in range(COHORT + OTHERS)]
    assert leaks(written, [*numbers[:COHORT], *numbers[COHORT::50], *subjects]) == []
    assert not [number for number in numbers if number.encode() in b"".join(written.values())]
    assert leaks({"control": written["log"] + numbers[40].encode()}, [numbers[40]]) == ["control: clear"]


def test_an_error_of_the_command_names_no_cell(town: Municipality, tmp_path: Path):
    """A file that lost its header has a person's row in its place."""
    broken = tmp_path / "dream-broken.csv"
    broken.write_text("".join(town.drop.status.read_text().splitlines(keepends=True)[1:]))
    environment = {"GATEWAY_DATA_DIRECTORY": str(town.gateway.settings.data_directory)}
    out = tmp_path / "figures.json"
    ran = run(
        *("comparison", town.contract, group(town), "--extract", broken, "--out", out),
        environment=environment,
    )
    assert ran.code == 3
    assert "header-mismatch" in ran.err
    assert broken.read_text()[:10] not in ran.text
    assert not out.exists()


def test_a_second_group_of_nearly_as_many_people_is_flagged(town: Municipality, tmp_path: Path):
    """Two such groups may subtract to one person. The same selection again is not flagged."""
    first = group(town, *ANYBODY)
    narrower = group(town, *ANYBODY, ('title = "', 'title = "Another '))
    extract = town.drop.status
    done = comparison.compare(town.gateway, town.contract, first, extract)
    others = done.near  # of tests before this one
    assert comparison.compare(town.gateway, town.contract, first, extract).near == others
    again = comparison.compare(town.gateway, town.contract, narrower, extract)
    assert set(again.near) == {done.group.sha256, *others}
    assert "near" not in again.body()
