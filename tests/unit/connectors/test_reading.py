"""Reading a delimited file: encodings, header, field counts and line ends, before any row is believed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import FileTruncated, FileUnreadable, HeaderMismatch, RejectReason
from connectors.reading import check_line_end, decode, file_sha256, find_columns, first_line, read_rows, split_row
from connectors.source_file import LocalFile
from tests.unit.connectors.cohort import ANNE, BO, write


def rows(path: Path, *columns: str) -> tuple[list[tuple[str, ...]], Counter[RejectReason]]:
    rejected: Counter[RejectReason] = Counter()
    return [
        row.fields
        for row in read_rows(path.read_bytes(), file=path.name, delimiter=";", columns=columns, rejected=rejected)
    ], rejected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_three_encodings_and_two_line_ends_read_alike(tmp_path: Path, encoding: str, end: str) -> None:
    file = write(tmp_path / "x.csv", "Måned;Beløb", "2020-03;blå", encoding=encoding, end=end)
    assert rows(file, "Beløb", "Måned") == ([("blå", "2020-03")], Counter())


def test_quotes_around_a_field_are_taken_off_and_hide_a_delimiter_where_they_match() -> None:
    assert split_row('"a";b;"c"', ";") == ["a", "b", "c"]
    assert split_row('"a;b";c', ";") == ["a;b", "c"]
    assert split_row('"a ""b""";c', ";") == ['a "b"', "c"]
    assert split_row('"a";b;"c', ";") == ["a", "b", '"c']
    assert split_row('"a"b;c', ";") == ['"a"b', "c"]
    assert split_row('a "b";c', ";") == ['a "b"', "c"]


def test_a_row_with_another_number_of_fields_is_counted_and_the_rest_goes_on(tmp_path: Path) -> None:
    file = write(tmp_path / "x.csv", "a;b", "1;2", "3", "4;5;6", "", " ; ", "7;8", "")
    found, rejected = rows(file, "a")
    assert found == [("1",), ("7",)]
    assert rejected == {RejectReason.FIELD_COUNT: 2}, "an empty line is nobody's"


def test_rows_know_their_line(tmp_path: Path) -> None:
    file = write(tmp_path / "x.csv", "a;b", "1;2", "broken", "3;4")
    assert [
        row.line
        for row in read_rows(file.read_bytes(), file=file.name, delimiter=";", columns=["a"], rejected=Counter())
    ] == [2, 4]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("a;c", "x.csv, line 1, 'b': is missing"),
        ("a;b;a", "x.csv, line 1, column 3 'a': stands twice"),
        ("a;b;c;c", "x.csv, line 1, column 4: stands twice, as column 3 too"),
        ("a,b", "x.csv, line 1, 'a': is missing"),
        ("", "x.csv, line 1, 'a': is missing"),
    ],
)
def test_a_wrong_header_is_refused_by_column(tmp_path: Path, header: str, said: str) -> None:
    file = write(tmp_path / "x.csv", header, "1;2")
    with pytest.raises(HeaderMismatch) as refused:
        rows(file, "a", "b")
    assert str(refused.value).startswith(said)
    assert "nothing was stored" in str(refused.value)


def test_an_empty_file_has_no_header(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(b"")
    with pytest.raises(HeaderMismatch):
        rows(file, "a")


def test_a_file_without_header_shows_no_cell_of_its_first_row(tmp_path: Path) -> None:
    """The first line is a person's row here, with the same number twice: the error names the column only."""
    file = write(tmp_path / "x.csv", f"{ANNE};2020-03;{ANNE}", f"{BO};2020-03;{BO}")
    with pytest.raises(HeaderMismatch) as refused:
        rows(file, "CPR nummer")
    assert ANNE not in str(refused.value)
    # positive control: a declared name is repeated, so the search above can find something
    with pytest.raises(HeaderMismatch, match=ANNE):
        find_columns(["CPR nummer"], [ANNE], file="x.csv")


@pytest.mark.parametrize("last", ["1", "1;2", f"{ANNE};2"])
def test_a_file_cut_off_in_its_last_line_is_refused_before_the_first_row(tmp_path: Path, last: str) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(f"a;b\n1;2\n{last}".encode())
    with pytest.raises(FileTruncated, match=r"x\.csv, line 3: ") as refused:
        read_rows(file.read_bytes(), file=file.name, delimiter=";", columns=["a"], rejected=Counter())
    assert ANNE not in str(refused.value)
    with pytest.raises(FileTruncated, match=r"x\.csv, line 3: "):
        check_line_end(LocalFile(file))


def test_a_whole_file_passes_the_check_of_its_line_end(tmp_path: Path) -> None:
    check_line_end(LocalFile(write(tmp_path / "x.csv", "a;b", "1;2")))


def test_a_file_of_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    file = write(tmp_path / "x.csv", "a;b", "1;2", encoding="utf-16-le")
    with pytest.raises(FileUnreadable, match=r"x\.csv, line 1: holds a NUL byte"):
        rows(file, "a")
    with pytest.raises(FileUnreadable, match=r"line 3: holds a NUL byte"):
        decode(b"a;b\n1;2\n\x00;4\n", file="x.csv")


def test_a_large_file_gives_its_header_and_where_the_rows_start(tmp_path: Path) -> None:
    file = write(tmp_path / "x.csv", "a;b", "1;2", encoding="utf-8-sig", end="\r\n")
    header, offset = first_line(LocalFile(file))
    assert header == b"a;b"
    assert file.read_bytes()[offset:] == b"1;2\r\n"


def test_the_digest_is_over_the_bytes(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(b"abc")  # FIPS 180-4, first example
    assert file_sha256(LocalFile(file)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


CELL = st.text("abcæøåÆØÅ019,.- ", max_size=6)


@given(
    table=st.lists(st.tuples(CELL, CELL, CELL), max_size=8),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "iso-8859-1"]),
)
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, ...]], encoding: str
) -> None:
    file = tmp_path_factory.mktemp("r") / "x.csv"
    # the ø makes a file in ISO-8859-1 invalid UTF-8 in any case, as the real headers do
    table = [*table, ("a", "b", "c")]  # no sum of the rows above
    write(file, "ø;b;c", *(";".join(row) for row in table), encoding=encoding)
    said = [row for row in table if any(cell.strip() for cell in row)]
    assert rows(file, "c", "ø") == ([(row[2], row[0]) for row in said], Counter())
