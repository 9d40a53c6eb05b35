"""People's histories out of the store, as they were known at an instant: what an evaluation reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from sqlmodel import Session

from gateway.outcomes.contract import Contract
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.manual_evidence import EVIDENCE, EvidenceType
from gateway.outcomes.readings import histories_by_week, income_source_of
from gateway.store import queries
from gateway.store.people_read import note_people_read
from gateway.store.postings import source_postings
from gateway.store.registered_evidence import confirmed_spells
from gateway.store.spells import source_spells
from policies.basis import Stop
from vocabulary.records import StatusSpell

NO_STOPS: Mapping[str, Stop] = MappingProxyType({})


def load_told(
    session: Session,
    contract_id: str,
    subjects: Collection[str],
    sources: Sequence[str],
    *,
    evidence: Collection[EvidenceType],
    known_at: datetime,
) -> list[dict[str, list[StatusSpell]]]:
    """For each status source, in the given order: subject -> its spells, as they were known at an instant."""
    return [
        confirmed_spells(session, contract_id, subjects, evidence, known_at=known_at)
        if source == EVIDENCE
        else source_spells(session, contract_id, source, subjects, known_at=known_at)
        for source in sources
    ]


def load_histories(
    session: Session,
    contract_id: str,
    *,
    status_sources: Sequence[str],
    income_source: str,
    known_at: datetime,
    evidence: Collection[EvidenceType] = (),
    stops: Mapping[str, Stop] = NO_STOPS,
    subjects: Collection[str] | None = None,
) -> list[PersonHistory]:
    """The history of everyone in the contract, as it was known at `known_at`, ordered by subject id.

    `status_sources` are in order of precedence: `precedence.resolve` makes one history of what they tell. `evidence`
    are the kinds of documents that count where it is one of them. `stops` says who is not followed, and since when.
    Nothing is read of pay where `income_source` is empty. With `subjects`, nobody else's values are opened.
    """
    only = next(iter(subjects)) if subjects is not None and len(subjects) == 1 else None
    people = queries.subjects(session, contract_id, only=only)
    people = [row for row in people if subjects is None or row.subject_id in subjects]
    ids = [subject.subject_id for subject in people]
    note_people_read(session, ids)
    told = load_told(session, contract_id, ids, status_sources, evidence=evidence, known_at=known_at)
    first, *behind = told or [{}]
    documents = status_sources.index(EVIDENCE) if EVIDENCE in status_sources else None
    postings = source_postings(session, contract_id, income_source, ids, known_at=known_at) if income_source else {}
    return [
        PersonHistory.build(
            subject=subject.subject_id,
            enrolled_on=subject.enrolled_on,
            spells=first.get(subject.subject_id, []),
            behind=[source.get(subject.subject_id, []) for source in behind],
            documents=documents,
            postings=postings.get(subject.subject_id, []),
            stop=stops.get(subject.subject_id),
        )
        for subject in people
    ]


def load_read(
    session: Session,
    contract: Contract,
    *,
    known_at: datetime,
    stops: Mapping[str, Stop] = NO_STOPS,
    subjects: Collection[str] | None = None,
) -> list[PersonHistory]:
    """The same of everyone in a contract, with each week as the sources of its version tell it."""
    income = income_source_of(contract)

    def read(version: Contract) -> list[PersonHistory]:
        return load_histories(
            session,
            contract.id,
            status_sources=version.status_sources,
            income_source=income,
            known_at=known_at,
            evidence=version.evidence,
            stops=stops,
            subjects=subjects,
        )

    return histories_by_week(contract, read)
