"""Use case: how many people were referred by the end of each month, beside the contract's plan.

For municipal eyes exactly. For readers (investor, operator, public) to the nearest five, of months that had ended when
the last batch was sealed, and never fewer than before. What was told of a month stays: the access log remembers it, so
that a list that comes later moves no figure that somebody has, and asking again tells nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from gateway.evaluation.evaluating import ask_to_evaluate
from gateway.events.event import PersonLine
from gateway.events.referrals import ReferralsSeen, ReferralsTold
from gateway.installation.authority import deciding
from gateway.installation.gateway import Gateway
from gateway.installation.in_force import newest_contract
from gateway.outcomes.contract import Contract
from gateway.outcomes.trial import STEP, nearest
from gateway.outcomes.uptake import (
    UptakeEffect,
    effect_of,
    is_behind,
    last_day,
    planned_by_month,
    planned_on,
    projected_people,
)
from gateway.store import queries
from gateway.store.log_tables import LogEntry
from gateway.store.tables import Batch, Subject
from gateway.wording.views import View
from outcome_verifier import canonical
from policies.terms import Purpose
from vocabulary.danish_days import danish_day
from vocabulary.weeks import Month

READERS = ("investor", "operator", "public")


@dataclass(frozen=True, slots=True)
class ReferredMonth(View):
    """One month's end: people planned and referred by then. For readers `people` is None below five."""

    month: str
    planned: int
    people: int | None


@dataclass(frozen=True, slots=True)
class Referrals(View):
    """Referrals against plan. For municipal eyes exact; for the readers named in `to` rounded, and safe to hand over.

    `effects` say what can be owed in all, in minor units: for as many people as planned, and for as many as come at the
    pace so far.
    """

    contract: str
    to: str
    currency: str
    months: tuple[ReferredMonth, ...]
    is_behind: bool
    behind_per_cent: int
    projected: int | None
    effects: tuple[UptakeEffect, ...]


def referrals(gateway: Gateway, contract_id: str, *, to: str = "") -> Referrals:
    """Referrals by month beside the plan, and what this many people do to the payment. `to` names readers; empty for
    the municipality itself.

    Raises `PolicyDenied`, `ContractUnknown`.
    """
    with deciding(gateway) as asking:
        session, today = asking.session, danish_day(asking.now)
        contract = newest_contract(session, contract_id)
        programme = gateway.programme(session, contract_id)
        authorised = ask_to_evaluate(asking, contract, programme, Purpose.OUTCOME_EVALUATION)
        people = queries.subjects(session, contract_id)
        sealed = queries.batches_as_sealed(session, contract_id)
        lines = [PersonLine(one.subject_id, "referrals", Purpose.OUTCOME_EVALUATION) for one in people]
        if to:
            told = _told_before(session, contract_id)
            new = _to_tell(contract, told, people, sealed)
            asking.uow.record(
                ReferralsTold(
                    contract=contract_id,
                    to=to,
                    months=[str(month) for month in new],
                    people=list(new.values()),
                    decision=authorised.id,
                    decision_sha256=authorised.sha256,
                ),
                lines,
            )
            return _view_of(contract, told | new, to, on=None)
        exact = {one.month: _referred_by(one.month, people, sealed) for one in planned_by_month(contract)}
        counts = {month: count for month, count in exact.items() if month.first_day <= today}
        asking.uow.record(
            ReferralsSeen(
                contract=contract_id,
                people=len(people),
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            ),
            lines,
        )
        return _view_of(contract, counts, "", on=today)


def _view_of(contract: Contract, counts: dict[Month, int], to: str, *, on: date | None) -> Referrals:
    per_cent = contract.cohort.behind_per_cent
    planned = {one.month: one.people for one in planned_by_month(contract)}
    months = tuple(
        ReferredMonth(str(month), planned.get(month, contract.cohort.size), None if to and count < STEP else count)
        for month, count in sorted(counts.items())
    )
    if not counts:
        planned_effect = effect_of(contract, contract.cohort.size)
        return Referrals(contract.id, to, contract.currency, (), False, per_cent, None, (planned_effect,))
    last = max(counts)
    day = min(last_day(last), on) if on else last_day(last)
    projected = projected_people(contract, counts[last], on=day)
    projected = nearest(projected, STEP) if to else projected
    effects = [effect_of(contract, size) for size in dict.fromkeys((contract.cohort.size, projected)) if size]
    behind = is_behind(counts[last], planned_on(contract, day), per_cent=per_cent)
    return Referrals(contract.id, to, contract.currency, months, behind, per_cent, projected, tuple(effects))


def _referred_by(month: Month, people: Sequence[Subject], sealed: Sequence[Batch]) -> int:
    """People who were referred by a month's end. Whoever was erased is counted with the last of their batch."""
    end, found = last_day(month), 0
    for batch in sealed:
        days = [one.enrolled_on for one in people if one.batch_id == batch.batch_id]
        by_then = sum(day <= end for day in days)
        found += batch.count if by_then == len(days) else by_then
    return found


def _to_tell(
    contract: Contract, told: dict[Month, int], people: Sequence[Subject], sealed: Sequence[Batch]
) -> dict[Month, int]:
    """What is told now of months of which nothing was told: they had ended when the last batch was sealed."""
    found: dict[Month, int] = {}
    before = max(told.values(), default=0)
    for one in planned_by_month(contract):
        if one.month in told or not sealed or last_day(one.month) >= danish_day(sealed[-1].sealed_at):
            continue
        before = max(before, nearest(_referred_by(one.month, people, sealed), STEP))
        found[one.month] = before
    return found


def _told_before(session: Session, contract_id: str) -> dict[Month, int]:
    """What readers were told of each month, whoever of them asked first."""
    found: dict[Month, int] = {}
    query = select(LogEntry.body).where(LogEntry.log == "access", LogEntry.kind == ReferralsTold.kind)
    for text in session.exec(query.order_by(col(LogEntry.idx))):
        event = canonical.loads(text.encode())
        if event["contract"] == contract_id:
            for month, people in zip(event["months"], event["people"], strict=True):
                found.setdefault(Month.parse(month), people)
    return found
