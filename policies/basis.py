"""Whether a person may be followed: a pure function of that person's records at an instant.

Records are append-only and each stands for itself: withdrawing one touches no other (GDPR art. 7(3)). A record
begins once and ends once; what has ended never begins again, so an old consent cannot be replayed. Two different
consents exist in Danish law: that of the GDPR, and that of administrative law (*forvaltningsretligt samtykke*,
such as retssikkerhedsloven § 11 a). Neither is a statutory basis, which nobody can withdraw but against which a
person may object (GDPR art. 21).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from policies.terms import Purpose
from vocabulary.danish_days import danish_midnight


class RecordKind(StrEnum):
    """What a record says of a person."""

    STATUTORY_BASIS = "statutory_basis"  # the statute that the programme names, and that the person was told
    ADMINISTRATIVE_CONSENT = "administrative_consent"
    GDPR_CONSENT = "gdpr_consent"
    OBJECTION = "objection"  # GDPR art. 21
    RESTRICTION = "restriction"  # GDPR art. 18
    EXIT = "exit"  # the person has left the programme
    PRISON = "prison"  # an exit of its own, because contracts treat it otherwise
    COHABITATION = "cohabitation"  # off benefits since somebody else provides: an exit, not a result
    MISTAKE = "mistake"  # the person was referred by mistake (fejlhenvist)
    PROTECTION = "protection"  # navne- og adressebeskyttelse: never shown individually


# what happens on a day and is often learnt later: registered with that day, it counts from then
DATED = frozenset({RecordKind.EXIT, RecordKind.PRISON, RecordKind.COHABITATION})
EXITS = DATED | {RecordKind.MISTAKE}  # what a case worker registers of a person, whatever the person asked for
BASES = frozenset({RecordKind.STATUTORY_BASIS, RecordKind.ADMINISTRATIVE_CONSENT, RecordKind.GDPR_CONSENT})


class Change(StrEnum):
    BEGINS = "begins"
    ENDS = "ends"


class StopReason(StrEnum):
    """Why a person is not followed. The contract says for each what becomes of the person's results."""

    WITHDRAWN = "withdrawn"  # a basis that the programme requires is not in force: withdrawn, expired or never given
    OBJECTED = "objected"
    RESTRICTED = "restricted"
    EXITED = "exited"
    PRISON = "prison"
    COHABITATION = "cohabitation"
    MISTAKEN = "mistaken"  # leaves the denominator as well, once every party has accepted the count
    PROTECTED = "protected"  # only where the system owner excludes protected persons


class MistakeReason(StrEnum):
    """What was wrong with a referral: of the referral, and nothing of the person's life."""

    OTHER_PERSON = "other_person"  # somebody else was meant
    OTHER_COHORT = "other_cohort"  # the person does not belong to this contract's cohort
    NOT_ASKED = "not_asked"  # the person never said yes, or was never told


_STOPS = {
    RecordKind.OBJECTION: StopReason.OBJECTED,
    RecordKind.RESTRICTION: StopReason.RESTRICTED,
    RecordKind.EXIT: StopReason.EXITED,
    RecordKind.PRISON: StopReason.PRISON,
    RecordKind.COHABITATION: StopReason.COHABITATION,
    RecordKind.MISTAKE: StopReason.MISTAKEN,
}


@dataclass(frozen=True, slots=True)
class BasisEvent:
    """One line of a person's records: a record begins or ends. `at` is aware UTC."""

    record: str
    kind: RecordKind
    change: Change
    at: datetime
    purposes: frozenset[Purpose]  # of a basis; empty for what stops everything
    valid_to: date | None = None  # the last day of a record that ends by itself
    since: date | None = None  # the day on which what it says began, where that was before it was registered

    @property
    def effective(self) -> BasisEvent:
        """The same as if it had been registered on the day on which it began."""
        if self.since is None or self.change is Change.ENDS:
            return self
        return replace(self, at=min(self.at, danish_midnight(self.since).astimezone(UTC)))


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a programme asks of every person's records."""

    bases: frozenset[RecordKind]  # all of them must be in force
    excludes_protected: bool


@dataclass(frozen=True, slots=True)
class Stop:
    """Why, and since when without a break, a person may not be followed. `since` None: from the beginning."""

    reason: StopReason
    since: datetime | None


def in_force(events: Iterable[BasisEvent], *, at: datetime) -> dict[RecordKind, frozenset[Purpose]]:
    """The kinds of records in force at an instant, with the purposes that the records of each kind cover."""
    begun: dict[str, BasisEvent] = {}
    ended: set[str] = set()
    for event in events:
        if event.at > at:
            continue
        if event.change is Change.ENDS:
            ended.add(event.record)
        else:
            begun.setdefault(event.record, event)
    found: dict[RecordKind, frozenset[Purpose]] = {}
    for record, event in begun.items():
        if record not in ended and (event.valid_to is None or at.date() <= event.valid_to):
            found[event.kind] = found.get(event.kind, frozenset()) | event.purposes
    return found


def stop_of(
    events: Collection[BasisEvent], requirements: Requirements, *, purposes: frozenset[Purpose], at: datetime
) -> Stop | None:
    """Why a person may not be followed for any of these purposes at an instant, or None where the person may.

    What was registered by then counts from the day on which it began.
    """
    events = [event.effective for event in events if event.at <= at]
    reasons = _reasons(events, requirements, purposes=purposes, at=at)
    if not reasons:
        return None
    turns = sorted({event.at for event in events} | _expiries(events, before=at), reverse=True)
    since: datetime | None = None
    for turn in turns:
        earlier = _reasons(events, requirements, purposes=purposes, at=turn)
        if not earlier:
            return Stop(reasons[0], since)
        reasons, since = earlier, turn
    return Stop(reasons[0], None if StopReason.WITHDRAWN in reasons and not _began(events) else since)


def _began(events: Collection[BasisEvent]) -> bool:
    return any(event.kind in BASES and event.change is Change.BEGINS for event in events)


def _reasons(
    events: Collection[BasisEvent], requirements: Requirements, *, purposes: frozenset[Purpose], at: datetime
) -> list[StopReason]:
    """Every reason at an instant, a missing basis first."""
    found = in_force(events, at=at)
    lacking = any(not found.get(kind, frozenset()) & purposes for kind in requirements.bases)
    reasons = [StopReason.WITHDRAWN] if lacking else []
    reasons += [reason for kind, reason in _STOPS.items() if kind in found]
    if requirements.excludes_protected and RecordKind.PROTECTION in found:
        reasons.append(StopReason.PROTECTED)
    return reasons


def _expiries(events: Collection[BasisEvent], *, before: datetime) -> set[datetime]:
    """The midnights at which a record stopped being valid by itself."""
    ends = (
        datetime.combine(event.valid_to + timedelta(days=1), time.min, tzinfo=UTC)
        for event in events
        if event.valid_to is not None
    )
    return {end for end in ends if end <= before}
