"""Working days in Denmark, against the holidays as they were published, 2024 to 2030."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from gateway.wording.working_days import (
    after_working_days,
    easter_sunday,
    is_working_day,
    public_holidays,
    working_day_from,
)

# year: (Maundy Thursday, Good Friday, Easter Monday, Ascension Day, Whit Monday)
MOVABLE = {
    2024: ("03-28", "03-29", "04-01", "05-09", "05-20"),
    2025: ("04-17", "04-18", "04-21", "05-29", "06-09"),
    2026: ("04-02", "04-03", "04-06", "05-14", "05-25"),
    2027: ("03-25", "03-26", "03-29", "05-06", "05-17"),
    2028: ("04-13", "04-14", "04-17", "05-25", "06-05"),
    2029: ("03-29", "03-30", "04-02", "05-10", "05-21"),
    2030: ("04-18", "04-19", "04-22", "05-30", "06-10"),
}
EASTER = {1900: "04-15", 1954: "04-18", 1981: "04-19", 2000: "04-23", 2008: "03-23", 2011: "04-24", 2038: "04-25"}


def day(year: int, month_and_day: str) -> date:
    return date.fromisoformat(f"{year}-{month_and_day}")


@pytest.mark.parametrize("year", MOVABLE)
def test_the_holidays_of_a_year_on_weekdays(year: int):
    expected = {day(year, one) for one in ("01-01", "12-25", "12-26", *MOVABLE[year])}
    assert {one for one in public_holidays(year) if one.weekday() < 5} == {one for one in expected if one.weekday() < 5}
    assert {one for one in public_holidays(year) if one not in expected} == {
        easter_sunday(year),
        easter_sunday(year) + timedelta(days=49),
    }


@pytest.mark.parametrize("year", EASTER)
def test_easter_in_other_years(year: int):
    """The earliest and latest ones too, and those where simpler formulas are a week off."""
    assert easter_sunday(year) == day(year, EASTER[year])


def test_store_bededag_was_abolished_from_2024():
    assert date(2023, 5, 5) in public_holidays(2023)
    assert date(2024, 4, 26) not in public_holidays(2024)
    assert is_working_day(date(2024, 4, 26))


def test_days_off_by_agreement_are_working_days_here():
    """Constitution Day, Christmas Eve and New Year's Eve are no public holidays: an answer may be due on them."""
    assert all(is_working_day(one) for one in (date(2026, 6, 5), date(2026, 12, 24), date(2026, 12, 31)))


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        (date(2026, 11, 23), 5, date(2026, 11, 30)),
        (date(2026, 11, 27), 1, date(2026, 11, 30)),
        (date(2026, 11, 28), 1, date(2026, 11, 30)),
        (date(2026, 4, 1), 1, date(2026, 4, 7)),  # over Easter
        (date(2026, 12, 23), 6, date(2027, 1, 4)),  # 24, 28 to 31; the 25th is a Friday, and 1 January too
        (date(2024, 4, 25), 1, date(2024, 4, 26)),  # was store bededag
        (date(2023, 5, 4), 1, date(2023, 5, 8)),
        (date(2026, 5, 13), 2, date(2026, 5, 18)),  # Ascension Day
    ],
)
def test_working_days_leave_out_weekends_and_holidays(start: date, count: int, expected: date):
    assert after_working_days(start, count) == expected


def test_a_day_that_is_off_becomes_the_next_working_day():
    days = {date(2026, 12, 25): date(2026, 12, 28), date(2026, 11, 28): date(2026, 11, 30)}
    assert {day: working_day_from(day) for day in days} == days
    assert working_day_from(date(2026, 11, 30)) == date(2026, 11, 30)
