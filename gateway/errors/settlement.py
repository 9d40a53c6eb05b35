"""What can go wrong between a payment document and its payment: branches of the tree in `gateway.errors.tree`.

GatewayError
├── NotFound
│   ├── BillUnknown · DisputeUnknown
├── Refused
│   ├── SettlementRefused
└── Broken
    ├── SettlementMismatch
"""

from __future__ import annotations

from gateway.errors.tree import Broken, NotFound, Refused


class BillUnknown(NotFound):
    code = "bill-unknown"
    message = "no invoice or credit note {number!r} of {contract!r} is known; `gateway settle statement` lists them"


class DisputeUnknown(NotFound):
    code = "dispute-unknown"
    message = "no dispute {dispute!r} is open; `gateway settle state` shows those that are"


class SettlementRefused(Refused):
    """A step of the settlement is not possible; `rule` says in one word why."""

    code = "settlement-refused"

    def __init__(self, *, rule: str, reason: str) -> None:
        self.rule = rule
        super().__init__(f"nothing was settled ({rule}): {reason}")


class SettlementMismatch(Broken):
    """The database says something else than what was signed, or than the access log tells."""

    code = "settlement-mismatch"

    def __init__(self, *, contract: str, window: str, reason: str) -> None:
        what = f"{contract} {window}".rstrip()
        super().__init__(f"{what} is not settled: {reason}; `gateway log verify`, then restore a backup")
