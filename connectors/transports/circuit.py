"""Leaving a source alone: no more often than it allows, and not at all for a while after it failed again and again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from connectors.transport import Clock

FAILURES_IN_A_ROW = 5  # requests, each with its own repetitions, before a source is left alone
REST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Circuit:
    """How often a source failed in a row, and until when it is left alone (seconds of `Clock.monotonic`)."""

    failures: int = 0
    rests_until: float = 0.0


class Circuits(Protocol):
    """Where circuits are remembered, by origin. `change` is atomic: nobody changes the same circuit meanwhile."""

    def change(self, origin: str, how: Callable[[Circuit], Circuit]) -> Circuit:
        """Replace what is known of this origin; what was known before is given back."""
        ...


class ProcessCircuits:
    """Circuits for as long as the process lives."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._circuits: dict[str, Circuit] = {}

    def change(self, origin: str, how: Callable[[Circuit], Circuit]) -> Circuit:
        with self._lock:
            before = self._circuits.get(origin, Circuit())
            self._circuits[origin] = how(before)
            return before


PROCESS = ProcessCircuits()


def admit(circuits: Circuits, origin: str, now: float) -> float:
    """Zero where the source may be asked now, otherwise for how many seconds it is left alone.

    When its rest is over one request goes through as a trial; the others wait for what comes of it.
    """

    def trial(circuit: Circuit) -> Circuit:
        if circuit.failures < FAILURES_IN_A_ROW or now < circuit.rests_until:
            return circuit
        return Circuit(circuit.failures, now + REST_SECONDS)

    before = circuits.change(origin, trial)
    return max(0.0, before.rests_until - now) if before.failures >= FAILURES_IN_A_ROW else 0.0


def failed(circuits: Circuits, origin: str, now: float) -> None:
    circuits.change(origin, lambda circuit: Circuit(circuit.failures + 1, now + REST_SECONDS))


def answered(circuits: Circuits, origin: str) -> None:
    """The source works, whatever it answered."""
    circuits.change(origin, lambda _: Circuit())


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
