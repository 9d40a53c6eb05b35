"""A workbook gives the texts that a CSV would, and what no plain export holds is refused before it is opened."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from connectors.errors import ConnectorError, FileUnreadable, HeaderMismatch
from connectors.source_file import LocalFile
from connectors.workbook import workbook_rows
from tests.unit.connectors.cohort import ANNE

SHEET = "xl/worksheets/sheet1.xml"


def saved(path: Path, *rows: list[Any]) -> Path:
    """A workbook as openpyxl writes it, with texts in their cells."""
    book = openpyxl.Workbook()
    book.active.title = "Udtræk"
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def shared(path: Path, *rows: list[Any]) -> Path:
    """A workbook as spreadsheets write it, with texts in a part of their own."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Udtræk")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


def rewritten(path: Path, change: Callable[[dict[str, bytes]], object], *, stored: bool = False) -> Path:
    """The workbook with its parts changed: `change` gets name -> bytes."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def rows(path: Path, sheet: str = "Udtræk") -> list[list[str]]:
    return list(workbook_rows(LocalFile(path), sheet))


def test_numbers_days_and_texts_become_what_a_csv_would_say(tmp_path: Path):
    given = [
        (ANNE, ANNE),
        (37, "37"),
        (-12.5, "-12.5"),
        (0.1, "0.1"),
        (1e21, "1000000000000000000000"),
        (1e-7, "0.0000001"),
        (123456789012.34, "123456789012.34"),
        (37.0, "37"),
        (date(2020, 3, 1), "2020-03-01"),
        (datetime.fromisoformat("2020-03-01 12:30"), "2020-03-01T12:30:00"),
        (time(8, 15), "08:15:00"),
        (True, "true"),
        (" Ærø ", "Ærø"),
        ("0101", "0101"),
        ("#N/A", "#N/A"),
    ]
    path = saved(tmp_path / "x.xlsx", [f"k{n}" for n in range(len(given))], [value for value, _ in given])
    assert rows(path)[1] == [text for _, text in given]


def test_short_and_empty_rows_are_as_long_as_the_header(tmp_path: Path):
    path = saved(tmp_path / "x.xlsx", ["a", "b", None], [1], [None, None], [None, 2])
    assert rows(path) == [["a", "b"], ["1", ""], ["", ""], ["", "2"]]


def test_the_sheet_is_the_one_that_is_declared(tmp_path: Path):
    path = saved(tmp_path / "x.xlsx", ["a"])
    with pytest.raises(HeaderMismatch, match="the sheet 'Andet' is missing"):
        rows(path, "Andet")
    with pytest.raises(HeaderMismatch, match="the sheet 'Udtræk' is missing"):
        rows(rewritten(path, lambda parts: parts.pop(SHEET)))


def test_a_duration_is_no_value_that_we_know(tmp_path: Path):
    with pytest.raises(FileUnreadable, match="line 2: has a value that is no text, number or day"):
        rows(saved(tmp_path / "x.xlsx", ["a"], [timedelta(hours=30)]))


def with_formula(value: str) -> Callable[[dict[str, bytes]], object]:
    def change(parts: dict[str, bytes]) -> None:
        cell = f'<c r="A2"><f>1+1</f>{value}</c>'.encode()
        start = parts[SHEET].index(b'<c r="A2"')
        end = parts[SHEET].index(b"</c>", start) + 4
        parts[SHEET] = parts[SHEET][:start] + cell + parts[SHEET][end:]

    return change


def test_a_formula_counts_by_the_value_that_was_computed_when_it_was_saved(tmp_path: Path):
    path = rewritten(saved(tmp_path / "x.xlsx", ["a", "b"], [7, 8]), with_formula("<v>2</v>"))
    assert rows(path) == [["a", "b"], ["2", "8"]]


@pytest.mark.parametrize("value", ["", "<v/>"])
def test_a_formula_without_a_value_is_refused(tmp_path: Path, value: str):
    path = rewritten(saved(tmp_path / "x.xlsx", ["a", "b"], [7, 8]), with_formula(value))
    with pytest.raises(FileUnreadable, match="line 2: has a formula without a value in column 1"):
        rows(path)


def put(name: str, data: bytes = b"<x/>") -> Callable[[dict[str, bytes]], object]:
    return lambda parts: parts.__setitem__(name, data)


def before(text: bytes, name: str = SHEET) -> Callable[[dict[str, bytes]], object]:
    def change(parts: dict[str, bytes]) -> None:
        parts[name] = text + parts[name]

    return change


def utf16(parts: dict[str, bytes]) -> None:
    parts[SHEET] = parts[SHEET].decode().encode("utf-16")


def ebcdic(parts: dict[str, bytes]) -> None:
    """A code page in which `<!DOCTYPE` has other bytes; the parser of the standard library would read it."""
    text = '<?xml version="1.0" encoding="cp037"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
    parts[SHEET] = text.encode("cp037")


def sheet(rows: str) -> bytes:
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f"<worksheet xmlns='{namespace}'><sheetData>{rows}</sheetData></worksheet>".encode()


LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
DECEITS: dict[str, tuple[Callable[[dict[str, bytes]], object], str]] = {
    "macros": (put("xl/vbaProject.bin"), "holds macros"),
    "macro sheet": (put("xl/macrosheets/sheet1.xml"), "holds macros"),
    "external link": (put("xl/externalLinks/externalLink1.xml"), "links to other workbooks"),
    "connection": (put("xl/connections.xml"), "connections to other data"),
    "query": (put("xl/queryTables/queryTable1.xml"), "connections to other data"),
    "embedded": (put("xl/embeddings/oleObject1.bin"), "embedded objects"),
    "path": (put("../../etc/passwd"), "names outside it"),
    "root": (put("/etc/passwd"), "names outside it"),
    "entities": (before(LAUGHS), "XML with entities"),
    "entities in strings": (before(LAUGHS, "xl/sharedStrings.xml"), "XML with entities"),
    "entities in relations": (before(LAUGHS, "_rels/.rels"), "XML with entities"),
    "UTF-16": (utf16, "another encoding"),
    "EBCDIC": (ebcdic, "another encoding"),
    "declared encoding": (put("xl/theme/theme1.xml", b"<?xml encoding='UTF-7'?><x/>"), "another encoding"),
    "bomb": (put("xl/media/x.bin", bytes(8 << 20)), "unpacks to more than 250 times its size"),
    "no workbook": (lambda parts: parts.pop("xl/workbook.xml"), "is no workbook"),
    "broken XML": (put(SHEET, b"<worksheet><sheetData><row>"), "is no workbook that can be read"),
    "wrong number": (put(SHEET, sheet(f"<row r='1'><c r='A1'><v>{ANNE}x</v></c></row>")), "is no workbook that can be"),
    "row far away": (
        put(SHEET, sheet("<row r='1'><c r='A1'><v>1</v></c></row><row r='99999999999'><c><v>1</v></c></row>")),
        "has a sheet of more than",
    ),
    "wide": (put(SHEET, sheet("<row r='1'><c r='XFD1'><v>1</v></c></row>")), "has a sheet of more than"),
}


@pytest.mark.parametrize("deceit", DECEITS)
def test_what_no_plain_export_holds_is_refused(tmp_path: Path, deceit: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("connectors.workbook._MOST_ROWS", 1000)
    change, reason = DECEITS[deceit]
    path = shared(tmp_path / "x.xlsx", ["a", "b"], [ANNE, 8])
    assert rows(path) == [["a", "b"], [ANNE, "8"]]  # positive control
    with pytest.raises(FileUnreadable, match=reason) as refused:
        rows(rewritten(path, change))
    shown: BaseException | None = refused.value
    while shown is not None:  # nor does what came before it, suppressed or not
        assert ANNE not in f"{shown} {shown!r} {vars(shown)}"
        shown = shown.__cause__ or shown.__context__


def test_a_size_that_a_part_lies_about_is_not_believed(tmp_path: Path):
    """The archive says 100 bytes where there are eight million: only 100 are unpacked, which do not add up."""
    path = rewritten(saved(tmp_path / "x.xlsx", ["a"]), put("xl/extra.xml", b"<x>" + b" " * (8 << 20) + b"</x>"))
    data = bytearray(path.read_bytes())
    central = data.rindex(b"xl/extra.xml") - 46
    assert data[central : central + 4] == b"PK\x01\x02"
    data[central + 24 : central + 28] = struct.pack("<I", 100)
    path.write_bytes(bytes(data))
    with pytest.raises(FileUnreadable, match="does not unpack"):
        rows(path)


def test_a_part_that_stands_twice_is_refused(tmp_path: Path):
    path = saved(tmp_path / "x.xlsx", ["a"])
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr(SHEET, b"<worksheet/>")
    with pytest.raises(FileUnreadable, match="doubled names"):
        rows(path)


@pytest.mark.parametrize("content", [b"", b"a;b\n1;2\n", b"PK\x03\x04 and nothing", bytes.fromhex("d0cf11e0a1b11ae1")])
def test_what_is_no_archive_is_no_workbook(tmp_path: Path, content: bytes):
    (tmp_path / "x.xlsx").write_bytes(content)
    with pytest.raises(FileUnreadable, match=r"is no workbook \(XLSX\)"):
        rows(tmp_path / "x.xlsx")


def test_an_encrypted_archive_is_refused(tmp_path: Path):
    path = saved(tmp_path / "x.xlsx", ["a"])
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(FileUnreadable, match="is encrypted"):
        rows(path)


def test_too_many_shared_strings_or_parts_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = shared(tmp_path / "x.xlsx", ["a"])
    monkeypatch.setattr("connectors.workbook._MOST_SHARED_BYTES", 10)
    with pytest.raises(FileUnreadable, match="more than 10 bytes of texts"):
        rows(path)
    monkeypatch.setattr("connectors.workbook._MOST_PARTS", 3)
    with pytest.raises(FileUnreadable, match="more than 3 parts"):
        rows(path)


def test_any_bytes_end_in_rows_or_in_one_of_our_errors(tmp_path: Path):
    """Every sixtieth byte of a workbook turned round: no other exception comes out."""
    whole = saved(tmp_path / "x.xlsx", ["a", "b"], [1, "x"]).read_bytes()
    ends = set()
    for place in range(0, len(whole), 60):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        (tmp_path / "y.xlsx").write_bytes(bytes(broken))
        try:
            rows(tmp_path / "y.xlsx")
            ends.add("rows")
        except ConnectorError as error:
            ends.add(error.code)
    assert {"file-unreadable"} <= ends <= {"rows", "file-unreadable", "header-mismatch"}


def test_the_file_is_read_where_it_is_and_no_copy_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A file over SFTP is a stream: the reader needs no path."""

    class Remote:
        name = "x.xlsx"
        data = saved(tmp_path / "x.xlsx", ["a"], [1]).read_bytes()
        size = len(data)

        def open(self) -> io.BytesIO:
            return io.BytesIO(self.data)

    (tmp_path / "x.xlsx").unlink()
    monkeypatch.setattr("tempfile.mkstemp", None)
    monkeypatch.setattr("tempfile.NamedTemporaryFile", None)
    assert list(workbook_rows(Remote(), "Udtræk")) == [["a"], ["1"]]


@pytest.mark.parametrize(
    ("merged", "is_refused"),
    [("C2:C3", True), ("A2:B2", True), ("A1:A2", True), ("A1:B3", True), ("A1:B1", False), ("", False)],
)
def test_cells_that_are_merged_below_the_header_refuse_the_sheet(tmp_path: Path, merged: str, is_refused: bool):
    """Of merged cells only the first has a value: a last day of two people would be the first one's alone."""
    book = openpyxl.Workbook()
    book.active.title = "Udtræk"
    for row in (["CPR", "Kode", "Til"], [ANNE, "651", "2020-03-15"], [ANNE, "651", "2020-04-15"]):
        book.active.append(row)
    front = book.create_sheet("Forside")
    front.merge_cells("A5:C9")  # of a sheet that nobody reads
    if merged:
        book.active.merge_cells(merged)
    book.save(tmp_path / "x.xlsx")
    if is_refused:
        with pytest.raises(FileUnreadable, match="merged cells below its header"):
            rows(tmp_path / "x.xlsx")
    else:
        assert len(rows(tmp_path / "x.xlsx")) == 3
