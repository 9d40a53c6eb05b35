"""Which rows are nobody's, and which only look like it."""

from __future__ import annotations

import pytest

from connectors.table_rows import are_all_doubled, is_empty, is_header, is_sum, is_total
from tests.unit.connectors.cohort import ANNE

HEADER = ["CPR nummer", "Uge", "Ydelse", "Beløb"]


def test_an_empty_row() -> None:
    assert is_empty([])
    assert is_empty(["", " ", "\u00a0", "\ufeff"])
    assert not is_empty(["", "0", ""])


def test_the_header_again() -> None:
    assert is_header(HEADER, HEADER)
    assert is_header(["\ufeffCPR nummer", " Uge", "Ydelse", "Beløb"], HEADER), "files put behind each other"
    assert not is_header(["CPR nummer", "Uge", "Ydelse", "Andet"], HEADER)
    assert not is_header(HEADER[:3], HEADER)


@pytest.mark.parametrize(
    ("row", "is_one"),
    [
        (["I alt", "", "", "5622,00"], True),
        (["Total:", "", "", "5.622,00"], True),
        (["", "", "SUM", "5622"], True),
        (["ialt", "", "", ""], True),
        (["", "", "", "5622,00"], False),
        (["I alt", "2019-10", "", "5622,00"], False),
        (["I alt", "", "Kontanthjælp", "5622,00"], False),
        ([ANNE, "", "", "5622,00"], False),
        (["Antal", "", "", "2"], False),
        (["SumX", "", "", "2"], False),
    ],
)
def test_a_total_that_says_so(row: list[str], is_one: bool) -> None:
    assert is_total(row) is is_one


ABOVE = [[ANNE, "2019-10", "Kontanthjælp", "2811,00"], [ANNE, "2019-11", "Kontanthjælp", "2.811,50"]]


@pytest.mark.parametrize(
    ("row", "above", "is_one"),
    [
        (["", "", "", "5622,50"], ABOVE, True),
        (["", "", "", "5622,00"], ABOVE, False),
        (["", "", "", "2811,00"], ABOVE[:1], False),  # a row that lost what says whose it is
        (["", "2019-10", "", "5622,50"], ABOVE, False),
        (["", "", "", ""], ABOVE, False),
        (["", "", "", "0"], [["", "", "", "0"]] * 2, False),
        (["", "", "5", "2"], [["x", "", "5", "1"], ["x", "", "", "1"]], True),
    ],
)
def test_a_row_of_sums_without_a_word(row: list[str], above: list[list[str]], is_one: bool) -> None:
    assert is_sum(row, above) is is_one


@pytest.mark.parametrize(
    ("rows", "doubled"),
    [
        ("aabbccddee", True),
        ("abcdeabcde", True),
        ("edcbaaabbccdde", True),  # some more often
        ("aabbccdde", False),  # one alone
        ("aabbccdd", False),  # few
        ("a" * 20, False),
        ("", False),
    ],
)
def test_rows_that_all_stand_twice(rows: str, doubled: bool) -> None:
    assert are_all_doubled(rows) is doubled
