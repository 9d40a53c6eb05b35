"""What people ask for and what the controller answers: registered by one member of staff, decided by another.

`ask` registers; `decide` answers. Granting erasure erases in the same transaction (`gateway.rights.erasure`); granting
rectification is the municipality's promise to correct the source, whose next pull brings the revision and whose
`gateway correct` brings the correction of what was released.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlmodel import col, select

from gateway.authority import deciding, staff_party
from gateway.errors import RequestRefused, RequestUnknown
from gateway.events import PersonLine
from gateway.installation import Gateway
from gateway.rights import erasure
from gateway.rights.people import Who, open_person, stop_now
from gateway.rights.retention import Hold, holds
from gateway.rights_events import RightAsked, RightDecided
from gateway.store.rights_tables import RightsRequest
from policies.facts import DecisionFacts
from policies.programme import Programme
from policies.vocabulary import Action, Purpose, Role


class Right(StrEnum):
    """The requests that somebody has to decide; the others are served at once (report) or by a record."""

    RECTIFICATION = "rectification"  # GDPR art. 16
    ERASURE = "erasure"  # GDPR art. 17


@dataclass(frozen=True, slots=True)
class Answer:
    """What was decided. `holds` are the rules that refused an erasure; `certificate` is signed where it was done."""

    request: str
    granted: bool
    holds: tuple[Hold, ...] = ()
    certificate: str = ""


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
            asked_by=gateway.staff,
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
                by=gateway.staff,
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            ),
            lines=[PersonLine(subject, f"asked_{right}", Purpose.RIGHTS_REQUEST)],
        )
        return row.id


def open_requests(gateway: Gateway, contract_id: str) -> list[RightsRequest]:
    """The requests that wait for an answer, oldest first: ids, rights and days, no person's name."""
    with gateway.store.read() as session:
        gateway.programme(session, contract_id)
        query = select(RightsRequest).where(RightsRequest.contract_id == contract_id, RightsRequest.answer == "")
        return list(session.exec(query.order_by(col(RightsRequest.asked_at), RightsRequest.id)))


def decide(gateway: Gateway, contract_id: str, request_id: str, *, grant: bool, rule: str = "") -> Answer:
    """Answer a request, as a system owner who is not the one that registered it.

    What must be kept decides over a grant: such an erasure is answered with a refusal that names every rule. `rule` is
    why the controller refuses one that nothing holds back. Raises `RequestUnknown`, `RequestRefused`, `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        row = asking.session.get(RightsRequest, request_id)
        if row is None or row.contract_id != contract_id or row.answer:
            raise RequestUnknown(request=request_id)
        programme = gateway.programme(asking.session, contract_id)
        found: list[Hold] = []
        if row.kind == Right.ERASURE and grant:
            found = holds(
                asking.session,
                gateway.contract(asking.session, contract_id),
                programme,
                stop=stop_now(asking, programme, row.subject_id),
                on=asking.now.date(),
                enrolled_at=erasure.came_in_at(asking.session, row.subject_id),
            )
        if not grant and not rule:
            raise RequestRefused(rule="reason-needed", reason="a refusal names the rule that it rests on")
        granted = grant and not found
        authorised = asking.ask(
            staff_party(programme, Role.SYSTEM_OWNER),
            Action.DECIDE_RIGHT,
            programme,
            _facts(gateway, programme, row, on=asking.now.date(), retention_clear=not granted or not found),
        )
        row.answer, row.answered_by, row.answered_at = ("granted" if granted else "refused"), gateway.staff, asking.now
        row.answer_rule = "; ".join(map(str, found)) or rule
        subject = row.subject_id
        asking.session.add(row)
        asking.uow.record(
            RightDecided(
                request=row.id,
                contract=contract_id,
                right=row.kind,
                answer=row.answer,
                rule=", ".join(hold.rule for hold in found) or rule,
                by=gateway.staff,
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            ),
            lines=[PersonLine(subject, f"decided_{row.kind}", Purpose.RIGHTS_REQUEST)],
        )
        certificate = ""
        if granted and row.kind == Right.ERASURE:
            certificate = erasure.erase(gateway, asking, programme, row, authorised)
        return Answer(row.id, granted, tuple(found), certificate)


def _facts(
    gateway: Gateway, programme: Programme, row: RightsRequest, *, on: date, retention_clear: bool
) -> DecisionFacts:
    return DecisionFacts(
        purpose=Purpose.RIGHTS_REQUEST,
        appointment_valid=programme.is_appointed(gateway.staff, Role.SYSTEM_OWNER, on=on),
        second_person=row.asked_by != gateway.staff,
        retention_clear=retention_clear,
    )
