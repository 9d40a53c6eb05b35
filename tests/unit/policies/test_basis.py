"""An exit that is registered late counts from the day on which it began, and only from when it was registered."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from gateway.outcomes.history import PersonHistory
from policies.basis import DATED, BasisEvent, Change, RecordKind, Requirements, StopReason, stop_of
from policies.terms import Purpose
from vocabulary.danish_days import danish_midnight
from vocabulary.weeks import Week

PURPOSES = frozenset({Purpose.OUTCOME_PAYMENT})
BASIS = BasisEvent("a", RecordKind.STATUTORY_BASIS, Change.BEGINS, datetime(2019, 1, 1, tzinfo=UTC), PURPOSES)
REQUIRED = Requirements(frozenset({RecordKind.STATUTORY_BASIS}), excludes_protected=False)
BEGAN, REGISTERED = date(2020, 3, 2), datetime(2020, 9, 1, 12, tzinfo=UTC)  # a Monday, and half a year later


def stopped(kind: RecordKind, *, at: datetime, since: date | None = BEGAN, ends: datetime | None = None):
    events = [BASIS, BasisEvent("b", kind, Change.BEGINS, REGISTERED, frozenset(), since=since)]
    if ends is not None:
        events.append(BasisEvent("b", kind, Change.ENDS, ends, frozenset(), since=since))
    return stop_of(events, REQUIRED, purposes=PURPOSES, at=at)


@pytest.mark.parametrize("kind", sorted(DATED))
def test_once_registered_it_counts_from_its_own_day(kind: RecordKind):
    assert stopped(kind, at=datetime(2020, 8, 31, tzinfo=UTC)) is None  # nobody knew
    stop = stopped(kind, at=REGISTERED)
    assert stop is not None
    assert (stop.reason, stop.since) == (StopReason[{"exit": "EXITED"}.get(kind, kind.upper())], danish_midnight(BEGAN))
    person = PersonHistory.build(subject="x", enrolled_on=date(2019, 1, 7), spells=[], postings=[], stop=stop)
    assert person.last_week == Week.of(BEGAN).ordinal - 1  # the week before that Monday is the last that counts


def test_without_a_day_it_counts_from_when_it_was_registered():
    stop = stopped(RecordKind.EXIT, at=REGISTERED, since=None)
    assert stop is not None
    assert stop.since == REGISTERED


def test_it_ends_when_that_is_registered():
    ends = datetime(2020, 10, 1, tzinfo=UTC)
    assert stopped(RecordKind.PRISON, at=datetime(2020, 9, 30, tzinfo=UTC), ends=ends) is not None
    assert stopped(RecordKind.PRISON, at=ends, ends=ends) is None
