"""Register rows in bitemporal tables: what was valid when, and since when it was known.

Nothing is overwritten. A newer file that shows other codes, or an income file that comes again, closes what it
contradicts (`known_to`) and adds what is new; a past evaluation can be repeated as of its day. What a file only
confirms gets no new version: it has been known since it was first told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from gateway.outcomes.history import PersonHistory
from gateway.outcomes.manual_evidence import EVIDENCE, EvidenceType
from gateway.store.columns import draw_number
from gateway.store.evidence_rows import confirmed_spells
from gateway.store.order import insert_rows
from gateway.store.people_read import note_people_read
from gateway.store.tables import IncomeRow, SpellRow, Subject
from policies.basis import Stop
from vocabulary.records import IncomePosting, StatusSpell, SubjectRef
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Month, Week

Code = tuple[Status, str]
_SPELL = (
    col(SpellRow.subject_id),
    col(SpellRow.status),
    col(SpellRow.code),
    col(SpellRow.from_week),
    col(SpellRow.to_week),
)
_POSTING = (
    col(IncomeRow.subject_id),
    col(IncomeRow.month),
    col(IncomeRow.income_type),
    col(IncomeRow.paid_hours_hundredths),
    col(IncomeRow.is_reversal),
    col(IncomeRow.amount_minor),
)
_OLDEST_FIRST = col(IncomeRow.known_from), col(IncomeRow.subject_id), col(IncomeRow.id)
NO_STOPS: Mapping[str, Stop] = MappingProxyType({})
Weeks = dict[int, tuple[int, frozenset[Code]]]  # week -> the edition that told, and the codes that it told


def store_spells(
    session: Session,
    source: str,
    spells: Sequence[StatusSpell],
    *,
    from_week: Week,
    to_week: Week,
    edition: int,
    now: datetime,
    people: Collection[SubjectRef] = (),
    covered_since: Collection[int] = (),
) -> int:
    """Make these spells what is known of the covered weeks; returns for how many subjects something changed.

    Of `people` something is known even where no spell is theirs: that nothing is shown of them.

    A subject's spells outside `from_week`..`to_week` stay, but for weeks that the new spells name: a late
    correction. What a newer edition told stays too, in whatever order the files come; and of the weeks that one has
    covered (`covered_since`, ordinals) nothing is told at all, for what it left open it did not know. Storing the same
    spells twice changes nothing.
    """
    by_subject: dict[str, list[StatusSpell]] = {person.value: [] for person in people}
    for spell in spells:
        by_subject.setdefault(spell.subject.value, []).append(spell)
    known: dict[str, list[SpellRow]] = defaultdict(list)
    query = select(SpellRow).where(SpellRow.source_id == source, col(SpellRow.known_to).is_(None))
    for row in session.exec(query.where(col(SpellRow.subject_id).in_(by_subject))):
        known[row.subject_id].append(row)
    changed = 0
    news: list[dict[str, Any]] = []
    for subject, found in by_subject.items():
        before = _weeks_of_rows(known[subject])
        told: dict[int, set[Code]] = {week: set() for week in range(from_week.ordinal, to_week.ordinal + 1)}
        for spell in found:
            for week in range(spell.from_week.ordinal, spell.to_week.ordinal + 1):
                told.setdefault(week, set()).add((spell.status, spell.code))
        after = dict(before)
        for week, codes in told.items():
            if week in covered_since or (week in before and before[week][0] > edition):
                continue
            after[week] = (edition, frozenset(codes))
        after = {week: shown for week, shown in after.items() if shown[1]}
        changed += {week: codes for week, (_, codes) in after.items()} != {
            week: codes for week, (_, codes) in before.items()
        }
        for row in known[subject]:
            session.add_all(_versions(row, after, now))
        news += _rows(subject, source, _news(before, after), now)
    insert_rows(session, SpellRow, news)
    return changed


def store_postings(
    session: Session,
    source: str,
    pull_id: int,
    postings: Iterable[IncomePosting],
    *,
    replaced: Collection[int],
    without: Collection[str] = (),
    now: datetime,
) -> int:
    """Append postings and close those of the `replaced` pulls, whose file came again; returns the number of postings.

    A correction is a posting of its own, in a file of later months: it closes nothing. What the file says again stays
    as it was first told, one row for each equal posting. Of the people in `without` the file was not asked: their rows
    stay.
    """
    held = col(IncomeRow.pull_id).in_(replaced), col(IncomeRow.subject_id).not_in(without)
    return _store_postings(session, source, pull_id, postings, held, now)


def store_told_postings(
    session: Session,
    source: str,
    postings: Iterable[IncomePosting],
    *,
    people: Collection[SubjectRef],
    months: tuple[Month, Month],
    now: datetime,
) -> int:
    """Make these postings all that is known of these people in these months, both included; returns their number."""
    held = (
        col(IncomeRow.source_id) == source,
        col(IncomeRow.subject_id).in_([person.value for person in people]),
        col(IncomeRow.month).between(months[0].ordinal, months[1].ordinal),
    )
    return _store_postings(session, source, 0, postings, held, now)


def _store_postings(
    session: Session,
    source: str,
    pull_id: int,
    postings: Iterable[IncomePosting],
    held: Collection[ColumnElement[bool]],
    now: datetime,
) -> int:
    """Add what is new, leave what is said again, and close the rest of the rows that are `held` and not closed yet."""
    standing: dict[IncomePosting, list[int]] = defaultdict(list)
    query = select_columns(*_POSTING, col(IncomeRow.id)).where(*held, col(IncomeRow.known_to).is_(None))
    for *said, number in session.execute(query.order_by(*_OLDEST_FIRST)):
        standing[_posting(*said)].append(number)
    added = 0
    news: list[dict[str, Any]] = []
    for posting in postings:
        added += 1
        if standing[posting]:
            standing[posting].pop(0)  # confirmed
            continue
        news.append(
            {
                "subject_id": posting.subject.value,
                "id": draw_number(),
                "source_id": source,
                "pull_id": pull_id,
                "month": posting.month.ordinal,
                "income_type": posting.income_type,
                "paid_hours_hundredths": posting.paid_hours_hundredths,
                "is_reversal": posting.is_reversal,
                "amount_minor": posting.amount_minor,
                "known_from": now,
            }
        )
    insert_rows(session, IncomeRow, news)
    closed = [
        {"subject_id": posting.subject.value, "id": number, "known_to": now}
        for posting, numbers in standing.items()
        for number in numbers
    ]
    if closed:
        session.execute(update(IncomeRow), sorted(closed, key=itemgetter("subject_id", "id")))
    return added


def _posting(
    subject_id: str, month: int, income_type: str, paid_hours_hundredths: int, is_reversal: bool, amount_minor: int
) -> IncomePosting:
    """The posting that the columns of `_POSTING` hold: all, so that a file that changes one says something new."""
    income = IncomeType(income_type)
    return IncomePosting(SubjectRef(subject_id), Month(month), income, paid_hours_hundredths, is_reversal, amount_minor)


def load_told(
    session: Session,
    subjects: Collection[str],
    sources: Sequence[str],
    *,
    evidence: Collection[EvidenceType],
    known_at: datetime,
) -> list[dict[str, list[StatusSpell]]]:
    """For each status source, in the given order: subject -> its spells, as they were known at an instant."""
    return [
        confirmed_spells(session, subjects, evidence, known_at=known_at)
        if source == EVIDENCE
        else source_spells(session, subjects, source, known_at=known_at)
        for source in sources
    ]


def source_spells(
    session: Session, subjects: Collection[str], source: str, *, known_at: datetime
) -> dict[str, list[StatusSpell]]:
    found: dict[str, list[StatusSpell]] = defaultdict(list)
    # columns, not rows of the mapper: of a large cohort these are a million, and nothing changes one here
    query = select_columns(*_SPELL).where(
        col(SpellRow.source_id) == source,
        col(SpellRow.subject_id).in_(subjects),
        col(SpellRow.known_from) <= known_at,
        or_(col(SpellRow.known_to).is_(None), col(SpellRow.known_to) > known_at),
    )
    for subject, status, code, first, last in session.execute(query):
        found[subject].append(StatusSpell(SubjectRef(subject), Status(status), code, Week(first), Week(last)))
    return found


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
    With `subjects`, nobody else's rows are read.
    """
    query = select(Subject).where(Subject.contract_id == contract_id).order_by(Subject.subject_id)
    people = [row for row in session.exec(query) if subjects is None or row.subject_id in subjects]
    ids = [subject.subject_id for subject in people]
    note_people_read(session, ids)
    first, *behind = load_told(session, ids, status_sources, evidence=evidence, known_at=known_at) or [{}]
    postings: dict[str, list[IncomePosting]] = defaultdict(list)
    paid = select_columns(*_POSTING).where(
        col(IncomeRow.source_id) == income_source,
        col(IncomeRow.subject_id).in_(ids),
        col(IncomeRow.known_from) <= known_at,
        or_(col(IncomeRow.known_to).is_(None), col(IncomeRow.known_to) > known_at),
    )
    for subject_id, *held in session.execute(paid):
        postings[subject_id].append(_posting(subject_id, *held))
    return [
        PersonHistory.build(
            subject=subject.subject_id,
            enrolled_on=subject.enrolled_on,
            spells=first.get(subject.subject_id, []),
            behind=[source.get(subject.subject_id, []) for source in behind],
            postings=postings[subject.subject_id],
            stop=stops.get(subject.subject_id),
        )
        for subject in people
    ]


