"""How much more likely something about one person becomes by what is shown, to a reader with base rates.

Everybody leads each course of the own first day with the same chance. Sums of many are taken to be normal, so a gain
is a ratio of two densities; it is exact in no world, and printed so that a large one is seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.attacks.outsider.solver import Group


def largest_gain(groups: Sequence[Group]) -> float:
    """The largest factor by which the odds of any fact about anybody change, in either direction."""
    groups = [group for group in groups if group.people]
    if not groups or not groups[0].figures.shape[1]:
        return 1.0
    totals = sum(group.figures[group.led].sum(axis=0) for group in groups).astype(float)
    mean = sum(group.people * group.figures.mean(axis=0) for group in groups)
    spread = sum(group.people * _spread(group.figures) for group in groups)
    best = 1.0
    for group in groups:
        rest_mean, rest = mean - group.figures.mean(axis=0), spread - _spread(group.figures)
        for fact in range(group.facts.shape[1]):
            has = group.facts[:, fact] > group.facts[:, fact].min()
            if has.any() and not has.all():
                first = _density(totals, rest_mean, rest, group.figures[has])
                second = _density(totals, rest_mean, rest, group.figures[~has])
                best = max(best, float(np.exp(min(abs(first - second), 700.0))))
    return best


def _spread(figures: np.ndarray) -> np.ndarray:
    return np.atleast_2d(np.cov(figures.T, bias=True)) if len(figures) > 1 else np.zeros((figures.shape[1],) * 2)


def _density(totals: np.ndarray, mean: np.ndarray, spread: np.ndarray, own: np.ndarray) -> float:
    """The logarithm of the density of the totals, with one person's part from these courses."""
    whole = spread + _spread(own)
    values, axes = np.linalg.eigh(whole)
    keep = values > 1e-9 * max(values.max(), 1e-9)
    off = axes.T @ (totals - mean - own.mean(axis=0))
    return float(-0.5 * (off[keep] ** 2 / values[keep]).sum() - 0.5 * np.log(values[keep]).sum())
