"""The boundary: a number goes in, a subject or a reason comes out, and nothing of the number with it."""

from __future__ import annotations

import traceback
from collections import Counter
from datetime import date

import numpy as np
import pytest

from connectors.boundary import Boundary, CohortMatcher, EverybodyMatcher
from connectors.errors import RejectReason
from keys.blind_index import BlindIndexKey, Column
from keys.errors import VaultCorrupt
from tests.unit.connectors.cohort import ANNE, BO, CONTRACT, STRANGER, A, B, MemoryVault, boundary, matcher
from vocabulary.records import SubjectRef

DASHED = f"{ANNE[:6]}-{ANNE[6:]}"


def column(*rows: str) -> Column:
    return np.frombuffer("".join(rows).encode("latin-1"), dtype=np.uint8).reshape(-1, 10)


def test_whoever_was_enrolled_is_found_and_nobody_else() -> None:
    border = boundary(MemoryVault())
    anne = border.enrol(DASHED, CONTRACT, refuse_elsewhere=True)
    bo = border.enrol(BO, CONTRACT, refuse_elsewhere=True)
    found = border.matcher(CONTRACT)
    assert (found.identify(ANNE), found.identify(f" {BO} "), found.identify(STRANGER)) == (anne, bo, None)
    assert isinstance(anne, SubjectRef)
    assert isinstance(bo, SubjectRef)
    assert found.everyone == sorted([anne, bo])
    assert found.size == 2


def test_a_matcher_knows_its_own_contract_alone() -> None:
    border = boundary(MemoryVault())
    border.enrol(ANNE, "other-contract", refuse_elsewhere=True)
    assert border.matcher(CONTRACT).identify(ANNE) is None
    assert border.matcher(CONTRACT).size == 0
    assert border.matcher("other-contract").identify(ANNE) is not None


def test_a_person_is_found_in_the_contract_that_was_asked_about_alone() -> None:
    border = boundary(MemoryVault())
    anne = border.enrol(ANNE, CONTRACT, refuse_elsewhere=True)
    assert isinstance(anne, SubjectRef)
    assert border.find(DASHED, CONTRACT) == anne
    assert border.find(ANNE, "other-contract") is None
    assert border.find(BO, CONTRACT) is None
    assert border.find("9102801234", CONTRACT) is RejectReason.NO_SUCH_NUMBER


def test_whoever_has_a_number_in_any_contract_is_found_by_it_and_nobody_else() -> None:
    border = boundary(MemoryVault())
    here = border.enrol(ANNE, CONTRACT, refuse_elsewhere=False)
    there = border.enrol(ANNE, "other-contract", refuse_elsewhere=False)
    border.enrol(BO, CONTRACT, refuse_elsewhere=False)
    found = border.subjects_of(DASHED)
    assert sorted(found) == sorted([here, there])
    assert all(isinstance(one, SubjectRef) for one in found)
    assert border.subjects_of(STRANGER) == []
    assert border.subjects_of("9102801234") == [], "no number, and so nobody's"


def test_people_of_a_trial_have_ids_of_their_own_and_nobody_is_enrolled() -> None:
    border = boundary(MemoryVault())
    here = border.enrol(ANNE, CONTRACT, refuse_elsewhere=True)
    rows = [(DASHED, date(2025, 3, 1)), (BO, date(2025, 2, 1))]
    tried, again = border.people_tried(rows), border.people_tried(rows)
    ids = {one: tried.matcher.identify(one) for one in (ANNE, BO)}
    assert dict(tried.people) == {ids[ANNE]: date(2025, 3, 1), ids[BO]: date(2025, 2, 1)}
    assert [one for one, _ in tried.people] == sorted(one for one, _ in tried.people)
    assert tried.matcher.identify(STRANGER) is None
    assert all(isinstance(one, SubjectRef) and len(one.value) == 32 for one, _ in tried.people)
    assert not {one for one, _ in tried.people} & {here, *(one for one, _ in again.people)}
    assert tried.found == {here}
    assert border.subjects_of(BO) == []
    assert border.matcher("trial").size == 0
    assert ANNE not in repr(tried)


