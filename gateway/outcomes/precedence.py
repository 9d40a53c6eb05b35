"""What several status sources tell of one person, made into one history by the contract's order of precedence.

The first source in order that tells a status decides. `no_benefit` is no such word: it says that this register knows of
no benefit, and yields to whatever any other source tells. A week that no source tells is not observed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from vocabulary.records import StatusSpell
from vocabulary.statuses import Status

Told = Mapping[int, frozenset[Status]]  # week -> what one source shows; absent = it tells nothing
_SILENT = frozenset({Status.NO_BENEFIT})
_NO_CLAIM = frozenset({Status.NO_BENEFIT, Status.UNKNOWN})  # with what is not known, nobody can disagree


@dataclass(frozen=True, slots=True, order=True)
class Disagreement:
    """Two sources tell different statuses of one week. They are numbered by precedence, from 0: `first` comes first."""

    week: int
    first: int
    second: int


def by_week(spells: Iterable[StatusSpell]) -> dict[int, frozenset[Status]]:
    """What spells of one source show, week by week, whatever their order."""
    found: dict[int, frozenset[Status]] = {}
    for spell in spells:
        alone = frozenset({spell.status})
        for week in range(spell.from_week.ordinal, spell.to_week.ordinal + 1):
            found[week] = found[week] | alone if week in found else alone
    return found


def decider(told: Sequence[Told], week: int) -> int | None:
    """The number of the source that decides a week; None where no source tells it."""
    telling = [number for number, source in enumerate(told) if source.get(week)]
    return next((number for number in telling if told[number][week] - _SILENT), next(iter(telling), None))


def resolve(told: Sequence[Told]) -> dict[int, frozenset[Status]]:
    """Week by week, what the deciding source shows. `told` is in order of precedence; of one source alone, its own."""
    resolved = {}
    for week in sorted({week for source in told for week in source}):
        number = decider(told, week)
        if number is not None:
            resolved[week] = told[number][week]
    return resolved


def without_source(told: Sequence[Told], number: int) -> dict[int, frozenset[Status]]:
    """Of the weeks that one source decides, what all others make of them: nothing where none of them tells one."""
    others = resolve([source for place, source in enumerate(told) if place != number])
    return {week: others.get(week, frozenset()) for week in told[number] if decider(told, week) == number}


def disagreements(told: Sequence[Told]) -> Iterator[Disagreement]:
    """Every week of which two sources tell different statuses, both other than `no_benefit`."""
    for first, second in combinations(range(len(told)), 2):
        for week in told[first].keys() & told[second].keys():
            one, other = told[first][week] - _NO_CLAIM, told[second][week] - _NO_CLAIM
            if one and other and one != other:
                yield Disagreement(week, first, second)
