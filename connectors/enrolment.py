"""The referral list (Danish: *henvisningsliste*): who was referred, when, under which case reference.

Columns `CPR nummer;Henvist dato;Leverandørens sagsnummer;Underretning`. A person must have been told before anything
is known of them here (GDPR art. 13 and 14): a row without a notice id is rejected.

The case reference is the operator's own number for the person, and one person's within a contract: staff name people
by it, and so does a statement to the operator. Operators of two contracts may use one number for two people.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from connectors.boundary import Boundary, parse
from connectors.cells import read_day, read_reference, trim
from connectors.errors import RejectReason
from connectors.reading import check_is_a_table, check_name, read_rows, read_whole
from connectors.source_file import SourceFile
from vocabulary.records import SubjectRef

COLUMNS = ("CPR nummer", "Henvist dato", "Leverandørens sagsnummer", "Underretning")
_NOBODY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Referral:
    """One referred person, already without a number."""

    subject: SubjectRef
    referred_on: date
    case_reference: str
    notice_id: str


@dataclass(slots=True)
class ReferralList:
    """What was read. `refused` says of each row that is not accepted in which line of the file it stands, and why;
    `file_sha256` is of the bytes that were read. `listed` rows stand in it. Where more of them name somebody than are
    to be enrolled, nobody was looked up (`is_too_long`). `found` are the people who were enrolled here before, in
    whichever contract: each of them was looked up.
    """

    file_sha256: str

    listed: int = 0
    is_too_long: bool = False
    accepted: list[Referral] = field(default_factory=list)
    found: set[SubjectRef] = field(default_factory=set)
    rejected: Counter[RejectReason] = field(default_factory=Counter)
    refused: list[tuple[int, RejectReason]] = field(default_factory=list)


def read_referrals(
    file: SourceFile,
    boundary: Boundary,
    contract_id: str,
    *,
    period: tuple[date, date],
    notices: Collection[str],
    taken: Mapping[str, str] = _NOBODY,
    most: int | None = None,
    refuse_elsewhere: bool,
) -> ReferralList:
    """Everyone on the list, enrolled as new subjects in the caller's transaction, and rejects by reason.

    `notices` are the ids of the notices that the programme has: a row that names another was never told. `taken` are
    the case references of who is enrolled in the contract already, with their subject ids. Where two people's rows
    share one, neither is accepted: nobody can say whose it is. Of a list that names more than `most` people nobody is
    looked up: it would be a way to ask who is enrolled.

    Raises `FileNameMismatch`, `HeaderMismatch`, `FileUnreadable` or `FileTruncated` before anybody is enrolled.
    """
    check_name(file.name, "*.csv")
    check_is_a_table(file)
    content, digest = read_whole(file)
    result = ReferralList(digest)
    odd_lines: list[int] = []
    listed = read_rows(
        content, file=file.name, delimiter=";", columns=COLUMNS, rejected=result.rejected, odd_lines=odd_lines
    )
    rows = [(row.line, list(map(trim, row.fields))) for row in listed]
    result.listed = len(rows) + len(odd_lines)
    people: defaultdict[str, set[str]] = defaultdict(set)  # with this case reference, however the number is written
    for _, (cpr, _, reference, _) in rows:
        people[reference].add(cpr.replace("-", ""))
    sound: list[tuple[int, str, date, str, str]] = []  # line, number, and what a referral holds
    numbers: set[object] = set()

    def refuse(line: int, reason: RejectReason) -> None:
        result.rejected[reason] += 1
        result.refused.append((line, reason))

    for line, (text, day, reference, notice) in rows:
        reason, referred_on = _check(day, reference, notice, period, notices)
        if reason is None and len(people[reference]) > 1:
            reason = RejectReason.CASE_REFERENCE_TWICE
        number = reason or parse(text)
        if isinstance(number, RejectReason) or number in numbers:
            refuse(line, number if isinstance(number, RejectReason) else RejectReason.DUPLICATE)
            continue
        numbers.add(number)
        sound.append((line, text, referred_on, reference, notice))
    result.is_too_long = most is not None and len(sound) > most
    for line, text, referred_on, reference, notice in [] if result.is_too_long else sound:
        if reference in taken:
            result.found.add(SubjectRef(taken[reference]))
            refuse(line, RejectReason.CASE_REFERENCE_TAKEN)
            continue
        subject = boundary.enrol(text, contract_id, refuse_elsewhere=refuse_elsewhere)
        if isinstance(subject, RejectReason):
            result.found.update(boundary.subjects_of(text))
            refuse(line, subject)
        else:
            result.accepted.append(Referral(subject, referred_on, reference, notice))
    result.refused = sorted([*result.refused, *((line, RejectReason.FIELD_COUNT) for line in odd_lines)])
    return result


def _check(
    day: str, reference: str, notice: str, period: tuple[date, date], notices: Collection[str]
) -> tuple[RejectReason | None, date]:
    referred_on = read_day(day)
    if isinstance(referred_on, RejectReason):
        return referred_on, date.min
    if not period[0] <= referred_on <= period[1]:
        return RejectReason.OUTSIDE_PERIOD, referred_on
    # it goes back to the operator
    if isinstance(read_reference(reference), RejectReason):
        return RejectReason.CASE_REFERENCE, referred_on
    if notice not in notices:
        return RejectReason.NO_NOTICE, referred_on
    return None, referred_on
