"""Secrets that source declarations name: a file each, in one folder that nobody else may read."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from connectors.errors import SecretMissing

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_MOST_BYTES = 65_536
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class SecretsFolder:
    """`connectors.transport.Secrets` over a folder. A name is a file's, and leads nowhere else."""

    folder: Path

    def text(self, name: str) -> str:
        """The file's text without its line end. Raises `SecretMissing`."""
        try:
            text = Path(self.path(name)).read_text("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            raise SecretMissing(name=name, reason="is no text in UTF-8") from None
        if not text:
            raise SecretMissing(name=name, reason="is empty")
        return text

    def path(self, name: str) -> str:
        """The file. Raises `SecretMissing` where there is none, or where others than its owner may read it."""
        if not _NAME.fullmatch(name):
            raise SecretMissing(name=name, reason="is no name: lower-case letters, digits, points, hyphens, underlines")
        file = self.folder / name
        try:
            found = file.lstat()
        except OSError:
            raise SecretMissing(name=name, reason=f"is not in {self.folder}") from None
        if not stat.S_ISREG(found.st_mode):
            raise SecretMissing(name=name, reason="is no regular file")
        if found.st_size > _MOST_BYTES:
            raise SecretMissing(name=name, reason="is too large to be a secret")
        if found.st_mode & _OTHERS and not self._is_given_by_systemd:
            raise SecretMissing(
                name=name, reason=f"may be read by others; give it to its owner alone (chmod go= {file})"
            )
        return str(file)

    @property
    def _is_given_by_systemd(self) -> bool:
        """Of such credentials the folder is closed to others, and the files need not be."""
        credentials = os.environ.get("CREDENTIALS_DIRECTORY", "")
        return bool(credentials) and self.folder.resolve() == Path(credentials).resolve()
