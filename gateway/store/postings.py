"""What a register of pay told of people, bitemporal, as one sealed value for each person and source.

A correction is another posting. A file that comes again closes what it does not say again, and what it says again
stays as it was first told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from gateway.store.sealed import (
    About,
    Shelf,
    Value,
    everybodys_values,
    instant_of,
    microseconds,
    opened_values,
    seal_values,
    values_of_person,
)
from vocabulary.records import IncomePosting, SubjectRef
from vocabulary.statuses import IncomeType
from vocabulary.weeks import Month


@dataclass(frozen=True, slots=True)
class PostingVersion:
    """A posting, the pull that told it (0 for records), and since and until when it was known."""

    posting: IncomePosting
    pull_id: int
    known_from: datetime
    known_to: datetime | None = None

    @classmethod
    def of(cls, subject: str, value: Sequence[Any]) -> PostingVersion:
        *said, pull_id, since, until = value
        known_to = None if until is None else instant_of(until)
        return cls(_posting(SubjectRef(subject), *said), pull_id, instant_of(since), known_to)

    def is_known_at(self, at: datetime) -> bool:
        return self.known_from <= at and (self.known_to is None or self.known_to > at)


def shelf_of(contract_id: str, source: str) -> Shelf:
    """Where the postings of a source stand."""
    return Shelf(contract_id, About.PAY, source)


def postings_of_person(session: Session, contract_id: str, subject: str) -> dict[str, list[PostingVersion]]:
    """Source -> every version of a person's postings, closed ones included."""
    found = values_of_person(session, contract_id, About.PAY, subject)
    return {source: [PostingVersion.of(subject, one) for one in value] for source, value in found.items()}


def store_postings(
    session: Session,
    contract_id: str,
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
    as it was first told, one version for each equal posting. Of the people in `without` the file was not asked: theirs
    stay.
    """

    def is_replaced(subject: str, _month: int, pull: int) -> bool:
        return pull in replaced and subject not in without

    return _store_postings(session, shelf_of(contract_id, source), pull_id, postings, is_replaced, now)


def store_told_postings(
    session: Session,
    contract_id: str,
    source: str,
    postings: Iterable[IncomePosting],
    *,
    people: Collection[SubjectRef],
    months: tuple[Month, Month],
    now: datetime,
) -> int:
    """Make these postings all that is known of these people in these months, both included; returns their number."""

    asked = {person.value for person in people}

    def is_replaced(subject: str, month: int, _pull: int) -> bool:
        return subject in asked and months[0].ordinal <= month <= months[1].ordinal

    return _store_postings(session, shelf_of(contract_id, source), 0, postings, is_replaced, now)


def source_postings(
    session: Session, contract_id: str, source: str, subjects: Collection[str], *, known_at: datetime
) -> dict[str, list[IncomePosting]]:
    """Subject -> the postings of a source, as they were known at an instant."""
    at = microseconds(known_at)
    found: dict[str, list[IncomePosting]] = {}
    for subject, value in opened_values(session, shelf_of(contract_id, source), subjects).items():
        ref = SubjectRef(subject)
        found[subject] = [
            _posting(ref, *said) for *said, _, since, until in value if since <= at and (until is None or until > at)
        ]
    return found


def _store_postings(
    session: Session,
    shelf: Shelf,
    pull_id: int,
    postings: Iterable[IncomePosting],
    is_replaced: Callable[[str, int, int], bool],
    now: datetime,
) -> int:
    """Add what is new, leave what is said again, and close the rest of what is replaced and not closed yet.

    The versions stay as they stand in a value, oldest first: of a large cohort these are a million.
    """
    told: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for one in postings:
        said = one.month.ordinal, one.income_type, one.paid_hours_hundredths, one.is_reversal, one.amount_minor
        told[one.subject.value].append(said)
    values, at = everybodys_values(session, shelf), microseconds(now)
    has_changed = False
    for subject, versions in values.items():
        standing: dict[tuple[Any, ...], list[Value]] = defaultdict(list)
        for version in versions:
            *said, pull, _, until = version
            if until is None and is_replaced(subject, version[0], pull):
                standing[tuple(said)].append(version)
        for said in told.get(subject, ()):
            if standing.get(said):
                standing[said].pop(0)  # confirmed
            else:
                versions.append([*said, pull_id, at, None])
                has_changed = True
        for version in (one for found in standing.values() for one in found):
            version[-1] = at
            has_changed = True
    if has_changed:
        seal_values(session, shelf, values)
    return sum(map(len, told.values()))


def _posting(
    subject: SubjectRef,
    month: int,
    income_type: str,
    paid_hours_hundredths: int,
    is_reversal: bool,
    amount_minor: int,
) -> IncomePosting:
    """The posting of a value: all of it, so that a file that changes one cell says something new."""
    return IncomePosting(
        subject, Month(month), IncomeType(income_type), paid_hours_hundredths, is_reversal, amount_minor
    )
