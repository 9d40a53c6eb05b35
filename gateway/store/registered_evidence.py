"""Manual evidence in the store: registered by one person, confirmed by another, and withdrawn, each with its instant.

What is confirmed counts from that instant until it is withdrawn: an earlier evaluation can be repeated without it. All
documents of a person stand as one sealed value, and whoever has none has an empty one (`gateway.store.sealed`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from gateway.outcomes.manual_evidence import EVIDENCE, STATUS_OF, EvidenceType, last_week
from gateway.outcomes.measures.instrument import InstrumentScore
from gateway.store.sealed import (
    About,
    Shelf,
    everybodys_values,
    instant_of,
    microseconds,
    opened_values,
    seal_values,
)
from vocabulary.records import StatusSpell, SubjectRef
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class RegisteredEvidence:
    """A document that shows weeks of a person, by digest. Weeks are ordinals of `Week`."""

    id: str
    contract_id: str
    subject_id: str
    type: str
    from_week: int
    to_week: int
    expires_on: date  # the last day on which the document is valid; of a score the day on which it was measured
    document_sha256: str
    registered_by: str  # member of staff
    registered_at: datetime
    confirmed_by: str = ""  # empty while it waits
    confirmed_at: datetime | None = None
    withdrawn_by: str = ""  # empty while it stands
    withdrawn_at: datetime | None = None
    instrument: str = ""  # of a score: what it was measured with
    score: int | None = None

    @property
    def counted_to(self) -> Week:
        """The last week that counts; before `from_week` where the document had expired by then."""
        if self.score is not None:
            return Week(self.to_week)
        return last_week(Week(self.to_week), self.expires_on)

    def is_known_at(self, at: datetime) -> bool:
        is_confirmed = self.confirmed_at is not None and self.confirmed_at <= at
        return is_confirmed and (self.withdrawn_at is None or self.withdrawn_at > at)


def keep(session: Session, document: RegisteredEvidence) -> None:
    """Store a document, or what became of it since."""
    shelf = _shelf(document.contract_id)
    values = everybodys_values(session, shelf)
    others = [one for one in values[document.subject_id] if one[0] != document.id]
    values[document.subject_id] = [*others, _value(document)]
    seal_values(session, shelf, values)


def document_of(session: Session, contract_ids: Collection[str], evidence_id: str) -> RegisteredEvidence | None:
    """The document of this id under one of these contracts."""
    documents = (one for contract_id in contract_ids for one in of_contract(session, contract_id))
    return next((one for one in documents if one.id == evidence_id), None)


def of_contract(session: Session, contract_id: str) -> Sequence[RegisteredEvidence]:
    """Everything registered under a contract, oldest first."""
    return _documents(session, contract_id, None)


def of_person(session: Session, contract_id: str, subject: str) -> Sequence[RegisteredEvidence]:
    """Everything registered of one person, oldest first."""
    return _documents(session, contract_id, [subject])


def confirmed_spells(
    session: Session,
    contract_id: str,
    subjects: Collection[str],
    types: Collection[EvidenceType],
    *,
    known_at: datetime,
) -> dict[str, list[StatusSpell]]:
    """Subject -> the weeks that confirmed documents of these kinds showed, as known at an instant."""
    found: dict[str, list[StatusSpell]] = {}
    for one in sorted(_documents(session, contract_id, subjects), key=lambda one: one.id):
        first, last = Week(one.from_week), one.counted_to
        if one.type in types and one.is_known_at(known_at) and first <= last:
            status = STATUS_OF[EvidenceType(one.type)]
            spell = StatusSpell(SubjectRef(one.subject_id), status, one.type, first, last)
            found.setdefault(one.subject_id, []).append(spell)
    return found


def confirmed_scores(
    session: Session, contract_id: str, subjects: Collection[str], *, known_at: datetime
) -> dict[str, dict[str, list[InstrumentScore]]]:
    """Subject -> instrument -> the scores that two people saw, as known at an instant, the earliest first."""
    found: dict[str, dict[str, list[InstrumentScore]]] = {}
    for one in sorted(_documents(session, contract_id, subjects), key=lambda one: (one.expires_on, one.id)):
        if one.score is not None and one.is_known_at(known_at):
            by_instrument = found.setdefault(one.subject_id, {})
            by_instrument.setdefault(one.instrument, []).append(InstrumentScore(one.expires_on, one.score))
    return found


def _documents(session: Session, contract_id: str, subjects: Collection[str] | None) -> list[RegisteredEvidence]:
    values = opened_values(session, _shelf(contract_id), subjects)
    found = [_document(contract_id, subject, one) for subject, value in values.items() for one in value]
    return sorted(found, key=lambda one: (one.registered_at, one.id))


def _shelf(contract_id: str) -> Shelf:
    return Shelf(contract_id, About.EVIDENCE, EVIDENCE)


def _value(one: RegisteredEvidence) -> list[Any]:
    return [
        one.id,
        one.type,
        one.from_week,
        one.to_week,
        one.expires_on.isoformat(),
        one.document_sha256,
        one.registered_by,
        microseconds(one.registered_at),
        one.confirmed_by,
        None if one.confirmed_at is None else microseconds(one.confirmed_at),
        one.withdrawn_by,
        None if one.withdrawn_at is None else microseconds(one.withdrawn_at),
        one.instrument,
        one.score,
    ]


def _document(contract_id: str, subject: str, value: Sequence[Any]) -> RegisteredEvidence:
    name, kind, first, last, expires, sha256, *said = value
    registered, at, confirmed, confirmed_at, withdrawn, withdrawn_at, instrument, score = said
    return RegisteredEvidence(
        name,
        contract_id,
        subject,
        kind,
        first,
        last,
        date.fromisoformat(expires),
        sha256,
        registered,
        instant_of(at),
        confirmed,
        None if confirmed_at is None else instant_of(confirmed_at),
        withdrawn,
        None if withdrawn_at is None else instant_of(withdrawn_at),
        instrument,
        score,
    )
