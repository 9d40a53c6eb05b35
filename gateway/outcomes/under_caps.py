"""Caps that a later version changes: what one cut stays cut, unless the version that raises it says that it pays that;
and what was owed under a higher one is not taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(slots=True)
class ChangingCap:
    """One cap from window to window. Amounts are cumulative minor units; a cap of 0 is none.

    Where it changes, what the one before cut is lost for good, unless the new one pays that. Under a lower one nothing
    more is owed until the amount passes it, and nothing is taken back but what itself falls.
    """

    _cap: int | None = None
    _lost: int = 0  # what the caps before cut
    _base: int = 0  # what was owed when the cap changed last
    _raw: int = 0
    _owed: int = 0

    def under(self, raw: int, cap: int, *, pays_cut: bool) -> int:
        """What is owed of an amount at the end of the next window, whose cap is this one."""
        if self._cap is not None and cap != self._cap and not pays_cut:
            self._lost, self._base = self._raw - self._owed, self._owed
        owed = max(raw - self._lost, min(raw, self._base))
        if cap:
            owed = min(owed, max(cap, self._owed))  # more than this cap is owed where one before was higher
        self._cap, self._raw, self._owed = cap, raw, owed
        return owed


def taken_off(amounts: Mapping[str, int], over: int, names: Sequence[str]) -> dict[str, int]:
    """The amounts with so much taken off these, the last one first, and off none more than it is owed."""
    left = dict(amounts)
    for name in reversed(names):
        taken = min(over, max(0, left[name]))
        left[name] -= taken
        over -= taken
    return left
