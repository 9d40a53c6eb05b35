"""All courses of one person of a first day, as the parts of figures that they amount to.

A course is a state, or none, in each run of weeks that matter. Where there are few such weeks each is a run of its own,
and the list is complete; else runs are cut at the edges of windows and of people's time, and what is found not to be
fixed is still not fixed, since two worlds of whole runs are two worlds.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import combinations, groupby, pairwise, product
from typing import Any

import numpy as np

from tests.attacks.outsider.documents import Terms, month_of, months_later, week_of
from tests.attacks.outsider.measures import (
    MEASURES,
    Held,
    Life,
    asked_pay,
    held_by,
    is_named,
    own_start,
    pay_months,
    reason_of,
)
from tests.attacks.outsider.tables import BY_REASON, REASONS
from tests.attacks.outsider.tariffs import worth_of

MOST = 2048  # courses that are enumerated of one first day


@dataclass(frozen=True, slots=True)
class Part:
    """Units of a measure by the end of a window in a state; under `earned` what the person earned under the caps, under
    `not_counted` one person by why it is not in the outcome with the threshold, and under `notice` who is named."""

    measure: str
    at: int
    state: str
    year: int = 0


@dataclass(frozen=True)
class Family:
    """The different courses of a first day: one a row, in the order of `parts_of(terms)`."""

    rows: np.ndarray
    is_complete: bool


EARNED, NOTICE = "earned", "notice"


@lru_cache(maxsize=64)
def parts_of(terms: Terms) -> tuple[Part, ...]:
    first, last = terms.enrolment[0].year, 2 + max(one.last for one in terms.windows) // 52
    years = range(first - 1, min(last, first + 12))
    found = []
    for at in range(len(terms.windows)):
        for measure in terms.measures:
            moves = any(one.get("of") == measure["id"] and "index" in one for one in terms.tariffs)
            for state in measure.get("states", ("",)):
                found += [Part(measure["id"], at, state, year) for year in (years if moves else (0,))]
        found.append(Part(EARNED, at, ""))
        if at in terms.notices_at:
            found.append(Part(NOTICE, at, ""))
        if 0 <= terms.reasons_at <= at and terms.goal:
            found += [Part(BY_REASON, at, reason) for reason in REASONS]
    return tuple(found)


@lru_cache(maxsize=64)
def _places(terms: Terms) -> Mapping[tuple[str, int, str, int], int]:
    return {(one.measure, one.at, one.state, one.year): place for place, one in enumerate(parts_of(terms))}


def row_of(terms: Terms, life: Life) -> tuple[int, ...]:
    held, places = held_by(terms, life), _places(terms)
    row = [0] * len(places)
    for measure, by_window in held.items():
        for at, units in enumerate(by_window):
            for (state, year), number in units.items():
                place = places.get((measure, at, state, 0))
                row[places[measure, at, state, year] if place is None else place] += number
    for at in range(len(terms.windows)):
        row[places[EARNED, at, "", 0]] = _earned(terms, held, at)
        goal = terms.measure(terms.goal)
        if at in terms.notices_at and goal is not None:
            row[places[NOTICE, at, "", 0]] = int(is_named(goal, terms, life, held[terms.goal], at))
        if 0 <= terms.reasons_at <= at and goal is not None and not any(held[terms.goal][at].values()):
            row[places[BY_REASON, at, reason_of(goal, terms, life, terms.windows[at].last), 0]] = 1
    return tuple(row)


def _earned(terms: Terms, held: Mapping[str, Held], at: int) -> int:
    amount = sum(
        worth_of(terms, tariff, state, year, units)
        for tariff in terms.tariffs
        if terms.measure(tariff.get("of", "")) is not None
        for (state, year), units in held[tariff["of"]][at].items()
    )
    return min(amount, terms.caps.get("person_minor", amount))


def _states(terms: Terms) -> list[str]:
    """States that some measure, price or table tells apart, and none."""
    goal = terms.measure(terms.goal)
    in_table = goal["states"] if goal is not None and terms.table_at >= 0 else []
    found: dict[tuple[object, ...], str] = {}
    for state in dict.fromkeys(one for measure in terms.measures for one in measure.get("states", ())):
        looks = tuple(state in measure.get("states", ()) for measure in terms.measures)
        prices = tuple(tariff.get("price_by_state", {}).get(state) for tariff in terms.tariffs)
        found.setdefault((looks, prices, state if state in in_table else ""), state)
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
        gap, start = max((b - a, a) for a, b in pairwise(bounds))
        if gap < 2:
            break
        cuts.add(start + gap // 2)
    runs: list[list[int]] = [[]]
    for week in weeks:
        if week in cuts and runs[-1]:
            runs.append([])
        runs[-1].append(week)
    return runs


def _lives(terms: Terms, of: Life) -> Iterator[tuple[Life, bool]]:
    states = _states(terms)
    matter = {week for one in terms.measures for week in MEASURES[one["kind"]].weeks(one, terms, of)}
    weeks = sorted(week for week in matter if week_of(of.start) <= week <= terms.windows[-1].last)
    paid = [one for one in terms.measures if one["kind"] in ("earnings", "pay")]
    months = _pay_months(terms, paid, of)
    thresholds = sorted({asked_pay(one) for one in paid})
    little = [1000] if any(one["kind"] == "pay" for one in paid) else []  # below every bound
    pays = list(product((0, *little, *thresholds, *[-one for one in thresholds[-1:]]), repeat=len(months)))
    room = max(1, MOST // len(pays))
    most = 0
    while len(states) > 1 and len(states) ** (most + 1) <= room:
        most += 1
    if len(weeks) > most:  # no list of them would be whole: then a short one will do
        most = max(1, most - 3)
    runs = _months(weeks) if is_by_month(terms) else _cut(terms, weeks, most) if weeks else []
    is_complete = is_by_month(terms) or all(len(run) == 1 for run in runs)
    for lived in (*_by_runs(states, runs), *([] if is_complete else _more(states, weeks))):
        for pay in pays:
            yield replace(of, states=lived, pay=dict(zip(months, pay, strict=True))), is_complete
    yield from ((replace(of, scores=scores), is_complete) for scores in _scores(terms, of))


def _scores(terms: Terms, of: Life) -> Iterator[dict[str, dict[date, int]]]:
    """The worst score at the start, and then none or the best at each follow-up: early, on its day, or late."""
    for measure in terms.measures:
        if measure["kind"] != "instrument":
            continue
        used, within = measure["instrument"], measure["follow_up_within_days"]
        worst, best = (used["lowest"], used["highest"])[:: 1 if used["better"] == "higher" else -1]
        days = [months_later(of.start, months) for months in measure["months"]]
        options = [[None, *(day + timedelta(days=shift) for shift in (-within, 0, within))] for day in days]
        for chosen in product(*options):
            yield {used["id"]: {of.start: worst, **{day: best for day in chosen if day is not None}}}


def is_by_month(terms: Terms) -> bool:
    """Whether weeks count by the pay of their month alone, so that those of one month count together."""
    return all(one["states"] == ["paid"] for one in terms.measures if "states" in one)


def _months(weeks: list[int]) -> list[list[int]]:
    return [list(run) for _, run in groupby(weeks, month_of)]


def _by_runs(states: list[str], runs: list[list[int]]) -> Iterator[dict[int, str]]:
    for choice in product(states, repeat=len(runs)):
        yield {week: state for run, state in zip(runs, choice, strict=True) for week in run}


def _more(states: list[str], weeks: list[int]) -> Iterator[dict[int, str]]:
    """Some of the courses that whole runs leave out: each stretch of a short life, and lives of a few changes."""
    draw = random.Random(len(weeks))
    if len(weeks) <= 16:
        for start, end in combinations(range(len(weeks) + 1), 2):
            yield from (dict.fromkeys(weeks[start:end], state) for state in states[1:])
    for _ in range(200):
        cuts = sorted(draw.sample(range(len(weeks)), min(4, len(weeks))))
        lived, state = {}, draw.choice(states)
        for place, week in enumerate(weeks):
            state = draw.choice(states) if place in cuts else state
            lived[week] = state
        yield lived


def _pay_months(terms: Terms, paid: list[Mapping[str, Any]], of: Life) -> list[int]:
    """A month of each year in each window whose pay counts: what is paid, or taken back, in one is as in another."""
    counted = sorted({month for one in paid for month in pay_months(one, terms, of)})
    by_window: dict[tuple[int, int], int] = {}
    for month in counted:
        at = next(at for at, one in enumerate(terms.windows) if month <= month_of(one.last))
        by_window[at, month // 12] = month
    amounts = {asked_pay(one) for one in paid}
    has_sums = any(one["kind"] == "pay" for one in paid)
    return sorted(by_window.values())[: (6 if len(amounts) < 2 else 5) - has_sums]


@lru_cache(maxsize=4096)
def family(terms: Terms, start: date, gone_from: int = 0, back: int = 0, after: int = 0) -> Family:
    """What people of a first day can amount to. Who left in a week amounts to nothing more; whoever was away under a
    neutral exit for so many weeks at the beginning has as many more at the end."""
    start, rows, is_complete = own_start(terms, start), {}, True
    away = frozenset(range(week_of(start) + after, week_of(start) + after + back))
    for life, whole in _lives(terms, Life(start, {}, {}, away)):
        is_complete = whole
        states = {week: one for week, one in life.states.items() if not gone_from or week < gone_from}
        pay = {month: one for month, one in life.pay.items() if not gone_from or month < month_of(gone_from)}
        rows[row_of(terms, replace(life, states=states, pay=pay, gone_from=gone_from))] = None
    return Family(np.array(list(rows), dtype=np.int64).reshape(len(rows), len(parts_of(terms))), is_complete)
