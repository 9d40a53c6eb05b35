"""What stands out in a pull, row by row: its counts, the source's own past, and what the declaration allows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.hold_limits import DEFAULT_LIMITS, HoldLimits
from gateway.intake.judging_pulls import (
    HoldFinding,
    HoldReason,
    PullMeasures,
    SourceTraits,
    judge_pull,
    percent,
)

USUAL = PullMeasures(
    rows=1000, weeks=100, people=60, found=40, unknown=0, uncertain=0, unreadable=0, before=30, ended=3
)
BENEFITS = SourceTraits(tells_everybody=True, rows_compare=True)
MONTHLY = SourceTraits(tells_everybody=True, rows_compare=False)
CIVIL = SourceTraits(tells_everybody=False, rows_compare=True)


def judged(
    now: PullMeasures,
    *past: PullMeasures,
    limits: HoldLimits = DEFAULT_LIMITS,
    traits: SourceTraits = BENEFITS,
) -> list[tuple[str, int, int, int]]:
    return [(one.reason.value, one.count, one.of, one.limit) for one in judge_pull(now, past, limits, traits)]


def usual(**changes: int) -> PullMeasures:
    return replace(USUAL, **changes)


def test_the_measures_are_kept_by_name() -> None:
    assert PullMeasures(**USUAL.counts()) == USUAL


def test_a_finding_says_how_many_of_how_many_and_the_limit() -> None:
    assert judged(usual(found=5), USUAL) == [("fewer_people_found", 5, 40, 75)]
    assert judged(usual(ended=16), USUAL) == [("ended_benefits", 16, 30, 50)]
    assert judged(usual(unreadable=201), USUAL) == [("unreadable_rows", 201, 1000, 20)]


def test_a_usual_pull_is_let_through() -> None:
    assert judged(USUAL) == []
    assert judged(USUAL, USUAL) == []


@pytest.mark.parametrize("traits", [BENEFITS, MONTHLY])
def test_an_empty_first_answer_is_held(traits: SourceTraits) -> None:
    empty = usual(rows=0, found=0, before=0, ended=0)
    assert judged(empty, traits=traits) == [("no_row_at_all", 0, 0, 1), ("nobody_found", 0, 60, 1)]


def test_of_a_civil_register_no_event_is_the_rule() -> None:
    empty = usual(rows=0, found=0, before=60, ended=0)
    assert judged(empty, traits=CIVIL) == []
    assert judged(empty, usual(rows=24, found=5), traits=CIVIL) == []
    assert judged(empty, usual(rows=25, found=5), traits=CIVIL) == [
        ("no_row_at_all", 0, 25, 1),
        ("fewer_rows", 0, 25, 75),
    ]


@pytest.mark.parametrize(
    ("now", "past", "expected"),
    [
        ({"rows": 0, "found": 0}, {}, ["no_row_at_all", "nobody_found", "fewer_people_found", "fewer_rows"]),
        ({"rows": 0, "found": 0}, {"rows": 0, "found": 0}, []),  # so it was before, and somebody had looked
        ({"rows": 0, "found": 0}, {"rows": 1, "found": 0}, ["no_row_at_all"]),
        ({"found": 0}, {}, ["nobody_found", "fewer_people_found"]),
        ({"found": 0}, {"found": 1}, ["nobody_found"]),
        ({"found": 0, "people": 0}, {"found": 1}, []),
        ({"found": 29}, {}, ["fewer_people_found"]),
        ({"found": 30}, {}, []),  # three quarters
        ({"found": 5}, {"found": 10}, ["fewer_people_found"]),
        ({"found": 5}, {"found": 9}, []),  # four people
        ({"found": 1}, {"found": 6}, ["fewer_people_found"]),
        ({"found": 25, "people": 30}, {"found": 40}, []),  # it was asked about no more than 30
        ({"rows": 749}, {}, ["fewer_rows"]),
        ({"rows": 750}, {}, []),
        ({"rows": 1}, {"rows": 25}, []),  # twenty-four rows
        ({"rows": 1}, {"rows": 26}, ["fewer_rows"]),
        ({"unknown": 8}, {}, []),  # a fifth of 40
        ({"unknown": 9}, {}, ["unknown_codes"]),
        ({"unknown": 12}, {"unknown": 4}, []),  # three times a tenth
        ({"unknown": 13}, {"unknown": 4}, ["unknown_codes"]),
        ({"unknown": 2, "found": 2, "people": 2}, {"found": 2}, []),
        ({"unknown": 3, "found": 3, "people": 3}, {"found": 3}, ["unknown_codes"]),
        ({"unknown": 5, "found": 5, "people": 5}, {"found": 5}, ["unknown_codes"]),
        ({"uncertain": 12}, {}, []),
        ({"uncertain": 13}, {}, ["uncertain_people"]),
        ({"unreadable": 200}, {}, []),
        ({"unreadable": 201}, {}, ["unreadable_rows"]),
        ({"ended": 15}, {}, []),
        ({"ended": 16}, {}, ["ended_benefits"]),
        ({"ended": 18}, {"ended": 6}, []),  # three times a fifth
        ({"ended": 19}, {"ended": 6}, ["ended_benefits"]),
        ({"uncertain": 42}, {"uncertain": 24}, []),  # half-way from two fifths to everybody
        ({"uncertain": 43}, {"uncertain": 24}, ["uncertain_people"]),
        ({"uncertain": 60}, {"uncertain": 60}, []),  # so it was before, and somebody had looked
        ({"ended": 5, "before": 5}, {}, ["ended_benefits"]),
        ({"ended": 4, "before": 4}, {}, []),
    ],
)
def test_what_stands_out(now: dict[str, int], past: dict[str, int], expected: list[str]) -> None:
    assert [reason for reason, *_ in judged(usual(**now), usual(**past))] == expected


@pytest.mark.parametrize(("found", "is_held"), [(8, False), (6, False), (5, False), (4, True), (3, True), (1, True)])
def test_a_town_of_eight_is_asked_from_half_of_them_on(found: int, is_held: bool) -> None:
    eight = usual(rows=8, people=8, found=8, before=8, ended=0)
    assert bool(judged(replace(eight, found=found), eight)) is is_held


@pytest.mark.parametrize(("found", "is_held"), [(4, False), (3, True), (0, True)])
def test_of_a_month_four_of_eight_may_well_have_left(found: int, is_held: bool) -> None:
    eight = usual(rows=8, people=8, found=8, before=8, ended=0)
    assert bool(judged(replace(eight, found=found), eight, traits=MONTHLY)) is is_held


@pytest.mark.parametrize(("count", "is_held"), [(3, False), (4, True)])
@pytest.mark.parametrize("what", ["unknown", "uncertain", "unreadable"])
def test_what_cannot_be_read_of_eight_is_held_from_half_of_them_on(what: str, count: int, is_held: bool) -> None:
    eight = usual(rows=8, people=8, found=8, before=0, ended=0)
    assert bool(judged(replace(eight, **{what: count}), eight)) is is_held


def test_the_worst_of_the_past_counts_and_the_last_of_sizes() -> None:
    past = usual(unknown=6, found=40), usual(found=12, rows=100)
    assert judged(usual(unknown=18, found=40), *past) == []
    assert judged(usual(unknown=19, found=40), *past) == [("unknown_codes", 19, 40, 45)]
    assert judged(usual(found=9, rows=70), *past) == [("fewer_rows", 70, 100, 75)]
    unread = usual(unreadable=410)  # half-way from 41 to 100 per cent, in whole ones
    assert judged(usual(unreadable=700), unread) == []
    assert judged(usual(unreadable=705), unread) == [("unreadable_rows", 705, 1000, 70)]


def test_rows_of_a_period_compare_with_as_many_weeks() -> None:
    past = usual(rows=1000, weeks=5), usual(rows=100, weeks=4)
    assert judged(usual(rows=100, weeks=4), *past, traits=MONTHLY) == []
    assert judged(usual(rows=100, weeks=5), *past, traits=MONTHLY) == [("fewer_rows", 100, 1000, 75)]
    assert judged(usual(rows=100, weeks=6), *past, traits=MONTHLY) == []


@pytest.mark.parametrize(
    ("key", "value", "now", "expected"),
    [
        ("fewest_found", 10, {"found": 4}, []),
        ("fewest_found", 100, {"found": 35}, ["fewer_people_found"]),
        ("fewest_rows", 1, {"rows": 10}, []),
        ("fewest_rows_lost", 900, {"rows": 101}, []),
        ("fewest_rows_lost", 900, {"rows": 100}, ["fewer_rows"]),
        ("fewest_rows", 100, {"rows": 975}, ["fewer_rows"]),
        ("most_unknown", 100, {"unknown": 40}, []),
        ("most_unknown", 0, {"unknown": 5}, ["unknown_codes"]),
        ("most_uncertain", 100, {"uncertain": 60}, []),
        ("most_unreadable", 100, {"unreadable": 1000}, []),
        ("most_ended", 100, {"ended": 30}, []),
        ("most_ended", 10, {"ended": 9}, []),  # three times its own tenth
        ("times_past", 1, {"ended": 16}, ["ended_benefits"]),
        ("fewest_people", 1, {"ended": 1, "before": 1}, ["ended_benefits"]),
        ("fewest_people", 0, {"unknown": 0}, []),
        ("fewest_people", 20, {"found": 21}, []),
        ("fewest_people", 10, {"unknown": 9}, []),
    ],
)
def test_the_declaration_says_how_much(key: str, value: int, now: dict[str, int], expected: list[str]) -> None:
    limits = replace(DEFAULT_LIMITS, **{key: value})
    assert [reason for reason, *_ in judged(usual(**now), USUAL, limits=limits)] == expected


def test_a_declaration_may_allow_nothing_and_care_for_one_person() -> None:
    limits = replace(DEFAULT_LIMITS, fewest_people=0, most_unknown=0)
    assert judged(usual(unknown=1, found=200), limits=limits) == [("unknown_codes", 1, 200, 0)]
    near = replace(DEFAULT_LIMITS, fewest_people=5, fewest_found=75)
    assert judged(usual(found=149, people=200), usual(found=200, people=200), limits=near) == [
        ("fewer_people_found", 149, 200, 75)
    ]


def test_that_nobody_has_explained_the_codes_yet_is_known() -> None:
    traits = replace(BENEFITS, explains_codes=False)
    assert judged(usual(unknown=40), traits=traits) == []
    assert judged(usual(uncertain=40), traits=traits) == [("uncertain_people", 40, 60, 20)]


def test_a_finding_is_told_with_share_and_limit() -> None:
    assert str(HoldFinding(HoldReason.FEWER_FOUND, 12, 60, 75)) == "fewer_people_found: 12 of 60 (20 %, at least 75 %)"
    assert str(HoldFinding(HoldReason.UNKNOWN_CODES, 19, 40, 45)) == "unknown_codes: 19 of 40 (47 %, at most 45 %)"
    assert str(HoldFinding(HoldReason.EMPTY, 0, 1060, 1)) == "no_row_at_all: none, and 1,060 the last time"
    assert str(HoldFinding(HoldReason.EMPTY, 0, 0, 1)) == "no_row_at_all"
    assert str(HoldFinding(HoldReason.NOBODY_FOUND, 0, 30, 1)) == "nobody_found: none of 30"
    assert (percent(1, 3), percent(0, 0), percent(3, 3)) == (33, 0, 100)
