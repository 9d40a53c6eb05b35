"""Versions order the changes of a record in one declared form, and one number stands for one thing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from connectors.keyed_digests import KeyedDigests
from connectors.versions import NumberedAnswer, VersionForm, read_version

YEAR_2020 = 1_577_836_800 * 10**9
INTEGER, INSTANT = VersionForm.INTEGER, VersionForm.INSTANT


@pytest.fixture(params=["UTC", "Europe/Copenhagen", "Pacific/Kiritimati"])
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """The zone of the machine."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("0", 0),
        ("7", 7),
        ("0012", 12),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("", None),
        ("-1", None),
        ("1.0", None),
        ("\u0661", None),  # a digit of another script
        ("7 ", None),
        ("2020-10-25T02:10:00+01:00", None),
    ],
)
def test_whole_numbers(text: str, order: int | None) -> None:
    assert read_version(text, INTEGER) == order


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("2020-01-01T00:00:00Z", YEAR_2020),
        ("2020-01-01T00:00:01Z", YEAR_2020 + 10**9),
        ("2020-01-01 01:00:01+01:00", YEAR_2020 + 10**9),
        ("2020-01-01T01:00:01+0100", YEAR_2020 + 10**9),
        ("2020-01-01T00:00:00.5Z", YEAR_2020 + 5 * 10**8),
        ("2020-01-01T00:00:00.000000001Z", YEAR_2020 + 1),
        ("2020-01-01T00:00:01.123456789-00:30", YEAR_2020 + 1_801_123_456_789),
        ("2020-01-01T00:00Z", YEAR_2020),
        ("2100-12-31T00:00:00Z", 4_133_894_400 * 10**9),
        ("1970-01-01T00:00:00Z", None),  # the zero of a clock
        ("2101-01-01T00:00:00Z", None),
        ("1969-12-30T00:00:00.5Z", -1_727_995 * 10**8),
        ("2020-10-25T02:10:00", None),  # what a clock on a wall showed, twice that night
        ("2020-10-26T12:00:00", None),  # a certain hour of a wall is one of some zone too
        ("2020-07-01 12:00:00.5", None),
        ("2020-10-25", None),
        ("2020-13-25T02:10:00Z", None),
        ("2020-10-25T02:10:00.1234567890Z", None),
        ("7", None),
        ("", None),
        ("2021-01-01T00:00:00.+01:00", None),
        ("x2020-10-25T02:10:00Z", None),
    ],
)
@pytest.mark.usefixtures("zone")
def test_instants(text: str, order: int | None) -> None:
    assert read_version(text, INSTANT) == order


def test_the_hour_that_comes_twice_is_in_order() -> None:
    """The newer of two changes in the night in which clocks are set back shows the earlier time."""
    first, second = "2020-10-25T02:50:00+02:00", "2020-10-25T02:10:00+01:00"
    before, after = read_version(first, INSTANT), read_version(second, INSTANT)
    assert before is not None
    assert after is not None
    assert after - before == 20 * 60 * 10**9


OWNERS = "two records of different people have one number"
CONTENTS = "two records have one number and one version, and say different things"


@pytest.mark.parametrize(
    ("first", "second", "rule"),
    [
        (("7", 1, "a", ("651",)), ("7", 1, "a", ("651",)), ""),  # told again
        (("7", 1, "a", ("651",)), ("7", 2, "a", ("730",)), ""),  # a later version
        (("7", 1, "a", ("651",)), ("8", 1, "b", ("730",)), ""),  # another record
        (("7", 1, "a", ("651",)), ("7", 1, "a", ("730",)), CONTENTS),
        (("7", 1, "a", ("651", "")), ("7", 1, "a", ("", "651")), CONTENTS),
        (("7", 1, "a", ("65", "1")), ("7", 1, "a", ("6", "51")), CONTENTS),
        (("7", 1, "a", ("651",)), ("7", 1, "b", ("651",)), OWNERS),
        (("7", 1, "a", ("651",)), ("7", 2, "b", ("730",)), OWNERS),
        (("7", 1, "", ("651",)), ("7", 2, "b", ("730",)), OWNERS),  # a stranger's
        (("7", 1, None, ("651",)), ("7", 2, "b", ("730",)), ""),  # a number that nobody could read says no owner
        (("7", 1, "a", ("651",)), ("7", 2, None, ("730",)), ""),
        (("7", 1, None, ("651",)), ("7", 1, "b", ("730",)), CONTENTS),
        (("71", 1, "a", ("651",)), ("7", 11, "b", ("730",)), ""),
        (("7", 11, "a", ("651",)), ("71", 1, "a", ("730",)), ""),
    ],
)
def test_one_number_stands_for_one_thing(first: tuple, second: tuple, rule: str) -> None:
    answer = NumberedAnswer()
    assert answer.add(*first) == ""
    assert answer.add("other", 1, "c", ("130",)) == ""
    assert answer.add(*second) == rule


def test_the_first_owner_stays_the_owner() -> None:
    answer = NumberedAnswer()
    assert [answer.add("7", n, owner, ("x",)) for n, owner in enumerate((None, "a", None, "a", "b"), start=1)] == [
        "", "", "", "", OWNERS,
    ]  # fmt: skip


def test_an_answer_keeps_digests() -> None:
    answer = NumberedAnswer()
    answer.add("6101801234", 1, "a", ("6101801234", "\ud800"))
    kept = [*answer._owners.items(), *answer._contents.items()]
    assert all(isinstance(one, bytes) and b"6101801234" not in one for pair in kept for one in pair)


def test_digests_are_of_one_reading_alone() -> None:
    one, other = KeyedDigests(), KeyedDigests()
    assert one.of("a", "bc") == one.of("a", "bc")
    assert len({one.of("a", "bc"), one.of("ab", "c"), one.of("abc"), one.of("a", "bc", ""), other.of("a", "bc")}) == 5
    assert len(one.of("\ud800")) == 12
