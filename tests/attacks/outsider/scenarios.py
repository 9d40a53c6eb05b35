"""A world for each rule in which the rule alone stands in the way: contract, days of entry, what people did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from tests.attacks.outsider import texts
from tests.attacks.outsider.attacking import Entry, World, courses_of
from tests.attacks.outsider.courses import Part, parts_of
from tests.attacks.outsider.documents import Terms, monday, read, week_named
from tests.attacks.outsider.tables import BY_REASON

MONDAY = date(2019, 12, 30)
RETENTION_OF_FOUR = 'period = "week"\nneeded = 4\ndays_from_enrolment = 56'
RETENTION = 'period = "week"\nneeded = 13\nwithin = 26\ndays_from_enrolment = 182'


def week(number: int) -> date:
    """The Monday of the so manieth week of 2020."""
    return MONDAY + timedelta(days=7 * (number - 1))


def does(terms: Terms, entry: Entry, wanted: Mapping[tuple[str, int], int], state: str = "") -> int:
    """A course that has so many units of a measure by the end of a window, all in one state where it is named."""
    parts = parts_of(terms)
    for place, row in enumerate(courses_of(terms, entry)):
        sums: dict[tuple[str, int], int] = dict.fromkeys(wanted, 0)
        for part, units in zip(parts, row, strict=True):
            if (part.measure, part.at) in sums and state in ("", part.state):
                sums[part.measure, part.at] += int(units)
        if sums == wanted:
            return place
    raise AssertionError(f"nobody of {entry.day} can do {wanted}")


@dataclass(frozen=True)
class Doing:
    """So many people of a first day, and how many units of a measure each has by the end of each window named."""

    entry: Entry
    many: int
    units: tuple[tuple[str, int, int], ...]
    state: str = ""


def world(terms: Terms, doing: Sequence[Doing]) -> World:
    people: dict[Entry, tuple[int, ...]] = {}
    for one in doing:
        wanted = {(measure, at): units for measure, at, units in one.units}
        people[one.entry] = (*people.get(one.entry, ()), *[does(terms, one.entry, wanted, one.state)] * one.many)
    return World(terms, people)


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


def given_back() -> World:
    """Everybody's four weeks are over; one was away for two of them and has them back in the second window."""
    terms = read(
        texts.contract(
            texts.measure("weeks", ["fleksjob"], "weeks_from_enrolment = 4"),
            texts.price("m"),
            texts.windows("2020-W01", [4, 2]),
            start=week(1),
            end=week(1),
            moved="neutral",
        )
    )
    usual, away = Entry(week(1)), Entry(week(1), back=2)
    return world(
        terms,
        [
            Doing(usual, 15, (("m", 0, 2),)),
            Doing(usual, 14, (("m", 0, 4),)),
            Doing(away, 1, (("m", 0, 1), ("m", 1, 3))),
        ],
    )


def given_back_of_two_measures() -> World:
    """Two weeks from enrolment, which are paid, and the first of them, which is not: one was away for four weeks. The
    payment says that she had one of her two weeks in the second window, and the total which."""
    terms = read(
        texts.contract(
            texts.measure("weeks", ["fleksjob"], "weeks_from_enrolment = 2"),
            texts.measure("weeks", ["fleksjob"], "weeks_from_enrolment = 1", name="n"),
            texts.price("m"),
            texts.windows("2020-W01", [4, 2]),
            start=week(1),
            end=week(1),
            moved="neutral",
            totals=texts.release("contract_total", ["operator"]),
        )
    )
    usual, away = Entry(week(1)), Entry(week(1), back=4)
    return world(
        terms,
        [
            Doing(usual, 15, (("m", 0, 2),)),
            Doing(usual, 14, (("m", 0, 0),)),
            Doing(away, 1, (("m", 1, 1), ("n", 1, 0))),
        ],
    )


