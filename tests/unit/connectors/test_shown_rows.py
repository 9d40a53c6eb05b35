"""What `show_source` writes, to the character: an auditor reads it beside the file, and hides nothing by its layout."""

from __future__ import annotations

import io

import pytest

from connectors.boundary import RowsApproval, SourceRows, show_source
from connectors.errors import RowsNotShown
from tests.support.auditing import Screen
from tests.unit.connectors.cohort import ANNE, BO, STRANGER, A, B, matcher

SAMPLED = RowsApproval(frozenset({A, B}), frozenset())
HIDDEN = RowsApproval(frozenset({A, B}), frozenset({A}))


def rows_of(*rows: tuple[str, int, list[tuple[str, str]]]) -> SourceRows:
    rows_of_anne = SourceRows()
    for file, line, cells in rows:
        rows_of_anne.add(A, file, line, cells)
    return rows_of_anne


def screen(rows: SourceRows, approval: RowsApproval = SAMPLED) -> str:
    on = Screen()
    show_source(rows, A, approval, on)
    return on.getvalue()


def test_one_row_stands_as_a_column_and_more_as_a_table() -> None:
    rows = rows_of(
        ("a.csv", 3, [("PNR", ANNE), ("week", "1")]),
        ("b.csv", 12, [("code", "730"), ("note", "")]),
        ("b.csv", 7, [("code", "1"), ("note", "long note")]),
        ("b.csv", 8, [("code", "2")]),
    )
    assert screen(rows) == (
        "  a.csv\n"
        "    line  3\n"
        f"    PNR   {ANNE}\n"
        "    week  1\n"
        "  b.csv\n"
        "    line  code  note\n"
        "    12    730\n"
        "    7     1     long note\n"
        "  b.csv\n"
        "    line  8\n"
        "    code  2\n"
    )


def test_rows_of_two_lines_stand_below_each_other() -> None:
    rows = rows_of(*(("a.csv", line, [("code", str(line))]) for line in (2, 3)))
    assert screen(rows) == "  a.csv\n    line  code\n    2     2\n    3     3\n"


def test_who_has_no_row_is_shown_none() -> None:
    rows = SourceRows()
    assert screen(rows) == ""
    assert rows.count(A) == 0


def test_rows_are_their_persons_alone() -> None:
    rows = rows_of(("a.csv", 2, [("PNR", ANNE)]))
    rows.add(B, "a.csv", 3, [("PNR", BO)])
    assert screen(rows) == f"  a.csv\n    line  2\n    PNR   {ANNE}\n"
    assert (rows.count(A), rows.count(B)) == (1, 1)


@pytest.mark.parametrize("written", [ANNE, f"{ANNE[:6]}-{ANNE[6:]}", f"{ANNE[:6]} {ANNE[6:]}", f"x{ANNE}x"])
def test_a_protected_persons_number_is_replaced_and_nothing_else(written: str) -> None:
    rows = rows_of(("a.csv", 2, [("PNR", written), ("code", "730")]))
    assert screen(rows, HIDDEN) == "  a.csv\n    line  2\n    PNR   (protected)\n    code  730\n"
    assert screen(rows) == f"  a.csv\n    line  2\n    PNR   {written}\n    code  730\n"


def test_no_character_of_a_name_a_column_or_a_cell_is_obeyed() -> None:
    rows = rows_of(("a\x1b.csv", 2, [("co\u202ede", "7\n3\u200b"), ("æ", "ø\x9b")]))
    assert screen(rows) == (
        "  a\\x1b.csv\n"
        "    line        2\n"
        "    co\\u202ede  7\\n3\\u200b\n"
        "    æ           ø\\x9b\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("length", "seen"), [(199, "x" * 199), (200, "x" * 200), (201, f"{'x' * 200}… (201 characters)")]
)
def test_a_long_cell_is_cut_at_two_hundred_characters(length: int, seen: str) -> None:
    assert screen(rows_of(("a.csv", 2, [("note", "x" * length)]))) == f"  a.csv\n    line  2\n    note  {seen}\n"


def test_nothing_is_written_where_rows_may_not_go() -> None:
    rows, file = rows_of(("a.csv", 2, [("PNR", ANNE)])), io.StringIO()
    with pytest.raises(RowsNotShown) as kept:
        show_source(rows, A, SAMPLED, file)
    assert str(kept.value) == "no row was shown: the output is no terminal, and source rows are kept nowhere"
    on = Screen()
    with pytest.raises(RowsNotShown) as other:
        show_source(rows, A, RowsApproval(frozenset({B}), frozenset({B})), on)
    assert str(other.value) == "no row was shown: the approval is of other people"
    assert file.getvalue() == on.getvalue() == ""
    assert ANNE not in f"{kept.value} {other.value}"


def test_a_matcher_for_some_finds_them_and_nobody_else() -> None:
    some = matcher().only([A])
    assert some.identify_all([ANNE, BO, STRANGER]) == [A, None, None]
    assert some.everyone == [A]
    assert matcher().only([]).everyone == []
