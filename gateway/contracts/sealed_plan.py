"""What stands beside the seals: the windows that end a block, and from which window on the people of each batch count.

A seal holds a salted digest of both, and stands in the log. Whoever edits them in the database, so that a window is
shown by itself that has to wait, or that people count in one which was told without them, cannot edit that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, literal_column
from sqlmodel import Session, col, select

from gateway.attestations.block_plan import SealedDays, ends_of_blocks, plan_digest
from gateway.attestations.seals import Seal
from gateway.errors.enrolment import BatchTooLate, SealsCorrupt
from gateway.events.contracts import ContractActivated
from gateway.outcomes.contract import Contract
from gateway.outcomes.ends import until_it_ended
from gateway.store import contract_queries, queries
from gateway.store.contract_tables import ContractVersion
from gateway.store.log_tables import LogEntry
from gateway.store.tables import Batch
from outcome_verifier import canonical
from vocabulary.releases import Template


def opening_versions(session: Session, contract_id: str) -> list[ContractVersion]:
    """The versions of a contract whose text opens a seal, which names none itself; none where nothing is sealed.

    Raises `SealsCorrupt` where a seal does not open with what stands beside it.
    """
    versions, batches = contract_queries.contract_versions(session, contract_id), queries.batches(session, contract_id)
    _check_logged(session, versions[1:])
    found = []
    for batch in batches:
        opening = [one for one in versions if _opens(one.sha256, batch)]
        if not opening:
            raise SealsCorrupt(contract=contract_id, batch=batch.batch_id)
        found += opening
    return found


def _check_logged(session: Session, versions: Sequence[ContractVersion]) -> None:
    """Raise `SealsCorrupt` where a later version's plan is not the one that the access log has."""
    if not versions:
        return
    logged = _logged_plans(session)
    for row in versions:
        if (row.contract_id, row.sha256, row.batches, row.block_ends) not in logged:
            raise SealsCorrupt(contract=row.contract_id, version=row.version)


def _logged_plans(session: Session) -> list[tuple[str, str, int, list[str]]]:
    """Contract, text, batches and ends of blocks of whatever was put in force. There is an index for just this."""
    # as a literal: a bound value would not let the database see that its partial index fits
    kind: ColumnElement[str] = literal_column(f"'{ContractActivated.kind}'")
    query = select(LogEntry.body).where(LogEntry.log == "access", col(LogEntry.kind) == kind)
    bodies = (canonical.loads(body.encode("utf-8")) for body in session.exec(query))
    return [(one["contract"], one["rules_sha256"], one["batches"], one["block_ends"]) for one in bodies]


def planned_ends(session: Session, contract: Contract, *, before: datetime | None = None) -> tuple[str, ...]:
    """The windows that end a block under this version and those before it, for whoever is sealed: with what readers
    were shown, or were before an instant."""
    shown = shown_windows(session, contract.id, before=before)
    if contract.end is None:
        return ends_of_blocks(contract, sealed_days(session, contract), shown=shown)
    # one that ends early shows what it would have shown by then, and no block that was open
    running = until_it_ended(contract)
    planned = ends_of_blocks(running, sealed_days(session, running), shown=shown)
    return tuple(end for end in planned if end in {one.label for one in contract.windows if one in running.windows})


def _opens(contract_sha256: str, batch: Batch) -> bool:
    salt = bytes.fromhex(batch.plan_salt_hex)
    digest = plan_digest(contract_sha256, batch.counts_from, batch.block_ends, salt)
    return digest == batch.plan_sha256 and Seal.of_row(batch).sha256 == batch.seal_sha256


def first_open_window(session: Session, contract: Contract, batch: str) -> int:
    """The place of the first window from which a batch counts that is sealed now: of no window from it on was anything
    released or stated. Raises `BatchTooLate` where there is none."""
    labels = [window.label for window in contract.windows]
    opening = contract_queries.opening(session, contract.id)
    told = {row.window for row in queries.releases(session, contract.id)} | set(opening.windows if opening else ())
    place = max((labels.index(label) + 1 for label in told), default=0)
    if place == len(labels):
        raise BatchTooLate(contract=contract.id, batch=batch, window=labels[-1])
    return place


def shown_windows(session: Session, contract_id: str, *, before: datetime | None = None) -> set[str]:
    """The labels of the windows of which readers were shown something, or were before an instant."""
    return {
        row.window
        for row in queries.releases(session, contract_id)
        if row.template != Template.PAYMENT_DOCUMENT and (before is None or row.intended_at < before)
    }


def sealed_days(session: Session, contract: Contract) -> list[SealedDays]:
    """Each sealed batch with its people's days of enrolment, in the order in which they were sealed. Raises
    `SealsCorrupt` for a window that the contract does not have."""
    labels = [window.label for window in contract.windows]
    days: dict[str, list[date]] = {}
    for one in queries.subjects(session, contract.id):
        days.setdefault(one.batch_id, []).append(one.enrolled_on)
    found = []
    for batch in queries.batches_as_sealed(session, contract.id):
        if batch.counts_from not in labels:
            raise SealsCorrupt(contract=contract.id, batch=batch.batch_id)
        found.append(SealedDays(labels.index(batch.counts_from), batch.count, days.get(batch.batch_id, [])))
    return found
