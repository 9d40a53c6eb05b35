"""What a source of records told of people becomes rows: all that is known of them, in the weeks that were asked for."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from connectors.boundary import Boundary
from connectors.declaration import SourceDeclaration
from connectors.errors import RejectReason
from connectors.shapes import LifeEvent, LifeEventKind, Owned, Read, read_records
from gateway.store import basis, queries, spells
from gateway.store.newcomers import judge_newcomers
from gateway.store.rights_tables import BasisRow
from gateway.store.tables import SpellRow
from policies.basis import Change, RecordKind
from vocabulary.records import StatusSpell, SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Week

_AWAY = {LifeEventKind.DEAD: Status.DEAD, LifeEventKind.EMIGRATED: Status.NOT_RESIDENT}
_CHANNEL = "register"


@dataclass(frozen=True, slots=True)
class RecordQuestion:
    """Whom a source was asked about, for which weeks, on whose behalf. `last_week` is the contract's."""

    contract_id: str
    declaration: SourceDeclaration
    weeks: tuple[Week, Week]
    last_week: Week
    people: frozenset[SubjectRef]
    keeps_amounts: bool


@dataclass(slots=True)
class StoredRecords:
    people_changed: int = 0
    postings: int = 0
    uncertain: int = 0
    rejected: Counter[RejectReason] = field(default_factory=Counter)
    unknown_codes: Counter[str] = field(default_factory=Counter)


def store_whole(
    session: Session,
    boundary: Boundary,
    asked: RecordQuestion,
    owned: Iterable[Owned],
    *,
    absence_is_known: bool,
    now: datetime,
) -> StoredRecords:
    """Make these records all that is known of the people who were asked about.

    Where a record of a person could not be read, what was known of that person stays. Where the owner of a lost record
    is unknown (`absence_is_known` false), it may be anybody's: then what the records show is stored, and nothing is
    concluded from what they do not show.
    """
    declaration = asked.declaration
    read = read_records(
        declaration.kind,
        (one for one in owned if one.subject in asked.people),
        list(declaration.columns),
        weeks=asked.weeks if declaration.kind != "life_events" else (asked.weeks[0], asked.last_week),
        codes=declaration.codes,
        keeps_amounts=asked.keeps_amounts,
    )
    stored = StoredRecords(uncertain=len(read.uncertain), rejected=read.rejected, unknown_codes=read.unknown_codes)
    if not absence_is_known:
        shown = {spell.subject for spell in read.spells} | {posting.subject for posting in read.postings}
        shown |= {event.subject for event in read.events}
        stored.uncertain = len(asked.people - shown | read.uncertain)
        certain = shown - read.uncertain
    else:
        certain = set(asked.people) - read.uncertain
    if declaration.kind == "periods":
        rows = _periods(asked, read, certain, absence_is_known)
        rows, newcomers = judge_newcomers(session, declaration, rows, now=now)
        stored.unknown_codes = stored.unknown_codes + newcomers
        stored.people_changed = _store_periods(session, asked, rows, certain, now)
    elif declaration.kind == "postings":
        stored.postings = _postings(session, asked, read, certain, now)
    else:
        stored.people_changed = _events(session, boundary, asked, read.events, certain, stored, now)
    return stored


def ended_people(
    session: Session,
    contract_id: str,
    declaration: SourceDeclaration,
    people: Collection[SubjectRef],
    *,
    weeks: tuple[Week, Week],
) -> set[SubjectRef]:
    """Whom a civil register shows as dead, or abroad, in every week that the source has still to tell: nobody asks
    about them any more. Until the source has told the weeks before, it is asked: those count as anybody's do.

    `weeks` are those that the contract needs. The civil register itself is asked about those abroad, who may return.
    """
    complete = queries.completeness(queries.pulls(session, contract_id, declaration.id), first=weeks[0]).to_week
    untold = range(min(weeks[1], weeks[0] if complete is None else complete + 1).ordinal, weeks[1].ordinal + 1)
    away = [Status.DEAD] if declaration.kind == "life_events" else [Status.DEAD, Status.NOT_RESIDENT]
    query = select(SpellRow.subject_id, SpellRow.from_week, SpellRow.to_week).where(
        col(SpellRow.subject_id).in_([person.value for person in people]),
        col(SpellRow.status).in_(away),
        col(SpellRow.code).in_([kind.value for kind in _AWAY]),
        col(SpellRow.known_to).is_(None),
    )
    gone: dict[str, set[int]] = defaultdict(set)
    for subject, first, last in session.exec(query):
        gone[subject].update(range(first, last + 1))
    return {person for person in people if gone[person.value].issuperset(untold)}


