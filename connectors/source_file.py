"""What a reader of files needs of one: its name, its size, and its bytes as often as they are asked for.

A file on this machine and a file over SFTP are read by the same code, and none of them is copied to a temporary file
(invariant 1).
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from connectors.errors import FileUnreadable

# how archives and other wrappings begin; a tar archive is known by its 258th byte
_MAGIC = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "a zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ\x00": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstandard archive",
    b"Rar!": "a rar archive",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an encrypted workbook or one of before 2007",
    b"%PDF": "a PDF",
}
_TAR = (257, b"ustar")
HEAD_BYTES = 262


class SourceFile(Protocol):
    """One file of a source. `open` gives a seekable stream from its first byte on, which the caller closes."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    def open(self) -> BinaryIO: ...


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file that somebody named. A link is followed; a pipe or a device is no file (`FileUnreadable`)."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def open(self) -> BinaryIO:
        # a pipe would wait for its writer for ever
        descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise FileUnreadable(file=self.name, line=1, reason="is not a file")
        return open(descriptor, "rb")


def wrapping(head: bytes) -> str:
    """What a file that begins like this is instead of a table, such as `a zip archive`; empty where it may be one."""
    if head[_TAR[0] :].startswith(_TAR[1]):
        return "a tar archive"
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")
