"""Source rows: what an auditor is shown of a sampled person, where it can go, and that nobody else is in it."""

from __future__ import annotations

import io
import sys
import traceback
from pathlib import Path

import pytest

from connectors.boundary import RowsApproval, SourceRows, Terminal, show_source
from connectors.errors import FileNameMismatch, FileTruncated, HeaderMismatch, RejectReason, RowsNotShown
from connectors.source_file import LocalFile
from connectors.source_rows import Search, find_rows
from tests.support.auditing import Screen
from tests.unit.connectors.cohort import (
    ANNE,
    BO,
    INCOME_HEADER,
    STRANGER,
    YR_HEADER,
    A,
    B,
    declared,
    matcher,
    write,
)
from vocabulary.records import SubjectRef
from vocabulary.weeks import Week

WEEKS = (Week.parse("2020-W01"), Week.parse("2020-W04"))
EVERYBODY = RowsApproval(frozenset({A, B}), frozenset())
DREAM_HEADER = "PNR,y_1952,y_2001,y_2002,y_2003,y_2004,y_2005,note"
DREAM, YR, INCOME = "dream-2020-01.csv", "yr-ydelsesrefusion-beregning-2020-02-10.csv", "indkomst-2020-01.csv"


def found(
    file: Path, kind: str, *, people: tuple[SubjectRef, ...] = (A, B), amounts: bool = False
) -> tuple[SourceRows, dict[RejectReason, int]]:
    rows = SourceRows()
    search = Search(matcher().only(people), WEEKS, amounts)
    return rows, dict(find_rows(LocalFile(file), declared(kind), search, rows))


def screen(rows: SourceRows, person: SubjectRef, approval: RowsApproval = EVERYBODY) -> str:
    on = Screen()
    show_source(rows, person, approval, on)
    return on.getvalue()


def dream(folder: Path, *lines: str) -> Path:
    return write(folder / DREAM, DREAM_HEADER, *lines)


def test_weeks_that_the_figures_rest_on_are_shown_and_no_other_column(tmp_path: Path) -> None:
    file = dream(tmp_path, f"{STRANGER},1,1,1,1,1,1,x", f"{ANNE},999,730,730,,651,888,secret", f"{BO},1,1,1,1,1,1,x")
    rows, rejected = found(file, "dream")
    lines = [line.split() for line in screen(rows, A).splitlines()]
    assert lines == [
        [DREAM],
        ["line", "3"],
        ["PNR", ANNE],
        ["y_2001", "to", "y_2002,", "2", "columns", "730"],
        ["y_2003", "(empty)"],
        ["y_2004", "651"],
    ]
    assert (rows.count(A), rows.count(B), rejected) == (1, 1, {})


def test_line_numbers_are_those_of_the_file_however_many_lines_are_nobodys(tmp_path: Path) -> None:
    lines = ["", "short", f"{ANNE},1,2,3,4,5,6,7", f'"{BO}",1,2,3,4,5,6,7', f"{ANNE},1,2"]
    rows, rejected = found(dream(tmp_path, *lines), "dream")
    assert "line" in screen(rows, A)
    assert [line.split()[1] for line in screen(rows, B).splitlines() if "line" in line] == ["5"]
    assert "3 fields instead of 8" in screen(rows, A)
    assert "6  " in screen(rows, A) or "line        6" in screen(rows, A)
    assert rejected == {RejectReason.NOT_TEN_DIGITS: 2, RejectReason.FIELD_COUNT: 1}


def test_a_person_who_was_not_sampled_is_not_even_kept(tmp_path: Path) -> None:
    rows, _ = found(dream(tmp_path, f"{ANNE},1,1,1,1,1,1,x", f"{BO},1,1,1,1,1,1,x"), "dream", people=(A,))
    assert (rows.count(A), rows.count(B)) == (1, 0)
    assert BO not in repr(vars(rows))


