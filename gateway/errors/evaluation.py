"""Errors of evaluations, leaves of the tree in `gateway.errors.tree`.

Refused
└── NotYetKnown
"""

from __future__ import annotations

from datetime import datetime

from gateway.errors.tree import Refused


class NotYetKnown(Refused):
    """What will be known is not known."""

    code = "not-yet-known"

    def __init__(self, *, instant: datetime) -> None:
        super().__init__(f"{instant:%Y-%m-%dT%H:%M:%SZ} lies in the future: nothing is known of it")
