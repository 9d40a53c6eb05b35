"""What each kind of measure counts of one person, week by week, from the words of docs/outcome-rules.md.

`held` is what a life amounts to by the end of each window: units by state and by the year of the week in which they
were earned. `weeks` are the weeks of a life that can matter to it at all. A kind that is missing here fails the build.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Any, TypeAlias

from tests.attacks.outsider.documents import Terms, monday, month_of, months_later, week_of, year_of

Held: TypeAlias = list[Counter[tuple[str, int]]]
Terms_: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Life:
    """One person's weeks: from `start` on, a state or nothing; and pay by month, in minor units."""

    start: date
    states: Mapping[int, str]
    pay: Mapping[int, int] = field(default_factory=dict)
    still: frozenset[int] = frozenset()  # weeks of an exit during which time stands still
    scores: Mapping[str, Mapping[date, int]] = field(default_factory=dict)  # by instrument and day
    gone_from: int = 0  # the week in which somebody left for good; 0 for nobody who did


def own_start(terms: Terms, enrolled: date) -> date:
    """The first day that may count: that of the enrolment, or of the next cut-off, or the Monday after it."""
    after = terms.raw.get("qualification", {}).get("first_week") == "week_after_enrolment"
    begun = next((day for day, _ in terms.cut_offs if day >= enrolled), enrolled)
    return monday(week_of(begun) + 1) if after else begun


def asked_weeks(terms: Terms, life: Life) -> tuple[int, ...]:
    """The weeks that are asked about: neither paused nor standing still."""
    return _asked(terms, life.start, life.still)


@lru_cache(maxsize=4096)
def _asked(terms: Terms, start: date, still: frozenset[int]) -> tuple[int, ...]:
    weeks = range(week_of(start), terms.windows[-1].last + 1)
    return tuple(week for week in weeks if week not in terms.paused and week not in still)


def _in_time(measure: Terms_, terms: Terms, life: Life) -> tuple[int, ...]:
    """Weeks within the person's time. Days that a pause or an exit takes are given back at the end."""
    weeks = asked_weeks(terms, life)
    if "weeks_from_enrolment" in measure:
        weeks = weeks[: measure["weeks_from_enrolment"]]
    return weeks


def last_day(measure: Terms_, terms: Terms, life: Life) -> date | None:
    if "days_from_enrolment" not in measure:
        return None
    lost = terms.paused | life.still
    end = life.start + timedelta(days=measure["days_from_enrolment"] - 1)
    for week in sorted(one for one in lost if one >= week_of(life.start)):
        if monday(week) <= end:
            end += timedelta(days=7)
    return end


def _state_for(measure: Terms_, terms: Terms, states: Sequence[str]) -> str:
    """For which state an outcome counts whose weeks lie in several."""
    match measure.get("outcome_state", "last"):
        case "most":
            most = max(states.count(one) for one in states)
            return [one for one in states if states.count(one) == most][-1]
        case "lowest":
            prices: dict[str, int] = {}
            for tariff in terms.tariffs:
                if tariff.get("of") == measure["id"]:
                    prices |= tariff.get("price_by_state", {})
            return min(states, key=lambda one: prices.get(one, 0))
        case _:
            return states[-1]


def _since(terms: Terms, reached: tuple[int, str] | None) -> Held:
    """Reached once, in a week: from then on it stays."""
    found = []
    for window in terms.windows:
        has = reached is not None and reached[0] <= window.last
        found.append(Counter({(reached[1], year_of(reached[0])): 1}) if has and reached else Counter())
    return found


def _weeks_held(measure: Terms_, terms: Terms, life: Life) -> Held:
    counts = [week for week in _in_time(measure, terms, life) if life.states.get(week) in measure["states"]]
    units = [(life.states[week], year_of(week)) for week in counts]
    return [Counter(units[: bisect_right(counts, window.last)]) for window in terms.windows]


