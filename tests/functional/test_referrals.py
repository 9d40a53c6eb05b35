"""Referrals against plan: exact and logged for municipal eyes, rounded and told once for readers."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlmodel import select, update

from gateway.evaluation import referrals as use_case
from gateway.evaluation.referrals import Referrals, referrals
from gateway.store.log_tables import LogEntry, PersonLineRow
from gateway.store.tables import Batch, Subject
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality, ready


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    return ready(tmp_path / "town")


def people(found: Referrals) -> list[int | None]:
    return [one.people for one in found.months]


def exact(town: SimulatedMunicipality) -> list[int]:
    with town.gateway.store.read() as session:
        days = [one.enrolled_on for one in session.exec(select(Subject))]
    return [sum(day <= end for day in days) for end in (date(2018, 10, 31), date(2018, 11, 30))]


def test_municipal_eyes_see_every_one_and_each_has_a_line(town: SimulatedMunicipality):
    found = referrals(town.gateway, town.contract)
    assert people(found) == exact(town)
    assert found.projected == 30
    with town.gateway.store.read() as session:
        idx = session.exec(select(LogEntry.idx).where(LogEntry.kind == "referrals_seen")).one()
        assert len(session.exec(select(PersonLineRow).where(PersonLineRow.log_idx == idx)).all()) == 30


def test_readers_see_steps_of_five_that_never_fall(town: SimulatedMunicipality):
    found = people(referrals(town.gateway, town.contract, to="investor"))
    known = [one for one in found if one is not None]
    assert all(one % 5 == 0 for one in known)
    assert known == sorted(known)
    assert known[-1] == 30
    assert people(referrals(town.gateway, town.contract, to="public")) == found


def test_one_person_more_changes_no_month_that_was_told(town: SimulatedMunicipality):
    """The attack: ask, let one referral move, ask again; the two differ in nothing."""
    before = referrals(town.gateway, town.contract, to="investor")
    with town.gateway.store.engine.begin() as connection:
        connection.execute(update(Subject).values(enrolled_on=date(2018, 11, 20)))
    assert people(referrals(town.gateway, town.contract)) == [0, 30]  # the control: municipal eyes see that they moved
    for reader in use_case.READERS:
        again = referrals(town.gateway, town.contract, to=reader)
        assert (again.months, again.projected, again.effects) == (before.months, before.projected, before.effects)


def test_a_month_that_had_not_ended_when_the_last_batch_was_sealed_is_not_told(town: SimulatedMunicipality):
    with town.gateway.store.engine.begin() as connection:
        connection.execute(update(Batch).values(sealed_at=datetime(2018, 11, 15, 12, tzinfo=UTC)))
    found = referrals(town.gateway, town.contract, to="investor")
    assert [one.month for one in found.months] == ["2018-10"]


def test_fewer_than_five_are_no_number(town: SimulatedMunicipality):
    with town.gateway.store.engine.begin() as connection:
        connection.execute(update(Subject).values(enrolled_on=date(2018, 11, 20)))
    assert people(referrals(town.gateway, town.contract, to="operator")) == [None, 30]


def test_on_the_command_line_it_warns_and_says_what_can_be_owed(town: SimulatedMunicipality, tmp_path: Path):
    with town.gateway.store.engine.begin() as connection:
        connection.execute(update(Subject).values(enrolled_on=date(2018, 11, 20)))
    out = tmp_path / "referrals.json"
    ran = run("contract", "referrals", town.contract, "--for", "investor", "--json", out, environment=town.environment)
    assert ran.code == 0, ran.text
    assert "under 5" in ran.out
    assert "what can be owed in all" in ran.out
    body = json.loads(out.read_text())
    assert body["months"][0]["people"] is None
    assert body["to"] == "investor"
    wrong = run("contract", "referrals", town.contract, "--for", "anybody", environment=town.environment)
    assert wrong.code == 2
