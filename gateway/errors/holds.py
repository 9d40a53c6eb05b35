"""Errors of pulls that look wrong, leaves of the trees in `gateway.errors.tree` and `policies.errors`.

Refused
├── PullLooksWrong    for municipal eyes: what stands out is named
├── PullRejected
└── HoldRefused
NotFound
└── HoldUnknown
PolicyDenied (policies.errors)
└── DataHeld          what the parties are told
"""

from __future__ import annotations

from datetime import date

from gateway.errors.tree import NotFound, Refused
from policies.decision import Decision
from policies.errors import PolicyDenied


class PullLooksWrong(Refused):
    """Nothing was stored; `hold` is the id by which it is accepted or rejected."""

    code = "pull-held"

    def __init__(self, *, source: str, hold: str, findings: str, answer_by: date) -> None:
        self.hold = hold
        super().__init__(
            f"what came from {source} looks wrong and is held, and nothing of it is used: {findings}; look at it, then"
            f" `gateway holds accept {hold}` or `gateway holds reject {hold}`, by {answer_by}"
        )


class PullRejected(Refused):
    """It was held and rejected: it is left out for good."""

    code = "pull-rejected"

    def __init__(self, *, source: str, hold: str) -> None:
        super().__init__(
            f"what came from {source} was rejected (hold {hold}) and is left out; ask the source's owner for another"
        )


class HoldRefused(Refused):
    code = "hold-refused"

    def __init__(self, *, hold: str, reason: str) -> None:
        super().__init__(f"hold {hold}: {reason}")


class HoldUnknown(NotFound):
    code = "hold-unknown"
    message = "no hold {hold!r} waits for an answer; `gateway holds list` shows what does"


class DataHeld(PolicyDenied):
    """A window needs data that are held. The parties learn when it began and when it is answered, and nothing else."""

    code = "data-held"

    def __init__(self, decision: Decision, *, held: str) -> None:
        super().__init__(decision)
        self.args = (held,)
