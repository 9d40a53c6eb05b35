"""The frozen schema: which columns a source has, and what happens where it has others.

A column is one of those that are kept, or it is known and dropped at the door. A source that sends anything else has
changed, and nobody here knows what it would be: the pull stops, and says which column it was.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from connectors.errors import SchemaChanged
from vocabulary.cpr_in_text import may_hide_cpr
from vocabulary.typed_text import is_seen

_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Schema:
    """The names at the source: of the columns that a record holds, in its order, and of those that are never kept.

    `dropped_patterns` (`br_*`, as in fnmatch) are for sources that have a new column every month. Of records that
    `add_up`, as postings do, the same one twice is not the same as once.
    """

    columns: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    dropped_patterns: tuple[str, ...] = ()
    add_up: bool = False

    def is_dropped(self, name: str) -> bool:
        return name in self.dropped or any(fnmatchcase(name, pattern) for pattern in self.dropped_patterns)

    def check(self, names: Sequence[str], *, source: str, known: Collection[str] = ()) -> None:
        """Raise `SchemaChanged` where a column is none of ours, none of `known` and not one that is dropped."""
        places = {
            position: name
            for position, name in enumerate(names, start=1)
            if name not in self.columns and name not in known and not self.is_dropped(name)
        }
        if places:
            # where one of them may be a cell of a row, the others may be cells as well: no name is repeated
            shown = all(map(is_a_name, places.values()))
            said = [f"{position} {name!r}" if shown else str(position) for position, name in places.items()]
            word = "column" if len(said) == 1 else "columns"
            raise SchemaChanged(
                source=source, reason=f"has {word} that the declaration does not name: {_at_most_eight(said)}"
            )

    def dropped_of(self, names: Sequence[str]) -> list[str]:
        """Those of the names that are dropped."""
        return [name for name in names if name not in self.columns and self.is_dropped(name)]


def is_a_name(text: str) -> bool:
    """Whether this is what a column is called and cannot be a cell with a number, a day or an amount."""
    has_digit = any(character.isdigit() for character in text)
    return 0 < len(text) <= _LONGEST_NAME and is_seen(text) and not has_digit and not may_hide_cpr(text)


def _at_most_eight(said: Sequence[str]) -> str:
    return ", ".join(said[:8]) + (f" and {len(said) - 8} more" if len(said) > 8 else "")
