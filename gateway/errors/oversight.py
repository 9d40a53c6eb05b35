"""Errors of those who watch: advice, decisions, and logs that do not hold.

NotFound
└── AdviceUnknown · DecisionUnknown
Refused
└── ActsOnOtherSide · HeadsRefused · ClockRefused
GatewayError
└── LogCorrupt · CheckpointMismatch · HeadsLost
"""

from __future__ import annotations

from gateway.errors.tree import GatewayError, NotFound, Refused


class ActsOnOtherSide(Refused):
    """The municipality delivers itself, or an office of it lends: those people do nothing else here."""

    code = "acts-on-other-side"

    def __init__(self, *, programme: str) -> None:
        super().__init__(f"whoever delivers or lends for the municipality under {programme} does nothing else in it")


class HeadsRefused(Refused):
    code = "heads-refused"

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"the heads of the logs were not kept anew: {reason}")


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


class ClockRefused(Refused):
    code = "clock-refused"

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"the clock stays as it is: {reason}")


class HeadsLost(GatewayError):
    """The heads that are kept outside the database cannot be read, while its logs hold something."""

    code = "heads-lost"

    def __init__(self, *, where: str, reason: str) -> None:
        super().__init__(
            f"{where} {reason}, so nobody can say whether the database went back; nothing is written until two people"
            " have run `gateway log keep-heads`, which compares it with what was published and handed out"
        )
