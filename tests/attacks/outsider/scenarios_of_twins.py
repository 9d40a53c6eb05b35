"""Worlds of measures that are one for all but one person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from tests.attacks.outsider import texts
from tests.attacks.outsider.attacking import Entry, World
from tests.attacks.outsider.documents import read
from tests.attacks.outsider.staged_worlds import Doing, week, world


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
