"""The counts of a pull that it is judged by (`gateway.intake.judging_pulls`), from its rows and those that stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlmodel import Session

from connectors.base import Pulled
from connectors.declaration import SourceDeclaration
from connectors.shapes import LifeEvent
from gateway.intake.judging_pulls import PullMeasures, SourceTraits
from gateway.store import life_events, queries
from gateway.store.spells import spell_versions
from gateway.store.storing_records import RecordQuestion, WholeAnswer
from vocabulary.records import IncomePosting, StatusSpell, SubjectRef
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Week

_NO_BENEFIT = frozenset({Status.NO_BENEFIT, Status.UNKNOWN, Status.DEAD, Status.NOT_RESIDENT})
_AWAY = frozenset(life_events.AWAY.values())


def traits_of(declaration: SourceDeclaration) -> SourceTraits:
    """Of a civil register an empty answer is the rule; a file of months has the rows of its months."""
    return SourceTraits(
        tells_everybody=declaration.kind != "life_events",
        rows_compare=declaration.kind not in ("income", "ydelsesrefusion"),
        explains_codes=not declaration.explains_no_code,
    )


def past_of(session: Session, contract_id: str, source_id: str) -> list[PullMeasures]:
    """What the source's pulls that were let through were like, oldest first."""
    return [PullMeasures(**row.measures) for row in queries.pulls(session, contract_id, source_id)]


def measures_of_file(
    session: Session, contract_id: str, declaration: SourceDeclaration, pulled: Pulled, *, people: int
) -> PullMeasures:
    """Of a kind of file; `people` were asked about."""
    before = _with_benefit_before(session, contract_id, declaration.id, pulled.to_week)
    at_end = _statuses_at(pulled.spells, pulled.to_week)
    ended = {one for one in before if at_end.get(one) == {Status.NO_BENEFIT}}
    return PullMeasures(
        rows=pulled.rows_read,
        weeks=pulled.to_week - pulled.from_week + 1,
        people=people,
        found=len(_people_found(pulled.spells, pulled.postings)),
        unknown=len(_people_with_unknown(pulled.spells, pulled.postings)),
        uncertain=pulled.uncertain,
        unreadable=pulled.rejected.total(),
        before=len(before),
        ended=len(ended),
    )


def measures_of_records(
    session: Session, asked: RecordQuestion, answer: WholeAnswer, *, records: int, unowned: int, this_week: Week
) -> PullMeasures:
    """Of a run of records, as it would be stored. `records` came in all, whoever they are about, and nobody can tell
    whose `unowned` of them are.
    """
    read, weeks = answer.read, asked.weeks
    found = _people_found(read.spells, read.postings) | {event.subject.value for event in read.events}
    certain = {person.value for person in answer.certain}
    if asked.declaration.kind == "life_events":
        before, ended = _newly_away(session, asked, answer, this_week)
    else:
        before = certain & _with_benefit_before(session, asked.contract_id, asked.declaration.id, weeks[1])
        at_end = {one for one, statuses in _statuses_at(read.spells, weeks[1]).items() if statuses - _NO_BENEFIT}
        ended = before - at_end if answer.absence_is_known else set()
    return PullMeasures(
        rows=records,
        weeks=weeks[1] - weeks[0] + 1,
        people=len(asked.people),
        found=len(found),
        unknown=len(_people_with_unknown(read.spells, read.postings)),
        uncertain=answer.uncertain,
        unreadable=read.rejected.total() + unowned,
        before=len(before),
        ended=len(ended),
    )


def _people_found(spells: Iterable[StatusSpell], postings: Iterable[IncomePosting]) -> set[str]:
    """Of whom the register has something: that it shows no benefit is what it says of everybody else."""
    with_status = {spell.subject.value for spell in spells if spell.status is not Status.NO_BENEFIT}
    with_income = {one.subject.value for one in postings if one.income_type is not IncomeType.UNREADABLE}
    return with_status | with_income


def _people_with_unknown(spells: Iterable[StatusSpell], postings: Iterable[IncomePosting]) -> set[str]:
    in_spells = {spell.subject.value for spell in spells if spell.status is Status.UNKNOWN}
    return in_spells | {one.subject.value for one in postings if one.income_type is IncomeType.UNKNOWN}


def _statuses_at(spells: Iterable[StatusSpell], week: Week) -> dict[str, set[Status]]:
    found: dict[str, set[Status]] = {}
    for spell in spells:
        if spell.from_week <= week <= spell.to_week:
            found.setdefault(spell.subject.value, set()).add(spell.status)
    return found


def _with_benefit_before(session: Session, contract_id: str, source_id: str, to_week: Week) -> set[str]:
    """Who had a benefit in the last week that the source has told; nobody where it told a later one than `to_week`."""
    last = max((row.to_week for row in queries.pulls(session, contract_id, source_id)), default=None)
    if last is None or last > to_week.ordinal:
        return set()
    found = _standing(session, contract_id, source_id, last)
    return {subject for subject, status in found if status not in _NO_BENEFIT}


def _newly_away(
    session: Session, asked: RecordQuestion, answer: WholeAnswer, this_week: Week
) -> tuple[set[str], set[str]]:
    """Who was neither dead nor abroad at the last pull, and who of them is now."""
    if not queries.pulls(session, asked.contract_id, asked.declaration.id):
        return set(), set()
    rows = _standing(session, asked.contract_id, asked.declaration.id, asked.last_week.ordinal)
    gone = {subject for subject, status in rows if status in _AWAY}
    before = {person.value for person in answer.certain} - gone
    weeks = asked.weeks[0], max(asked.weeks[0], min(this_week, asked.last_week))
    told: dict[SubjectRef, list[LifeEvent]] = defaultdict(list)
    for event in life_events.in_order(answer.read.events):
        told[event.subject].append(event)
    away = [spell for person, events in told.items() for spell in life_events.weeks_away(person, events, weeks)]
    return before, before & _statuses_at(away, weeks[1]).keys()


def _standing(session: Session, contract_id: str, source_id: str, week: int) -> list[tuple[str, Status]]:
    """Subject and status of everybody in a week, as it is known now."""
    return [
        (subject, one.status)
        for subject, versions in spell_versions(session, contract_id, source_id).items()
        for one in versions
        if one.known_to is None and one.from_week <= week <= one.to_week
    ]
