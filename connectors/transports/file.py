"""Files of delimited text that somebody puts down: named on the command line."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.declaration_table import Table

_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class FileSettings:
    pattern: str  # of file names, as in fnmatch
    delimiter: str


def read(table: Table) -> FileSettings:
    delimiter = table.text("delimiter")
    if delimiter not in _DELIMITERS:
        raise table.refuse("delimiter", "must be a comma, a semicolon or a tab")
    return FileSettings(table.text("pattern"), delimiter)
