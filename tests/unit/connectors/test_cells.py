"""One reader for each kind of cell: what is read, and what is not certain."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from connectors import cells
from connectors.errors import RejectReason
from vocabulary.danish_days import DENMARK
from vocabulary.weeks import Month, Week

NBSP, NARROW, MINUS = "\u00a0", "\u202f", "\u2212"


@pytest.mark.parametrize(
    ("text", "hundredths"),
    [
        ("0", 0),
        ("3123", 312_300),
        ("3123,4", 312_340),
        ("3123,45", 312_345),
        ("3123.45", 312_345),
        ("3123.4", 312_340),
        ("3123.4500", 312_345),
        ("3123,4500", 312_345),
        ("3.123,45", 312_345),
        ("3.123,4", 312_340),
        ("1.234.567", 123_456_700),
        ("1.234.567,89", 123_456_789),
        (f"3{NBSP}123,45", 312_345),
        (f"3{NARROW}123", 312_300),
        (f"1{NBSP}234{NBSP}567", 123_456_700),
        ("-160,00", -16_000),
        (f"{MINUS}160,00", -16_000),
        ("-1.234,56", -123_456),
        ("007", 700),
        (" 160,33 ", 16_033),
        (f"{NBSP}160,33{NBSP}", 16_033),
        ("\ufeff160,33\u200b", 16_033),
        ("-0,00", 0),
    ],
)
def test_a_number(text: str, hundredths: int) -> None:
    assert cells.read_number(text) == hundredths


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        "1.234",  # a thousand, or decimals
        "12.345",
        "0.123",
        "1,234",  # decimals of a thousandth, or English thousands
        "3,123.45",
        "1.234.56",
        "12.34.567",
        "1234.567,00",
        "0.123,00",
        "1.2345,00",
        f"3{NBSP}12",
        f"3{NBSP}123{NARROW}456",
        f"3{NBSP}123.456",
        "3 123",
        "160,00-",
        "160-",
        "160,-",
        "(160,00)",
        "- 160",
        "--160",
        "+160",
        "\u2013160",  # an en dash
        "160,",
        ",50",
        "160,333",
        "160.330",
        "160,3301",
        "1,6e2",
        "1e5",
        "160 kr.",
        "kr. 160",
        "١٦٠",
        "１６０",
        "²",
        "NaN",
        "Infinity",
        "1_000",
        "0x10",
        "160\n170",
        "1234567890123456",
    ],
)
def test_what_is_not_certainly_one_number(text: str) -> None:
    assert cells.read_number(text) is None


def test_hours_of_a_month() -> None:
    assert cells.read_hours("160,33") == 16_033
    assert cells.read_hours("-37") == -3_700
    assert cells.read_hours("") == cells.read_hours(NBSP) == 0
    assert cells.read_hours("9999,99") == 999_999
    assert cells.read_hours("-9999,99") == -999_999
    for text in ("10000", "-10000,00", "16033", "160,00-", "1.234", "x"):
        assert cells.read_hours(text) is RejectReason.HOURS


def test_an_amount_in_minor_units() -> None:
    assert cells.read_amount("3123.45") == 312_345
    assert cells.read_amount("9999999,99") == 999_999_999
    assert cells.read_amount("-9.999.999,99") == -999_999_999
    for text in ("", "1.234", "10000000", "-10000000", "99990015", "6101601000", "30000,00-"):
        assert cells.read_amount(text) is RejectReason.AMOUNT


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2020-03-02", date(2020, 3, 2)),
        (f" 2020-03-02{NBSP}", date(2020, 3, 2)),
        ("2020-03-01T23:00:00Z", date(2020, 3, 2)),
        ("2020-03-01T22:59:59Z", date(2020, 3, 1)),
        ("2020-07-01T22:00:00Z", date(2020, 7, 2)),
        ("2020-07-01T21:59:59.999Z", date(2020, 7, 1)),
        ("2020-03-02T00:00:00+01:00", date(2020, 3, 2)),
        ("2020-03-02T00:00:00+0100", date(2020, 3, 2)),
        ("2020-03-02T00:30:00+02:00", date(2020, 3, 1)),
        ("2020-03-01T18:00:00-05:00", date(2020, 3, 2)),
        ("2020-03-01 23:00:00", date(2020, 3, 1)),
        ("2020-03-01T23:00", date(2020, 3, 1)),
        ("2020-03-01T23:00:00.1234567", date(2020, 3, 1)),
        ("2020-10-25T02:30:00", date(2020, 10, 25)),  # shown twice, on one day
        ("1910-01-01", date(1910, 1, 1)),
        ("2100-12-31", date(2100, 12, 31)),
    ],
)
def test_a_day(text: str, day: date) -> None:
    assert cells.read_day(text) == day
    assert cells.read_last_day(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "2020-03-021",
        "2020-03-02T",
        "2020-3-2",
        "20200302",
        "2020-W10-1",
        "02-03-2020",
        "02/03/2020",
        "2020/03/02",
        "2020-02-30",
        "2020-03-02Z",
        "2020-03-01T24:00:00",
        "2020-03-01T23:00:61",
        "2020-03-01T23:00:00+25:00",
        "2020-03-01T23:00:00 Z",
        "2020-03-02 til 2020-03-09",
        "٢٠٢٠-٠٣-٠٢",
        "0001-01-01",
        "0001-01-01T00:00:00",
        "0001-01-01T00:00:00Z",
        "1753-01-01",
        "1899-12-30",
        "1900-01-01",
        "1900-01-01T00:00:00+01:00",
        "1909-12-31",
        "1970-01-01",
        "1970-01-01T00:00:00Z",
        "2101-01-01",
        "43891",  # of a spreadsheet
    ],
)
def test_what_is_not_certainly_a_day(text: str) -> None:
    assert cells.read_day(text) is RejectReason.DAY
    assert cells.read_last_day(text) is RejectReason.DAY


@pytest.mark.parametrize(
    "text",
    ["", " ", NBSP, "9999-12-31", "2999-12-31", "9999-12-31T23:59:59.9999999", "9999-12-31T23:59:59Z", " 9999-12-31 "],
)
def test_no_end(text: str) -> None:
    assert cells.read_last_day(text) is None
    assert cells.read_day(text) is RejectReason.DAY


def test_an_instant() -> None:
    noon = datetime(2020, 3, 1, 11, tzinfo=UTC)
    for text in ("2020-03-01T11:00:00Z", "2020-03-01T12:00:00+01:00", "2020-03-01 12:00", "2020-03-01T12:00:00.000"):
        found = cells.read_instant(text)
        assert isinstance(found, datetime)
        assert found == noon
        assert found.tzinfo is DENMARK


@pytest.mark.parametrize(
    ("text", "is_certain"),
    [
        ("2020-10-25T01:59:59", True),
        ("2020-10-25T02:00:00", False),  # shown twice
        ("2020-10-25T02:59:59", False),
        ("2020-10-25T03:00:00", True),
        ("2020-10-25T02:30:00+01:00", True),
        ("2020-10-25T00:30:00Z", True),
        ("2020-03-29T01:59:59", True),
        ("2020-03-29T02:00:00", False),  # never shown
        ("2020-03-29T03:00:00", True),
        ("1910-01-01T12:00:00", True),
        ("2100-12-31T12:00:00", True),
        ("2020-03-29", False),
        ("7", False),
        ("", False),
        ("0001-01-01T00:00:00", False),
        ("1970-01-01T00:00:00Z", False),
        ("9999-12-31T23:59:59Z", False),
        ("2101-01-01T12:00:00", False),
    ],
)
def test_which_instants_are_certain(text: str, is_certain: bool) -> None:
    assert (cells.read_instant(text) is not RejectReason.INSTANT) == is_certain


def test_instants_of_one_hour_that_comes_twice_have_an_order() -> None:
    first, second = cells.read_instant("2020-10-25T02:30:00+02:00"), cells.read_instant("2020-10-25T02:10:00+01:00")
    assert isinstance(first, datetime)
    assert isinstance(second, datetime)
    assert first.timestamp() < second.timestamp()


def test_a_month() -> None:
    march = Month.parse("2020-03")
    assert cells.read_month("2020-03") == cells.read_month("202003") == cells.read_month(f"{NBSP}2020-03 ") == march
    for text in (
        "",
        "2020-13",
        "2020-00",
        "2020-3",
        "03-2020",
        "2020-03-01",
        "2020/03",
        "202003a",
        "٢٠٢٠-٠٣",
        "0001-01",
    ):
        assert cells.read_month(text) is RejectReason.MONTH
    for text in ("0001-01", "1909-12", "2101-01"):
        assert cells.read_month(text) is RejectReason.MONTH
    assert cells.read_month("1910-01") == Month.parse("1910-01")


def test_a_week() -> None:
    week = Week.parse("2020-W09")
    for text in ("2020-W09", "2020W09", "2020-09", "202009", " 2020-09"):
        assert cells.read_week(text) == week
    for text in (
        "",
        "2020-W54",
        "2021-W53",
        "2020-00",
        "2020-9",
        "09-2020",
        "2020-W09-1",
        "٢٠٢٠-٠٩",
        "0001-01",
        "2101-W02",
    ):
        assert cells.read_week(text) is RejectReason.WEEK


@pytest.mark.parametrize(
    "text", ["1", "-1", "true", "TRUE", "yes", "y", "ja", "Ja ", "J", "SAND", "x", "X", f"ja{NBSP}"]
)
def test_yes(text: str) -> None:
    assert cells.read_flag(text) is True


def test_no() -> None:
    for text in ("", " ", NBSP, "0", "false", "False", "no", "N", "nej", "FALSK"):
        assert cells.read_flag(text) is False


@pytest.mark.parametrize(
    "text", ["2", "-", "slettet", "ok", "jaja", "ja/nej", "t", "null", "None", "?", "1.0", "01", "✓"]
)
def test_neither_yes_nor_no(text: str) -> None:
    assert cells.read_flag(text) is RejectReason.FLAG


def test_a_code() -> None:
    assert cells.read_code(" Kontant  Hjælp ") == "kontant hjælp"
    assert cells.read_code("651") == "651"
    for text in ("", "  ", NBSP, "\u200b", "\ufeff "):
        assert cells.read_code(text) is RejectReason.CODE


def test_an_income_type() -> None:
    assert cells.read_income_type(" 00") == "00"
    for text in ("", "0", "000", "0a", "løn", "٠٠"):
        assert cells.read_income_type(text) is RejectReason.INCOME_TYPE


def test_a_reference() -> None:
    assert cells.read_reference(" SAG-0001 ") == "SAG-0001"
    assert cells.read_reference("a" * 40) == "a" * 40
    for text in ("", "a" * 41, "SAG 1", "SAG/1", "sag-æ", "6101601000", "610160-1000", "A6101601000B"):
        assert cells.read_reference(text) is RejectReason.CASE_REFERENCE
