"""What the events of a life come to on a day: weeks away, protection and numbers. Pure.

An event has happened once its day has come, and not before. What is known to end goes on until the end of its last
day: a register that tells both days of a protection has not told that it is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from connectors.shapes import LifeEvent, LifeEventKind
from vocabulary.records import StatusSpell, SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Week

AWAY = {LifeEventKind.DEAD: Status.DEAD, LifeEventKind.EMIGRATED: Status.NOT_RESIDENT}
_PROTECTION = (LifeEventKind.PROTECTED, LifeEventKind.PROTECTION_ENDED)


@dataclass(frozen=True, order=True, slots=True)
class ProtectedDays:
    """A name and an address are protected from `first` to `last`, both included; `last` None: no end is known."""

    first: date
    last: date | None


def in_order(events: Iterable[LifeEvent]) -> list[LifeEvent]:
    """Events as they follow each other: by day, and on one day what begins before what ends."""
    return sorted(events, key=lambda event: (event.on, event.kind))


def changed_numbers(events: Iterable[LifeEvent], *, today: date) -> list[tuple[SubjectRef, str]]:
    """(person, new number) of every change whose day has come, in the order of the events."""
    return [(event.subject, event.number.text) for event in events if event.number is not None and event.on <= today]


def weeks_away(person: SubjectRef, events: Sequence[LifeEvent], weeks: tuple[Week, Week]) -> list[StatusSpell]:
    """From the week of a death or departure on; a return ends the latter, death ends everything. Weeks ahead are told
    too: whoever looks at a week that is over asks about its own status. `events` are in order.
    """
    rows: list[StatusSpell] = []
    since: tuple[Week, LifeEventKind] | None = None

    def close(last: Week) -> None:
        if since is not None and max(since[0], weeks[0]) <= last:
            rows.append(StatusSpell(person, AWAY[since[1]], since[1].value, max(since[0], weeks[0]), last))

    for event in events:
        week = min(Week.of(event.on), weeks[1] + 1)
        if event.kind in AWAY and (since is None or since[1] is not LifeEventKind.DEAD):
            close(week + -1)
            since = (week, event.kind)
        elif event.kind is LifeEventKind.RETURNED and since is not None and since[1] is LifeEventKind.EMIGRATED:
            close(week + -1)
            since = None
    close(weeks[1])
    return rows


def tells_of_protection(events: Iterable[LifeEvent]) -> bool:
    """Whether the register says anything of protection: where it does not, what was known stays."""
    return any(event.kind in _PROTECTION for event in events)


def protected_days(events: Iterable[LifeEvent], *, today: date) -> list[ProtectedDays]:
    """The protection that holds today or is to come. An end whose beginning nobody told is that of a protection that
    holds already. `events` are in order.
    """
    found: list[ProtectedDays] = []
    since: date | None = None
    for event in events:
        if event.kind is LifeEventKind.PROTECTED:
            since = event.on if since is None else since
        elif event.kind is LifeEventKind.PROTECTION_ENDED:
            found.append(ProtectedDays(since or date.min, None if event.on == date.max else event.on))
            since = None
    if since is not None:
        found.append(ProtectedDays(since, None))
    return [days for days in found if days.last is None or days.last >= today]
