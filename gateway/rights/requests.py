"""What people ask for and what the controller answers: registered by one member of staff, decided by another.

`ask` registers; `decide` answers. Granting erasure erases in the same transaction (`gateway.rights.erasure`); granting
rectification is the municipality's promise to correct the source, whose next pull brings the revision and whose
`gateway correct` brings the correction of what was released.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from sqlmodel import Session, col, select

from gateway.errors.rights import RequestRefused, RequestUnknown
from gateway.events.event import PersonLine
from gateway.events.look_ups import RequestsListed
from gateway.events.rights import AnswerHandedOut, RightAsked, RightDecided
from gateway.installation.authority import Asking, Authorised, deciding, staff_party
from gateway.installation.gateway import Gateway
from gateway.installation.look_ups import NamedBy, look_up
from gateway.rights import erasure, journal
from gateway.rights.people import Who, open_person, stop_now
from gateway.rights.retention import Hold, holds
from gateway.store import queries
from gateway.store.rights_tables import RightsRequest
from policies.errors import PolicyDenied
from policies.facts import DecisionFacts
from policies.programme import Programme
from policies.terms import Action, Purpose, Role
from vocabulary.typed_text import check_typed

RETENTION_RULE = "P65-retention-clear"
_GRANTED = "granted"


class Right(StrEnum):
    """The requests that somebody has to decide; the others are served at once (report) or by a record."""

    RECTIFICATION = "rectification"  # GDPR art. 16
    ERASURE = "erasure"  # GDPR art. 17


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request that waits for an answer, for the controller's staff: it names no person."""

    id: str
    right: str
    asked_on: date
    asked_by: str  # the member of staff who registered it


@dataclass(frozen=True, slots=True)
class RequestAnswer:
    """What was decided. `holds` are the rules that refused an erasure, `reasons` what they say; `certificate` is
    signed where it was done. `is_new` is false for an answer that whoever acts had given before."""

    request: str
    granted: bool
    holds: tuple[Hold, ...] = ()
    reasons: tuple[str, ...] = ()
    certificate: str = ""
    is_new: bool = True


def ask(gateway: Gateway, contract_id: str, who: Who, right: Right, *, role: Role) -> str:
    """Register a request and return its id. Raises `PolicyDenied`, `RequestRefused` where the same one is open."""
    with deciding(gateway) as asking:
        programme = gateway.programme(asking.session, contract_id)
        subject, authorised = open_person(gateway, asking, programme, who, Action.REGISTER_RIGHT, role)
        query = select(RightsRequest).where(RightsRequest.subject_id == subject, RightsRequest.answer == "")
        if any(row.kind == right for row in asking.session.exec(query)):
            raise RequestRefused(rule="asked-already", reason=f"a request for {right} is open already")
        row = RightsRequest(
            id=str(uuid.uuid4()),
            contract_id=contract_id,
            subject_id=subject,
            kind=right,
            asked_by=gateway.actor.name,
            asked_at=asking.now,
            answer="",
            answer_rule="",
            answered_by="",
        )
        asking.session.add(row)
        asking.uow.record(
            RightAsked(
                request=row.id,
                contract=contract_id,
                right=right,
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            ),
            lines=[PersonLine(subject, f"asked_{right}", Purpose.RIGHTS_REQUEST)],
        )
        return row.id


def open_requests(gateway: Gateway, contract_id: str) -> tuple[OpenRequest, ...]:
    """The requests that wait for an answer, oldest first; that staff saw them is logged, with a line for each person.

    Raises `ContractUnknown`.
    """
    with gateway.write() as uow:
        gateway.programme(uow.session, contract_id)
        rows = waiting_requests(uow.session, contract_id)
        subjects = {row.subject_id for row in rows}
        lines = [PersonLine(subject, "requests_listed", Purpose.RIGHTS_REQUEST) for subject in sorted(subjects)]
        uow.record(RequestsListed(contract=contract_id, waiting=len(rows)), lines)
        return tuple(OpenRequest(row.id, row.kind, row.asked_at.date(), row.asked_by) for row in rows)


def waiting_requests(session: Session, contract_id: str) -> Sequence[RightsRequest]:
    """The rows of the requests that wait, oldest first."""
    query = select(RightsRequest).where(RightsRequest.contract_id == contract_id, RightsRequest.answer == "")
    return session.exec(query.order_by(col(RightsRequest.asked_at), RightsRequest.id)).all()


