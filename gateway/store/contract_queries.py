"""Named reads of what was agreed: a command that lists contracts needs no other table."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, literal_column
from sqlmodel import Session, col, select

from gateway.store.contract_tables import ContractVersion, OpeningRow, ProgrammeRow, TriedDraft
from gateway.store.log_tables import LogEntry
from outcome_verifier import canonical


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


def tried_drafts(session: Session, contract_id: str) -> Sequence[TriedDraft]:
    """The drafts that were tried on the people of a contract."""
    query = select(TriedDraft).where(TriedDraft.contract_id == contract_id)
    return session.exec(query.order_by(TriedDraft.sha256)).all()


def opening(session: Session, contract_id: str) -> OpeningRow | None:
    """What the parties stated of the windows before the gateway, where the contract was adopted mid-way."""
    return session.get(OpeningRow, contract_id)


def is_adopted(session: Session, contract_id: str) -> bool:
    """Whether the access log says that opening balances of the contract came into force."""
    return contract_id in _contracts_named(session, "contract_adopted")


def newest_digest(session: Session, contract_id: str) -> str:
    """The digest of the newest version of a contract in force: a programme is declared for that one."""
    return contract_versions(session, contract_id)[-1].sha256


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
