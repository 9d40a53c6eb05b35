"""A past evaluation is repeated with what was known then, and a later correction shows as a difference by window."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from gateway.errors.evaluation import NotYetKnown
from gateway.errors.release import SourcesIncomplete
from gateway.evaluation.evaluating import evaluate_week, utc_text
from gateway.evaluation.hindsight import changes
from tests.functional.test_correction import mend
from tests.functional.test_traps import Clock
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.simulated import amend
from vocabulary.weeks import Week

WEEK = Week.parse("2020-W53")
WEEKS = "weeks_in_work_or_education"
MONTHS = ("2019-10", "2019-11", "2019-12")  # all in the window 2019H2


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    return ready(tmp_path, clock=Clock(date(2030, 1, 1)))


def test_an_evaluation_is_repeated_with_what_was_known_then(town: SimulatedMunicipality):
    then, as_of = evaluate_week(town.gateway, town.contract, WEEK)
    mend(town, months=MONTHS)
    now, _ = evaluate_week(town.gateway, town.contract, WEEK)
    assert now.inputs_sha256 != then.inputs_sha256
    assert now.quantity(WEEKS) < then.quantity(WEEKS)
    again, known = evaluate_week(town.gateway, town.contract, WEEK, known_at=as_of.known_at)
    assert again == then  # totals, figures of people and the digest of the inputs
    assert known == as_of


def test_a_correction_shows_in_the_windows_that_it_changed(town: SimulatedMunicipality):
    then, as_of = evaluate_week(town.gateway, town.contract, WEEK)
    mend(town, months=MONTHS)
    now, _ = evaluate_week(town.gateway, town.contract, WEEK)
    found = changes(town.gateway, town.contract, earlier=as_of.known_at, until=WEEK)
    assert (found.earlier_inputs_sha256, found.later_inputs_sha256) == (then.inputs_sha256, now.inputs_sha256)
    weeks = {row.window: row for row in found.rows if row.measure == WEEKS}
    assert {label for label, row in weeks.items() if row.difference} == {"2019H2"}
    assert weeks["2019H2"].difference == now.quantity(WEEKS) - then.quantity(WEEKS) < 0
    assert sum(row.later for row in weeks.values()) == now.quantity(WEEKS)


def test_a_frozen_window_keeps_the_data_of_its_freeze(town: SimulatedMunicipality):
    _, as_of = evaluate_week(town.gateway, town.contract, WEEK)
    mend(town, months=MONTHS)
    [row] = [
        row
        for row in changes(town.gateway, town.contract, earlier=as_of.known_at).rows
        if (row.window, row.measure) == ("2019H2", WEEKS)
    ]
    assert row.frozen_at is not None
    assert row.frozen == row.earlier != row.later
    for window in ("2018H2", "2019H1", "2019H2"):  # documented only now, and still with the data of the freeze
        released = town.release(window, "payment_document", "operator")
    assert town.verified(released.bundle).shown["payable"]["amount_minor"] == 150000 * row.frozen


def test_the_rules_of_then_are_those_that_were_in_force(town: SimulatedMunicipality):
    then, as_of = evaluate_week(town.gateway, town.contract, WEEK)
    town.gateway.clock.move(1)
    pause = '[[pauses]]\nfrom_week = "2020-W40"\nto_week = "2020-W45"\n\n[freeze]'
    amend(
        town,
        ("[freeze]", pause),
        ("version = 1\n", "version = 2\n"),
        ("effective_from = 2018-10-01", "effective_from = 2020-09-01"),
    )
    now, _ = evaluate_week(town.gateway, town.contract, WEEK)
    assert now.quantity(WEEKS) < then.quantity(WEEKS)
    assert evaluate_week(town.gateway, town.contract, WEEK, known_at=as_of.known_at)[0] == then


def test_nothing_is_known_of_the_future(town: SimulatedMunicipality):
    now = town.gateway.clock()
    with pytest.raises(NotYetKnown):
        evaluate_week(town.gateway, town.contract, WEEK, known_at=now + timedelta(days=1))
    with pytest.raises(NotYetKnown):
        changes(town.gateway, town.contract, earlier=now, later=now + timedelta(days=1))
    with pytest.raises(ValueError, match="before the later one"):
        changes(town.gateway, town.contract, earlier=now, later=now - timedelta(days=1))


def test_before_the_first_file_there_is_no_window_to_compare(tmp_path: Path):
    bare = ready(tmp_path, pulled=False, clock=Clock(date(2030, 1, 1)))
    bare.enrol()
    with pytest.raises(SourcesIncomplete):
        changes(bare.gateway, bare.contract, earlier=bare.gateway.clock() - timedelta(hours=1))


def test_on_the_command_line(tmp_path: Path):
    town = ready(tmp_path)
    town.gateway.store.dispose()
    week = ("evaluate", "impact60", "--week", "2020-W53")
    first = run(*week, environment=town.environment)
    [instant] = [line.rpartition("known at ")[2].strip() for line in first.out.splitlines() if "known at" in line]
    again = run(*week, "--known-at", instant, environment=town.environment)
    assert (again.code, again.out) == (0, first.out)
    assert datetime.fromisoformat(instant).tzinfo is not None
    today = datetime.now(UTC)
    naive = run(*week, "--known-at", f"{today:%Y-%m-%dT%H:%M:%S.%f}", environment=town.environment)
    assert utc_text(today) in naive.out
    assert run(*week, "--known-at", f"{today:%Y-%m-%d}", environment=town.environment).code == 0
    late = run(*week, "--known-at", "2099-01-01", environment=town.environment)
    assert (late.code, "not-yet-known" in late.err) == (5, True)
    assert run(*week, "--known-at", "yesterday", environment=town.environment).code == 2
    told = run("evaluate", "impact60", "--changed-since", instant, environment=town.environment)
    assert told.code == 0, told.text
    assert "2019H2" in told.out
    assert run(*week, "--explain", "--changed-since", instant, environment=town.environment).code == 2
