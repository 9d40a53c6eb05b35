"""What the gateway holds of one person, as date runs: for the person's own report and for the archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlmodel import Session, col, select

from gateway.store.postings import postings_of_person
from gateway.store.registered_evidence import RegisteredEvidence, of_person
from gateway.store.rights_tables import BasisRow
from gateway.store.spells import spells_of_person
from gateway.store.tables import Subject
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class StatusRun:
    """A status without a break, both days included. `known_on` and `known_last_on`: when the first and the last part of
    it was told. `replaced_on`: when a correction took it away.
    """

    source: str
    status: str
    code: str
    first_day: date
    last_day: date
    known_on: date
    known_last_on: date
    replaced_on: date | None


@dataclass(frozen=True, slots=True)
class MonthHeld:
    source: str
    month: date  # its first day
    income_type: str
    hours_hundredths: int
    is_reversal: bool
    amount_minor: int  # 0 where the contract counts no pay: then it was never stored
    known_on: date
    replaced_on: date | None


@dataclass(frozen=True, slots=True)
class Holdings:
    subject: Subject
    runs: tuple[StatusRun, ...]
    months: tuple[MonthHeld, ...]
    documents: tuple[RegisteredEvidence, ...]  # registered as evidence, oldest first
    records: tuple[BasisRow, ...]  # begun and ended, oldest first


def holdings_of(session: Session, subject: Subject) -> Holdings:
    """Everything of one person in one contract, oldest first, what was corrected since included."""
    who = session, subject.contract_id, subject.subject_id
    spells = [(source, one) for source, told in spells_of_person(*who).items() for one in told]
    months = [(source, one) for source, told in postings_of_person(*who).items() for one in told]
    spells.sort(key=lambda pair: (pair[1].from_week, pair[1].known_from, pair[1].code))
    months.sort(key=lambda pair: (pair[1].posting.month, pair[1].known_from, pair[1].posting.income_type))
    records = session.exec(
        select(BasisRow).where(BasisRow.subject_id == subject.subject_id).order_by(col(BasisRow.at), BasisRow.record_id)
    )
    return Holdings(
        subject,
        tuple(
            StatusRun(
                source,
                one.status,
                one.code,
                Week(one.from_week).monday,
                Week(one.to_week).sunday,
                one.known_from.date(),
                one.known_from.date(),
                one.known_to.date() if one.known_to else None,
            )
            for source, one in spells
        ),
        tuple(
            MonthHeld(
                source,
                one.posting.month.first_day,
                one.posting.income_type,
                one.posting.paid_hours_hundredths,
                one.posting.is_reversal,
                one.posting.amount_minor,
                one.known_from.date(),
                one.known_to.date() if one.known_to else None,
            )
            for source, one in months
        ),
        tuple(of_person(*who)),
        tuple(records),
    )


def together(runs: Sequence[StatusRun]) -> list[StatusRun]:
    """The runs as a person reads them, oldest first: weeks that touch and say the same are one run, however many files
    told them. What was replaced stays apart from what stands.
    """

    def key(run: StatusRun) -> tuple[str, str, str, date, date]:
        return run.source, run.status, run.code, run.replaced_on or date.max, run.first_day

    found: list[StatusRun] = []
    for run in sorted(runs, key=key):
        last = found[-1] if found else None
        if last and key(last)[:4] == key(run)[:4] and run.first_day <= last.last_day + timedelta(days=1):
            found[-1] = replace(
                last,
                last_day=max(last.last_day, run.last_day),
                known_on=min(last.known_on, run.known_on),
                known_last_on=max(last.known_last_on, run.known_last_on),
            )
        else:
            found.append(run)
    return sorted(found, key=lambda run: (run.first_day, run.replaced_on or date.max, run.source, run.code))
