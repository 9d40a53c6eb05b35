"""A code over days counts in the weeks in which it exists, and is reported in the others."""

from __future__ import annotations

import pytest

from connectors.codes import shipped_list
from connectors.errors import RejectReason
from connectors.shapes import Owned, read_records
from vocabulary.records import SubjectRef
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Week

WORDS = ("cpr", "code", "from_day", "to_day")
SUBJECT = SubjectRef("a" * 32)


def test_a_period_that_begins_before_its_code() -> None:
    owned = [Owned(SUBJECT, ("", "720", "2013-12-16", "2014-01-12"))]
    weeks = Week.parse("2013-W50"), Week.parse("2014-W10")
    read = read_records("periods", owned, WORDS, weeks=weeks, codes=shipped_list("dream"))
    assert [(spell.status, str(spell.from_week), str(spell.to_week)) for spell in read.spells] == [
        (Status.UNKNOWN, "2013-W51", "2013-W52"),
        (Status.BENEFIT, "2014-W01", "2014-W02"),
    ]
    assert read.unknown_codes == {"720": 2}


def test_a_name_that_no_list_has_is_counted_and_not_repeated() -> None:
    owned = [Owned(SUBJECT, ("", "Karen Eksempelsen", "2020-03-02", "2020-03-15"))]
    weeks = Week.parse("2020-W09"), Week.parse("2020-W12")
    read = read_records("periods", owned, WORDS, weeks=weeks, codes=shipped_list("sf1491"))
    (spell,) = read.spells
    assert (spell.status, spell.code, str(spell.from_week), str(spell.to_week)) == (
        Status.UNKNOWN, "?", "2020-W10", "2020-W11",
    )  # fmt: skip
    assert read.unknown_codes == {"(not in the list)": 2}


def test_two_people_with_one_code_stay_apart() -> None:
    other = SubjectRef("b" * 32)
    owned = [Owned(one, ("", "Kontanthjælp", "2020-03-02", "2020-03-15")) for one in (SUBJECT, other)]
    weeks = Week.parse("2020-W09"), Week.parse("2020-W12")
    read = read_records("periods", owned, WORDS, weeks=weeks, codes=shipped_list("sf1491"))
    assert [spell.subject for spell in read.spells] == [SUBJECT, other]
    assert {spell.status for spell in read.spells} == {Status.UNEMPLOYED}


@pytest.mark.parametrize("cell", ["6101701234", "610170-1234", "610170", "61017", "Karen 12"])
def test_a_number_in_the_column_of_codes_is_not_repeated(cell: str) -> None:
    """A shifted column puts CPR numbers there; what is counted goes into the log and onto the screen."""
    owned = [Owned(SUBJECT, ("", cell, "2020-03-02", "2020-03-08"))]
    weeks = Week.parse("2020-W09"), Week.parse("2020-W12")
    read = read_records("periods", owned, WORDS, weeks=weeks, codes=shipped_list("dream"))
    assert read.unknown_codes == {"(not in the list)": 1}
    assert [spell.code for spell in read.spells] == ["?"]


def test_a_posting_of_a_month_before_the_list_of_types_is_unknown_and_counted() -> None:
    words = ("cpr", "month", "income_type", "paid_hours", "amount")
    owned = [Owned(SUBJECT, ("", month, "00", "160", "20000")) for month in ("2007-12", "200801")]
    weeks = Week.parse("2007-W40"), Week.parse("2008-W10")
    read = read_records("postings", owned, words, weeks=weeks)
    assert [(str(one.month), one.income_type) for one in read.postings] == [
        ("2007-12", IncomeType.UNKNOWN),
        ("2008-01", IncomeType.WAGE),
    ]
    assert read.unknown_codes == {"00": 1}


MARCH = Week.parse("2020-W09"), Week.parse("2020-W14")


