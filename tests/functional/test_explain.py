"""Why an evaluation is what it is: for municipal eyes, person by person, logged, and without anybody protected."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import col, select

from gateway.evaluation import explaining
from gateway.evaluation.evaluating import evaluate_week
from gateway.outcomes.verdicts import WeekReason
from gateway.rights.people import Channel, NewRecord, Who, begin
from gateway.store.log_tables import LogEntry, PersonLineRow
from gateway.store.tables import Subject
from outcome_verifier import canonical
from policies.basis import RecordKind
from policies.terms import Role
from tests.functional.test_traps import Clock
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality, ready
from vocabulary.weeks import Week

WEEK = Week.parse("2020-W53")
WEEKS, PEOPLE = "weeks_in_work_or_education", "self_support_full_or_partial"


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    return ready(tmp_path, clock=Clock(date(2030, 1, 1)))


def references(town: SimulatedMunicipality) -> list[str]:
    with town.gateway.store.read() as session:
        return sorted(session.exec(select(Subject.case_reference)))


def protect(town: SimulatedMunicipality, reference: str) -> None:
    new = NewRecord(RecordKind.PROTECTION, Channel.REGISTER)
    begin(town.gateway, town.contract, Who(case_reference=reference), new, role=Role.CASE_WORKER)


def newest(town: SimulatedMunicipality, kind: str) -> tuple[dict[str, object], list[dict[str, str]]]:
    """The newest event of a kind and its person lines."""
    with town.gateway.store.read() as session:
        query = select(LogEntry).where(LogEntry.log == "access", LogEntry.kind == kind).order_by(col(LogEntry.idx))
        entry = session.exec(query).all()[-1]
        lines = session.exec(select(PersonLineRow).where(PersonLineRow.log_idx == entry.idx)).all()
        return canonical.loads(entry.body.encode()), [canonical.loads(line.body.encode()) for line in lines]


def test_what_is_explained_adds_up_to_the_totals_that_pay(town: SimulatedMunicipality):
    evaluation, _ = evaluate_week(town.gateway, town.contract, WEEK)
    found = explaining.explain(town.gateway, town.contract, WEEK)
    assert [person.case_reference for person in found.people] == references(town)
    for total in found.totals:
        assert total.quantity == evaluation.quantity(total.measure) == sum(part.quantity for part in total.windows)
        assert total.quantity == sum(part.quantity for part in total.states)
        people = [one for person in found.people for one in person.measures if one.measure == total.measure]
        assert total.quantity == sum(one.quantity for one in people)
        assert total.inputs_sha256 == evaluation.inputs_sha256
    weeks = [one for person in found.people for one in person.measures if one.measure == WEEKS]
    assert sum(one.counted_weeks for one in weeks) == evaluation.quantity(WEEKS) > 0
    [tariff] = found.tariffs
    assert tariff.owed_minor[-1] == ("2020H2", 150000 * evaluation.quantity(WEEKS))


def test_each_line_is_that_of_a_rule_in_the_contract_file(town: SimulatedMunicipality):
    lines = (town.folder / "impact60.toml").read_text(encoding="utf-8").splitlines()
    found = explaining.explain(town.gateway, town.contract, WEEK)
    measures = [one for person in found.people for one in person.measures]
    runs = [weeks for one in measures for part in one.windows for weeks in part.runs]
    for weeks in runs:
        if weeks.reason is WeekReason.QUALIFIES:
            assert lines[weeks.line - 1] == f'id = "{weeks.state}"'
    said = {(weeks.reason.name, lines[weeks.line - 1].partition(" =")[0]) for weeks in runs}
    assert ("NO_STATE", "states") in said
    assert {line for reason, line in said if reason == "EXIT"} <= {"moved", "dead", "pension"}
    for total in found.totals:
        assert lines[total.line - 1] == f'id = "{total.measure}"'
        assert [lines[part.line - 1] for part in total.windows] == [f'label = "{p.name}"' for p in total.windows]


def test_of_one_person_nobody_elses_rows_are_read(town: SimulatedMunicipality):
    [reference, *_] = references(town)
    everybody = explaining.explain(town.gateway, town.contract, WEEK)
    event, lines = newest(town, "evaluation_explained")
    assert (event["people"], event["protected"], len(lines)) == (30, 0, 30)
    alone = explaining.explain(town.gateway, town.contract, WEEK, case_reference=reference)
    assert alone.people == everybody.people[:1]
    assert (alone.totals, alone.tariffs) == ((), ())
    event, lines = newest(town, "evaluation_explained")
    assert (event["people"], event["by"]) == (1, town.gateway.actor.name)
    assert [(line["action"], line["purpose"]) for line in lines] == [("explain", "outcome-evaluation")]


def test_the_protected_are_counted_and_never_shown(town: SimulatedMunicipality):
    [reference, *others] = references(town)
    protect(town, reference)
    before, _ = evaluate_week(town.gateway, town.contract, WEEK)
    found = explaining.explain(town.gateway, town.contract, WEEK)
    assert [person.case_reference for person in found.people] == others
    assert (found.protected, found.participants) == (1, 30)
    assert [total.quantity for total in found.totals] == [total.quantity for total in before.totals]
    alone = explaining.explain(town.gateway, town.contract, WEEK, case_reference=reference)
    assert (alone.people, alone.protected) == ((), 1)
    _, lines = newest(town, "evaluation_explained")
    assert [line["action"] for line in lines] == ["evaluate"]  # that person was read, and says so in the report


def test_on_the_command_line(tmp_path: Path):
    town = ready(tmp_path)
    [reference, other, *_] = references(town)
    protect(town, reference)
    town.gateway.store.dispose()
    command = ("evaluate", "impact60", "--as-of", "2020-12-31", "--explain")
    told = run(*command, environment=town.environment)
    assert told.code == 0, told.text
    assert "protected: 1 people" in told.out
    assert other in told.out
    assert reference not in told.out
    assert "made from inputs" in told.out
    one = run(*command, "--case", other, environment=town.environment)
    assert (one.code, "1 person" in one.out, "made from" in one.out) == (0, True, False), one.text
    nobody = run(*command, "--case", "NOBODY", environment=town.environment)
    assert (nobody.code, "person-unknown" in nobody.err) == (4, True)
    written = run(*command, "--json", tmp_path / "explained.json", environment=town.environment)
    assert written.code == 0, written.text
    body = json.loads((tmp_path / "explained.json").read_text())
    assert (body["protected"], len(body["people"]), reference in json.dumps(body)) == (1, 29, False)
    weeks = [one for person in body["people"] for one in person["measures"] if one["measure"] == WEEKS]
    assert all(one["quantity"] == sum(part["weeks_counted"] for part in one["windows"]) for one in weeks)
    for option in (("--case", other), ("--json", "x.json")):
        assert run("evaluate", "impact60", "--week", "2020-W10", *option, environment=town.environment).code == 2
