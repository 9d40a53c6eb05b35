"""The newest file is the newest by the day or number in its name, and where there is none nobody guesses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import permutations

import pytest

from connectors.name_order import NameForm, NamesWithoutOrder, in_order, is_older, newest_named, place_in_order

DAY, MONTH, NUMBER = NameForm.DAY, NameForm.MONTH, NameForm.NUMBER


@pytest.mark.parametrize(
    "names",
    [
        ("sager-31-01-2021.csv", "sager-01-03-2021.csv"),
        ("sager-9.csv", "sager-10.csv"),
        ("sager-2021-02-28.csv", "sager-2021-03-01.csv"),
        ("sager-20210228.csv", "sager-20210301.csv"),
        ("sager-31012021.csv", "sager-01032021.csv"),
        ("sager-31.01.2021.csv", "sager-01.03.2021.csv"),
        ("sager-2021_02_28.csv", "sager-01-03-2021.csv"),  # written otherwise since
        ("sager-2020-12.csv", "sager-2021-01.csv"),
        ("sager-202012.csv", "sager-202101.csv"),
        ("sager-12-2020.csv", "sager-01-2021.csv"),
        ("sager-20210301-0615.csv", "sager-20210301-1745.csv"),
        ("sager-2021-03-01T06:15:59.csv", "sager-2021-03-01T06:16:00.csv"),
        ("sager-20210301.csv", "sager-20210301_061500.csv", "sager-20210302.csv"),
        ("sager-uge-2.csv", "sager-uge-11.csv", "sager-uge-101.csv"),
        ("sager-00009.csv", "sager-10.csv"),
        ("sager-2099-12-30.csv", "sager-2099-12-31.csv"),
        ("sager-1990-01-01.csv", "sager-1990-01-02.csv"),
    ],
)
def test_by_the_day_or_number(names: Sequence[str]) -> None:
    for mixed in permutations(names):
        assert in_order(mixed, "sager-*.csv", None, last="") == (list(names), [])


@pytest.mark.parametrize(
    "names",
    [
        ("a.csv", "b.csv"),
        ("sager-2021-03-01.csv", "sager-9.csv"),  # a day, and a number
        ("sager-2021-03.csv", "sager-2021-03-01.csv"),
        ("sager-310121.csv", "sager-010321.csv"),  # six digits that are no month: perhaps a day
        ("sager-20213101.csv", "sager-20210103.csv"),
        ("sager-1-2.csv", "sager-1-3.csv"),
        ("sager-2021-02-30.csv", "sager-2021-03-01.csv"),
        ("sager-1989-12-31.csv", "sager-2021-03-01.csv"),
        ("sager-2021-03-01-2.csv", "sager-2021-03-02.csv"),
        ("sager-2021-13.csv", "sager-2021-12.csv"),
        ("sager-2021-00.csv", "sager-2021-12.csv"),
        ("sager-\u0662.csv", "sager-3.csv"),
        ("sager-1234567890.csv", "sager-3.csv"),
    ],
)
def test_what_has_no_order(names: Sequence[str]) -> None:
    with pytest.raises(NamesWithoutOrder, match=r"^their names do not each hold a day, a month or a number, of one"):
        in_order(names, "*.csv", None, last="")


@pytest.mark.parametrize(
    "names",
    [
        ("a-2021-03-01.csv", "b-2021-03-01.csv"),
        ("a-9.csv", "a-09.csv"),
        ("a-2021-03-01.csv", "a-01-03-2021.csv"),
        ("a-1.csv", "b-1.csv", "c-2.csv"),
    ],
)
def test_two_files_of_one_day_have_no_order(names: Sequence[str]) -> None:
    with pytest.raises(NamesWithoutOrder, match=r"^two of their names stand for one day, month or number$"):
        in_order(names, "*.csv", None, last="")


def test_a_declared_form_is_the_only_one() -> None:
    assert in_order(["310121.csv", "010321.csv"], "*.csv", NUMBER, last="") == (["010321.csv", "310121.csv"], [])
    for form, said in ((DAY, "a day"), (MONTH, "a month")):
        with pytest.raises(NamesWithoutOrder, match=f"^their names do not each hold {said}$"):
            in_order(["9.csv"], "*.csv", form, last="")


def test_what_the_pattern_says_is_no_part_of_the_order() -> None:
    for pattern in ("yr2-*-v3.csv", "yr2-????-??-??-v3.csv", "yr2-[0-9]*-v3.csv"):
        assert place_in_order("yr2-2021-03-01-v3.csv", pattern, DAY) is not None
    assert place_in_order("yr2-2021-03-01-v3.csv", "*.csv", DAY) is None
    assert place_in_order("sager-7.csv", "sager-7.csv", NUMBER) == 7  # a name that never varies
    assert place_in_order("x10", "x*", NUMBER) == 10


def test_a_single_file_needs_no_order() -> None:
    assert in_order(["sager.csv"], "*.csv", None, last="") == (["sager.csv"], [])
    assert in_order(["sager.csv"], "*.csv", None, last="cases.csv") == (["sager.csv"], [])
    assert in_order(["sager-2.csv"], "*.csv", None, last="cases.csv") == (["sager-2.csv"], [])


def test_what_is_older_than_the_last_is_late() -> None:
    names = ["s-2021-03-01.csv", "s-31-01-2021.csv", "s-2021-04-01.csv"]
    ordered = [names[1], names[0], names[2]]
    assert in_order(names, "*.csv", None, last="s-2021-02-01.csv") == (ordered, [names[1]])
    assert in_order(names, "*.csv", None, last=names[0]) == (ordered, [names[1]])  # itself, sent again
    assert in_order(names, "*.csv", None, last="t-2021-03-01.csv") == (ordered, [names[1]])  # of the same day
    assert in_order(names, "*.csv", None, last="s-2021-05-01.csv") == (ordered, ordered)
    assert in_order(names, "*.csv", DAY, last="s-9.csv") == (ordered, [])  # of a pattern that was changed


def test_of_what_a_person_names_days_alone_are_compared() -> None:
    assert newest_named(["s-2021-03-01.csv", "s-2021-02-01.csv"], "*.csv", None) == "s-2021-03-01.csv"
    assert newest_named(["b.csv", "a.csv"], "*.csv", None) == "a.csv"
    assert is_older("s-31-01-2021.csv", "s-01-03-2021.csv", "*.csv", None)
    assert not is_older("s-01-03-2021.csv", "s-31-01-2021.csv", "*.csv", None)
    assert not is_older("s-01-03-2021.csv", "s-01-03-2021.csv", "*.csv", None)
    assert is_older("s-2020-12.csv", "s-2021-01.csv", "*.csv", None)
    assert not is_older("s-9.csv", "s-10.csv", "*.csv", None)
    assert is_older("s-9.csv", "s-10.csv", "*.csv", NUMBER)
    assert not is_older("s-9.csv", "", "*.csv", NUMBER)
    assert not is_older("s.csv", "s-2021-01-01.csv", "*.csv", None)


def test_of_each_form() -> None:
    assert place_in_order("2021-03-01", "*", DAY) == date(2021, 3, 1).toordinal() * 1_000_000
    assert place_in_order("20122011", "*", DAY) == place_in_order("2011-12-20", "*", DAY)
    assert place_in_order("a-73X.csv", "a-*3X.csv", NUMBER) == 7
    assert newest_named(["310121.csv", "010321.csv"], "*.csv", NUMBER) == "310121.csv"
    assert newest_named(["1.csv", "2.csv", "3.csv"], "*.csv", None) == "3.csv"
    assert newest_named(["a.csv", "b.csv", "c.csv"], "*.csv", None) == "c.csv"
    assert in_order(["010321.csv"], "*.csv", NUMBER, last="310121.csv") == (["010321.csv"], ["010321.csv"])
    assert place_in_order("2021-03", "*", MONTH) == 2021 * 12 + 3
    assert place_in_order("1990-01", "*", MONTH) == 1990 * 12 + 1
    assert place_in_order("1989-12", "*", MONTH) is None
    assert place_in_order("0001-01-02", "*", DAY) is None
    first, second = place_in_order("2021-03-01", "*", DAY), place_in_order("2021-03-02", "*", DAY)
    assert first is not None
    assert second is not None
    assert second - first == 1_000_000
    assert place_in_order("2021-03-01T0615", "*", DAY) == first + 61_500
    assert place_in_order("2021-03-01 06:15:01", "*", DAY) == first + 61_501
