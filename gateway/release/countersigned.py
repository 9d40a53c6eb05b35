"""What auditors signed of an attestation, as its bundle carries it.

The access log names every countersignature that was taken in; the table holds what was signed. Both must agree whenever
a bundle is put together, so that nobody hides a deviation by deleting a row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import ColumnElement, literal_column
from sqlmodel import Session, col, select

from gateway.errors.audit import CountersignaturesCorrupt
from gateway.events.audit import CountersignatureTaken
from gateway.store.audit_tables import CountersignatureRow
from gateway.store.log_tables import LogEntry
from outcome_verifier import canonical
from outcome_verifier.countersignature import DEVIATIONS


def rows(session: Session, release_id: str) -> Sequence[CountersignatureRow]:
    """Everything that auditors signed of an attestation, oldest first. Raises `CountersignaturesCorrupt`."""
    query = select(CountersignatureRow).where(CountersignatureRow.release_id == release_id)
    found = session.exec(query.order_by(col(CountersignatureRow.at), CountersignatureRow.token_sha256)).all()
    held = {(row.token_sha256, row.kid, row.verdict) for row in found}
    is_whole = all(hashlib.sha256(row.token.encode("utf-8")).hexdigest() == row.token_sha256 for row in found)
    if held != _logged_digests(session, release_id) or not is_whole:
        raise CountersignaturesCorrupt(release=release_id)
    return found


def tokens(session: Session, release_id: str) -> list[str]:
    """One for each auditor's key, since a reader accepts no second: deviations, where the auditor ever found any.

    Raises `CountersignaturesCorrupt`.
    """
    found: dict[str, CountersignatureRow] = {}
    for row in rows(session, release_id):
        if row.kid not in found or row.verdict == DEVIATIONS:
            found[row.kid] = row
    return [row.token for row in found.values()]


def _logged_digests(session: Session, release_id: str) -> set[tuple[str, str, str]]:
    # as a literal: a bound value would not let the database see that its partial index fits
    kind: ColumnElement[str] = literal_column(f"'{CountersignatureTaken.kind}'")
    query = select(LogEntry.body).where(LogEntry.log == "access", col(LogEntry.kind) == kind)
    bodies = [canonical.loads(body.encode("utf-8")) for body in session.exec(query)]
    return {(one["token_sha256"], one["key"], one["verdict"]) for one in bodies if one["release"] == release_id}
