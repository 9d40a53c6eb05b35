"""Which instant a transaction has, where the machine's clock may be wrong.

Every entry of the logs has an instant, and each log is in the order of its instants. A clock that stands before the
newest entry writes nothing. Nor does one that stands implausibly far behind it until a person has said that the day is
right: whatever is written by a wrong jump locks the installation for as long as the jump. Where that has happened two
people set the clock back, which is an event: from it on instants are asked against later entries alone. Reading the
logs needs neither: where the clock is not believed, a look has the instant of the newest entry.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from sqlalchemy import ColumnElement, literal_column
from sqlmodel import Session, col, select

from gateway.errors.store import ClockJumped, ClockWentBack
from gateway.events.log import ClockSetBack
from gateway.store import ledger
from gateway.store.log_tables import LogEntry
from outcome_verifier import canonical


class ClockRule(StrEnum):
    """What a transaction asks of the machine's clock."""

    CHECKED = "checked"  # it may be neither before the newest entry nor implausibly far behind it
    READING = "reading"  # nothing: where it is not believed, the instant is the newest entry's
    CONFIRMED = "confirmed"  # a person has said that the day is right: it may be far behind the newest entry
    SET_BACK = "set_back"  # two people have said that the newest entries have a wrong instant


def instant_of(
    newest: datetime | None, now: datetime, rule: ClockRule, *, slack: timedelta, longest_pause: timedelta | None
) -> datetime:
    """The instant of a transaction that begins now. `slack` is what a wait for the writer explains, `longest_pause`
    after how long a time is questioned; None for never.

    Raises `ClockWentBack`, `ClockJumped`.
    """
    now = now.astimezone(UTC)
    if newest is None or rule is ClockRule.SET_BACK:
        return now
    if newest - now > slack:
        if rule is ClockRule.READING:
            return newest
        raise ClockWentBack(newest=newest)
    if longest_pause is not None and now - newest > longest_pause and rule is not ClockRule.CONFIRMED:
        if rule is ClockRule.READING:
            return newest
        raise ClockJumped(newest=newest, now=now)
    return max(now, newest)


def newest_instant(session: Session) -> datetime | None:
    """The instant of the newest entry of any log, but for those that two people have said are wrong."""
    turns = set_backs(session)
    return ledger.newest_instant(session, behind=turns[-1].sizes if turns else {})


def set_backs(session: Session) -> list[ClockSetBack]:
    """Every time that the clock was set back, oldest first. The log has an index for just this."""
    # as a literal: a bound value would not let the database see that its partial index fits
    kind: ColumnElement[str] = literal_column(f"'{ClockSetBack.kind}'")
    query = select(LogEntry.body).where(LogEntry.log == "access", col(LogEntry.kind) == kind)
    bodies = session.exec(query.order_by(col(LogEntry.idx)))
    return [ClockSetBack.of_body(canonical.loads(body.encode("utf-8"))) for body in bodies]


def entries_ahead(session: Session, now: datetime) -> dict[str, int]:
    """How many entries of each log have an instant that has not come yet."""
    found = {}
    for log in ledger.LOGS:
        first = select(LogEntry.idx).where(LogEntry.log == log, col(LogEntry.at) > now).order_by(col(LogEntry.idx))
        index = session.exec(first.limit(1)).first()
        found[log] = 0 if index is None else ledger.size(session, log) - index
    return found


def first_out_of_order(session: Session, log: str, *, rows_at_once: int) -> int | None:
    """The index of the first entry that is older than the one before it, where no set-back says why; else None."""
    may_be_older = {turn.sizes[log] for turn in set_backs(session)}  # the first entry behind each set-back
    query = select(LogEntry.idx, LogEntry.at).where(LogEntry.log == log).order_by(col(LogEntry.idx))
    with session.exec(query.execution_options(yield_per=rows_at_once)) as entries:
        for (_, before), (index, at) in pairwise(entries):
            if at < before and index not in may_be_older:
                return index
    return None
