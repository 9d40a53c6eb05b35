"""Manual evidence in the store: registered by one person, confirmed by another, and withdrawn, each with its instant.

What is confirmed counts from that instant until it is withdrawn: an earlier evaluation can be repeated without it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import or_
from sqlmodel import Field, Session, SQLModel, col, select

from gateway.outcomes.manual_evidence import STATUS_OF, EvidenceType, last_week
from gateway.store.columns import instant, optional_instant
from gateway.store.order import OF_PEOPLE
from vocabulary.records import StatusSpell, SubjectRef
from vocabulary.weeks import Week


class EvidenceRow(SQLModel, table=True):
    """Documents that show weeks of a person, by digest. Personal data; an edit falsifies an outcome and shows in the
    evaluation's input digest.
    """

    __table_args__ = OF_PEOPLE
    id: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    subject_id: str = Field(index=True)
    type: str
    from_week: int
    to_week: int
    expires_on: date  # the last day on which the document is valid
    document_sha256: str
    registered_by: str  # member of staff
    registered_at: datetime = instant()
    confirmed_by: str  # empty while it waits
    confirmed_at: datetime | None = optional_instant()
    withdrawn_by: str  # empty while it stands
    withdrawn_at: datetime | None = optional_instant()

    @property
    def counted_to(self) -> Week:
        """The last week that counts; before `from_week` where the document had expired by then."""
        return last_week(Week(self.to_week), self.expires_on)


def of_contract(session: Session, contract_id: str) -> Sequence[EvidenceRow]:
    """Everything registered under a contract, oldest first."""
    query = select(EvidenceRow).where(EvidenceRow.contract_id == contract_id)
    return session.exec(query.order_by(col(EvidenceRow.registered_at), EvidenceRow.id)).all()


def of_person(session: Session, subject: str) -> Sequence[EvidenceRow]:
    """Everything registered of one person, oldest first."""
    query = select(EvidenceRow).where(EvidenceRow.subject_id == subject)
    return session.exec(query.order_by(col(EvidenceRow.registered_at), EvidenceRow.id)).all()


def confirmed_spells(
    session: Session, subjects: Collection[str], types: Collection[EvidenceType], *, known_at: datetime
) -> dict[str, list[StatusSpell]]:
    """Subject -> the weeks that confirmed documents of these kinds showed, as known at an instant."""
    found: dict[str, list[StatusSpell]] = defaultdict(list)
    query = select(EvidenceRow).where(
        col(EvidenceRow.subject_id).in_(subjects),
        col(EvidenceRow.type).in_(types),
        col(EvidenceRow.confirmed_at) <= known_at,
        or_(col(EvidenceRow.withdrawn_at).is_(None), col(EvidenceRow.withdrawn_at) > known_at),
    )
    for row in session.exec(query.order_by(EvidenceRow.id)):
        first, last = Week(row.from_week), row.counted_to
        if first <= last:
            status = STATUS_OF[EvidenceType(row.type)]
            found[row.subject_id].append(StatusSpell(SubjectRef(row.subject_id), status, row.type, first, last))
    return found
