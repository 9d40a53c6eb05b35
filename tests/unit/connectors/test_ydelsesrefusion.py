"""The monthly Ydelsesrefusion file: a row per person and week, and no row where there is no benefit."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Pulled
from connectors.errors import FileNameMismatch, FileNotNeeded, FileUnreadable, HeaderMismatch, RejectReason
from connectors.pull import pull_file
from connectors.source_file import LocalFile
from tests.unit.connectors.cohort import ANNE, BO, STRANGER, WEEKS, YR_HEADER, A, B, declared, matcher, write
from vocabulary.records import SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Week

NAME = "yr-ydelsesrefusion-beregning-2020-02-10.csv"  # its period is January: W01 to W05
AMOUNTS = "Ballerup;2811,00;562,20;2248,80"


def row(cpr: str, week: str, benefit: str = "Kontanthjælp") -> str:
    return f"{cpr};{week};{benefit};{AMOUNTS}"


def pull(
    folder: Path, *lines: str, weeks: tuple[Week, Week] = WEEKS, encoding: str = "utf-8", name: str = NAME
) -> Pulled:
    file = write(folder / name, YR_HEADER, *lines, encoding=encoding)
    return pull_file(LocalFile(file), declared("ydelsesrefusion"), matcher(), weeks=weeks)


def shown(pulled: Pulled, person: SubjectRef, *, with_empty: bool = False) -> dict[str, set[Status]]:
    """Week -> statuses of one person; weeks without a benefit only if asked for."""
    found: defaultdict[str, set[Status]] = defaultdict(set)
    for spell in pulled.spells:
        if spell.subject == person:
            for ordinal in range(spell.from_week.ordinal, spell.to_week.ordinal + 1):
                found[str(Week(ordinal))].add(spell.status)
    return {week: seen for week, seen in found.items() if with_empty or seen != {Status.NO_BENEFIT}}


def test_a_week_of_the_period_without_a_row_is_a_week_without_a_benefit(tmp_path: Path) -> None:
    pulled = pull(tmp_path, row(ANNE, "2020-03"), row(STRANGER, "2020-04", "Sygedagpenge"))
    empty = {f"2020-W{week:02d}": {Status.NO_BENEFIT} for week in range(1, 6)}
    assert shown(pulled, A, with_empty=True) == {**empty, "2020-W03": {Status.UNEMPLOYED}}
    assert shown(pulled, B, with_empty=True) == empty
    assert (str(pulled.from_week), str(pulled.to_week)) == ("2020-W01", "2020-W05")
    assert (pulled.rows_read, pulled.rows_outside_cohort) == (2, 1)


def test_a_late_correction_changes_the_week_and_the_person_that_it_names(tmp_path: Path) -> None:
    """Anybody's row for another week must not turn the weeks between into weeks without a benefit."""
    name = "yr-ydelsesrefusion-beregning-2020-03-10.csv"
    pulled = pull(tmp_path, row(ANNE, "2020-02"), row(STRANGER, "2020-01"), row(BO, "2020-07"), name=name)
    assert shown(pulled, A) == {"2020-W02": {Status.UNEMPLOYED}}
    assert list(shown(pulled, B, with_empty=True)) == ["2020-W06", "2020-W07", "2020-W08", "2020-W09"]
    assert (str(pulled.from_week), str(pulled.to_week)) == ("2020-W06", "2020-W09")


def test_a_week_after_the_period_is_rejected_and_makes_nothing_complete(tmp_path: Path) -> None:
    pulled = pull(tmp_path, row(STRANGER, "2021-04"), row(STRANGER, "2020-06"), row(ANNE, "2020-05"))
    assert pulled.rejected == {RejectReason.AFTER_FILE: 2}
    assert str(pulled.to_week) == "2020-W05"


def test_a_rejected_row_of_a_person_does_not_become_a_week_without_a_benefit(tmp_path: Path) -> None:
    pulled = pull(tmp_path, row(ANNE, "2020-99", "Sygedagpenge"), row(ANNE, "2020-02"))
    assert shown(pulled, A, with_empty=True) == {"2020-W02": {Status.UNEMPLOYED}}
    assert len(shown(pulled, B, with_empty=True)) == 5


