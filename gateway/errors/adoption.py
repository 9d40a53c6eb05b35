"""What can go wrong where a contract starts mid-way: branches of the tree in `gateway.errors.tree`.

GatewayError
├── Refused
│   ├── AdoptionRefused      the opening balances are not in force
└── WorkbookRefused          the old workbook cannot be compared
"""

from __future__ import annotations

from gateway.errors.tree import GatewayError, Refused


class AdoptionRefused(Refused):
    """`rule` says in one word why."""

    code = "adoption-refused"

    def __init__(self, *, contract: str, rule: str, reason: str) -> None:
        self.rule = rule
        super().__init__(f"{contract!r} was not adopted ({rule}): {reason}")


class WorkbookRefused(GatewayError):
    """`where` is a sheet or a cell; what stands in it is never repeated, since it may be about a person."""

    code = "workbook-refused"

    def __init__(self, *, file: str, where: str, reason: str) -> None:
        place = f", {where}" if where else ""
        super().__init__(f"{file}{place}: {reason}; nothing was compared")
