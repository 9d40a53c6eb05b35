"""Nobody is locked out: asked before every change that could do it, and said ahead of the day by `gateway doctor`."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from gateway.errors.contracts import NobodyLeft
from gateway.installation.gateway import Gateway
from gateway.store import contract_queries
from policies.engine import PolicyEngine
from policies.lockout import LostPower, allowed_by, first_losses, lost_powers
from policies.programme import Programme


def check_somebody_is_left(
    gateway: Gateway,
    session: Session,
    *,
    on: date,
    programme: Programme | None = None,
    was: PolicyEngine | None = None,
    rules: PolicyEngine | None = None,
) -> None:
    """Refuse a change after which nobody has a power that somebody has now: another programme, or other rules in place
    of those that there `was`. Raises `NobodyLeft`.

    What is lost already is not asked again: the change may be one of several that mend it.
    """
    before = programmes_in_force(gateway, session)
    after = before if programme is None else {**before, programme.contract_id: programme}
    now_lost = lost_powers(list(before.values()), allowed_by(was or gateway.policies), on=on)
    then_lost = lost_powers(list(after.values()), allowed_by(rules or gateway.policies), on=on)
    places = {one.place for one in now_lost}
    if new := [one for one in then_lost if one.place not in places]:
        raise NobodyLeft(losses=new)


def losses_ahead(
    gateway: Gateway, session: Session, *, since: date, until: date, programme: Programme | None = None
) -> tuple[LostPower, ...]:
    """What nobody can do any more on some day of a period, if nothing is changed until then but this programme."""
    programmes = programmes_in_force(gateway, session)
    after = programmes if programme is None else {**programmes, programme.contract_id: programme}
    return first_losses(list(after.values()), allowed_by(gateway.policies), since=since, until=until)


def programmes_in_force(gateway: Gateway, session: Session) -> dict[str, Programme]:
    """The programme of every contract, by the contract's id."""
    return {one: gateway.programme(session, one) for one in contract_queries.contract_ids(session)}
