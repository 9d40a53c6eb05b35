"""How people's data are looked at: allowed and logged first, on a snapshot, and used only where nothing moved.

1  authorise  a short write: the decisions, and that a look begins, are committed before anybody's row is read
2  look       on a snapshot, outside the writer's lock: whoever else writes goes on meanwhile
3  record     a short write: where anything moved since step 1, what was seen is forgotten and all starts over

A look that has to start over twice is made a third time in one transaction under the lock: nothing can move there, so
that it always ends. A process that dies between 1 and 3 leaves the event of step 1, and showed nothing to anybody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlmodel import Session

from gateway.events.evaluation import EvaluationAuthorised
from gateway.installation.authority import Asking, deciding, noting_what_fails
from gateway.installation.gateway import Gateway
from gateway.store import ledger, moves
from policies.terms import Purpose

_FREE_LOOKS = 2

AllowedT = TypeVar("AllowedT")
SeenT = TypeVar("SeenT")
ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of the store. `now` is when the look was allowed: what becomes known later is not part of it."""

    session: Session
    now: datetime


@dataclass(frozen=True, slots=True)
class Answered(Generic[ResultT]):
    """What the first step answers by itself, with nobody looked at."""

    result: ResultT


def look_apart(
    gateway: Gateway,
    contract_id: str,
    purpose: Purpose,
    *,
    authorise: Callable[[Asking], AllowedT | Answered[ResultT]],
    look: Callable[[Snapshot, AllowedT], SeenT],
    record: Callable[[Asking, AllowedT, SeenT], ResultT],
) -> ResultT:
    """The three steps; whatever a step raises ends them, and is logged where the policy had allowed the look.

    `authorise` asks the policy, and reads nobody's data; `look` reads and computes; `record` writes what was seen, and
    computes nothing from it that rests on other rows.
    """
    for _ in range(_FREE_LOOKS):
        with deciding(gateway) as asking:  # 1
            allowed = authorise(asking)
            if isinstance(allowed, Answered):
                return allowed.result
            _begin(asking, contract_id, purpose)
            now, since = asking.now, ledger.size(asking.session, "access")
        with gateway.store.read() as session, noting_what_fails(gateway, asking, session):  # 2
            seen = look(Snapshot(session, now), allowed)
        with deciding(gateway) as asking:  # 3
            if not moves.has_moved(asking.session, since=since):
                return record(asking, allowed, seen)
    with deciding(gateway) as asking:
        allowed = authorise(asking)
        if isinstance(allowed, Answered):
            return allowed.result
        _begin(asking, contract_id, purpose)
        return record(asking, allowed, look(Snapshot(asking.session, asking.now), allowed))


def _begin(asking: Asking, contract_id: str, purpose: Purpose) -> None:
    asking.uow.record(
        EvaluationAuthorised(
            contract=contract_id,
            purpose=purpose,
            decisions=[one.id for one in asking.allowed],
            decisions_sha256=[one.sha256 for one in asking.allowed],
        )
    )
