"""The data protection officer's advice (GDPR art. 38 and 39): given, followed or not followed with a reason, and where
it says so, holding a window's releases back until the controller decides.

A suspension is answered within the programme's `suspension_days` working days. A day that passes without an answer
opens nothing: the window stays held, and `gateway doctor` says that the answer is overdue.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from gateway.errors.oversight import AdviceUnknown
from gateway.errors.rights import RequestRefused
from gateway.events.rights import AdviceAnswered, AdviceGiven, AdviceLifted, SampleDrawn
from gateway.installation.authority import deciding, staff_party
from gateway.installation.gateway import Gateway
from gateway.oversight.log_reading import LogLine
from gateway.store import ledger
from gateway.store.rights_tables import Advice
from gateway.wording.working_days import after_working_days
from outcome_verifier import canonical
from policies.facts import AdviceFacts, DecisionFacts, LogFacts
from policies.terms import Action, Purpose, Role
from vocabulary.typed_text import check_typed

FOLLOWED, NOT_FOLLOWED = "followed", "not_followed"


@dataclass(frozen=True, slots=True)
class AdviceShown:
    """One piece of advice and what became of it, for the officer and the controller's staff.

    `window` is empty for the whole contract. `holds`: releases are held back; `waits`: the controller has still to
    answer. `answer` is empty, `followed` or `not_followed`.
    """

    id: str
    contract: str
    window: str
    text: str
    suspends: bool
    holds: bool
    waits: bool
    given_on: date
    decide_by: date
    answer: str
    answer_text: str
    answered_by: str
    answered_at: datetime | None
    lifted_by: str
    lifted_at: datetime | None


def advise(gateway: Gateway, contract_id: str, text: str, *, window: str = "", suspends: bool = False) -> AdviceShown:
    """Record advice on a window, or on the whole contract. Raises `TextInvalid`, `PolicyDenied`, `WindowUnknown`."""
    check_typed(text, what="the advice", is_long=True)
    with deciding(gateway) as asking:
        programme = gateway.programme(asking.session, contract_id)
        contract = gateway.contract(asking.session, contract_id)
        if window:
            contract.window(window)
        today = asking.now.date()
        facts = AdviceFacts(purpose=Purpose.GOVERNANCE, appointment_valid=asking.is_appointed(programme, Role.DPO))
        authorised = asking.ask(staff_party(programme, Role.DPO), Action.ADVISE, programme, facts)
        row = Advice(
            id=str(uuid.uuid4()),
            contract_id=contract_id,
            window=window,
            text=text,
            suspends=suspends,
            by=gateway.actor.name,
            at=asking.now,
            decide_by=after_working_days(today, programme.suspension_days),
            answer="",
            answer_text="",
            answered_by="",
            lifted_by="",
        )
        asking.session.add(row)
        asking.uow.record(
            AdviceGiven(
                advice=row.id,
                contract=contract_id,
                window=window,
                suspends=suspends,
                text_sha256=_digest(text),
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            )
        )
    return _advice_shown(row)


def answer(gateway: Gateway, advice_id: str, *, followed: bool, text: str) -> AdviceShown:
    """The controller's answer, by a system owner who is not the adviser: followed, or not and why.

    Not following ends a suspension; following leaves it in force until the officer lifts it. Raises `AdviceUnknown`,
    `RequestRefused` for an answer without a reason, `TextInvalid`, `PolicyDenied`.
    """
    if text.strip():
        check_typed(text, what="the answer", is_long=True)
    with deciding(gateway) as asking:
        row = _open_advice(asking.session, advice_id)
        if not followed and not text.strip():
            raise RequestRefused(rule="reason-needed", reason="advice that is not followed needs a reason")
        programme = gateway.programme(asking.session, row.contract_id)
        facts = DecisionFacts(
            purpose=Purpose.GOVERNANCE,
            appointment_valid=asking.is_appointed(programme, Role.SYSTEM_OWNER),
            second_person=gateway.actor.is_second_to(row.by),
            retention_clear=True,  # the advice and its answer are both kept
        )
        owner = staff_party(programme, Role.SYSTEM_OWNER)
        authorised = asking.ask(owner, Action.CHANGE_POLICY, programme, facts)
        row.answer, row.answer_text = (FOLLOWED if followed else NOT_FOLLOWED), text
        row.answered_by, row.answered_at = gateway.actor.name, asking.now
        asking.session.add(row)
        asking.uow.record(
            AdviceAnswered(
                advice=row.id,
                contract=row.contract_id,
                answer=row.answer,
                text_sha256=_digest(text),
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            )
        )
    return _advice_shown(row)


def lift(gateway: Gateway, advice_id: str) -> AdviceShown:
    """The officer takes the advice back, because it was followed or no longer holds; a suspension ends with it.

    The controller's answer stays as it was given. Raises `AdviceUnknown`, `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        row = asking.session.get(Advice, advice_id)
        if row is None or row.answer == NOT_FOLLOWED or row.lifted_at is not None:
            raise AdviceUnknown(advice=advice_id)
        programme = gateway.programme(asking.session, row.contract_id)
        appointed = asking.is_appointed(programme, Role.DPO)
        facts = AdviceFacts(purpose=Purpose.GOVERNANCE, appointment_valid=appointed)
        authorised = asking.ask(staff_party(programme, Role.DPO), Action.ADVISE, programme, facts)
        row.lifted_by, row.lifted_at = gateway.actor.name, asking.now
        asking.session.add(row)
        asking.uow.record(
            AdviceLifted(
                advice=row.id,
                contract=row.contract_id,
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            )
        )
    return _advice_shown(row)


