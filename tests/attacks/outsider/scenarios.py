"""A world for each rule in which the rule alone stands in the way: contract, days of entry, what people did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from tests.attacks.outsider import texts
from tests.attacks.outsider.attacking import Entry, World, courses_of
from tests.attacks.outsider.courses import parts_of
from tests.attacks.outsider.documents import monday, read, week_named
from tests.attacks.outsider.staged_worlds import Doing, week, world

RETENTION_OF_FOUR = 'period = "week"\nneeded = 4\ndays_from_enrolment = 56'
RETENTION = 'period = "week"\nneeded = 13\nwithin = 26\ndays_from_enrolment = 182'


def late_one(late: int = 1, reached: int = 0, *, one_block: bool = False) -> World:
    """30 people of whom some come half a year later: thirteen weeks of 26, and two windows. The time of the others ends
    in the first."""
    start, end = date(2018, 10, 1), date(2019, 3, 25)
    calendar = [texts.window("a", "2018-W40", "2019-W26"), texts.window("b", "2019-W27", "2019-W39")]
    calendar = [texts.window("ab", "2018-W40", "2019-W39")] if one_block else calendar
    terms = read(
        texts.contract(
            texts.measure("retention", ["fleksjob"], RETENTION),
            texts.price("m"),
            *calendar,
            start=start,
            end=end,
            totals=texts.release("contract_total", ["operator", "investor"]),
        )
    )
    last = len(calendar) - 1
    return world(
        terms,
        [
            Doing(Entry(start), 12, (("m", 0, 1),)),
            Doing(Entry(start), 18 - late, (("m", last, 0),)),
            Doing(Entry(end), late, (("m", last, reached), *([] if one_block else [("m", 0, 0)]))),
        ],
    )


def early_one() -> World:
    """Weeks and people of one token: who comes in the last week has as many weeks as outcomes; one came before."""
    terms = read(
        texts.contract(
            texts.measure("people", ["fleksjob"], "sustained_weeks = 1", goal=20),
            texts.measure("weeks", ["fleksjob"], "weeks_from_enrolment = 20", name="n"),
            texts.price("m"),
            texts.windows("2020-W01", [4]),
            start=week(3),
            end=week(4),
        )
    )
    early, late = Entry(week(3)), Entry(week(4))
    return world(
        terms,
        [
            Doing(early, 1, (("m", 0, 1), ("n", 0, 2))),
            Doing(late, 12, (("m", 0, 1),)),
            Doing(late, 17, (("m", 0, 0),)),
        ],
    )


def priced_by_year() -> World:
    """A price for each year, in which one person alone can have weeks of the last: the amount is a code."""
    start, end = monday(week_named("2019-W40")), monday(week_named("2020-W10"))
    index = '[[indices]]\nid = "i"\nsource = "a table"\nvalues = { 2019 = 100, 2020 = 101, 2021 = 1300 }\n'
    terms = read(
        texts.contract(
            index,
            texts.measure("weeks", ["fleksjob"], "weeks_from_enrolment = 52"),
            texts.price("m", 100, 'index = "i"\nbase_year = 2019'),
            texts.window("all", "2019-W40", "2021-W05"),
            start=start,
            end=end,
        )
    )
    many = courses_of(terms, Entry(start))
    middle = np.arange(29) * 7 % len(many)
    return World(terms, {Entry(start): tuple(int(one) for one in middle), Entry(end): (1,)})


def capped_one() -> World:
    """A person's cap of three weeks, which one person alone can pass."""
    terms = read(
        texts.contract(
            texts.measure("weeks", ["fleksjob"], "weeks_from_enrolment = 20"),
            texts.price("m", 100),
            "[caps]\nperson_minor = 300\n",
            texts.windows("2020-W01", [5]),
            start=week(1),
            end=week(3),
        )
    )
    early, late = Entry(week(1)), Entry(week(3))
    return world(
        terms,
        [
            Doing(early, 1, (("m", 0, 5),)),
            Doing(late, 10, (("m", 0, 2),)),
            Doing(late, 10, (("m", 0, 1),)),
            Doing(late, 9, (("m", 0, 0),)),
        ],
    )


