"""Whom a linear combination of exact totals isolates: exact arithmetic over who can add what, and never over a value.

Somebody's *courses* are what their possible lives would add to each of the totals. Two people differ for a reader only
where the differences of their courses do: their *response space*. A combination of totals is about those whose space it
does not send to nought. All arithmetic is modulo a prime above every entry that a contract can have.

Source: simulatable auditing (Kenthapadi, Mishra and Nissim 2005), by rank over all totals at once and not by pairs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heappop, heappush
from typing import TypeAlias

PRIME = 2**61 - 1
Row: TypeAlias = Mapping[int, int]  # column -> entry; a column that is left out is nought
Key: TypeAlias = tuple[tuple[int, tuple[tuple[int, int], ...]], ...]


@dataclass(slots=True)
class Span:
    """The space that rows span, as a reduced basis: each row has a one at its pivot, and no other row has anything."""

    basis: dict[int, dict[int, int]] = field(default_factory=dict)

    def rest(self, row: Row) -> dict[int, int]:
        """What of a row lies outside of the space; empty for nothing."""
        left = {column: entry % PRIME for column, entry in row.items() if entry % PRIME}
        for pivot in left.keys() & self.basis.keys():  # reduced rows bring no other pivot in, and take none away
            _subtract(left, left[pivot], self.basis[pivot])
        return left

    def add(self, row: Row) -> bool:
        """Take a row in; whether the space became larger by it."""
        left = self.rest(row)
        if not left:
            return False
        pivot = min(left)
        inverse = pow(left[pivot], PRIME - 2, PRIME)
        new = {column: entry * inverse % PRIME for column, entry in left.items()}
        for other in self.basis.values():
            if pivot in other:
                _subtract(other, other[pivot], new)
        self.basis[pivot] = new
        return True

    def copy(self) -> Span:
        """The same space, which grows by itself from then on."""
        return Span({pivot: dict(row) for pivot, row in self.basis.items()})

    @property
    def rank(self) -> int:
        return len(self.basis)

    @property
    def key(self) -> Key:
        """The same for two spaces that are one."""
        return tuple((pivot, tuple(sorted(self.basis[pivot].items()))) for pivot in sorted(self.basis))


def _subtract(row: dict[int, int], factor: int, other: Mapping[int, int]) -> None:
    for column, entry in other.items():
        value = (row.get(column, 0) - factor * entry) % PRIME
        if value:
            row[column] = value
        else:
            del row[column]  # modulo a prime nothing but what was there becomes nought


def span_of(rows: Iterable[Row]) -> Span:
    """The space that these rows span."""
    span = Span()
    for row in rows:
        span.add(row)
    return span


@dataclass(frozen=True)
class MoverClass:
    """People who can add the same to every total. `people` is None where nobody knows how many they will be.

    `rows` span what one of them can change: the differences of their courses.
    """

    name: str
    people: int | None
    rows: tuple[Row, ...]

    @cached_property
    def key(self) -> Key:
        return span_of(self.rows).key


@dataclass(frozen=True, slots=True)
class Isolated:
    """The classes that some combination of totals is about alone, and how many people they are together."""

    names: tuple[str, ...]
    people: int


def smallest_isolated(
    classes: Sequence[MoverClass], *, below: int, unknown_people: int = 0, free: Collection[int] = frozenset()
) -> Isolated | None:
    """The fewest people, at least one and fewer than `below`, that a combination of totals is about; None for nobody.

    `unknown_people` is how many the classes without a number are together, in whatever parts. What the columns of
    `free` isolate by themselves is not held against the others: they are the creditor's payments.
    """
    known = _merge([one for one in classes if one.people])
    unknown = _merge([one for one in classes if one.people is None])
    if not unknown or not unknown_people:
        return _search(known, below, free)
    found: list[Isolated] = []
    for holder in unknown:  # everybody of unknown day may be in one class, but for a single one
        if below > 1 and unknown_people > 1:
            rest = Others([row for one in (*known, holder) for row in one.rows], free)
            for other in unknown:
                if other is not holder and rest.leave_alone(other.rows):
                    return Isolated((other.name,), 1)
        counted = MoverClass(holder.name, unknown_people, holder.rows)
        if (smallest := _search(_merge([*known, counted]), below, free)) is not None:
            found.append(smallest)
    return min(found, key=lambda one: one.people, default=None)


def _ends(name: str) -> list[str]:
    """The first and the last of what a class was merged of."""
    return name.split(" to ")


def _merge(classes: Sequence[MoverClass]) -> list[MoverClass]:
    """Classes of one response space as one, in the order of their first ones."""
    groups: dict[Key, list[MoverClass]] = {}
    for one in classes:
        groups.setdefault(one.key, []).append(one)
    return [
        MoverClass(
            group[0].name if len(group) == 1 else f"{_ends(group[0].name)[0]} to {_ends(group[-1].name)[-1]}",
            None if group[0].people is None else sum(one.people or 0 for one in group),
            tuple(span_of(group[0].rows).basis.values()),
        )
        for group in groups.values()
    ]


class Others:
    """What people can move of all columns, and of the free ones: asked whom they leave alone with something."""

    def __init__(self, rows: Sequence[Row], free: Collection[int] = ()) -> None:
        self._free = frozenset(free)
        self._span = span_of(rows)
        self._free_span = span_of(_cut(rows, self._free))

    def leave_alone(self, rows: Sequence[Row]) -> bool:
        """Whether some combination is about whoever moves these alone, and does not follow from the free columns."""
        return _gain(self._span, rows) > _gain(self._free_span, _cut(rows, self._free))

    def outside(self, row: Row) -> Collection[int]:
        """Columns of what they cannot move of this."""
        return self._span.rest(row).keys()


def _gain(span: Span, rows: Iterable[Row]) -> int:
    """By how much a space would be larger with these rows: as many combinations are about them alone."""
    return span_of(span.rest(row) for row in rows).rank


def _rank_lost(rest: Sequence[Row], out: Sequence[Row]) -> int:
    """By how much the rank is lower without `out`."""
    return _gain(span_of(rest), out)


def _cut(rows: Iterable[Row], columns: Collection[int]) -> list[dict[int, int]]:
    return [{column: entry for column, entry in row.items() if column in columns} for row in rows]


def _search(classes: Sequence[MoverClass], below: int, free: Collection[int]) -> Isolated | None:
    """The lightest set of classes that is isolated: lighter sets are tried first, and each takes something out of every
    basis of the whole, so that the classes of one basis are branched on.

    What classes of `below` people and more span is nobody's alone, and is divided out first.
    """
    common = span_of(row for one in classes if (one.people or 0) >= below for row in one.rows)
    small: list[_SmallClass] = []
    kept: list[Row] = []  # of whoever can be left out of nothing
    for one in classes:
        rest = [left for row in one.rows if (left := common.rest(row))] if (one.people or 0) < below else []
        if rest:
            small.append(_SmallClass(one.name, one.people or 0, rest, one.rows))
        else:
            kept += one.rows
    small.sort(key=lambda one: -one.people)
    whole = span_of(row for one in small for row in one.rows).rank
    seen: set[frozenset[int]] = set()
    heap: list[tuple[int, tuple[int, ...]]] = [(0, ())]
    while heap:
        people, places = heappop(heap)
        left_out = frozenset(places)
        if left_out in seen:
            continue
        seen.add(left_out)
        span, used = Span(), []
        for place, few in enumerate(small):
            if place not in left_out and sum(span.add(row) for row in few.rows):
                used.append(place)
        if span.rank < whole and _is_held_against(kept, small, left_out, whole - span.rank, free):
            return Isolated(tuple(small[place].name for place in sorted(left_out)), people)
        for place in used:
            if people + small[place].people < below:
                heappush(heap, (people + small[place].people, tuple(sorted((*places, place)))))
    return None


@dataclass(frozen=True, slots=True)
class _SmallClass:
    """A class of fewer people than may be isolated: its rows without what larger classes span, and as they are."""

    name: str
    people: int
    rows: Sequence[Row]
    whole_rows: Sequence[Row]


def _is_held_against(
    kept: Sequence[Row], small: Sequence[_SmallClass], left_out: frozenset[int], lost: int, free: Collection[int]
) -> bool:
    """Whether more is lost without these than the free columns lose by themselves."""
    if not free:
        return True
    rest = [*kept, *(row for place, one in enumerate(small) if place not in left_out for row in one.whole_rows)]
    out = [row for place in left_out for row in small[place].whole_rows]
    return lost > _rank_lost(_cut(rest, free), _cut(out, free))


def is_dominated(capacities: Sequence[int], *, k: int, share: int) -> bool:
    """Whether one person could be too much of a total: `share` times the largest capacity is more than all capacities
    together less the k - 1 largest of the others.

    Else, unless less than one part in `share` of what was possible was reached or all but such a part, the total
    excludes no value for any single person, even for somebody who knows k - 1 others.
    """
    largest_first = sorted(capacities, reverse=True)
    if not largest_first or not largest_first[0]:
        return False
    return largest_first[0] * share > largest_first[0] + sum(largest_first[k:])


def least_spread(by_first_week: Sequence[int], people: int) -> list[int]:
    """Capacities of so many people of unknown days that make one of them as much of a total as it may become: somebody
    begins in each first week, and all others in one in which least is possible. Of fewer people than weeks one has the
    largest capacity, and the others have the smallest.
    """
    rising = sorted(by_first_week)
    if people < len(rising):
        return [*rising[: people - 1], rising[-1]]
    return [*rising, *[rising[0]] * (people - len(rising))]
