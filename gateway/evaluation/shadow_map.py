"""The map of an old workbook: which column of which sheet holds which figure of the contract.

A small TOML file (`shadow-map/1`). The workbook's rows are found by the label of their window; nothing else of it is
asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.outcomes.contract import Contract
from vocabulary.declaration import DeclarationTable, one_of, parse

SCHEMA = "shadow-map/1"
_COLUMN = re.compile(r"[A-Z]{1,2}")
_MOST_COLUMNS = 60


class Reads(StrEnum):
    """What a figure of the map is held against."""

    MEASURE = "measure"  # weeks, people or points of a measure
    QUANTITY = "quantity"  # the quantity of a tariff
    AMOUNT = "amount"  # what a tariff owes


class Counts(StrEnum):
    """Whether a row holds what the window adds, or what all windows add up to by its end."""

    WINDOW = "window"
    CUMULATIVE = "cumulative"


class Unit(StrEnum):
    """How the workbook writes an amount."""

    WHOLE = "whole"  # of the currency, with up to as many decimals as it has
    MINOR = "minor"  # minor units: øre


@dataclass(frozen=True, slots=True)
class MappedFigure:
    """One figure: the column that holds it, and what of the contract it is."""

    column: str
    reads: Reads
    of: str  # id of the measure or the tariff
    counts: Counts
    unit: Unit
    currency: str = ""  # of an amount; empty for a quantity

    @property
    def name(self) -> str:
        return f"{self.of} ({self.reads}{', so far' if self.counts is Counts.CUMULATIVE else ''})"


@dataclass(frozen=True, slots=True)
class ShadowMap:
    """Where the figures stand: a sheet, the column of labels, and the label of each window that has another one."""

    sheet: str
    label_column: str
    labels: Mapping[str, str]  # text in the workbook -> label of the window in the contract
    named: frozenset[str]  # windows that the map has a label for; where it has none, each has that of the contract
    figures: tuple[MappedFigure, ...]

    def holds(self, window: str) -> bool:
        """Whether the map says that the workbook has a row of this window, once it has ended."""
        return not self.named or window in self.named


def load_map(text: bytes, contract: Contract, *, file: str) -> ShadowMap:
    """The map. `DeclarationInvalid` with line and key for anything that the contract does not have."""
    root = parse(text, file=file)
    root.convert("schema", one_of(SCHEMA))
    root.convert("contract", one_of(contract.id))
    sheet, label_column = root.text("sheet"), root.convert("label_column", _column)
    windows = [window.label for window in contract.windows]
    labels: dict[str, str] = {label: label for label in windows}
    named: list[str] = []
    if "labels" in root:
        table = root.table("labels")
        named = list(table)
        for label in named:
            if label not in windows:
                raise table.refuse(label, f"is no window of the contract; those are {', '.join(windows)}")
            labels = {text: window for text, window in labels.items() if window != label}
            labels[table.text(label).strip()] = label
        table.finish()
        if len(labels) != len(windows):
            raise root.refuse("labels", "gives two windows the same text")
    figures = root.rows("figures", lambda table: _figure(table, contract), by="column")
    root.finish()
    if label_column in {one.column for one in figures}:
        raise root.refuse("label_column", "holds a figure too")
    return ShadowMap(sheet, label_column, labels, frozenset(named), figures)


def _figure(table: DeclarationTable, contract: Contract) -> MappedFigure:
    reads = Reads(table.convert("reads", one_of(*Reads)))
    known = contract.measures if reads is Reads.MEASURE else contract.tariffs
    found = MappedFigure(
        column=table.convert("column", _column),
        reads=reads,
        of=table.convert("of", one_of(*(one.id for one in known))),
        counts=Counts(table.convert("counts", one_of(*Counts))),
        unit=Unit(table.convert("unit", one_of(*Unit))) if reads is Reads.AMOUNT else Unit.MINOR,
        currency=contract.currency if reads is Reads.AMOUNT else "",
    )
    table.finish()
    return found


def column_number(column: str) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in column:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _column(text: str) -> str:
    if not _COLUMN.fullmatch(text) or column_number(text) > _MOST_COLUMNS:
        raise ValueError("must be a column such as C, one of the first 60")
    return text