def all_advice(session: Session, contract_id: str = "") -> tuple[AdviceShown, ...]:
    """Advice on one contract or on all, oldest first."""
    query = select(Advice).order_by(col(Advice.at), Advice.id)
    rows = session.exec(query.where(Advice.contract_id == contract_id) if contract_id else query)
    return tuple(map(_advice_shown, rows))


def sample(gateway: Gateway, contract_id: str, *, size: int, seed: str) -> list[LogLine]:
    """Events of the access log for a spot check, drawn by a seed that is logged, so that anybody can draw them again.

    Raises `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        programme = gateway.programme(asking.session, contract_id)
        appointed = asking.is_appointed(programme, Role.DPO)
        facts = LogFacts(purpose=Purpose.ACCESS_REVIEW, appointment_valid=appointed)
        authorised = asking.ask(staff_party(programme, Role.DPO), Action.READ_LOG, programme, facts)
        indexes = drawn_indexes(seed, ledger.size(asking.session, "access"), size)
        rows = [row for index in indexes for row in ledger.rows(asking.session, "access", first=index, count=1)]
        asking.uow.record(
            SampleDrawn(
                contract=contract_id,
                seed=seed,
                size=size,
                indexes=indexes,
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            )
        )
        return [LogLine(row.idx, row.at, row.kind, canonical.loads(row.body.encode())) for row in rows]


def drawn_indexes(seed: str, population: int, size: int) -> list[int]:
    """`size` different indexes below `population`, or all of them: the order of SHA-256 over seed and index."""
    order = sorted(range(population), key=lambda index: hashlib.sha256(f"{seed}\n{index}".encode()).digest())
    return sorted(order[:size])


def _open_advice(session: Session, advice_id: str) -> Advice:
    row = session.get(Advice, advice_id)
    if row is None or row.answer or row.lifted_at is not None:
        raise AdviceUnknown(advice=advice_id)
    return row


def _advice_shown(row: Advice) -> AdviceShown:
    return AdviceShown(
        id=row.id,
        contract=row.contract_id,
        window=row.window,
        text=row.text,
        suspends=row.suspends,
        holds=row.holds,
        waits=row.waits,
        given_on=row.at.date(),
        decide_by=row.decide_by,
        answer=row.answer,
        answer_text=row.answer_text,
        answered_by=row.answered_by,
        answered_at=row.answered_at,
        lifted_by=row.lifted_by,
        lifted_at=row.lifted_at,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
