"""The referral list: who is enrolled, and why others are not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from connectors.enrolment import ReferralList, read_referrals
from connectors.errors import FileTruncated, HeaderMismatch, RejectReason
from connectors.source_file import LocalFile
from tests.unit.connectors.cohort import ANNE, BO, CONTRACT, REFERRAL_HEADER, MemoryVault, boundary, write
from vocabulary.records import SubjectRef

PERIOD = (date(2018, 10, 1), date(2019, 9, 30))
NOTICES = {"notice-1"}


def row(cpr: str = ANNE, day: str = "2018-10-03", reference: str = "SAG-0001", notice: str = "notice-1") -> str:
    return f"{cpr};{day};{reference};{notice}"


def read(
    folder: Path,
    *lines: str,
    vault: MemoryVault | None = None,
    contract: str = CONTRACT,
    refuse_elsewhere: bool = True,
    header: str = REFERRAL_HEADER,
    taken: dict[str, str] | None = None,
    most: int | None = None,
) -> ReferralList:
    vault = MemoryVault() if vault is None else vault
    file = write(folder / "list.csv", header, *lines)
    return read_referrals(
        LocalFile(file),
        boundary(vault),
        contract,
        period=PERIOD,
        notices=NOTICES,
        taken=taken or {},
        most=most,
        refuse_elsewhere=refuse_elsewhere,
    )


def test_a_referred_person_becomes_a_subject_without_a_number(tmp_path: Path) -> None:
    vault = MemoryVault()
    found = read(tmp_path, row(), row(BO, "2018-12-31", "SAG-0002"), vault=vault)
    assert [(r.referred_on, r.case_reference, r.notice_id) for r in found.accepted] == [
        (date(2018, 10, 3), "SAG-0001", "notice-1"),  # a Wednesday: the day is kept, the contract decides the week
        (date(2018, 12, 31), "SAG-0002", "notice-1"),
    ]
    assert not found.rejected
    assert {r.subject.value for r in found.accepted} == set(vault.entries)
    written = repr((found, vault.entries, vault.rows))
    assert "SAG-0001" in written, "positive control"
    assert ANNE not in written
    assert BO not in written


def test_columns_may_stand_in_any_order_beside_others(tmp_path: Path) -> None:
    header = "Underretning;Navn;Leverandørens sagsnummer;Henvist dato;CPR nummer"
    found = read(tmp_path, f"notice-1;Anne;SAG-0001;2018-10-03;{ANNE}", header=header)
    assert [r.case_reference for r in found.accepted] == ["SAG-0001"]
    assert "Anne" not in repr(found)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(cpr="610180123"), RejectReason.NOT_TEN_DIGITS),
        (row(cpr="61018O1234"), RejectReason.NOT_TEN_DIGITS),
        (row(cpr="9102801234"), RejectReason.NO_SUCH_NUMBER),
        (row(cpr="6113801234"), RejectReason.NO_SUCH_NUMBER),
        (row(day="03-10-2018"), RejectReason.DAY),
        (row(day="2018-02-30"), RejectReason.DAY),
        (row(day=""), RejectReason.DAY),
        (row(day="2018-09-30"), RejectReason.OUTSIDE_PERIOD),
        (row(day="2019-10-01"), RejectReason.OUTSIDE_PERIOD),
        (row(reference=""), RejectReason.CASE_REFERENCE),
        (row(reference="SAG 1"), RejectReason.CASE_REFERENCE),
        (row(reference="x" * 41), RejectReason.CASE_REFERENCE),
        (row(reference=ANNE), RejectReason.CASE_REFERENCE),
        (row(reference=f"SAG-{ANNE[:6]}-{ANNE[6:]}"), RejectReason.CASE_REFERENCE),
        (row(notice=""), RejectReason.NO_NOTICE),
        (row(notice="told by phone"), RejectReason.NO_NOTICE),
        (row(notice=ANNE), RejectReason.NO_NOTICE),
        (row(notice=f"{ANNE[:6]}-{ANNE[6:]}"), RejectReason.NO_NOTICE),
        (row() + ";more", RejectReason.FIELD_COUNT),
    ],
)
def test_a_bad_row_is_counted_by_reason_and_the_rest_goes_on(tmp_path: Path, bad: str, reason: RejectReason) -> None:
    vault = MemoryVault()
    found = read(tmp_path, bad, row(BO, reference="SAG-0002"), vault=vault)
    assert found.rejected == {reason: 1}
    assert found.refused == [(2, reason)], "with the line of the file"
    assert [r.case_reference for r in found.accepted] == ["SAG-0002"]
    assert len(vault.entries) == 1, "nothing of a rejected person is sealed"


@pytest.mark.parametrize("day", PERIOD)
def test_the_first_and_the_last_day_of_the_period_count(tmp_path: Path, day: date) -> None:
    assert len(read(tmp_path, row(day=day.isoformat())).accepted) == 1


def test_twice_in_one_list_is_once_in_the_cohort(tmp_path: Path) -> None:
    found = read(tmp_path, row(), row(cpr=f"{ANNE[:6]}-{ANNE[6:]}", reference="SAG-0002"))
    assert [r.case_reference for r in found.accepted] == ["SAG-0001"]
    assert found.rejected == {RejectReason.DUPLICATE: 1}


def test_two_people_with_one_case_reference_are_both_refused(tmp_path: Path) -> None:
    vault = MemoryVault()
    found = read(tmp_path, row(), row(BO, reference=" SAG-0001 "), vault=vault)
    assert found.accepted == []
    reason = RejectReason.CASE_REFERENCE_TWICE
    assert found.refused == [(2, reason), (3, reason)], "nobody can say whose it is"
    assert vault.entries == {}
    assert len(read(tmp_path, row(), row(BO, reference="SAG-0002")).accepted) == 2  # positive control


def test_one_person_twice_is_not_two_people_with_one_reference(tmp_path: Path) -> None:
    found = read(tmp_path, row(), row(cpr=f"{ANNE[:6]}-{ANNE[6:]}"))
    assert found.refused == [(3, RejectReason.DUPLICATE)]


def test_a_case_reference_of_somebody_enrolled_is_taken(tmp_path: Path) -> None:
    found = read(tmp_path, row(), row(BO, reference="SAG-0002"), taken={"SAG-0001": "f" * 32})
    assert [r.case_reference for r in found.accepted] == ["SAG-0002"]
    assert found.refused == [(2, RejectReason.CASE_REFERENCE_TAKEN)]
    assert found.found == {SubjectRef("f" * 32)}, "whose reference it is was looked up"


def test_whoever_is_enrolled_anywhere_is_found_and_nobody_is_told_where(tmp_path: Path) -> None:
    vault = MemoryVault()
    first = read(tmp_path, row(), vault=vault)
    for contract in (CONTRACT, "another"):
        again = read(tmp_path, row(reference="SAG-0009"), vault=vault, contract=contract)
        assert again.refused == [(2, RejectReason.ENROLLED_ALREADY)]
        assert again.found == {first.accepted[0].subject}


def test_of_a_list_of_too_many_people_nobody_is_looked_up(tmp_path: Path) -> None:
    vault = MemoryVault()
    read(tmp_path, row(), vault=vault)
    lines = (row(), row(BO, reference="SAG-0002"))
    long = read(tmp_path, *lines, vault=vault, contract="another", most=1)
    assert (long.is_too_long, long.listed, long.accepted, long.refused, long.found) == (True, 2, [], [], set())
    whole = read(tmp_path, *lines, vault=vault, contract="another", most=2)
    assert (whole.is_too_long, len(whole.accepted), len(whole.found)) == (False, 1, 1)


@pytest.mark.parametrize("refuse", [True, False])
def test_in_two_contracts_as_the_second_contract_says(tmp_path: Path, refuse: bool) -> None:
    vault = MemoryVault()
    first = read(tmp_path, row(), vault=vault)
    second = read(tmp_path, row(), vault=vault, contract="another", refuse_elsewhere=refuse)
    assert second.rejected == ({RejectReason.ENROLLED_ALREADY: 1} if refuse else {})
    assert first.accepted[0].subject not in [r.subject for r in second.accepted], "one person, unrelated subjects"


def test_nobody_is_enrolled_from_a_file_that_is_refused(tmp_path: Path) -> None:
    vault = MemoryVault()
    with pytest.raises(HeaderMismatch, match="'Underretning': is missing"):
        read(tmp_path, row(), vault=vault, header="CPR nummer;Henvist dato;Leverandørens sagsnummer;Besked")
    file = tmp_path / "cut.csv"
    file.write_bytes(f"{REFERRAL_HEADER}\n{row()}\n{row(BO)[:20]}".encode())
    with pytest.raises(FileTruncated):
        read_referrals(
            LocalFile(file), boundary(vault), CONTRACT, period=PERIOD, notices=NOTICES, refuse_elsewhere=True
        )
    assert vault.entries == {}
    read(tmp_path, row(), vault=vault)  # positive control: the same row in a whole file does
    assert len(vault.entries) == 1
