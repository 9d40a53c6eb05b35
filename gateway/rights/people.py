"""One person's records: begun once, ended once, each by a member of staff who says how it was received.

A person is named by the operator's case reference, or by a CPR number that goes into the boundary and no further.
Whatever stops the person from being followed gives a signed stop receipt in the same transaction (`intake.stops`).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlmodel import Session

from gateway.contracts.mistaken import may_be_taken_back
from gateway.errors.rights import PersonUnknown, RecordRefused, RecordUnknown
from gateway.evaluation.own_cases import check_not_own_case
from gateway.events.event import PersonLine
from gateway.events.rights import RecordChanged
from gateway.installation.authority import Asking, Authorised, deciding, staff_party
from gateway.installation.gateway import Gateway
from gateway.installation.look_ups import NamedBy, look_up
from gateway.intake.stops import record_person_stop
from gateway.store import basis, queries
from gateway.store.rights_tables import BasisRow
from policies.basis import BASES, DATED, EXITS, Change, MistakeReason, RecordKind, Stop
from policies.facts import PersonFacts
from policies.programme import Programme
from policies.terms import Action, Purpose, Role
from vocabulary.danish_days import danish_day
from vocabulary.records import SubjectRef

STAFF = (Role.CASE_WORKER, Role.SYSTEM_OWNER)  # who may open one person's records (rule P60)


class Channel(StrEnum):
    """How what the person said reached the municipality."""

    LETTER = "letter"
    DIGITAL_POST = "digital_post"
    PHONE = "phone"
    MEETING = "meeting"
    REGISTER = "register"  # the municipality's own register says it, such as a protected address


@dataclass(frozen=True, slots=True)
class Who:
    """A person by one of two names."""

    case_reference: str = ""
    cpr: str = ""  # ten digits, read by the boundary alone

    def __repr__(self) -> str:
        return "Who(case reference)" if self.case_reference else "Who(CPR number)"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was registered. `stop_receipt` is the signed token where reading stopped by it, else empty."""

    record: str
    stop_receipt: str


@dataclass(frozen=True, slots=True)
class NewRecord:
    """What is to be registered. `purposes` and `notice` belong to a consent, `valid_to` is its last day.

    `since` is the day on which an exit, prison or cohabitation began, where that was before today: from then on nothing
    counts, also of what was released in between. `reason` is what was wrong with a referral by mistake.
    """

    kind: RecordKind
    channel: Channel
    purposes: frozenset[Purpose] = frozenset()
    notice: str = ""
    valid_to: date | None = None
    since: date | None = None
    reason: MistakeReason | None = None


def begin(gateway: Gateway, contract_id: str, who: Who, new: NewRecord, *, role: Role) -> Recorded:
    """Register that a consent, objection, restriction, exit, mistake or protection begins today, or began on its day.

    Raises `PolicyDenied` (also where nobody here has that name), `RecordRefused`.
    """
    with deciding(gateway) as asking:
        programme = gateway.programme(asking.session, contract_id)
        subject, authorised = open_person(gateway, asking, programme, who, Action.REGISTER_RIGHT, role)
        version = _check(asking, programme, subject, new)
        if new.kind in EXITS:
            check_not_own_case(asking, gateway.contract(asking.session, contract_id), subject)
        row = BasisRow(
            record_id=str(uuid.uuid4()),
            change=Change.BEGINS,
            subject_id=subject,
            contract_id=contract_id,
            kind=new.kind,
            purposes=sorted(new.purposes),
            notice_id=new.notice,
            notice_version=version,
            valid_to=new.valid_to,
            since=new.since,
            reason=new.reason or "",
            channel=new.channel,
            at=asking.now,
        )
        return _store(gateway, asking, programme, row, authorised)


def end(gateway: Gateway, contract_id: str, record: str, *, channel: Channel, role: Role) -> Recorded:
    """Register that a record ends today: a consent is withdrawn, an objection is taken back, a restriction lifted.

    It touches no other record (GDPR art. 7(3)). The record's id stands on what the person was given. Raises
    `RecordUnknown`, `PolicyDenied`, `RecordRefused` for a statutory basis, which nobody withdraws, and for a second
    end.
    """
    with deciding(gateway) as asking:
        programme = gateway.programme(asking.session, contract_id)
        begun = asking.session.get(BasisRow, (record, Change.BEGINS))
        if begun is None or begun.contract_id != contract_id:
            raise RecordUnknown(record=record)
        authorised = open_by_id(gateway, asking, programme, begun.subject_id, Action.REGISTER_RIGHT, role)
        if begun.kind == RecordKind.STATUTORY_BASIS:
            raise RecordRefused(reason="a statutory basis is not withdrawn; register an objection (GDPR art. 21)")
        contract = gateway.contract(asking.session, contract_id)
        if begun.kind in EXITS:
            check_not_own_case(asking, contract, begun.subject_id)
        if begun.kind == RecordKind.MISTAKE and not may_be_taken_back(asking.session, contract, begun.reason):
            reason = f"cohort.mistaken of version {contract.version} counts this mistake, and every party accepted that"
            raise RecordRefused(reason=reason)
        if asking.session.get(BasisRow, (record, Change.ENDS)) is not None:
            raise RecordRefused(reason="the record has ended already, and an ended record never begins again")
        row = BasisRow(**{**begun.model_dump(), "change": Change.ENDS, "channel": channel, "at": asking.now})
        return _store(gateway, asking, programme, row, authorised)


