"""Errors of an installation: its folder, its keys, its clients, its address.

NotFound
└── ClientUnknown · SigningKeyUnknown
Refused
└── ClientKeyRefused
GatewayError
├── AlreadyInstalled · DatabaseLost · NotInstalled · NoActiveKey · KeyFileInvalid · UnsafeForProduction
└── UnsafeDirectory · OutputUnwritable · CannotListen · Unauthenticated · ClientInvalid
"""

from __future__ import annotations

from gateway.errors.tree import GatewayError, NotFound, Refused


class ClientUnknown(NotFound):
    code = "client-unknown"
    message = "no client {client!r} is registered; `gateway keys clients` shows those that are"


class ClientKeyRefused(Refused):
    code = "client-key-refused"

    def __init__(self, *, client: str, reason: str) -> None:
        super().__init__(f"client {client!r} was not registered: the key {reason}; ask for a new key of its own")


class AlreadyInstalled(GatewayError):
    code = "already-installed"

    def __init__(self, *, where: str) -> None:
        super().__init__(f"{where} already holds an installation of another name; choose another data directory")


class DatabaseLost(GatewayError):
    """Keys and kept heads stand here, and the database to which they belong holds nothing."""

    code = "database-lost"

    def __init__(self, *, where: str, database: str) -> None:
        super().__init__(
            f"{where} holds keys of an installation with log entries, and {database} holds nothing; restore the"
            " database, or name the right one in GATEWAY_DATABASE_URL: nothing is begun anew under the same keys"
        )


class NotInstalled(GatewayError):
    code = "not-installed"

    def __init__(self, *, where: str) -> None:
        super().__init__(f"{where} holds no installation; run `gateway init`")


class NoActiveKey(GatewayError):
    code = "no-active-key"

    def __init__(self) -> None:
        super().__init__(
            "no signing key is active, so nothing is signed; `gateway keys add` and `gateway keys activate`"
        )


class SigningKeyUnknown(NotFound):
    code = "signing-key-unknown"
    message = "no signing key {kid!r} is known here; `gateway keys list` shows those that are"


class KeyFileInvalid(GatewayError):
    code = "key-file-invalid"

    def __init__(self, *, file: str, reason: str) -> None:
        super().__init__(f"{file} {reason}")


class UnsafeForProduction(GatewayError):
    code = "unsafe-for-production"

    def __init__(self, *, reason: str, profile: str = "production") -> None:
        super().__init__(f"the {profile} profile refuses this: {reason}")


class UnsafeDirectory(GatewayError):
    code = "unsafe-directory"

    def __init__(self, *, where: str) -> None:
        super().__init__(f"{where} holds files that no demo made; name another folder with --directory")


class OutputUnwritable(GatewayError):
    """A file or folder that was asked for cannot be written; `is_done` where the work behind it was done."""

    code = "output-unwritable"

    def __init__(self, *, where: str, reason: str, is_done: bool = False) -> None:
        what_now = "what was done is kept: run the command again" if is_done else "nothing was done"
        super().__init__(
            f"{where} cannot be written ({reason}); {what_now}, with a folder that exists and that you may write to"
        )


class CannotListen(GatewayError):
    code = "cannot-listen"

    def __init__(self, *, address: str, reason: str) -> None:
        super().__init__(f"nothing was started: {address} cannot be listened on ({reason}); choose another --port")


class Unauthenticated(GatewayError):
    code = "unauthenticated"

    def __init__(self, *, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class ClientInvalid(GatewayError):
    code = "client-invalid"

    def __init__(self, *, file: str, reason: str) -> None:
        super().__init__(f"{file} {reason}")
