"""An event ahead has not happened: protection, numbers and weeks away on the day on which somebody asks."""

from __future__ import annotations

from datetime import date

import pytest

from connectors.shapes import LifeEvent, LifeEventKind, NewNumber
from gateway.store.life_events import (
    ProtectedDays,
    changed_numbers,
    in_order,
    protected_days,
    tells_of_protection,
    weeks_away,
)
from vocabulary.records import StatusSpell, SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Week

ANNE = SubjectRef("a" * 32)
TODAY = date(2026, 11, 29)
PROTECTED, ENDED = LifeEventKind.PROTECTED, LifeEventKind.PROTECTION_ENDED
DEAD, GONE, BACK = LifeEventKind.DEAD, LifeEventKind.EMIGRATED, LifeEventKind.RETURNED
WEEKS = Week.parse("2026-W01"), Week.parse("2026-W52")


def events(*told: tuple[LifeEventKind, str]) -> list[LifeEvent]:
    return in_order(LifeEvent(ANNE, kind, date.fromisoformat(day)) for kind, day in told)


def days(first: str, last: str | None) -> ProtectedDays:
    return ProtectedDays(date.fromisoformat(first), None if last is None else date.fromisoformat(last))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], []),
        ([(PROTECTED, "2026-06-01")], [days("2026-06-01", None)]),
        ([(PROTECTED, "2026-06-01"), (ENDED, "2027-06-01")], [days("2026-06-01", "2027-06-01")]),
        ([(ENDED, "2027-06-01"), (PROTECTED, "2026-06-01")], [days("2026-06-01", "2027-06-01")]),
        ([(PROTECTED, "2025-06-01"), (ENDED, "2026-11-28")], []),
        ([(PROTECTED, "2025-06-01"), (ENDED, "2026-11-29")], [days("2025-06-01", "2026-11-29")]),  # its last day
        ([(PROTECTED, "2026-06-01"), (ENDED, "2026-06-01"), (DEAD, "2026-07-01")], []),
        ([(PROTECTED, "2027-01-01")], [days("2027-01-01", None)]),
        ([(PROTECTED, "2026-06-01"), (PROTECTED, "2026-08-01")], [days("2026-06-01", None)]),
        ([(ENDED, "2027-06-01")], [days("0001-01-01", "2027-06-01")]),
        ([(PROTECTED, "2026-06-01"), (ENDED, "9999-12-31")], [days("2026-06-01", None)]),
        (
            [(PROTECTED, "2026-01-01"), (ENDED, "2026-12-01"), (PROTECTED, "2027-02-01"), (ENDED, "2028-02-01")],
            [days("2026-01-01", "2026-12-01"), days("2027-02-01", "2028-02-01")],
        ),
    ],
)
def test_protection_holds_until_an_end_that_has_come(
    told: list[tuple[LifeEventKind, str]], expected: list[ProtectedDays]
) -> None:
    assert protected_days(events(*told), today=TODAY) == expected
    assert tells_of_protection(events(*told)) == any(kind in (PROTECTED, ENDED) for kind, _ in told)


def test_a_number_changes_on_its_day_and_not_before() -> None:
    def change(day: str, number: str) -> LifeEvent:
        return LifeEvent(ANNE, LifeEventKind.NUMBER_CHANGED, date.fromisoformat(day), NewNumber(number))

    told = in_order([change("2026-11-30", "third"), change("2026-11-29", "second"), change("2020-01-01", "first")])
    assert changed_numbers([*told, *events((DEAD, "2020-01-01"))], today=TODAY) == [(ANNE, "first"), (ANNE, "second")]


def spell(status: Status, code: str, first: str, last: str) -> StatusSpell:
    return StatusSpell(ANNE, status, code, Week.parse(first), Week.parse(last))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], []),
        ([(DEAD, "2026-03-02")], [spell(Status.DEAD, "dead", "2026-W10", "2026-W52")]),
        ([(DEAD, "2020-03-02")], [spell(Status.DEAD, "dead", "2026-W01", "2026-W52")]),
        ([(DEAD, "2027-03-02")], []),
        ([(DEAD, "2026-12-21")], [spell(Status.DEAD, "dead", "2026-W52", "2026-W52")]),
        ([(GONE, "2026-03-02")], [spell(Status.NOT_RESIDENT, "emigrated", "2026-W10", "2026-W52")]),
        (
            [(GONE, "2026-03-02"), (BACK, "2026-05-04")],
            [spell(Status.NOT_RESIDENT, "emigrated", "2026-W10", "2026-W18")],
        ),
        ([(GONE, "2026-03-02"), (BACK, "2026-03-03")], []),
        ([(GONE, "2025-03-02"), (BACK, "2025-05-04")], []),
        ([(BACK, "2026-05-04")], []),
        (
            [(GONE, "2026-03-02"), (DEAD, "2026-05-04"), (BACK, "2026-06-01"), (GONE, "2026-07-06")],
            [
                spell(Status.NOT_RESIDENT, "emigrated", "2026-W10", "2026-W18"),
                spell(Status.DEAD, "dead", "2026-W19", "2026-W52"),
            ],
        ),
    ],
)
def test_weeks_away_are_those_from_the_event_on(
    told: list[tuple[LifeEventKind, str]], expected: list[StatusSpell]
) -> None:
    assert weeks_away(ANNE, events(*told), WEEKS) == expected
