"""A posting out of its cells: every cell is read, and a lost sign is noticed."""

from __future__ import annotations

from collections import Counter

import pytest

from connectors.errors import RejectReason
from connectors.postings import WORDS, Posting, months_between, read_posting, unreadable
from vocabulary.records import IncomePosting, SubjectRef
from vocabulary.statuses import IncomeType
from vocabulary.weeks import Month

A, B = SubjectRef("a" * 32), SubjectRef("b" * 32)
MARCH = Month.parse("2020-03")


def posting(*cells: str) -> Posting:
    return read_posting(dict(zip(WORDS, cells, strict=True)))


def test_what_a_posting_says() -> None:
    found = posting("2020-03", "01", "37,5", "6589,00")
    assert found == Posting(MARCH, "01", 3_750, 658_900, ())
    assert found.income_type is IncomeType.EDUCATION_GRANT


def test_every_cell_that_is_not_certain_has_its_reason() -> None:
    found = posting("marts", "0", "1.600", "kr. 5")
    assert found.reasons == (
        RejectReason.MONTH, RejectReason.INCOME_TYPE, RejectReason.HOURS, RejectReason.AMOUNT,
    )  # fmt: skip
    assert found == Posting(None, "00", 0, 0, found.reasons), "nothing that was not read stands in it"
    assert found.income_type is None
    assert posting("2020-03", "00", "x", "1").reasons == (RejectReason.HOURS,)
    assert posting("2020-03", "00", "x", "1").month == MARCH, "of which month it is, is known"
    assert posting("2020-03", "00", "x", "-1").reasons == (RejectReason.HOURS,), "and no second time for its sign"


@pytest.mark.parametrize(
    ("kind", "hours", "amount", "is_lost"),
    [
        ("00", "160", "21000", False),
        ("00", "-160", "-21000", False),
        ("00", "160", "-21000", True),
        ("00", "0,01", "-0,01", True),
        ("00", "0", "-21000", False),  # pay alone is taken back, and says so
        ("00", "", "-21000", True),
        ("03", "", "-21000", True),
        ("08", " ", "-21000", True),
        ("01", "", "-6589", False),  # a grant has no hours
        ("01", "10", "-6589", True),
        ("77", "", "-1", False),  # of a kind that nobody knows
        ("00", "", "21000", False),
        ("00", "160", "0", False),
        ("00", "-160", "0", False),
        ("00", "-160", "21000", False),
    ],
)
def test_pay_that_is_taken_back_says_what_becomes_of_its_hours(
    kind: str, hours: str, amount: str, is_lost: bool
) -> None:
    assert posting("2020-03", kind, hours, amount).reasons == ((RejectReason.HOURS,) if is_lost else ())


@pytest.mark.parametrize(
    ("amount", "kept", "is_reversal"), [("-21000,50", -2_100_050, True), ("0", 0, False), ("5", 500, False)]
)
def test_a_posting_of_somebody(amount: str, kept: int, is_reversal: bool) -> None:
    unknown: Counter[str] = Counter()
    found = posting("2020-03", "00", "-160", amount)
    one = found.of(A, MARCH, keeps_amounts=True, unknown=unknown)
    assert one == IncomePosting(A, MARCH, IncomeType.WAGE, -16_000, is_reversal, kept)
    assert found.of(A, MARCH, keeps_amounts=False, unknown=unknown).amount_minor == 0
    assert not unknown


def test_a_type_that_no_list_explains_is_counted() -> None:
    unknown: Counter[str] = Counter()
    found = posting("2020-03", "77", "160", "1").of(B, MARCH, keeps_amounts=False, unknown=unknown)
    assert (found.subject, found.income_type) == (B, IncomeType.UNKNOWN)
    assert unknown == {"77": 1}
    posting("2020-03", "77", "160", "1").of(B, MARCH, keeps_amounts=False, unknown=unknown)
    assert unknown == {"77": 2}


def test_a_mark_for_everybody_and_every_month() -> None:
    marks = list(unreadable([A, B], [MARCH, MARCH + 1]))
    assert [(one.subject, one.month) for one in marks] == [(A, MARCH), (A, MARCH + 1), (B, MARCH), (B, MARCH + 1)]
    assert {(one.income_type, one.paid_hours_hundredths, one.is_reversal) for one in marks} == {
        (IncomeType.UNREADABLE, 0, False)
    }


def test_months_are_counted_with_both_ends() -> None:
    assert months_between(MARCH, MARCH) == [MARCH]
    assert list(map(str, months_between(Month.parse("2019-12"), Month.parse("2020-02")))) == [
        "2019-12", "2020-01", "2020-02",
    ]  # fmt: skip
    assert months_between(MARCH, MARCH + -1) == []
