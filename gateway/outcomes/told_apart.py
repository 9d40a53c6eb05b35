"""Whether two contracts tried on the same people would tell few of them apart: the difference of their totals.

Pure. A contract's counts are columns: for each measure and window, what each person adds by the window's end. Whoever
changes prices alone counts as before; whoever counts a single person otherwise tells of that person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import ne

from gateway.outcomes.contract import Contract
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.results import person_results
from vocabulary.weeks import Week

Column = tuple[int, ...]  # what each person adds, in the order of the cohort


def counted_columns(contract: Contract, cohort: Sequence[PersonHistory], *, until: Week) -> set[Column]:
    """Every column of the windows that end by a week, but for those in which nobody counts."""
    found: set[Column] = set()
    for window in contract.windows:
        if window.to_week > until:
            break
        results = [person_results(contract, person, window.to_week) for person in cohort]
        found |= {tuple(one[measure.id].quantity for one in results) for measure in contract.measures}
    return {column for column in found if any(column)}


def tells_few_apart(new: Iterable[Column], known: Iterable[Column], *, k: int) -> bool:
    """Whether a new column differs from a known one in somebody, and in fewer than k people."""
    known = set(known)
    return any(0 < sum(map(ne, column, other)) < k for column in new if column not in known for other in known)
