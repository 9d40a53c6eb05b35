"""One attack from its beginning: a contract, people with their days, what they did; who is fixed, and by what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from math import inf

import numpy as np

from tests.attacks.outsider.bayes import largest_gain
from tests.attacks.outsider.courses import NOTICE, family, parts_of
from tests.attacks.outsider.documents import Release, Terms
from tests.attacks.outsider.rank import Isolation, combination, fewest_alone, span_of
from tests.attacks.outsider.solver import Fixed, Group, Told, attack
from tests.attacks.outsider.tables import RULES, Rule, alike
from tests.attacks.outsider.views import Figure, Reading, answers_of, cells_of, figures_of, matrix, with_sums


@dataclass(frozen=True, slots=True)
class Entry:
    """What the reader knows of a person beforehand: the first day, the week in which somebody left, the weeks away, and
    the first window that counts them."""

    day: date
    gone_from: int = 0
    back: int = 0
    after: int = 0  # weeks until the first of those
    counts_from: int = 0  # its place: with a batch that was sealed after windows were paid
    named: tuple[int, ...] | None = None  # what statements about single people say, window by window: named or not


@dataclass(frozen=True)
class World:
    """A contract and its people: how many of each entry, and which course each leads (a row of its family)."""

    terms: Terms
    people: Mapping[Entry, tuple[int, ...]]
    known: Mapping[Entry, int] = field(default_factory=dict)  # how many of an entry the reader knows all about

    @property
    def size(self) -> int:
        return sum(map(len, self.people.values()))


@dataclass(frozen=True)
class Learned:
    """What a reader of these figures knows for certain that could have been otherwise."""

    by_structure: list[Fixed]
    by_none_or_all: list[Fixed]
    isolation: Isolation | None

    @property
    def undecided(self) -> int:
        return sum(not one.is_proved for one in (*self.by_structure, *self.by_none_or_all))


@lru_cache(maxsize=256)
def _facts(terms: Terms) -> np.ndarray:
    """Parts × facts: what a person added to each measure in each window, and had of it by its end; and in which cell of
    each table a person stands."""
    parts, columns = parts_of(terms), []
    for measure in terms.measures:
        for at in range(len(terms.windows)):
            for sign in ({at: 1, at - 1: -1}, {at: 1})[: 1 + bool(at)]:
                columns += [[sign.get(part.at, 0) if part.measure == measure["id"] else 0 for part in parts]]
    every = [replace(one, recipient="operator") for one in terms.releases]
    columns += [list(one.column) for one in cells_of(terms, every)]
    return np.array(columns, dtype=np.int64).T


def courses_of(terms: Terms, entry: Entry) -> np.ndarray:
    """All that somebody of an entry can amount to."""
    rows = family(terms, entry.day, entry.gone_from, entry.back, entry.after).rows
    if entry.counts_from:
        rows = np.where([part.at >= entry.counts_from for part in parts_of(terms)], rows, 0)
    return rows if entry.named is None else rows[(rows[:, _notices(terms)] == entry.named).all(axis=1)]


@lru_cache(maxsize=64)
def _notices(terms: Terms) -> list[int]:
    return [place for place, part in enumerate(parts_of(terms)) if part.measure == NOTICE]


def with_statements(world: World) -> World:
    """The same to somebody who holds the statements about single people: who was named, and when."""
    places, people, known = _notices(world.terms), dict[Entry, tuple[int, ...]](), dict[Entry, int]()
    for entry, led in world.people.items():
        rows = courses_of(world.terms, entry)
        said = rows[:, places]
        for named in dict.fromkeys(tuple(int(one) for one in said[course]) for course in led):
            own = np.nonzero((said == named).all(axis=1))[0]
            of = replace(entry, named=named)
            of_group = [at for at, course in enumerate(led) if tuple(said[course]) == named]
            people[of] = tuple(int(np.searchsorted(own, led[at])) for at in of_group)
            if many := sum(at >= len(led) - world.known.get(entry, 0) for at in of_group):
                known[of] = many
    return World(world.terms, people, known)


def people_named(world: World) -> int:
    """How many a statement names of those of whom the reader knows not all anyway."""
    return sum(len(led) - world.known.get(entry, 0) for entry, led in world.people.items() if any(entry.named or ()))


def isolation_of(
    terms: Terms, count: Mapping[Entry, int], figures: Sequence[Figure], below: int, paid: Sequence[Figure] = ()
) -> tuple[Isolation | None, list[Entry]]:
    """The fewest people with some combination of these figures to themselves, which the paid ones do not tell."""
    entries = list(count)
    of, known = matrix(terms, list(figures)), {one.column.tobytes() for one in paid}
    places = [place for place, one in enumerate(figures) if one.column.tobytes() in known]
    spans = [_span(terms, entry, of.tobytes(), of.shape) for entry in entries]
    return fewest_alone([count[one] for one in entries], spans, below, places), entries


@lru_cache(maxsize=65536)
def _span(terms: Terms, entry: Entry, figures: bytes, shape: tuple[int, int]) -> np.ndarray:
    of = np.frombuffer(figures, dtype=np.int64).reshape(shape)
    return span_of(courses_of(terms, entry) @ of)


def learn(world: World, released: list[Release], *, below: int = 0) -> Learned:
    """Everybody that a reader of these releases fixes who knows the contract, everybody's day and what `known` says.

    What payment documents fix by themselves is paid for and left out: they are exact whatever they tell. Apart stands
    what follows from none or all of `below` and more people (k_cohort) having moved a figure.
    """
    terms, declared = world.terms, [one for one in released if one.template == "payment_document"]
    unknown = {entry: len(led) - world.known.get(entry, 0) for entry, led in world.people.items()}
    wide, paid = (figures_of(terms, some, Reading(expands=True)) for some in (released, declared))
    found, entries = isolation_of(terms, unknown, wide, below or terms.k_cohort, paid)
    alone = isolating(world, wide, paid) if found else None
    fixed = fixed_by(world, shown_by(terms, released), alone)
    if fixed and declared:
        free = {(one.group, one.fact) for one in fixed_by(world, figures_of(terms, declared, Reading()), alone)}
        fixed = [one for one in fixed if (one.group, one.fact) not in free]
    few = {name_of(entries[one]) for one in found.classes} if found else set()
    return Learned([one for one in fixed if one.group in few], [one for one in fixed if one.group not in few], found)


def shown_by(terms: Terms, released: list[Release]) -> list[Figure]:
    """What these releases tell of the sums of people: totals, cells that may be withheld, and answers."""
    totals = figures_of(terms, released, Reading(cells=False))
    return [*totals, *cells_of(terms, released), *answers_of(terms, released)]


def fixed_by(
    world: World, figures: list[Figure], alone: np.ndarray | None = None, rules: Mapping[str, Rule] = RULES
) -> list[Fixed]:
    """Whom these figures fix. `rules` say what a table shows of its cells."""
    groups = groups_of(world, figures, alone)
    return attack(groups, told_by(world, groups, figures, rules))


def gain_of(world: World, released: list[Release]) -> float:
    """The largest factor by which these releases change the odds of anything about anybody."""
    figures = shown_by(world.terms, released)
    groups = groups_of(world, figures)
    return largest_gain(groups, told_by(world, groups, figures))


def told_by(world: World, groups: list[Group], figures: Sequence[Figure], rules: Mapping[str, Rule] = RULES) -> Told:
    """What is told of the sum of each figure over those of whom nothing is known: itself, whether it is so much with
    those of whom all is known, or what a table with all of them in it lets it be."""
    own = _of_known(world, figures)
    totals = sum(group.figures[group.led].sum(axis=0) for group in groups)
    ranges, together = [(float(total), float(total)) for total in totals], []
    for place, one in enumerate(figures):
        if one.threshold:
            left = float(one.threshold - own[place])
            ranges[place] = (left, inf) if totals[place] >= left else (-inf, left - 1)
    for table in dict.fromkeys((one.table, one.at) for one in figures if one.table):
        places = [place for place, one in enumerate(figures) if (one.table, one.at) == table]
        cells = alike(rules[table[0]], tuple(int(one) for one in (totals + own)[places]), world.terms.k)
        possible = frozenset(
            left for one in cells if min(left := tuple(int(cell) for cell in np.array(one) - own[places])) >= 0
        )
        together.append((tuple(places), possible))
        for place, values in zip(places, zip(*possible, strict=True), strict=True):
            ranges[place] = (float(min(values)), float(max(values)))
    return Told(tuple(ranges), tuple(together))


def _of_known(world: World, figures: Sequence[Figure]) -> np.ndarray:
    """What those of whom the reader knows all come to in each figure."""
    of = matrix(world.terms, list(figures))
    parts = [
        (courses_of(world.terms, entry) @ of)[list(led[len(led) - world.known.get(entry, 0) :])].sum(axis=0)
        for entry, led in world.people.items()
    ]
    return np.array(sum(parts))


def groups_of(world: World, figures: list[Figure], alone: np.ndarray | None = None) -> list[Group]:
    """The people of a world as a solver takes them: without those that the reader knows all about.

    `alone` is one more fact: the combination of parts that few can move.
    """
    of, facts, found = matrix(world.terms, figures), _facts(world.terms), []
    if alone is not None:
        facts = np.column_stack([facts, alone])
    for entry, led in world.people.items():
        rows = courses_of(world.terms, entry)
        mine = np.array(led[: len(led) - world.known.get(entry, 0)], dtype=np.int64)
        found.append(Group(name_of(entry), rows @ of, rows @ facts, mine))
    return found


def figure_lines(world: World, figures: list[Figure]) -> list[str]:
    """The figures of a world, for people to read."""
    groups = groups_of(World(world.terms, world.people), figures)
    totals = sum(group.figures[group.led].sum(axis=0) for group in groups if group.people)
    return [
        f"{one.name} {world.terms.windows[one.at].label}:"
        f" {f'{total >= one.threshold} ({one.threshold})' if one.threshold else total}"
        for one, total in zip(figures, totals, strict=True)
    ]


def is_near_an_end(world: World, released: list[Release], share: int = 10) -> bool:
    """Whether of some figure, or of the sum or difference of two, less than one part in `share` of what was possible
    was reached, or all but such a part."""
    figures = with_sums(figures_of(world.terms, released, Reading(expands=True)))
    groups = [group for group in groups_of(world, figures) if group.people]
    least = sum(group.people * group.figures.min(axis=0) for group in groups)
    most = sum(group.people * group.figures.max(axis=0) for group in groups)
    reached = sum(group.figures[group.led].sum(axis=0) for group in groups)
    return bool((((reached - least) * share < most - least) | ((most - reached) * share < most - least)).any())


def name_of(entry: Entry) -> str:
    gone = f", gone from week {entry.gone_from}" if entry.gone_from else ""
    named = "" if entry.named is None else f", named {entry.named}" if any(entry.named) else ", never named"
    late = f", counts from window {entry.counts_from}" if entry.counts_from else ""
    return f"{entry.day}{gone}{', time given back' if entry.back else ''}{late}{named}"


def roster_of(world: World) -> Counter[Entry]:
    """How many began on which day, whoever left."""
    roster = Counter({Entry(entry.day): 0 for entry in world.people})
    for entry, led in world.people.items():
        roster[Entry(entry.day)] += len(led)
    return roster


def fewest_movers(world: World, released: list[Release]) -> int:
    """How many of the roster, whoever left, can move the figure or combination that the fewest can; what payment
    documents tell by themselves is left out. So many did none, or all, of what somebody is known of by that."""
    declared = [one for one in released if one.template == "payment_document"]
    wide, paid = (figures_of(world.terms, some, Reading(expands=True)) for some in (released, declared))
    found, _ = isolation_of(world.terms, roster_of(world), wide, world.size + 1, paid)
    return found.people if found else world.size


def isolating(world: World, figures: list[Figure], paid: Sequence[Figure] = ()) -> np.ndarray | None:
    """A combination of these figures that the fewest people can move: how often each part of a person stands in it."""
    count = {entry: len(led) - world.known.get(entry, 0) for entry, led in world.people.items()}
    found, entries = isolation_of(world.terms, count, figures, world.terms.k_cohort, paid)
    if found is None or not found.classes:
        return None
    of = matrix(world.terms, figures)
    moves = [(row - row[0])[1:] for row in (courses_of(world.terms, entry) @ of for entry in entries)]
    rest = [rows for place, rows in enumerate(moves) if place not in found.classes]
    out = np.vstack([moves[place] for place in found.classes])
    weights = combination(np.vstack(rest) if rest else np.zeros((0, of.shape[1])), out)
    return None if weights is None else of @ np.array(weights, dtype=np.int64)
