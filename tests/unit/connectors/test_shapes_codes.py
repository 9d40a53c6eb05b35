"""A code over days counts in the weeks in which it exists, and is reported in the others."""

from __future__ import annotations

import pytest

from connectors.codes import shipped_list
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