def away_in_the_last_week() -> World:
    """Who is away in the second window keeps the outcome of the week before, and has no seven days: all others who are
    in the outcome then have them. So the one less the other is hers."""
    terms = read(
        texts.contract(
            texts.measure("people", ["fleksjob"], "sustained_weeks = 1", goal=20),
            texts.measure("days", ["fleksjob"], "needed = 7", name="n"),
            texts.price("m"),
            texts.price("n", 700),
            texts.windows("2020-W01", [1, 1]),
            start=week(1) + timedelta(days=6),
            end=week(1) + timedelta(days=6),
            moved="neutral",
        )
    )
    usual, away = Entry(terms.enrolment[0]), Entry(terms.enrolment[0], back=1, after=1)
    return world(
        terms,
        [
            Doing(usual, 15, (("m", 0, 1), ("m", 1, 1))),
            Doing(usual, 14, (("m", 0, 0), ("m", 1, 0))),
            Doing(away, 1, (("m", 0, 1), ("m", 1, 1), ("n", 1, 0))),
        ],
    )


def away_for_most_of_a_month() -> World:
    """Two months, and 35 days: all who have both months have the days. Who was away for three weeks of the first has
    its other week alone, which is all that is asked of it, and thirty days with those of the second."""
    day = date(2020, 2, 8)
    terms = read(
        texts.contract(
            texts.measure("retention", ["paid"], 'period = "month"\nneeded = 2', goal=20),
            texts.measure("days", ["paid"], "needed = 35", name="n"),
            texts.price("m"),
            texts.price("n", 700),
            texts.windows("2020-W06", [4, 4]),
            start=day,
            end=day,
            moved="neutral",
        )
    )
    return world(
        terms,
        [
            Doing(Entry(day), 15, (("m", 1, 1), ("n", 1, 1))),
            Doing(Entry(day), 14, (("m", 1, 0), ("n", 1, 0))),
            Doing(Entry(day, back=3, after=1), 1, (("m", 1, 1), ("n", 1, 0))),
        ],
    )


def left_and_in_no_outcome() -> World:
    """Why people are not counted, for the operator: five were away in the last four weeks, and nobody else can be under
    `left`. Who is one of them and knows three knows of the last one, once the cell says five."""
    terms = read(
        texts.contract(
            texts.measure("retention", ["fleksjob"], 'period = "week"\nneeded = 1', goal=20),
            texts.price("m"),
            texts.windows("2020-W01", [4, 2]),
            start=week(1),
            end=week(1),
            size=60,
            moved="neutral",
            totals=texts.release("contract_total", ["operator"]),
            disclosure='reasons_windows = ["w2"]\n',
        )
    )
    usual, away = Entry(week(1)), Entry(week(1), back=4, after=2)
    drawn = world(
        terms,
        [
            Doing(usual, 20, (("m", 0, 1),)),
            Doing(usual, 10, (("m", 0, 0), ("m", 1, 1))),
            Doing(usual, 25, (("m", 1, 0),)),
            Doing(away, 5, (("m", 1, 0),)),
        ],
    )
    return replace(drawn, known={away: 4})


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


def twins(*terms_of: str, begin: date, end: date, lengths: Sequence[int], doing: Sequence[Doing]) -> World:
    """Measures that are one for all but one person: the others have no time for what tells them apart."""
    terms = read(
        texts.contract(*terms_of, texts.price("n", 700), texts.windows("2020-W01", lengths), start=begin, end=end)
    )
    return world(terms, doing)


def one_who_did_the_first_alone(*terms: str) -> World:
    """Who came a week before 29 others reached `m` and not `n`; of the others each reached both or none."""
    early, late = Entry(week(2)), Entry(week(3))
    doing = [
        Doing(early, 1, (("m", 0, 1), ("n", 0, 0))),
        Doing(late, 14, (("m", 0, 1), ("n", 0, 1))),
        Doing(late, 15, (("m", 0, 0),)),
    ]
    return twins(*terms, begin=early.day, end=late.day, lengths=[4], doing=doing)


def with_a_gap() -> World:
    """Two weeks of any three, and two on end: who came a week before the others did the one and not the other."""
    return one_who_did_the_first_alone(
        texts.measure("retention", ["fleksjob"], 'period = "week"\nneeded = 2\nwithin = 3', goal=20),
        texts.measure("retention", ["fleksjob"], 'period = "week"\nneeded = 2', name="n"),
    )


