"""What Python writes and removes on the disk, in this process and in those that it starts.

An audit hook (PEP 578) notes every file that is opened for writing and keeps what stood in a file that is removed or
replaced, so that a file which lived for a moment is searched like one that stayed. What SQLite itself opens is not
seen by it, apart from the name of the database.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_VARIABLE = "TESTS_TRACE_FOLDER"
_SITE = "from tests.attacks import traces\n\ntraces.follow()\n"
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NAMELESS = os.O_TMPFILE & ~os.O_DIRECTORY
_count = itertools.count()
_own = threading.local()
_folder: Path | None = None
_is_hooked = False


@contextmanager
def temporary_files_in(folder: Path) -> Iterator[None]:
    """Whatever this process makes in between as a temporary file stands in the folder, also where it fails."""
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = None


@contextmanager
def traced(folder: Path) -> Iterator[dict[str, str]]:
    """Trace the block into `folder`. Yields the environment that makes Python below it do the same."""
    global _folder
    folder.mkdir(parents=True)
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(_SITE)
    paths = (str(folder / "site"), str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", ""))
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    follow(folder)
    try:
        yield {
            _VARIABLE: str(folder),
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
    finally:
        _folder = None
        sys.dont_write_bytecode = before


def follow(folder: Path | None = None) -> None:
    """Trace this process from now on. A hook cannot be taken away again: it rests while there is no folder."""
    global _folder, _is_hooked
    _folder = folder or Path(os.environ[_VARIABLE])
    if not _is_hooked:
        _is_hooked = True
        sys.addaudithook(_hook)


def written(folder: Path) -> set[str]:
    """The paths that were opened for writing, of temporary files without a name the folder with `(nameless)`."""
    return {line for notes in folder.glob("written-*") for line in notes.read_text().splitlines()}


def removed(folder: Path) -> bytes:
    """What stood in the files that were removed or replaced."""
    return b"\n".join(path.read_bytes() for path in sorted(folder.glob("removed-*")))


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _folder is None or getattr(_own, "is_busy", False):
        return
    if event == "open":
        path, _, flags = arguments
        if isinstance(path, str | bytes | os.PathLike) and isinstance(flags, int) and flags & _WRITES:
            _note(f"{_path(path)}{' (nameless)' if flags & _NAMELESS else ''}")
    elif event == "sqlite3.connect":
        _note(_path(arguments[0]))
    elif event == "os.remove":
        _keep(*arguments)
    elif event == "os.rename":
        source, target, source_folder, target_folder = arguments
        _keep(source, source_folder)
        _keep(target, target_folder)
        _note(_path(target, target_folder))


def _path(path: Any, folder: int = -1) -> str:
    below = f"/proc/self/fd/{folder}" if folder != -1 else ""
    return os.path.realpath(os.path.join(below, os.fsdecode(path)))


def _note(line: str) -> None:
    _own.is_busy = True
    with suppress(OSError), open(f"{_folder}/written-{os.getpid()}", "a") as notes:
        notes.write(f"{line}\n")
    _own.is_busy = False


def _keep(path: Any, folder: int) -> None:
    _own.is_busy = True
    with suppress(OSError), open(_path(path, folder), "rb") as gone:
        content = gone.read()
        with open(f"{_folder}/removed-{os.getpid()}-{next(_count):06d}", "wb") as kept:
            kept.write(content)
    _own.is_busy = False
