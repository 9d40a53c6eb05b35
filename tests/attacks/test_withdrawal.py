"""Attackers who use people's own rights: A11 reads a withdrawal off the next total, A20 brings an old consent back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from gateway.outcomes.contract import Contract
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.terms import ExitRule
from gateway.rights.people import Channel, NewRecord, Who, begin, end
from gateway.store import basis
from gateway.store.rights_tables import BasisRow
from gateway.store.tables import Subject
from policies.basis import BasisEvent, Change, RecordKind, Requirements, StopReason, stop_of
from policies.terms import Purpose, Role
from tests.attacks.seeded import START, cohort, contract_for, person
from tests.functional.test_traps import Clock
from tests.support.municipality import ready

IMPACT60 = contract_for("impact60", size=30, months=24)
LAST = IMPACT60.windows[-1].to_week
WEEKS = LAST.ordinal - START.ordinal + 1


def totals(contract: Contract, people: list[PersonHistory]) -> list[tuple[int, ...]]:
    return [
        tuple(evaluate(contract, people, window.to_week).quantity(measure.id) for measure in contract.measures)
        for window in contract.windows
    ]


def leaves(one: PersonHistory, *, week: int) -> PersonHistory:
    """The person objects in a week: nothing later is read."""
    seen = {ordinal: statuses for ordinal, statuses in one.statuses.items() if ordinal <= START.ordinal + week}
    return replace(one, statuses=seen, stop=StopReason.OBJECTED, last_week=START.ordinal + week)


@pytest.mark.parametrize("state", ["ordinary_job", ""])
def test_a11_the_next_total_is_the_same_whether_a_person_withdraws_or_stays_as_before(state: str):
    """Frozen: whoever withdraws counts as at the last look; whoever compares totals sees nobody leave."""
    others = cohort(29, 1, weeks=WEEKS)
    stays = person(29, [state] * WEEKS)
    people = IMPACT60.people_measure
    assert people is not None
    for week in (20, 60, 90):
        both = [[*others, stays], [*others, leaves(stays, week=week)]]
        held = [[evaluate(IMPACT60, one, w.to_week).quantity(people.id) for w in IMPACT60.windows] for one in both]
        assert held[0] == held[1]


def test_a11_where_results_are_taken_out_the_total_falls_by_one():
    """The positive control, and why `gateway contract check` warns of that rule."""
    out = replace(IMPACT60, exits=dict.fromkeys(IMPACT60.exits, ExitRule.OUT))
    others, stays = cohort(29, 1, weeks=WEEKS), person(29, ["ordinary_job"] * WEEKS)
    before = totals(out, [*others, stays])[-1]
    after = totals(out, [*others, leaves(stays, week=90)])[-1]
    assert sum(before) > sum(after)


def test_a20_an_old_consent_is_not_brought_back(tmp_path: Path):
    """Staff with the database: the row that began a withdrawn consent is put in once more, with today's date."""
    town = ready(tmp_path, clock=Clock(date(2030, 1, 1)))
    with town.gateway.store.read() as session:
        subject = session.exec(select(Subject)).first()
        programme = town.gateway.programme(session, town.contract)
    assert subject is not None
    who = Who(case_reference=subject.case_reference)
    consent = NewRecord(
        RecordKind.GDPR_CONSENT, Channel.LETTER, frozenset({Purpose.OUTCOME_EVALUATION}), "notice-2018-1"
    )
    done = begin(town.gateway, town.contract, who, consent, role=Role.CASE_WORKER)
    end(town.gateway, town.contract, done.record, channel=Channel.LETTER, role=Role.CASE_WORKER)
    town.gateway.clock.move(1)
    with town.gateway.store.engine.connect() as raw:
        raw.exec_driver_sql(
            "UPDATE basisrow SET at = at + 86400 WHERE record_id = ? AND change = 'begins'", (done.record,)
        )
        raw.commit()
    requires = replace(programme.requirements, bases=frozenset({RecordKind.GDPR_CONSENT}))
    asks = replace(programme, requirements=requires)
    with town.gateway.store.read() as session:
        rows = session.exec(select(BasisRow).where(BasisRow.record_id == done.record)).all()
        assert {row.change for row in rows} == {Change.BEGINS, Change.ENDS}
        stops = basis.stops(session, asks, [subject.subject_id], at=town.gateway.clock())
    assert stops[subject.subject_id].reason is StopReason.WITHDRAWN


@given(
    st.lists(st.tuples(st.sampled_from(list(Change)), st.integers(0, 50)), max_size=12),
    st.integers(0, 60),
)
def test_a20_however_often_a_record_is_replayed_what_has_ended_stays_ended(
    replayed: list[tuple[Change, int]], now: int
):
    """Any number of copies of both lines, at any times: from its first end on the record is never in force."""
    day = datetime(2020, 1, 1, tzinfo=UTC)
    purposes = frozenset({Purpose.OUTCOME_EVALUATION})
    events = [
        BasisEvent("one", RecordKind.GDPR_CONSENT, change, day + timedelta(days=at), purposes)
        for change, at in replayed
    ]
    requires = Requirements(frozenset({RecordKind.GDPR_CONSENT}), excludes_protected=False)
    stop = stop_of(events, requires, purposes=purposes, at=day + timedelta(days=now))
    ended = any(change is Change.ENDS and at <= now for change, at in replayed)
    begun = any(change is Change.BEGINS and at <= now for change, at in replayed)
    assert (stop is None) == (begun and not ended)
