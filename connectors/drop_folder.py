"""A drop folder on this machine: everything goes through descriptors of its three folders, never through a path again.

No link is followed, below the folder or to it. A file is opened without waiting (a pipe would), and is what it was
listed as: a regular file with one name. One command at a time reads a folder; the lock ends with its process.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from contextlib import ExitStack
from typing import BinaryIO

from connectors.errors import FileUnreadable, SourceUnavailable
from connectors.inbox import Entry, Where

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LOCK = ".lock"


class DropFolder:
    """A `connectors.inbox.Place`. With `claims`, `taken` and `done` are made where they are not there.

    Raises `SourceUnavailable` where the folder cannot be opened, or another command is reading it.
    """

    def __init__(self, folder: str, *, claims: bool) -> None:
        self.label = folder
        self._folders: dict[Where, int] = {}
        self._closing = ExitStack()
        try:
            self._folders[Where.COMING] = self._open(folder, None)
            for where in (Where.TAKEN, Where.DONE) if claims else ():
                self._make(where)
                self._folders[where] = self._open(where, self._folders[Where.COMING])
            if claims:
                self._lock()
        except OSError as error:
            self.close()
            raise SourceUnavailable(source=folder, reason=_reason(error)) from None

    def entries(self, where: Where) -> list[Entry]:
        if where not in self._folders:
            return []
        return [self._entry(where, name) for name in os.listdir(self._folders[where]) if name != _LOCK]

    def open(self, where: Where, entry: Entry) -> BinaryIO:
        try:
            descriptor = os.open(entry.name, _FILE, dir_fd=self._folders[where])
        except OSError as error:
            raise FileUnreadable(file=entry.name, line=1, reason=_reason(error)) from None
        if _of(entry.name, os.fstat(descriptor)) != entry:
            os.close(descriptor)
            raise FileUnreadable(file=entry.name, line=1, reason="changed since it was listed")
        return open(descriptor, "rb")

    def move(self, name: str, source: Where, target: Where, new_name: str) -> bool:
        try:
            os.rename(name, new_name, src_dir_fd=self._folders[source], dst_dir_fd=self._folders[target])
        except FileNotFoundError:
            return False
        except OSError as error:
            raise SourceUnavailable(source=self.label, reason=_reason(error)) from None
        for where in (target, source):  # after a power cut the file lies in one of the two
            os.fsync(self._folders[where])
        return True

    def close(self) -> None:
        self._closing.close()

    def _open(self, name: str, below: int | None) -> int:
        descriptor = os.open(name, _FOLDER, dir_fd=below)
        self._closing.callback(os.close, descriptor)
        return descriptor

    def _make(self, where: Where) -> None:
        try:
            os.mkdir(where, 0o700, dir_fd=self._folders[Where.COMING])
        except FileExistsError:
            return

    def _lock(self) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(_LOCK, flags, 0o600, dir_fd=self._folders[Where.TAKEN])
        self._closing.callback(os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _entry(self, where: Where, name: str) -> Entry:
        try:
            found = os.stat(name, dir_fd=self._folders[where], follow_symlinks=False)
        except OSError as error:
            return Entry(name, 0, (), _reason(error))
        return _of(name, found)


def _of(name: str, found: os.stat_result) -> Entry:
    # ctime is no part of it: the claim itself changes it
    state = (found.st_dev, found.st_ino, found.st_mtime_ns)
    return Entry(name, found.st_size, state, _refusal(found))


def _refusal(found: os.stat_result) -> str:
    if stat.S_ISLNK(found.st_mode):
        return "it is a symbolic link"
    if stat.S_ISDIR(found.st_mode):
        return "it is a folder"
    if not stat.S_ISREG(found.st_mode):
        return "it is a pipe, a socket or a device"
    return "" if found.st_nlink == 1 else "it has another name elsewhere (a hard link)"


def _reason(error: OSError) -> str:
    if error.errno in (errno.EAGAIN, errno.EACCES) and error.filename is None:
        return "another command is reading this folder"
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return "a symbolic link, or no folder, stands in its place"
    return (error.strerror or "refused").lower()
