"""Working days in Denmark: no Saturday, no Sunday and no public holiday (helligdag)."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

_SATURDAY = 5
# days after Easter Sunday: Maundy Thursday, Good Friday, Easter, Easter Monday, Ascension Day, Whit Sunday and Monday
_AFTER_EASTER = (-3, -2, 0, 1, 39, 49, 50)
_GREAT_PRAYER_DAY, _ABOLISHED = 26, 2024  # store bededag, by act no. 214 of 6 March 2023


def after_working_days(day: date, count: int) -> date:
    """The day so many working days later."""
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def working_day_from(day: date) -> date:
    """The day itself, or the first working day after it."""
    return day if is_working_day(day) else after_working_days(day, 1)


def is_working_day(day: date) -> bool:
    """Constitution Day, Christmas Eve and New Year's Eve are days off by agreement only, and count."""
    return day.weekday() < _SATURDAY and day not in public_holidays(day.year)


@cache
def public_holidays(year: int) -> frozenset[date]:
    """The public holidays of a year, on whatever weekday they fall."""
    easter = easter_sunday(year)
    movable = [*_AFTER_EASTER, *([_GREAT_PRAYER_DAY] if year < _ABOLISHED else [])]
    fixed = [date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)]
    return frozenset([*fixed, *(easter + timedelta(days=days) for days in movable)])


def easter_sunday(year: int) -> date:
    """Easter Sunday in the Gregorian calendar, by the anonymous algorithm of 1876 (Meeus, Jones, Butcher)."""
    golden, century, rest = year % 19, year // 100, year % 100
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - correction + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
