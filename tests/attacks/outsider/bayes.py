"""How much more likely something about one person becomes by what is shown, to a reader with base rates.

Everybody leads each course of the own first day with the same chance. Exact sums of many are taken to be normal, so
their gain is a ratio of two densities; it is exact in no world, and printed so that a large one is seen. Of an answer,
and of a cell that is withheld, the chance is exact: that the sum lies where it is told to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.attacks.outsider.solver import Group, Told, exact

MOST_LOG = 700.0  # beyond it the odds are no number
CERTAIN = 1e100  # a gain from which on something is as good as known


def largest_gain(groups: Sequence[Group], told: Told | None = None) -> float:
    """The largest factor by which the odds of any fact about anybody change, in either direction."""
    groups = [group for group in groups if group.people]
    if not groups or not groups[0].figures.shape[1]:
        return 1.0
    ranges = (told or exact(groups)).ranges
    sums = [place for place, (least, most) in enumerate(ranges) if least == most]
    best = 1.0
    for at, group in enumerate(groups):
        views: list[_Normal | _Counted] = [_Normal.of(groups, at, sums)] if sums else []
        views += [_Counted.of(groups, at, place, ranges[place]) for place in range(len(ranges)) if place not in sums]
        for fact in range(group.facts.shape[1]):
            has = group.facts[:, fact] > group.facts[:, fact].min()
            if has.any() and not has.all():
                gain = sum(view.log_chance(group.figures[has]) - view.log_chance(group.figures[~has]) for view in views)
                best = max(best, float(np.exp(min(abs(gain), MOST_LOG))))
    return best


@dataclass(frozen=True)
class _Normal:
    """Exact sums, and what everybody but one person adds to them."""

    places: list[int]
    totals: np.ndarray
    mean: np.ndarray
    spread: np.ndarray

    @classmethod
    def of(cls, groups: Sequence[Group], without: int, places: list[int]) -> _Normal:
        cut = [group.figures[:, places] for group in groups]
        many = [group.people - (at == without) for at, group in enumerate(groups)]
        return cls(
            places,
            np.array(sum(rows[group.led].sum(axis=0) for rows, group in zip(cut, groups, strict=True)), dtype=float),
            np.array(sum(some * rows.mean(axis=0) for some, rows in zip(many, cut, strict=True))),
            np.array(sum(some * _spread(rows) for some, rows in zip(many, cut, strict=True))),
        )

    def log_chance(self, own: np.ndarray) -> float:
        """The logarithm of the density of the totals, with one person's part from these courses."""
        own = own[:, self.places]
        values, axes = np.linalg.eigh(self.spread + _spread(own))
        keep = values > 1e-9 * max(values.max(), 1e-9)
        off = axes.T @ (self.totals - self.mean - own.mean(axis=0))
        return float(-0.5 * (off[keep] ** 2 / values[keep]).sum() - 0.5 * np.log(values[keep]).sum())


@dataclass(frozen=True)
class _Counted:
    """A sum that is told to lie in a range, and how likely each sum of everybody but one person is."""

    place: int
    least: float
    most: float
    chances: np.ndarray
    lowest: int  # the sum that stands first

    @classmethod
    def of(cls, groups: Sequence[Group], without: int, place: int, told: tuple[float, float]) -> _Counted:
        chances, lowest = np.ones(1), 0
        for at, group in enumerate(groups):
            one, low = _chances(group.figures[:, place])
            for _ in range(group.people - (at == without)):
                chances, lowest = np.convolve(chances, one), lowest + low
        return cls(place, *told, chances, lowest)

    def log_chance(self, own: np.ndarray) -> float:
        """The logarithm of the chance of what is told, with one person's part from these courses."""
        one, low = _chances(own[:, self.place])
        chances = np.convolve(self.chances, one)
        sums = np.arange(len(chances)) + self.lowest + low
        chance = float(chances[(sums >= self.least) & (sums <= self.most)].sum())
        return float(np.log(chance)) if chance > np.exp(-MOST_LOG) else -MOST_LOG


def _chances(values: np.ndarray) -> tuple[np.ndarray, int]:
    """How likely each value from the lowest on is, each course being as likely."""
    low = int(values.min())
    return np.bincount(values - low) / len(values), low


def _spread(figures: np.ndarray) -> np.ndarray:
    return np.atleast_2d(np.cov(figures.T, bias=True)) if len(figures) > 1 else np.zeros((figures.shape[1],) * 2)
