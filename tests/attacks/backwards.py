"""Disclosure control backwards, as constraints: what a withheld value can have been, for whoever knows the code."""

from __future__ import annotations

from typing import Any

import highspy


class Contradiction(Exception):
    """No history fits: the attacker's model is wrong."""


def run_backwards(h: highspy.Highs, hidden: list[Any], shown: list[int], *, parent: int, k: int) -> None:
    """`show_breakdown` backwards: the withheld cells let every stage before the last fail, and that one not."""
    rest, last = parent - sum(shown), parent // k + 1
    stages = [
        stage
        for stage in range(1, last + 1)
        if stage * k <= min(shown, default=parent + k)
        and (stage == last or (len(hidden) > 1 and k <= rest <= (len(hidden) - 1) * (stage * k - 1)))
    ]
    if not stages:
        raise Contradiction("no stage withholds these cells")
    most, chosen = max(stages), {stage: h.addBinary() for stage in stages}
    h.addConstr(h.qsum(list(chosen.values())) == 1)
    bands = [[h.addBinary() for _ in range(most)] for _ in hidden]  # cell is in [band × k, band × k + k)
    values = [[h.addIntegral(0, parent) for _ in range(most)] for _ in hidden]  # the cell in its band, 0 elsewhere
    for cell, band, value in zip(hidden, bands, values, strict=True):
        h.addConstr(h.qsum(band) == 1)
        h.addConstr(h.qsum(value) - cell == 0)
        for level, (here, part) in enumerate(zip(band, value, strict=True)):
            h.addConstr(part - (level * k + k - 1) * here <= 0)
            h.addConstr(part - level * k * here >= 0)
        for stage, is_last in chosen.items():
            if stage < most:
                h.addConstr(h.qsum(band[stage:]) + is_last <= 1)
    for stage in range(1, most):
        passed = h.qsum([var for other, var in chosen.items() if other > stage])
        count = h.qsum([here for band in bands for here in band[:stage]])
        total = h.qsum([part for value in values for part in value[:stage]])
        h.addConstr(count - passed >= 0)
        few, large = h.addBinary(), len(hidden) * stage * k + parent
        h.addConstr(total + parent * few + parent * passed <= k - 1 + 2 * parent)
        h.addConstr(total - (stage * k - 1) * count + large * few - large * passed >= 2 - stage * k - large)


def run_fold_backwards(
    h: highspy.Highs, folded: list[Any], other: Any, shown: list[int], *, parent: int, k: int
) -> None:
    """`fold_small` backwards: the folded cells and what `other` was let every stage before the last fall short of k.

    At stage j > 1 a folded cell is either below k, and all those together with `other` are below k, or it is at least
    (j - 1) × k. `shown` are the other cells that were not folded, and `parent` is the sum of all.
    """
    if parent < k or not folded:
        return
    last = parent // k + 1
    stages = {j: h.addBinary() for j in range(1, last + 1) if j * k <= min(shown, default=last * k)}
    h.addConstr(h.qsum(list(stages.values())) == 1)
    small, large = [], parent + last * k
    for cell in folded:
        low, part = h.addBinary(), h.addIntegral(0, parent)  # the cell where it is below k, 0 elsewhere
        h.addConstr(cell + large * low <= k - 1 + large)
        h.addConstr(part - cell - large * low >= -large)
        small.append(part)
        for j, chosen in stages.items():
            h.addConstr(cell + large * chosen <= j * k - 1 + large)
            if j == 1:
                h.addConstr(low - chosen >= 0)
            else:
                h.addConstr(cell + large * low - large * chosen >= (j - 1) * k - large)
    h.addConstr(h.qsum(small) + other - large * stages[1] <= k - 1)