def _people_held(measure: Terms_, terms: Terms, life: Life) -> Held:
    found, in_time = [], _in_time(measure, terms, life)
    for window in terms.windows:
        by_end = bisect_right(in_time, window.last)
        weeks = in_time[max(0, by_end - measure["sustained_weeks"]) : by_end]
        states = [life.states.get(week, "") for week in weeks]
        has = len(weeks) == measure["sustained_weeks"] and all(one in measure["states"] for one in states)
        year = year_of(_full_since(in_time[:by_end], measure, life)) if has else 0
        found.append(Counter({(_state_for(measure, terms, states), year): 1}) if has else Counter())
    return found


def _full_since(weeks: Sequence[int], measure: Terms_, life: Life) -> int:
    """The week in which the run that ends with the last of these weeks became long enough."""
    run = list(takewhile(lambda week: life.states.get(week) in measure["states"], reversed(weeks)))
    return run[-measure["sustained_weeks"]]


def _retention_held(measure: Terms_, terms: Terms, life: Life) -> Held:
    needed, within = measure["needed"], measure.get("within", measure["needed"])
    periods = _months(terms, life) if measure["period"] == "month" else [[week] for week in asked_weeks(terms, life)]
    end = last_day(measure, terms, life)
    if end is not None:
        periods = [one for one in periods if monday(one[-1]) + timedelta(days=6) <= end]
    good = [all(life.states.get(week) in measure["states"] for week in one) for one in periods]
    for place in range(len(periods)):
        run = range(max(0, place - within + 1), place + 1)
        if good[place] and sum(good[one] for one in run) >= needed:
            weeks = [week for one in run if good[one] for week in periods[one]]
            state = _state_for(measure, terms, [life.states[week] for week in weeks])
            return _since(terms, (periods[place][-1], state))
    return _since(terms, None)


def _months(terms: Terms, life: Life) -> list[list[int]]:
    """Months whose first week lies not before the person's, and that are over by the calendar's end, as their asked
    weeks."""
    weeks = asked_weeks(terms, life)
    found: dict[int, list[int]] = {}
    for week in weeks:
        found.setdefault(month_of(week), []).append(week)
    last = terms.windows[-1].last
    return [
        found[month]
        for month in sorted(found)
        if month_of(week_of(life.start) - 1) != month and month_of(last + 1) != month
    ]


def _days_held(measure: Terms_, terms: Terms, life: Life) -> Held:
    end, total, states = last_day(measure, terms, life), 0, []
    for week in asked_weeks(terms, life):
        first, last = max(life.start, monday(week)), monday(week) + timedelta(days=6)
        days = ((min(last, end) if end else last) - first).days + 1
        if days > 0 and life.states.get(week) in measure["states"]:
            total += days
            states += [life.states[week]] * days
            if total >= measure["needed"]:
                return _since(terms, (week, _state_for(measure, terms, states)))
    return _since(terms, None)