@pytest.mark.parametrize("name", ["yr-ydelsesrefusion-beregning.csv", "yr-ydelsesrefusion-beregning-2020-13-10.csv"])
def test_a_name_without_a_date_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNameMismatch, match="YYYY-MM-DD"):
        pull(tmp_path, row(ANNE, "2020-02"), name=name)


def test_a_name_that_could_hold_a_number_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(FileNameMismatch) as refused:
        pull(tmp_path, row(ANNE, "2020-02"), name=f"yr-ydelsesrefusion-beregning-{ANNE}-2020-02-10.csv")
    assert ANNE not in str(refused.value)


def test_a_fleksjob_is_coded_and_still_told_from_a_benefit(tmp_path: Path) -> None:
    pulled = pull(tmp_path, row(ANNE, "2020-05", "Fleksløntilskud"), row(BO, "2020-05", "Førtidspension"))
    assert shown(pulled, A) == {"2020-W05": {Status.FLEKSJOB}}
    assert shown(pulled, B) == {"2020-W05": {Status.DISABILITY_PENSION}}


def test_two_benefits_in_one_week_are_both_shown(tmp_path: Path) -> None:
    pulled = pull(tmp_path, row(ANNE, "2020-05"), row(ANNE, "2020-05", "Løntilskud"), row(ANNE, "2020-05"))
    assert shown(pulled, A) == {"2020-W05": {Status.UNEMPLOYED, Status.WAGE_SUBSIDY}}
    assert sum(spell.subject == A and spell.status is not Status.NO_BENEFIT for spell in pulled.spells) == 2


@pytest.mark.parametrize("written", ["202053", "2020-53", "2020-W53", "2020W53", " 2020-53 ", '"2020-53"'])
def test_the_53rd_week_in_every_form(tmp_path: Path, written: str) -> None:
    name = "yr-ydelsesrefusion-beregning-2021-01-10.csv"
    assert shown(pull(tmp_path, row(ANNE, written), name=name), A) == {"2020-W53": {Status.UNEMPLOYED}}


@pytest.mark.parametrize("written", ["2021-53", "2020-00", "2020-54", "2020-5", "20-05", "uge 5", "", "0000-01"])
def test_a_row_without_a_week_is_counted_and_the_rest_goes_on(tmp_path: Path, written: str) -> None:
    pulled = pull(tmp_path, row(ANNE, written, "Sygedagpenge"), row(ANNE, "2020-05"))
    assert pulled.rejected == {RejectReason.WEEK: 1}
    assert shown(pulled, A) == {"2020-W05": {Status.UNEMPLOYED}}


def test_unknown_benefits_are_counted_and_never_guessed_or_repeated(tmp_path: Path) -> None:
    pulled = pull(
        tmp_path,
        row(ANNE, "2020-05", "Borgerløn"),
        row(ANNE, "2020-03", "borgerløn"),
        row(ANNE, "2020-04", BO),
        row(STRANGER, "2020-04", "Noget helt andet"),
    )
    assert pulled.unknown_codes == {"(not in the list)": 3}, "of the cohort alone; a shifted column may hold a name"
    assert shown(pulled, A)["2020-W04"] == {Status.UNKNOWN}
    assert {spell.code for spell in pulled.spells} == {"?", ""}


def test_weeks_before_the_list_tell_no_benefit_and_no_lack_of_one(tmp_path: Path) -> None:
    """The list holds from Monday 4 January 2016: what a name, or none, meant before that nobody has said."""
    weeks = Week.parse("2015-W50"), Week.parse("2016-W04")
    name = "yr-ydelsesrefusion-beregning-2016-01-10.csv"  # its period is December: to 2015-W53
    pulled = pull(tmp_path, row(ANNE, "2015-52"), weeks=weeks, name=name)
    assert shown(pulled, A, with_empty=True) == {"2015-W52": {Status.UNKNOWN}}
    assert shown(pulled, B, with_empty=True) == {}
    assert pulled.unknown_codes == {"(not in the list)": 1}
    name = "yr-ydelsesrefusion-beregning-2016-02-10.csv"  # its period is January: 2016-W01 to W04
    pulled = pull(tmp_path, row(ANNE, "2016-01"), weeks=weeks, name=name)
    assert shown(pulled, A)["2016-W01"] == {Status.UNEMPLOYED}
    assert shown(pulled, B, with_empty=True) == {f"2016-W{week:02d}": {Status.NO_BENEFIT} for week in range(1, 5)}


