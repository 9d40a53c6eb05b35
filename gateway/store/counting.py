"""From which window on the people of a sealed batch count, and how far pulls tell of them.

A batch counts from the first window of which no document was made when it was sealed, and for good: what was told of an
earlier one never changes by who came later. A pull tells of whoever was sealed when it was asked, so that the files are
pulled once more for a later batch.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from gateway.outcomes.calendar import needed_weeks
from gateway.outcomes.contract import Contract
from gateway.outcomes.readings import asked_weeks
from gateway.store import queries
from gateway.store.tables import Batch, PullRow
from vocabulary.weeks import Week


def counts_from(contract: Contract, batch: Batch) -> int:
    """The ordinal of the first week at whose end its people count; 0 where they count in every window."""
    labels = [window.label for window in contract.windows]
    if batch.counts_from not in labels:  # of a later version, which has more windows
        return contract.windows[-1].to_week.ordinal + 1
    place = labels.index(batch.counts_from)
    return contract.windows[place].from_week.ordinal if place else 0


def known_batches(session: Session, contract: Contract, *, known_at: datetime | None = None) -> list[Batch]:
    """The batches that were sealed by an instant, or by now, in the order in which they were."""
    sealed = queries.batches_as_sealed(session, contract.id)
    return [batch for batch in sealed if known_at is None or batch.sealed_at <= known_at]


def counted_batches(
    session: Session, contract: Contract, week: Week, *, known_at: datetime | None = None
) -> list[Batch]:
    """Of these, the batches that count at the end of a week."""
    sealed = known_batches(session, contract, known_at=known_at)
    return [batch for batch in sealed if counts_from(contract, batch) <= week.ordinal]


def counted_people(session: Session, contract: Contract, week: Week) -> int:
    """How many people count at the end of a week: the denominator, which the seals say, less whoever was referred by
    mistake."""
    return sum(batch.count for batch in counted_batches(session, contract, week)) - contract.cohort.mistaken_people


def telling_pulls(
    session: Session, contract: Contract, source: str, week: Week, *, known_at: datetime | None = None
) -> list[PullRow]:
    """The pulls of a source that tell of everybody who counts at the end of a week, oldest first."""
    batches = len(counted_batches(session, contract, week, known_at=known_at))
    rows = queries.pulls(session, contract.id, source)
    return [row for row in rows if row.batches >= batches and (known_at is None or row.known_at <= known_at)]


def complete_to(session: Session, contract: Contract, source: str, *, known_at: datetime | None = None) -> Week | None:
    """The last week up to which a source has told all that is read from it of everybody who counts then; None where
    there is none. Before its first week nothing is missing, and behind its last one."""
    first, last = asked_weeks(contract, source)
    complete = None if first == needed_weeks(contract)[0] else first + -1
    for window in contract.windows:
        if window.to_week < first:
            continue
        rows = telling_pulls(session, contract, source, window.to_week, known_at=known_at)
        reached = queries.completeness(rows, first=first).to_week
        if reached is not None and reached >= last:
            reached = needed_weeks(contract)[1]
        if reached is None or (complete is not None and reached < window.from_week):
            break
        complete = reached if window == contract.windows[-1] else min(reached, window.to_week)
        if reached < window.to_week:
            break
    return complete


def complete_since(session: Session, contract: Contract, source: str, to: Week) -> datetime | None:
    """The instant from which the pulls covered every week up to one of everybody who counts then, of those that are
    read from the source, or None."""
    rows, (first, last) = telling_pulls(session, contract, source, to), asked_weeks(contract, source)
    return queries.complete_since(rows, first=first, to=min(to, last))
