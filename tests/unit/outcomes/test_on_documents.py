"""How much rests on documents, as others may see it: none and one look the same, and a range is all there is."""

from __future__ import annotations

from dataclasses import replace

from gateway.outcomes.history import PersonHistory
from gateway.outcomes.reconciling import DocumentsBand, rests_on_documents
from policies.disclosure import Band
from tests.support.histories import example_contract, history
from vocabulary.weeks import Week

IMPACT60 = example_contract("impact60", size=("size = 120", "size = 30"), threshold=("_people = 60", "_people = 15"))
BY_WEEKS = "weeks_in_work_or_education"
START, END = "2020-W10", Week.parse("2020-W19")
Pair = tuple[str, str]  # ten weeks of one person: with documents, and as registers alone tell them
REGISTERS: Pair = ("F" * 10, "F" * 10)
DOCUMENT: Pair = ("E" * 10, "-" * 10)
NOTHING: Pair = ("B" * 10, "B" * 10)


def rests(*pairs: Pair) -> DocumentsBand | None:
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
