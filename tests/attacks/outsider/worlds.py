"""Worlds to attack: contracts by a seed, people by how they entered, what they did, who left, and what came late."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from tests.attacks.outsider import texts
from tests.attacks.outsider.attacking import Entry, World
from tests.attacks.outsider.courses import EARNED, family, is_by_month, parts_of
from tests.attacks.outsider.documents import Terms, read
from tests.attacks.outsider.drawn import draw_contract
from tests.attacks.outsider.intricate import draw_intricate_contract

PATTERNS = {  # how people enter, and the days of enrolment that the contract names
    "one day": 1,
    "one straggler": 14,
    "one early bird": 14,
    "two lumps": 14,
    "13 weeks": 91,
    "three years": 1095,
}
BY_BATCH = "by batch"  # time begins when a batch closes, for as many as the contract says
FORCED = ("", "", "none", "all", "block none", "block all")


@dataclass(frozen=True)
class Drawn:
    """A world and, where something came late, the world as it was known before."""

    name: str
    world: World
    before: World | None
    c_known: int
    exits: int
    is_forced: bool = False  # none or all of what was possible was done

    @property
    def margin(self) -> int:
        """How few may move something before it is about somebody: what the reader knows anyway is not hidden by it."""
        return self.world.terms.k_cohort - self.c_known - self.exits


def long_contract(seed: int, days: int) -> Terms:
    """Half-years after an enrolment of so many days, in a kind that years do not end, with what may be shown of it."""
    draw = random.Random(seed)
    start = date(2019, 12, 30)
    end = start + timedelta(days=days - 1)
    goal = draw.choice((0, 20))
    kind, more = draw.choice(
        (
            ("retention", f'period = "week"\nneeded = {draw.choice((4, 13))}'),
            ("people", f"sustained_weeks = {draw.choice((1, 4))}"),
            ("days", "needed = 91"),
        )
    )
    years = days // 182 + 2
    lengths = [26] * years
    shown = [f"w{years}"] if draw.random() < 0.5 else [f"w{years - 1}", f"w{years}"]
    text = texts.contract(
        texts.measure(kind, ["fleksjob"], more, goal=goal if kind == "people" else 0),
        texts.price("m", draw.choice((1000, 150000))),
        texts.windows("2020-W01", lengths),
        start=start,
        end=end,
        size=draw.choice((30, 60, 120, 250, 500)),
        totals=texts.release("contract_total", draw.choice((["investor"], ["operator", "investor"])), shown),
    )
    return read(text)


def contracts(many: int) -> Iterator[tuple[str, Terms]]:
    """So many contracts, with how people enter under them: every fourth an intricate one."""
    names = list(PATTERNS)
    for seed in range(many):
        pattern = names[seed % len(names)]
        if seed % 4 == 3:
            terms = draw_intricate_contract(30_000 + seed)
            yield BY_BATCH if terms.cut_offs else names[seed % 4], terms
        elif PATTERNS[pattern] > 14:
            yield pattern, long_contract(seed, PATTERNS[pattern])
        else:
            yield pattern, draw_contract(10_000 + seed, span=PATTERNS[pattern] - 1)


def entries_of(draw: random.Random, pattern: str, terms: Terms, people: int) -> dict[Entry, int]:
    """How many begin on each day."""
    start, end = terms.enrolment
    match pattern:
        case "by batch":  # BY_BATCH
            days = Counter(dict(terms.cut_offs))
        case "one day":
            days = Counter({start: people})
        case "one straggler":
            days = Counter({start: people - 1}) + Counter({end: 1})
        case "one early bird":
            days = Counter({start: 1}) + Counter({end: people - 1})
        case "two lumps":
            days = Counter({start: people // 2}) + Counter({end: people - people // 2})
        case _:
            mondays = [start + timedelta(days=at) for at in range(0, (end - start).days + 1, 7)]
            picked = draw.sample(mondays, min(len(mondays), 6)) if len(mondays) > 13 else mondays
            days = Counter(draw.choice(picked) for _ in range(people))
    return {Entry(day): many for day, many in sorted(days.items())}


def courses_led(draw: random.Random, terms: Terms, entry: Entry, many: int, forced: str, block: int) -> tuple[int, ...]:
    """Which courses so many people lead; forced ones add nothing, or all they can, in all windows or in one."""
    rows = family(terms, entry.day, entry.gone_from, entry.back, entry.after).rows
    units = np.array([part.measure != EARNED for part in parts_of(terms)])
    here = np.array([units[place] and part.at == block for place, part in enumerate(parts_of(terms))])
    before = np.array([units[place] and part.at == block - 1 for place, part in enumerate(parts_of(terms))])
    added = rows[:, here].sum(axis=1) - rows[:, before].sum(axis=1)
    total = rows[:, units].sum(axis=1)
    choice = {
        "none": np.nonzero(total == total.min())[0],
        "all": np.nonzero(total == total.max())[0],
        "block none": np.nonzero(added == max(0, added.min()))[0],
        "block all": np.nonzero(added == added.max())[0],
    }.get(forced, np.arange(len(rows)))
    return tuple(int(draw.choice(choice)) for _ in range(many))


def draw_world(seed: int, pattern: str, terms: Terms) -> Drawn:
    draw = random.Random(seed)
    forced, block = draw.choice(FORCED), draw.randrange(len(terms.windows))
    counts = entries_of(draw, pattern, terms, terms.size)
    c_known, exits, back = draw.choice((0, 0, 1, 4)), draw.choice((0, 0, 0, 1, 2)), 0
    most = max(counts, key=lambda entry: counts[entry])
    if terms.gives_time_back and counts[most] > 3 and draw.random() < 0.5:
        back = 1
        counts[most] -= 1
        counts[Entry(most.day, back=2, after=draw.choice((0, 0, 1, 2)))] = 1
    # of a paid month only who left has a part: the page of properties says that exits are not asked, and what they tell
    if exits and not is_by_month(terms) and counts[most] > exits + c_known:
        counts[most] -= exits
        counts[Entry(most.day, gone_from=terms.windows[block].first + 1)] = exits
    else:
        exits = 0
    c_known = min(c_known, counts[most])
    people = {entry: courses_led(draw, terms, entry, many, forced, block) for entry, many in counts.items() if many}
    known = {most: c_known} if c_known else {}
    before = None
    if draw.random() < 0.3:  # somebody's weeks came late: the first tokens were of another world
        one = draw.choice(list(people))
        late = list(people[one])
        late[draw.randrange(len(late))] = 0
        before = World(terms, {**people, one: tuple(late)}, known)
    said = (forced, f"{c_known} known", f"{exits} left", f"{back} given back", "corrected" if before else "")
    name = f"{pattern}, {terms.size} people, seed {seed}: {', '.join(one for one in said if one and one[0] != '0')}"
    return Drawn(name, World(terms, people, known), before, c_known, exits + back, bool(forced))
