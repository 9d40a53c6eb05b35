"""What a later version may say of measures: what counts stays, and from how many people the goal is met may change.

The other numbers of a measure, such as the weeks that it needs or the month of a follow-up, say what is counted: under
others the same people would be counted twice.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.later_windows import Refuse


def check_measures(known: Contract, new: Contract, refuse: Refuse, *, plain: Callable[[Measure], object]) -> None:
    """Raise `AmendmentRefused` where a measure would count otherwise. `plain` leaves out what says nothing of that."""
    if len(new.measures) != len(known.measures):
        raise refuse("measures", f"differs from version {known.version}: what counts may not change")
    for before, after in zip(known.measures, new.measures, strict=True):
        if plain(before.without_goal()) != plain(after.without_goal()):
            raise refuse("measures", f"differs from version {known.version}: what {before.id!r} counts may not change")
        if bool(before.goal_people) != bool(after.goal_people):
            raise refuse("measures", f"may change threshold_people of {before.id!r}, and neither add nor drop it")


def changes_thresholds(known: Contract, new: Contract) -> bool:
    """Whether the goal is met from another number of people on."""
    after = {one.id: one.goal_people for one in new.measures}
    return any(after.get(one.id) != one.goal_people for one in known.measures)
