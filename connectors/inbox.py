"""Files that are put somewhere for us: which of them are whole, which are ours to read, and where they go.

    folder/NAME ──claim──▶ folder/taken/NAME ──stored──▶ folder/done/NAME

A claim is a rename, so that no two commands read one file and no sender writes into it any more. A file that lies in
`taken` when a command begins was claimed by one that died, or is still wanted by another contract: it is read again,
and a file that was stored already changes nothing. What may not be read stays where it is, with a reason.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatch
from typing import BinaryIO, Protocol

from connectors.errors import FileUnreadable
from connectors.file_form import Arrival, FileForm
from connectors.reading import NAMELESS
from connectors.source_file import HEAD_BYTES, SourceFile, wrapping
from connectors.transport import Clock
from vocabulary.cpr_in_text import REASON, may_hide_cpr
from vocabulary.typed_text import is_seen

_MANIFEST_END = ".sha256"
_MANIFEST = re.compile(r"([0-9a-fA-F]{64})(?:[ \t]+\*?([^\r\n]+))?\s*")
_MANIFEST_BYTES = 4096
_CHUNK_BYTES = 1 << 20
_MOST_ENTRIES = 10_000


class Where(StrEnum):
    """A folder of the inbox, by its name below it."""

    COMING = ""
    TAKEN = "taken"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Entry:
    """A name in a folder. `state` differs whenever the file may have changed; `refusal` says why it is no file."""

    name: str
    size: int
    state: tuple[int, ...]
    refusal: str = ""


class Place(Protocol):
    """A folder with its two below it, on this machine or on another."""

    @property
    def label(self) -> str: ...
    def entries(self, where: Where) -> list[Entry]: ...
    def open(self, where: Where, entry: Entry) -> BinaryIO:
        """The entry's bytes; `FileUnreadable` where another file stands under the name now."""
        ...

    def move(self, name: str, source: Where, target: Where, new_name: str) -> bool:
        """Rename at once; False where the name is gone. The target must be free."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Left:
    """A file that was not read: `waits` where it may be read later, and else it never will as it is."""

    name: str
    reason: str
    waits: bool


@dataclass(frozen=True, slots=True)
class Arrived:
    """A whole file, in the order of names."""

    place: Place
    where: Where
    entry: Entry

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def size(self) -> int:
        return self.entry.size

    def open(self) -> BinaryIO:
        return self.place.open(self.where, self.entry)


@dataclass(frozen=True, slots=True)
class Found:
    files: Sequence[SourceFile]
    left: Sequence[Left]


class Inbox:
    """One folder of a source. With `claims` false nothing is renamed: files are read where they lie."""

    def __init__(self, place: Place, form: FileForm, arrival: Arrival, clock: Clock, *, claims: bool = True) -> None:
        self._place, self._form, self._arrival, self._clock = place, form, arrival, clock
        self._claims = claims

    @property
    def label(self) -> str:
        return self._place.label

    def look(self) -> Found:
        """What lies there now, whole or not; nothing is renamed."""
        coming, left = self._whole()
        if not self._claims:
            return Found(coming, left)
        taken, refused = self._declared_files(Where.TAKEN)
        claimed = [Arrived(self._place, Where.TAKEN, entry) for entry in taken]
        return Found(sorted([*claimed, *coming], key=lambda file: file.name), left + refused)

    def take(self) -> Found:
        """Claim every whole file, and give those that were claimed before as well."""
        coming, left = self._whole()
        if not self._claims:
            return Found(coming, left)
        before = {entry.name for entry in self._place.entries(Where.TAKEN)}
        for file in coming:
            if file.name in before:  # it was sent once more before the first one was read: the later one counts
                self._to_done(file.name)
            if not self._place.move(file.name, Where.COMING, Where.TAKEN, file.name):
                left.append(Left(file.name, "another command has just taken it", waits=True))
            elif self._entry(Where.TAKEN, file.name) != file.entry:
                self._give_back(file.name)
                left.append(Left(file.name, "another file came in its place: it is read next time", waits=True))
            elif self._arrival.has_manifest:
                self._place.move(_manifest(file.name), Where.COMING, Where.TAKEN, _manifest(file.name))
        taken, refused = self._declared_files(Where.TAKEN)
        return Found([Arrived(self._place, Where.TAKEN, entry) for entry in taken], left + refused)

    def finish(self, file: SourceFile) -> None:
        """Put a file away whose rows are stored."""
        if self._claims:
            self._to_done(file.name)

    def close(self) -> None:
        self._place.close()

    def _entry(self, where: Where, name: str) -> Entry | None:
        return next((entry for entry in self._place.entries(where) if entry.name == name), None)

    def _give_back(self, name: str) -> None:
        """Undo a claim; where the name is in use again, the file stays claimed."""
        if self._entry(Where.COMING, name) is None:
            self._place.move(name, Where.TAKEN, Where.COMING, name)

    def _to_done(self, name: str) -> None:
        used = {entry.name for entry in self._place.entries(Where.DONE)}
        number, free = 1, name
        while free in used or _manifest(free) in used:
            number += 1
            free = f"{name}.{number}"
        self._place.move(name, Where.TAKEN, Where.DONE, free)
        self._place.move(_manifest(name), Where.TAKEN, Where.DONE, _manifest(free))

    def _declared_files(self, where: Where) -> tuple[list[Entry], list[Left]]:
        """The files that the declaration means, by name, and those that it may not mean."""
        ours, left = [], []
        # a server may list a name twice; what the pattern does not mean is somebody else's, however much it is
        meant = {entry.name: entry for entry in self._place.entries(where) if fnmatch(entry.name, self._form.pattern)}
        if len(meant) > _MOST_ENTRIES:
            reason = f"holds more than {_MOST_ENTRIES:,} names of the pattern: put away those that were read"
            raise FileUnreadable(file=self.label, line=1, reason=reason)
        for _, entry in sorted(meant.items()):
            if entry.name in set(Where):
                continue
            refusal = self._refusal(where, entry)
            if refusal:
                left.append(Left(printable_name(entry.name), refusal, waits=False))
            else:
                ours.append(entry)
        return ours, left

    def _refusal(self, where: Where, entry: Entry) -> str:
        if may_hide_cpr(entry.name):
            return f"its name {REASON}"
        if not is_seen(entry.name) or "/" in entry.name or entry.name.startswith("."):
            return "its name is hidden or not printable"
        if entry.refusal:
            return entry.refusal
        if entry.size > self._form.most_bytes:
            return f"it has {entry.size:,} bytes, and the declaration allows {self._form.most_bytes:,}"
        if self._form.format == "csv":
            try:
                with self._place.open(where, entry) as stream:
                    found = wrapping(stream.read(HEAD_BYTES))
            except FileUnreadable as error:
                return error.reason
            return f"is {found} and no text" if found else ""
        return ""

    def _whole(self) -> tuple[list[Arrived], list[Left]]:
        entries, left = self._declared_files(Where.COMING)
        if self._arrival.has_manifest:
            return self._with_manifest(entries, left)
        if not entries:
            return [], left
        self._clock.sleep(self._arrival.quiet_seconds)
        now = {entry.name: entry for entry in self._place.entries(Where.COMING)}
        whole = []
        for entry in entries:
            if now.get(entry.name) == entry:
                whole.append(Arrived(self._place, Where.COMING, entry))
            else:
                reason = f"it changed within {self._arrival.quiet_seconds} seconds: it is still on its way"
                left.append(Left(entry.name, reason, waits=True))
        return whole, left

    def _with_manifest(self, entries: list[Entry], left: list[Left]) -> tuple[list[Arrived], list[Left]]:
        by_name = {entry.name: entry for entry in self._place.entries(Where.COMING)}
        whole = []
        for entry in entries:
            file = Arrived(self._place, Where.COMING, entry)
            manifest = by_name.get(_manifest(entry.name))
            try:
                reason = "its manifest is not there" if manifest is None else self._mismatch(file, manifest)
            except FileUnreadable as error:
                reason = error.reason
            if reason:
                left.append(Left(entry.name, reason, waits=True))
            else:
                whole.append(file)
        return whole, left

    def _mismatch(self, file: Arrived, manifest: Entry) -> str:
        """Why the file is not the one that its manifest names; empty where it is."""
        if manifest.refusal or manifest.size > _MANIFEST_BYTES:
            return f"its manifest cannot be read: {manifest.refusal or 'it is too large'}"
        with self._place.open(Where.COMING, manifest) as stream:
            found = _MANIFEST.fullmatch(stream.read(_MANIFEST_BYTES).decode("utf-8", "replace"))
        if found is None or found[2] not in (None, file.name):
            return "its manifest is not one line with a SHA-256 and this name"
        digest = hashlib.sha256()
        with file.open() as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
        return "" if digest.hexdigest() == found[1].lower() else "it is not what its manifest says, or not yet"


def printable_name(name: str) -> str:
    """A name that may be printed: one that could hold a number, or controls a terminal, is not repeated."""
    if may_hide_cpr(name):
        return NAMELESS
    return name if is_seen(name) else "a file whose name is not printable"


def _manifest(name: str) -> str:
    return f"{name}{_MANIFEST_END}"
