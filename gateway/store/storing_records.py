"""What a source of records told of people becomes rows: all that is known of them, in the weeks that were asked for."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from connectors.boundary import Boundary
from connectors.declaration import SourceDeclaration
from connectors.errors import RejectReason
from connectors.postings import months_between, unreadable
from connectors.shapes import LifeEvent, Owned, Read, read_records
from gateway.store import life_events, postings, queries, spells
from gateway.store.life_events import ProtectedDays
from gateway.store.newcomers import judge_newcomers
from gateway.store.rights_tables import BasisRow
from policies.basis import Change, RecordKind
from vocabulary.danish_days import danish_day, danish_midnight
from vocabulary.records import StatusSpell, SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Week

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


@dataclass(frozen=True, slots=True)
class WholeAnswer:
    """What records mean that are all that is known of the people who were asked about. Of `certain` people their
    absence from a week says something too, where `absence_is_known`; of `uncertain` many nothing is concluded.
    """

    read: Read
    certain: frozenset[SubjectRef]
    uncertain: int
    failed: frozenset[SubjectRef]  # whose answer could not be used
    absence_is_known: bool


@dataclass(slots=True)
class StoredRecords:
    people_changed: int = 0
    postings: int = 0
    uncertain: int = 0
    rejected: Counter[RejectReason] = field(default_factory=Counter)
    unknown_codes: Counter[str] = field(default_factory=Counter)


def read_whole(
    asked: RecordQuestion,
    owned: Iterable[Owned],
    failed: Mapping[SubjectRef, RejectReason],
    *,
    absence_is_known: bool,
) -> WholeAnswer:
    """Read the records of the people who were asked about. Stores nothing.

    Of whom the source's answer `failed`, or a record could not be read, nothing is concluded. Where the owner of a lost
    record is unknown (`absence_is_known` false), it may be anybody's: then nothing is concluded from what the records
    do not show.
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
    own_failed = {person: reason for person, reason in failed.items() if person in asked.people}
    read.uncertain.update(own_failed)
    read.rejected.update(own_failed.values())
    certain, uncertain = asked.people - read.uncertain, len(read.uncertain)
    if not absence_is_known:
        shown = {spell.subject for spell in read.spells} | {posting.subject for posting in read.postings}
        shown |= {event.subject for event in read.events}
        certain = frozenset(shown - read.uncertain)
        uncertain = len(asked.people if declaration.kind == "postings" else asked.people - shown | read.uncertain)
    return WholeAnswer(read, certain, uncertain, frozenset(own_failed), absence_is_known)


def store_whole(
    session: Session, boundary: Boundary, asked: RecordQuestion, answer: WholeAnswer, *, now: datetime
) -> StoredRecords:
    """Make an answer all that is known of the people of whom it is certain; of the others what was known stays.

    A posting that is lost may take back what others give, so of postings all is stored, with a mark that the income of
    its months is unknown: of its person, or of everybody in every month.
    """
    read, certain = answer.read, set(answer.certain)
    stored = StoredRecords(uncertain=answer.uncertain, rejected=read.rejected, unknown_codes=read.unknown_codes)
    kind = asked.declaration.kind
    if kind == "periods":
        rows = _periods(asked, read, certain, answer.absence_is_known)
        rows, newcomers = judge_newcomers(session, asked.contract_id, asked.declaration, rows, now=now)
        stored.unknown_codes = stored.unknown_codes + newcomers
        stored.people_changed = _store_periods(session, asked, rows, certain, now)
    elif kind == "postings":
        stored.postings = _postings(session, asked, answer, now)
    else:
        stored.people_changed = _events(
            session, boundary, asked, read.events, certain, answer.absence_is_known, stored, now
        )
    return stored


def ended_people(
    session: Session,
    contract_id: str,
    declaration: SourceDeclaration,
    people: Collection[SubjectRef],
    *,
    weeks: tuple[Week, Week],
    now: datetime,
) -> set[SubjectRef]:
    """Whom a civil register shows as dead, or abroad, in every week that the source has still to tell: nobody asks
    about them any more. Until the source has told the weeks before, it is asked: those count as anybody's do. A death
    or departure of this week or a later one has not come yet.

    `weeks` are those that the contract needs. The civil register itself is asked about those abroad, who may return.
    """
    sealed = len(queries.batches(session, contract_id))
    rows = [row for row in queries.pulls(session, contract_id, declaration.id) if row.batches == sealed]
    complete = queries.completeness(rows, first=weeks[0]).to_week  # of everybody
    untold = range(min(weeks[1], weeks[0] if complete is None else complete + 1).ordinal, weeks[1].ordinal + 1)
    away = [Status.DEAD] if declaration.kind == "life_events" else [Status.DEAD, Status.NOT_RESIDENT]
    this_week = Week.of(danish_day(now)).ordinal
    gone: dict[str, set[int]] = defaultdict(set)
    for subject, versions in spells.standing_spells(session, contract_id, {person.value for person in people}):
        gone[subject].update(
            week
            for one in versions
            if one.status in away and one.code in life_events.AWAY and one.from_week < this_week
            for week in range(one.from_week, one.to_week + 1)
        )
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
        asked.contract_id,
        asked.declaration.id,
        rows,
        from_week=asked.weeks[0],
        to_week=asked.weeks[1],
        edition=now.date().toordinal(),
        now=now,
        people=certain,
    )


