"""From when on a pull looks wrong: keys of a source's declaration, table `[holds]`, each with a default."""

from __future__ import annotations

from dataclasses import dataclass

from vocabulary.declaration import DeclarationTable


@dataclass(frozen=True, slots=True)
class HoldLimits:
    """Shares are whole percent. A pull beyond one of them is held until somebody has looked.

    `fewest_*`: of the last pull. `most_*`: of this pull's people or rows; where the source's own past was worse, so
    many times that past (`times_past`), but no more than half-way from it to everything; the past never lowers a limit.
    Below `fewest_people` nothing is said of a share of people (of a small group: `judging_pulls`), and below
    `fewest_rows_lost` nothing of a loss of rows.
    """

    fewest_found: int = 75  # people of whom the source has something
    fewest_rows: int = 75  # rows of the whole extract or answer
    most_unknown: int = 20  # people with a code that no list explains
    most_uncertain: int = 20  # people of whom nothing is concluded
    most_unreadable: int = 20  # rows that were left out, empty cells among them
    most_ended: int = 50  # people whose benefit has ended since the last pull, or who have left
    times_past: int = 3
    fewest_people: int = 5
    fewest_rows_lost: int = 25


DEFAULT_LIMITS = HoldLimits()


def read_limits(table: DeclarationTable) -> HoldLimits:
    """The limits of a declaration; `DeclarationInvalid` for a key or a number that makes no sense."""
    usual = DEFAULT_LIMITS
    limits = HoldLimits(
        fewest_found=table.integer("fewest_found", usual.fewest_found, most=100),
        fewest_rows=table.integer("fewest_rows", usual.fewest_rows, most=100),
        most_unknown=table.integer("most_unknown", usual.most_unknown, most=100),
        most_uncertain=table.integer("most_uncertain", usual.most_uncertain, most=100),
        most_unreadable=table.integer("most_unreadable", usual.most_unreadable, most=100),
        most_ended=table.integer("most_ended", usual.most_ended, most=100),
        times_past=table.integer("times_past", usual.times_past, most=100),
        fewest_people=table.integer("fewest_people", usual.fewest_people, most=1000),
        fewest_rows_lost=table.integer("fewest_rows_lost", usual.fewest_rows_lost, least=1, most=1_000_000),
    )
    table.finish()
    return limits
