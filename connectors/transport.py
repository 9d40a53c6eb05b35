"""What a transport is: it gets records from outside, and knows neither weeks, statuses nor people.

A record is a tuple of texts: the declaration's columns in their order, and nothing else that the source sent. There
are two ways of asking. Some sources are asked about one person at a time, and the request must carry the number;
others list everybody, page after page, and the boundary finds the cohort in it. What is hard for all of them (whom to
ask for, storing, resuming, corrections) is the engine's (`gateway.fetching`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, runtime_checkable

Record = tuple[str, ...]  # a text for each declared column, in the declaration's order; empty where nothing is said


@dataclass(frozen=True, slots=True)
class Ask:
    """The days of life that are asked for, both ends included. `since` is where a source of changes goes on: what an
    earlier page gave as its cursor, or empty for the beginning. `newest_file` is the newest by its name that an earlier
    reading took for everything, or empty.
    """

    from_day: date
    to_day: date
    since: str = ""
    newest_file: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Records that belong together, and the cursor from which a source of changes goes on after them.

    A cursor may name records that were given already (`>=`): the engine tells them by record and version.
    """

    records: Sequence[Record]
    cursor: str = ""


@runtime_checkable
class PersonTransport(Protocol):
    """Asked about one person at a time. The number goes into the request and nowhere else. Safe to use from several
    threads, as many as `parallel`.
    """

    @property
    def parallel(self) -> int: ...
    def ask(self, cpr_digits: str, ask: Ask) -> Sequence[Record]: ...
    def close(self) -> None: ...


@runtime_checkable
class ListTransport(Protocol):
    """Lists everybody whom it knows, a page at a time, in memory that does not grow with the number of pages."""

    def pages(self, ask: Ask) -> Iterator[Page]: ...
    def close(self) -> None: ...


@runtime_checkable
class PutsAway(Protocol):
    """A transport whose records lie in files that somebody put down. `digests`: the SHA-256 of those that it read."""

    @property
    def digests(self) -> Sequence[str]: ...
    def finish(self, done: Collection[str]) -> None:
        """Put away what is stored: the files of these digests, and those that a later one took the place of."""
        ...


@runtime_checkable
class ReadsFiles(Protocol):
    """A transport whose records lie in files. `newest_file`: the name of the newest that it read, where that one tells
    everything; else empty.
    """

    @property
    def newest_file(self) -> str: ...


Transport = PersonTransport | ListTransport


class Secrets(Protocol):
    """Where passwords, keys and tokens are: a declaration names them and never holds one."""

    def text(self, name: str) -> str:
        """The secret of this name, without a line end; `SecretMissing` where there is none or others may read it."""
        ...

    def path(self, name: str) -> str:
        """The file of this name, for a library that wants one: a certificate with its key. `SecretMissing`."""
        ...


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as transports see it, so that tests need not wait: seconds that never go back, a way to wait, and the time
    of day, which signed messages carry.
    """

    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    now: Callable[[], datetime]  # with its zone
