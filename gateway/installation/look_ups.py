"""Looking somebody up is a read: it is counted, and whoever is found has a line in the log, whatever comes of it.

Staff name a person by a case reference, a CPR number or the id of a record; a referral list names many at once. Within
a day at most `most_people` may be found or tried for under a contract. What goes beyond ends without an answer, stands
in the log (`look_ups_stopped`), and `gateway doctor` says it for a day; until then nobody is looked up there at all.
A right that is registered is counted like any other look-up, and never waits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, literal_column
from sqlmodel import Session, col, select

from gateway.errors.rights import LookUpsEnded
from gateway.events.event import PersonLine
from gateway.events.look_ups import LookUpsStopped, PersonLookedUp
from gateway.installation.authority import Asking
from gateway.outcomes.contract import Contract
from gateway.store.log_tables import LOOK_UPS, LogEntry, PersonLineRow
from outcome_verifier import canonical
from policies.programme import Programme
from policies.terms import Purpose

DAY = timedelta(days=1)


class NamedBy(StrEnum):
    """By which sort of name somebody is looked up."""

    CASE_REFERENCE = "case_reference"
    NUMBER = "cpr_number"
    RECORD = "record"  # the id of a record, a request or a document: nobody guesses one


@dataclass(frozen=True, slots=True)
class LookUpCount:
    """What was looked up under a contract within a day: who was found, and how many names were nobody's."""

    found: frozenset[str]
    missed: int
    is_stopped: bool

    @property
    def people(self) -> int:
        return len(self.found) + self.missed


def most_people(programme: Programme, contract: Contract) -> int:
    """How many people may be looked up in a day: as declared, and never fewer than the contract follows."""
    return max(programme.most_look_ups, contract.cohort.size)


def look_up(
    asking: Asking,
    programme: Programme,
    contract: Contract,
    subject: str | None,
    named_by: NamedBy,
    *,
    purpose: Purpose = Purpose.RIGHTS_REQUEST,
    ends: bool = True,
) -> None:
    """Note that one person was looked up, found or not, before anything is told; the policy is asked next.

    Raises `LookUpsEnded` where that would be one too many and it `ends`: a right that somebody uses does not.
    """
    if ends:
        check_look_ups(asking, programme, contract, [] if subject is None else [subject], missed=subject is None)
    lines = [] if subject is None else [PersonLine(subject, "looked_up", purpose)]
    asking.keep(PersonLookedUp(contract=contract.id, named_by=named_by), lines)


def check_look_ups(
    asking: Asking, programme: Programme, contract: Contract, found: Collection[str], *, missed: int = 0
) -> None:
    """Raise `LookUpsEnded` where these people are too many beside those of the last day, or were so within it."""
    most = most_people(programme, contract)
    before = look_ups_since(asking.session, contract.id, asking.now - DAY)
    new = len(before.found.union(found)) + before.missed + missed
    if before.is_stopped:
        raise LookUpsEnded(contract=contract.id, most=most)
    if new > max(most, before.people):  # whom somebody found today they may find again
        asking.keep(LookUpsStopped(contract=contract.id, most=most), found_lines(found), also_now=False)
        raise LookUpsEnded(contract=contract.id, most=most)


def found_lines(subjects: Iterable[str], purpose: Purpose = Purpose.RIGHTS_REQUEST) -> list[PersonLine]:
    """A line for each, in the order of their random ids."""
    return [PersonLine(subject, "looked_up", purpose) for subject in sorted(subjects)]


def look_ups_since(session: Session, contract_id: str, since: datetime) -> LookUpCount:
    """What the access log holds of look-ups under a contract since an instant."""
    # as literals: bound values would not let the database see that its partial index fits
    kinds: ColumnElement[bool] = literal_column(LOOK_UPS)
    rows = session.exec(select(LogEntry).where(kinds, LogEntry.log == "access", col(LogEntry.at) > since)).all()
    bodies = {row.idx: canonical.loads(row.body.encode()) for row in rows}
    events = {idx: body for idx, body in bodies.items() if body["contract"] == contract_id}
    lines = select(PersonLineRow.subject_id).where(col(PersonLineRow.log_idx).in_(events)).distinct()
    return LookUpCount(
        found=frozenset(session.exec(lines)) - {""},
        missed=sum(
            body["kind"] == PersonLookedUp.kind and "lines" not in body and body["named_by"] != NamedBy.RECORD
            for body in events.values()
        ),
        is_stopped=any(body["kind"] == LookUpsStopped.kind for body in events.values()),
    )
