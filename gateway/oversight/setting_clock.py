"""Use cases: a clock that was questioned, and one that jumped.

After a long pause one person says which day it is. Where the newest entries have an instant that has not come, two
people set the clock back: one asks, and the other confirms; until then nothing is written. What was signed in between
keeps the time that it was signed with, and a reader refuses it until that has come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session

from gateway.errors.oversight import ClockRefused
from gateway.events.log import ClockConfirmed, ClockSetBack
from gateway.installation.gateway import Gateway
from gateway.oversight.asking_beside import confirm_or_ask, forget_ask
from gateway.store import ledger
from gateway.store.bringing_back import bring_back
from gateway.store.clock import ClockRule, entries_ahead, newest_instant
from gateway.wording.views import JsonValue
from vocabulary.danish_days import danish_day

_ASKED = "clock-asked.json"


@dataclass(frozen=True, slots=True)
class ClockLookedAt:
    """What the clock says, and how many entries of each log have an instant that has not come. `is_set_back` once a
    second person has confirmed."""

    now: datetime
    newest: datetime
    ahead: Mapping[str, int]
    is_set_back: bool


def confirm_day(gateway: Gateway, day: date) -> None:
    """Record that it is this day, where the clock was questioned for a long pause.

    Raises `ClockRefused` where the clock says another day or was not questioned, `ClockWentBack`.
    """
    now = gateway.clock()
    if danish_day(now) != day:
        raise ClockRefused(reason=f"the machine's clock says {danish_day(now)}, and {day} was confirmed: set the clock")
    with gateway.store.read() as session:
        newest = newest_instant(session)
    pause = gateway.store.longest_pause
    if newest is None or pause is None or now - newest <= pause:
        raise ClockRefused(reason="nothing is questioned: the newest log entry is recent enough")
    with gateway.write(clock=ClockRule.CONFIRMED) as uow:
        uow.record(ClockConfirmed(newest=ledger.instant_text(newest)))


def set_clock_back(gateway: Gateway) -> ClockLookedAt:
    """Ask that the clock is set back behind entries whose instant has not come, or confirm what another person asked;
    the second one sets it back. The same person only asks again.

    Raises `ClockRefused` where no entry lies ahead of the clock, and what `Store.write` raises of kept heads.
    """
    now = gateway.clock()
    with gateway.store.read() as session:
        looked = _look(session, now)
        sizes = ledger.sizes(session)
    said: dict[str, JsonValue] = {"sizes": sizes, "day": danish_day(now).isoformat()}
    asked_by = confirm_or_ask(gateway, _ASKED, said, refusal=lambda reason: ClockRefused(reason=reason))
    if not asked_by:
        return looked
    with gateway.write(clock=ClockRule.SET_BACK) as uow:
        if ledger.sizes(uow.session) != sizes:
            raise ClockRefused(reason="something was written meanwhile; ask again")
        uow.record(
            ClockSetBack(
                asked_by=asked_by,
                newest=ledger.instant_text(looked.newest),
                sizes=sizes,
                ahead=dict(looked.ahead),
                brought_back=bring_back(uow.session, uow.now),
            )
        )
    forget_ask(gateway, _ASKED)
    return replace(looked, is_set_back=True)


def _look(session: Session, now: datetime) -> ClockLookedAt:
    newest = newest_instant(session)
    if newest is None or newest <= now:
        raise ClockRefused(reason="no log entry lies ahead of the machine's clock: there is nothing to set back")
    return ClockLookedAt(now, newest, entries_ahead(session, now), is_set_back=False)
