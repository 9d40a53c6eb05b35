"""Pulls that are held: which of them wait for an answer, and which hold a window back; and answers that are staged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from connectors.errors import RejectReason
from connectors.shapes import Owned
from gateway.store.record_tables import PullHold
from gateway.store.sealed import About, Shelf, clear, opened_values, seal_values
from vocabulary.danish_days import danish_day
from vocabulary.records import SubjectRef

HELD = "held for a check of data"
ACCEPTED, REJECTED = "accepted", "rejected"
SUPERSEDED = "superseded"  # the source was declared in another way: what came is judged anew


@dataclass(frozen=True, slots=True)
class HeldForCheck:
    """All that the parties are told of a hold: since when, and by when it is answered."""

    since: date
    answer_by: date

    def __str__(self) -> str:
        return f"{HELD} since {self.since}, answered by {self.answer_by}"


def holds_of(session: Session, contract_id: str = "", source_id: str = "") -> Sequence[PullHold]:
    """Every hold, answered or not, oldest first; of one contract, of one source, or of all."""
    query = select(PullHold).order_by(col(PullHold.held_at), PullHold.id)
    query = query.where(PullHold.contract_id == contract_id) if contract_id else query
    return session.exec(query.where(PullHold.source_id == source_id) if source_id else query).all()


def open_holds(session: Session, contract_id: str = "", source_id: str = "") -> list[PullHold]:
    """The holds that wait for an answer, oldest first."""
    return [row for row in holds_of(session, contract_id, source_id) if not row.answer]


def hold_of(session: Session, contract_id: str, source_id: str, what: str) -> PullHold | None:
    """The newest hold of one file, by digest, or of one run."""
    rows = [row for row in holds_of(session, contract_id, source_id) if row.what == what]
    return rows[-1] if rows else None


def rejected_files(session: Session, contract_id: str, source_id: str) -> frozenset[str]:
    """The digests of the files that were rejected: they are left out for good."""
    rows = [row for row in holds_of(session, contract_id, source_id) if row.answer == REJECTED]
    return frozenset(digest for row in rows for digest in (row.what, *row.files))


def holding_back(
    session: Session, contract_id: str, *, last_week: int, frozen: datetime | None, now: datetime
) -> HeldForCheck | None:
    """What holds back a window that ends in `last_week`: the holds that wait for an answer whose day has not passed.

    Data that came after the window froze concern it no more. After its day a hold holds nothing back: what it keeps is
    missing, as if it had not come.
    """
    today = danish_day(now)
    rows = [
        row
        for row in open_holds(session, contract_id)
        if row.from_week <= last_week and today <= row.answer_by and (frozen is None or row.held_at < frozen)
    ]
    if not rows:
        return None
    return HeldForCheck(danish_day(rows[0].held_at), max(row.answer_by for row in rows))


def stage(
    session: Session,
    contract_id: str,
    run_id: str,
    owned: Iterable[Owned],
    failed: Mapping[SubjectRef, RejectReason],
    asked: Iterable[str],
) -> None:
    """Keep aside what a source told of the people who were `asked` about, until the run's end; a person again replaces
    what was kept.
    """
    records: dict[str, list[list[str]]] = {subject: [] for subject in asked}
    for one in owned:
        records.setdefault(one.subject.value, []).append(list(one.record))
    reasons = {person.value: reason.value for person, reason in failed.items()}
    values = {subject: [texts, reasons.get(subject, "")] for subject, texts in records.items()}
    seal_values(session, _answers(contract_id, run_id), values)


def staged_answers(
    session: Session, contract_id: str, run_id: str
) -> tuple[list[Owned], dict[SubjectRef, RejectReason]]:
    """What is kept aside of a run: the records, and of whom nothing was learnt, and why."""
    owned: list[Owned] = []
    failed: dict[SubjectRef, RejectReason] = {}
    for subject, (records, failure) in sorted(opened_values(session, _answers(contract_id, run_id)).items()):
        person = SubjectRef(subject)
        owned += [Owned(person, tuple(texts)) for texts in records]
        if failure:
            failed[person] = RejectReason(failure)
    return owned, failed


def forget_staged(session: Session, contract_id: str, run_id: str) -> None:
    """Delete what is kept aside of a run."""
    clear(session, _answers(contract_id, run_id))


def _answers(contract_id: str, run_id: str) -> Shelf:
    return Shelf(contract_id, About.ANSWERS, run_id)
