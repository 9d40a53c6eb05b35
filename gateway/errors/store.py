"""Errors of the store: an invariant does not hold, or the database cannot be used. Nothing was changed.

Broken
└── UnauditedWrite · ClockWentBack · StoreBusy · StoreFull · StoreUnreachable · SchemaOutdated
"""

from __future__ import annotations

from gateway.errors.tree import Broken


class UnauditedWrite(Broken):
    code = "unaudited-write"

    def __init__(self) -> None:
        super().__init__("a transaction wrote rows and recorded no event that says so; it was rolled back")


class ClockWentBack(Broken):
    code = "clock-went-back"

    def __init__(self) -> None:
        super().__init__("the clock stands before the newest log entry; set the machine's clock and run again")


class StoreBusy(Broken):
    code = "store-busy"

    def __init__(self) -> None:
        super().__init__("another command has held the database for too long; nothing was changed, run again")


class StoreFull(Broken):
    code = "store-full"

    def __init__(self) -> None:
        super().__init__("the database has no room left; nothing was changed, make room and run again")


class StoreUnreachable(Broken):
    code = "store-unreachable"

    def __init__(self) -> None:
        super().__init__("the database does not answer; check GATEWAY_DATABASE_URL and that the server runs")


class SchemaOutdated(Broken):
    code = "schema-outdated"

    def __init__(self, *, found: str, wanted: str) -> None:
        super().__init__(f"the database is at schema {found}, this version needs {wanted}; run `gateway upgrade`")
