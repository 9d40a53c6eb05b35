"""Contracts drawn with what plain ones have not: measures that are nearly one, several tariffs at once with gates,
steps and lines, time that begins when a batch closes, and tables by class and by reason.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from tests.attacks.outsider import texts
from tests.attacks.outsider.documents import Terms, monday, read, week_named
from tests.attacks.outsider.drawn import draw_pause, draw_totals

START = "2020-W01"
NAMES = "mnp"
BY = "price_by_state"
BOTH, ONE, OTHER, PAID = ["fleksjob", "education"], ["fleksjob"], ["education"], ["paid"]
INDEX = '[[indices]]\nid = "i"\nsource = "a table"\nvalues = { 2019 = 97, 2020 = 100, 2021 = 103, 2022 = 108 }\n'
POINTS = "points = [{ at = 5, amount_minor = 1000 }, { at = 20, amount_minor = 90000 }]"
Twins = list[tuple[str, list[str], str]]  # a kind, its states, and its other terms


def _by_a_gap(draw: random.Random, weeks: int) -> Twins:
    needed = draw.randint(2, 4)
    all_sorts = [(needed, needed + gap) for gap in range(4)] + [(needed - 1, needed), (needed - 1, needed + 1)]
    found = draw.sample(all_sorts, draw.choice((2, 2, 3)))
    return [("retention", ONE, f'period = "week"\nneeded = {one}\nwithin = {among}') for one, among in found]


def _by_a_state(draw: random.Random, weeks: int) -> Twins:
    kind, more = draw.choice(
        (
            ("retention", f'period = "week"\nneeded = {draw.randint(1, 2)}'),
            ("people", f"sustained_weeks = {draw.randint(1, 2)}"),
            ("days", f"needed = {draw.choice((7, 14))}"),
            ("weeks", f"weeks_from_enrolment = {draw.randint(2, weeks)}"),
        )
    )
    states = draw.choice(([BOTH, ONE], [BOTH, ONE, OTHER], [ONE, OTHER]))
    return [(kind, some, more) for some in states]


def _by_days(draw: random.Random, weeks: int) -> Twins:
    needed = draw.randint(1, 3)
    found: Twins = [
        ("days", ONE, f"needed = {7 * needed - draw.choice((0, 0, 1, 3))}"),
        ("retention", ONE, f'period = "week"\nneeded = {needed}'),
        ("people", ONE, f"sustained_weeks = {needed}"),
    ]
    return draw.sample(found, draw.choice((2, 3)))


def _by_length(draw: random.Random, weeks: int) -> Twins:
    if draw.random() < 0.5:
        lengths = draw.sample(range(1, weeks + 1), min(weeks, draw.choice((2, 3))))
        return [("weeks", ONE, f"weeks_from_enrolment = {one}") for one in lengths]
    lengths = draw.sample(range(1, 5), draw.choice((2, 3)))
    return [("retention", ONE, f'period = "week"\nneeded = {one}') for one in lengths]


def _by_time(draw: random.Random, weeks: int) -> Twins:
    needed = draw.randint(1, 3)
    ends = draw.sample(["", *(f"days_from_enrolment = {7 * one + draw.choice((0, 0, 3))}" for one in (3, 4, 6))], 2)
    kind, more = draw.choice(
        (
            ("retention", f'period = "week"\nneeded = {needed}\n'),
            ("retention", f'period = "week"\nneeded = {needed}\nwithin = {needed + 1}\n'),
            ("days", f"needed = {7 * needed - draw.choice((0, 0, 2))}\n"),
        )
    )
    return [(kind, ONE, more + end) for end in ends]


def _of_all_sorts(draw: random.Random, weeks: int) -> Twins:
    found: Twins = [
        ("weeks", draw.choice((ONE, BOTH)), f"weeks_from_enrolment = {draw.randint(1, weeks)}"),
        ("people", ONE, f"sustained_weeks = {draw.randint(1, 3)}"),
        ("retention", ONE, f'period = "week"\nneeded = {draw.randint(1, 3)}'),
        ("days", ONE, f"needed = {draw.choice((7, 10, 14))}"),
        ("people", OTHER, f"sustained_weeks = {draw.randint(1, 2)}"),
    ]
    return draw.sample(found, draw.choice((2, 3)))


def _by_points(draw: random.Random, weeks: int) -> Twins:
    sets = draw.sample([[1], [2], [1, 2], [1, 3], [2, 3], [1, 2, 3]], draw.choice((2, 3)))
    return [("follow_up", draw.choice((ONE, ONE, BOTH)), f"months = {months}") for months in sets]


def _by_pay(draw: random.Random, weeks: int) -> Twins:
    found: Twins = []
    for days in draw.sample((60, 91, 120), 2):
        for amount in draw.sample((200000, 300000), 2):
            asked = f'{{ amount_minor = {amount}, partial_months = "{draw.choice(("count", "leave_out"))}" }}'
            found.append(("earnings", PAID, f"days_from_enrolment = {days}\nearnings = {asked}"))
    for partial in ("count", "leave_out"):
        days = draw.choice(("", "days_from_enrolment = 91\n"))
        found.append(("pay", PAID, f'{days}most_minor = {draw.choice((200000, 300000))}\npartial_months = "{partial}"'))
    return [*draw.sample(found, 2), *draw.choice(([], [("follow_up", ONE, "months = [1, 2]")]))]


def _by_paid_weeks(draw: random.Random, weeks: int) -> Twins:
    """Weeks that count where their month shows pay: those of a month count together, whatever window they lie in."""
    found: Twins = [
        ("weeks", PAID, f"weeks_from_enrolment = {draw.randint(3, 14)}"),
        ("weeks", PAID, f"weeks_from_enrolment = {draw.randint(3, 14)}"),
        ("people", PAID, f"sustained_weeks = {draw.randint(1, 6)}"),
        ("retention", PAID, f'period = "week"\nneeded = {draw.randint(1, 9)}'),
        ("retention", PAID, f'period = "month"\nneeded = {draw.randint(1, 2)}'),
        ("days", PAID, f"needed = {draw.choice((7, 20, 35))}"),
    ]
    return draw.sample(found, draw.choice((2, 3)))


def _by_each_day(draw: random.Random, weeks: int) -> Twins:
    """A price per day, with a part of a week at both ends of people's time."""
    found: Twins = [("each_day", ONE, f"days_from_enrolment = {draw.randint(3, 7 * weeks)}") for _ in range(2)]
    found += [
        ("each_day", BOTH, f"days_from_enrolment = {7 * draw.randint(1, weeks)}"),
        ("weeks", ONE, f"weeks_from_enrolment = {draw.randint(1, weeks)}"),
        ("days", ONE, f"needed = {draw.choice((7, 10, 14))}"),
    ]
    return draw.sample(found, draw.choice((1, 2, 2, 3)))


