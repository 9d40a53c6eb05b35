"""Errors of declared aggregates, leaves of the tree in `gateway.errors.tree`.

Refused
├── AggregateRefused
└── AggregateMissing
"""

from __future__ import annotations

from gateway.errors.tree import Refused


class AggregateRefused(Refused):
    """What was sent is no figure that this contract awaits."""

    code = "aggregate-refused"

    def __init__(self, *, contract: str, reason: str) -> None:
        super().__init__(f"the figure was not taken for {contract!r}: {reason}")


class AggregateMissing(Refused):
    code = "aggregate-missing"

    def __init__(self, *, contract: str, window: str, names: list[str]) -> None:
        super().__init__(
            f"window {window!r} of {contract!r} rests on figures that no evaluator has declared: {', '.join(names)};"
            " run `gateway contract declare` with each"
        )
