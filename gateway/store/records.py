"""Runs of pulls that bring records, and the records that sources of changes told."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from connectors.declaration import SourceDeclaration
from connectors.errors import SourceMalformed
from connectors.shapes import Owned
from connectors.transport import Record
from gateway.store import holds
from gateway.store.record_tables import PullRun
from gateway.store.sealed import NO_PERSON, About, Shelf, Value, clear, everybodys_values, opened_values, seal_values
from keys.source_keys import SourceKeys
from vocabulary.records import SubjectRef
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class Versioned:
    """A record of a source of changes. `number` is the source's own; `is_deleted` says that it is no more. Without a
    `subject` nobody can tell whose it is.
    """

    subject: SubjectRef | None
    texts: Record
    number: str
    version: int
    is_deleted: bool


def run_of(
    session: Session,
    contract_id: str,
    declaration: SourceDeclaration,
    people: Sequence[SubjectRef],
    weeks: tuple[Week, Week],
    *,
    asked_to: Week,
    batches: int,
    now: datetime,
) -> tuple[PullRun, bool]:
    """The run that was interrupted, and true; or a new one.

    It goes on from the cursor of the one before only under the same declaration, and where everybody who is asked about
    now was asked about then: of somebody who joined, or may be asked about again, the source told before that cursor.
    """
    wanted = sorted(person.value for person in people)
    before = _newest_run(session, contract_id, declaration.id)
    is_same = before is not None and before.source_sha256 == declaration.sha256
    goes_on = False
    if before is not None:
        told = is_same and set(wanted) <= set(before.people)
        goes_on = told and before.ended_at is None and before.to_week == weeks[1].ordinal
    if before is not None and goes_on:
        return before, True
    if not is_same:
        forget_records(session, contract_id, declaration.id)
    if before is not None:
        holds.forget_staged(session, contract_id, before.id)
    row = PullRun(
        id=secrets.token_hex(32),
        contract_id=contract_id,
        source_id=declaration.id,
        source_sha256=declaration.sha256,
        from_week=weeks[0].ordinal,
        to_week=weeks[1].ordinal,
        asked_to_week=asked_to.ordinal,
        batches=batches,
        position="",
        cursor=before.cursor if before is not None and told else "",
        newest_file="",
        people=wanted,
        counts={},
        began_at=now,
    )
    if before is not None:
        before.people = []
        session.add(before)
    session.add(row)
    session.flush()
    return row, False


def newest_file(session: Session, contract_id: str, source_id: str) -> str:
    """The name of the last file that told everything of a source; empty where none did. Under whatever declaration: an
    older file is not newer because a column was added.
    """
    query = select(PullRun.newest_file).where(
        PullRun.contract_id == contract_id, PullRun.source_id == source_id, PullRun.newest_file != ""
    )
    return session.exec(query.order_by(col(PullRun.began_at).desc(), PullRun.id)).first() or ""


def _newest_run(session: Session, contract_id: str, source_id: str) -> PullRun | None:
    """The newest run of a source for a contract, under whatever declaration."""
    query = select(PullRun).where(PullRun.contract_id == contract_id, PullRun.source_id == source_id)
    return session.exec(query.order_by(col(PullRun.began_at).desc(), PullRun.id)).first()


def forget_records(session: Session, contract_id: str, source_id: str) -> None:
    """Drop every record of a source: another declaration gives its texts another meaning, or they were rejected."""
    clear(session, _shelf(contract_id, source_id))


def keep(session: Session, run: PullRun, keys: SourceKeys, records: Iterable[Versioned]) -> int:
    """Store what is newer than what is known, by record and version; returns how many were news.

    A record that came before changes nothing, in whatever order pages come. A deleted one is kept without texts, so
    that an earlier version cannot bring it back. Raises `SourceMalformed` where a version that is known comes again and
    says something else, or is somebody else's: which of the two holds nobody can tell.
    """
    shelf = _shelf(run.contract_id, run.source_id)
    known = _known_records(opened_values(session, shelf))
    touched: set[str] = set()
    news = 0
    for one in records:
        digest, version = keys.digest(one.number), keys.place_of(one.version)
        texts = [] if one.is_deleted else [""] if one.subject is None else list(one.texts)
        owner = NO_PERSON if one.subject is None else one.subject.value
        before = known.get(digest)
        if before is not None and before[0] > version:
            continue
        if before is not None and before[0] == version:
            if before != (version, owner, texts):
                reason = "a version of a record that is known came again with another content, or for another person"
                raise SourceMalformed(source=run.source_id, reason=reason)
            continue
        touched |= {owner} if before is None else {owner, before[1]}
        known[digest] = version, owner, texts
        news += 1
    if news:
        values: dict[str, Value] = {subject: [] for subject in touched}
        for digest, (version, owner, texts) in sorted(known.items()):
            if owner in touched:
                values[owner].append([digest, version, texts])
        seal_values(session, shelf, values)
    return news


def known_records(session: Session, run: PullRun, keys: SourceKeys, records: Iterable[Versioned]) -> list[Versioned]:
    """Those of these records of which a version is stored: once somebody's of the cohort, or nobody's."""
    wanted = list(records)
    known = _known_records(opened_values(session, _shelf(run.contract_id, run.source_id))) if wanted else {}
    return [one for one in wanted if keys.digest(one.number) in known]


def standing(session: Session, contract_id: str, source_id: str) -> tuple[dict[str, list[Record]], bool]:
    """Subject id -> the texts of every record that stands; and whether there is one that may be anybody's."""
    values = opened_values(session, _shelf(contract_id, source_id))
    found = {subject: [tuple(texts) for _, _, texts in sorted(value) if texts] for subject, value in values.items()}
    return found, bool(found.pop(NO_PERSON, []))


def seal_anew(session: Session, contract_id: str, source_id: str) -> None:
    """Write what is kept of everybody anew, after pages that told something of a few."""
    shelf = _shelf(contract_id, source_id)
    values = everybodys_values(session, shelf)
    seal_values(session, shelf, {NO_PERSON: []} | values)


def owned_records(found: dict[str, list[Record]], people: Sequence[SubjectRef]) -> list[Owned]:
    """The standing records of these people."""
    return [Owned(person, record) for person in people for record in found.get(person.value, [])]


def _known_records(values: Mapping[str, Value]) -> dict[str, tuple[int, str, list[str]]]:
    """Digest of a record's number -> its version, whose it is, and its texts."""
    return {digest: (version, owner, texts) for owner, value in values.items() for digest, version, texts in value}


def _shelf(contract_id: str, source_id: str) -> Shelf:
    return Shelf(contract_id, About.RECORDS, source_id)
