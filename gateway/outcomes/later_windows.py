"""What a later version may say of windows: those that have begun stay, and nothing is shown of one that ended anew.

Windows that have not begun on its first day may be cut otherwise. Every end that was shown, or may be shown yet under
the version before, stays an end, and a label is the name of the same weeks for ever: documents and figures stand under
it. What is shown, to whom and how many days after its end, may change for a window that has not ended.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from typing import TypeAlias

from gateway.errors.contracts import AmendmentRefused
from gateway.outcomes.contract import Contract
from gateway.outcomes.terms import PlannedRelease, Window

Refuse: TypeAlias = Callable[[str, str], AmendmentRefused]


def check_windows(known: Contract, new: Contract, *, released: Collection[str], refuse: Refuse) -> None:
    """Raise `AmendmentRefused` where a window that has begun, was released or has ended would be another one, or would
    show something else. `known` has the versions before it."""
    _check_cut(known, new, refuse)
    for window in known.windows:
        end = window.to_week.sunday
        if window.label in released and new.effective_from <= end:
            raise refuse("effective_from", f"must be later than {end}, the end of {window.label}, which was released")
        # a window that ended before stays under the earlier version: planned anew, it could be shown twice
        if end < new.effective_from and _planned_releases(known, window.label) != _planned_releases(new, window.label):
            raise refuse("releases", f"may not change for {window.label}, which ends before effective_from")
    _check_tables(known, new, refuse)
    _check_freezes(known, new, refuse)


def changes_windows(known: Contract, new: Contract) -> bool:
    """Whether windows are cut otherwise, freeze on another day, or show somebody something else: new ones at the end
    aside."""
    cut = new.windows[: len(known.windows)] != known.windows
    shown = any(_planned_releases(known, one.label) != _planned_releases(new, one.label) for one in known.windows)
    return cut or shown or new.freeze_days != known.freeze_days or _readers(known) != _readers(new)


def _check_cut(known: Contract, new: Contract, refuse: Refuse) -> None:
    begun = tuple(one for one in known.windows if one.from_week.monday < new.effective_from)
    if new.windows[: len(begun)] != begun:
        raise refuse("windows", f"must begin with those that have begun by {new.effective_from}: {_labels(begun)}")
    last = known.windows[-1].to_week
    if new.windows[-1].to_week < last:
        raise refuse("windows", f"may be cut otherwise from {new.effective_from} on, and not end before {last}")
    named = {one.label: one for version in (*known.earlier, known) for one in version.windows}
    for window in new.windows:
        before = named.get(window.label, window)
        if before != window:
            reason = f"may not call other weeks {window.label!r}, which is {before.from_week} to {before.to_week}"
            raise refuse("windows", f"{reason}: give them a label of their own")


def _check_tables(known: Contract, new: Contract, refuse: Refuse) -> None:
    """A table is shown once in all: it may come, go or move where no window that has ended has, or had, it."""
    ended = {
        one.label: one for version in (known, new) for one in version.windows if one.to_week.sunday < new.effective_from
    }
    for name in ("breakdown_window", "reasons_window"):
        labels = getattr(known, name), getattr(new, name)
        if (labels[0] != labels[1] or (known.breakdown != new.breakdown and name == "breakdown_window")) and any(
            label in ended for label in labels
        ):
            label = next(label for label in labels if label in ended)
            raise refuse(name, f"may not change for {label}, which ends before effective_from: it has its one table")


def _check_freezes(known: Contract, new: Contract, refuse: Refuse) -> None:
    """No window freezes before the one behind which it lies: what a document adds is told in the order of windows."""

    def day(window: Window) -> int:
        text = new if window.to_week.sunday >= new.effective_from else known
        return text.freezes_on(window).toordinal()

    for before, window in pairwise(new.windows):
        if day(window) <= day(before):
            raise refuse("freeze_days", f"would let {window.label} freeze no later than {before.label}: say more days")


def _planned_releases(contract: Contract, label: str) -> set[PlannedRelease]:
    return {release for release in contract.releases if release.window == label}


def _readers(contract: Contract) -> tuple[object, ...]:
    """What tables are shown, and who is one recipient."""
    tied = {frozenset(pair) for pair in contract.tied}
    return contract.breakdown, contract.breakdown_window, contract.reasons_window, tied


def _labels(windows: Sequence[Window]) -> str:
    return ", ".join(one.label for one in windows) or "none"