def test_a_number_that_waits_is_sealed_and_taken_by_what_it_was() -> None:
    border = boundary(MemoryVault())
    anne = border.enrol(ANNE, CONTRACT, refuse_elsewhere=True)
    assert isinstance(anne, SubjectRef)
    hidden = border.hide(STRANGER)
    assert STRANGER not in hidden
    assert hidden != border.hide(BO)
    assert border.renumber([(anne, hidden)], CONTRACT) == {}
    assert border.find(STRANGER, CONTRACT) == anne


def test_each_text_of_a_column_is_found_by_its_own_index() -> None:
    assert matcher().identify_all([ANNE, BO, STRANGER, ANNE, BO]) == [A, B, None, A, B]


@pytest.mark.parametrize(
    ("contract", "refuse_elsewhere", "expected"),
    [
        (CONTRACT, True, RejectReason.ENROLLED_ALREADY),
        (CONTRACT, False, RejectReason.ENROLLED_ALREADY),
        ("other-contract", True, RejectReason.ENROLLED_ALREADY),
    ],
)
@pytest.mark.parametrize("text", [ANNE, DASHED])
def test_enrolled_twice(contract: str, refuse_elsewhere: bool, expected: RejectReason, text: str) -> None:
    vault = MemoryVault()
    border = boundary(vault)
    border.enrol(ANNE, CONTRACT, refuse_elsewhere=True)
    assert border.enrol(text, contract, refuse_elsewhere=refuse_elsewhere) is expected
    assert len(vault.entries) == 1, "nothing is stored of a refused enrolment"


def test_two_contracts_where_that_is_allowed_are_two_unlinked_subjects() -> None:
    border = boundary(MemoryVault())
    first = border.enrol(ANNE, CONTRACT, refuse_elsewhere=True)
    second = border.enrol(ANNE, "other-contract", refuse_elsewhere=False)
    assert isinstance(second, SubjectRef)
    assert first != second


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", RejectReason.NOT_TEN_DIGITS),
        ("101801234", RejectReason.NOT_TEN_DIGITS),
        (f"{ANNE}0", RejectReason.NOT_TEN_DIGITS),
        ("9102801234", RejectReason.NO_SUCH_NUMBER),
        ("0000000000", RejectReason.NO_SUCH_NUMBER),
    ],
)
def test_what_is_no_number_is_a_reason(text: str, reason: RejectReason) -> None:
    vault = MemoryVault()
    border = boundary(vault)
    assert border.enrol(text, CONTRACT, refuse_elsewhere=True) is reason
    assert vault.entries == {}
    assert vault.rows == []
    assert matcher().identify(text) is reason
    assert matcher().identify_all([ANNE, text, BO]) == [A, reason, B]


def test_a_column_gives_rows_and_counts() -> None:
    rows = [STRANGER, ANNE, "9102801234", BO, ANNE, "61018 1234", "          ", "ÆØÅ1801234"]
    found, rejected = matcher().rows(column(*rows))
    assert found == {1: A, 3: B, 4: A}
    assert rejected == {RejectReason.NOT_TEN_DIGITS: 3, RejectReason.NO_SUCH_NUMBER: 1}


def test_an_empty_column_and_an_empty_cohort() -> None:
    found, rejected = matcher().rows(column())
    assert (found, rejected.total()) == ({}, 0)
    nobody = matcher({})
    assert nobody.rows(column(ANNE, BO)) == (
        {},
        Counter({RejectReason.NOT_TEN_DIGITS: 0, RejectReason.NO_SUCH_NUMBER: 0}),
    )
    assert nobody.identify_all([]) == []
    assert (nobody.size, nobody.everyone) == (0, [])


