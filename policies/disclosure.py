"""Statistical disclosure control: which counts of a result are shown (privacy rules R1 to R4 and R10).

Shown is not owed (invariant 6): nothing here changes what is paid. Source for the terms: ESS handbook on
statistical disclosure control, chapter 5 (frequency tables).

A breakdown is shown in stages. Stage j withholds every cell below j × k and asks whether what is left
protects the withheld cells; the first stage that does is released, else all cells are withheld. The
question reads only what the reader of the table sees too (how many cells are withheld, their sum, the
stage), so that the answer gives away little about the cells themselves: see `show_breakdown`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from policies.errors import DisclosureInvalid, GroupTooSmall


@dataclass(frozen=True, slots=True)
class DisclosureRules:
    """The two thresholds of a contract; the controller sets them, the data protection officer advises.

    Raises:
        DisclosureInvalid: a threshold is outside its range.
    """

    k: int = 5  # people: the smallest cell that is shown, 3 to 10 (R2)
    k_cohort: int = 25  # people: the smallest cohort whose total is shown, at least k (R1)

    def __post_init__(self) -> None:
        if not 3 <= self.k <= 10:
            raise DisclosureInvalid(f"k is {self.k}; it must be 3 to 10. Correct the contract's [disclosure].")
        if self.k_cohort < self.k:
            raise DisclosureInvalid(
                f"k_cohort is {self.k_cohort}, below k = {self.k}. Correct the contract's [disclosure]."
            )


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell as the recipient sees it; None is the one mark for withheld, true zeros included (R10)."""

    label: str
    value: int | None


class Band(StrEnum):
    """A part of a whole as its readers see it: one of four ranges of percent, or the one mark for withheld (R10)."""

    WITHHELD = "withheld"
    UNDER_10 = "under_10"
    FROM_10_TO_25 = "from_10_to_25"
    FROM_25_TO_50 = "from_25_to_50"
    FROM_50 = "from_50"


_UP_TO = ((10, Band.UNDER_10), (25, Band.FROM_10_TO_25), (50, Band.FROM_25_TO_50))  # percent, not included


def may_show_total(cohort: int, rules: DisclosureRules) -> bool:
    """Whether a cohort of this many people may have its exact total shown; below, a predicate only (R1).

    Looks at the cohort's size and never at the total, so a refusal tells nothing about results.
    """
    return cohort >= rules.k_cohort


def check_group(people: int, rules: DisclosureRules) -> None:
    """Raise `GroupTooSmall` where a group is too small for any sum of it to be given, even inside the municipality.

    As `may_show_total`, it looks at the size and never at what is summed.
    """
    if not may_show_total(people, rules):
        raise GroupTooSmall(k_cohort=rules.k_cohort)


def show_breakdown(cells: Mapping[str, int], *, parent: int, rules: DisclosureRules) -> tuple[ShownCell, ...]:
    """The cells of a table in their order, with values withheld where they would tell on people.

    `cells` are people by class, each counted in exactly one, and `parent` (people) is their published sum.

    Promised against a reader who knows the parent, the labels, k and this code:
    - a shown cell is at least k, and so is the rest of the parent (R2, R3, R4);
    - no cell is withheld alone, and withheld cells beside shown ones sum to at least k;
    - a withheld cell keeps at least min(k, parent + 1) possible values (checked by exhaustion, not proved:
      tests/unit/policies/test_disclosure.py; more than five cells were not enumerated).
    One table by itself: two tables of overlapping people, or of two windows, are the contract plan's matter.
    A table of one cell repeats its parent and is shown.

    Raises:
        DisclosureInvalid: a count is negative, there is no cell, or the cells do not add up to the parent.
    """
    if not cells or min(cells.values()) < 0 or sum(cells.values()) != parent:
        raise DisclosureInvalid(
            f"{len(cells)} cells do not partition their parent; count each person in exactly one class."
        )
    if len(cells) == 1:
        return tuple(ShownCell(label, value) for label, value in cells.items())
    stage = rules.k
    while not _protects([value for value in cells.values() if value < stage], stage=stage, k=rules.k):
        if stage > parent:
            break
        stage += rules.k
    return tuple(ShownCell(label, None if value < stage else value) for label, value in cells.items())