def _versions(row: SpellRow, weeks: Weeks, now: datetime) -> list[SpellRow]:
    """An open row, divided where its weeks part ways: what still holds keeps the day since which it is known.

    Weeks that are told otherwise now are closed; those that a newer edition confirms take its number and nothing else.
    Together the rows say of every earlier instant what the one row said.
    """
    shown = Status(row.status), row.code
    kept = {
        week: weeks[week][0] if week in weeks and shown in weeks[week][1] else None
        for week in range(row.from_week, row.to_week + 1)
    }
    parts = [(first, last, fate) for fate, numbers in _by_fate(kept).items() for first, last in _runs(numbers)]
    if len(parts) > 1:  # the row itself becomes the first part
        whole = row.model_dump(exclude={"id"})
        versions = [row, *(SpellRow.model_validate(whole) for _ in parts[1:])]
    else:
        versions = [row]
    for version, (first, last, fate) in zip(versions, sorted(parts, key=lambda part: part[0]), strict=True):
        version.from_week, version.to_week = first, last
        if fate is None:
            version.known_to = now
        else:
            version.edition = fate
    return versions


def _by_fate(kept: Mapping[int, int | None]) -> dict[int | None, list[int]]:
    found: dict[int | None, list[int]] = defaultdict(list)
    for week, fate in kept.items():
        found[fate].append(week)
    return found


