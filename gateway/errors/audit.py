"""Errors of audits, leaves of the tree in `gateway.errors.tree`.

NotFound
├── SampleUnknown
Refused
├── AuditRefused · CountersignatureRefused
GatewayError
└── CountersignaturesCorrupt
"""

from __future__ import annotations

from gateway.errors.tree import GatewayError, NotFound, Refused


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


class CountersignaturesCorrupt(GatewayError):
    """The table and the access log say different things of what auditors signed: nothing is handed out then."""

    code = "countersignatures-corrupt"

    def __init__(self, *, release: str) -> None:
        super().__init__(
            f"the countersignatures of release {release} are other ones than the access log names; no bundle of it is"
            " handed out until they are restored from a backup"
        )
