"""Errors of trying a draft contract, leaves of the tree in `gateway.errors.tree`.

Refused
└── SimulationRefused
"""

from __future__ import annotations

from gateway.errors.tree import Refused


class SimulationRefused(Refused):
    """The cohort cannot tell what this draft would pay, or too few people are in it."""

    code = "simulation-refused"

    def __init__(self, *, draft: str, reason: str) -> None:
        super().__init__(f"{draft} cannot be tried: {reason}")
