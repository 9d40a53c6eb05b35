"""How much rests on documents, as others may see it: none and one look the same, and a range is all there is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.records import Week
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.reconciling import OnDocuments, rests_on_documents
from policies.disclosure import Band, DisclosureRules, show_band
from policies.errors import DisclosureInvalid
from tests.support.histories import example_contract, history

RULES = DisclosureRules(k=5, k_cohort=25)
IMPACT60 = example_contract("impact60", size=("size = 120", "size = 30"), threshold=("_people = 60", "_people = 15"))
BY_WEEKS = "weeks_in_work_or_education"
START, END = "2020-W10", Week.parse("2020-W19")
Pair = tuple[str, str]  # ten weeks of one person: with documents, and as registers alone tell them
REGISTERS: Pair = ("F" * 10, "F" * 10)
DOCUMENT: Pair = ("E" * 10, "-" * 10)
NOTHING: Pair = ("B" * 10, "B" * 10)


def band(part: int, whole: int = 100, *, people: int = 9, others: int = 9, cohort: int = 120) -> Band:
    return show_band(part, whole, people=people, others=others, cohort=cohort, rules=RULES)


def rests(*pairs: Pair) -> OnDocuments | None:
    def made(letters: str, number: int) -> PersonHistory:
        return history(letters, start=START, enrolled="2018-10-01", subject=number + 1)

    people = [[made(pair[side], number) for number, pair in enumerate(pairs)] for side in (0, 1)]
    return rests_on_documents(IMPACT60, *people, END)


def shown(*pairs: Pair) -> Band:
    found = rests(*pairs)
    assert found is not None
    assert (found.measure, found.k) == (BY_WEEKS, 5)
    return found.band


def test_no_document_and_one_look_exactly_the_same():
    """The attack: the operator wrote the document itself and compares what it is shown with and without it."""
    assert rests(*[REGISTERS] * 10) == rests(*[REGISTERS] * 9, DOCUMENT) == rests(*[DOCUMENT] * 10) == rests()
    assert shown(*[REGISTERS] * 10) is Band.WITHHELD


def test_of_two_cohorts_that_differ_by_a_document_only_a_crossed_edge_tells():
    """From no document to all on documents, one more at a time: withheld below k on either side, and few steps."""
    bands = [shown(*[DOCUMENT] * number, *[REGISTERS] * (30 - number)) for number in range(31)]
    assert {*bands[:5], *bands[26:]} == {Band.WITHHELD}
    assert bands[5:26] == [*[Band.FROM_10_TO_25] * 3, *[Band.FROM_25_TO_50] * 7, *[Band.FROM_50] * 11]


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


def test_who_has_no_result_stands_on_neither_side():
    assert shown(*[DOCUMENT] * 5, *[REGISTERS] * 5) is Band.FROM_50
    assert shown(*[DOCUMENT] * 5, *[REGISTERS] * 4, *[NOTHING] * 20) is Band.WITHHELD


def test_a_result_rests_on_a_document_where_a_part_of_it_does():
    """A tenth of their weeks, and half of theirs of everybody's."""
    partly = ("FFFFFFFFFE", "FFFFFFFFF-")
    assert shown(*[partly] * 5, *[REGISTERS] * 5) is Band.UNDER_10
    assert shown(*[partly] * 4, *[REGISTERS] * 5) is Band.WITHHELD


def test_what_a_document_takes_away_makes_up_for_nobody():
    """Somebody whose document overrules a register, as work abroad does, has fewer weeks with it than without."""
    fewer = ("FFFFFBBBBB", "F" * 10)
    assert shown(*[DOCUMENT] * 5, *[fewer] * 5) is Band.FROM_50  # 50 of 75, and not 25 of 75
    assert shown(*[fewer] * 10, *[REGISTERS] * 10) is Band.WITHHELD


def test_a_contract_without_measures_of_its_own_has_nothing_to_tell():
    bare = replace(IMPACT60, measures=())
    assert rests_on_documents(bare, [], [], END) is None
