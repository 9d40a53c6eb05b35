"""Named reads of the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists
from sqlmodel import Session, col, select

from gateway.store.rights_tables import Advice
from gateway.store.settlement_tables import Dispute
from gateway.store.tables import Batch, PullRow, ReleaseAsk, ReleaseRow, SigningKeyRow, Subject
from keys.lifecycle import PUBLISHED, KeyState
from vocabulary.releases import Template
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class Completeness:
    """Up to which week every week is covered by pulls, and the instant at which it became so."""

    to_week: Week | None
    known_at: datetime | None


def is_suspended(session: Session, contract_id: str, window: str) -> bool:
    """Whether advice of the data protection officer holds this window back: until the controller decides against it, or
    the officer lifts it. A day that passes without a decision changes nothing: it stays held.
    """
    query = select(Advice).where(Advice.contract_id == contract_id, col(Advice.suspends).is_(True))
    return any(row.window in ("", window) and row.holds for row in session.exec(query))


def open_disputes(session: Session, contract_id: str) -> list[str]:
    """The labels of the windows that the parties disagree about, in their order."""
    return sorted({one.window for one in holding_disputes(session) if one.contract_id == contract_id})


def holding_disputes(session: Session) -> list[Dispute]:
    """Disputes that hold a line back: open, or upheld and not followed by anything; a correction ends them."""
    replaced = set(session.exec(select(ReleaseRow.supersedes).where(ReleaseRow.state == "issued")))
    query = select(Dispute).where(col(Dispute.outcome).in_(("", "upheld"))).order_by(col(Dispute.at), col(Dispute.id))
    return [one for one in session.exec(query) if one.release_id not in replaced]


def batches(session: Session, contract_id: str) -> Sequence[Batch]:
    """The sealed batches of a contract, by id."""
    return session.exec(select(Batch).where(Batch.contract_id == contract_id).order_by(Batch.batch_id)).all()


def batches_as_sealed(session: Session, contract_id: str) -> list[Batch]:
    """The same in the order in which they were sealed, as the log has it."""
    return sorted(batches(session, contract_id), key=lambda row: row.leaf_index)


def subjects(session: Session, contract_id: str, *, only: str | None = None) -> Sequence[Subject]:
    """The people of a contract, or one of them, by subject id."""
    query = select(Subject).where(Subject.contract_id == contract_id).order_by(Subject.subject_id)
    return session.exec(query if only is None else query.where(Subject.subject_id == only)).all()


def subject_of(session: Session, contract_id: str, case_reference: str) -> Subject | None:
    """The person with this case reference in a contract, where it is one person's; None for nobody."""
    query = select(Subject).where(Subject.contract_id == contract_id, Subject.case_reference == case_reference)
    return session.exec(query).one_or_none()


def pulls(session: Session, contract_id: str, source: str) -> Sequence[PullRow]:
    """What was pulled from a source for a contract, oldest first."""
    query = select(PullRow).where(PullRow.contract_id == contract_id, PullRow.source_id == source)
    return session.exec(query.order_by(col(PullRow.known_at), col(PullRow.id))).all()


def active_key(session: Session) -> SigningKeyRow | None:
    """The key that signs, if there is one."""
    return session.exec(select(SigningKeyRow).where(SigningKeyRow.state == KeyState.ACTIVE)).one_or_none()


def usable_keys(session: Session) -> Sequence[SigningKeyRow]:
    """The keys that sign or may come to sign."""
    return session.exec(
        select(SigningKeyRow).where(col(SigningKeyRow.state).in_([KeyState.PENDING, KeyState.ACTIVE]))
    ).all()


def published_keys(session: Session) -> Sequence[SigningKeyRow]:
    """The keys of the issuer's JWK set of today, oldest first."""
    query = select(SigningKeyRow).where(col(SigningKeyRow.state).in_(sorted(PUBLISHED)))
    return session.exec(query.order_by(col(SigningKeyRow.added_at), SigningKeyRow.kid)).all()


def releases(session: Session, contract_id: str) -> Sequence[ReleaseRow]:
    query = select(ReleaseRow).where(ReleaseRow.contract_id == contract_id)
    return session.exec(query.order_by(col(ReleaseRow.intended_at), ReleaseRow.id)).all()


def issued_revisions(
    session: Session, contract_id: str, window: str, template: str, recipient: str
) -> Sequence[ReleaseRow]:
    """What one recipient was given of one kind for one window, oldest first; no other row is read."""
    query = select(ReleaseRow).where(
        ReleaseRow.contract_id == contract_id,
        ReleaseRow.window == window,
        ReleaseRow.template == template,
        ReleaseRow.recipient_role == recipient,
        ReleaseRow.state == "issued",
    )
    return session.exec(query.order_by(col(ReleaseRow.revision))).all()


def successor(session: Session, release_id: str) -> ReleaseRow | None:
    """The issued attestation that superseded this one directly, if any."""
    query = select(ReleaseRow).where(ReleaseRow.supersedes == release_id, ReleaseRow.state == "issued")
    return session.exec(query).one_or_none()


def waiting_asks(session: Session) -> Sequence[ReleaseAsk]:
    """What recipients asked for and nobody released yet."""
    is_answered = exists().where(
        col(ReleaseRow.contract_id) == ReleaseAsk.contract_id,
        col(ReleaseRow.window) == ReleaseAsk.window,
        col(ReleaseRow.template) == ReleaseAsk.template,
        col(ReleaseRow.recipient_role) == ReleaseAsk.recipient_role,
        col(ReleaseRow.state) == "issued",
    )
    return session.exec(select(ReleaseAsk).where(~is_answered)).all()


def payment_documents(session: Session, contract_id: str) -> dict[str, ReleaseRow]:
    """The newest payment document of each window, issued or intended; a superseded one counts no more."""
    rows = sorted(releases(session, contract_id), key=lambda row: row.revision)
    return {row.window: row for row in rows if row.template == Template.PAYMENT_DOCUMENT}


def completeness(rows: Sequence[PullRow], *, first: Week) -> Completeness:
    """How far the pulls cover without a gap, from `first` on. `rows` are oldest first."""
    covered: set[int] = set()
    for row in rows:
        covered.update(range(row.from_week, row.to_week + 1))
    last = first.ordinal
    while last in covered:
        last += 1
    if last == first.ordinal:
        return Completeness(None, None)
    return Completeness(Week(last - 1), complete_since(rows, first=first, to=Week(last - 1)))


def complete_since(rows: Sequence[PullRow], *, first: Week, to: Week) -> datetime | None:
    """The instant from which the pulls covered every week of `first`..`to`, or None while they do not."""
    missing = set(range(first.ordinal, to.ordinal + 1))
    for row in rows:
        missing.difference_update(range(row.from_week, row.to_week + 1))
        if not missing:
            return row.known_at
    return None
