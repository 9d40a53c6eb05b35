"""A drop folder: only whole files, each claimed by one command; and everything that is put there to deceive."""

from __future__ import annotations

import gzip
import hashlib
import os
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.drop_folder import DropFolder
from connectors.errors import FileUnreadable, SourceUnavailable
from connectors.file_form import Arrival, FileForm
from connectors.inbox import Found, Inbox, Where
from connectors.source_file import SourceFile
from tests.support.clocks import Waiting
from tests.unit.connectors.cohort import ANNE

FORM = FileForm("x-*.csv", ";", most_bytes=1000)
TEXT = b"a;b\n1;2\n"


@contextmanager
def opened(folder: Path, *, quiet: int = 0, waiting: Waiting | None = None, claims: bool = True) -> Iterator[Inbox]:
    arrival = Arrival(str(folder), has_manifest=not quiet, quiet_seconds=quiet, reads="newest")
    box = Inbox(DropFolder(str(folder), claims=claims), FORM, arrival, (waiting or Waiting()).clock, claims=claims)
    try:
        yield box
    finally:
        box.close()


def put(folder: Path, name: str = "x-1.csv", content: bytes = TEXT, *, manifest: str | None = "") -> Path:
    """A file, with a manifest that is right, of another text, or (None) not there."""
    path = folder / name
    path.write_bytes(content)
    if manifest is not None:
        (folder / f"{name}.sha256").write_text(manifest or f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    return path


def content(file: SourceFile) -> bytes:
    with file.open() as stream:
        return stream.read()


def names(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name != ".lock"
    )


def reasons(found: Found) -> dict[str, str]:
    return {left.name: left.reason for left in found.left}


def test_a_whole_file_is_claimed_read_and_put_away_with_its_manifest(tmp_path: Path):
    put(tmp_path)
    with opened(tmp_path) as box:
        [file] = box.take().files
        assert names(tmp_path) == ["taken/x-1.csv", "taken/x-1.csv.sha256"]
        with file.open() as stream:
            assert (file.name, file.size, stream.read()) == ("x-1.csv", len(TEXT), TEXT)
        box.finish(file)
    assert names(tmp_path) == ["done/x-1.csv", "done/x-1.csv.sha256"]


def test_to_look_renames_nothing(tmp_path: Path):
    put(tmp_path)
    with opened(tmp_path, claims=False) as box:
        [file] = box.look().files
        assert content(file) == TEXT
    assert names(tmp_path) == ["x-1.csv", "x-1.csv.sha256"]
    assert sorted(os.listdir(tmp_path)) == names(tmp_path)  # no folder was made either


def test_a_file_that_was_claimed_by_a_command_that_died_is_taken_up_again(tmp_path: Path):
    """Real death: a process claims the file and is killed; its lock goes with it, and the file is there again."""
    put(tmp_path)
    code = f"""
import os, signal
from pathlib import Path
from tests.unit.connectors.test_drop_folder import opened
with opened(Path({str(tmp_path)!r})) as box:
    assert box.take().files
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[3])
    assert done.returncode == -9
    assert names(tmp_path) == ["taken/x-1.csv", "taken/x-1.csv.sha256"]
    with opened(tmp_path) as box:
        [file] = box.take().files
        assert content(file) == TEXT


def test_two_commands_never_read_one_folder_at_once(tmp_path: Path):
    put(tmp_path)
    with opened(tmp_path) as box:
        assert box.take().files
        with pytest.raises(SourceUnavailable, match="another command is reading this folder"), opened(tmp_path):
            pass
    with opened(tmp_path) as box:  # positive control: afterwards it may
        assert box.take().files


def test_a_file_that_is_sent_again_before_it_was_read_replaces_the_first_and_loses_nothing(tmp_path: Path):
    put(tmp_path)
    with opened(tmp_path) as box:
        box.take()
    put(tmp_path, content=b"a;b\n3;4\n")
    with opened(tmp_path) as box:
        [file] = box.take().files
        assert content(file) == b"a;b\n3;4\n"
        box.finish(file)
    assert (tmp_path / "done" / "x-1.csv").read_bytes() == TEXT
    assert (tmp_path / "done" / "x-1.csv.2").read_bytes() == b"a;b\n3;4\n"


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        (None, "its manifest is not there"),
        ("0" * 64, "it is not what its manifest says, or not yet"),
        ("nonsense", "its manifest is not one line with a SHA-256 and this name"),
        (f"{hashlib.sha256(TEXT).hexdigest()}  x-2.csv\n", "its manifest is not one line"),
        ("0" * 5000, "its manifest cannot be read"),
    ],
)
def test_a_file_whose_manifest_does_not_say_that_it_is_whole_waits(tmp_path: Path, manifest: str | None, reason: str):
    put(tmp_path, manifest=manifest)
    with opened(tmp_path) as box:
        found = box.take()
    assert found.files == []
    assert reasons(found)["x-1.csv"].startswith(reason)
    assert found.left[0].waits
    assert (tmp_path / "x-1.csv").exists()


def test_a_manifest_may_hold_the_digest_alone(tmp_path: Path):
    put(tmp_path, manifest=hashlib.sha256(TEXT).hexdigest().upper())
    with opened(tmp_path) as box:
        assert len(box.take().files) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(TEXT + b"5;6\n"),
        lambda path: os.utime(path, ns=(0, path.stat().st_mtime_ns + 1)),
        lambda path: (path.unlink(), path.write_bytes(TEXT)),
        lambda path: path.unlink(),
    ],
    ids=["grows", "is written again", "is another file", "goes"],
)
def test_a_file_that_changes_within_the_quiet_period_waits(tmp_path: Path, change: Callable[[Path], object]):
    path = put(tmp_path, manifest=None)
    put(tmp_path, "x-2.csv", manifest=None)
    os.utime(path, ns=(1, 1))
    waiting = Waiting(lambda: change(path))
    with opened(tmp_path, quiet=60, waiting=waiting) as box:
        found = box.take()
    assert [file.name for file in found.files] == ["x-2.csv"]
    assert reasons(found) == {"x-1.csv": "it changed within 60 seconds: it is still on its way"}
    assert waiting.waited == [60]  # once for all files


def test_another_file_that_comes_between_the_look_and_the_claim_is_not_read(tmp_path: Path, monkeypatch):
    path = put(tmp_path, manifest=None)
    real = DropFolder.move

    def late(self: DropFolder, name: str, source: Where, target: Where, new_name: str) -> bool:
        if target is Where.TAKEN:
            monkeypatch.setattr(DropFolder, "move", real)
            path.write_bytes(b"half")
            os.utime(path, ns=(7, 7))
        return real(self, name, source, target, new_name)

    monkeypatch.setattr(DropFolder, "move", late)
    with opened(tmp_path, quiet=1) as box:
        found = box.take()
    assert found.files == []
    assert reasons(found) == {"x-1.csv": "another file came in its place: it is read next time"}
    assert names(tmp_path) == ["x-1.csv"]


def link(folder: Path) -> None:
    (folder.parent / "secret.csv").write_bytes(TEXT)
    (folder / "x-1.csv").symlink_to(folder.parent / "secret.csv")


def hard_link(folder: Path) -> None:
    (folder.parent / "secret.csv").write_bytes(TEXT)
    os.link(folder.parent / "secret.csv", folder / "x-1.csv")


def named_socket(folder: Path) -> None:
    here = os.getcwd()
    os.chdir(folder)  # the name of a socket is short
    server = socket.socket(socket.AF_UNIX)
    server.bind("x-1.csv")
    server.close()
    os.chdir(here)


def zipped(folder: Path) -> None:
    with zipfile.ZipFile(folder / "x-1.csv", "w") as archive:
        archive.writestr("x.csv", TEXT)


DECEITS: dict[str, tuple[Callable[[Path], object], str]] = {
    "symbolic link": (link, "it is a symbolic link"),
    "hard link": (hard_link, "it has another name elsewhere (a hard link)"),
    "pipe": (lambda folder: os.mkfifo(folder / "x-1.csv"), "it is a pipe, a socket or a device"),
    "socket": (named_socket, "it is a pipe, a socket or a device"),
    "folder": (lambda folder: (folder / "x-1.csv").mkdir(), "it is a folder"),
    "too large": (lambda folder: (folder / "x-1.csv").write_bytes(b"a" * 1001), "it has 1,001 bytes"),
    "zip": (zipped, "is a zip archive"),
    "gzip": (lambda folder: (folder / "x-1.csv").write_bytes(gzip.compress(TEXT)), "is a gzip archive"),
    "7z": (lambda folder: (folder / "x-1.csv").write_bytes(b"7z\xbc\xaf\x27\x1c0000"), "is a 7z archive"),
    "tar": (lambda folder: (folder / "x-1.csv").write_bytes(b"a" * 257 + b"ustar\x0000"), "is a tar archive"),
    "old workbook": (
        lambda folder: (folder / "x-1.csv").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1")),
        "is an encrypted workbook",
    ),
}


@pytest.mark.parametrize("deceit", DECEITS)
def test_what_is_no_plain_file_is_refused_with_a_reason_and_never_opened_for_its_rows(tmp_path: Path, deceit: str):
    folder = tmp_path / "drop"
    folder.mkdir()
    make, reason = DECEITS[deceit]
    make(folder)
    put(folder, "x-2.csv", manifest=None)
    with opened(folder, quiet=1) as box:
        found = box.take()
    assert [file.name for file in found.files] == ["x-2.csv"]  # positive control
    [(name, said)] = reasons(found).items()
    assert (name, said.startswith(reason)) == ("x-1.csv", True), said
    assert not found.left[0].waits
    assert (folder / "x-1.csv").is_symlink() or (folder / "x-1.csv").exists()  # it stays where it is


@pytest.mark.parametrize("name", [f"x-{ANNE}.csv", "x-\x1b[31m.csv", "x-\n.csv"])
def test_a_name_that_could_hold_a_number_or_control_a_terminal_is_refused_and_not_repeated(tmp_path: Path, name: str):
    put(tmp_path, name, manifest=None)
    with opened(tmp_path, quiet=1) as box:
        found = box.take()
    assert found.files == []
    assert len(found.left) == 1
    assert ANNE not in repr(found)
    assert found.left[0].name.isprintable()


def test_other_names_and_hidden_files_are_not_ours(tmp_path: Path):
    put(tmp_path, "y-1.csv", manifest=None)
    put(tmp_path, ".x-1.csv", manifest=None)
    with opened(tmp_path, quiet=1) as box:
        assert box.take() == Found([], [])


@pytest.mark.parametrize("place", ["", "taken", "done"])
def test_a_folder_that_is_a_link_is_not_followed(tmp_path: Path, place: str):
    real, folder = tmp_path / "real", tmp_path / "drop"
    real.mkdir()
    if place:
        folder.mkdir()
        (folder / place).symlink_to(real)
    else:
        folder.symlink_to(real)
    with pytest.raises(SourceUnavailable, match="a symbolic link, or no folder"):
        DropFolder(str(folder), claims=True)


def test_a_lock_that_is_a_link_is_not_written_through(tmp_path: Path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / ".lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SourceUnavailable, match="a symbolic link"):
        DropFolder(str(tmp_path), claims=True)
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_not_there_or_closed_to_us_is_said(tmp_path: Path):
    with pytest.raises(SourceUnavailable, match="no such file or directory"):
        DropFolder(str(tmp_path / "none"), claims=True)


def test_a_file_that_is_exchanged_after_it_was_listed_does_not_open(tmp_path: Path):
    path = put(tmp_path)
    with opened(tmp_path) as box:
        [file] = box.take().files
        taken = tmp_path / "taken" / path.name
        taken.unlink()
        taken.symlink_to("/etc/hostname")
        with pytest.raises(FileUnreadable, match="a symbolic link"):
            file.open()
        taken.unlink()
        taken.write_bytes(TEXT)
        with pytest.raises(FileUnreadable, match="changed since it was listed"):
            file.open()


def test_a_crowd_of_names_is_refused_before_any_is_looked_at(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("connectors.inbox._MOST_ENTRIES", 3)
    for number in range(4):
        put(tmp_path, f"x-{number}.csv", manifest=None)
    with opened(tmp_path, quiet=1) as box, pytest.raises(FileUnreadable, match="more than 3 names of the pattern"):
        box.take()


def test_names_that_the_pattern_does_not_mean_are_nobodys_business(tmp_path: Path, monkeypatch):
    """However many there are, and also where a name is no UTF-8: whoever put it there does not stop the source."""
    monkeypatch.setattr("connectors.inbox._MOST_ENTRIES", 3)
    for number in range(9):
        put(tmp_path, f"y-{number}.csv", manifest=None)
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/s\xf8gning.csv"))).write_bytes(TEXT)
    put(tmp_path)
    with opened(tmp_path) as box:
        found = box.take()
    assert [file.name for file in found.files] == ["x-1.csv"]
    assert found.left == []


def test_a_name_of_the_pattern_that_is_no_utf_8_is_left_and_not_repeated(tmp_path: Path):
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/x-\xf8.csv"))).write_bytes(TEXT)
    put(tmp_path)
    with opened(tmp_path) as box:
        found = box.take()
    assert [file.name for file in found.files] == ["x-1.csv"]
    assert reasons(found) == {"a file whose name is not printable": "its name is hidden or not printable"}