def _periods(asked: RecordQuestion, read: Read, certain: set[SubjectRef], absence_is_known: bool) -> list[StatusSpell]:
    """Weeks that no period covers are weeks without a benefit, where the code list has a word for that in them."""
    rows = [spell for spell in read.spells if spell.subject in certain]
    if absence_is_known:
        shown: dict[SubjectRef, set[int]] = defaultdict(set)
        for spell in rows:
            shown[spell.subject].update(range(spell.from_week.ordinal, spell.to_week.ordinal + 1))
        codes = asked.declaration.codes
        every = range(asked.weeks[0].ordinal, asked.weeks[1].ordinal + 1)
        explained = [week for week in every if codes.status_in("", Week(week)) is not None]
        rows += [
            StatusSpell(person, Status.NO_BENEFIT, "", Week(week), Week(week))
            for person in sorted(certain)
            for week in explained
            if week not in shown[person]
        ]
    return rows


def _store_periods(
    session: Session, asked: RecordQuestion, rows: Sequence[StatusSpell], certain: set[SubjectRef], now: datetime
) -> int:
    return spells.store_spells(
        session,
        asked.declaration.id,
        rows,
        from_week=asked.weeks[0],
        to_week=asked.weeks[1],
        edition=now.date().toordinal(),
        now=now,
        people=certain,
    )


def _postings(session: Session, asked: RecordQuestion, read: Read, certain: set[SubjectRef], now: datetime) -> int:
    return spells.store_told_postings(
        session,
        asked.declaration.id,
        [posting for posting in read.postings if posting.subject in certain],
        people=certain,
        months=(asked.weeks[0].month, asked.weeks[1].month),
        now=now,
    )


def _events(
    session: Session,
    boundary: Boundary,
    asked: RecordQuestion,
    events: Sequence[LifeEvent],
    certain: set[SubjectRef],
    stored: StoredRecords,
    now: datetime,
) -> int:
    """Deaths and stays abroad as weeks, up to the contract's last; protection as a record; numbers in the linkage."""
    by_person: dict[SubjectRef, list[LifeEvent]] = {person: [] for person in certain}
    for event in events:
        if event.subject in certain:
            by_person[event.subject].append(event)
    rows: list[StatusSpell] = []
    protected = basis.having(session, asked.contract_id, RecordKind.PROTECTION, at=now)
    for found in by_person.values():
        found.sort(key=lambda event: (event.on, event.kind))
    changed = [(event.subject, event.number.text) for found in by_person.values() for event in found if event.number]
    stored.rejected.update(boundary.renumber(changed, asked.contract_id))
    for person, found in by_person.items():
        rows += _away(person, found, asked)
        kinds = [event.kind for event in found]
        marks = [kind for kind in kinds if kind in (LifeEventKind.PROTECTED, LifeEventKind.PROTECTION_ENDED)]
        is_protected = person.value in protected
        if marks and (marks[-1] is LifeEventKind.PROTECTED) != is_protected:
            _protect(session, asked.contract_id, person, begins=not is_protected, now=now)
    return spells.store_spells(
        session,
        asked.declaration.id,
        rows,
        from_week=asked.weeks[0],
        to_week=asked.last_week,
        edition=now.date().toordinal(),
        now=now,
        people=certain,
    )


def _away(person: SubjectRef, events: Sequence[LifeEvent], asked: RecordQuestion) -> list[StatusSpell]:
    """From the week of a death or departure on; a return ends the latter, death ends everything."""
    rows: list[StatusSpell] = []
    since: tuple[Week, LifeEventKind] | None = None

    def close(last: Week) -> None:
        if since is not None and since[0] <= last:
            first = max(since[0], asked.weeks[0])
            rows.append(StatusSpell(person, _AWAY[since[1]], since[1].value, first, last))

    for event in events:
        week = min(Week.of(event.on), asked.last_week + 1)
        if event.kind in _AWAY and (since is None or since[1] is not LifeEventKind.DEAD):
            close(week + -1)
            since = (week, event.kind)
        elif event.kind is LifeEventKind.RETURNED and since is not None and since[1] is LifeEventKind.EMIGRATED:
            close(week + -1)
            since = None
    close(asked.last_week)
    return rows


def _protect(session: Session, contract_id: str, person: SubjectRef, *, begins: bool, now: datetime) -> None:
    """Begin the record of a protected name and address, or end those that the register began."""
    if begins:
        session.add(
            BasisRow(
                record_id=str(uuid.uuid4()),
                change=Change.BEGINS,
                subject_id=person.value,
                contract_id=contract_id,
                kind=RecordKind.PROTECTION,
                purposes=[],
                notice_id="",
                notice_version=0,
                valid_to=None,
                channel=_CHANNEL,
                at=now,
            )
        )
        return
    query = select(BasisRow).where(
        BasisRow.contract_id == contract_id,
        BasisRow.subject_id == person.value,
        BasisRow.kind == RecordKind.PROTECTION,
        BasisRow.channel == _CHANNEL,
        BasisRow.change == Change.BEGINS,
    )
    for row in session.exec(query).all():
        if session.get(BasisRow, (row.record_id, Change.ENDS)) is None:
            session.add(BasisRow(**{**row.model_dump(), "change": Change.ENDS, "at": now}))
