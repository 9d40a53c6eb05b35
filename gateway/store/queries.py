"""Named reads of the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, literal_column
from sqlmodel import Session, col, select

from gateway.store.rights_tables import Advice
from gateway.store.settlement_tables import Dispute, OpeningRow
from gateway.store.tables import (
    Batch,
    ContractVersion,
    LogEntry,
    ProgrammeRow,
    PullRow,
    ReleaseRow,
    SigningKeyRow,
    Subject,
)
from keys.lifecycle import PUBLISHED, KeyState
from outcome_verifier import canonical
from vocabulary.releases import Template
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class Completeness:
    """Up to which week every week is covered by pulls, and the instant at which it became so."""

    to_week: Week | None
    known_at: datetime | None


def contract_versions(session: Session, contract_id: str) -> Sequence[ContractVersion]:
    """All versions of a contract, oldest first."""
    query = select(ContractVersion).where(ContractVersion.contract_id == contract_id)
    return session.exec(query.order_by(col(ContractVersion.version))).all()


def contract_ids(session: Session) -> list[str]:
    return sorted(set(session.exec(select(ContractVersion.contract_id))))


def programmes(session: Session, contract_id: str) -> Sequence[ProgrammeRow]:
    """All programme files of a contract, the one in force last."""
    query = select(ProgrammeRow).where(ProgrammeRow.contract_id == contract_id)
    return session.exec(query.order_by(col(ProgrammeRow.position))).all()


def is_suspended(session: Session, contract_id: str, window: str) -> bool:
    """Whether advice of the data protection officer holds this window back: until the controller decides against it, or
    the officer lifts it. A day that passes without a decision changes nothing: it stays held.
    """
    query = select(Advice).where(Advice.contract_id == contract_id, col(Advice.suspends).is_(True))
    return any(row.window in ("", window) and row.holds for row in session.exec(query))


def opening(session: Session, contract_id: str) -> OpeningRow | None:
    """What the parties stated of the windows before the gateway, where the contract was adopted mid-way."""
    return session.get(OpeningRow, contract_id)


def is_adopted(session: Session, contract_id: str) -> bool:
    """Whether the access log says that opening balances of the contract came into force."""
    return contract_id in _contracts_named(session, "contract_adopted")


def in_shadow(session: Session, contract_id: str) -> bool:
    """Whether the contract only runs beside another settlement: from its first day here until it is adopted."""
    return contract_id in _contracts_named(session, "contract_shadowed") and not is_adopted(session, contract_id)


def is_settled_here(session: Session, contract_id: str, window: str) -> bool:
    """Whether this gateway settles the window: the contract runs in no shadow, and the parties have not stated it.

    The access log decides, and no row that somebody may have removed.
    """
    if not is_adopted(session, contract_id):
        return not in_shadow(session, contract_id)
    row = opening(session, contract_id)
    return row is not None and window not in row.windows


def _contracts_named(session: Session, kind: str) -> set[str]:
    """The contracts that events of a kind name. There is an index for just these kinds."""
    # as literals: bound values would not let the database see that its partial index fits
    within: ColumnElement[bool] = literal_column("kind IN ('contract_adopted', 'contract_shadowed')")
    query = select(LogEntry.body).where(within, LogEntry.log == "access", LogEntry.kind == kind)
    return {str(canonical.loads(body.encode("utf-8"))["contract"]) for body in session.exec(query)}


def open_disputes(session: Session, contract_id: str) -> list[str]:
    """The labels of the windows that the parties disagree about, in their order."""
    query = select(Dispute.window).where(Dispute.contract_id == contract_id, Dispute.outcome == "")
    return sorted(set(session.exec(query)))


def batches(session: Session, contract_id: str) -> Sequence[Batch]:
    """The sealed batches of a contract, by id."""
    return session.exec(select(Batch).where(Batch.contract_id == contract_id).order_by(Batch.batch_id)).all()


def subjects(session: Session, contract_id: str) -> Sequence[Subject]:
    query = select(Subject).where(Subject.contract_id == contract_id)
    return session.exec(query.order_by(Subject.subject_id)).all()


def subject_of(session: Session, contract_id: str, case_reference: str) -> Subject | None:
    """The person with this case reference in a contract; None for nobody, and where it is not one person's."""
    query = select(Subject).where(Subject.contract_id == contract_id, Subject.case_reference == case_reference)
    rows = session.exec(query).all()
    return rows[0] if len(rows) == 1 and case_reference else None


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
