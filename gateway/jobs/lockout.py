"""What `gateway doctor` says of who is left: 60 days before nobody could act, when the day has come, and afterwards."""

from __future__ import annotations

from collections.abc import Iterator

from sqlmodel import Session, col, select

from gateway.events.rights import RescueTaken
from gateway.installation.gateway import Gateway
from gateway.installation.powers import losses_ahead
from gateway.jobs.diagnosis import FAIL, LOOK_AHEAD, OK, WARN, Diagnosis
from gateway.store import contract_queries
from gateway.store.log_tables import LogEntry
from outcome_verifier import canonical
from policies.lockout import LostPower, Power


def diagnose_lockout(gateway: Gateway) -> Iterator[Diagnosis]:
    """Each power that nobody has, or will not have soon; and a way back that was taken lately."""
    today = gateway.clock().date()
    with gateway.store.read() as session:
        if not contract_queries.contract_ids(session):
            return
        losses = losses_ahead(gateway, session, since=today, until=today + LOOK_AHEAD)
        rescues = _rescues(session)
    for lost in losses:
        if lost.day > today:
            advice = "before that day: `gateway contract propose` with people who stay, and another approves"
            yield Diagnosis(WARN, str(lost), advice)
        else:
            yield Diagnosis(FAIL, lost.now, _way_out(lost, losses))
    if not losses:
        yield Diagnosis(OK, f"until {today + LOOK_AHEAD} somebody is left who can change rules, serve rights and watch")
    for rescue in rescues:
        if rescue.until >= today.isoformat():
            what = f"{rescue.contract}: the way back was taken; {rescue.proposed_by} and another are let in"
            yield Diagnosis(WARN, f"{what} until {rescue.until}", "put the people who stay into the programme by then")


def _way_out(lost: LostPower, losses: tuple[LostPower, ...]) -> str:
    """How to get back: the ordinary way while the rules can still be changed, else the way back."""
    locked = {one.contract for one in losses if one.power is Power.CHANGE_RULES and one.day <= lost.day}
    if lost.contract in locked:
        return f"`gateway contract rescue {lost.contract or 'CONTRACT'}`: two people and the passphrase"
    return "`gateway contract propose` with somebody who can, and another approves"


def _rescues(session: Session) -> list[RescueTaken]:
    query = select(LogEntry.body).where(LogEntry.log == "access", col(LogEntry.kind) == RescueTaken.kind)
    return [RescueTaken.of_body(canonical.loads(body.encode("utf-8"))) for body in session.exec(query)]
