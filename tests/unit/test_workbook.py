"""An old workbook is read for a few cells, and everything that makes them doubtful is refused.

Whatever is refused, the error names a sheet or a cell and never what stands in it.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from gateway.errors.adoption import WorkbookRefused
from gateway.evaluation import workbook
from gateway.evaluation.shadow_map import Counts, Reads, load_map
from tests.support.histories import EXAMPLES, example_contract
from vocabulary.errors import DeclarationInvalid

CPR = "6101701234"  # day + 60: nobody's number
LABELS = {"1. halvår 2019": "2019H1", "2019H2": "2019H2"}


def book(*rows: list[object], also: list[object] | None = None) -> bytes:
    made = Workbook()
    made.active.title = "Afregning"
    made.active.append(["Periode", "Uger", "Beløb"])
    for row in rows:
        made.active.append(row)
    made.create_sheet("Borgere").append(also or [CPR])
    data = BytesIO()
    made.save(data)
    return data.getvalue()


GOOD = book(["1. halvår 2019", 40, 60000.5], ["noget andet", CPR, CPR], ["2019H2", 41, 1.005])


def read(data: bytes, *, sheet: str = "Afregning") -> dict[str, dict[str, Decimal]]:
    return workbook.rows(data, file="old.xlsx", sheet=sheet, label_column="A", columns=["B", "C"], labels=LABELS).cells


def changed(data: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The workbook with its parts changed."""
    with ZipFile(BytesIO(data)) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    change(parts)
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def in_sheet(old: bytes, new: bytes) -> Callable[[dict[str, bytes]], None]:
    def change(parts: dict[str, bytes]) -> None:
        name = "xl/worksheets/sheet1.xml"
        assert old in parts[name]
        parts[name] = parts[name].replace(old, new, 1)

    return change


def test_the_asked_cells_are_read_and_no_others():
    assert read(GOOD) == {
        "2019H1": {"B": Decimal(40), "C": Decimal("60000.5")},
        "2019H2": {"B": Decimal(41), "C": Decimal("1.005")},
    }


ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
HOSTILE = {
    "no workbook": b"Periode;Uger\r\n",
    "cut off": GOOD[: len(GOOD) // 2],
    "empty": b"",
    "macros": changed(GOOD, lambda parts: parts.update({"xl/vbaProject.bin": b"Sub Auto_Open()"})),
    "a link to another workbook": changed(
        GOOD, lambda parts: parts.update({"xl/externalLinks/externalLink1.xml": b"<x/>"})
    ),
    "a database connection": changed(GOOD, lambda parts: parts.update({"xl/connections.xml": b"<x/>"})),
    "an embedded file": changed(GOOD, lambda parts: parts.update({"xl/embeddings/oleObject1.bin": b"MZ"})),
    "entities": changed(GOOD, lambda parts: parts.update({"xl/worksheets/sheet1.xml": ENTITIES + b"<x>&b;</x>"})),
    "entities in UTF-16": changed(
        GOOD, lambda parts: parts.update({"xl/styles.xml": "<!DOCTYPE x []><x/>".encode("utf-16")})
    ),
    "a sheet that is no XML": changed(GOOD, lambda parts: parts.update({"xl/worksheets/sheet1.xml": b"<<<"})),
    "many parts": changed(GOOD, lambda parts: parts.update({f"x/{n}": b"" for n in range(2_000)})),
    "a formula that was never calculated": book(["1. halvår 2019", "=SUM(B3:B9)", 1]),
    "an empty cell": book(["1. halvår 2019", None, 1]),
    "a text": book(["1. halvår 2019", CPR, 1]),
    "true": book(["1. halvår 2019", True, 1]),
    "an error": book(["1. halvår 2019", "#REF!", 1]),
    "no number": changed(GOOD, in_sheet(b"<v>40</v>", b"<v>NaN</v>")),
    "no end": changed(GOOD, in_sheet(b"<v>40</v>", b"<v>1e999</v>")),
    "more digits than a spreadsheet keeps": book(["1. halvår 2019", 10**15, 1]),
    "a window twice": book(["1. halvår 2019", 1, 1], ["1. halvår 2019", 2, 2]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_doubtful_is_refused(name: str):
    with pytest.raises(WorkbookRefused) as refused:
        read(HOSTILE[name])
    assert CPR not in str(refused.value)
    assert "nothing was compared" in str(refused.value)


def test_another_sheet_is_refused():
    with pytest.raises(WorkbookRefused, match="no sheet"):
        read(GOOD, sheet="Anden")


def test_a_small_file_that_unpacks_to_a_large_one_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch):
    bomb = changed(GOOD, lambda parts: parts.update({"xl/worksheets/sheet9.xml": b"\0" * (3 << 20)}))
    assert len(bomb) < 1 << 20
    monkeypatch.setattr(ZipFile, "open", lambda *_: pytest.fail("a part was unpacked"))
    with pytest.raises(WorkbookRefused, match="unpacks to more than 250 times its size"):
        read(bomb)


def test_a_formula_without_a_value_is_of_no_matter_where_nobody_asks_for_it():
    """Old workbooks are full of formulas; a source's export is none of those (`connectors.workbook`)."""
    assert read(book(["1. halvår 2019", 40, 1, '=IF(B2>0,"",1)']))["2019H1"]["B"] == Decimal(40)


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workbook, "MOST_BYTES", 100)
    with pytest.raises(WorkbookRefused, match="larger"):
        read(GOOD)


CONTRACT = example_contract("impact60")
MAP = (EXAMPLES / "adoption" / "impact60.map.toml").read_text(encoding="utf-8")


def test_the_example_map_fits_the_example_contract():
    found = load_map(MAP.encode(), CONTRACT, file="map.toml")
    assert [(one.column, one.reads, one.counts) for one in found.figures] == [
        ("B", Reads.QUANTITY, Counts.WINDOW),
        ("C", Reads.MEASURE, Counts.CUMULATIVE),
        ("D", Reads.AMOUNT, Counts.WINDOW),
    ]
    assert found.labels["1. halvår 2019"] == "2019H1"
    assert found.labels["2020H1"] == "2020H1"
    assert "2019H1" not in found.labels


WRONG_MAPS = [
    ('schema = "shadow-map/1"', 'schema = "shadow-map/2"', "schema"),
    ('contract = "impact60"', 'contract = "ballerup"', "contract"),
    ('label_column = "A"', 'label_column = "a1"', "label_column"),
    ('label_column = "A"', 'label_column = "B"', "label_column"),
    ('column = "C"', 'column = "B"', "figures"),
    ('column = "C"', 'column = "ZZ"', "column"),
    ('reads = "measure"', 'reads = "people"', "reads"),
    ('of = "self_support_full_or_partial"', 'of = "cpr"', "of"),
    ('counts = "window" # window', 'counts = "each" # window', "counts"),
    ('unit = "whole"', 'unit = "dollar"', "unit"),
    ('2018H2 = "4. kvartal 2018"', '2017H2 = "4. kvartal 2018"', "2017H2"),
    ('2018H2 = "4. kvartal 2018"', '2018H2 = "1. halvår 2019"', "labels"),
    ('sheet = "Afregning"', 'sheet = "Afregning"\nrow = 3', "row"),
]


@pytest.mark.parametrize(("old", "new", "key"), WRONG_MAPS)
def test_a_map_that_does_not_fit_is_refused(old: str, new: str, key: str):
    assert old in MAP
    with pytest.raises(DeclarationInvalid, match=key):
        load_map(MAP.replace(old, new, 1).encode(), CONTRACT, file="map.toml")
