"""Files that are written whole or not at all, and folders in which one process at a time does so."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNFINISHED = ".new"  # how the name of a file ends that a killed process left behind


def write_whole(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file so that a reader, a kill or a power failure finds the old one or the new one."""
    write_beside(path, content, mode=mode).replace(path)
    sync(path.parent)


def write_beside(path: Path, content: bytes, *, mode: int = 0o600) -> Path:
    """Write what is to become a file, on the disk and under another name, which is returned."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)  # whatever the process's umask says
            file.write(content)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def sync(folder: Path) -> None:
    """A new or removed name survives a power failure too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; that they are there survives a power failure too."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
        sync(one.parent)


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Wait for whoever changes something in a folder, and keep the others waiting; the lock ends with the process."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
