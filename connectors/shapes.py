"""What records mean, by the kind of a source: periods with a code, postings of income, events of a life.

A record whose person is known and that cannot be read makes that person uncertain: nothing is concluded from the
answer about this person, and what was known stays; of a posting, the income of its month is unknown from then on.
Cells never stand in an error, only counts by reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from connectors.cells import read_code, read_day, read_last_day, trim
from connectors.codes import NO_CODE, NO_CODES, NOT_IN_LIST, CodeList
from connectors.errors import RejectReason
from connectors.postings import months_between, read_posting, unreadable
from connectors.table_rows import are_all_doubled
from connectors.transport import Record
from vocabulary.records import IncomePosting, StatusSpell, SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Week

_COUNTED_CODE = re.compile(r"[0-9]{1,4}")  # too short to be somebody's number or birthday


class LifeEventKind(StrEnum):
    """What a civil register tells of a person that decides whether, and how, the person is followed."""

    NUMBER_CHANGED = "number_changed"
    DEAD = "dead"
    EMIGRATED = "emigrated"
    RETURNED = "returned"
    PROTECTED = "protected"  # navne- og adressebeskyttelse
    PROTECTION_ENDED = "protection_ended"


@dataclass(frozen=True, slots=True)
class LifeEvent:
    subject: SubjectRef
    kind: LifeEventKind
    on: date
    number: NewNumber | None = None  # of `number_changed`


@dataclass(frozen=True, slots=True, repr=False)
class NewNumber:
    """The text of a changed CPR number, on its way to the boundary (`Boundary.renumber`)."""

    text: str


@dataclass(frozen=True, slots=True, repr=False)
class Owned:
    """A record and whose it is. The number that it came with is taken out."""

    subject: SubjectRef
    record: Record


@dataclass(slots=True)
class Read:
    """What records said. Of the people in `uncertain` at least one record could not be read."""

    spells: list[StatusSpell] = field(default_factory=list)
    postings: list[IncomePosting] = field(default_factory=list)
    events: list[LifeEvent] = field(default_factory=list)
    rejected: Counter[RejectReason] = field(default_factory=Counter)
    unknown_codes: Counter[str] = field(default_factory=Counter)
    uncertain: set[SubjectRef] = field(default_factory=set)


def read_records(
    kind: str,
    owned: Iterable[Owned],
    words: Sequence[str],
    *,
    weeks: tuple[Week, Week],
    codes: CodeList = NO_CODES,
    keeps_amounts: bool = False,
) -> Read:
    """The rows of these records in the asked weeks; `words` says in which order their texts stand.

    Two equal postings may be two. Where every one of many has an equal, the source told all of them twice, or joined
    two tables: then everybody's income is unknown.
    """
    read, owned = Read(), list(owned)
    if kind == "postings" and are_all_doubled((one.subject, one.record) for one in owned):
        read.rejected[RejectReason.DOUBLED] = len(owned)
        read.uncertain = {one.subject for one in owned}
        read.postings += unreadable(sorted(read.uncertain), months_between(weeks[0].month, weeks[1].month))
    for one in owned:
        texts = dict(zip(words, one.record, strict=True))
        if kind == "periods":
            reasons = _period(one.subject, texts, weeks, codes, read)
        elif kind == "postings":
            reasons = _posting(one.subject, texts, weeks, keeps_amounts, read)
        else:
            reasons = _event(one.subject, texts, read)
        if reasons:
            read.rejected.update(reasons)
            read.uncertain.add(one.subject)
    return read


def _period(
    subject: SubjectRef, texts: Mapping[str, str], weeks: tuple[Week, Week], codes: CodeList, read: Read
) -> list[RejectReason]:
    """A code over days counts in every week of which it has a day, as a DREAM week is coded; no last day is no end.

    A record without a code says of its weeks that nothing is known of them.
    """
    first, last, code = read_day(texts["from_day"]), read_last_day(texts["to_day"]), read_code(texts["code"])
    if isinstance(first, RejectReason) or isinstance(last, RejectReason):
        return [RejectReason.DAY]
    if last is not None and last < first:
        return [RejectReason.DAY]
    begin, end = max(Week.of(first), weeks[0]), weeks[1] if last is None else min(Week.of(last), weeks[1])
    if end < begin:
        return []
    name = "" if isinstance(code, RejectReason) else code
    is_listed = bool(name) and name in codes.statuses
    counted = name if is_listed or _COUNTED_CODE.fullmatch(name) else NOT_IN_LIST if name else NO_CODE
    for week in (begin + n for n in range(end - begin + 1)):
        known = codes.status_in(name, week) if name else None
        if known is None:
            read.unknown_codes[counted] += 1
        spell = StatusSpell(subject, known or Status.UNKNOWN, name if is_listed else "?", week, week)
        before = read.spells[-1] if week > begin else None
        if before is not None and before.status is spell.status:
            spell = StatusSpell(subject, before.status, before.code, before.from_week, week)
            read.spells.pop()
        read.spells.append(spell)
    return []


def _posting(
    subject: SubjectRef, texts: Mapping[str, str], weeks: tuple[Week, Week], keeps_amounts: bool, read: Read
) -> list[RejectReason]:
    """A posting that cannot be read makes the income of its month unknown, or of all months where it says none."""
    posting, asked = read_posting(texts), months_between(weeks[0].month, weeks[1].month)
    if posting.reasons or posting.month is None:
        months = asked if posting.month is None else [month for month in asked if month == posting.month]
        read.postings += unreadable([subject], months)
    elif posting.month in asked:
        read.postings.append(
            posting.of(subject, posting.month, keeps_amounts=keeps_amounts, unknown=read.unknown_codes)
        )
    return list(posting.reasons)


def _event(subject: SubjectRef, texts: Mapping[str, str], read: Read) -> list[RejectReason]:
    on, number = read_day(texts["on"]), trim(texts.get("new_cpr", ""))
    reasons = [RejectReason.DAY] if isinstance(on, RejectReason) else []
    kind = next((kind for kind in LifeEventKind if kind == trim(texts["event"])), None)
    if kind is None or (kind is LifeEventKind.NUMBER_CHANGED) != bool(number):
        reasons.append(RejectReason.EVENT)
    if kind is not None and isinstance(on, date) and not reasons:
        read.events.append(LifeEvent(subject, kind, on, NewNumber(number) if number else None))
    return reasons
