"""Contracts drawn at random: every kind of measure, calendars of weeks or months, entries apart, views of all sorts."""

from __future__ import annotations

import random
from datetime import date, timedelta

from tests.attacks.outsider import texts
from tests.attacks.outsider.documents import Terms, monday, name_of, read, week_named

KINDS = ("weeks", "people", "retention", "days", "earnings", "follow_up")
BY_MONTH = ("earnings", "follow_up")
MONTHS_2020 = (5, 4, 4, 5, 4, 4, 5, 4, 4, 5, 4, 5)  # weeks of each month, by its Thursdays
START = "2020-W01"


def _lengths(draw: random.Random, kind: str) -> list[int]:
    if kind in BY_MONTH:
        left, found = list(MONTHS_2020), []
        while left and len(found) < 5:
            many = draw.choice((1, 2, 3))
            found.append(sum(left[:many]))
            left = left[many:]
        return found
    found = [draw.randint(1, 4) for _ in range(draw.randint(2, 4))]
    while sum(found) > 10:
        found[found.index(max(found))] -= 1
    return found


def _measure(draw: random.Random, kind: str, name: str, states: list[str], weeks: int, *, by_state: bool) -> str:
    goal, last = 0, '\noutcome_state = "last"' if by_state else ""
    match kind:
        case "weeks":
            more = f"weeks_from_enrolment = {draw.randint(2, weeks)}"
        case "people":
            more, goal = f"sustained_weeks = {draw.randint(1, 3)}" + last, draw.choice((0, 20))
        case "retention":
            needed = draw.randint(1, 4)
            more = f'period = "week"\nneeded = {needed}\n'
            more += draw.choice(("", f"within = {needed + 1}\n")) if needed > 1 else ""
            more += draw.choice(("", f"days_from_enrolment = {7 * max(needed + 2, draw.randint(2, weeks))}")) + last
        case "days":
            more = f"needed = {draw.choice((7, 14, 20))}\n"
            more += draw.choice(("", f"days_from_enrolment = {7 * draw.randint(4, 8)}")) + last
        case "earnings":
            partial = draw.choice(("count", "leave_out"))
            more = f"days_from_enrolment = {draw.choice((91, 120, 200))}\n"
            more += f'earnings = {{ amount_minor = 300000, partial_months = "{partial}" }}'
        case _:
            months = sorted(draw.sample(range(1, 9), draw.randint(1, 3)))
            more = f"months = {months}"
    return texts.measure(kind, states, more, name, goal)


def draw_contract(seed: int, span: int | None = None) -> Terms:
    """One contract; the product may refuse it for other reasons than privacy, which whoever asks sees by the rule."""
    draw = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    lengths = _lengths(draw, kind)
    begin = START if kind in BY_MONTH else draw.choice((START, START, "2019-W50"))
    first = monday(week_named(begin))
    drawn = draw.choice((0, 0, 6, 13, 20, 27)) if kind not in BY_MONTH else draw.choice((0, 13, 27, 60, 100))
    end = first + timedelta(days=drawn if span is None else span)
    states = ["paid"] if kind == "earnings" else draw.choice((["fleksjob"], ["fleksjob"], ["fleksjob", "education"]))
    labels = [f"w{place + 1}" for place in range(len(lengths))]
    return read(
        texts.contract(
            *_terms(draw, kind, states, sum(lengths)),
            *_interruptions(draw, kind, begin, sum(lengths)),
            texts.windows(begin, lengths),
            start=first,
            end=end,
            size=draw.choice((26, 30, 40, 60, 120)),
            moved=draw.choice(("failure", "failure", "neutral")),
            first_week=draw.choice(("week_of_enrolment", "week_of_enrolment", "week_after_enrolment")),
            totals=draw_totals(draw, labels),
        )
    )


