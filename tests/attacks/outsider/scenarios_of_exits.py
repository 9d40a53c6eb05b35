"""Worlds in which somebody was away while time stood still: what is had back, or counted of her alone, is hers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from tests.attacks.outsider import texts
from tests.attacks.outsider.attacking import Entry, World
from tests.attacks.outsider.documents import Terms, read
from tests.attacks.outsider.staged_worlds import MONDAY, Doing, Units, week, world


def one_away(
    terms: Terms, back: int, *, after: int = 0, reached: Units, missed: Units, hers: Units, begin: date = MONDAY
) -> World:
    """Fifteen people reached so much and fourteen so little; one, who was away for so many weeks, what is hers."""
    usual, away = Entry(begin), Entry(begin, back=back, after=after)
    return world(terms, [Doing(usual, 15, reached), Doing(usual, 14, missed), Doing(away, 1, hers)])


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
    return one_away(terms, 2, reached=(("m", 0, 4),), missed=(("m", 0, 2),), hers=(("m", 0, 1), ("m", 1, 3)))


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
    return one_away(terms, 4, reached=(("m", 0, 2),), missed=(("m", 0, 0),), hers=(("m", 1, 1), ("n", 1, 0)))


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
    reached, missed = (("m", 0, 1), ("m", 1, 1)), (("m", 0, 0), ("m", 1, 0))
    hers = (*reached, ("n", 1, 0))
    return one_away(terms, 1, after=1, reached=reached, missed=missed, hers=hers, begin=terms.enrolment[0])


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
    reached, missed = (("m", 1, 1), ("n", 1, 1)), (("m", 1, 0), ("n", 1, 0))
    hers = (("m", 1, 1), ("n", 1, 0))
    return one_away(terms, 3, after=1, reached=reached, missed=missed, hers=hers, begin=day)


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
