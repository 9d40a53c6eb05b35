"""Declaration files with mistakes in known lines: a key of another type, one that is missing, one that nobody knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from vocabulary.errors import DeclarationInvalid

_KEY = re.compile(r"^([a-z_]+) = (.*)$")
_HEADER = re.compile(r"^\[.*\]")
_OTHER_TYPE = "9.5"  # no key takes a number with a fraction


@dataclass(frozen=True, slots=True)
class Mistake:
    """What becomes of one line, and which line is named then: itself, the next, or the header above."""

    place: int  # of the line, from 0
    kind: str  # "type" | "missing" | "unknown"

    def lines(self, line: str) -> list[str]:
        match self.kind:
            case "type":
                return [f"{line.partition(' = ')[0]} = {_OTHER_TYPE}"]
            case "missing":
                return []
            case _:
                return [line, f"zzz_{self.place} = 1"]


def single_mistakes(text: str) -> Iterator[Mistake]:
    """Every mistake of one line that can be made of a file whose values stand on one line each."""
    for place, line in enumerate(text.splitlines()):
        if _KEY.match(line) and not line.rstrip().endswith(("[", "(")):
            yield from (Mistake(place, kind) for kind in ("type", "missing", "unknown"))


def with_mistakes(text: str, mistakes: Sequence[Mistake]) -> tuple[str, list[int]]:
    """The file with these mistakes, each of another line, and the lines that are to be named, in their order."""
    by_place = {one.place: one for one in mistakes}
    written: list[str] = []
    named: list[int] = []
    header = 1
    for place, line in enumerate(text.splitlines()):
        if _HEADER.match(line):
            header = len(written) + 1
        if place not in by_place:
            written.append(line)
            continue
        made = by_place[place]
        written += made.lines(line)
        named.append(header if made.kind == "missing" else len(written))
    return "\n".join(written) + "\n", sorted(named)


def named_lines(read: Callable[[bytes], object], text: str) -> list[int]:
    """The lines of the mistakes that a reader names; none where it takes the file."""
    try:
        read(text.encode())
    except DeclarationInvalid as refused:
        return [one.line for one in refused.mistakes]
    return []
