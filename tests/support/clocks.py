"""Time that passes only when somebody waits, and what happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from connectors.transport import Clock

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