def with_two_weeks_between() -> World:
    """Two weeks of any four, and of any three: who came a week before the others had two weeks with two between."""
    early, late = Entry(week(1)), Entry(week(2))
    return twins(
        texts.measure("retention", ["fleksjob"], 'period = "week"\nneeded = 2\nwithin = 4', goal=20),
        texts.measure("retention", ["fleksjob"], 'period = "week"\nneeded = 2\nwithin = 3', name="n"),
        begin=early.day,
        end=late.day,
        lengths=[4],
        doing=[
            Doing(early, 1, (("m", 0, 1), ("n", 0, 0))),
            Doing(late, 14, (("m", 0, 1), ("n", 0, 1))),
            Doing(late, 15, (("m", 0, 0),)),
        ],
    )


def in_the_first_week_and_the_fifth() -> World:
    """Seven days, and seven within 28: who begins on a Tuesday has six days in the first week and one in the fifth. To
    others the fifth week is worth nothing, or the first one enough."""
    usual, other = Entry(week(1)), Entry(week(1) + timedelta(days=1))
    return twins(
        texts.measure("days", ["fleksjob"], "needed = 7"),
        texts.measure("days", ["fleksjob"], "needed = 7\ndays_from_enrolment = 28", name="n"),
        texts.price("m"),
        begin=usual.day,
        end=other.day,
        lengths=[2, 2, 2],
        doing=[
            Doing(other, 1, (("m", 1, 0), ("m", 2, 1), ("n", 2, 1))),
            Doing(usual, 14, (("m", 0, 1), ("n", 0, 1))),
            Doing(usual, 8, (("m", 1, 0), ("m", 2, 1), ("n", 2, 0))),
            Doing(usual, 7, (("m", 2, 0),)),
        ],
    )


def paid_by_the_month() -> World:
    """Weeks, and seven days, that count where their month shows pay: who began with January has all five of its weeks,
    or none, and who came a week later four. So the weeks less five for each outcome are hers."""
    usual, other = Entry(week(1)), Entry(week(2))
    return twins(
        texts.measure("weeks", ["paid"], "weeks_from_enrolment = 6"),
        texts.measure("days", ["paid"], "needed = 7", name="n"),
        texts.price("m"),
        begin=usual.day,
        end=other.day,
        lengths=[5],
        doing=[
            Doing(other, 1, (("m", 0, 4), ("n", 0, 1))),
            Doing(usual, 14, (("m", 0, 5), ("n", 0, 1))),
            Doing(usual, 15, (("m", 0, 0),)),
        ],
    )


def six_days_and_one() -> World:
    """Seven days within 28. Who begins on a Tuesday has six in the first week and one in the last, and can reach it
    in the last window; everybody else began a week before, and had no day left by then."""
    terms = read(
        texts.contract(
            texts.measure("days", ["fleksjob"], "needed = 7\ndays_from_enrolment = 28"),
            texts.price("m"),
            texts.windows("2020-W01", [3, 2, 1]),
            start=week(1),
            end=week(2) + timedelta(days=1),
        )
    )
    usual, other = Entry(week(1)), Entry(week(2) + timedelta(days=1))
    return world(
        terms,
        [
            Doing(other, 1, (("m", 1, 0), ("m", 2, 1))),
            Doing(usual, 14, (("m", 0, 1),)),
            Doing(usual, 15, (("m", 2, 0),)),
        ],
    )


def one_class_alone(in_education: int) -> World:
    """A table of two classes, of which nearly all who reached anything are in one."""
    terms = read(
        texts.contract(
            texts.measure("people", ["fleksjob", "education"], "sustained_weeks = 1", goal=20),
            texts.price("m"),
            texts.windows("2020-W01", [4]),
            start=week(1),
            end=week(1),
            size=60,
            disclosure=texts.table("w1"),
        )
    )
    entry = Entry(week(1))
    drawn = world(
        terms,
        [
            Doing(entry, 10, (("m", 0, 0),)),
            Doing(entry, 50 - in_education, (("m", 0, 1),), "fleksjob"),
            Doing(entry, in_education, (("m", 0, 1),), "education"),
        ],
    )
    return replace(drawn, known={entry: in_education})


