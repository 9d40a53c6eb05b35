"""Errors of those who watch: advice, decisions, and logs that do not hold.

NotFound
└── AdviceUnknown · DecisionUnknown
Refused
└── ActsOnOtherSide
GatewayError
└── LogCorrupt · CheckpointMismatch
"""

from __future__ import annotations

from gateway.errors.tree import GatewayError, NotFound, Refused


class ActsOnOtherSide(Refused):
    """The municipality delivers itself, or an office of it lends: those people do nothing else here."""

    code = "acts-on-other-side"

    def __init__(self, *, programme: str) -> None:
        super().__init__(f"whoever delivers or lends for the municipality under {programme} does nothing else in it")


class AdviceUnknown(NotFound):
    code = "advice-unknown"
    message = "no advice {advice!r} waits for an answer; `gateway advice list` shows what does"


class DecisionUnknown(NotFound):
    code = "decision-unknown"
    message = "no decision {decision!r} is stored here; `gateway log show` names them"


class LogCorrupt(GatewayError):
    """A log does not add up; `index` is the first entry that is changed, missing or out of place."""

    code = "log-corrupt"

    def __init__(self, *, log: str, index: int, what: str) -> None:
        self.log, self.index, self.what = log, index, what
        super().__init__(f"log {log!r}, entry {index}: {what}")


class CheckpointMismatch(GatewayError):
    code = "checkpoint-mismatch"

    def __init__(self, *, log: str, size: int, reason: str) -> None:
        super().__init__(f"log {log!r} is not the one whose checkpoint of size {size} was kept: {reason}")