def draw_small_contract(seed: int) -> Terms:
    """One contract of fewer than k_cohort people: the investor is told met or not met, once."""
    draw = random.Random(seed)
    kind = ("people", "retention")[seed % 2]  # the kinds that may have a threshold
    lengths = _lengths(draw, kind)
    size = draw.randint(6, 24)
    first = monday(week_named(START))
    end = first + timedelta(days=draw.choice((0, 6, 13, 20, 27, 55)))
    states = draw.choice((["fleksjob"], ["fleksjob", "education"]))
    measure = _measure(draw, kind, "m", states, sum(lengths), by_state=False).replace("threshold_people = 20\n", "")
    return read(
        texts.contract(
            measure + f"threshold_people = {draw.randint(1, size)}\n",
            texts.price("m"),
            *_interruptions(draw, kind, START, sum(lengths)),
            texts.windows(START, lengths),
            start=first,
            end=end,
            size=size,
            moved=draw.choice(("failure", "neutral")),
            first_week=draw.choice(("week_of_enrolment", "week_after_enrolment")),
            totals=texts.release("predicate", ["investor"], [f"w{draw.randint(1, len(lengths))}"]),
        )
    )


def _terms(draw: random.Random, kind: str, states: list[str], weeks: int) -> list[str]:
    """One or two measures, what they are paid, and a cap now and then."""
    by_state = len(states) == 2 and draw.random() < 0.2
    parts = [_measure(draw, kind, "m", states, weeks, by_state=by_state)]
    prices: int | dict[str, int] = {"fleksjob": 4000, "education": 3000} if by_state else draw.choice((1000, 150000))
    more, index = "", ""
    if draw.random() < 0.2:
        index = (
            '[[indices]]\nid = "i"\nsource = "a table"\nvalues = { 2018 = 99, 2019 = 100, 2020 = 103, 2021 = 107 }\n'
        )
        more = 'index = "i"\nbase_year = 2019\n'
    if draw.random() < 0.15:
        more += f'cap_window_minor = {draw.choice((5000, 900000))}\nexcess = "{draw.choice(("lost", "carried"))}"\n'
    if kind in ("weeks", "people", "retention", "days") and draw.random() < 0.4:
        other = draw.choice([one for one in ("weeks", "people", "retention") if one != kind])
        parts.append(_measure(draw, other, "n", draw.choice((states, states[:1])), weeks, by_state=False))
        parts.append(draw.choice(("", texts.price("n", 700), _line())))
        more += draw.choice(("", "", 'gate = { of = "n", at_least = 5 }\n'))
    parts += [index, texts.price("m", prices, more)]
    if draw.random() < 0.2:
        parts.append(f"[caps]\nperson_minor = {draw.choice((2000, 3000, 300000))}\n")
    return parts


def _line() -> str:
    points = "points = [{ at = 5, amount_minor = 0 }, { at = 20, amount_minor = 90000 }]"
    return f'[[tariffs]]\nid = "n"\nkind = "linear"\nof = "n"\n{points}\n'


def _interruptions(draw: random.Random, kind: str, begin: str, weeks: int) -> list[str]:
    """A week in which nobody is asked, now and then."""
    if kind in BY_MONTH or draw.random() > 0.15:
        return []
    return [draw_pause(draw, begin, weeks)]


def draw_pause(draw: random.Random, begin: str, weeks: int) -> str:
    """A week in which nobody is asked, behind the first one."""
    week = name_of(week_named(begin) + draw.randint(1, weeks - 1))
    return f'[[pauses]]\nfrom_week = "{week}"\nto_week = "{week}"\n'


def draw_totals(draw: random.Random, labels: list[str]) -> str:
    """Who sees totals of which windows: the same for both, or each its own."""
    some = [labels if draw.random() < 0.5 else sorted(draw.sample(labels, draw.randint(1, len(labels)))) for _ in "ab"]
    who = draw.choice((["investor"], ["operator", "investor"], ["operator"], ["investor", "operator"]))
    if who[0] == "investor" and len(who) == 2:
        return "\n".join(texts.release("contract_total", [one], shown) for one, shown in zip(who, some, strict=True))
    return texts.release("contract_total", who, some[0])


def first_days(terms: Terms) -> list[date]:
    start, end = terms.enrolment
    return [start + timedelta(days=at) for at in range((end - start).days + 1)]