@pytest.mark.parametrize(
    "lost",
    [f"{ANNE};2020-05", row("610180123", "2020-05"), row("9102801234", "2020-05"), row("", "2020-05")],
    ids=["too few fields", "nine digits", "no such day", "no number"],
)
def test_a_row_that_may_be_anybodys_leaves_everyones_empty_weeks_unobserved(tmp_path: Path, lost: str) -> None:
    """Otherwise a lost benefit week would read as a week off public benefits, and be paid."""
    pulled = pull(tmp_path, row(BO, "2020-05"), lost)
    assert shown(pulled, A, with_empty=True) == {}
    assert shown(pulled, B, with_empty=True) == {"2020-W05": {Status.UNEMPLOYED}}
    assert pulled.uncertain == matcher().size
    assert pull(tmp_path, row(BO, "2020-05")).uncertain == 0


def test_bad_rows_are_counted_by_reason(tmp_path: Path) -> None:
    pulled = pull(
        tmp_path,
        row("610180123", "2020-05"),  # a leading digit lost: never padded
        row("9102801234", "2020-05"),  # 31 February, plus 60
        row("", "2020-05"),
        f"{ANNE};2020-05",
        row(ANNE, "2020-05"),
    )
    assert pulled.rejected == {
        RejectReason.NOT_TEN_DIGITS: 2,
        RejectReason.NO_SUCH_NUMBER: 1,
        RejectReason.FIELD_COUNT: 1,
    }
    assert pulled.rows_read == 5
    assert shown(pulled, A) == {"2020-W05": {Status.UNEMPLOYED}}


def test_numbers_with_a_dash_and_numbers_that_fail_modulus_11_are_people(tmp_path: Path) -> None:
    weights = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
    assert sum(w * int(digit) for w, digit in zip(weights, ANNE, strict=True)) % 11 != 0
    pulled = pull(tmp_path, row(f"{ANNE[:6]}-{ANNE[6:]}", "2020-05"))
    assert shown(pulled, A) == {"2020-W05": {Status.UNEMPLOYED}}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "iso-8859-1"])
def test_encodings_of_older_systems(tmp_path: Path, encoding: str) -> None:
    assert shown(pull(tmp_path, row(ANNE, "2020-05", "Fleksløntilskud"), encoding=encoding), A) == {
        "2020-W05": {Status.FLEKSJOB}
    }


def test_weeks_that_the_contract_does_not_need_are_not_kept(tmp_path: Path) -> None:
    pulled = pull(tmp_path, row(ANNE, "2019-52"), row(ANNE, "2020-01"), row(ANNE, "2020-02"), weeks=(WEEKS[0],) * 2)
    assert shown(pulled, A) == {"2020-W01": {Status.UNEMPLOYED}}
    assert (pulled.from_week, pulled.to_week) == (WEEKS[0], WEEKS[0])


def test_a_file_of_other_weeks_is_not_needed(tmp_path: Path) -> None:
    with pytest.raises(FileNotNeeded, match="covers no week of 2020-W01 to 2021-W05"):
        pull(tmp_path, row(ANNE, "2018-05"), name="yr-ydelsesrefusion-beregning-2018-02-10.csv")


def test_a_file_without_a_row_of_its_month_covers_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="no row lies in the month"):
        pull(tmp_path)
    with pytest.raises(FileUnreadable, match="no row lies in the month"):
        pull(tmp_path, row(ANNE, "?"), row(ANNE, "2019-50"))


def test_a_missing_column_and_another_file_name_are_refused(tmp_path: Path) -> None:
    file = write(tmp_path / NAME, YR_HEADER.replace("Ydelse;", "Ydelsesart;"), row(ANNE, "2020-05"))
    with pytest.raises(HeaderMismatch, match="'Ydelse': is missing"):
        pull_file(LocalFile(file), declared("ydelsesrefusion"), matcher(), weeks=WEEKS)
    with pytest.raises(FileNameMismatch, match=r"yr-ydelsesrefusion-beregning\*\.csv"):
        pull_file(LocalFile(file.rename(tmp_path / "other.csv")), declared("ydelsesrefusion"), matcher(), weeks=WEEKS)


