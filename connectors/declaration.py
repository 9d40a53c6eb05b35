"""A source is a declaration: a TOML file that says what a register's file looks like and what it may be used for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

from connectors.declaration_table import Table, parse

KINDS = ("dream", "ydelsesrefusion", "income")
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the source's owner allows: nothing is pulled without it."""

    reference: str
    statute: str
    permitted_purposes: frozenset[str]
    approver: str
    valid_to: date

    def is_valid(self, *, on: date) -> bool:
        return on <= self.valid_to


@dataclass(frozen=True, slots=True)
class SourceDeclaration:
    id: str
    kind: str
    title: str
    pattern: str  # of file names, as in fnmatch
    delimiter: str
    columns: dict[str, str]  # our word -> the column's name in the file
    agreement: Agreement
    is_supplied_for_another_purpose: bool  # then an assessment is required before it is used
    sha256: str
    file: str


_COLUMNS = {
    "dream": {"cpr"},
    "ydelsesrefusion": {"cpr", "week", "benefit"},
    "income": {"cpr", "month", "income_type", "paid_hours", "amount"},
}


def load_declaration(text: bytes, *, file: str) -> SourceDeclaration:
    """Read a declaration; `DeclarationInvalid` (file, line, key) for anything it does not understand."""
    root = parse(text, file=file)
    if root.text("schema") != "source/1":
        raise root.refuse("schema", "must be source/1")
    kind = root.text("kind")
    if kind not in KINDS:
        raise root.refuse("kind", f"must be one of: {', '.join(KINDS)}")
    delimiter = root.text("delimiter")
    if delimiter not in _DELIMITERS:
        raise root.refuse("delimiter", "must be a comma, a semicolon or a tab")
    columns = root.table("columns")
    names = {word: columns.text(word) for word in sorted(_COLUMNS[kind])}
    columns.done()
    declaration = SourceDeclaration(
        id=root.text("id"),
        kind=kind,
        title=root.text("title"),
        pattern=root.text("pattern"),
        delimiter=delimiter,
        columns=names,
        agreement=_agreement(root.table("agreement")),
        is_supplied_for_another_purpose=root.flag("supplied_for_another_purpose"),
        sha256=hashlib.sha256(text).hexdigest(),
        file=file,
    )
    root.done()
    return declaration


def _agreement(table: Table) -> Agreement:
    agreement = Agreement(
        reference=table.text("reference"),
        statute=table.text("statute"),
        permitted_purposes=frozenset(table.texts("permitted_purposes")),
        approver=table.text("approver"),
        valid_to=table.day("valid_to"),
    )
    table.done()
    return agreement
