"""How the sources are: what the last pull of each came to, and what is held. A part of the doctor."""

from __future__ import annotations

from collections.abc import Iterator

from sqlmodel import col, select

from gateway.events.holds import HoldAnswered, HoldSuperseded, PullHeld
from gateway.events.pulls import PullCompleted, PullFailed, PullNotNeeded, PullRepeated
from gateway.events.records import RecordsComplete, RecordsFailed
from gateway.events.sources import FolderFailed
from gateway.installation.gateway import Gateway
from gateway.intake.answering_holds import list_holds
from gateway.jobs.diagnosis import FAIL, WARN, Diagnosis
from gateway.store.log_tables import LogEntry
from outcome_verifier import canonical

_FAILED = frozenset({PullFailed.kind, FolderFailed.kind, RecordsFailed.kind})
_ENDED = frozenset({PullCompleted.kind, PullNotNeeded.kind, PullRepeated.kind, RecordsComplete.kind})
_HELD = frozenset({PullHeld.kind, HoldAnswered.kind, HoldSuperseded.kind})  # `list_holds` says what waits


def source_health(gateway: Gateway) -> Iterator[Diagnosis]:
    """Sources whose last pull failed, and pulls that are held, with what stands out: for municipal eyes."""
    yield from _failed_pulls(gateway)
    for hold in list_holds(gateway):
        if hold.answer:
            continue
        found = "; ".join(map(str, hold.findings))
        what = f"{hold.contract}: what came from source {hold.source} on {hold.held_on} is held: {found}"
        advice = f"`gateway holds accept {hold.id}` or `gateway holds reject {hold.id}`, by {hold.answer_by}"
        if hold.is_overdue:
            late = f"the day was {hold.answer_by}: it takes two people now, and windows go on without these data"
            yield Diagnosis(FAIL, what, f"{advice.partition(', by')[0]}; {late}")
        else:
            yield Diagnosis(WARN, what, advice)


def _failed_pulls(gateway: Gateway) -> Iterator[Diagnosis]:
    """The newest pull of each source for each contract, where it failed."""
    seen: set[tuple[str, str]] = set()
    with gateway.store.read() as session:
        query = select(LogEntry).where(LogEntry.log == "access", col(LogEntry.kind).in_(_FAILED | _ENDED | _HELD))
        for entry in session.exec(query.order_by(col(LogEntry.idx).desc())):
            body = canonical.loads(entry.body.encode())
            key = body["contract"], body["source"]
            if key not in seen and entry.kind in _FAILED:
                what = f"{key[0]}: the last pull of source {key[1]} failed on {entry.at.date()} ({body['error']})"
                yield Diagnosis(WARN, what, f"`gateway connectors check {key[1]}` says why, then pull it again")
            seen.add(key)
