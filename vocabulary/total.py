"""A table over a closed set, with a row for every member: no type checker looks whether one is missing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")
S = TypeVar("S", bound=Enum)
A = TypeVar("A", bound=Enum)


def total(table: Mapping[K, V], *sets: type[Enum]) -> Mapping[K, V]:
    """The table, read-only, with a row for every member of the sets and no other; called where a module is imported.

    A set of words may be given by its values, where the table stands below the room of its enum.

    Raises:
        TypeError: names the set, what is missing and what is too much.

    >>> class Side(Enum):
    ...     LEFT = 1
    ...     RIGHT = 2
    >>> total({Side.LEFT: "venstre"}, Side)
    Traceback (most recent call last):
    ...
    TypeError: the table over Side has no row for RIGHT
    """
    names = " and ".join(one.__name__ for one in sets)
    members = [member for one in sets for member in one]
    missing = [member.name for member in members if member not in table]
    if missing:
        raise TypeError(f"the table over {names} has no row for {', '.join(missing)}")
    if len(table) != len(members):
        strangers = [str(key) for key in table if key not in members]
        raise TypeError(f"the table over {names} has rows for no member: {', '.join(strangers)}")
    return MappingProxyType(dict(table))


def transitions(table: Mapping[S, Mapping[A, S]], states: type[S], actions: type[A]) -> Mapping[S, Mapping[A, S]]:
    """The table of a life: a row for every state, and every action in some row; `TypeError` as `total` raises it."""
    total({action: following for row in table.values() for action, following in row.items()}, actions)
    return total(table, states)