def test_income_rows_stand_below_each_other_and_amounts_only_where_they_are_read(tmp_path: Path) -> None:
    lines = [
        f"{ANNE};2020-01;00;148,00;12345678;25.000,00",
        f"{STRANGER};2020-01;00;1,00;1;1,00",
        f"{ANNE};2020-01;00;-148,00;12345678;-25.000,00",
        f"{ANNE};2020-02;00;148,00;12345678;1,00",
        f"{ANNE};not a month;00;1,00;1;1,00",
    ]
    file = write(tmp_path / INCOME, INCOME_HEADER, *lines)
    told = screen(found(file, "income")[0], A)
    assert [line.split()[0] for line in told.splitlines()] == [INCOME, "line", "2", "4", "6"]
    assert "(not read)" in told
    assert "(taken back)" in told
    assert "25.000" not in told
    assert "12345678" not in told  # the employer's number: no declared column
    assert "2020-02" not in told
    assert "25.000,00" in screen(found(file, "income", amounts=True)[0], A)


def test_benefit_rows_of_other_weeks_are_left_out(tmp_path: Path) -> None:
    lines = [f"{ANNE};{week};Kontanthjælp;B;1;1;1" for week in ("2020-02", "2020-05", "2020-99")]
    told = screen(found(write(tmp_path / YR, YR_HEADER, *lines), "ydelsesrefusion")[0], A)
    assert "2020-02" in told
    assert "2020-99" in told
    assert "2020-05" not in told


def test_control_characters_of_a_cell_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    """Attack: a cell that clears the screen, turns the reading direction or ends the line to forge a row."""
    bad = "\x1b[2J\x1b]0:title\x07\u202e73\r\x9b31m\u2028"
    file = write(tmp_path / YR, YR_HEADER, f"{ANNE};2020-02;{bad};B;1;1;1", f"{ANNE};2020-03;{'x' * 5000};B;1;1;1")
    told = screen(found(file, "ydelsesrefusion")[0], A)
    assert all(one.isprintable() or one == "\n" for one in told)
    assert r"\x1b[2J\x1b]0:title\x07\u202e73\r\x9b31m\u2028" in told
    assert "(5000 characters)" in told
    assert len(told) < 2_000


def test_rows_go_to_a_terminal_and_nowhere_else(tmp_path: Path) -> None:
    rows, _ = found(dream(tmp_path, f"{ANNE},1,1,1,1,1,1,x"), "dream")
    written = io.StringIO()
    with (tmp_path / "out").open("w") as file:
        for on in (written, file):
            with pytest.raises(RowsNotShown, match="no terminal"):
                show_source(rows, A, EVERYBODY, on)
    assert written.getvalue() == (tmp_path / "out").read_text() == ""
    assert ANNE in screen(rows, A)  # positive control
    with pytest.raises(RowsNotShown, match="other people"):
        screen(rows, A, RowsApproval(frozenset({B}), frozenset()))


def test_nobody_protected_is_shown_with_a_number_wherever_it_stands(tmp_path: Path) -> None:
    """Also where a shifted column put it into another field."""
    dashed = f"{ANNE[:6]}-{ANNE[6:]}"
    rows, _ = found(dream(tmp_path, f"{ANNE},1,{ANNE},{dashed},73,x{ANNE}x,1,x", f"{BO},1,1,1,1,1,1,x"), "dream")
    approval = RowsApproval(frozenset({A, B}), frozenset({A}))
    told = screen(rows, A, approval)
    assert ANNE not in told
    assert dashed not in told
    assert told.count("(protected)") == 4
    assert "73" in told
    assert BO in screen(rows, B, approval)  # positive control: nobody else is hidden


def test_what_goes_wrong_names_no_number_and_no_object_tells_one(tmp_path: Path) -> None:
    broken = {
        HeaderMismatch: write(tmp_path / DREAM, f"{ANNE},y_2001", f"{BO},1"),
        FileTruncated: write(tmp_path / INCOME, INCOME_HEADER, f"{ANNE};2020-01", end=""),
        FileNameMismatch: write(tmp_path / f"dream-{ANNE}.csv", DREAM_HEADER),
    }
    for error, file in broken.items():
        with pytest.raises(error) as caught:
            found(file, "income" if file.name == INCOME else "dream")
        assert not any(number in "".join(traceback.format_exception(caught.value)) for number in (ANNE, BO))
    rows, _ = found(dream(tmp_path, f"{ANNE},1,1,1,1,1,1,x"), "dream")
    assert ANNE not in f"{rows!r} {rows} {EVERYBODY!r}"


def test_a_process_output_can_be_a_terminal() -> None:
    on: Terminal = sys.__stdout__ or Screen()
    assert isinstance(on.isatty(), bool)
