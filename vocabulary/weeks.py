"""ISO weeks and calendar months, held as integers (invariant 11)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

_WEEK = re.compile(r"(\d{4})-?W(\d{2})")
_MONTH = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True, order=True, slots=True)
class Week:
    """An ISO 8601 week (Danish: *uge*), held as the number of weeks since Monday 0001-01-01.

    >>> Week.parse("2020-W53").monday
    datetime.date(2020, 12, 28)
    >>> Week.parse("2020-W53") + 1
    Week(2021-W01)
    >>> Week.parse("2021-W53")
    Traceback (most recent call last):
    ...
    ValueError: 2021 has no ISO week 53
    """

    ordinal: int

    @classmethod
    def of(cls, day: date) -> Week:
        """The week that contains this day."""
        return cls((day.toordinal() - 1) // 7)

    @classmethod
    def from_iso(cls, year: int, week: int) -> Week:
        """The week with this ISO year and number; `ValueError` where the year has no such week."""
        try:
            return cls.of(date.fromisocalendar(year, week, 1))
        except ValueError:
            raise ValueError(f"{year} has no ISO week {week}") from None

    @classmethod
    def parse(cls, text: str) -> Week:
        """Read `2020-W09` or `2020W09`; `ValueError` for anything else."""
        found = _WEEK.fullmatch(text)
        if not found:
            raise ValueError("an ISO week is written like 2020-W09")
        return cls.from_iso(int(found[1]), int(found[2]))

    @property
    def monday(self) -> date:
        return _day_of(self.ordinal * 7 + 1)

    @property
    def sunday(self) -> date:
        return _day_of(self.ordinal * 7 + 7)

    @property
    def thursday(self) -> date:
        """The day that decides which ISO year, and here which month, the week belongs to."""
        return _day_of(self.ordinal * 7 + 4)

    @property
    def month(self) -> Month:
        """The month of the week's Thursday."""
        return _month_of(self.ordinal)

    def __add__(self, weeks: int) -> Week:
        return Week(self.ordinal + weeks)

    def __sub__(self, other: Week) -> int:
        return self.ordinal - other.ordinal

    def __str__(self) -> str:
        year, week, _ = self.monday.isocalendar()
        return f"{year}-W{week:02d}"

    def __repr__(self) -> str:
        return f"Week({self})"


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A calendar month, held as `year * 12 + month - 1`.

    >>> [str(w) for w in Month.parse("2020-04").weeks()]
    ['2020-W14', '2020-W15', '2020-W16', '2020-W17', '2020-W18']
    """

    ordinal: int

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.year * 12 + day.month - 1)

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read `2020-03`; `ValueError` for anything else."""
        found = _MONTH.fullmatch(text)
        if not found or not 1 <= int(found[2]) <= 12:
            raise ValueError("a month is written like 2020-03")
        return cls(int(found[1]) * 12 + int(found[2]) - 1)

    @property
    def first_day(self) -> date:
        return date(self.ordinal // 12, self.ordinal % 12 + 1, 1)

    def weeks(self) -> list[Week]:
        """The ISO weeks whose Thursday lies in this month: four or five."""
        return list(_weeks_of(self.ordinal))

    def __add__(self, months: int) -> Month:
        return Month(self.ordinal + months)

    def __sub__(self, other: Month) -> int:
        return self.ordinal - other.ordinal

    def __str__(self) -> str:
        return f"{self.ordinal // 12}-{self.ordinal % 12 + 1:02d}"

    def __repr__(self) -> str:
        return f"Month({self})"


_day_of = lru_cache(maxsize=8192)(date.fromordinal)  # asked for every week of every person


@lru_cache(maxsize=4096)
def _month_of(week: int) -> Month:
    return Month.of(Week(week).thursday)


@lru_cache(maxsize=512)  # people of one cohort share their weeks
def months_of_weeks(first: int, last: int) -> tuple[tuple[int, int], ...]:
    """The weeks from one ordinal to another, both included, each with the ordinal of its month; none where the last
    comes first.
    """
    return tuple((week, _month_of(week).ordinal) for week in range(first, last + 1))


@lru_cache(maxsize=1024)
def _weeks_of(month: int) -> tuple[Week, ...]:
    first = Week.of(Month(month).first_day)
    return tuple(first + n for n in range(6) if (first + n).month.ordinal == month)
