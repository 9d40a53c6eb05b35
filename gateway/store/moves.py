"""Whether anything moved in the store since an evaluation was authorised, as the access log tells.

Every transaction that writes commits with an event, and a transaction whose events are all of `LOOKS` writes nothing
but the tables `BESIDE`: `UnitOfWork.close` refuses both otherwise. So while the access log grows by looks alone, every
row that an evaluation reads, or that decides whether its result may be released, stands as it stood.

It is asked of the whole installation: a pull for another contract counts as a move. That costs an evaluation once more
and can never let one through.
"""

from __future__ import annotations

import re

from sqlmodel import Session, col, select

from gateway.store.log_tables import DecisionRow, LineDigests, LogEntry, LogNode, PersonLineRow

# by their kinds, which stand in the log for years; a test holds each to be the kind of an event
LOOKS = frozenset(
    {
        "comparison_authorised",
        "comparison_failed",
        "comparison_made",
        "denied",
        "enrolment_previewed",
        "evaluated",
        "evaluation_authorised",
        "evaluation_explained",
        "evidence_listed",
        "forecast_made",
        "log_read",
        "look_ups_stopped",
        "not_done",
        "person_looked_up",
        "referral_list_refused",
        "referrals_seen",
        "referrals_told",
        "release_asked",
        "release_checked",
        "release_resumed",
        "requests_listed",
        "settlement_read",
        "shadow_compared",
        "trial_authorised",
        "trial_failed",
        "trial_list_refused",
        "trial_proposed",
        "week_explained",
    }
)
# the log itself, the decisions that it names, and what was asked for from outside: no evaluation reads any of them
RELEASE_ASKS = "releaseask"  # by its name: the tables of people take a while to load
BESIDE = frozenset(
    {RELEASE_ASKS}
    | {str(table.__tablename__) for table in (LogEntry, LogNode, PersonLineRow, LineDigests, DecisionRow)}
)
_WRITES = re.compile(r'\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)"?\s', re.IGNORECASE)


def is_beside(statement: str) -> bool:
    """Whether an SQL statement that writes does so in a table of `BESIDE` alone; what cannot be read does not."""
    written = _WRITES.match(statement)
    return written is not None and written.group(1).lower() in BESIDE


def has_moved(session: Session, *, since: int) -> bool:
    """Whether an event other than a look stands in the access log from this index on."""
    query = select(LogEntry.idx).where(
        LogEntry.log == "access", LogEntry.idx >= since, col(LogEntry.kind).not_in(sorted(LOOKS))
    )
    return session.exec(query.limit(1)).first() is not None
