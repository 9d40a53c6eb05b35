"""The table of docs/sources/cells.md: every example, out of every kind of source, is read as the page says."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from connectors import cells
from connectors.boundary import parse
from connectors.errors import RejectReason
from connectors.file_form import FileForm
from connectors.reading import read_rows
from connectors.record_file import record_pages
from connectors.schema import Schema
from connectors.source_file import LocalFile
from connectors.transport import Record
from connectors.transports import xml
from connectors.transports.json_answer import Layout, parse_json
from keys.cpr import Cpr
from tests.unit.connectors.cohort import ANNE, declared
from tests.unit.connectors.sftp_town import served
from tests.unit.connectors.transports.test_sql import ASK, opened
from tests.unit.connectors.transports.test_sql import said as sql_settings

PAGE = Path(__file__).parents[2] / "docs" / "sources" / "cells.md"
_EMPTY = "an empty cell"
_EXAMPLE = re.compile(rf"(?:`([^`]*)`|({_EMPTY}))(?: → `([^`]*)`)?")
Reader = Callable[[str], object]


def _table() -> dict[str, tuple[list[tuple[str, str]], list[str]]]:
    """Kind of cell -> what is read as what, and what is not certain."""
    text = PAGE.read_text("utf-8")
    rows = text[text.index("| kind of cell |") :].split("\n\n")[0].splitlines()[2:]
    found = {}
    for row in rows:
        kind, is_read, is_not, does = (part.strip() for part in row.strip("|").split("|"))
        assert does, kind
        certain = [(_cell(one, empty), value) for one, empty, value in _EXAMPLE.findall(is_read)]
        found[kind] = certain, [_cell(one, empty) for one, empty, _ in _EXAMPLE.findall(is_not)]
        assert len(certain) == is_read.count("→"), kind
    return found


def _cell(text: str, empty: str) -> str:
    return "" if empty else text.replace("␣", "\u00a0")


def _hundredths(value: object) -> object:
    if not isinstance(value, int):
        return value
    return f"{'-' * (value < 0)}{abs(value) // 100},{abs(value) % 100:02d}"


def _last_day(text: str) -> object:
    day = cells.read_last_day(text)
    return "no end" if day is None else day


def _instant(text: str) -> object:
    instant = cells.read_instant(text)
    return instant.isoformat() if isinstance(instant, datetime) else instant


def _flag(text: str) -> object:
    flag = cells.read_flag(text)
    return flag if isinstance(flag, RejectReason) else "yes" if flag else "no"


def _cpr(text: str) -> object:
    cpr = parse(text)
    return cpr.digits if isinstance(cpr, Cpr) else cpr


READERS: dict[str, Reader] = {
    "hours": lambda text: _hundredths(cells.read_hours(text)),
    "amount": lambda text: _hundredths(cells.read_amount(text)),
    "income type": cells.read_income_type,
    "month": cells.read_month,
    "week": cells.read_week,
    "day": cells.read_day,
    "last day": _last_day,
    "instant": _instant,
    "flag": _flag,
    "code": cells.read_code,
    "reference": cells.read_reference,
    "CPR number": _cpr,
}
TABLE = _table()


def _lines(texts: Sequence[str]) -> list[str]:
    """A table of two columns: a word, so that no row is empty, and the text, quoted."""
    return ["nr;celle", *(f'r{number};"{text}"' for number, text in enumerate(texts))]


def _second(records: Iterator[Record]) -> list[str]:
    return [record[1] for record in records]


SCHEMA = Schema(("nr", "celle"))


def through_csv(texts: Sequence[str], folder: Path) -> list[str]:
    (folder / "x.csv").write_text("\n".join(_lines(texts)) + "\n", "utf-8")
    pages = record_pages(LocalFile(folder / "x.csv"), FileForm("*.csv", ";"), SCHEMA)
    return _second(record for page in pages for record in page.records)


def through_a_csv_of_months(texts: Sequence[str], folder: Path) -> list[str]:
    """As Ydelsesrefusion and income are read, here in ISO-8859-1 where it can be written so."""
    text = "\n".join(_lines(texts)) + "\n"
    try:
        content = text.encode("iso-8859-1")
    except UnicodeEncodeError:
        content = text.encode("utf-8-sig")
    rows = read_rows(content, file="x.csv", delimiter=";", columns=("nr", "celle"), rejected=Counter())
    return _second(row.fields for row in rows)


def through_a_workbook(texts: Sequence[str], folder: Path) -> list[str]:
    book = openpyxl.Workbook()
    book.active.append(["nr", "celle"])
    for number, text in enumerate(texts):
        book.active.append([number, text])
    book.save(folder / "x.xlsx")
    form = FileForm("*.xlsx", format="xlsx", sheet=book.active.title)
    pages = record_pages(LocalFile(folder / "x.xlsx"), form, SCHEMA)
    return _second(record for page in pages for record in page.records)


def through_rest(texts: Sequence[str], folder: Path) -> list[str]:
    rows = [{"nr": str(number), "celle": text or None} for number, text in enumerate(texts)]
    layout = Layout(
        Schema(("rows[*].nr", "rows[*].celle")), records="rows[*]", types={}, optional=["rows[*].celle"], own=[]
    )
    answer = parse_json(json.dumps({"rows": rows}).encode(), source="s")
    return _second(iter(layout.records(answer, source="s")))


def through_sql(texts: Sequence[str], folder: Path) -> list[str]:
    with sqlite3.connect(folder / "x.sqlite") as database:
        database.execute("CREATE TABLE x (nr TEXT, celle TEXT)")
        database.executemany("INSERT INTO x VALUES (?, ?)", [(str(n), text or None) for n, text in enumerate(texts)])
    database.close()
    url = f"sqlite:///{folder / 'x.sqlite'}"
    statement = "SELECT nr, celle FROM x"
    settings = sql_settings(url, statement=statement, types={}, optional=("celle",))
    return _second(record for page in opened(settings, url).pages(ASK) for record in page.records)


def through_soap(texts: Sequence[str], folder: Path) -> list[str]:
    root = xml.element("{urn:x}rows", *(xml.element("{urn:x}celle", text) for text in texts))
    answer = xml.read(xml.xml_bytes(root), source="s")
    holders = [xml.element("{urn:x}row", child) for child in answer]
    return [xml.text_of(holder, "{urn:x}celle", source="s") for holder in holders]


def through_sftp(texts: Sequence[str], folder: Path) -> list[str]:
    with served(folder) as town:
        rows = [f'{ANNE};"{text}";2020-01-06;;{number}' for number, text in enumerate(texts)]
        (town.folder / "x-1.csv").write_text("\n".join(["CPR;Kode;Fra;Til;Navn", *rows]) + "\n", "utf-8")
        place = list(declared("sager").columns).index("code")
        return [record[place] for record in town.records()]


THROUGH: dict[str, Callable[[Sequence[str], Path], list[str]]] = {
    "csv": through_csv,
    "csv of months": through_a_csv_of_months,
    "xlsx": through_a_workbook,
    "rest": through_rest,
    "sql": through_sql,
    "soap": through_soap,
    "sftp": through_sftp,
}


def test_the_page_speaks_of_every_kind_of_cell() -> None:
    assert TABLE.keys() == READERS.keys()
    readers = {name for name in vars(cells) if name.startswith("read_")}
    assert len(readers - {"read_number"}) == len(READERS) - 1, "the boundary reads CPR numbers, cells all others"


@pytest.mark.parametrize("source", THROUGH)
def test_every_source_reads_a_cell_as_the_page_says(source: str, tmp_path: Path) -> None:
    expected = [(kind, text, value) for kind, (certain, _) in TABLE.items() for text, value in certain]
    expected += [(kind, text, "") for kind, (_, uncertain) in TABLE.items() for text in uncertain]
    arrived = THROUGH[source]([text for _, text, _ in expected], tmp_path)
    assert len(arrived) == len(expected)
    for (kind, text, value), cell in zip(expected, arrived, strict=True):
        found = READERS[kind](cell)
        assert isinstance(found, RejectReason) == (not value), (kind, text)
        assert not value or str(found) == value, (kind, text)


TYPED = [
    (3123.45, "amount", "3123,45"),
    (-160, "hours", "-160,00"),
    (160.5, "hours", "160,50"),
    (1.234, "amount", ""),  # the same rule as for a text: not certain
    (date(2020, 3, 2), "day", "2020-03-02"),
    (datetime.fromisoformat("2020-03-01T23:00:00"), "day", "2020-03-01"),
    (date(1900, 1, 1), "day", ""),
    (True, "flag", "yes"),
    (False, "flag", "no"),
    (1, "flag", "yes"),
]


@pytest.mark.parametrize(("value", "kind", "expected"), TYPED)
def test_what_a_workbook_has_as_a_number_or_a_day_is_read_by_the_same_rule(
    value: object, kind: str, expected: str, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    for row in (["nr", "celle"], ["r1", value]):
        book.active.append(row)
    book.save(tmp_path / "x.xlsx")
    form = FileForm("*.xlsx", format="xlsx", sheet=book.active.title)
    [cell] = _second(r for page in record_pages(LocalFile(tmp_path / "x.xlsx"), form, SCHEMA) for r in page.records)
    found = READERS[kind](cell)
    assert (not isinstance(found, RejectReason) and str(found)) == (expected or False)
