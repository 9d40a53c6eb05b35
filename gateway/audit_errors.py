"""Errors of audits, leaves of the tree in `gateway.errors`.

NotFound
├── SampleUnknown
Refused
├── AuditRefused · CountersignatureRefused
"""

from __future__ import annotations

from gateway.errors import NotFound, Refused


class SampleUnknown(NotFound):
    code = "sample-unknown"
    message = "no sample {sample!r} was drawn here; `gateway audit list` shows those that were"


class AuditRefused(Refused):
    """A step of an audit that cannot be done now. `reason` is one of our sentences, and names items by number alone."""

    code = "audit-refused"

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"nothing was done: {reason}")


class CountersignatureRefused(Refused):
    code = "countersignature-refused"

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"the countersignature was not taken: {reason}")
