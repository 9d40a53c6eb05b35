"""Register rows in bitemporal tables: what was valid when, and since when it was known.

Nothing is overwritten. A later extract that shows other codes closes the old spells (`known_to`) and adds new
ones; a past evaluation can be repeated as of its day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import or_
from sqlmodel import Session, col, select

from connectors.records import IncomePosting, IncomeType, Month, Status, StatusSpell, SubjectRef, Week
from gateway.outcomes.history import PersonHistory
from gateway.store.tables import IncomeRow, SpellRow, Subject

Code = tuple[Status, str]


def store_spells(
    session: Session,
    source: str,
    spells: Sequence[StatusSpell],
    *,
    from_week: Week,
    to_week: Week,
    now: datetime,
) -> int:
    """Make these spells what is known of the covered weeks; returns for how many subjects something changed.

    A subject's spells outside `from_week`..`to_week` stay, but for weeks that the new spells name: a late
    correction. Storing the same spells twice changes nothing.
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
        replaced = set(range(from_week.ordinal, to_week.ordinal + 1))
        for spell in found:
            replaced.update(range(spell.from_week.ordinal, spell.to_week.ordinal + 1))
        after = {week: codes for week, codes in before.items() if week not in replaced}
        for spell in found:
            for week in range(spell.from_week.ordinal, spell.to_week.ordinal + 1):
                after.setdefault(week, set()).add((spell.status, spell.code))
        if after == before:
            continue
        changed += 1
        for row in known[subject]:
            row.known_to = now
            session.add(row)
        session.add_all(_rows(subject, source, after, now))
    return changed


def store_postings(
    session: Session, source: str, pull_id: int, postings: Iterable[IncomePosting], *, now: datetime
) -> int:
    """Append postings; returns their number. Corrections are postings, so nothing is ever closed."""
    rows = [
        IncomeRow(
            subject_id=posting.subject.value,
            source_id=source,
            pull_id=pull_id,
            month=posting.month.ordinal,
            income_type=posting.income_type,
            paid_hours_hundredths=posting.paid_hours_hundredths,
            is_reversal=posting.is_reversal,
            known_from=now,
        )
        for posting in postings
    ]
    session.add_all(rows)
    return len(rows)


def load_histories(
    session: Session, contract_id: str, *, status_source: str, income_source: str, known_at: datetime
) -> list[PersonHistory]:
    """The history of everyone in the contract, as it was known at `known_at`, ordered by subject id."""
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
    )
    for posting in session.exec(paid):
        postings[posting.subject_id].append(
            IncomePosting(
                SubjectRef(posting.subject_id),
                Month(posting.month),
                IncomeType(posting.income_type),
                posting.paid_hours_hundredths,
                posting.is_reversal,
            )
        )
    return [
        PersonHistory.build(
            subject=subject.subject_id,
            enrolled_on=subject.enrolled_on,
            spells=spells[subject.subject_id],
            postings=postings[subject.subject_id],
        )
        for subject in subjects
    ]


def _weeks_of_rows(rows: Iterable[SpellRow]) -> dict[int, set[Code]]:
    weeks: dict[int, set[Code]] = {}
    for row in rows:
        for week in range(row.from_week, row.to_week + 1):
            weeks.setdefault(week, set()).add((Status(row.status), row.code))
    return weeks


def _rows(subject: str, source: str, weeks: Mapping[int, set[Code]], now: datetime) -> list[SpellRow]:
    """Spell rows for week -> codes: consecutive weeks with one code become one row."""
    by_code: dict[Code, list[int]] = defaultdict(list)
    for week in sorted(weeks):
        for shown in weeks[week]:
            by_code[shown].append(week)
    return [
        SpellRow(
            subject_id=subject,
            source_id=source,
            status=status,
            code=code,
            from_week=first,
            to_week=last,
            known_from=now,
        )
        for (status, code), numbers in sorted(by_code.items())
        for first, last in _runs(numbers)
    ]


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending numbers as first and last of each unbroken run."""
    firsts = [number for n, number in enumerate(numbers) if n == 0 or numbers[n - 1] != number - 1]
    lasts = [number for n, number in enumerate(numbers) if number + 1 not in numbers[n + 1 : n + 2]]
    return list(zip(firsts, lasts, strict=True))
