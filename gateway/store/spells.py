"""Register rows in bitemporal tables: what was valid when, and since when it was known.

Nothing is overwritten. A newer file that shows other codes, or an income file that comes again, closes the old rows
(`known_to`) and adds new ones; a past evaluation can be repeated as of its day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import or_
from sqlmodel import Session, col, select

from connectors.records import IncomePosting, IncomeType, Month, Status, StatusSpell, SubjectRef, Week
from gateway.outcomes.history import PersonHistory
from gateway.store.tables import IncomeRow, SpellRow, Subject
from policies.basis import Stop

Code = tuple[Status, str]
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
) -> int:
    """Make these spells what is known of the covered weeks; returns for how many subjects something changed.

    A subject's spells outside `from_week`..`to_week` stay, but for weeks that the new spells name: a late
    correction. What a newer edition told stays too, in whatever order the files come. Storing the same spells twice
    changes nothing.
    """
    by_subject: dict[str, list[StatusSpell]] = defaultdict(list)
    for spell in spells:
        by_subject[spell.subject.value].append(spell)
    known: dict[str, list[SpellRow]] = defaultdict(list)
    query = select(SpellRow).where(SpellRow.source_id == source, col(SpellRow.known_to).is_(None))
    for row in session.exec(query.where(col(SpellRow.subject_id).in_(by_subject))):
        known[row.subject_id].append(row)
    changed = 0
    for subject, found in by_subject.items():
        before = _weeks_of_rows(known[subject])
        told: dict[int, set[Code]] = {week: set() for week in range(from_week.ordinal, to_week.ordinal + 1)}
        for spell in found:
            for week in range(spell.from_week.ordinal, spell.to_week.ordinal + 1):
                told.setdefault(week, set()).add((spell.status, spell.code))
        after = dict(before)
        for week, codes in told.items():
            if week in before and before[week][0] > edition:
                continue
            after[week] = (edition, frozenset(codes))
        after = {week: shown for week, shown in after.items() if shown[1]}
        if after == before:
            continue
        is_the_same = {week: codes for week, (_, codes) in after.items()} == {
            week: codes for week, (_, codes) in before.items()
        }
        changed += not is_the_same
        if is_the_same and all(_is_inside(row, told) for row in known[subject]):
            for row in known[subject]:  # confirmed by a newer edition: nothing new is known
                if row.from_week in told:
                    row.edition = max(row.edition, edition)
                    session.add(row)
            continue
        for row in known[subject]:
            row.known_to = now
            session.add(row)
        session.add_all(_rows(subject, source, after, now))
    return changed


def store_postings(
    session: Session,
    source: str,
    pull_id: int,
    postings: Iterable[IncomePosting],
    *,
    replaced: Collection[int],
    now: datetime,
) -> int:
    """Append postings and close those of the `replaced` pulls, whose file came again; returns the number appended.

    A correction is a posting of its own, in a file of later months: it closes nothing.
    """
    before = select(IncomeRow).where(col(IncomeRow.pull_id).in_(replaced), col(IncomeRow.known_to).is_(None))
    for row in session.exec(before):
        row.known_to = now
        session.add(row)
    rows = [
        IncomeRow(
            subject_id=posting.subject.value,
            source_id=source,
            pull_id=pull_id,
            month=posting.month.ordinal,
            income_type=posting.income_type,
            paid_hours_hundredths=posting.paid_hours_hundredths,
            is_reversal=posting.is_reversal,
            amount_minor=posting.amount_minor,
            known_from=now,
        )
        for posting in postings
    ]
    session.add_all(rows)
    return len(rows)


def load_histories(
    session: Session,
    contract_id: str,
    *,
    status_source: str,
    income_source: str,
    known_at: datetime,
    stops: Mapping[str, Stop] = NO_STOPS,
) -> list[PersonHistory]:
    """The history of everyone in the contract, as it was known at `known_at`, ordered by subject id.

    `stops` says who of them is not followed, and since when.
    """
    subjects = session.exec(
        select(Subject).where(Subject.contract_id == contract_id).order_by(Subject.subject_id)
    ).all()
    ids = [subject.subject_id for subject in subjects]
    spells: dict[str, list[StatusSpell]] = defaultdict(list)
    found = select(SpellRow).where(
        SpellRow.source_id == status_source,
        col(SpellRow.subject_id).in_(ids),
        SpellRow.known_from <= known_at,
        or_(col(SpellRow.known_to).is_(None), col(SpellRow.known_to) > known_at),
    )
    for row in session.exec(found):
        spells[row.subject_id].append(
            StatusSpell(
                SubjectRef(row.subject_id),
                Status(row.status),
                row.code,
                Week(row.from_week),
                Week(row.to_week),
            )
        )
    postings: dict[str, list[IncomePosting]] = defaultdict(list)
    paid = select(IncomeRow).where(
        IncomeRow.source_id == income_source,
        col(IncomeRow.subject_id).in_(ids),
        IncomeRow.known_from <= known_at,
        or_(col(IncomeRow.known_to).is_(None), col(IncomeRow.known_to) > known_at),
    )
    for posting in session.exec(paid):
        postings[posting.subject_id].append(
            IncomePosting(
                SubjectRef(posting.subject_id),
                Month(posting.month),
                IncomeType(posting.income_type),
                posting.paid_hours_hundredths,
                posting.is_reversal,
                posting.amount_minor,
            )
        )
    return [
        PersonHistory.build(
            subject=subject.subject_id,
            enrolled_on=subject.enrolled_on,
            spells=spells[subject.subject_id],
            postings=postings[subject.subject_id],
            stop=stops.get(subject.subject_id),
        )
        for subject in subjects
    ]


def _is_inside(row: SpellRow, weeks: Mapping[int, object]) -> bool:
    """Whether the new file tells of all of a row's weeks or of none of them."""
    return len({week in weeks for week in range(row.from_week, row.to_week + 1)}) == 1


def _weeks_of_rows(rows: Iterable[SpellRow]) -> Weeks:
    weeks: Weeks = {}
    for row in rows:
        for week in range(row.from_week, row.to_week + 1):
            _, codes = weeks.get(week, (0, frozenset()))
            weeks[week] = (row.edition, codes | {(Status(row.status), row.code)})
    return weeks


def _rows(subject: str, source: str, weeks: Weeks, now: datetime) -> list[SpellRow]:
    """Spell rows for week -> codes: consecutive weeks with one code, told by one edition, become one row."""
    by_code: dict[tuple[int, Code], list[int]] = defaultdict(list)
    for week in sorted(weeks):
        edition, codes = weeks[week]
        for shown in codes:
            by_code[edition, shown].append(week)
    return [
        SpellRow(
            subject_id=subject,
            source_id=source,
            status=status,
            code=code,
            from_week=first,
            to_week=last,
            edition=edition,
            known_from=now,
        )
        for (edition, (status, code)), numbers in sorted(by_code.items())
        for first, last in _runs(numbers)
    ]


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending numbers as first and last of each unbroken run."""
    firsts = [number for n, number in enumerate(numbers) if n == 0 or numbers[n - 1] != number - 1]
    lasts = [number for n, number in enumerate(numbers) if number + 1 not in numbers[n + 1 : n + 2]]
    return list(zip(firsts, lasts, strict=True))