def test_progress_ends_at_the_whole_file(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    file = write(tmp_path / NAME, YR_HEADER, row(ANNE, "2020-05"))
    pull_file(
        LocalFile(file), declared("ydelsesrefusion"), matcher(), weeks=WEEKS, progress=lambda *at: seen.append(at)
    )
    assert seen[-1] == (file.stat().st_size, file.stat().st_size)


ROWS = st.lists(
    st.tuples(
        st.sampled_from([ANNE, BO, STRANGER, "nobody"]),
        st.integers(1, 5),
        st.sampled_from(["Kontanthjælp", "Fleksløntilskud", "Sygedagpenge", "Borgerløn"]),
    ),
    min_size=1,
    max_size=20,
)
MEANING = {
    "Kontanthjælp": Status.UNEMPLOYED,
    "Fleksløntilskud": Status.FLEKSJOB,
    "Sygedagpenge": Status.SICKNESS,
    "Borgerløn": Status.UNKNOWN,
}


@given(ROWS)
def test_agrees_with_a_plain_loop_over_people_and_weeks(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, int, str]]
) -> None:
    pulled = pull(tmp_path_factory.mktemp("yr"), *(row(cpr, f"2020-{week:02d}", name) for cpr, week, name in table))
    empty = set() if any(who == "nobody" for who, _, _ in table) else {Status.NO_BENEFIT}
    for cpr, person in ((ANNE, A), (BO, B)):
        expected = {
            f"2020-W{week:02d}": {MEANING[name] for who, at, name in table if (who, at) == (cpr, week)} or empty
            for week in range(1, 6)
        }
        expected = {week: found for week, found in expected.items() if found}
        assert shown(pulled, person, with_empty=True) == expected
    assert pulled.rows_outside_cohort == sum(cpr == STRANGER for cpr, _, _ in table)
    assert pulled.rejected[RejectReason.NOT_TEN_DIGITS] == sum(cpr == "nobody" for cpr, _, _ in table)


@pytest.mark.parametrize(
    "lost",
    [
        row("610180123", "?"),
        row("", ""),
        row("", "2020-09"),
        f";{ANNE};2020-05;Kontanthjælp;Ballerup;2811,00;562,20",  # every cell one to the right
        row("x", "2020-05", ""),
    ],
)
def test_no_defect_of_a_row_hides_another(tmp_path: Path, lost: str) -> None:
    pulled = pull(tmp_path, row(BO, "2020-05"), lost)
    assert shown(pulled, A, with_empty=True) == {}
    assert shown(pulled, B, with_empty=True) == {"2020-W05": {Status.UNEMPLOYED}}
    assert pulled.uncertain == 2


@pytest.mark.parametrize(
    "line",
    ["", ";;;;;;", YR_HEADER, "I alt;;;;5622,00;1124,40;4497,60", ";;;;5622,00;1124,40;4497,60", "\u00a0;;;;;;"],
)
def test_rows_that_are_nobodys_leave_everything_as_it_is(tmp_path: Path, line: str) -> None:
    rows = [row(ANNE, "2020-03"), row(BO, "2020-05")]
    plain, pulled = pull(tmp_path, *rows), pull(tmp_path, *rows, line)
    assert pulled.spells == plain.spells
    assert (pulled.uncertain, pulled.rejected, pulled.rows_read) == (0, {}, 2)


@pytest.mark.parametrize("cell", ["", " ", "\u00a0", "\u200b"])
def test_a_row_without_a_benefit_is_unknown_and_no_week_off_benefits(tmp_path: Path, cell: str) -> None:
    pulled = pull(tmp_path, row(ANNE, "2020-03", cell), row(BO, "2020-05"))
    assert shown(pulled, A)["2020-W03"] == {Status.UNKNOWN}
    assert pulled.unknown_codes == {"(no code)": 1}


def test_a_name_with_two_days_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNameMismatch, match="one date"):
        pull(tmp_path, row(ANNE, "2020-02"), name="yr-ydelsesrefusion-beregning-2020-02-10_2020-03-10.csv")
