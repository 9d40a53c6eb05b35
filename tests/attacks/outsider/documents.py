"""A contract as plain data, read from its text as docs/outcome-rules.md and docs/attestation-format.md explain it.

A week is a number: Mondays since the year 1. A window is its place in the calendar, its first and its last week.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache, cached_property
from typing import Any


def week_of(day: date) -> int:
    return (day.toordinal() - 1) // 7


def week_named(text: str) -> int:
    """`2020-W05` as a number."""
    year, week = text.split("-W")
    return week_of(date.fromisocalendar(int(year), int(week), 1))


def name_of(week: int) -> str:
    year, number, _ = monday(week).isocalendar()
    return f"{year}-W{number:02}"


def monday(week: int) -> date:
    return date.fromordinal(week * 7 + 1)


@cache
def year_of(week: int) -> int:
    return (monday(week) + timedelta(days=3)).year


@cache
def month_of(week: int) -> int:
    """The month of the week's Thursday: months since the year 0."""
    thursday = monday(week) + timedelta(days=3)
    return thursday.year * 12 + thursday.month - 1


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last of a month that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Window:
    label: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Release:
    template: str
    recipient: str
    at: int  # the window's place in the calendar
    of_block: int | None = None  # the end of the block before, -1 for none, where windows are told together

    @property
    def since(self) -> int:
        """The place of the window behind which its figures begin."""
        return self.at - 1 if self.of_block is None else self.of_block


@dataclass(frozen=True)
class Terms:
    """What a contract file says, as far as somebody who holds its releases needs it."""

    text: str = field(repr=False)
    raw: Mapping[str, Any] = field(repr=False)
    windows: tuple[Window, ...]
    releases: tuple[Release, ...]

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Terms) and self.text == other.text

    @property
    def measures(self) -> list[Mapping[str, Any]]:
        return self.raw.get("measures", [])

    @property
    def tariffs(self) -> list[Mapping[str, Any]]:
        return self.raw["tariffs"]

    @property
    def caps(self) -> Mapping[str, Any]:
        return self.raw.get("caps", {})

    @property
    def size(self) -> int:
        return self.raw["cohort"]["size"]

    @property
    def enrolment(self) -> tuple[date, date]:
        return self.raw["cohort"]["enrolment_from"], self.raw["cohort"]["enrolment_to"]

    @property
    def k(self) -> int:
        return self.raw["disclosure"]["k"]

    @property
    def k_cohort(self) -> int:
        return self.raw["disclosure"]["k_cohort"]

    @cached_property
    def cut_offs(self) -> tuple[tuple[date, int], ...]:
        """The days on which time begins, and for how many people; none where each begins on a day of their own."""
        cohort = self.raw["cohort"]
        closing = cohort["batches"] if cohort.get("time_from") == "batch" else []
        return tuple((one["cut_off"], one["size"]) for one in closing)

    @cached_property
    def paused(self) -> frozenset[int]:
        spans = [(week_named(one["from_week"]), week_named(one["to_week"])) for one in self.raw.get("pauses", [])]
        return frozenset(week for first, last in spans for week in range(first, last + 1))

    @property
    def gives_time_back(self) -> bool:
        """Whether a register shows an exit for a while under which the person's time stands still."""
        return self.raw.get("exits", {}).get("moved") == "neutral"

    @cached_property
    def table_at(self) -> int:
        """The place of the one window with a table by class; -1 for none."""
        [label, *_] = [*self.raw["disclosure"].get("breakdown_windows", []), ""]
        return next((at for at, one in enumerate(self.windows) if one.label == label), -1)

    @cached_property
    def reasons_at(self) -> int:
        """The place of the one window for which the operator is told why people are in no outcome; -1 for none."""
        [label, *_] = [*self.raw["disclosure"].get("reasons_windows", []), ""]
        return next((at for at, one in enumerate(self.windows) if one.label == label), -1)

    @cached_property
    def notices_at(self) -> tuple[int, ...]:
        """The places of the windows in which the operator is told, by name, who is not in the outcome any more."""
        named = {label for one in self.raw.get("statements", []) for label in one["windows"]}
        return tuple(at for at, one in enumerate(self.windows) if one.label in named)

    @cached_property
    def goal(self) -> str:
        """The measure with the threshold: its count is `outcomes_achieved`, and the tables are about it."""
        return next((one["id"] for one in self.measures if "threshold_people" in one), "")

    def measure(self, name: str) -> Mapping[str, Any] | None:
        return next((one for one in self.measures if one["id"] == name), None)

    def organisation(self, role: str) -> str:
        return self.raw["parties"].get(role, {}).get("organisation", role)

    def parties(self) -> dict[str, frozenset[str]]:
        """Each recipient with those that are the same organisation, and all of them together."""
        roles = sorted({one.recipient for one in self.releases})
        views = {
            role: frozenset(other for other in roles if self.organisation(other) == self.organisation(role))
            for role in roles
        }
        return {**views, "all together": frozenset(roles)}


def read(text: str) -> Terms:
    """A contract file. Lists of windows may be the word `all`."""
    raw = tomllib.loads(text)
    windows = tuple(
        Window(one["label"], week_named(one["from_week"]), week_named(one["to_week"])) for one in raw["windows"]
    )
    places = {one.label: at for at, one in enumerate(windows)}
    releases = tuple(
        Release(one["template"], recipient, places[label])
        for one in raw["releases"]
        for recipient in one["recipients"]
        for label in (places if one["windows"] == "all" else one["windows"])
    )
    return Terms(text, raw, windows, releases)