def _news(before: Weeks, after: Weeks) -> Weeks:
    """The codes that no open row tells yet."""
    news = {
        week: (edition, codes - before.get(week, (0, frozenset[Code]()))[1]) for week, (edition, codes) in after.items()
    }
    return {week: shown for week, shown in news.items() if shown[1]}


def _weeks_of_rows(rows: Iterable[SpellRow]) -> Weeks:
    weeks: Weeks = {}
    for row in rows:
        for week in range(row.from_week, row.to_week + 1):
            _, codes = weeks.get(week, (0, frozenset()))
            weeks[week] = (row.edition, codes | {(Status(row.status), row.code)})
    return weeks


def _rows(subject: str, source: str, weeks: Weeks, now: datetime) -> list[dict[str, Any]]:
    """Spell rows for week -> codes: consecutive weeks with one code, told by one edition, become one row."""
    by_code: dict[tuple[int, Code], list[int]] = defaultdict(list)
    for week in sorted(weeks):
        edition, codes = weeks[week]
        for shown in codes:
            by_code[edition, shown].append(week)
    return [
        {
            "subject_id": subject,
            "id": draw_number(),
            "source_id": source,
            "status": status,
            "code": code,
            "from_week": first,
            "to_week": last,
            "edition": edition,
            "known_from": now,
        }
        for (edition, (status, code)), numbers in sorted(by_code.items())
        for first, last in _runs(numbers)
    ]


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending numbers as first and last of each unbroken run."""
    firsts = [number for n, number in enumerate(numbers) if n == 0 or numbers[n - 1] != number - 1]
    lasts = [number for n, number in enumerate(numbers) if number + 1 not in numbers[n + 1 : n + 2]]
    return list(zip(firsts, lasts, strict=True))
