"""Asking a source no more often than it allows."""

from __future__ import annotations

import threading

from connectors.transport import Clock


class Pace:
    """Keeps requests apart, those of all threads together, and all of them back when a source asks to wait."""

    def __init__(self, *, per_minute: int, clock: Clock) -> None:
        self._apart = 60.0 / per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._next = clock.monotonic()

    def wait(self, *, until: float) -> bool:
        """Return when the next request may go; False at once where that would be later than `until`."""
        with self._lock:
            now = self._clock.monotonic()
            turn = max(now, self._next)
            if turn > until:
                return False
            self._next = turn + self._apart
        if turn > now:
            self._clock.sleep(turn - now)
        return True

    def hold(self, seconds: float) -> None:
        """Nobody asks for so many seconds."""
        with self._lock:
            self._next = max(self._next, self._clock.monotonic() + seconds)
