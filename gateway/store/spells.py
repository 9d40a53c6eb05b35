"""What status sources told of people, bitemporal: what was valid when, and since when it was known.

Nothing is overwritten. A newer file that shows other codes closes what it contradicts (`known_to`) and adds what is
new; a past evaluation can be repeated as of its day. What a file only confirms gets no new version: it has been known
since it was first told. A person's spells of one source stand as one sealed value (`gateway.store.sealed`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from gateway.store.sealed import (
    About,
    Shelf,
    everybodys_values,
    instant_of,
    microseconds,
    opened_values,
    seal_values,
    sources_of_contract,
    values_of_person,
)
from vocabulary.records import StatusSpell, SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Week

Code = tuple[Status, str]
Weeks = dict[int, tuple[int, frozenset[Code]]]  # week -> the edition that told, and the codes that it told


@dataclass(frozen=True, slots=True)
class SpellVersion:
    """A spell as a source told it, and since and until when it was known. Weeks are ordinals of `Week`."""

    status: Status
    code: str
    from_week: int
    to_week: int
    edition: int
    known_from: datetime
    known_to: datetime | None = None

    @classmethod
    def of(cls, value: Sequence[Any]) -> SpellVersion:
        status, code, first, last, edition, since, until = value
        known_to = None if until is None else instant_of(until)
        return cls(Status(status), code, first, last, edition, instant_of(since), known_to)

    def value(self) -> list[Any]:
        until = None if self.known_to is None else microseconds(self.known_to)
        since = microseconds(self.known_from)
        return [self.status, self.code, self.from_week, self.to_week, self.edition, since, until]

    def is_known_at(self, at: datetime) -> bool:
        return self.known_from <= at and (self.known_to is None or self.known_to > at)


def shelf_of(contract_id: str, source: str) -> Shelf:
    """Where the spells of a source stand."""
    return Shelf(contract_id, About.WEEKS, source)


def spells_of_person(session: Session, contract_id: str, subject: str) -> dict[str, list[SpellVersion]]:
    """Source -> every version of a person's spells, closed ones included."""
    found = values_of_person(session, contract_id, About.WEEKS, subject)
    return {source: [SpellVersion.of(one) for one in value] for source, value in found.items()}


def spell_versions(
    session: Session, contract_id: str, source: str, subjects: Collection[str] | None = None
) -> dict[str, list[SpellVersion]]:
    """Subject -> every version of what a source told, of everybody or of these people."""
    found = opened_values(session, shelf_of(contract_id, source), subjects)
    return {subject: [SpellVersion.of(one) for one in value] for subject, value in found.items()}


def standing_spells(
    session: Session, contract_id: str, subjects: Collection[str]
) -> Iterator[tuple[str, list[SpellVersion]]]:
    """Subject and what each source tells of it now, source by source."""
    for source in sources_of_contract(session, contract_id, About.WEEKS):
        for subject, versions in spell_versions(session, contract_id, source, subjects).items():
            yield subject, [one for one in versions if one.known_to is None]


