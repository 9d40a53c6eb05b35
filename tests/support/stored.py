"""What an opened installation holds of people, as rows that a test may count and compare; and edits of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from gateway.store import registered_evidence
from gateway.store.postings import PostingVersion
from gateway.store.registered_evidence import RegisteredEvidence
from gateway.store.sealed import About, SealedRow, Shelf, opened_values, seal_values
from gateway.store.spells import SpellVersion, shelf_of
from vocabulary.records import IncomePosting
from vocabulary.statuses import Status


@dataclass(frozen=True)
class StoredSpell:
    subject_id: str
    source_id: str
    status: Status
    code: str
    from_week: int
    to_week: int
    edition: int
    known_from: datetime
    known_to: datetime | None


@dataclass(frozen=True)
class StoredPosting:
    subject_id: str
    source_id: str
    pull_id: int
    month: int
    income_type: str
    paid_hours_hundredths: int
    is_reversal: bool
    amount_minor: int
    known_from: datetime
    known_to: datetime | None

    @classmethod
    def of(cls, source: str, version: PostingVersion) -> StoredPosting:
        said: IncomePosting = version.posting
        return cls(
            said.subject.value,
            source,
            version.pull_id,
            said.month.ordinal,
            said.income_type,
            said.paid_hours_hundredths,
            said.is_reversal,
            said.amount_minor,
            version.known_from,
            version.known_to,
        )


def shelves(session: Session, about: About) -> list[Shelf]:
    """Every shelf on which something stands."""
    query = select(SealedRow.contract_id, SealedRow.source_id).where(SealedRow.about == about).distinct()
    return [Shelf(contract, about, source) for contract, source in sorted(session.exec(query).all())]


def stored_spells(session: Session) -> list[StoredSpell]:
    """Every version of every spell, by person and week."""
    found = []
    for shelf in shelves(session, About.WEEKS):
        for subject, value in opened_values(session, shelf).items():
            for one in map(SpellVersion.of, value):
                said = one.status, one.code, one.from_week, one.to_week, one.edition, one.known_from, one.known_to
                found.append(StoredSpell(subject, shelf.source_id, *said))
    return sorted(found, key=lambda one: (one.subject_id, one.from_week, one.known_from, one.code))


def stored_postings(session: Session) -> list[StoredPosting]:
    """Every version of every posting, by person and month."""
    found = [
        StoredPosting.of(shelf.source_id, PostingVersion.of(subject, one))
        for shelf in shelves(session, About.PAY)
        for subject, value in opened_values(session, shelf).items()
        for one in value
    ]
    return sorted(found, key=lambda one: (one.subject_id, one.month, one.known_from))


def stored_documents(session: Session) -> list[RegisteredEvidence]:
    """Every document of manual evidence."""
    return [
        one
        for shelf in shelves(session, About.EVIDENCE)
        for one in registered_evidence.of_contract(session, shelf.contract_id)
    ]


def edit_spells(
    session: Session,
    contract_id: str,
    source: str,
    subject: str,
    edit: Callable[[list[SpellVersion]], Sequence[SpellVersion]],
) -> None:
    """Put others in the place of a person's spells, past every rule."""
    shelf = shelf_of(contract_id, source)
    before = [SpellVersion.of(one) for one in opened_values(session, shelf, [subject]).get(subject, [])]
    seal_values(session, shelf, {subject: [one.value() for one in edit(before)]})


def stored_records(session: Session) -> list[list[str]]:
    """The texts of every record of a source of changes, empty of one that was deleted."""
    return [
        texts
        for shelf in shelves(session, About.RECORDS)
        for value in opened_values(session, shelf).values()
        for _, _, texts in value
    ]


def stored_answers(session: Session) -> dict[str, list[list[str]]]:
    """Subject -> the records that are kept aside, of every run together."""
    return {
        subject: records
        for shelf in shelves(session, About.ANSWERS)
        for subject, (records, _) in opened_values(session, shelf).items()
    }