def pay_months(measure: Terms_, terms: Terms, life: Life) -> list[int]:
    """Months whose pay counts: whole ones alone, or those that the person's time touches."""
    end = last_day(measure, terms, life) or monday(terms.windows[-1].last) + timedelta(days=6)
    whole = measure.get("earnings", measure)["partial_months"] == "leave_out"
    found = []
    for month in range(life.start.year * 12 + life.start.month - 1, end.year * 12 + end.month):
        first = date(month // 12, month % 12 + 1, 1)
        last = months_later(first, 1) - timedelta(days=1)
        if not whole or (first >= life.start and last <= end):
            found.append(month)
    still = {month_of(week) for week in life.still}
    return [month for month in found if month not in still and month <= month_of(terms.windows[-1].last)]


def asked_pay(measure: Terms_) -> int:
    """The threshold in minor units; where an index makes it, any amount does: it is the same for all of a year."""
    if measure["kind"] == "pay":
        return measure.get("most_minor", 1000)
    return measure["earnings"].get("amount_minor", 1000)


def _earnings_held(measure: Terms_, terms: Terms, life: Life) -> Held:
    months = pay_months(measure, terms, life)
    state, threshold, found = measure["states"][0], asked_pay(measure), []
    for window in terms.windows:
        total, reached = 0, 0
        for month in months:
            if month <= month_of(window.last):
                before, total = total, total + life.pay.get(month, 0)
                reached = month // 12 if before < threshold <= total else reached
        found.append(Counter({(state, reached): 1}) if total >= threshold else Counter())
    return found


def _pay_held(measure: Terms_, terms: Terms, life: Life) -> Held:
    """Pay of the months that have a week of the person's: up to the bound of each person, and never below nothing."""
    own = {month_of(week) for week in asked_weeks(terms, life) if not 0 < life.gone_from <= week}
    months = [month for month in pay_months(measure, terms, life) if month in own]
    found: Held = []
    for window in terms.windows:
        told = [month for month in months if month <= month_of(window.last) and life.pay.get(month)]
        total = max(0, sum(life.pay[month] for month in told))
        total = min(total, measure.get("most_minor", total))
        found.append(Counter({(measure["states"][0], told[-1] // 12): total}) if total else Counter())
    return found


def points(measure: Terms_, terms: Terms, life: Life) -> list[int]:
    """The week of each follow-up month; a week that is not asked hands its point on to the next one that is."""
    weeks = asked_weeks(terms, life)
    found = []
    for months in measure["months"]:
        week = week_of(months_later(life.start, months))
        found.append(next((one for one in weeks if one >= week), terms.windows[-1].last + 1))
    return found


def _follow_up_held(measure: Terms_, terms: Terms, life: Life) -> Held:
    found: Held = [Counter() for _ in terms.windows]
    for week in points(measure, terms, life):
        for at, window in enumerate(terms.windows):
            if week <= window.last and life.states.get(week) in measure["states"]:
                found[at][life.states[week], year_of(week)] += 1
    return found


def _nearest(scores: Mapping[date, int], day: date, within: int) -> date | None:
    near = [one for one in scores if abs((one - day).days) <= within]
    return min(near, key=lambda one: (abs((one - day).days), one), default=None)


def _instrument_held(measure: Terms_, terms: Terms, life: Life) -> Held:
    """A point in the week of each follow-up that is so much better than the start, or reaches a class since."""
    found: Held = [Counter() for _ in terms.windows]
    scores, asked = life.scores.get(measure["instrument"]["id"], {}), asked_weeks(terms, life)
    sign = 1 if measure["instrument"]["better"] == "higher" else -1
    start = _nearest(scores, life.start, measure["baseline_within_days"])
    for months in measure["months"] if start is not None else ():
        day = _nearest(scores, months_later(life.start, months), measure["follow_up_within_days"])
        if day is None or start is None or day <= start:
            continue
        before, after = sign * scores[start], sign * scores[day]
        begins = sign * measure.get("class_from", 0)
        has = after - before >= measure["change_at_least"] if "change_at_least" in measure else before < begins <= after
        week = week_of(day)
        for at, window in enumerate(terms.windows):
            if has and week <= window.last and week in asked and not 0 < life.gone_from <= week:
                found[at]["", year_of(week)] += 1
    return found


def _each_day_held(measure: Terms_, terms: Terms, life: Life) -> Held:
    """A week's days within the person's time, each a unit."""
    end = last_day(measure, terms, life)
    found: Held = []
    for window in terms.windows:
        units: Counter[tuple[str, int]] = Counter()
        for week in asked_weeks(terms, life):
            if week <= window.last and life.states.get(week) in measure["states"]:
                days = [monday(week) + timedelta(days=at) for at in range(7)]
                count = sum(life.start <= day and (end is None or day <= end) for day in days)
                units[life.states[week], year_of(week)] += count
        found.append(+units)
    return found


def filled_blocks(measure: Terms_, terms: Terms, life: Life) -> list[tuple[int, str]]:
    """The week that fills each block, and the state for which it counts."""
    found: list[tuple[int, str]] = []
    states: list[str] = []
    for week in _in_time(measure, terms, life):
        if life.states.get(week) in measure["states"]:
            states.append(life.states[week])
        elif measure["consecutive"]:
            states = []
        if len(states) == measure["weeks_per_block"]:
            found.append((week, _state_for(measure, terms, states)))
            states = []
    return found[: measure["most_blocks"]]


def _week_blocks_held(measure: Terms_, terms: Terms, life: Life) -> Held:
    blocks = filled_blocks(measure, terms, life)
    return [
        Counter((state, year_of(week)) for week, state in blocks if week <= window.last) for window in terms.windows
    ]


def _started_held(measure: Terms_, terms: Terms, life: Life) -> Held:
    """Whatever anybody does: no part of what can be told of a life."""
    first = week_of(life.start)
    return [Counter({("", year_of(first)): 1}) if first <= one.last else Counter() for one in terms.windows]


def is_named(measure: Terms_, terms: Terms, life: Life, held: Held, at: int) -> bool:
    """Whether a statement about single people names somebody: in the outcome when the window before ended and not any
    more, without work in the last week, and followed until then."""
    last = terms.windows[at].last
    if not at or not any(held[at - 1].values()) or any(held[at].values()):
        return False
    is_asked = last not in terms.paused and last not in life.still and not 0 < life.gone_from <= last
    return is_asked and life.states.get(last) not in measure["states"]


def reason_of(measure: Terms_, terms: Terms, life: Life, last: int) -> str:
    """Why somebody is not in an outcome by a week's end: what the last week that was asked about says."""
    weeks = [week for week in range(week_of(life.start), last + 1) if week not in terms.paused]
    if not weeks:
        return "other"
    if weeks[-1] in life.still or 0 < life.gone_from <= weeks[-1]:
        return "left"
    end = last_day(measure, terms, life)
    if end is not None and monday(weeks[-1]) > end:
        return "other"
    return "not_long_enough" if life.states.get(weeks[-1]) in measure["states"] else "on_benefit"


def _all_weeks(measure: Terms_, terms: Terms, life: Life) -> Iterable[int]:
    return asked_weeks(terms, life)


def _weeks_in_time(measure: Terms_, terms: Terms, life: Life) -> Iterable[int]:
    end = last_day(measure, terms, life)
    return [one for one in _in_time(measure, terms, life) if end is None or monday(one) <= end]


def _no_weeks(measure: Terms_, terms: Terms, life: Life) -> Iterable[int]:
    return ()


@dataclass(frozen=True)
class MeasureModel:
    unit: str  # as its claim: a week, a person in the outcome, an outcome reached, a point
    held: Callable[[Terms_, Terms, Life], Held]
    weeks: Callable[[Terms_, Terms, Life], Iterable[int]]
    claim: str


MEASURES: Mapping[str, MeasureModel] = {
    "weeks": MeasureModel("week", _weeks_held, _weeks_in_time, "qualifying_weeks"),
    "people": MeasureModel("person", _people_held, _all_weeks, "outcomes_reached"),
    "retention": MeasureModel("person", _retention_held, _weeks_in_time, "outcomes_reached"),
    "days": MeasureModel("person", _days_held, _weeks_in_time, "outcomes_reached"),
    "earnings": MeasureModel("person", _earnings_held, _no_weeks, "outcomes_reached"),
    "follow_up": MeasureModel("point", _follow_up_held, points, "points_reached"),
    "pay": MeasureModel("minor", _pay_held, _no_weeks, ""),
    "instrument": MeasureModel("point", _instrument_held, _no_weeks, "points_reached"),
    "each_day": MeasureModel("day", _each_day_held, _weeks_in_time, "days_reached"),
    "week_blocks": MeasureModel("point", _week_blocks_held, _weeks_in_time, "points_reached"),
    "started": MeasureModel("person", _started_held, _no_weeks, ""),
}


def held_by(terms: Terms, life: Life) -> dict[str, Held]:
    """What a life amounts to under each measure."""
    return {one["id"]: MEASURES[one["kind"]].held(one, terms, life) for one in terms.measures}
