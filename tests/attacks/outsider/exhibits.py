"""Whether a contract lets somebody be fixed, whoever begins when; and a world that shows it.

Of people of unknown days somebody is alone with what nobody else can do where one begins on one day and everybody else
on another: with more days between them there are only more people who can. So all pairs of days are tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from tests.attacks.outsider.attacking import (
    Entry,
    World,
    courses_of,
    groups_of,
    isolating,
    isolation_of,
    learn,
)
from tests.attacks.outsider.documents import Release, Terms, week_of
from tests.attacks.outsider.drawn import first_days
from tests.attacks.outsider.measures import own_start
from tests.attacks.outsider.rules import is_dominated
from tests.attacks.outsider.solver import Fixed, bounds
from tests.attacks.outsider.views import Figure, Reading, answers_of, figures_of, held_releases

MOST_DAYS = 40


@dataclass(frozen=True)
class Exhibit:
    """A world of the contract, and what is fixed in it, or which values are excluded of one person."""

    world: World
    roles: tuple[str, ...]
    said: str


def _days(terms: Terms) -> list[date]:
    """Days that may differ: all, or one a week where a measure reads no more of a start than its week."""
    by_week = all(one["kind"] in ("weeks", "people") or "days_from" not in str(one) for one in terms.measures)
    by_week = by_week and all(one["kind"] in ("weeks", "people", "retention") for one in terms.measures)
    months = any(one.get("period") == "month" for one in terms.measures)
    found: dict[date, date] = {}
    for day in first_days(terms):
        start = own_start(terms, day)
        found.setdefault(
            start if not by_week or months else date.fromordinal((start.toordinal() - 1) // 7 * 7 + 1), day
        )
    days = list(found.values())
    step = len(days) // MOST_DAYS + 1
    return [*days[::step], *days[-1:]] if step > 1 else days


def views_of(terms: Terms) -> Iterator[tuple[tuple[str, ...], list[Release]]]:
    for roles in dict.fromkeys(terms.parties().values()):
        held = held_releases(terms, roles)
        if any(one.template == "contract_total" for one in held):
            yield tuple(sorted(roles)), held


def pairs(terms: Terms) -> Iterator[dict[Entry, int]]:
    """Everybody on one day, but for one on another, who stands last; one who was away and has the time back, too. Where
    time begins with the batch, as many on each day as the contract says."""
    if terms.cut_offs:
        yield from _by_batch(terms)
        return
    days = _days(terms)
    for usual in days:
        for other in days:
            if other != usual:
                yield {Entry(usual): terms.size - 1, Entry(other): 1}
        yield from ({Entry(usual): terms.size - 1, away: 1} for away in _away(terms, usual))


def _away(terms: Terms, day: date) -> list[Entry]:
    """Somebody of a day who left for some weeks and has them back, where the contract gives them."""
    weeks = {1, 2, 3, *(one.last + 1 - week_of(own_start(terms, day)) for one in terms.windows[:-1])}
    found = [Entry(day, back=one, after=after) for after in range(3) for one in sorted(weeks) if one > 0]
    return found if terms.gives_time_back else []


def _by_batch(terms: Terms) -> Iterator[dict[Entry, int]]:
    smallest_last = sorted(terms.cut_offs, key=lambda one: -one[1])
    count = {Entry(day): many for day, many in smallest_last}
    yield count
    for day, many in smallest_last:
        for away in _away(terms, day):
            left = {Entry(day): many - 1} if many > 1 else {}
            yield {**{entry: some for entry, some in count.items() if entry.day != day}, **left, away: 1}


def isolations(terms: Terms) -> Iterator[tuple[tuple[str, ...], list[Release], dict[Entry, int]]]:
    """Views and days under which some combination is about one person, beyond what payment documents tell."""
    for roles, held in views_of(terms):
        wide = figures_of(terms, held, Reading(expands=True))
        paid = figures_of(terms, [one for one in held if one.template == "payment_document"], Reading(expands=True))
        for count in pairs(terms):
            if isolation_of(terms, count, wide, terms.k_cohort, paid)[0] is not None:
                yield roles, held, count


def exhibit(terms: Terms, most: int = 60) -> Exhibit | None:
    """A world in which somebody is proved to be fixed, or values of one person are excluded; None for none found."""
    for tried, (roles, held, count) in enumerate(isolations(terms)):
        if tried == most:
            break
        for world in _worlds(terms, count, held):
            if (learned := learn(world, held)).by_structure:
                return Exhibit(world, roles, _said(learned.by_structure))
    return _excluded(terms) or _decoded(terms)


def _said(fixed: list[Fixed]) -> str:
    return f"fixed: {fixed[0].people} of {fixed[0].group}"


def _worlds(terms: Terms, count: dict[Entry, int], held: list[Release]) -> Iterator[World]:
    """The last ones do nothing, everything, and each thing between; the others all sorts."""
    [*usual, (other, few)] = count.items()
    led = {
        entry: tuple(int(one) for one in np.arange(many) * 7 % len(courses_of(terms, entry))) for entry, many in usual
    }
    rows = len(courses_of(terms, other))
    for course in range(min(12, rows)):
        yield World(terms, {**led, other: (course * (rows - 1) // 11 if rows > 12 else course,) * few})


def _excluded(terms: Terms) -> Exhibit | None:
    """Where one person is too much of a total: half is reached, and some value of that person is excluded."""
    for roles, held in views_of(terms):
        figures = figures_of(terms, held, Reading())
        for count in pairs(terms):
            [*usual, (other, few)] = count.items()
            if other.back or not any(is_dominated(terms, count, one, 10) for one in figures):
                continue
            best = int((courses_of(terms, other) @ figures[0].column).argmax())
            world = World(terms, {other: (best,) * few, **{entry: (0,) * many for entry, many in usual}})
            groups = groups_of(world, figures, isolating(world, figures))
            for fact in range(groups[0].facts.shape[1]):
                values = np.unique(groups[0].facts[:, fact])
                if len(values) > 1 and bounds(groups, 0, fact) != (values[0], values[-1]):
                    return Exhibit(world, roles, f"values excluded of one person of {other.day}")
    return None


def _decoded(terms: Terms) -> Exhibit | None:
    """Where states have prices of their own: of five people each split has an amount of its own."""
    for roles, held in views_of(terms):
        priced = [one for one in terms.tariffs if len(set(one.get("price_by_state", {}).values())) > 1]
        if priced and held:
            day = _days(terms)[0]
            first, second = sorted(priced[0]["price_by_state"].values())[:2]
            units = [(a, b) for a in range(6) for b in range(6 - a)]
            if len({a * first + b * second for a, b in units if a + b == 5}) == 6:
                world = World(terms, {Entry(day): tuple([0] * terms.size)})
                return Exhibit(world, roles, f"of 5 people each split has an amount of its own ({first} and {second})")
    return None


def answered_by_all(terms: Terms) -> Exhibit | None:
    """A world in which an answer of met, or of not met, is about each of those who can be in the figure."""
    answer, able, unable = _asked(terms)
    for people, does in ((terms.size, 0), (terms.size, 1), (answer.threshold, 1)) if able else ():
        if people < terms.size and not unable:
            continue
        parts = courses_of(terms, able[-1]) @ answer.column
        led = {able[-1]: (int(np.nonzero(parts == does)[0][0]),) * people}
        led |= {unable[-1]: (0,) * (terms.size - people)} if people < terms.size else {}
        world = World(terms, led)
        if fixed := learn(world, [one for one in terms.releases if one.template == "predicate"]).by_none_or_all:
            return Exhibit(world, ("investor",), _said(fixed))
    return None


def spread_out(terms: Terms) -> World:
    """Everybody begins on the first day, and they lead all sorts of courses."""
    entry = Entry(_days(terms)[0])
    return World(terms, {entry: tuple(int(one) for one in np.arange(terms.size) * 7 % len(courses_of(terms, entry)))})


def is_open(terms: Terms) -> bool:
    """Whether somebody can be in the figure of the answer at all: else it says what everybody knows."""
    return bool(_asked(terms)[1])


def _asked(terms: Terms) -> tuple[Figure, list[Entry], list[Entry]]:
    """What is answered, the first days of those who can be in it, and of those who cannot."""
    [answer, *_] = answers_of(terms, list(terms.releases))
    can = {day: bool((courses_of(terms, Entry(day)) @ answer.column).any()) for day in _days(terms)}
    able, unable = ([Entry(day) for day in can if can[day] == wanted] for wanted in (True, False))
    return answer, able, unable
