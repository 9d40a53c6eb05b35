"""The day on which something happens in Denmark: instants are UTC everywhere else, and a Danish day begins before."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

DENMARK = ZoneInfo("Europe/Copenhagen")


def danish_day(instant: datetime) -> date:
    """The day that it is in Denmark at an aware instant."""
    return instant.astimezone(DENMARK).date()


def danish_midnight(day: date) -> datetime:
    """The instant at which a day begins in Denmark, aware."""
    return datetime.combine(day, time.min, tzinfo=DENMARK)