def decide(gateway: Gateway, contract_id: str, request_id: str, *, grant: bool, rule: str = "") -> RequestAnswer:
    """Answer a request, as a system owner who is not the one that registered it.

    The policy is asked about the grant with what is true. Where something must be kept it refuses (rule P65), and that
    refusal stands beside the answer that it leads to: no, with every rule that keeps. `rule` is why the controller
    refuses one that nothing holds back. Raises `RequestUnknown`, also where it is answered, `RequestRefused`,
    `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        row = asking.session.get(RightsRequest, request_id)
        if row is None or row.contract_id != contract_id or row.answer:
            raise RequestUnknown(request=request_id)
        if not grant and not rule:
            raise RequestRefused(rule="reason-needed", reason="a refusal names the rule that it rests on")
        if rule:
            check_typed(rule, what="the rule")
        programme = gateway.programme(asking.session, contract_id)
        contract = gateway.contract(asking.session, contract_id)
        subject = row.subject_id
        asking.act_in(Role.SYSTEM_OWNER)
        look_up(asking, programme, contract, subject, NamedBy.RECORD, ends=False)
        found = _holds(gateway, asking, programme, subject) if row.kind == Right.ERASURE and grant else []
        authorised, allowed = _authorise(gateway, asking, programme, row, retention_clear=not found)
        granted = grant and allowed
        _answer(gateway, asking, row, authorised, found, granted=granted, rule=rule)
        certificate = ""
        if granted and row.kind == Right.ERASURE:
            certificate = erasure.erase(gateway, asking, programme, row, authorised)
        answer = RequestAnswer(row.id, granted, tuple(found), tuple(map(str, found)), certificate)
    if certificate:
        journal.confirm(gateway, erasure.digest_of(subject), now=gateway.clock())
        journal.forget(gateway, now=gateway.clock())
    return answer


def answered_before(gateway: Gateway, contract_id: str, request_id: str, *, grant: bool) -> RequestAnswer:
    """The answer that whoever acts gave before, once more, with its certificate; what a killed command had still to
    note of an erasure is noted. A grant that law refused counts as the same.

    Raises `RequestUnknown` where no such answer was given by this person, `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        row = asking.session.get(RightsRequest, request_id)
        if row is None or row.contract_id != contract_id or not row.answer:
            raise RequestUnknown(request=request_id)
        granted = row.answer == _GRANTED
        if gateway.actor.is_second_to(row.answered_by) or (granted and not grant):
            raise RequestUnknown(request=request_id)
        asking.act_in(Role.SYSTEM_OWNER)
        programme = gateway.programme(asking.session, contract_id)
        authorised, _ = _authorise(gateway, asking, programme, row, retention_clear=True)
        is_erased = granted and row.kind == Right.ERASURE
        certificate = erasure.certificate_of(asking.session, row.id) if is_erased else ""
        asking.uow.record(
            AnswerHandedOut(
                request=row.id, contract=contract_id, decision=authorised.id, decision_sha256=authorised.sha256
            )
        )
        if is_erased:
            journal.settle(gateway, asking.session, now=asking.now)
        reasons = tuple(row.answer_rule.split("; ")) if grant and not granted else ()
        return RequestAnswer(row.id, granted, reasons=reasons, certificate=certificate, is_new=False)


def _holds(gateway: Gateway, asking: Asking, programme: Programme, subject: str) -> list[Hold]:
    contract = gateway.contract(asking.session, programme.contract_id)
    return holds(
        asking.session,
        contract,
        programme,
        stop=stop_now(asking, programme, subject),
        on=asking.now.date(),
        enrolled_at=erasure.came_in_at(asking.session, subject),
        open_disputes=queries.open_disputes(asking.session, contract.id),
    )


def _authorise(
    gateway: Gateway, asking: Asking, programme: Programme, row: RightsRequest, *, retention_clear: bool
) -> tuple[Authorised, bool]:
    """The decision on the answer, and whether it may be the one that was asked for.

    A refusal by P65 alone is recorded, and the policy is asked once more, about saying no: by that nothing is lost.
    """
    owner = staff_party(programme, Role.SYSTEM_OWNER)
    facts = DecisionFacts(
        purpose=Purpose.RIGHTS_REQUEST,
        appointment_valid=asking.is_appointed(programme, Role.SYSTEM_OWNER),
        second_person=gateway.actor.is_second_to(row.asked_by),
        retention_clear=retention_clear,
    )
    try:
        return asking.ask(owner, Action.DECIDE_RIGHT, programme, facts), True
    except PolicyDenied as refused:
        if list(refused.decision.rule_ids) != [RETENTION_RULE]:
            raise
    return asking.ask(owner, Action.DECIDE_RIGHT, programme, replace(facts, retention_clear=True)), False


def _answer(
    gateway: Gateway,
    asking: Asking,
    row: RightsRequest,
    authorised: Authorised,
    found: Sequence[Hold],
    *,
    granted: bool,
    rule: str,
) -> None:
    """Record the answer: on the request, and in the log by the names of the rules."""
    row.answer, row.answered_by, row.answered_at = (_GRANTED if granted else "refused"), gateway.actor.name, asking.now
    row.answer_rule = "; ".join(map(str, found)) or rule
    asking.session.add(row)
    asking.uow.record(
        RightDecided(
            request=row.id,
            contract=row.contract_id,
            right=row.kind,
            answer=row.answer,
            rule=", ".join([RETENTION_RULE, *(hold.rule for hold in found)]) if found else rule,
            decision=authorised.id,
            decision_sha256=authorised.sha256,
        ),
        lines=[PersonLine(row.subject_id, f"decided_{row.kind}", Purpose.RIGHTS_REQUEST)],
    )