def one_reason_alone() -> World:
    """Why people are not counted, for the operator: all of them have work in the last week, and not for long enough."""
    terms = read(
        texts.contract(
            texts.measure("people", ["fleksjob"], "sustained_weeks = 2", goal=20),
            texts.price("m"),
            texts.windows("2020-W01", [4]),
            start=week(1),
            end=week(1),
            size=60,
            totals=texts.release("contract_total", ["operator"]),
            disclosure='reasons_windows = ["w1"]\n',
        )
    )
    entry, parts = Entry(week(1)), parts_of(terms)
    place = parts.index(Part(BY_REASON, 0, "not_long_enough"))
    late = int(np.nonzero(courses_of(terms, entry)[:, place])[0][0])
    return World(terms, {entry: (*[late] * 20, *[does(terms, entry, {("m", 0): 1})] * 40)})


def named_but_one() -> World:
    """All but one of thirty lost the outcome in the second window, and the operator is told their names."""
    terms = read(
        texts.contract(
            texts.measure("people", ["fleksjob"], "sustained_weeks = 1", goal=20),
            texts.price("m"),
            texts.notices(["w2"]),
            texts.windows("2020-W01", [2, 2]),
            start=week(1),
            end=week(1),
            totals=texts.release("contract_total", ["operator"]),
        )
    )
    entry = Entry(week(1))
    return world(terms, [Doing(entry, 29, (("m", 0, 1), ("m", 1, 0))), Doing(entry, 1, (("m", 0, 0), ("m", 1, 1)))])


def table_of_an_inner_window() -> Terms:
    """A table planned for a window of which its reader holds no total by itself: a block would tell it."""
    return read(
        texts.contract(
            texts.measure("retention", ["fleksjob"], 'period = "week"\nneeded = 2', goal=20),
            texts.price("m"),
            texts.windows("2020-W01", [2, 2, 2]),
            start=week(1),
            end=week(2),
            totals="\n".join(
                texts.release("contract_total", [who], shown)
                for who, shown in (("investor", ["w2", "w3"]), ("operator", ["w1", "w3"]))
            ),
            disclosure='reasons_windows = ["w2"]\n',
        )
    )


def by_days() -> World:
    """Fourteen days, and two weeks on end."""
    return one_who_did_the_first_alone(
        texts.measure("days", ["fleksjob"], "needed = 14"),
        texts.measure("retention", ["fleksjob"], 'period = "week"\nneeded = 2', name="n"),
        texts.price("m"),
    )


def in_two_states() -> World:
    """A week in one of two states, and one in each of them: only who has two weeks can have been in both."""
    early, late = Entry(week(3)), Entry(week(4))
    return twins(
        texts.measure("retention", ["fleksjob", "education"], 'period = "week"\nneeded = 1', goal=20),
        texts.measure("retention", ["fleksjob"], 'period = "week"\nneeded = 1', name="n"),
        texts.measure("retention", ["education"], 'period = "week"\nneeded = 1', name="p"),
        texts.price("p", 700),
        begin=early.day,
        end=late.day,
        lengths=[4],
        doing=[
            Doing(early, 1, (("m", 0, 1), ("n", 0, 1), ("p", 0, 1))),
            Doing(late, 14, (("m", 0, 1), ("n", 0, 1))),
            Doing(late, 15, (("m", 0, 0),)),
        ],
    )


def by_the_day() -> World:
    """Seven days, and a week: who begins on a Tuesday can have the first week without seven days, others cannot."""
    usual, other = Entry(week(1)), Entry(week(1) + timedelta(days=1))
    return twins(
        texts.measure("days", ["fleksjob"], "needed = 7"),
        texts.measure("retention", ["fleksjob"], 'period = "week"\nneeded = 1', name="n"),
        texts.price("m"),
        begin=usual.day,
        end=other.day,
        lengths=[2],
        doing=[
            Doing(other, 1, (("m", 0, 0), ("n", 0, 1))),
            Doing(usual, 14, (("m", 0, 1), ("n", 0, 1))),
            Doing(usual, 15, (("m", 0, 0),)),
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
