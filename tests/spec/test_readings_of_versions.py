"""How weeks are read under several versions of a contract: a table to read.

A version is the window from which it holds, and what it says otherwise. A window has four weeks: all of March, four of
April, and the last of April with three of May. A person is a letter a week for each source (see
`tests.support.histories`). What counts is cumulative, by the end of each window, with today's data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from random import Random
from typing import Any

import pytest

from gateway.outcomes.forecast import shift_weeks
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.judging import judge_weeks
from gateway.outcomes.readings import readings
from gateway.outcomes.verdicts import SKIPPED, WeekReason, WeekVerdict
from gateway.outcomes.versions import text_key, version_at
from policies.basis import Stop, StopReason
from tests.support.examples import examples
from tests.support.readings import FIRST, chain, person, units

Versions = Sequence[tuple[int, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Row:
    versions: Versions
    told: Mapping[str, str]
    counts: Sequence[int]
    hours: Mapping[str, int] = field(default_factory=dict)
    left: tuple[str, int] | None = None  # why, and the week from which on nobody follows the person


ALL = "FFFF FFFF FFFF"
JOB = "---- ---- ----"
PART = {"2020-03": 40_00, "2020-04": 50_00, "2020-05": 40_00}  # ten hours a week
TWO = ("dream", "school")

TABLE: dict[str, Row] = {
    "one version": Row([(0, {})], {"dream": ALL}, [4, 8, 12]),
    "the same reading again": Row([(0, {}), (1, {})], {"dream": ALL}, [4, 8, 12]),
    # hours
    "more hours from April on: ten a week were enough in March alone": Row(
        [(0, {"hours": 1000}), (1, {"hours": 1500})], {"dream": JOB}, [4, 4, 4], PART
    ),
    "fewer hours from April on: ten a week are enough from then on": Row(
        [(0, {"hours": 1500}), (1, {"hours": 1000})], {"dream": JOB}, [0, 4, 8], PART
    ),
    "fewer hours from the third window on: the last week of April is read anew, the four before it are not": Row(
        [(0, {"hours": 1500}), (2, {"hours": 1000})], {"dream": JOB}, [0, 0, 4], PART
    ),
    "three versions": Row(
        [(0, {"hours": 1000}), (1, {"hours": 1500}), (2, {"hours": 1000})], {"dream": JOB}, [4, 4, 8], PART
    ),
    # statuses of a state
    "skånejob counts from April on": Row([(0, {}), (1, {"fleksjob": "FS"})], {"dream": "SSSS SSSS FFFF"}, [0, 4, 8]),
    "skånejob counts no longer": Row([(0, {"fleksjob": "FS"}), (1, {})], {"dream": "SSSS SSSS FFFF"}, [4, 4, 8]),
    # sources
    "a source is added: what it told of March counts for nothing": Row(
        [(0, {}), (1, {"sources": TWO})], {"dream": "???? ???? ????", "school": ALL}, [0, 4, 8]
    ),
    "a source is dropped: what it told of March counts on": Row(
        [(0, {"sources": TWO}), (1, {})], {"dream": "???? ???? ????", "school": ALL}, [4, 4, 4]
    ),
    "another source decides from April on": Row(
        [(0, {"sources": TWO}), (1, {"sources": TWO[::-1]})],
        {"dream": "FFFF FFFF FFFF", "school": "BBBB BBBB BBBB"},
        [4, 4, 4],
    ),
    "one source in the place of another": Row(
        [(0, {}), (2, {"sources": ("school",)})], {"dream": "FFFF BBBB BBBB", "school": "BBBB BBBB FFFF"}, [4, 4, 8]
    ),
    "documents count from April on": Row(
        [(0, {}), (1, {"sources": ("dream", "evidence"), "documents": ["education"], "fleksjob": "FE"})],
        {"dream": "---- ---- ????", "evidence": "EEEE EEEE EEEE"},
        [0, 4, 8],
    ),
    # neutral statuses
    "sick weeks repeat the week before from April on: the last of March was for": Row(
        [(0, {}), (1, {"neutral": "HI"})], {"dream": "FFFF IIFF BIIF"}, [4, 8, 9]
    ),
    "sick weeks repeat the week before from April on: the last of March was against": Row(
        [(0, {}), (1, {"neutral": "HI"})], {"dream": "FFFI IIFF FIIF"}, [3, 5, 9]
    ),
    "holiday is neutral no longer": Row([(0, {}), (1, {"neutral": "I"})], {"dream": "FHFF FHFF FIFF"}, [4, 7, 11]),
    # a month without a posting
    "a missing month repeats the one before from April on": Row(
        [(0, {"carry": False}), (1, {"carry": True})], {"dream": JOB}, [4, 8, 12], {"2020-03": 50_00, "2020-05": 40_00}
    ),
    "a missing month repeats the one before no longer": Row(
        [(0, {"carry": True}), (1, {"carry": False})], {"dream": JOB}, [0, 0, 3], {"2020-05": 40_00}
    ),
    "what was carried into March stays carried": Row(
        [(0, {"carry": True}), (1, {"carry": False})], {"dream": JOB}, [4, 4, 4], {"2020-02": 50_00}
    ),
    # exits that a register shows, each by the version of its own week
    "who moved in March failed; who moves in April only waits": Row(
        [(0, {"moved": "failure"}), (1, {"moved": "neutral"})], {"dream": "FNFF FNFF FFFF"}, [3, 6, 10]
    ),
    "a rule that ends everything holds from its own first week on": Row(
        [(0, {"moved": "failure"}), (1, {"moved": "censored"})], {"dream": "FNFF FFFF FFFF"}, [3, 7, 11]
    ),
    "who moved when that ended everything stays out of it": Row(
        [(0, {"moved": "censored"}), (1, {"moved": "failure"})], {"dream": "FNFF FFFF FFFF"}, [1, 1, 1]
    ),
    "who moves when that ends everything keeps what was before": Row(
        [(0, {"moved": "failure"}), (1, {"moved": "censored"})], {"dream": "FNFF FNFF FFFF"}, [3, 4, 4]
    ),
    "everything comes back where the week of the exit says so": Row(
        [(0, {"moved": "failure"}), (1, {"moved": "out"})], {"dream": "FFFF FNFF FFFF"}, [4, 0, 0]
    ),
    "and nothing where it does not": Row(
        [(0, {"moved": "failure"}), (1, {"moved": "out"})], {"dream": "FNFF FFFF FFFF"}, [3, 7, 11]
    ),
    # exits that a case worker registers
    "who withdrew in March is out by the rule of March": Row(
        [(0, {"withdrawn": "out"}), (1, {"withdrawn": "frozen"})], {"dream": ALL}, [0, 0, 0], left=("withdrawn", 2)
    ),
    "who withdraws in April keeps everything by the rule of April": Row(
        [(0, {"withdrawn": "out"}), (1, {"withdrawn": "frozen"})], {"dream": ALL}, [4, 6, 6], left=("withdrawn", 6)
    ),
    "who withdrew in March keeps everything, whatever April says": Row(
        [(0, {"withdrawn": "frozen"}), (1, {"withdrawn": "out"})], {"dream": ALL}, [2, 2, 2], left=("withdrawn", 2)
    ),
}


def someone_of(row: Row, versions: Versions) -> PersonHistory:
    told = {source: letters.replace(" ", "") for source, letters in row.told.items()}
    stop = None
    if row.left is not None:
        day = (FIRST + row.left[1]).monday
        stop = Stop(StopReason(row.left[0]), since=datetime.combine(day, time(12), tzinfo=UTC))
    return person(chain(*versions), told, hours=row.hours, stop=stop)


@pytest.mark.parametrize("name", TABLE)
def test_which_weeks_count_under_the_versions_of_a_contract(name: str):
    row = TABLE[name]
    assert units(chain(*row.versions), someone_of(row, row.versions)) == row.counts


@pytest.mark.parametrize("name", TABLE)
def test_before_its_first_window_a_version_changes_nothing(name: str):
    """Whatever it says; but for an exit by which all that was reached comes back."""
    row = TABLE[name]
    for number in range(1, len(row.versions)):
        until = row.versions[number][0]
        before = units(chain(*row.versions[:number]), someone_of(row, row.versions[:number]))
        assert before[:until] == row.counts[:until]


@pytest.mark.parametrize("name", TABLE)
def test_versions_that_read_alike_change_nothing(name: str):
    """One is put behind each, from the next window on, if there is one; it says the same."""
    row = TABLE[name]
    again = [(since + 1, terms) for since, terms in row.versions if since + 1 not in [one for one, _ in row.versions]]
    versions = sorted([*row.versions, *((since, terms) for since, terms in again if since < 3)], key=lambda one: one[0])
    contract, alike = chain(*row.versions), chain(*versions)
    assert len(readings(alike)) == len(readings(contract))
    assert [one.since for one in readings(alike)] == [one.since for one in readings(contract)]
    assert units(alike, someone_of(row, versions)) == row.counts


@pytest.mark.parametrize("name", TABLE)
def test_a_week_is_read_as_the_version_of_its_window_says(name: str):
    contract = chain(*TABLE[name].versions)
    for place, window in enumerate(contract.windows):
        [reading] = [one for one in readings(contract) if one.since <= window.from_week.ordinal < one.until]
        there, version = reading.version, version_at(contract, place)
        for one in ("status_sources", "evidence", "qualification", "exits", "register_exits"):
            assert getattr(there, one) == getattr(version, one)
        assert [replace(state, line=0) for state in there.states] == [replace(one, line=0) for one in version.states]


def test_versions_move_with_their_contract():
    """Else a contract that is tried beside another calendar would be read by the wrong version."""
    moved = shift_weeks(chain((0, {}), (1, {"hours": 1500})), 13)
    assert [one.since for one in readings(moved)] == [0, (FIRST + 13 + 4).ordinal]


def test_what_versions_are_audited_by_changes_with_how_weeks_are_read():
    alike, other = chain((0, {}), (1, {})), chain((0, {}), (1, {"hours": 1500}))
    assert text_key(alike) == alike.sha256
    assert text_key(other) != other.sha256


def drawn(draw: Random) -> tuple[list[tuple[int, dict[str, Any]]], dict[str, str], dict[str, int]]:
    begins = [0, *sorted(draw.sample(range(1, 6), draw.randint(1, 3)))]
    versions = [
        (
            since,
            {
                "hours": draw.choice([500, 1000, 1500]),
                "fleksjob": draw.choice(["F", "FS", "FB"]),
                "neutral": draw.choice(["H", "HI", ""]),
                "sources": draw.choice([("dream",), TWO, TWO[::-1], ("school",)]),
                "carry": draw.random() < 0.5,
                "moved": draw.choice(["failure", "frozen", "neutral"]),
            },
        )
        for since in begins
    ]
    told = {source: "".join(draw.choices("-FSBHIN?", k=24)) for source in TWO}
    hours = {month: draw.choice([30_00, 60_00, 90_00]) for month in draw.sample(MONTHS, draw.randint(1, 6))}
    return versions, told, hours


MONTHS = ["2020-02", "2020-03", "2020-04", "2020-05", "2020-06", "2020-07", "2020-08"]


def test_weeks_on_both_sides_of_a_boundary_are_what_each_version_alone_says():
    """Each version judges the whole life alone; its own weeks are taken, one run behind the other. A week that repeats
    the one before it repeats that of the whole."""
    for seed in range(examples(400)):
        draw = Random(seed)
        versions, told, hours = drawn(draw)
        contract = chain(*versions, windows=6)
        ends = [since for since, _ in versions[1:]] + [6]
        expected: list[WeekVerdict] = []
        for (since, terms), end in zip(versions, ends, strict=True):
            alone = chain((0, terms), windows=6)
            verdicts = judge_weeks(alone, alone.measures[0], person(alone, told, hours=hours), FIRST + 23)
            for verdict in verdicts[4 * since : 4 * end]:
                if verdict.reason is WeekReason.REPEATS_WEEK_BEFORE:
                    told_before = [one for one in expected if one.reason not in SKIPPED]
                    verdict = replace(verdict, state=told_before[-1].state if told_before else "")
                expected.append(verdict)
        someone = person(contract, told, hours=hours)
        found = judge_weeks(contract, contract.measures[0], someone, FIRST + 23)
        assert [(one.week, one.reason, one.state) for one in found] == [
            (one.week, one.reason, one.state) for one in expected
        ], seed