def open_person(
    gateway: Gateway, asking: Asking, programme: Programme, who: Who, action: Action, role: Role
) -> tuple[str, Authorised]:
    """The subject id of whoever this is, once the policy has allowed this member of staff to open that person.

    Found or not, that somebody looked is logged, whatever is answered. Raises `LookUpsEnded`, `PolicyDenied`; a name
    that is nobody's is refused by P62 and recorded like any other refusal.
    """
    subject = find(gateway, asking.session, programme.contract_id, who)
    named_by = NamedBy.NUMBER if who.cpr else NamedBy.CASE_REFERENCE
    asking.act_in(role)
    contract = gateway.contract(asking.session, programme.contract_id)
    look_up(asking, programme, contract, subject, named_by, ends=action is not Action.REGISTER_RIGHT)
    authorised = ask_about_person(asking, programme, action, role, enrolled=subject is not None)
    if subject is None:  # P62 has refused this already
        raise PersonUnknown(contract=programme.contract_id)
    return subject, authorised


def open_by_id(
    gateway: Gateway, asking: Asking, programme: Programme, subject: str, action: Action, role: Role
) -> Authorised:
    """The same where a record's id named the person: `PolicyDenied`, `LookUpsEnded`."""
    asking.act_in(role)
    contract = gateway.contract(asking.session, programme.contract_id)
    look_up(asking, programme, contract, subject, NamedBy.RECORD, ends=action is not Action.REGISTER_RIGHT)
    return ask_about_person(asking, programme, action, role, enrolled=True)


def find(gateway: Gateway, session: Session, contract_id: str, who: Who) -> str | None:
    """The subject id of this person in this contract, or None."""
    if who.cpr:
        found = gateway.boundary(session).find(who.cpr, contract_id)
        return found.value if isinstance(found, SubjectRef) else None
    row = queries.subject_of(session, contract_id, who.case_reference)
    return None if row is None else row.subject_id


def stop_now(asking: Asking, programme: Programme, subject: str) -> Stop | None:
    """Why this person may not be followed now, or None."""
    asking.session.flush()
    return basis.stops(asking.session, programme, [subject], at=asking.now).get(subject)


def ask_about_person(asking: Asking, programme: Programme, action: Action, role: Role, *, enrolled: bool) -> Authorised:
    """The decision on opening one person's records; `PolicyDenied` with its refusal recorded."""
    facts = PersonFacts(
        purpose=Purpose.RIGHTS_REQUEST,
        appointment_valid=asking.is_appointed(programme, role),
        subject_enrolled=enrolled,
    )
    return asking.ask(staff_party(programme, role), action, programme, facts)


def _check(asking: Asking, programme: Programme, subject: str, new: NewRecord) -> int:
    """The version of the notice that a consent rests on, 0 for other records; `RecordRefused` where it cannot stand."""
    today = asking.now.date()
    if new.kind is RecordKind.STATUTORY_BASIS:
        raise RecordRefused(reason="a statutory basis is recorded when a batch is sealed, and never one by one")
    if new.valid_to is not None and new.valid_to < today:
        raise RecordRefused(reason=f"valid_to {new.valid_to} has passed")
    if new.since is not None and new.kind not in DATED:
        raise RecordRefused(reason=f"a record of {new.kind} begins on the day on which it is registered")
    if new.since is not None and new.since > danish_day(asking.now):
        raise RecordRefused(reason=f"{new.since} lies ahead: register it when it has come")
    if (new.kind is RecordKind.MISTAKE) != (new.reason is not None):
        raise RecordRefused(reason="a mistake, and nothing else, says what was wrong with the referral")
    if new.kind not in BASES:
        if new.purposes or new.notice:
            raise RecordRefused(reason=f"a record of {new.kind} has no purposes and no notice")
        if new.kind in basis.having_kinds(asking.session, programme.contract_id, subject, at=asking.now):
            raise RecordRefused(reason=f"a record of {new.kind} is in force already")
        return 0
    if not new.purposes or not new.purposes <= programme.purposes:
        raise RecordRefused(reason="a consent names purposes, each of them one of the programme's")
    notice = programme.notice(new.notice)
    if notice is None:
        known = ", ".join(sorted({one.id for one in programme.notices}))
        raise RecordRefused(reason=f"a consent names the notice that the person was told; the programme has: {known}")
    return notice.version


def _store(gateway: Gateway, asking: Asking, programme: Programme, row: BasisRow, authorised: Authorised) -> Recorded:
    before = stop_now(asking, programme, row.subject_id)
    asking.session.add(row)
    after = stop_now(asking, programme, row.subject_id)
    asking.uow.record(
        RecordChanged(
            contract=row.contract_id,
            record=row.record_id,
            record_kind=row.kind,
            reason=row.reason,
            change=row.change,
            channel=row.channel,
            decision=authorised.id,
            decision_sha256=authorised.sha256,
        ),
        lines=[PersonLine(row.subject_id, "record_changed", Purpose.RIGHTS_REQUEST)],
    )
    if before is not None or after is None:
        return Recorded(row.record_id, "")
    token = record_person_stop(
        gateway, asking.uow, programme, subject=row.subject_id, record=row.record_id, reason=after.reason
    )
    return Recorded(row.record_id, token)