def test_the_first_eight_bytes_of_an_index_do_not_decide() -> None:
    """A row whose index shares only its head with somebody's is nobody."""
    key = BlindIndexKey(b"\x01" * 32)
    tag = key.column(column(ANNE)).tobytes()
    twin = CohortMatcher(key, {tag[:8] + bytes(8): A.value})
    assert twin.rows(column(ANNE))[0] == {}
    assert CohortMatcher(key, {tag: A.value}).rows(column(ANNE))[0] == {0: A}, "positive control"


def test_a_bad_row_in_a_column_matches_nobody_even_where_its_bytes_would() -> None:
    """Ten bytes that are no digits are left out before the index is believed."""
    key = BlindIndexKey(b"\x01" * 32)
    tag = key.column(column("ABCDEFGHIJ")).tobytes()
    assert CohortMatcher(key, {tag: A.value}).rows(column("ABCDEFGHIJ"))[0] == {}


def test_numbers_leave_only_through_with_cpr() -> None:
    border = boundary(MemoryVault())
    refs = [border.enrol(text, CONTRACT, refuse_elsewhere=True) for text in (ANNE, BO)]
    people = [ref for ref in refs if isinstance(ref, SubjectRef)]
    sent: list[str] = []
    answers = border.with_cpr(reversed(people), lambda cpr: sent.append(cpr) or len(sent))
    assert sent == [BO, ANNE], "ten digits, in the order of the references"
    assert answers == [1, 2]


def test_an_unsealable_person_stops_the_request_before_the_next_is_opened() -> None:
    vault = MemoryVault()
    border = boundary(vault)
    refs = [border.enrol(text, CONTRACT, refuse_elsewhere=True) for text in (ANNE, BO)]
    people = [ref for ref in refs if isinstance(ref, SubjectRef)]
    vault.entries[people[0].value] = vault.entries[people[1].value]
    sent: list[str] = []
    with pytest.raises(VaultCorrupt):
        border.with_cpr(people, sent.append)
    assert sent == []


def test_nothing_that_comes_out_repeats_a_number() -> None:
    """Objects as they would be written into a log, and the traceback of a broken seal; then a control."""
    vault = MemoryVault()
    border = boundary(vault)
    anne = border.enrol(ANNE, CONTRACT, refuse_elsewhere=True)
    assert isinstance(anne, SubjectRef)
    found = border.matcher(CONTRACT)
    vault.entries[anne.value] = (b"", b"")
    try:
        border.with_cpr([anne], str)
    except VaultCorrupt:
        trace = traceback.format_exc()
    written = (
        f"{border!r} {vars(border)} {found!r} {vars(found)} {anne!r} {found.identify_all([ANNE, STRANGER])} {trace}"
    )
    assert anne.value in written
    assert not any(number in written for number in (ANNE, DASHED, STRANGER, ANNE.encode().hex()))


def test_everybody_is_told_apart_and_who_is_in_any_cohort_is_known() -> None:
    border = boundary(MemoryVault())
    border.enrol(ANNE, CONTRACT, refuse_elsewhere=True)
    border.enrol(BO, "other-contract", refuse_elsewhere=True)
    rows = border.everybody().rows(column(ANNE, STRANGER, BO, STRANGER, "7113801234", "610180123x"))
    assert rows.in_a_cohort.tolist() == [True, False, True, False, False, False]
    assert rows.in_a_cohort.dtype == np.bool_, "it selects rows, as numbers it would be places of rows"
    assert list(rows.is_number) == [True, True, True, True, True, False]
    assert list(rows.is_possible[:5]) == [True, True, True, True, False]
    assert rows.marks[1] == rows.marks[3]
    assert len(set(rows.marks)) == 5


def test_a_mark_is_no_number_and_differs_between_installations() -> None:
    def marks(secret: bytes) -> set[int]:
        key = BlindIndexKey.derive(secret, domain="municipality", version=1)
        return {int(mark) for mark in EverybodyMatcher(key, []).rows(column(ANNE, BO)).marks}

    assert not marks(b"a" * 32) & marks(b"b" * 32)
    assert not marks(b"a" * 32) & {int(ANNE), int(BO)}
    assert ANNE not in repr(boundary(MemoryVault()).everybody().rows(column(ANNE)))


