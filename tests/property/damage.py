"""What goes wrong with a table on its way: a catalogue of damage to cells, rows, header, encoding and order.

Left out is what turns one certain thing into another, such as a 3 into a 4, or one of two equal postings lost: nobody
who reads the copy alone could tell.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tests.unit.connectors.cohort import STRANGER

DELIMITER = ";"


@dataclass(frozen=True)
class Table:
    """A good file: header and rows, with what each column means (`words`, in the order of the header)."""

    words: tuple[str, ...]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    encoding: str = "utf-8"
    tail: str = ""  # what stands after the last row
    cut_bytes: int = 0

    def content(self) -> bytes:
        lines = [DELIMITER.join(row) for row in (self.header, *self.rows)]
        content = ("\n".join(lines) + "\n" + self.tail).encode(self.encoding, errors="surrogateescape")
        return content[: len(content) - self.cut_bytes]

    def content_of(self, delimiter: str) -> bytes:
        return self.content().replace(DELIMITER.encode(), delimiter.encode())

    def columns_of(self, *words: str) -> list[int]:
        return [place for place, word in enumerate(self.words) if word in words]


Damage = Callable[[random.Random, Table], Table]
_NUMBERS = ("paid_hours", "amount")
_DAYS = ("from_day", "to_day", "on")
_TIMES = ("week", "month", *_DAYS)


def _cell(words: tuple[str, ...], change: Callable[[random.Random, str], str], *, more: str = "") -> Damage:
    """Change one cell of a row: of a column that means one of these. With `more`, the cell of that column as well."""

    def damage(draw: random.Random, table: Table) -> Table:
        places = table.columns_of(*words)
        if not places or not table.rows:
            return table
        number, place = draw.randrange(len(table.rows)), draw.choice(places)
        row = list(table.rows[number])
        for one in [place, *table.columns_of(*([more] if more else []))]:
            row[one] = change(draw, row[one])
        return replace(table, rows=(*table.rows[:number], tuple(row), *table.rows[number + 1 :]))

    return damage


_TOLD_APART = 5  # different rows: docs/sources/cells.md


def _row(change: Callable[[random.Random, list[str]], list[str]]) -> Damage:
    def damage(draw: random.Random, table: Table) -> Table:
        number = draw.randrange(len(table.rows))
        row = tuple(change(draw, list(table.rows[number])))
        return replace(table, rows=(*table.rows[:number], row, *table.rows[number + 1 :]))

    return damage


def _one_of(*texts: str) -> Callable[[random.Random, str], str]:
    return lambda draw, _: draw.choice(texts)


def _negative(shape: str) -> Callable[[random.Random, str], str]:
    """A minus written otherwise; a number without one stays."""
    return lambda _, text: shape.format(text[1:]) if text.startswith("-") else text


def _shift(draw: random.Random, row: list[str]) -> list[str]:
    place = draw.randrange(len(row) - 3)  # not so far right that an end is lost alone: no end is something certain
    return [*row[:place], "", *row[place:]][: len(row)]


def _without_field(draw: random.Random, row: list[str]) -> list[str]:
    place = draw.randrange(len(row))
    return row[:place] + row[place + 1 :]


def _header(change: Callable[[random.Random, list[str]], list[str]]) -> Damage:
    return lambda draw, table: replace(table, header=tuple(change(draw, list(table.header))))


def _rename(draw: random.Random, header: list[str]) -> list[str]:
    place = draw.randrange(len(header))
    return [f"{name}x" if at == place else name for at, name in enumerate(header)]


def _double(draw: random.Random, header: list[str]) -> list[str]:
    first, second = draw.sample(range(len(header)), 2)
    return [header[first] if at == second else name for at, name in enumerate(header)]


def _reorder_columns(draw: random.Random, table: Table) -> Table:
    order = draw.sample(range(len(table.header)), len(table.header))
    moved = [tuple(row[place] for place in order) for row in table.rows]
    words, header = ([of[place] for place in order] for of in (table.words, table.header))
    return replace(table, words=tuple(words), header=tuple(header), rows=tuple(moved))


def _twice(_: random.Random, table: Table) -> Table:
    return replace(table, rows=(*table.rows, table.header, *table.rows))


def _rows_twice(draw: random.Random, table: Table) -> Table:
    """As where a view joins one row too many, or a script puts a file behind itself without its header.

    Of fewer than five rows about the cohort nobody can tell: whoever is paid by the fortnight has two equal ones in a
    month, and a stranger's row is not looked at.
    """
    if len({row for row in table.rows if STRANGER not in row}) < _TOLD_APART:
        return table
    rows = [*table.rows, *table.rows]
    return replace(table, rows=tuple(draw.choice([rows, sorted(rows), draw.sample(rows, len(rows))])))


def _header_again(draw: random.Random, table: Table) -> Table:
    number = draw.randrange(len(table.rows) + 1)
    return replace(table, rows=(*table.rows[:number], table.header, *table.rows[number:]))


def _total(draw: random.Random, table: Table) -> Table:
    row = ["I alt" if word == "cpr" else "1234,50" if word in _NUMBERS else "" for word in table.words]
    return replace(table, rows=(*table.rows, tuple(row)))


def _empty_rows(draw: random.Random, table: Table) -> Table:
    number = draw.randrange(len(table.rows) + 1)
    empty = draw.choice([("",) * len(table.header), (" ",) + ("",) * (len(table.header) - 1)])
    return replace(table, rows=(*table.rows[:number], empty, *table.rows[number:]))


def _bad_byte(draw: random.Random, table: Table) -> Table:
    """A byte that is no UTF-8, in a code or a number."""
    return _cell(table.words, lambda draw, text: text[:1] + "\udcc3" + text[1:])(draw, table)


def _as_instant(text: str) -> str:
    """Danish midnight in winter, as UTC writes it."""
    return f"{date.fromisoformat(text) - timedelta(days=1)}T23:00:00Z" if text else text


_EMPTIED = ("cpr", "code", "benefit", "income_type", "amount", "event", "from_day", "on")
_SPACED = ("cpr", "code", "benefit", "income_type", "amount", "week_code")
_REPLACED = ("cpr", *_TIMES, *_NUMBERS, "income_type", "event", "week_code")
_NO_DAYS = ("0001-01-01", "1900-01-01", "1970-01-01", "9999-12-31")

CATALOGUE: Mapping[str, Damage] = {
    # cells
    "a cell is emptied": _cell(_EMPTIED, _one_of("")),
    "a cell is spaces that do not break": _cell(_SPACED, _one_of("\u00a0")),
    "a cell is something else": _cell(_REPLACED, _one_of("?", "#N/A", "null", "#####")),
    "a code is another word": _cell(("code", "benefit", "event", "week_code"), _one_of("Borgerløn", "999x", "FALSK")),
    "a number in the column of another": _cell(_TIMES, _one_of("6101701234", "43891", "2020")),
    "the minus stands behind": _cell(_NUMBERS, _negative("{}-")),
    "a minus of Unicode": _cell(_NUMBERS, _negative("\u2212{}")),
    "brackets for a minus": _cell(_NUMBERS, _negative("({})")),
    "the minus of the hours is lost": _cell(("paid_hours",), _negative("{}")),
    "a decimal point": _cell(_NUMBERS, lambda _, text: text.replace(",", ".")),
    "a third decimal": _cell(_NUMBERS, lambda _, text: f"{text}0"),
    "a third decimal after a point": _cell(_NUMBERS, lambda _, text: f"{text}0".replace(",", ".")),
    "a unit behind a number": _cell(_NUMBERS, lambda _, text: f"{text} kr."),
    "a day by which systems say none": _cell(("from_day", "on"), _one_of(*_NO_DAYS)),
    "an end by which systems say none": _cell(("to_day",), _one_of("0001-01-01", "1753-01-01", "1900-01-01T00:00:00")),
    "a digit more in a day": _cell(_DAYS, lambda draw, text: f"{text}{draw.randrange(10)}"),
    "a day written in Danish": _cell(_DAYS, lambda _, text: "-".join(reversed(text.split("-")))),
    "a day as the instant of its midnight": _cell(_DAYS, lambda _, text: _as_instant(text)),
    "the first digit of a number is lost": _cell(("cpr",), lambda _, text: text[1:]),
    "a number that nobody has": _cell(("cpr",), _one_of("6101800000", "9902801234", "1" * 10)),
    "whose it is, and when": _cell(("cpr",), _one_of("", "x", "101801234"), more="week"),
    "whose it is, and what it takes back": _cell(("cpr",), _one_of("", "610180123"), more="paid_hours"),
    # rows
    "a row is shifted": _row(_shift),
    "a field is missing": _row(_without_field),
    "a field too many": _row(lambda draw, row: [*row, "1"]),
    "a quote is opened": _row(lambda draw, row: [f'"{row[0]}', *row[1:]]),
    "every row comes twice": _rows_twice,
    "rows of nothing": _empty_rows,
    "a row of totals": _total,
    "an empty line at the end": lambda draw, table: replace(table, tail="\n"),
    # header
    "a column is called otherwise": _header(_rename),
    "a column stands twice": _header(_double),
    "the header again": _header_again,
    "the file holds itself twice": _twice,
    "no header": lambda draw, table: replace(table, header=table.rows[0], rows=table.rows[1:]),
    # encoding
    "UTF-16": lambda draw, table: replace(table, encoding=draw.choice(["utf-16", "utf-16-le", "utf-16-be"])),
    "ISO-8859-1": lambda draw, table: replace(table, encoding="iso-8859-1"),
    "a mark before": lambda draw, table: replace(table, encoding="utf-8-sig"),
    "a byte that is none": _bad_byte,
    "a byte of zeros": _cell(("cpr", *_TIMES, "code", "benefit"), lambda draw, text: f"{text}\0"),
    "cut off": lambda draw, table: replace(table, cut_bytes=draw.randrange(1, 12)),
    # order
    "rows in another order": lambda draw, table: replace(table, rows=tuple(draw.sample(table.rows, len(table.rows)))),
    "columns in another order": _reorder_columns,
}  # fmt: skip
