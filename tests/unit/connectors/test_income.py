"""Income postings: hours in hundredths, corrections as postings of their own, amounts dropped at the door."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Pulled
from connectors.errors import (
    FileNameMismatch,
    FileNotNeeded,
    FileTruncated,
    FileUnreadable,
    HeaderMismatch,
    RejectReason,
)
from connectors.pull import pull_file
from connectors.source_file import LocalFile
from tests.unit.connectors.cohort import ANNE, BO, INCOME_HEADER, STRANGER, WEEKS, A, B, declared, matcher, write
from vocabulary.records import IncomePosting, SubjectRef
from vocabulary.statuses import IncomeType
from vocabulary.weeks import Month, Week

MARCH = Month.parse("2020-03")


def row(
    cpr: str = ANNE, month: str = "2020-03", kind: str = "00", hours: str = "160,33", amount: str = "21000,00"
) -> str:
    return f"{cpr};{month};{kind};{hours};00000000;{amount}"


def pull(folder: Path, *lines: str, weeks: tuple[Week, Week] = WEEKS, name: str = "indkomst-2020-03.csv") -> Pulled:
    file = write(folder / name, INCOME_HEADER, *lines)
    return pull_file(LocalFile(file), declared("income"), matcher(), weeks=weeks)


def test_postings_of_the_cohort_and_counts_of_the_rest(tmp_path: Path) -> None:
    pulled = pull(tmp_path, row(), row(BO, kind="01", hours="0,00"), row(STRANGER))
    assert pulled.postings == [
        IncomePosting(A, MARCH, IncomeType.WAGE, 16033),
        IncomePosting(B, MARCH, IncomeType.EDUCATION_GRANT, 0),
    ]
    assert (pulled.rows_read, pulled.rows_outside_cohort, pulled.uncertain) == (3, 1, 0)
    assert pulled.rejected == {}


def marked(pulled: Pulled) -> dict[SubjectRef, list[str]]:
    """Whose income is unknown, and in which months."""
    found: dict[SubjectRef, list[str]] = {}
    for posting in pulled.postings:
        if posting.income_type is IncomeType.UNREADABLE:
            found.setdefault(posting.subject, []).append(str(posting.month))
    return found


LOST = {
    "hours": (row(ANNE, hours="160,00-", amount="-21000,00"), {A: ["2020-03"]}),
    "brackets": (row(ANNE, hours="(160,00)", amount="(21000,00)"), {A: ["2020-03"]}),
    "a sign in the hours alone": (row(ANNE, hours="160,00", amount="-21000,00"), {A: ["2020-03"]}),
    "hours that are not told": (row(ANNE, hours="", amount="-21000,00"), {A: ["2020-03"]}),
    "the type": (row(ANNE, kind="0", hours="-160,00", amount="-21000,00"), {A: ["2020-03"]}),
    "an earlier month": (row(ANNE, month="2020-02", hours="?"), {A: ["2020-02"]}),
    "the month": (row(ANNE, month="20203", hours="-160,00"), {A: ["2020-03", "2020-04"]}),
    "a month after the file": (row(ANNE, month="2020-05", hours="-160,00"), {A: ["2020-03", "2020-04"]}),
    "whose it is": (row("610180123", hours="-160,00"), {A: ["2020-03"], B: ["2020-03"]}),
    "whose it is and the hours": (row("610180123", hours="x"), {A: ["2020-03"], B: ["2020-03"]}),
    "whose it is and the month": (row("", month="?"), {A: ["2020-03", "2020-04"], B: ["2020-03", "2020-04"]}),
    "a field": (row() + ";1", {A: ["2020-03", "2020-04"], B: ["2020-03", "2020-04"]}),
    "nothing: a stranger's": (row(STRANGER, hours="x"), {}),
    "nothing: a total": ("I alt;;;320,66;;42000,00", {}),
    "nothing: sums alone": (";;;320,66;;42000,00", {}),
    "nothing: an empty line": ("", {}),
    "nothing: a minus that is one": (row(ANNE, hours="\u2212160,00", amount="\u221221000,00"), {}),
    "nothing: a delimiter in quotes": (f'"{ANNE}";"2020-03";"00";"-160,00";"0000;000";"-21000,00"', {}),
    "nothing: an amount in its sign alone": (row(ANNE, kind="01", hours="", amount="-21000,00"), {}),
}


@pytest.mark.parametrize("what", LOST)
def test_a_lost_row_makes_the_income_unknown_of_whomever_it_may_be_and_whenever(tmp_path: Path, what: str) -> None:
    """A reversal that is lost would leave the hours standing that it takes back."""
    line, expected = LOST[what]
    pulled = pull(tmp_path, row(), row(BO), line, name="indkomst-2020-03_2020-04.csv")
    assert marked(pulled) == expected
    assert pulled.uncertain == len(expected)
    assert bool(pulled.rejected) == (bool(expected) or "stranger" in what)
    standing = [posting for posting in pulled.postings if posting.paid_hours_hundredths > 0]
    assert [posting.subject for posting in standing] == [A, B], (
        "what was read stays, and counts again when it is mended"
    )


def test_a_file_that_holds_itself_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="line 3: is the header again: the file may hold itself twice"):
        pull(tmp_path, row(), INCOME_HEADER, row())


def test_the_day_of_the_extract_in_a_name_is_no_month_that_it_covers(tmp_path: Path) -> None:
    pulled = pull(tmp_path, row(), name="indkomst-2020-03_udtrukket-2020-06-11.csv")
    assert (str(pulled.from_week), str(pulled.to_week)) == ("2020-W10", "2020-W13")


def test_neither_amount_nor_employer_leaves_the_connector(tmp_path: Path) -> None:
    """Positive control: the hours of the same row do."""
    file = write(tmp_path / "indkomst-2020-03.csv", INCOME_HEADER, f"{ANNE};2020-03;00;98,76;55443322;31415,92")
    written = repr(pull_file(LocalFile(file), declared("income"), matcher(), weeks=WEEKS))
    assert "9876" in written
    assert not any(canary in written for canary in ("31415", "55443322", ANNE))


@pytest.mark.parametrize(
    ("hours", "hundredths"),
    [
        ("160", 16000),
        ("160,3", 16030),
        ("160,33", 16033),
        ("0,05", 5),
        ("-7,5", -750),
        ("-0,05", -5),
        ("", 0),
        (" 8 ", 800),
        ("160.33", 16033),
        ("1.600,00", 160000),
    ],
)
def test_hours_are_hundredths(tmp_path: Path, hours: str, hundredths: int) -> None:
    assert pull(tmp_path, row(hours=hours)).postings[0].paid_hours_hundredths == hundredths


@pytest.mark.parametrize("hours", ["160,333", "1.600", "many", "--1", "99999", "1e3", ANNE])
def test_what_is_no_number_of_hours_is_counted(tmp_path: Path, hours: str) -> None:
    pulled = pull(tmp_path, row(hours=hours), row(BO))
    assert pulled.rejected == {RejectReason.HOURS: 1}
    assert marked(pulled) == {A: ["2020-03"]}


@pytest.mark.parametrize(
    ("amount", "is_reversal"),
    [
        ("6589,00", False),
        ("-6589,00", True),
        ("-6.589,00", True),
        ("0,00", False),
        ("-0,00", False),
        ("-0,01", True),
        ("-3123.45", True),
    ],
)
def test_the_sign_of_an_amount_says_reversal_and_zero_takes_nothing_back(
    tmp_path: Path, amount: str, is_reversal: bool
) -> None:
    assert pull(tmp_path, row(kind="01", hours="", amount=amount)).postings[0].is_reversal is is_reversal


@pytest.mark.parametrize("amount", ["", "kr. 5", "5,123", "-", ANNE + ANNE])
def test_what_is_no_amount_is_counted(tmp_path: Path, amount: str) -> None:
    pulled = pull(tmp_path, row(amount=amount), row(BO))
    assert pulled.rejected == {RejectReason.AMOUNT: 1}


@pytest.mark.parametrize("month", ["2020-13", "2020-00", "2020-3", "2020-03-01", "marts", ""])
def test_what_is_no_month_is_counted(tmp_path: Path, month: str) -> None:
    pulled = pull(tmp_path, row(month=month), row(BO))
    assert pulled.rejected == {RejectReason.MONTH: 1}


def test_an_amount_is_the_same_in_every_source(tmp_path: Path) -> None:
    file = write(tmp_path / "indkomst-2020-03.csv", INCOME_HEADER, row(amount="3123.45"), row(amount="3.123,45"))
    pulled = pull_file(LocalFile(file), declared("income"), matcher(), weeks=WEEKS, keeps_amounts=True)
    assert [posting.amount_minor for posting in pulled.postings] == [312_345, 312_345]


def test_a_correction_of_an_earlier_month_is_a_posting_of_its_own(tmp_path: Path) -> None:
    pulled = pull(tmp_path, row(), row(month="2020-02", hours="-80,00", amount="-10000,00"))
    assert pulled.postings[1] == IncomePosting(A, Month.parse("2020-02"), IncomeType.WAGE, -8000, is_reversal=True)


def test_unknown_types_are_counted_and_never_taken_for_wage(tmp_path: Path) -> None:
    pulled = pull(tmp_path, row(kind="02"), row(kind="02"), row(kind=BO), row(STRANGER, kind="77"))
    assert pulled.unknown_codes == {"02": 2}
    assert {posting.income_type for posting in pulled.postings} == {IncomeType.UNKNOWN, IncomeType.UNREADABLE}
    assert pulled.rejected == {RejectReason.INCOME_TYPE: 1}


def test_the_file_covers_the_weeks_of_the_months_in_its_name(tmp_path: Path) -> None:
    """A week belongs to the month of its Thursday: April 2020 has five weeks."""
    pulled = pull(tmp_path, row(), row(STRANGER, month="2019-01"), name="indkomst-2020-03_2020-04.csv")
    assert (str(pulled.from_week), str(pulled.to_week)) == ("2020-W10", "2020-W18")


def test_a_month_after_the_file_is_rejected_and_makes_nothing_complete(tmp_path: Path) -> None:
    pulled = pull(tmp_path, row(), row(STRANGER, month="2020-12"))
    assert pulled.rejected == {RejectReason.AFTER_FILE: 1}
    assert str(pulled.to_week) == "2020-W13"


@pytest.mark.parametrize("name", ["indkomst-x.csv", "indkomst-2020-13.csv", "indkomst-2020-04_2020-03.csv"])
def test_a_name_without_months_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNameMismatch, match="YYYY-MM"):
        pull(tmp_path, row(), name=name)


def test_months_that_the_contract_does_not_need_are_not_kept(tmp_path: Path) -> None:
    weeks = (Week.parse("2020-W10"), Week.parse("2020-W12"))
    name = "indkomst-2020-02_2020-04.csv"
    pulled = pull(tmp_path, row(month="2020-02"), row(), row(month="2020-04"), weeks=weeks, name=name)
    assert [posting.month for posting in pulled.postings] == [MARCH]
    assert (pulled.from_week, pulled.to_week) == weeks


def test_files_that_give_nothing_say_why(tmp_path: Path) -> None:
    with pytest.raises(FileNotNeeded, match="covers no week"):
        pull(tmp_path, row(month="2017-03"), name="indkomst-2017-03.csv")
    with pytest.raises(FileUnreadable, match="no row lies in the months"):
        pull(tmp_path)
    with pytest.raises(FileUnreadable, match="no row lies in the months"):
        pull(tmp_path, row(month="2020-02"))
    file = write(tmp_path / "indkomst-2020-03.csv", INCOME_HEADER.replace("Betalte timer", "Timer"), row())
    with pytest.raises(HeaderMismatch, match="'Betalte timer': is missing"):
        pull_file(LocalFile(file), declared("income"), matcher(), weeks=WEEKS)
    file.write_bytes(f"{INCOME_HEADER}\n{row()}\n{row()[:30]}".encode())
    with pytest.raises(FileTruncated, match="line 3"):
        pull_file(LocalFile(file), declared("income"), matcher(), weeks=WEEKS)


@given(st.decimals(min_value=-9999, max_value=9999, places=2))
def test_hours_agree_with_decimal_arithmetic(tmp_path_factory: pytest.TempPathFactory, hours: Decimal) -> None:
    pulled = pull(tmp_path_factory.mktemp("i"), row(hours=str(hours).replace(".", ",")))
    assert pulled.postings[0].paid_hours_hundredths == hours * 100


def test_a_type_in_a_month_before_its_list_is_unknown_and_counted(tmp_path: Path) -> None:
    """A correction of a month before the register began: kept, and no pay for work."""
    weeks = Week.parse("2007-W40"), Week.parse("2008-W05")
    pulled = pull(tmp_path, row(month="2007-12"), row(month="2008-01"), weeks=weeks, name="indkomst-2008-01.csv")
    assert [(str(one.month), one.income_type) for one in pulled.postings] == [
        ("2007-12", IncomeType.UNKNOWN),
        ("2008-01", IncomeType.WAGE),
    ]
    assert pulled.unknown_codes == {"00": 1}