def fold_small(cells: Mapping[str, int], *, into: str, rules: DisclosureRules) -> tuple[ShownCell, ...]:
    """The cells of a table in their order, small ones withheld and counted under the cell `into` instead.

    `cells` are people by reason, each counted in exactly one; their sum is public. Stage j folds every cell below
    j × k; the first stage whose sum under `into` reaches k is shown. Promised against a reader who knows the sum, the
    labels, k and this code:
    - a shown cell is at least k, and so is the rest of the sum (R2, R3, R4): `into` alone is that large;
    - the shown values add up, so that nothing is left to subtract;
    - a folded cell, and what `into` was without it, keeps at least min(k, sum + 1) possible values. For with k or more
      under `into`, every table that has 0 to k - 1 in one folded cell, none in the others, and the rest in `into`
      looks the same.
    Where all of them together are fewer than k, every cell is withheld.

    Raises:
        DisclosureInvalid: a count is negative, or there is no cell `into`.
    """
    if into not in cells or min(cells.values()) < 0:
        raise DisclosureInvalid(f"{len(cells)} cells cannot be folded into {into!r}; count people by reason.")
    if sum(cells.values()) < rules.k:
        return tuple(ShownCell(label, None) for label in cells)
    stage, folded, total = 0, set[str](), 0
    while total < rules.k:
        stage += rules.k
        folded = {label for label, value in cells.items() if label != into and value < stage}
        total = cells[into] + sum(cells[label] for label in folded)
    return tuple(
        ShownCell(label, total if label == into else None if label in folded else value)
        for label, value in cells.items()
    )


def show_band(part: int, whole: int, *, people: int, others: int, cohort: int, rules: DisclosureRules) -> Band:
    """In which range of percent a part lies, where enough people stand on either side of it.

    `part` of the units of `whole` comes from `people`, and `others` add units and nothing to the part. Promised against
    a reader who knows the whole, k and this code:
    - nothing but the one mark where either side is below k, nobody included (R2, R3, R10), or the cohort is below
      k_cohort (R1): none and one look the same;
    - two groups that differ in one person look the same but where the part crosses an edge of a range, or a side
      reaches k. Who knows k - 1 people on one side learns of a k-th; that much any threshold tells.

    Raises:
        DisclosureInvalid: a number is negative, or the part is more than the whole.
    """
    if min(part, whole, people, others) < 0 or part > whole:
        raise DisclosureInvalid(f"{part} is no part of {whole}; count each person's units once.")
    if min(people, others) < rules.k or not may_show_total(cohort, rules):
        return Band.WITHHELD
    return next((band for percent, band in _UP_TO if 100 * part < percent * whole), Band.FROM_50)


def may_show_sum(
    parts: Mapping[str, int],
    *,
    beside: Mapping[str, int],
    related: Collection[tuple[str, str]],
    rules: DisclosureRules,
) -> bool:
    """Whether the sum of several figures of one cohort may be shown where each of them may not (R2 to R4).

    `parts` are figures by name, `beside` those that the reader has anyway, `related` the pairs of which one may count
    a part of the other's people. Amounts and prices can tell the parts, so the reader is taken to know each. Promised:
    - one part with nothing beside it is a total as any other (R1): its value is not looked at;
    - else the sum is shown only where each part is at least k, and two that are related differ by at least k: who is
      in one and not in the other are a group as well, and nobody is too (R10).

    Raises:
        DisclosureInvalid: a figure is negative.
    """
    known = {**parts, **beside}
    if any(value < 0 for value in known.values()):
        raise DisclosureInvalid("A figure is negative; count people or points.")
    if len(known) < 2:
        return True
    differences = [abs(known[one] - known[other]) for one, other in related]
    return all(value >= rules.k for value in (*parts.values(), *differences))


def _protects(withheld: list[int], *, stage: int, k: int) -> bool:
    """Whether a sum over so many cells, each below `stage`, leaves room for every one of them.

    Room means that each cell may be any of 0 to k - 1: the others, at most stage - 1 each, can hold the
    whole sum without it. One of them is below k, or none would be withheld, and it may be any of them.
    """
    count, total = len(withheld), sum(withheld)
    return not count or (count > 1 and k <= total <= (count - 1) * (stage - 1))
