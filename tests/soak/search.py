"""Money searched deeper than `make long` has time for: `tests/property/test_reachability.py` says what is searched.

The world that holds still, where both parties dispute and adjust, the register changes, and days pass: every state
within so many steps, once.
"""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial

from tests.property.test_reachability import HELD, stuck
from tests.support.settlement_world import Game

CORES = 2
SEARCH = "Settlement searched"  # how the lines of the report begin


def searched(depth: int) -> list[str]:
    """What was found for each way in which a correction is settled. Raises where money could not come to an end."""
    with ProcessPoolExecutor(CORES) as cores:
        return list(cores.map(partial(_search, depth), (True, False)))


def _search(depth: int, offsets: bool) -> str:
    started = time.monotonic()
    count, found = stuck(Game(HELD, offsets=offsets, disputes=1, words=1), depth)
    if found:
        raise RuntimeError(f"no way to the end from {len(found)} states, the first: {found[0]}")
    form = "set off" if offsets else "credited"
    return (
        f"{SEARCH} on {datetime.now(UTC).date()}, a dispute and an adjustment by either party, corrections {form}: "
        f"{count:,} states within {depth} steps in {time.monotonic() - started:.0f} s; sums agree to the øre, and from "
        "each there is a way to the end"
    )