def _postings(session: Session, asked: RecordQuestion, answer: WholeAnswer, now: datetime) -> int:
    """Of whoever's answer failed, the months that no earlier pull told are unknown, and the others stay."""
    first, last = asked.weeks[0].month, asked.weeks[1].month
    lost = [] if answer.absence_is_known else unreadable(sorted(asked.people), months_between(first, last))
    source = asked.declaration.id
    added = postings.store_told_postings(
        session,
        asked.contract_id,
        source,
        [*answer.read.postings, *lost],
        people=asked.people - answer.failed,
        months=(first, last),
        now=now,
    )
    told_to = max((row.to_week for row in queries.pulls(session, asked.contract_id, source)), default=None)
    untold = first if told_to is None else max(first, Week(told_to + 1).month)
    if answer.failed and untold <= last:
        marks = unreadable(sorted(answer.failed), months_between(untold, last))
        added += postings.store_told_postings(
            session, asked.contract_id, source, list(marks), people=answer.failed, months=(untold, last), now=now
        )
    return added


def _events(
    session: Session,
    boundary: Boundary,
    asked: RecordQuestion,
    events: Sequence[LifeEvent],
    certain: set[SubjectRef],
    absence_is_known: bool,
    stored: StoredRecords,
    now: datetime,
) -> int:
    """Deaths and stays abroad as weeks, up to the contract's last; protection as records that begin and end on their
    days; numbers that have changed by today in the linkage. A lost event may be anybody's protection, or death: then
    what is told begins, and nothing ends.
    """
    today = danish_day(now)
    by_person: dict[SubjectRef, list[LifeEvent]] = {person: [] for person in certain}
    for event in life_events.in_order(events):
        if event.subject in certain:
            by_person[event.subject].append(event)
    changed = [pair for found in by_person.values() for pair in life_events.changed_numbers(found, today=today)]
    stored.rejected.update(boundary.renumber(changed, asked.contract_id))
    rows: list[StatusSpell] = []
    for person, found in sorted(by_person.items()):
        rows += life_events.weeks_away(person, found, (asked.weeks[0], asked.last_week))
        if life_events.tells_of_protection(found):
            _protect(
                session,
                asked.contract_id,
                person,
                life_events.protected_days(found, today=today),
                absence_is_known,
                now,
            )
    return spells.store_spells(
        session,
        asked.contract_id,
        asked.declaration.id,
        rows,
        from_week=asked.weeks[0],
        to_week=asked.last_week,
        edition=now.date().toordinal(),
        now=now,
        people=certain if absence_is_known else (),
    )


def _protect(
    session: Session,
    contract_id: str,
    person: SubjectRef,
    wanted: Sequence[ProtectedDays],
    absence_is_known: bool,
    now: datetime,
) -> None:
    """Make these the person's records of protection by the register: one that holds already is kept as it is, one that
    is to come begins on its day, and every other that has not run out ends now, where these are known to be all.
    """
    today = danish_day(now)
    missing = [ProtectedDays(max(days.first, today), days.last) for days in wanted]
    for row in _register_protections(session, contract_id, person):
        held = ProtectedDays(max(danish_day(row.at), today), row.valid_to)
        if held in missing:
            missing.remove(held)
        elif absence_is_known and (row.valid_to is None or row.valid_to >= today):
            session.add(BasisRow(**{**row.model_dump(), "change": Change.ENDS, "at": now}))
    for days in missing:
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
                valid_to=days.last,
                channel=_CHANNEL,
                at=now if days.first <= today else danish_midnight(days.first),
            )
        )


def _register_protections(session: Session, contract_id: str, person: SubjectRef) -> list[BasisRow]:
    """The beginnings of the person's protection that the register told and nothing has ended."""
    query = select(BasisRow).where(
        BasisRow.contract_id == contract_id,
        BasisRow.subject_id == person.value,
        BasisRow.kind == RecordKind.PROTECTION,
        BasisRow.channel == _CHANNEL,
        BasisRow.change == Change.BEGINS,
    )
    rows = session.exec(query.order_by(col(BasisRow.at), BasisRow.record_id)).all()
    return [row for row in rows if session.get(BasisRow, (row.record_id, Change.ENDS)) is None]
