"""The windows that end a block, as they are settled with each seal, and what a seal says of them.

The plan follows from the contract's text, the days on which people were enrolled and what was shown before, so that an
auditor who may see those days can compute it again. A seal holds a digest of it, salted with bytes that stay in the
municipality: without them the few plans that a calendar has could be tried, and a plan tells of the days.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from gateway.attestations.calendar_audit import known_movers
from gateway.attestations.judged_calendar import JudgedCalendar
from gateway.attestations.view_rules import Starts
from gateway.outcomes.blocks import reader_windows
from gateway.outcomes.calendar import first_day_of
from gateway.outcomes.contract import Contract
from outcome_verifier import canonical

SCHEMA = "block-plan/1"


@dataclass(frozen=True, slots=True)
class SealedDays:
    """A sealed batch: the place of the first window in which its people count, how many they are, and the days on which
    they were enrolled; of whoever was erased none is known."""

    counts_from: int
    people: int
    days: Sequence[date]


def starts_of(contract: Contract, batches: Sequence[SealedDays]) -> Starts:
    """Who of these people begins when, and counts from which window on."""
    by_place: dict[int, Counter[date]] = {0: Counter()}
    erased: Counter[int] = Counter()
    for batch in batches:
        found = by_place.setdefault(batch.counts_from, Counter())
        found.update(first_day_of(contract, day) for day in batch.days)
        erased[batch.counts_from] += batch.people - len(batch.days)
    on_time = by_place.pop(0)
    return Starts(known_movers(contract), on_time, by_place, erased)


def ends_of_blocks(
    contract: Contract, batches: Sequence[SealedDays], *, shown: Collection[str] = ()
) -> tuple[str, ...]:
    """The windows, by label, that end a block for the people who are sealed; `shown` are those at whose end something
    was shown already.

    None where the contract shows each window by itself. Where nothing more may be shown with these people, whatever
    waits for what, those that were shown alone: readers wait for a later batch.
    """
    if not contract.fold.at_most:
        return ()
    told = tuple(place for place in reader_windows(contract) if contract.windows[place].label in shown)
    ends = JudgedCalendar(contract, starts_of(contract, batches)).ends(told)
    return tuple(contract.windows[place].label for place in (told if ends is None else ends))


def plan_digest(contract_sha256: str, counts_from: str, ends: Sequence[str], salt: bytes) -> str:
    """SHA-256(salt || canonical plan), in hexadecimal: what a seal says of the windows that end a block, if any do, and
    of the first one in which its people count."""
    body = {"schema": SCHEMA, "contract_sha256": contract_sha256, "counts_from": counts_from, "ends": list(ends)}
    return hashlib.sha256(salt + canonical.dumps(body)).hexdigest()
