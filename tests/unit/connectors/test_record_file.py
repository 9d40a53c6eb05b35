"""Records from a CSV or a workbook: the frozen schema, and rows of which not one may be lost."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from connectors.errors import (
    ConnectorError,
    FileNameMismatch,
    FileTruncated,
    FileUnreadable,
    HeaderMismatch,
    SchemaChanged,
    SourceMalformed,
    SourceUnavailable,
)
from connectors.file_form import Arrival, FileForm
from connectors.record_file import header_of, record_pages
from connectors.schema import Schema
from connectors.source_file import LocalFile
from connectors.transport import Ask, ListTransport, PutsAway, Record
from connectors.transports.file import FileSettings, NamedRecords, connect
from tests.support.clocks import Waiting
from tests.unit.connectors.cohort import ANNE, BO, WEEKS
from tests.unit.connectors.test_workbook import saved

ASK = Ask(WEEKS[0].monday, WEEKS[1].sunday)
CSV = FileForm("x*.csv", ";")
XLSX = FileForm("x*.xlsx", format="xlsx", sheet="Udtræk")
SCHEMA = Schema(("cpr", "kode", "fra"), ("navn",), ("note_*",))


class NoSecrets:
    def text(self, name: str) -> str:
        raise AssertionError(name)

    path = text


def read(path: Path, form: FileForm = CSV, schema: Schema = SCHEMA) -> list[Record]:
    return [record for page in record_pages(LocalFile(path), form, schema) for record in page.records]


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_declared_columns_come_in_their_order_and_nothing_else(tmp_path: Path, encoding: str, end: str):
    text = end.join(["fra;navn;cpr;note_1;kode", f'2020-01-01;Ærø;{ANNE};x;"sø;ge ""dp"""', ""])
    assert read(written(tmp_path / "x.csv", text, encoding)) == [(ANNE, 'sø;ge "dp"', "2020-01-01")]


def test_a_workbook_gives_the_same_records(tmp_path: Path):
    path = saved(tmp_path / "x.xlsx", ["fra", "navn", "cpr", "kode"], ["2020-01-01", "Bo", ANNE, 7], [None] * 4)
    assert read(path, XLSX) == [(ANNE, "7", "2020-01-01")]


def test_empty_lines_are_of_nobody(tmp_path: Path):
    assert read(written(tmp_path / "x.csv", f"cpr;kode;fra\n\n;;\n{BO};1;\n")) == [(BO, "1", "")]


def test_pages_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("connectors.record_file._PAGE_RECORDS", 2)
    path = written(tmp_path / "x.csv", "cpr;kode;fra\n" + f"{BO};1;\n" * 5)
    assert [len(page.records) for page in record_pages(LocalFile(path), CSV, SCHEMA)] == [2, 2, 1]


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("cpr;kode\n1;2\n", HeaderMismatch, "'fra': is missing"),
        ("cpr;kode;fra;kode\n1;2;3;4\n", HeaderMismatch, "'kode': stands twice"),
        ("cpr;kode;fra;Nyt felt\n1;2;3;4\n", SchemaChanged, "column that the declaration does not name: 4 'Nyt felt'"),
        ("cpr;kode;fra;Nyt;Gammelt\n1;2;3;4;5\n", SchemaChanged, "columns .*: 4 'Nyt', 5 'Gammelt'"),
        ("cpr;kode;fra;\n1;2;3;4\n", SchemaChanged, "does not name: 4;"),
        (f"cpr;kode;fra;{ANNE}\n1;2;3;4\n", SchemaChanged, "does not name: 4;"),
        (f"cpr;kode;fra;Anne;{ANNE}\n1;2;3;4;5\n", SchemaChanged, "does not name: 4, 5;"),
        (f"cpr;kode;fra;{'a' * 61}\n1;2;3;4\n", SchemaChanged, "does not name: 4;"),
        (f"cpr;kode;fra\n{ANNE};1\n", SourceMalformed, "row 2 has 2 fields, the header has 3"),
        (f"cpr;kode;fra\n{ANNE};1;2;{BO}\n", SourceMalformed, "row 2 has 4 fields, the header has 3"),
        (f'cpr;kode;fra\n{ANNE};"1;2\n{BO};1;2\n', SourceMalformed, "is no row"),
        (f'cpr;kode;fra\n{ANNE};"1"{BO};2\n', SourceMalformed, "is no row"),
        (f"cpr;kode;fra\n{ANNE};{'a' * 200_000};2\n", SourceMalformed, "is no row"),
        (f"cpr;kode;fra\n{ANNE};\0;2\n", SourceMalformed, "line 2 holds a NUL byte"),
        (f"cpr;kode;fra\n{ANNE};1;2", FileTruncated, "line 2"),
        ("", HeaderMismatch, "is missing"),
        ("PK\x03\x04", FileUnreadable, "a zip archive"),
    ],
)
def test_a_file_of_another_form_gives_nothing_and_tells_no_cell(
    tmp_path: Path, text: str, error: type[ConnectorError], said: str
):
    with pytest.raises(error, match=said) as refused:
        read(written(tmp_path / "x.csv", text))
    assert type(refused.value) is error
    for number in (ANNE, BO):
        assert number not in f"{refused.value} {refused.value!r} {vars(refused.value)} {refused.value.__context__!r}"