def weeks_of(*cells: str) -> tuple[dict[str, int], list[str]]:
    """What a period is rejected for, and the weeks that it counts in."""
    read = read_records("periods", [Owned(SUBJECT, ("", *cells))], WORDS, weeks=MARCH, codes=shipped_list("dream"))
    weeks = [str(one.from_week + n) for one in read.spells for n in range(one.to_week - one.from_week + 1)]
    assert bool(read.rejected) == (read.uncertain == {SUBJECT})
    return dict(read.rejected), weeks


@pytest.mark.parametrize(
    ("first", "last", "weeks"),
    [
        ("2020-03-01T23:00:00Z", "2020-03-14T23:00:00Z", ["2020-W10", "2020-W11"]),  # Monday to Sunday in Denmark
        ("2020-03-02", "2020-03-15", ["2020-W10", "2020-W11"]),
        ("2020-03-23", "", ["2020-W13", "2020-W14"]),
        ("2020-03-23", "9999-12-31", ["2020-W13", "2020-W14"]),
        ("2020-03-23", "9999-12-31T23:59:59Z", ["2020-W13", "2020-W14"]),
        ("2020-06-01", "", []),  # of later
        ("2020-06-01", "9999-12-31", []),
    ],
)
def test_the_weeks_of_a_period(first: str, last: str, weeks: list[str]) -> None:
    assert weeks_of("651", first, last) == ({}, weeks)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("0001-01-01", "2020-03-15"),
        ("1900-01-01", ""),
        ("1970-01-01T00:00:00Z", "2020-03-15"),
        ("", "2020-03-15"),
        ("9999-12-31", ""),
        ("2020-03-021", "2020-03-15"),
        ("2020-03-02", "0001-01-01"),
        ("2020-03-02", "?"),
        ("2020-03-15", "2020-03-02"),
    ],
)
def test_a_period_without_a_certain_day_makes_its_person_uncertain(first: str, last: str) -> None:
    assert weeks_of("651", first, last) == ({RejectReason.DAY: 1}, [])


@pytest.mark.parametrize("cell", ["", " ", "\u00a0"])
def test_a_period_without_a_code_is_unknown_whatever_no_record_means(cell: str) -> None:
    owned = [Owned(SUBJECT, ("", cell, "2020-03-02", "2020-03-15"))]
    read = read_records("periods", owned, WORDS, weeks=MARCH, codes=shipped_list("dream"))
    assert shipped_list("dream").statuses[""] is Status.NO_BENEFIT
    assert [(one.status, one.code) for one in read.spells] == [(Status.UNKNOWN, "?")]
    assert read.unknown_codes == {"(no code)": 2}


@pytest.mark.parametrize(
    ("cells", "marked"),
    [
        (("2020-03", "00", "160,00-", "-21000"), ["2020-03"]),
        (("2020-03", "00", "160", "-21000"), ["2020-03"]),
        (("2020-03", "0", "160", "21000"), ["2020-03"]),
        (("marts", "00", "160", "21000"), ["2020-02", "2020-03", "2020-04"]),
        (("2021-03", "00", "x", "21000"), []),  # of a month that nobody asks for
    ],
)
def test_a_lost_posting_makes_the_income_of_its_months_unknown(cells: tuple[str, ...], marked: list[str]) -> None:
    words = ("cpr", "month", "income_type", "paid_hours", "amount")
    owned = [Owned(SUBJECT, ("", *cells)), Owned(SUBJECT, ("", "2020-03", "00", "160", "21000"))]
    read = read_records("postings", owned, words, weeks=MARCH)
    assert [str(one.month) for one in read.postings if one.income_type is IncomeType.UNREADABLE] == marked
    assert [one.paid_hours_hundredths for one in read.postings if one.income_type is IncomeType.WAGE] == [16_000]
    assert read.uncertain == {SUBJECT}


def test_a_life_event_has_both_its_defects_counted() -> None:
    words = ("cpr", "event", "on", "new_cpr")
    read = read_records("life_events", [Owned(SUBJECT, ("", "?", "1900-01-01", ""))], words, weeks=MARCH)
    assert read.rejected == {RejectReason.DAY: 1, RejectReason.EVENT: 1}
    assert (read.events, read.uncertain) == ([], {SUBJECT})
