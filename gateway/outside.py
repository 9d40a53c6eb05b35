"""What transports need of an installation: its secrets, by name, and the passing of time."""

from __future__ import annotations

import os
import re
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from connectors.errors import SecretMissing
from connectors.transport import Clock
from gateway.settings import Settings

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_MOST_BYTES = 65_536

REAL_TIME = Clock(time.monotonic, time.sleep)


def secrets_of(settings: Settings) -> SecretFiles:
    return SecretFiles(settings.secrets_path)


@dataclass(frozen=True, slots=True)
class SecretFiles:
    """Secrets as files of one folder, which their owner alone may read. A `connectors.transport.Secrets`."""

    folder: Path

    def text(self, name: str) -> str:
        return Path(self.path(name)).read_text(encoding="utf-8").rstrip("\r\n")

    def path(self, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise SecretMissing(name=name, reason="has a name that no secret may have")
        path = self.folder / name
        try:
            found = os.lstat(path)
        except OSError:
            raise SecretMissing(name=name, reason="is not in the folder of secrets") from None
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST_BYTES:
            raise SecretMissing(name=name, reason="is no file, or too large to be a secret")
        credentials = os.environ.get("CREDENTIALS_DIRECTORY")
        is_credential = bool(credentials) and self.folder.resolve() == Path(credentials or "").resolve()
        if found.st_mode & 0o077 and not is_credential:  # of a credential the folder is closed, not the file
            raise SecretMissing(name=name, reason="may be read by others: chmod 600 it")
        return str(path)