def _by_blocks(draw: random.Random, weeks: int) -> Twins:
    """Blocks of weeks that differ in length, in number, or in whether a break matters."""
    found: Twins = []
    for _ in range(3):
        end = draw.choice(("", "", f"weeks_from_enrolment = {weeks}\n"))
        needed = draw.randint(1, 3)
        most = min(draw.randint(1, 4), weeks // needed) or 1
        kind = f"consecutive = {draw.choice(('true', 'false'))}\n{end}most_blocks = {most}\nweeks_per_block = {needed}"
        found.append(("week_blocks", draw.choice((ONE, ONE, BOTH)), kind))
    found.append(("retention", ONE, f'period = "week"\nneeded = {draw.randint(1, 3)}'))
    return draw.sample(found, draw.choice((1, 2, 2, 3)))


def _by_instrument(draw: random.Random, weeks: int) -> Twins:
    """Follow-ups of one instrument that differ in months, in the change that counts, or in how late they may be."""
    used = 'instrument = { id = "i", name = "an index", version = "1", lowest = 0, highest = 100, better = "higher" }'
    found: Twins = []
    for months in draw.sample([[1], [2], [1, 2], [1, 3], [2, 3]], 3):
        what = draw.choice(("change_at_least = 10", "class_from = 50"))
        near = f"baseline_within_days = 14\nfollow_up_within_days = {draw.choice((0, 7, 10))}"
        found.append(("instrument", [], f"{used}\n{what}\n{near}\nmonths = {months}"))
    return [*draw.sample(found, draw.choice((1, 2))), *draw.choice(([], [("follow_up", ONE, "months = [1, 2]")]))]


RELATED: Sequence[Callable[[random.Random, int], Twins]] = (
    _by_a_gap,
    _by_a_state,
    _by_days,
    _by_length,
    _by_time,
    _of_all_sorts,
    _by_points,
    _by_pay,
    _by_paid_weeks,
    _by_each_day,
    _by_blocks,
    _by_instrument,
)
BY_MONTH = (_by_points, _by_pay, _by_paid_weeks, _by_instrument)
WITH_STARTED = (_by_each_day, _by_blocks)
STARTED = f'[[measures]]\nid = "s"\nkind = "started"\n\n{texts.price("s", 5000)}'
MONTHS_2020 = (5, 4, 4, 5)  # weeks of each month, by its Thursdays


def draw_intricate_contract(seed: int) -> Terms:
    """One contract; the product may refuse it for other reasons than privacy, which whoever asks sees by the rule."""
    draw = random.Random(seed)
    lengths = [draw.randint(2, 4), *[draw.randint(1, 4) for _ in range(draw.randint(0, 2))]]
    related = RELATED[seed % len(RELATED)]
    twins = related(draw, sum(lengths))
    most = 6 if any(states != ONE for _, states, _ in twins) else draw.choice((6, 8, 10))
    while sum(lengths) > most:
        lengths[lengths.index(max(lengths))] -= 1
    if related in BY_MONTH:
        lengths = list(MONTHS_2020[: draw.randint(2, 4)])
    if related is _by_paid_weeks and draw.random() < 0.5:
        lengths = [max(1, length + draw.choice((-1, 0, 1))) for length in lengths]
    begin = START if related in BY_MONTH else draw.choice((START, START, "2020-W51"))
    first = monday(week_named(begin))
    spans = (0, 6, 13, 27, 40) if related in BY_MONTH else (0, 3, 6, 8, 13, 20)
    end = first + timedelta(days=draw.choice(spans))
    size = draw.choice((30, 40, 60, 120))
    people = [place for place, (kind, _, _) in enumerate(twins) if kind in ("people", "retention")]
    goal = draw.choice(people) if people and draw.random() < 0.6 else -1
    labels = [f"w{place + 1}" for place in range(len(lengths))]
    tables = _tables(draw, twins, goal, labels)
    paid = list(_tariffs(draw, twins))
    return read(
        texts.contract(
            *_measures(draw, twins, goal, {*tables, *(NAMES[place] for place, text in enumerate(paid) if BY in text)}),
            INDEX if any("index" in one for one in paid) else "",
            *paid,
            *_notices(draw, twins, goal, paid, labels),
            *([f"[caps]\nperson_minor = {draw.choice((1700, 2000, 2500))}\n"] if draw.random() < 0.2 else []),
            *_pauses(draw, begin, sum(lengths)),
            *([STARTED] if related in WITH_STARTED and draw.random() < 0.3 else []),
            texts.windows(begin, lengths),
            start=first,
            end=end,
            size=size,
            first_week=draw.choice(("week_of_enrolment", "week_of_enrolment", "week_after_enrolment")),
            moved=draw.choice(("failure", "failure", "failure", "neutral")),
            totals=draw_totals(draw, labels),
            disclosure="".join(tables.values()),
            batches=_batches(draw, first, end, size) if draw.random() < 0.25 else [],
        )
    )


def _tables(draw: random.Random, twins: Twins, goal: int, labels: list[str]) -> dict[str, str]:
    """The terms of the tables by class and by reason: what they are about."""
    found = {}
    if goal >= 0 and len(twins[goal][1]) > 1 and draw.random() < 0.5:
        found[NAMES[goal]] = texts.table(draw.choice(labels), NAMES[goal])
    if goal >= 0 and draw.random() < 0.2:
        found["reasons"] = f'reasons_windows = ["{draw.choice(labels)}"]\n'
    return found


def _notices(draw: random.Random, twins: Twins, goal: int, paid: list[str], labels: list[str]) -> list[str]:
    """Statements about single people, where an outcome that can be lost is paid for."""
    can = goal >= 0 and twins[goal][0] == "people" and paid[goal] and len(labels) > 1
    return [texts.notices(labels[1:])] if can and draw.random() < 0.5 else []


def _batches(draw: random.Random, first: date, end: date, size: int) -> list[tuple[int, date]]:
    """One that closes at the end, or two, of which one may be a single person."""
    if first == end or draw.random() < 0.5:
        return [(size, end)]
    few = draw.choice((1, size // 2, size - 1))
    return [(few, first + timedelta(days=draw.randrange((end - first).days))), (size - few, end)]


def _measures(draw: random.Random, twins: Twins, goal: int, told_by_state: set[str]) -> Iterator[str]:
    """The text says which state an outcome counts for where a price or a table tells states apart, and only there."""
    for place, (name, (kind, states, more)) in enumerate(zip(NAMES, twins, strict=False)):
        tells = (
            name in told_by_state and len(states) > 1 and kind not in ("weeks", "each_day") and not more.endswith("= 1")
        )
        state = f'\noutcome_state = "{draw.choice(("last", "most"))}"' if tells else ""
        yield texts.measure(kind, states, more + state, name, 20 if place == goal else 0)


def _tariffs(draw: random.Random, twins: Twins) -> Iterator[str]:
    """What each measure is paid by: a price, steps or lines, some behind a gate on another; nothing now and then."""
    for name, (of, states, _) in zip(NAMES, twins, strict=False):
        if of == "pay":
            yield f'[[tariffs]]\nid = "{name}"\nkind = "share"\nof = "{name}"\nshare_per_mille = 200\n'
            continue
        if name != NAMES[0] and draw.random() < 0.15:
            yield ""
            continue
        others = [one for one, (kind, _, _) in zip(NAMES, twins, strict=False) if one != name and kind != "pay"]
        if not others:
            others = [name]
        gate = f'gate = {{ of = "{draw.choice(others)}", at_least = {draw.choice((5, 10, 20))} }}\n'
        more = draw.choice(("", "", "", gate))
        if (kind := draw.choice(("price", "price", "price", "steps", "linear"))) != "price":
            yield f'[[tariffs]]\nid = "{name}"\nkind = "{kind}"\nof = "{name}"\n{POINTS}\n{more}\n'
            continue
        prices: int | dict[str, int] = draw.choice((1000, 1000, 700, 150000))
        if len(states) > 1 and draw.random() < 0.2:
            prices = {"fleksjob": 4000, "education": 3000}
        if draw.random() < 0.2:
            more += 'index = "i"\nbase_year = 2020\n'
        if draw.random() < 0.15:
            more += f'cap_window_minor = {draw.choice((5000, 90000))}\nexcess = "{draw.choice(("lost", "carried"))}"\n'
        if draw.random() < 0.1:
            more += f"cap_minor = {draw.choice((9000, 90000))}\n"
        yield texts.price(name, prices, more)


def _pauses(draw: random.Random, begin: str, weeks: int) -> list[str]:
    return [] if draw.random() > 0.1 or weeks < 2 else [draw_pause(draw, begin, weeks)]
