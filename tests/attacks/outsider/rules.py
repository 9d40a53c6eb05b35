"""The rules that should stand in the way, by the attacker's own hands, each with a switch.

They say whether releases may be shown side by side to somebody, from first days alone. With all of them on nobody is
fixed; a control switches one off, and the attack then finds somebody in what is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tests.attacks.outsider.attacking import Entry, courses_of, isolation_of
from tests.attacks.outsider.documents import Release, Terms, week_of
from tests.attacks.outsider.views import Figure, Reading, figures_of, matrix, with_differences


@dataclass(frozen=True, slots=True)
class Rules:
    by_rank: bool = True  # any combination, and not pairs of one figure alone
    below: str = "k_cohort"
    expands: bool = True  # amounts are codes
    person_cap: bool = True  # what a person earned under the cap is a figure
    share: int = 10  # 0: no rule against one person who is too much of a total
    sees_time_given_back: bool = True  # time that an exit gives back is somebody's alone
    cells: bool = True  # those of a table are exact figures as totals are
    who_can_change: bool = True  # and not who can count at all


def may_show(terms: Terms, count: Mapping[Entry, int], released: list[Release], rules: Rules) -> bool:
    """Whether somebody may hold these releases together, whoever did what."""
    figures = figures_of(terms, released, Reading(rules.expands, rules.person_cap, rules.cells))
    below = terms.k_cohort if rules.below == "k_cohort" else terms.k
    if not rules.sees_time_given_back:
        count = {entry: many for entry, many in count.items() if not entry.back}
    if not rules.who_can_change:
        return all(_counters(terms, count, one) >= below for one in figures)
    shown = [figures] if rules.by_rank else [[one] for one in with_differences(figures)]
    for some in shown:
        found, _ = isolation_of(terms, count, some, below)
        if found is not None:
            return False
    return not rules.share or not any(is_dominated(terms, count, one, rules.share) for one in figures)


def _counters(terms: Terms, count: Mapping[Entry, int], figure: Figure) -> int:
    """Who has begun by the end of a figure's window: the old rule, for which nobody's time ends."""
    end = terms.windows[figure.at].last
    return sum(many for entry, many in count.items() if week_of(entry.day) <= end)


def is_dominated(terms: Terms, count: Mapping[Entry, int], figure: Figure, share: int) -> bool:
    """Ten times the largest capacity is more than all together less those of the k - 1 largest others."""
    of = matrix(terms, [figure])
    capacities = sorted(
        (int(np.ptp(courses_of(terms, entry) @ of)) for entry, many in count.items() for _ in range(many)), reverse=True
    )
    return bool(capacities[0]) and capacities[0] * share > capacities[0] + sum(capacities[terms.k :])
