"""Errors of the store: an invariant does not hold, or the database cannot be used. Nothing was changed.

Broken
└── UnauditedWrite · ClockWentBack · ClockJumped · StoreBusy · StoreFull · StoreUnreachable · SchemaOutdated
"""

from __future__ import annotations

from datetime import datetime

from gateway.errors.tree import Broken


class UnauditedWrite(Broken):
    code = "unaudited-write"

    def __init__(self) -> None:
        super().__init__("a transaction wrote rows and recorded no event that says so; it was rolled back")


class ClockWentBack(Broken):
    code = "clock-went-back"

    def __init__(self, *, newest: datetime) -> None:
        super().__init__(
            f"the machine's clock stands before the newest log entry, which is of {newest:%Y-%m-%d %H:%M:%S} UTC;"
            " nothing is written: set the clock and run again, or, where the entry is what is wrong, let two people run"
            " `gateway log set-clock-back`"
        )


class ClockJumped(Broken):
    """So long after the newest entry that the clock may be wrong."""

    code = "clock-jumped"

    def __init__(self, *, newest: datetime, now: datetime) -> None:
        super().__init__(
            f"the machine's clock says {now:%Y-%m-%d}, {(now - newest).days} days after the newest log entry;"
            " nothing is written: set the clock and run again, or, where the day is right, run"
            " `gateway log confirm-day` with it (GATEWAY_LONGEST_PAUSE_DAYS)"
        )


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
