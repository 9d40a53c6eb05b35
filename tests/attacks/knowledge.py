"""What an attacker holds and knows, and what an attack found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Received:
    """The disclosed claims of one verified attestation."""

    recipient: str
    window: str
    template: str
    claims: Mapping[str, Any]

    @property
    def known_at(self) -> int:
        return int(self.claims["sources"]["known_at"])


@dataclass(frozen=True, slots=True)
class Notice:
    """A relapse notice: whom the operator takes back after a window, as places in the roster that it keeps itself."""

    window: str
    named: frozenset[int]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What an attacker knows beside what was received; persons are places in the roster."""

    states: Mapping[tuple[int, str], str] = field(default_factory=dict)  # (person, window) -> state at its end
    still: tuple[tuple[str, str, frozenset[int]], ...] = ()  # (window, window, who may have moved): nobody else did
    rule: str = "stages"  # how tables are withheld: "stages" as the code does, or "unknown"


@dataclass(frozen=True, slots=True)
class Statement:
    """What is said of a person: at a window's end, or (`what` = "worked") in all of it."""

    person: int
    window: str
    known_at: int
    what: str  # "out", "worked", "ever worked", the id of a state, or "because " and the bucket of a reason
    value: bool


@dataclass(frozen=True, slots=True)
class Learned:
    """What an attack found. What the creditor is owed and whom a grant of its own names is declared: what that fixes by
    itself stands apart.
    """

    fixed: frozenset[Statement]
    declared: frozenset[Statement]

    @property
    def persons(self) -> set[int]:
        return {statement.person for statement in self.fixed}

    @property
    def persons_declared(self) -> set[int]:
        return {statement.person for statement in self.declared}
