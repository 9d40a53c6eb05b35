"""Errors of backups, and of what is restored from one.

Refused
└── BackupRefused · RestoreRefused
GatewayError
└── BackupInvalid · RestoreUnfinished · RestoredReadOnly
"""

from __future__ import annotations

from gateway.errors.tree import GatewayError, Refused


class BackupRefused(Refused):
    code = "backup-refused"

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"no backup was made: {reason}")


class BackupInvalid(GatewayError):
    """Part of a backup is missing, changed or another one's; nothing of it was restored."""

    code = "backup-invalid"

    def __init__(self, *, file: str, reason: str) -> None:
        super().__init__(f"{file} {reason}; nothing was restored")


class RestoreRefused(Refused):
    """The place or what belongs beside the backup does not allow it; what stands there was not touched."""

    code = "restore-refused"

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"nothing was restored: {reason}")


class RestoreUnfinished(GatewayError):
    """The database holds part of a backup, put there by a restore that was killed."""

    code = "restore-unfinished"

    def __init__(self) -> None:
        super().__init__("a restore into this database was killed; run the same `gateway restore` again")


class RestoredReadOnly(GatewayError):
    """What was restored stands and can be read; nothing is written there, and so nothing signed or erased."""

    code = "restored-read-only"

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"restored, and nothing can be written, signed or erased there: {reason}")
