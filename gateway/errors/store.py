"""Errors of the store: an invariant does not hold, or the database cannot be used. Nothing was changed.

Broken
└── UnauditedWrite · ClockWentBack · ClockJumped · SchemaOutdated
    StoreBusy · StoreFull · StoreUnreachable · StoreLogin · StoreMissing · StoreUntrusted · StoreTimeout
    StoreConnectionLost · StoreNotWritable · StoreDamaged
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


class StoreLogin(Broken):
    code = "store-login"

    def __init__(self) -> None:
        super().__init__(
            "the database lets this role not in: its name or password is not the one that the server knows; see"
            " GATEWAY_DATABASE_URL and GATEWAY_DATABASE_PASSWORD_FILE"
        )


class StoreMissing(Broken):
    code = "store-missing"

    def __init__(self) -> None:
        super().__init__(
            "there is no such database: the server or the folder answers, and what GATEWAY_DATABASE_URL or"
            " GATEWAY_DATA_DIRECTORY names is not there; restore it, and make none anew beside keys that have signed"
        )


class StoreUntrusted(Broken):
    code = "store-untrusted"

    def __init__(self) -> None:
        super().__init__(
            "the certificate of the database's server is not accepted; see sslmode and sslrootcert in"
            " GATEWAY_DATABASE_URL"
        )


class StoreTimeout(Broken):
    code = "store-timeout"

    def __init__(self) -> None:
        super().__init__("the database ended a statement that took too long; see its statement_timeout, and run again")


class StoreConnectionLost(Broken):
    """In the middle of something: whether it was committed nobody has looked at."""

    code = "store-connection-lost"

    def __init__(self) -> None:
        super().__init__(
            "the connection to the database was lost on the way; run the same command again: it does what is missing,"
            " or says that it is done"
        )


class StoreNotWritable(Broken):
    code = "store-not-writable"

    def __init__(self) -> None:
        super().__init__(
            "the database lets this role not do that: it is read-only, or the role lacks a right; the role owns its"
            " database, or may read and write every table of it"
        )


class StoreDamaged(Broken):
    code = "store-damaged"

    def __init__(self) -> None:
        super().__init__(
            "the database's own files are damaged; write nothing more to them, copy them aside, and restore the newest"
            " backup"
        )


class SchemaOutdated(Broken):
    code = "schema-outdated"

    def __init__(self, *, found: str, wanted: str) -> None:
        super().__init__(f"the database is at schema {found}, this version needs {wanted}; run `gateway upgrade`")
