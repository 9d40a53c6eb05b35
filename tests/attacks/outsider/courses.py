"""All courses of one person of a first day, as the parts of figures that they amount to.

A course is a state, or none, in each run of weeks that matter. Where there are few such weeks each is a run of its own,
and the list is complete; else runs are cut at the edges of windows and of people's time, and what is found not to be
fixed is still not fixed, since two worlds of whole runs are two worlds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import product

import numpy as np

from tests.attacks.outsider.documents import Terms
from tests.attacks.outsider.measures import MEASURES, STILL, Held, Life, asked_pay, first_week, held_by, pay_months
from tests.attacks.outsider.tariffs import price_of

MOST = 3000  # courses that are enumerated of one first day


@dataclass(frozen=True, slots=True)
class Part:
    """Units of a measure by the end of a window in a state, or (`earned`) what the person earned under the caps."""

    measure: str
    at: int
    state: str
    year: int = 0


@dataclass(frozen=True)
class Family:
    """The different courses of a first day: one a row, in the order of `parts_of(terms)`."""

    rows: np.ndarray
    is_complete: bool


EARNED = "earned"


@lru_cache(maxsize=64)
def parts_of(terms: Terms) -> tuple[Part, ...]:
    first, last = terms.enrolment[0].year, 2 + max(one.last for one in terms.windows) // 52
    years = range(first - 1, min(last, first + 12))
    found = []
    for at in range(len(terms.windows)):
        for measure in terms.measures:
            moves = any(one.get("of") == measure["id"] and "index" in one for one in terms.tariffs)
            for state in measure["states"]:
                found += [Part(measure["id"], at, state, year) for year in (years if moves else (0,))]
        found.append(Part(EARNED, at, ""))
    return tuple(found)


def row_of(terms: Terms, life: Life) -> list[int]:
    held = held_by(terms, life)
    return [_units(terms, held, part) for part in parts_of(terms)]


def _units(terms: Terms, held: Mapping[str, Held], part: Part) -> int:
    if part.measure == EARNED:
        return _earned(terms, held, part.at)
    return sum(
        units
        for (state, year), units in held[part.measure][part.at].items()
        if state == part.state and part.year in (0, year)
    )


def _earned(terms: Terms, held: Mapping[str, Held], at: int) -> int:
    amount = sum(
        price_of(terms, tariff, state, year) * units
        for tariff in terms.tariffs
        if terms.measure(tariff.get("of", "")) is not None
        for (state, year), units in held[tariff["of"]][at].items()
    )
    return min(amount, terms.caps.get("person_minor", amount))


def _states(terms: Terms) -> list[str]:
    """States that some measure or price tells apart, and none."""
    found: dict[tuple[object, ...], str] = {}
    for state in dict.fromkeys(one for measure in terms.measures for one in measure["states"]):
        looks = tuple(state in measure["states"] for measure in terms.measures)
        prices = tuple(tariff.get("price_by_state", {}).get(state) for tariff in terms.tariffs)
        found.setdefault((looks, prices), state)
    return ["", *found.values()]


def _cut(terms: Terms, weeks: list[int], most: int) -> list[list[int]]:
    """At most so many runs: at the edges first, then evenly."""
    if len(weeks) <= most:
        return [[week] for week in weeks]
    edges = [one.first for one in terms.windows]
    edges += [one.last + 1 - measure.get("sustained_weeks", 1) for one in terms.windows for measure in terms.measures]
    edges += [weeks[0] + measure.get("weeks_from_enrolment", 0) for measure in terms.measures]
    edges += [weeks[0] + measure.get("needed", 0) for measure in terms.measures if measure.get("period") == "week"]
    edges += [weeks[0] + (measure.get("needed", 0) + 6) // 7 for measure in terms.measures if measure["kind"] == "days"]
    edges += [weeks[0] + measure.get("days_from_enrolment", 0) // 7 for measure in terms.measures]
    inside = [edge for edge in dict.fromkeys(edges) if weeks[0] < edge <= weeks[-1]]
    cuts = set(inside[: most - 1])
    while len(cuts) < most - 1:
        bounds = sorted({weeks[0], *cuts, weeks[-1] + 1})
        gap, start = max((b - a, a) for a, b in zip(bounds, bounds[1:], strict=False))
        if gap < 2:
            break
        cuts.add(start + gap // 2)
    runs: list[list[int]] = [[]]
    for week in weeks:
        if week in cuts and runs[-1]:
            runs.append([])
        runs[-1].append(week)
    return runs


def _lives(terms: Terms, start: date) -> Iterator[tuple[Life, bool]]:
    states = _states(terms)
    matter = {week for one in terms.measures for week in MEASURES[one["kind"]].weeks(one, terms, start)}
    weeks = sorted(week for week in matter if first_week(terms, start) <= week <= terms.windows[-1].last)
    paid = [one for one in terms.measures if one["kind"] == "earnings"]
    months = sorted({month for one in paid for month in pay_months(one, terms, Life(start, {}))})
    months = months if len(months) <= 6 else months[:: len(months) // 6 + 1]
    pays = list(product((0, max(map(asked_pay, paid)), -max(map(asked_pay, paid))), repeat=len(months))) if paid else [()]
    if len(pays) > MOST // 4:
        pays = pays[:: len(pays) // (MOST // 4) + 1]
    room = max(1, MOST // len(pays))
    most = 0
    while len(states) ** (most + 1) <= room:
        most += 1
    runs = _cut(terms, weeks, most) if weeks else []
    is_complete = all(len(run) == 1 for run in runs) and len(months) <= 6
    for choice in product(states, repeat=len(runs)):
        lived = {week: state for run, state in zip(runs, choice, strict=True) for week in run}
        for pay in pays:
            yield Life(start, lived, dict(zip(months, pay, strict=True))), is_complete


@lru_cache(maxsize=4096)
def family(terms: Terms, start: date, gone_from: int = 0, back: int = 0) -> Family:
    """What people of a first day can amount to. Who left in a week amounts to nothing more; whoever was away under a
    neutral exit for so many weeks at the beginning has as many more at the end."""
    rows, is_complete = {}, True
    for life, whole in _lives(terms, start):
        is_complete = whole
        states = life.states
        if gone_from:
            states = {week: state for week, state in states.items() if week < gone_from}
        if back:
            away = {first_week(terms, start) + week: STILL for week in range(back)}
            states = {**{week + back: state for week, state in states.items()}, **away}
        rows[tuple(row_of(terms, Life(start, states, life.pay)))] = None
    return Family(np.array(list(rows), dtype=np.int64).reshape(len(rows), len(parts_of(terms))), is_complete)
