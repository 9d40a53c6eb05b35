"""What records mean, by the kind of a source: periods with a code, postings of income, events of a life.

A record whose person is known and that cannot be read makes that person uncertain: nothing is concluded from the
answer about this person, and what was known stays. Cells never stand in an error, only counts by reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeVar

from connectors.codes import NO_CODES, CodeList, income_type_in, plain
from connectors.errors import RejectReason
from connectors.transport import Record
from vocabulary.records import IncomePosting, StatusSpell, SubjectRef
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Month, Week

T = TypeVar("T")
_HOURS = re.compile(r"(-?)(\d{1,4})(?:[.,](\d{1,2}))?")
_AMOUNT = re.compile(r"(-?)(\d{1,12})(?:[.,](\d{1,2}))?")
_SHOWN_CODE = re.compile(r"[0-9]{1,4}")  # too short to be somebody's number or birthday
_UNLISTED = "(not in the list)"  # never the cell itself: a shifted column could put a person's name there


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
    """The rows of these records in the asked weeks; `words` says in which order their texts stand."""
    read = Read()
    for one in owned:
        texts = dict(zip(words, (text.strip() for text in one.record), strict=True))
        try:
            if kind == "periods":
                _period(one.subject, texts, weeks, codes, read)
            elif kind == "postings":
                _posting(one.subject, texts, weeks, keeps_amounts, read)
            else:
                _event(one.subject, texts, read)
        except _Unreadable as refused:
            read.rejected[refused.reason] += 1
            read.uncertain.add(one.subject)
    return read


class _Unreadable(Exception):
    def __init__(self, reason: RejectReason) -> None:
        self.reason = reason
        super().__init__(reason.value)


def _period(
    subject: SubjectRef, texts: Mapping[str, str], weeks: tuple[Week, Week], codes: CodeList, read: Read
) -> None:
    """A code over days counts in every week of which it has a day, as a DREAM week is coded; no last day is no end."""
    first = _day(texts["from_day"])
    last = _day(texts["to_day"]) if texts["to_day"] else weeks[1].sunday
    if last < first:
        raise _Unreadable(RejectReason.DAY)
    begin, end = max(Week.of(first), weeks[0]), min(Week.of(last), weeks[1])
    if end < begin:
        return
    code = plain(texts["code"])
    is_listed = code in codes.statuses
    shown = code if is_listed or _SHOWN_CODE.fullmatch(code) else _UNLISTED
    for week in (begin + n for n in range(end - begin + 1)):
        known = codes.status_in(code, week)
        if known is None:
            read.unknown_codes[shown] += 1
        spell = StatusSpell(subject, known or Status.UNKNOWN, code if is_listed else "?", week, week)
        before = read.spells[-1] if week > begin else None
        if before is not None and before.status is spell.status:
            spell = StatusSpell(subject, before.status, before.code, before.from_week, week)
            read.spells.pop()
        read.spells.append(spell)


def _posting(
    subject: SubjectRef, texts: Mapping[str, str], weeks: tuple[Week, Week], keeps_amounts: bool, read: Read
) -> None:
    month = _or(RejectReason.MONTH, lambda: _month(texts["month"]))
    hours = _hundredths(texts["paid_hours"], _HOURS, RejectReason.HOURS) if texts["paid_hours"] else 0
    amount = _hundredths(texts["amount"], _AMOUNT, RejectReason.AMOUNT)
    if not weeks[0].month <= month <= weeks[1].month:
        return
    code = texts["income_type"]
    known = income_type_in(code, month)
    if known is None:
        read.unknown_codes[code if len(code) == 2 and code.isdigit() else "(not a type)"] += 1
    kind = known or IncomeType.UNKNOWN
    read.postings.append(IncomePosting(subject, month, kind, hours, amount < 0, amount if keeps_amounts else 0))


def _event(subject: SubjectRef, texts: Mapping[str, str], read: Read) -> None:
    try:
        kind = LifeEventKind(texts["event"])
    except ValueError:
        raise _Unreadable(RejectReason.EVENT) from None
    number = texts.get("new_cpr", "")
    if (kind is LifeEventKind.NUMBER_CHANGED) != bool(number):
        raise _Unreadable(RejectReason.EVENT)
    read.events.append(LifeEvent(subject, kind, _day(texts["on"]), NewNumber(number) if number else None))


def _day(text: str) -> date:
    """`2020-03-01`, also as the beginning of an instant."""
    return _or(RejectReason.DAY, lambda: date.fromisoformat(text[:10]))


def _month(text: str) -> Month:
    """`2020-03` or `202003`."""
    return Month.parse(text if "-" in text else f"{text[:4]}-{text[4:]}")


def _hundredths(text: str, pattern: re.Pattern[str], reason: RejectReason) -> int:
    found = pattern.fullmatch(text.replace("\u00a0", ""))
    if found is None:
        raise _Unreadable(reason)
    value = int(found[2]) * 100 + int((found[3] or "0").ljust(2, "0"))
    return -value if found[1] else value


def _or(reason: RejectReason, read: Callable[[], T]) -> T:
    try:
        return read()
    except ValueError:
        raise _Unreadable(reason) from None
