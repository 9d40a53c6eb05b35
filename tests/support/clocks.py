"""Clocks for transports: time that passes only when somebody waits, and real time in which nobody does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from connectors.transport import Clock
from gateway.installation import gateway, settings

_BEGAN = datetime(2021, 3, 1, 6, tzinfo=UTC)


class Waiting:
    """A clock for transports. `meanwhile` is called once, during the first wait."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.waited: list[float] = []
        self._now = 0.0
        self._meanwhile = meanwhile

    def _sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self._now += seconds
        if len(self.waited) == 1:
            self._meanwhile()

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self._now, self._sleep, lambda: _BEGAN + timedelta(seconds=self._now))


@dataclass
class Waits:
    """Real time, and what was to be slept on top of it, without sleeping. The first wait calls `meanwhile`."""

    slept: list[float] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == 1:
            self.meanwhile()

    @property
    def clock(self) -> Clock:
        return Clock(
            lambda: time.monotonic() + sum(self.slept),
            self._sleep,
            lambda: datetime.now(UTC) + timedelta(seconds=sum(self.slept)),
        )


def let_nobody_wait(patch: pytest.MonkeyPatch) -> Waits:
    """From now on a pull, also one of the command line in this process, sleeps no second of what it waits."""
    waits = Waits()
    for module in (settings, gateway):
        patch.setattr(module, "REAL_TIME", waits.clock)
    return waits
