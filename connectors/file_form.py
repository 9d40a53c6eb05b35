"""What a declaration says of files: their names, their format, and when a file that lies in a folder is whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connectors.name_order import NameForm
from vocabulary.declaration import DeclarationTable, one_of

_DELIMITERS = (",", ";", "\t")
_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class FileForm:
    """How files are named and written. A CSV has a delimiter, a workbook the name of a sheet."""

    pattern: str  # of file names, as in fnmatch
    delimiter: str = ""
    format: str = "csv"
    sheet: str = ""
    most_bytes: int = 4096 * _MEBIBYTE
    named_by: NameForm | None = None  # what in a name says how new it is; where nothing is said, what all names have


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where files lie, and how a whole one is told from one that is still being written.

    With `has_manifest`, by the file NAME.sha256 beside it; else by `quiet_seconds` in which it does not change.
    """

    folder: str
    has_manifest: bool
    quiet_seconds: int
    reads: str  # of a folder of records: the `newest` file by name, which tells everything, or `all`, which add up


def read_form(table: DeclarationTable) -> FileForm:
    """The form of a `[transport]` table; `DeclarationInvalid`."""
    pattern = table.text("pattern")
    if "/" in pattern or "\0" in pattern or pattern.startswith("."):
        raise table.refuse("pattern", "must be of names, without a folder and not hidden")
    kind = table.text("format", "csv")
    if kind not in ("csv", "xlsx"):
        raise table.refuse("format", "must be one of: csv, xlsx")
    delimiter = table.text("delimiter") if kind == "csv" else ""
    if kind == "csv" and delimiter not in _DELIMITERS:
        raise table.refuse("delimiter", "must be a comma, a semicolon or a tab")
    sheet = table.text("sheet") if kind == "xlsx" else ""
    most = table.integer("most_mebibytes", 4096 if kind == "csv" else 256, least=1, most=1 << 20)
    named_by = NameForm(table.convert("named_by", one_of(*NameForm))) if "named_by" in table else None
    return FileForm(pattern, delimiter, kind, sheet, most * _MEBIBYTE, named_by)


def read_arrival(table: DeclarationTable) -> Arrival:
    """Where files arrive, of the same table; it must say how a whole file is known."""
    folder = table.text("folder")
    if not folder.startswith("/") or ".." in folder.split("/"):
        raise table.refuse("folder", "must be a whole path from / on, without ..")
    has_manifest = "manifest" in table
    if has_manifest:
        table.convert("manifest", one_of("sha256"))
    elif "quiet_seconds" not in table:
        raise table.refuse("folder", 'needs manifest = "sha256" or quiet_seconds: a file may still be on its way')
    quiet = 0 if has_manifest else table.integer("quiet_seconds", least=1, most=86_400)
    reads = table.text("reads", "newest")
    if reads not in ("newest", "all"):
        raise table.refuse("reads", "must be one of: newest, all")
    return Arrival(folder, has_manifest, quiet, reads)


def form_of(settings: Any) -> FileForm | None:
    """The form of a transport that brings files; None for any other."""
    form = getattr(settings, "form", None)
    return form if isinstance(form, FileForm) else None
