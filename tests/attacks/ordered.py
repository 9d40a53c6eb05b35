"""Whether anything in a database stands in the order of a file: who it is about, by every column and by where it lies.

A judge looks at the order of 200 people by each column, beside 400 orders that are drawn by lot; a thief lays the
column beside the file and reads off who is who.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import inspect, text

from gateway.store.unit_of_work import Store

_ID = re.compile(r"[0-9a-f]{32}")
_LOT = re.compile(r"[0-9a-f]{32,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBER = re.compile(r"\d+")
REFERENCES = ("case_reference",)  # the operator's own, which stand in no extract of a register
_DRAWN = 400
_LEVEL = 0.001  # the chance that anything at all is suspected where nothing stands in order
# what a row may tell because it is a fact: people are compared with those who share it
FACTS = {
    "batch_id": "which list somebody came on",
    "enrolled_on": "the day of referral, by which lists are sorted",
    "version": "of a record, by which the newest is told from the others; at a secret distance from the source's own",
}


@dataclass(frozen=True)
class Order:
    """People in the order in which a column, or the place of their rows, puts them; of some it may know nothing."""

    where: str
    keys: Mapping[str, Any]  # subject id -> what is compared

    @property
    def is_a_fact(self) -> bool:
        return self.where.partition(".")[2].partition(",")[0] in FACTS


def orders(store: Store, people: Sequence[str]) -> list[Order]:
    """Every order in which the database puts these people: by each column, by row number and by place on the disk."""
    wanted = set(people)
    found: list[Order] = []
    with store.engine.connect() as connection:
        for table in sorted(inspect(connection).get_table_names()):
            places = _places(store, connection, table)
            query = f'SELECT {", ".join([*places, "*"])} FROM "{table}"'
            columns: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
            for number, row in enumerate(connection.execute(text(query)).mappings()):
                cells = dict(row)
                about = {one for cell in cells.values() for one in _ids(cell) if one in wanted}
                for name, cell in cells.items():
                    inside = [one for one in _ids(cell) if one in wanted]
                    if len(inside) > 1:  # a list of people in one cell
                        for position, one in enumerate(inside):
                            columns[f"{name} inside"][one].append(position)
                if len(about) == 1:
                    (one,) = about
                    columns["as it lies"][one].append(number)
                    for name, cell in cells.items():
                        if cell is not None:
                            columns[name][one].append(_comparable(cell))
                            columns[f"{name} length"][one].append(len(_bytes(cell)))
            lying = columns.get("as it lies", {})
            found.append(Order(f"{table}.rows", {one: len(places) for one, places in lying.items()}))
            for name, values in columns.items():
                found.append(Order(f"{table}.{name}, first", {one: min(cells) for one, cells in values.items()}))
                found.append(Order(f"{table}.{name}, last", {one: max(cells) for one, cells in values.items()}))
    return [one for one in found if len(set(one.keys.values())) > 1]


def _places(store: Store, connection: Any, table: str) -> list[str]:
    if not store.is_sqlite:
        return ["ctid::text AS place", "xmin::text::bigint AS writer", "cmin::text::bigint AS command"]
    made = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": table}).scalar_one()
    return [] if "WITHOUT ROWID" in made else ["rowid AS place"]


def _ids(cell: Any) -> list[str]:
    return _ID.findall(cell if isinstance(cell, str) else str(cell)) if isinstance(cell, str | list | dict) else []


def linked_by_content(store: Store, contents: Mapping[str, Sequence[int]]) -> int:
    """Of how many people a thief who has what an extract says of each finds the rows: those in which all of it stands,
    where that is so of one person alone. Everything that names a person counts as the person's, in whatever table.
    """
    numbers: dict[str, set[int]] = defaultdict(set)
    with store.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings():
                cells = list(dict(row).values())
                about = {one for cell in cells for one in _ids(cell)}
                for one in about:
                    numbers[one].update(int(said) for cell in cells for said in _NUMBER.findall(_said(cell)))
    found = 0
    for wanted in contents.values():
        fits = [one for one, held in numbers.items() if held.issuperset(wanted)]
        found += len(fits) == 1 and contents.get(fits[0]) == wanted
    return found


def _said(cell: Any) -> str:
    return _ID.sub("", bytes(cell).decode("latin-1") if isinstance(cell, memoryview | bytes) else str(cell))


def _bytes(cell: Any) -> bytes:
    return bytes(cell) if isinstance(cell, memoryview | bytes) else str(cell).encode()


def traces(store: Store, people: Sequence[str]) -> dict[str, str]:
    """What a database shows of each of these people when everything that is drawn by lot is blotted out: how many rows
    in which tables, how long each cell is, and what it says where it is no key, digest, nonce, seal or reference.
    """
    wanted, found = set(people), defaultdict(list)
    with store.engine.connect() as connection:
        for table in sorted(inspect(connection).get_table_names()):
            for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings():
                cells = dict(row)
                about = {one for cell in cells.values() for one in _ids(cell) if one in wanted}
                if len(about) == 1:
                    shown = {name: _blotted(name, cell) for name, cell in cells.items()}
                    found[about.pop()].append(f"{table} {sorted(shown.items())}")
    return {one: "\n".join(sorted(rows)) for one, rows in found.items()}


def _blotted(name: str, cell: Any) -> Any:
    if isinstance(cell, memoryview | bytes):
        return len(bytes(cell))
    if name in REFERENCES or (isinstance(cell, str) and _LOT.fullmatch(cell)):
        return len(cell)
    return _LOT.sub("", cell) if isinstance(cell, str) else cell


def _comparable(cell: Any) -> Any:
    """A cell as something that can be compared with others of its column."""
    if isinstance(cell, str) and (place := re.fullmatch(r"\((\d+),(\d+)\)", cell)):
        return int(place[1]) << 32 | int(place[2])
    return bytes(cell).hex() if isinstance(cell, memoryview | bytes) else cell if isinstance(cell, int) else str(cell)


class Judge:
    """Compares orders with the order of one list, among people who share the facts that a list may be sorted by."""

    def __init__(self, listed: Sequence[str], facts: Mapping[str, Any], *, seed: int) -> None:
        self._listed = list(listed)
        groups: dict[Any, list[int]] = defaultdict(list)
        for number, person in enumerate(self._listed):
            groups[facts[person]].append(number)
        self._group_of = {self._listed[n]: place for place, group in enumerate(groups.values()) for n in group}
        lots = np.random.default_rng(seed)
        self._real = np.zeros((1, len(listed)))
        self._drawn = np.zeros((_DRAWN, len(listed)))
        for group in groups.values():
            ranks = np.arange(len(group)) - (len(group) - 1) / 2
            self._real[0, group] = ranks
            self._drawn[:, group] = lots.permuted(np.tile(ranks, (_DRAWN, 1)), axis=1)

    def doubts(self, order: Order) -> list[float]:
        """How far an order is from one drawn by lot, in standard deviations: as a trend, and from one to the next."""
        places = [number for number, person in enumerate(self._listed) if person in order.keys]
        if len(places) < len(self._listed) // 2:
            return []
        people = [self._listed[number] for number in places]
        values = sorted({order.keys[person] for person in people})
        rank = {value: number for number, value in enumerate(values)}
        ranks = np.array([rank[order.keys[person]] for person in people], dtype=float)
        real, drawn = self._real[:, places], self._drawn[:, places]
        groups = np.array([self._group_of[person] for person in people])
        for group in set(groups.tolist()):
            ranks[groups == group] -= ranks[groups == group].mean()
        in_order = np.lexsort((ranks, groups))
        same = groups[in_order][1:] == groups[in_order][:-1]

        def steps(positions: NDArray[np.float64]) -> NDArray[np.float64]:
            ordered = positions[:, in_order]
            return (ordered[:, 1:] * ordered[:, :-1] * same).sum(axis=1)

        trend = _distance(real @ ranks, drawn @ ranks)
        return [trend, _distance(steps(real), steps(drawn))] if len(values) == len(people) else [trend]


def _distance(real: NDArray[np.float64], drawn: NDArray[np.float64]) -> float:
    spread = float(drawn.std())
    return 0.0 if spread == 0 else abs(float(real[0]) - float(drawn.mean())) / spread


def suspects(orders: Sequence[tuple[Judge, Order]]) -> Iterator[str]:
    """The orders that are no accident, by Bonferroni over all that were looked at."""
    looked = [(order.where, doubt) for judge, order in orders for doubt in judge.doubts(order)]
    limit = NormalDist().inv_cdf(1 - _LEVEL / (2 * len(looked)))
    for where, doubt in looked:
        if doubt > limit:
            yield f"{where}: {doubt:.1f} standard deviations, of {limit:.1f}"


def linked(order: Order, listed: Sequence[str]) -> int:
    """Of how many people a thief reads off the file who they are, by laying the order beside it, from either end."""
    known = [person for person in listed if person in order.keys]
    ordered = sorted(known, key=lambda person: (order.keys[person], person))
    return max(sum(map(str.__eq__, known, some)) for some in (ordered, ordered[::-1]))
