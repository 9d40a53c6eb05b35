"""Files that somebody puts down: named on the command line, or lying in a drop folder on this machine."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from connectors.drop_folder import DropFolder
from connectors.errors import FolderEmpty, SourceMalformed, SourceUnavailable
from connectors.file_form import Arrival, FileForm, read_arrival, read_form
from connectors.inbox import Inbox, Left, printable_name
from connectors.name_order import NamesWithoutOrder, in_order, is_older, newest_named
from connectors.reading import file_sha256
from connectors.record_file import record_pages
from connectors.schema import Schema
from connectors.source_file import SourceFile
from connectors.transport import Ask, Clock, Page, Secrets
from vocabulary.declaration import DeclarationTable


@dataclass(frozen=True, slots=True)
class FileSettings:
    """Without an arrival there is no folder: files are named on the command line."""

    kind: ClassVar[str] = "file"
    form: FileForm
    arrival: Arrival | None = None


def read(table: DeclarationTable) -> FileSettings:
    return FileSettings(read_form(table), read_arrival(table) if "folder" in table else None)


def check(root: DeclarationTable, settings: FileSettings, schema: Schema) -> None:
    """Nothing: a file says its columns itself."""


def lists_everybody(settings: FileSettings) -> bool:
    """Always: a file tells of everybody in it."""
    return True


def inbox(settings: FileSettings, secrets: Secrets, clock: Clock, *, claims: bool = True) -> Inbox:
    """The drop folder; `SourceUnavailable` where there is none, or another command reads it."""
    if settings.arrival is None:
        raise SourceUnavailable(source="the declaration", reason="names no folder: name the files on the command line")
    place = DropFolder(settings.arrival.folder, claims=claims)
    return Inbox(place, settings.form, settings.arrival, clock, claims=claims)


def connect(settings: FileSettings, schema: Schema, secrets: Secrets, clock: Clock) -> FolderRecords:
    """The records of what lies in the drop folder."""
    arrival = settings.arrival
    return FolderRecords(
        inbox(settings, secrets, clock), settings.form, schema, newest=arrival is None or arrival.reads == "newest"
    )


class FolderRecords:
    """A `connectors.transport.ListTransport` over an inbox, which `PutsAway` and `ReadsFiles`.

    With `newest` the newest file by its name tells everything, and those before it are put away unread, also where they
    come late; else all are read in the order of their names. What was read is put away by `finish`, once its rows are
    stored and nobody waits for it.
    """

    def __init__(self, box: Inbox, form: FileForm, schema: Schema, *, newest: bool) -> None:
        self._box, self._form, self._schema, self._newest = box, form, schema, newest
        self._overtaken: Sequence[SourceFile] = ()
        self._read: dict[str, SourceFile] = {}
        self.left: Sequence[Left] = ()
        self.newest_file = ""

    def pages(self, ask: Ask) -> Iterator[Page]:
        """Every record of the files: a file cannot be asked for days.

        `FolderEmpty` where no file is whole, or all are older than one that was read before; `SourceMalformed` where
        nobody can tell which is the newest.
        """
        self._read = {}
        found = self._box.take()
        self.left = found.left
        if not found.files:
            raise FolderEmpty(source=self._box.label, reason="no whole file lies there")
        files = self._newest_of(found.files, ask.newest_file) if self._newest else found.files
        for file in files:
            digest = file_sha256(file)
            yield from record_pages(file, self._form, self._schema)
            self._read[digest] = file
        self.newest_file = files[-1].name if self._newest else ""

    def _newest_of(self, files: Sequence[SourceFile], last: str) -> Sequence[SourceFile]:
        """The newest file, where it is not older than the last one. Late ones are put away at once."""
        by_name = {file.name: file for file in files}
        try:
            ordered, late = in_order(list(by_name), self._form.pattern, self._form.named_by, last=last)
        except NamesWithoutOrder as error:
            reason = f"which of {len(files)} files is the newest cannot be told: {error} (named_by)"
            raise SourceMalformed(source=self._box.label, reason=reason) from None
        for name in late:
            self._box.finish(by_name[name])
        if late == ordered:
            reason = f"what lies there is older than {last}, which was read before, and would undo it"
            raise FolderEmpty(source=self._box.label, reason=reason)
        self._overtaken = [by_name[name] for name in ordered[:-1] if name not in late]
        return [by_name[ordered[-1]]]

    @property
    def digests(self) -> Sequence[str]:
        return list(self._read)

    def finish(self, done: Collection[str]) -> None:
        for file in [*self._overtaken, *(file for digest, file in self._read.items() if digest in done)]:
            self._box.finish(file)

    def close(self) -> None:
        self._box.close()


class NamedRecords:
    """A `connectors.transport.ListTransport` over files that were named on the command line, which `ReadsFiles`.

    They are read together. With `newest` they tell everything.
    """

    def __init__(self, files: Sequence[SourceFile], form: FileForm, schema: Schema, *, newest: bool) -> None:
        self._files, self._form, self._schema, self._newest = files, form, schema, newest
        self.newest_file = ""

    def pages(self, ask: Ask) -> Iterator[Page]:
        """Every record of the files; `SourceMalformed` where a day or month in their names is before that of the last
        file that was read. Of numbers that nobody declared whoever names a file knows better.
        """
        names = [file.name for file in self._files]
        newest = newest_named(names, self._form.pattern, self._form.named_by) if self._newest else ""
        if newest and is_older(newest, ask.newest_file, self._form.pattern, self._form.named_by):
            reason = f"it is older than {ask.newest_file}, which was read before, and would undo it"
            raise SourceMalformed(source=printable_name(newest), reason=reason)
        for file in self._files:
            yield from record_pages(file, self._form, self._schema)
        self.newest_file = newest

    def close(self) -> None:
        """Each file was closed when it had been read."""