def heavy_one() -> World:
    """One person with 13 possible weeks among 24 with one: 31 in all."""
    terms = read(
        texts.contract(
            texts.measure("weeks", ["fleksjob"], "weeks_from_enrolment = 20"),
            texts.price("m"),
            texts.windows("2020-W01", [13]),
            start=week(1),
            end=week(13),
            size=25,
        )
    )
    return world(
        terms, [Doing(Entry(week(1)), 1, (("m", 0, 13),)), Doing(Entry(week(13)), 18, (("m", 0, 1),)),
                Doing(Entry(week(13)), 6, (("m", 0, 0),))]
    )  # fmt: skip


def by_state() -> World:
    """A price for each state beside the count: 4 in a job at 4, and one in education at 3."""
    prices = {"fleksjob": 4000, "education": 3000}
    terms = read(
        texts.contract(
            texts.measure("follow_up", ["fleksjob", "education"], "months = [1]"),
            texts.price("m", prices),
            texts.windows("2020-W01", [13]),
            start=week(1),
            end=week(1),
        )
    )
    entry, parts = Entry(week(1)), parts_of(terms)
    held: dict[str, int] = {}
    for place, row in enumerate(courses_of(terms, entry)):
        states = [part.state for part, units in zip(parts, row, strict=True) if units and part.measure == "m"]
        held.setdefault("".join(states), place)
    return World(terms, {entry: (held["education"], *[held["fleksjob"]] * 4, *[held[""]] * 25)})


def split_one() -> World:
    """A table of two classes, and weeks in one of them: all but one begin in the last week, and have as many weeks in
    the class as they are people in it."""
    terms = read(
        texts.contract(
            texts.measure("people", ["fleksjob", "education"], "sustained_weeks = 1", goal=20),
            texts.measure("weeks", ["fleksjob"], "weeks_from_enrolment = 20", name="n"),
            texts.price("m"),
            texts.windows("2020-W01", [4]),
            start=week(3),
            end=week(4),
            size=60,
            disclosure=texts.table("w1"),
        )
    )
    early, late = Entry(week(3)), Entry(week(4))
    return world(
        terms,
        [
            Doing(early, 1, (("m", 0, 1), ("n", 0, 2)), "fleksjob"),
            Doing(late, 29, (("m", 0, 1), ("n", 0, 1)), "fleksjob"),
            Doing(late, 20, (("m", 0, 1), ("n", 0, 0)), "education"),
            Doing(late, 10, (("m", 0, 0), ("n", 0, 0))),
        ],
    )


def answered(
    threshold: int, early: int, reached: int, *, late_reached: int = 0, lengths: Sequence[int] = (13,), begin: int = 12
) -> World:
    """Ten people of whom the investor is told met or not met: so many begin in the first week, the others in a later
    one; four weeks on end are an outcome. The late ones reach it in the last window, or have no time for it."""
    terms = read(
        texts.contract(
            texts.measure("retention", ["fleksjob"], RETENTION_OF_FOUR, goal=threshold),
            texts.price("m"),
            texts.windows("2020-W01", lengths),
            start=week(1),
            end=week(begin),
            size=10,
            totals=texts.release("predicate", ["investor"]),
        )
    )
    first, last = Entry(week(1)), Entry(week(begin))
    at = len(lengths) - 1
    doing = [
        Doing(first, reached, (("m", 0, 1),)),
        Doing(first, early - reached, (("m", at, 0),)),
        Doing(last, late_reached, (("m", 0, 0), ("m", at, 1))),
        Doing(last, 10 - early - late_reached, (("m", at, 0),)),
    ]
    return world(terms, [one for one in doing if one.many])