def test_a_line_without_an_end_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("connectors.record_file._LINE_BYTES", 50)
    with pytest.raises(SourceMalformed, match="line 2 has no end"):
        read(written(tmp_path / "x.csv", "cpr;kode;fra\n" + "a" * 60 + "\n"))


def test_utf_16_is_no_text_here(tmp_path: Path):
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        with pytest.raises(FileUnreadable, match="has several bytes a character"):
            read(written(tmp_path / "x.csv", f"cpr;kode;fra\n{ANNE};1;2\n", encoding))


def test_the_name_must_follow_the_pattern(tmp_path: Path):
    with pytest.raises(FileNameMismatch):
        read(written(tmp_path / "y.csv", "cpr;kode;fra\n"))


def write_exports(folder: Path) -> list[Path]:
    return [written(folder / f"x-{n}.csv", f"cpr;kode;fra\n{BO};{n};\n") for n in (1, 2)]


@pytest.mark.parametrize(("reads", "codes"), [("newest", ["2"]), ("all", ["1", "2"])])
def test_a_folder_of_exports_is_put_away_once_its_records_are_stored(tmp_path: Path, reads: str, codes: list[str]):
    write_exports(tmp_path)
    settings = FileSettings(CSV, Arrival(str(tmp_path), has_manifest=False, quiet_seconds=1, reads=reads))
    with closing(connect(settings, SCHEMA, NoSecrets(), Waiting().clock)) as transport:
        assert isinstance(transport, ListTransport)
        assert isinstance(transport, PutsAway)
        assert [record[1] for page in transport.pages(ASK) for record in page.records] == codes
        assert not (tmp_path / "done" / "x-2.csv").exists()  # whoever dies now reads it once more
        transport.finish(transport.digests)
    assert sorted(path.name for path in (tmp_path / "done").iterdir()) == ["x-1.csv", "x-2.csv"]
    again = connect(settings, SCHEMA, NoSecrets(), Waiting().clock)
    with closing(again), pytest.raises(SourceUnavailable, match="no whole file lies there"):
        list(again.pages(ASK))


def test_files_that_are_named_are_read_in_their_order(tmp_path: Path):
    transport = NamedRecords([LocalFile(path) for path in write_exports(tmp_path)], CSV, SCHEMA, newest=True)
    assert isinstance(transport, ListTransport)
    assert [record[1] for page in transport.pages(ASK) for record in page.records] == ["1", "2"]
    transport.close()


def test_the_header_can_be_looked_at_alone(tmp_path: Path):
    assert header_of(LocalFile(written(tmp_path / "x.csv", "a;b\n1;2\n")), CSV) == ["a", "b"]
    assert header_of(LocalFile(saved(tmp_path / "x.xlsx", ["a", "b"], [1, 2])), XLSX) == ["a", "b"]