def test_a_row_is_in_a_cohort_by_its_whole_index_and_only_as_a_number() -> None:
    """Neither the first eight bytes decide, nor a match of ten bytes that are no digits."""
    key = BlindIndexKey(b"\x01" * 32)
    anne, letters = (key.column(column(text)).tobytes() for text in (ANNE, "ABCDEFGHIJ"))

    def cohort(*indexes: bytes) -> list[object]:
        return EverybodyMatcher(key, indexes).rows(column(ANNE, "ABCDEFGHIJ")).in_a_cohort.tolist()

    assert cohort(anne[:8] + bytes(8)) == [False, False]
    assert cohort(letters) == [False, False]
    assert cohort(letters, anne) == [True, False]


def test_where_nobody_is_enrolled_nobody_is_in_a_cohort() -> None:
    assert not boundary(MemoryVault()).everybody().rows(column(ANNE, BO)).in_a_cohort.any()


def asked_by(border: Boundary, ref: SubjectRef) -> str:
    [digits] = border.with_cpr([ref], lambda text: text)
    return digits


def enrolled(border: Boundary, text: str) -> SubjectRef:
    found = border.enrol(text, CONTRACT, refuse_elsewhere=True)
    assert isinstance(found, SubjectRef)
    return found


def test_a_changed_number_is_asked_by_and_the_earlier_one_still_found() -> None:
    border = boundary(MemoryVault())
    anne = enrolled(border, ANNE)
    assert border.renumber([(anne, f" {STRANGER[:6]}-{STRANGER[6:]} ")], CONTRACT) == Counter()
    assert asked_by(border, anne) == STRANGER
    assert border.find(ANNE, CONTRACT) == border.find(STRANGER, CONTRACT) == anne
    found = border.matcher(CONTRACT)
    assert (found.everyone, found.size) == ([anne], 1)
    assert found.identify_all([ANNE, STRANGER]) == [anne, anne]
    assert border.enrol(STRANGER, "other", refuse_elsewhere=True) is RejectReason.ENROLLED_ALREADY


def test_the_last_of_several_numbers_counts_and_an_earlier_one_may_come_back() -> None:
    vault = MemoryVault()
    border = boundary(vault)
    anne = enrolled(border, ANNE)
    for _ in range(2):
        assert border.renumber([(anne, STRANGER), (anne, ANNE)], CONTRACT) == Counter()
        assert asked_by(border, anne) == ANNE
        assert len(vault.rows) == 4  # two numbers in two domains
    before = dict(vault.entries)
    assert border.renumber([(anne, ANNE)], CONTRACT) == Counter()
    assert vault.entries == before  # what is sealed already is not sealed anew


def test_a_number_that_is_another_persons_or_of_two_or_none_is_refused() -> None:
    border = boundary(MemoryVault())
    anne, bo = enrolled(border, ANNE), enrolled(border, BO)
    taken = Counter({RejectReason.NUMBER_TAKEN: 1})
    assert border.renumber([(anne, BO)], CONTRACT) == taken
    assert border.renumber([(anne, STRANGER), (bo, STRANGER)], CONTRACT) == taken + taken
    assert border.renumber([(anne, BO), (bo, ANNE)], CONTRACT) == taken + taken
    wrong = [(anne, "9102801234"), (bo, "610180123"), (anne, "610180123x")]
    assert border.renumber(wrong, CONTRACT) == Counter({RejectReason.NO_SUCH_NUMBER: 1, RejectReason.NOT_TEN_DIGITS: 2})
    assert [asked_by(border, one) for one in (anne, bo)] == [ANNE, BO]
    assert border.find(STRANGER, CONTRACT) is None


def test_one_refused_change_holds_back_no_other() -> None:
    border = boundary(MemoryVault())
    anne, bo = enrolled(border, ANNE), enrolled(border, BO)
    assert border.renumber([(anne, "no number"), (bo, STRANGER)], CONTRACT).total() == 1
    assert asked_by(border, bo) == STRANGER
    assert asked_by(border, anne) == ANNE
