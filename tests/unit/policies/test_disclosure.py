"""Disclosure control against a reader who knows the parent, the labels, k and the code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.disclosure import (
    Band,
    DisclosureRules,
    check_group,
    fold_small,
    may_show_sum,
    may_show_total,
    show_band,
    show_breakdown,
)
from policies.errors import DisclosureInvalid, GroupTooSmall

Shown = tuple[int | None, ...]
Show = Callable[[tuple[int, ...], int], Shown]


def show(cells: tuple[int, ...], k: int) -> Shown:
    table = {f"class {number}": count for number, count in enumerate(cells)}
    shown = show_breakdown(table, parent=sum(cells), rules=DisclosureRules(k=k))
    assert [cell.label for cell in shown] == list(table)
    return tuple(cell.value for cell in shown)


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        # all large: all shown
        ((25, 10, 5, 5, 10), (25, 10, 5, 5, 10)),
        # two small ones beside a sum of five: too few for each to hide behind the other
        ((30, 8, 3, 2, 12), (30, None, None, None, 12)),
        # a single small cell takes others with it: no cell can be had by subtraction
        ((20, 9, 2, 6, 18), (20, None, None, None, 18)),
        # two that share a sum below both their stage and twice k
        ((30, 2, 6, 12), (30, None, None, 12)),
        # the smallest sum, and the largest, that three small ones can hide in
        ((30, 7, 3, 2, 0), (30, 7, None, None, None)),
        ((30, 7, 4, 4, 0), (30, 7, None, None, None)),
        # true zeros carry the same mark as small counts (R10)
        ((30, 0, 0, 10, 15), (30, None, None, None, 15)),
        # everyone, or all but one, in one class: nothing is shown (R3)
        ((55, 0, 0, 0, 0), (None, None, None, None, None)),
        ((54, 1, 0, 0, 0), (None, None, None, None, None)),
        # small totals
        ((4, 0, 0, 0, 0), (None, None, None, None, None)),
        ((0, 0), (None, None)),
        ((3, 97), (None, None)),
        ((50, 50), (50, 50)),
        # one cell repeats its parent
        ((7,), (7,)),
    ],
)
def test_breakdown_with_k_five(cells: tuple[int, ...], shown: Shown) -> None:
    assert show(cells, 5) == shown


@given(
    cells=st.lists(st.integers(0, 60), min_size=2, max_size=8).map(tuple),
    k=st.integers(3, 10),
)
def test_what_is_shown_and_what_is_left_are_both_large(cells: tuple[int, ...], k: int) -> None:
    """R2, R3 and R4: a shown cell and its complement are at least k; nothing is withheld alone."""
    shown = show(cells, k)
    withheld = [count for count, value in zip(cells, shown, strict=True) if value is None]
    for count, value in zip(cells, shown, strict=True):
        assert value in (None, count)
        if value is not None:
            assert value >= k
            assert sum(cells) - value >= k
    assert len(withheld) != 1
    if withheld and len(withheld) < len(cells):
        assert sum(withheld) >= k


@given(cells=st.permutations((3, 0, 7, 7, 12, 21)), k=st.integers(3, 10))
def test_labels_and_order_do_not_matter(cells: list[int], k: int) -> None:
    """The same counts in another order are treated the same, equal counts alike: no tie to break."""
    by_count = dict(zip(cells, show(tuple(cells), k), strict=True))
    again = dict(zip(sorted(cells), show(tuple(sorted(cells)), k), strict=True))
    assert by_count == again


TABLES = [(3, 2, 40), (3, 3, 32), (3, 4, 20), (4, 3, 32), (5, 2, 60), (5, 3, 40), (5, 4, 22), (10, 3, 45)]


@pytest.mark.parametrize(("k", "cells", "largest"), TABLES)
def test_a_withheld_cell_keeps_at_least_k_possible_values(k: int, cells: int, largest: int) -> None:
    """Brute force: all tables with the same output, for every parent up to `largest`.

    With a parent below k - 1 fewer than k values exist at all; then none of them is ruled out.
    """
    assert worst_lead(show, k=k, cells=cells, largest=largest) <= 0


def test_the_reader_breaks_primary_suppression_alone() -> None:
    """Positive control: withholding only cells below k lets the reader subtract."""

    def primary_only(cells: tuple[int, ...], k: int) -> Shown:
        return tuple(count if count >= k else None for count in cells)

    assert worst_lead(primary_only, k=5, cells=3, largest=20) == 4  # one value left of five


def test_the_reader_breaks_withholding_the_next_smallest() -> None:
    """Positive control: 'at least two withheld with a sum of at least k' is not enough: two cells that sum
    to 2k - 2 can be told when the code is known."""

    def next_smallest(cells: tuple[int, ...], k: int) -> Shown:
        order = sorted(range(len(cells)), key=lambda index: (cells[index], index))
        taken = [index for index in order if cells[index] < k]
        while taken and len(taken) < len(cells) and (len(taken) < 2 or sum(cells[i] for i in taken) < k):
            taken.append(order[len(taken)])
        return tuple(None if index in taken else count for index, count in enumerate(cells))

    assert worst_lead(next_smallest, k=5, cells=3, largest=30) > 0


def worst_lead(shows: Show, *, k: int, cells: int, largest: int) -> int:
    """How many values too few some withheld cell is left with; 0 or less is the promise kept."""
    worst = -k
    for parent in range(largest + 1):
        alike: dict[Shown, list[tuple[int, ...]]] = defaultdict(list)
        for table in partitions(parent, cells):
            alike[shows(table, k)].append(table)
        for shown, tables in alike.items():
            for index, value in enumerate(shown):
                if value is None:
                    possible = {table[index] for table in tables}
                    worst = max(worst, min(k, parent + 1) - len(possible))
    return worst


def partitions(total: int, cells: int) -> Iterator[tuple[int, ...]]:
    if cells == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in partitions(total - first, cells - 1):
            yield (first, *rest)


def fold(cells: tuple[int, ...], k: int) -> Shown:
    """The last cell is the one that the others are folded into."""
    table = {f"reason {number}": count for number, count in enumerate(cells)}
    shown = fold_small(table, into=f"reason {len(cells) - 1}", rules=DisclosureRules(k=k))
    assert [cell.label for cell in shown] == list(table)
    return tuple(cell.value for cell in shown)


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        # all large: all shown
        ((25, 10, 5, 5), (25, 10, 5, 5)),
        # a small one is counted under the last
        ((25, 10, 4, 5), (25, 10, None, 9)),
        ((25, 0, 4, 3), (25, None, None, 7)),
        # too few under the last: the next smallest goes there too
        ((25, 8, 3, 1), (25, None, None, 12)),
        ((25, 12, 3, 1), (25, None, None, 16)),
        # the last one by itself is treated alike
        ((25, 8, 10, 2), (25, None, 10, 10)),
        ((25, 8, 10, 0), (25, None, 10, 8)),
        # everybody for one reason: nobody is told so
        ((40, 0, 0, 0), (None, None, None, 40)),
        ((0, 0, 0, 40), (None, None, None, 40)),
        # fewer than k people in all
        ((4, 0, 0, 0), (None, None, None, None)),
        ((0, 0, 0, 0), (None, None, None, None)),
    ],
)
def test_folding_with_k_five(cells: tuple[int, ...], shown: Shown) -> None:
    assert fold(cells, 5) == shown


@given(cells=st.lists(st.integers(0, 60), min_size=2, max_size=8).map(tuple), k=st.integers(3, 10))
def test_what_is_folded_adds_up_and_leaves_nothing_to_subtract(cells: tuple[int, ...], k: int) -> None:
    shown = fold(cells, k)
    known = [value for value in shown if value is not None]
    if sum(cells) < k:
        assert known == []
        return
    assert sum(known) == sum(cells)
    assert min(known) >= k
    assert shown[-1] is not None
    for count, value in zip(cells[:-1], shown[:-1], strict=True):
        assert value in (None, count)
        assert value is None or sum(cells) - value >= k


def with_the_last_withheld(fold: Show) -> Show:
    """For `worst_lead`: the sum under the last cell is a mark that hides the last cell too, where any was folded."""

    def shows(cells: tuple[int, ...], k: int) -> Shown:
        shown = fold(cells, k)
        return (*shown[:-1], None) if None in shown[:-1] else shown

    return shows


@pytest.mark.parametrize(("k", "cells", "largest"), TABLES)
def test_a_folded_cell_keeps_at_least_k_possible_values(k: int, cells: int, largest: int) -> None:
    """Brute force. The sum under the last cell follows from the rest and the public sum, so it tells nothing more."""
    assert worst_lead(with_the_last_withheld(fold), k=k, cells=cells, largest=largest) <= 0


def test_the_reader_breaks_folding_what_is_below_k_alone() -> None:
    """Positive control: without the second look, a single small cell that is folded into nobody is read off."""

    def once(cells: tuple[int, ...], k: int) -> Shown:
        folded = [count for count in cells[:-1] if count < k]
        return (*(count if count >= k else None for count in cells[:-1]), cells[-1] + sum(folded))

    assert worst_lead(with_the_last_withheld(once), k=5, cells=3, largest=20) == 4  # none but nought is left


def test_cells_without_the_one_to_fold_into_are_refused() -> None:
    for cells in ({"a": 5, "b": 6}, {"other": -1, "b": 6}, {}):
        with pytest.raises(DisclosureInvalid):
            fold_small(cells, into="other", rules=DisclosureRules())


def test_a_total_is_shown_by_the_size_of_the_cohort_alone() -> None:
    rules = DisclosureRules(k=5, k_cohort=25)
    assert [may_show_total(cohort, rules) for cohort in (0, 10, 24, 25, 120)] == [False] * 3 + [True] * 2


@pytest.mark.parametrize(
    ("k", "k_cohort", "reason"),
    [
        (2, 25, "k is 2; it must be 3 to 10."),
        (11, 25, "k is 11; it must be 3 to 10."),
        (5, 4, "k_cohort is 4, below k = 5."),
    ],
)
def test_thresholds_outside_their_range_are_refused(k: int, k_cohort: int, reason: str) -> None:
    with pytest.raises(DisclosureInvalid) as caught:
        DisclosureRules(k=k, k_cohort=k_cohort)
    assert str(caught.value) == f"{reason} Correct the contract's [disclosure]."


@pytest.mark.parametrize(("k", "k_cohort"), [(3, 3), (3, 25), (10, 10)])
def test_thresholds_at_the_ends_of_their_range_are_accepted(k: int, k_cohort: int) -> None:
    rules = DisclosureRules(k=k, k_cohort=k_cohort)
    assert (rules.k, rules.k_cohort) == (k, k_cohort)


@pytest.mark.parametrize(("cells", "parent"), [({}, 0), ({"a": -1, "b": 6}, 5), ({"a": 5, "b": 6}, 12)])
def test_cells_that_do_not_partition_their_parent_are_refused(cells: dict[str, int], parent: int) -> None:
    """The message names no count: it may end in a log."""
    with pytest.raises(DisclosureInvalid) as caught:
        show_breakdown(cells, parent=parent, rules=DisclosureRules())
    assert not any(str(count) in str(caught.value) for count in (*cells.values(), 12) if count > 3)
    advice = "cells do not partition their parent; count each person in exactly one class."
    assert str(caught.value) == f"{len(cells)} {advice}"


def test_a_group_is_judged_by_its_size_alone_and_the_refusal_does_not_say_it() -> None:
    check_group(25, DisclosureRules())
    with pytest.raises(GroupTooSmall, match="fewer than 25 people") as refused:
        check_group(24, DisclosureRules())
    assert "24" not in str(refused.value)


def band(part: int, whole: int = 100, *, people: int = 9, others: int = 9, cohort: int = 120) -> Band:
    return show_band(part, whole, people=people, others=others, cohort=cohort, rules=DisclosureRules(k=5, k_cohort=25))


@pytest.mark.parametrize(
    ("people", "others", "is_shown"),
    [(0, 0, False), (0, 9, False), (1, 9, False), (4, 9, False), (5, 5, True), (9, 4, False), (9, 0, False)],
)
def test_both_sides_need_k(people: int, others: int, is_shown: bool):
    assert (band(30, people=people, others=others) is not Band.WITHHELD) is is_shown


@pytest.mark.parametrize(("cohort", "is_shown"), [(24, False), (25, True)])
def test_a_cohort_below_k_cohort_shows_none(cohort: int, is_shown: bool):
    assert (band(30, cohort=cohort) is not Band.WITHHELD) is is_shown


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (1, 1000, Band.UNDER_10),
        (99, 1000, Band.UNDER_10),
        (100, 1000, Band.FROM_10_TO_25),
        (249, 1000, Band.FROM_10_TO_25),
        (250, 1000, Band.FROM_25_TO_50),
        (499, 1000, Band.FROM_25_TO_50),
        (500, 1000, Band.FROM_50),
        (999, 1000, Band.FROM_50),
    ],
)
def test_the_edges_of_the_ranges(part: int, whole: int, expected: Band):
    assert band(part, whole) is expected


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 3000), st.integers(0, 3000))
def test_below_k_nothing_of_the_figures_shows(people: int, others: int, part: int, more: int):
    found = band(part, part + more, people=people, others=others)
    assert (found is Band.WITHHELD) is (min(people, others) < 5)


@pytest.mark.parametrize(
    ("part", "whole", "people", "others"), [(2, 1, 5, 5), (-1, 1, 5, 5), (1, -1, 5, 5), (1, 1, -1, 5), (1, 1, 5, -1)]
)
def test_a_part_that_is_none_is_refused(part: int, whole: int, people: int, others: int):
    with pytest.raises(DisclosureInvalid):
        band(part, whole, people=people, others=others)


SUMS = [
    # parts, beside, related, shown
    ({}, {}, [], True),
    ({"a": 0}, {}, [], True),  # a total as any other
    ({}, {"goal": 2, "other": 0}, [], True),  # nothing is hidden in a sum of nothing
    ({"a": 4}, {"goal": 20}, [], False),
    ({"a": 5}, {"goal": 20}, [], True),
    ({"a": 5}, {"goal": 2}, [], True),  # that one is shown anyway
    ({"a": 5, "b": 5}, {}, [], True),
    ({"a": 5, "b": 4}, {}, [], False),
    ({"a": 0, "b": 20}, {}, [], False),
    ({"a": 20, "b": 25}, {}, [("a", "b")], True),
    ({"a": 25, "b": 20}, {}, [("b", "a")], True),
    ({"a": 20, "b": 24}, {}, [("a", "b")], False),
    ({"a": 20, "b": 20}, {}, [("a", "b")], False),
    ({"a": 20, "b": 30}, {"goal": 33}, [("a", "b"), ("a", "goal")], True),
    ({"a": 20, "b": 30}, {"goal": 33}, [("a", "b"), ("goal", "b")], False),
]


@pytest.mark.parametrize(("parts", "beside", "related", "is_shown"), SUMS)
def test_a_sum_is_shown_where_neither_a_part_nor_a_difference_is_small(
    parts: dict[str, int], beside: dict[str, int], related: list[tuple[str, str]], is_shown: bool
):
    assert may_show_sum(parts, beside=beside, related=related, rules=DisclosureRules(k=5)) is is_shown


@pytest.mark.parametrize(("parts", "beside"), [({"a": -1}, {}), ({"a": 1}, {"goal": -1})])
def test_a_negative_figure_is_no_part_of_a_sum(parts: dict[str, int], beside: dict[str, int]):
    with pytest.raises(DisclosureInvalid, match="A figure is negative"):
        may_show_sum(parts, beside=beside, related=[], rules=DisclosureRules())