def store_spells(
    session: Session,
    contract_id: str,
    source: str,
    spells: Sequence[StatusSpell],
    *,
    from_week: Week,
    to_week: Week,
    edition: int,
    now: datetime,
    people: Collection[SubjectRef] = (),
    covered_since: Callable[[str], Collection[int]] = lambda _: (),
) -> int:
    """Make these spells what is known of the covered weeks; returns for how many subjects something changed.

    Of `people` something is known even where no spell is theirs: that nothing is shown of them.

    A subject's spells outside `from_week`..`to_week` stay, but for weeks that the new spells name: a late
    correction. What a newer edition told stays too, in whatever order the files come; and of the weeks that one has
    covered (`covered_since`, ordinals by subject id) nothing is told at all, for what it left open it did not know.
    Storing the same spells twice changes nothing.
    """
    by_subject: dict[str, list[StatusSpell]] = {person.value: [] for person in people}
    for spell in spells:
        by_subject.setdefault(spell.subject.value, []).append(spell)
    if not by_subject:
        return 0
    shelf, changed = shelf_of(contract_id, source), 0
    values = everybodys_values(session, shelf)
    for subject, found in by_subject.items():
        versions = [SpellVersion.of(one) for one in values[subject]]
        standing = [one for one in versions if one.known_to is None]
        before = _weeks_of(standing)
        told: dict[int, set[Code]] = {week: set() for week in range(from_week.ordinal, to_week.ordinal + 1)}
        for spell in found:
            for week in range(spell.from_week.ordinal, spell.to_week.ordinal + 1):
                told.setdefault(week, set()).add((spell.status, spell.code))
        after = dict(before)
        covered = covered_since(subject)
        for week, codes in told.items():
            if week in covered or (week in before and before[week][0] > edition):
                continue
            after[week] = (edition, frozenset(codes))
        after = {week: shown for week, shown in after.items() if shown[1]}
        changed += {week: codes for week, (_, codes) in after.items()} != {
            week: codes for week, (_, codes) in before.items()
        }
        closed = [one for one in versions if one.known_to is not None]
        kept = [part for one in standing for part in _parts(one, after, now)]
        values[subject] = [one.value() for one in (*closed, *kept, *_spells(_news(before, after), now))]
    seal_values(session, shelf, values)
    return changed


def source_spells(
    session: Session, contract_id: str, source: str, subjects: Collection[str], *, known_at: datetime
) -> dict[str, list[StatusSpell]]:
    """Subject -> the spells of a source, as they were known at an instant; whoever has none is left out."""
    at = microseconds(known_at)
    found: dict[str, list[StatusSpell]] = {}
    # numbers, not versions: of a large cohort these are a million
    for subject, value in opened_values(session, shelf_of(contract_id, source), subjects).items():
        ref = SubjectRef(subject)
        spells = [
            StatusSpell(ref, Status(status), code, Week(first), Week(last))
            for status, code, first, last, _, since, until in value
            if since <= at and (until is None or until > at)
        ]
        if spells:
            found[subject] = spells
    return found


def _parts(spell: SpellVersion, weeks: Weeks, now: datetime) -> list[SpellVersion]:
    """An open spell, divided where its weeks part ways: what still holds keeps the day since which it is known.

    Weeks that are told otherwise now are closed; those that a newer edition confirms take its number and nothing else.
    Together the parts say of every earlier instant what the one spell said.
    """
    shown = spell.status, spell.code
    kept = {
        week: weeks[week][0] if week in weeks and shown in weeks[week][1] else None
        for week in range(spell.from_week, spell.to_week + 1)
    }
    parts = [(first, last, fate) for fate, numbers in _by_fate(kept).items() for first, last in _runs(numbers)]
    return [
        replace(spell, from_week=first, to_week=last, known_to=now)
        if fate is None
        else replace(spell, from_week=first, to_week=last, edition=fate)
        for first, last, fate in sorted(parts, key=lambda part: part[0])
    ]


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


def _weeks_of(versions: Iterable[SpellVersion]) -> Weeks:
    weeks: Weeks = {}
    for one in versions:
        for week in range(one.from_week, one.to_week + 1):
            _, codes = weeks.get(week, (0, frozenset()))
            weeks[week] = (one.edition, codes | {(one.status, one.code)})
    return weeks


def _spells(weeks: Weeks, now: datetime) -> list[SpellVersion]:
    """Spells for week -> codes: consecutive weeks with one code, told by one edition, become one."""
    by_code: dict[tuple[int, Code], list[int]] = defaultdict(list)
    for week in sorted(weeks):
        edition, codes = weeks[week]
        for shown in codes:
            by_code[edition, shown].append(week)
    return [
        SpellVersion(status, code, first, last, edition, now)
        for (edition, (status, code)), numbers in sorted(by_code.items())
        for first, last in _runs(numbers)
    ]


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending numbers as first and last of each unbroken run."""
    firsts = [number for n, number in enumerate(numbers) if n == 0 or numbers[n - 1] != number - 1]
    lasts = [number for n, number in enumerate(numbers) if number + 1 not in numbers[n + 1 : n + 2]]
    return list(zip(firsts, lasts, strict=True))
