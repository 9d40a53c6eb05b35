"""The wide DREAM extract: weeks across centuries and 53-week years, codes that are outcomes, and broken files."""

from __future__ import annotations

import csv
import hashlib
import itertools
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import connectors.dream
from connectors.base import Pulled
from connectors.codes import statuses
from connectors.declaration import load_declaration
from connectors.errors import FileTruncated, HeaderMismatch, RejectReason
from connectors.pull import pull_file
from connectors.source_file import LocalFile
from tests.unit.connectors.cohort import ANNE, BO, SOURCES, STRANGER, A, B, declared, matcher, write
from vocabulary.records import SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Week

NAME = "dream-2020-12.csv"
WEEKS = (Week.parse("2020-W01"), Week.parse("2021-W05"))


def pull(
    folder: Path, *lines: str, weeks: tuple[Week, Week] = WEEKS, encoding: str = "utf-8", end: str = "\n"
) -> Pulled:
    file = write(folder / NAME, *lines, encoding=encoding, end=end)
    return pull_file(LocalFile(file), declared("dream"), matcher(), weeks=weeks)


def shown(pulled: Pulled, person: SubjectRef) -> list[tuple[str, str, str, str]]:
    """(first week, last week, code, status) of one person's spells, in order."""
    return [
        (str(spell.from_week), str(spell.to_week), spell.code, str(spell.status))
        for spell in sorted(pulled.spells, key=lambda spell: spell.from_week)
        if spell.subject == person
    ]


def test_consecutive_weeks_with_one_code_are_one_spell(tmp_path: Path) -> None:
    pulled = pull(
        tmp_path,
        "PNR,y_2001,y_2002,y_2003,y_2004,y_2005",
        f"{ANNE},730,730,,,771",
        f"{STRANGER},730,730,730,730,730",
        f"{BO},783,783,783,783,783",
    )
    assert shown(pulled, A) == [
        ("2020-W01", "2020-W02", "730", "benefit"),
        ("2020-W03", "2020-W04", "", "no_benefit"),
        ("2020-W05", "2020-W05", "771", "fleksjob"),
    ]
    assert shown(pulled, B) == [("2020-W01", "2020-W05", "783", "disability_pension")]
    assert (pulled.rows_read, pulled.rows_outside_cohort, pulled.not_found) == (3, 1, 0)
    assert pulled.rejected.total() == pulled.unknown_codes.total() == 0
    assert (str(pulled.from_week), str(pulled.to_week)) == ("2020-W01", "2020-W05")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("", Status.NO_BENEFIT),
        ("771", Status.FLEKSJOB),
        ("774", Status.FLEKSJOB),
        ("781", Status.SKAANEJOB),
        ("783", Status.DISABILITY_PENSION),
        ("651", Status.EDUCATION),
        ("997", Status.NOT_RESIDENT),
        ("998", Status.OLD_AGE_PENSION),
        ("999", Status.DEAD),
        ("736", Status.WAGE_SUBSIDY),
        ("734", Status.BENEFIT),
        ("115", Status.UNKNOWN),
    ],
)
def test_coded_weeks_that_are_outcomes_exits_or_neither(tmp_path: Path, code: str, status: Status) -> None:
    pulled = pull(tmp_path, "PNR,y_2001", f"{ANNE},{code}")
    assert [spell.status for spell in pulled.spells] == [status]


def test_the_century_turn(tmp_path: Path) -> None:
    """y_9952 is followed by y_0001; DREAM begins in 1991, so y_91 is 1991 and y_90 would be 2090."""
    weeks = (Week.parse("1999-W51"), Week.parse("2000-W02"))
    pulled = pull(tmp_path, "PNR,y_9951,y_9952,y_0001,y_0002", f"{ANNE},651,651,651,111", weeks=weeks)
    assert shown(pulled, A) == [
        ("1999-W51", "2000-W01", "651", "education"),
        ("2000-W02", "2000-W02", "111", "unemployed"),
    ]
    pulled = pull(
        tmp_path, "PNR,y_9152,y_9201", f"{ANNE},111,111", weeks=(Week.parse("1991-W01"), Week.parse("2090-W01"))
    )
    assert (str(pulled.from_week), str(pulled.to_week)) == ("1991-W52", "1992-W01")


def test_the_53rd_week_stands_between_the_52nd_and_the_first(tmp_path: Path) -> None:
    pulled = pull(tmp_path, "PNR,y_2052,y_2053,y_2101", f"{ANNE},730,730,730")
    assert shown(pulled, A) == [("2020-W52", "2021-W01", "730", "benefit")]


@pytest.mark.parametrize(
    ("header", "column", "position", "reason"),
    [
        ("PNR,y_1953", "y_1953", 2, "2019 has no ISO week 53"),
        ("PNR,y_2001,y_2000", "y_2000", 3, "2020 has no ISO week 0"),
        ("PNR,y_2001,y_2054", "y_2054", 3, "2020 has no ISO week 54"),
        ("PNR,y_2052,y_2101", "y_2053", 0, "is missing between other weeks"),
        ("PNR,y_2001,y_2002,y_2004", "y_2003", 0, "is missing between other weeks"),
        ("PNR,y_2001,y_2002,Y_2001", "Y_2001", 4, "names a week twice"),
        ("PNR,y_1901,y_1902", "y_YYWW", 0, "no column for any week of 2020-W01 to 2021-W05"),
        ("PNR,br_2020_01", "y_YYWW", 0, "no column for any week"),
        ("y_2001,PNR", "PNR", 1, "must be first"),
        ("CPR,y_2001", "PNR", 0, "is missing"),
        ("PNR,y_2001,PNR", "PNR", 3, "stands twice"),
        ("PNR;y_2001", "PNR", 0, "is missing"),
    ],
)
def test_a_wrong_header_is_named_and_nothing_is_read(
    tmp_path: Path, header: str, column: str, position: int, reason: str
) -> None:
    with pytest.raises(HeaderMismatch) as caught:
        pull(tmp_path, header, f"{ANNE},730,730,730")
    message = str(caught.value)
    assert message.startswith(f"{NAME}, line 1, " + (f"column {position}" if position else ""))
    assert repr(column) in message
    assert reason in message
    assert "nothing was stored" in message
    assert ANNE not in message


def test_only_the_asked_weeks_are_read(tmp_path: Path) -> None:
    """Weeks before and after, and columns of other kinds, may hold anything: they leave no trace."""
    header = "PNR,grad_2020_01,y_1952,y_2001,br_2020_01,y_2002,y_2106"
    pulled = pull(tmp_path, header, f"{ANNE},{BO},{BO},730,{BO},730,{BO}")
    assert shown(pulled, A) == [("2020-W01", "2020-W02", "730", "benefit")]
    assert pulled.unknown_codes == {}
    assert BO not in repr(pulled)


def test_columns_in_any_order_give_the_same(tmp_path: Path) -> None:
    values = {"y_2001": "730", "y_2002": "730", "y_2003": "", "y_2004": "771"}
    results = set()
    for order in itertools.permutations(values):
        pulled = pull(tmp_path, ",".join(["PNR", *order]), ",".join([ANNE, *(values[name] for name in order)]))
        results.add(tuple(pulled.spells))
    assert len(results) == 1


def test_unknown_codes_are_counted_a_week_and_never_guessed(tmp_path: Path) -> None:
    pulled = pull(tmp_path, "PNR,y_2001,y_2002,y_2003,y_2004", f"{ANNE},115,115,{BO},.", f"{STRANGER},116,116,116,116")
    assert pulled.unknown_codes == {"115": 2, "(not a code)": 2}, "of the cohort alone, and no cell that is no code"
    assert {spell.status for spell in pulled.spells} == {Status.UNKNOWN}
    assert BO not in repr(pulled)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_legal_encoding_and_line_end(tmp_path: Path, encoding: str, end: str) -> None:
    pulled = pull(
        tmp_path, "PNR,y_2001,br_ærø,y_2002", f"{ANNE},730,Ærø,730", f"{BO},,Sønderå,", encoding=encoding, end=end
    )
    assert shown(pulled, A) == [("2020-W01", "2020-W02", "730", "benefit")]
    assert shown(pulled, B) == [("2020-W01", "2020-W02", "", "no_benefit")]


def test_quotes_around_numbers_and_codes(tmp_path: Path) -> None:
    pulled = pull(
        tmp_path,
        '"PNR","y_2001","y_2002"',
        f'"{ANNE}","730",""',
        f"{BO},730,",
        f'"{STRANGER}",,',
        f'"{ANNE},730,',  # a quote that does not close
        f'"{ANNE}x,730,',
    )
    assert shown(pulled, A) == [("2020-W01", "2020-W01", "730", "benefit"), ("2020-W02", "2020-W02", "", "no_benefit")]
    assert shown(pulled, B) == shown(pulled, A)
    assert pulled.rows_outside_cohort == 1
    assert pulled.rejected == {RejectReason.NOT_TEN_DIGITS: 2}


def test_bad_rows_are_counted_by_reason_and_the_rest_goes_on(tmp_path: Path) -> None:
    pulled = pull(
        tmp_path,
        "PNR,y_2001,y_2002",
        f"{ANNE[1:]},730,730",  # a leading digit lost in a spreadsheet: never padded
        f"0{ANNE},730,730",
        f"{ANNE[:6]}-{ANNE[6:]},730,730",  # another format than declared
        "9102801234,730,730",  # 31 February, plus 60
        "",
        ",730,730",
        f"{ANNE}",
        "61O1801234,730,730",
        f"{STRANGER},730",  # a field short, and nobody of the cohort
        f"{STRANGER},730,730",
        f"{ANNE},730,730",
        f"{BO},730",  # a field short
    )
    assert pulled.rejected == {
        RejectReason.NOT_TEN_DIGITS: 7,
        RejectReason.NO_SUCH_NUMBER: 1,
        RejectReason.FIELD_COUNT: 1,
    }
    assert shown(pulled, A) == [("2020-W01", "2020-W02", "730", "benefit")]
    assert (pulled.rows_read, pulled.rows_outside_cohort, pulled.not_found, pulled.uncertain) == (12, 2, 0, 1)


@pytest.mark.parametrize("second", ["730,730", "771,771", "730"])
def test_of_two_rows_for_one_person_neither_is_believed(tmp_path: Path, second: str) -> None:
    pulled = pull(tmp_path, "PNR,y_2001,y_2002", f"{ANNE},730,730", f"{BO},771,771", f"{ANNE},{second}")
    assert shown(pulled, A) == []
    assert shown(pulled, B) == [("2020-W01", "2020-W02", "771", "fleksjob")]
    assert (pulled.rejected.total(), pulled.uncertain, pulled.not_found) == (1, 1, 0)


def test_a_leading_zero_is_a_digit(tmp_path: Path) -> None:
    """A number that begins with 0 would be another one if it were read as an integer; here it is only refused."""
    pulled = pull(tmp_path, "PNR,y_2001", "0000000000,730", "000000000,730", f"{ANNE},730")
    assert pulled.rejected == {RejectReason.NO_SUCH_NUMBER: 1, RejectReason.NOT_TEN_DIGITS: 1}
    assert len(shown(pulled, A)) == 1


def test_numbers_without_the_check_digit_are_found(tmp_path: Path) -> None:
    """Nine of these ten fail modulus 11."""
    people = {f"610180123{last}": SubjectRef(f"{last:032x}") for last in range(10)}
    file = write(tmp_path / NAME, "PNR,y_2001", *(f"{number},730" for number in people))
    pulled = pull_file(LocalFile(file), declared("dream"), matcher(people), weeks=WEEKS)
    assert {spell.subject for spell in pulled.spells} == set(people.values())


def test_people_missing_from_the_extract_are_counted(tmp_path: Path) -> None:
    pulled = pull(tmp_path, "PNR,y_2001", f"{STRANGER},730")
    assert (pulled.not_found, pulled.spells, pulled.rows_outside_cohort) == (2, [], 1)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (f"PNR,y_2001,y_2002\n{ANNE},730,730\n{BO},73", 3),
        (f"PNR,y_2001,y_2002\n{ANNE},730,730\n{BO},730,730", 3),
        ("PNR,y_2001,y_2002", 1),
    ],
)
def test_a_file_that_is_cut_off_gives_nothing(tmp_path: Path, content: str, line: int) -> None:
    """Also where the last line happens to look whole."""
    (tmp_path / NAME).write_text(content)
    with pytest.raises(FileTruncated, match=f"{NAME}, line {line}: .*cut off") as caught:
        pull_file(LocalFile(tmp_path / NAME), declared("dream"), matcher(), weeks=WEEKS)
    assert not any(number in str(caught.value) for number in (ANNE, BO))


def test_an_empty_file_is_a_wrong_header(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"")
    with pytest.raises(HeaderMismatch):
        pull_file(LocalFile(tmp_path / NAME), declared("dream"), matcher(), weeks=WEEKS)


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig"):
        pulled = pull(tmp_path, "PNR,y_2001", f"{ANNE},730", encoding=encoding)
        assert pulled.file_sha256 == hashlib.sha256((tmp_path / NAME).read_bytes()).hexdigest()


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connectors.dream, "_CHUNK_BYTES", 64)
    file = write(tmp_path / NAME, "PNR,y_2001", *[f"{STRANGER},730"] * 50)
    steps: list[tuple[int, int]] = []
    pull_file(
        LocalFile(file),
        declared("dream"),
        matcher(),
        weeks=WEEKS,
        progress=lambda done, total: steps.append((done, total)),
    )
    size = file.stat().st_size
    assert len(steps) > 5
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1] == (size, size)


def slow_pull(file: Path) -> tuple[dict[SubjectRef, dict[str, str]], Counter[str]]:
    """The oracle: the csv module, one row at a time, a dictionary of numbers, no spells."""
    found: dict[SubjectRef, dict[str, str]] = {}
    uncertain: set[SubjectRef] = set()
    counts: Counter[str] = Counter()
    with file.open(encoding="iso-8859-1", newline="") as lines:
        header, *rows = csv.reader(lines)
        for row in rows:
            person = {ANNE: A, BO: B}.get(row[0]) if row else None
            if person is None:
                counts["no number" if not row or len(row[0]) != 10 or len(row) == 1 else "outside"] += 1
            elif len(row) != len(header):
                counts["fields"] += 1
                uncertain.add(person)
            elif person in found:
                counts["twice"] += 1
                uncertain.add(person)
            else:
                found[person] = dict(zip(header[1:], row[1:], strict=True))
    counts["absent"] = 2 - len(found.keys() | uncertain)
    return {person: codes for person, codes in found.items() if person not in uncertain}, counts


CODES = st.sampled_from(["", "", "730", "771", "651", "115", "999"])
NUMBERS = st.sampled_from([ANNE, BO, STRANGER, STRANGER, "6404851237", ANNE[1:], ""])
LINES = st.lists(st.tuples(NUMBERS, st.lists(CODES, min_size=3, max_size=5)), max_size=12)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES, chunk=st.integers(1, 200), end=st.sampled_from(["\n", "\r\n"]))
def test_any_chunk_size_gives_what_the_csv_module_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[tuple[str, list[str]]], chunk: int, end: str
) -> None:
    """Lines that begin, end and are longer than a chunk; short, doubled and foreign rows between them."""
    monkeypatch.setattr(connectors.dream, "_CHUNK_BYTES", chunk)
    names = ["y_2001", "y_2002", "y_2003", "y_2004"]
    rows = [",".join([number, *codes]) for number, codes in lines]
    pulled = pull(tmp_path, ",".join(["PNR", *names]), *rows, end=end)

    found, counts = slow_pull(tmp_path / NAME)
    weeks = {
        person: {
            f"y_{str(Week(ordinal))[2:4]}{str(Week(ordinal))[6:]}": spell.code
            for spell in pulled.spells
            if spell.subject == person
            for ordinal in range(spell.from_week.ordinal, spell.to_week.ordinal + 1)
        }
        for person in (A, B)
    }
    assert {person: codes for person, codes in weeks.items() if codes} == found
    assert pulled.rows_read == len(rows)
    assert pulled.not_found == counts["absent"]
    assert pulled.rows_outside_cohort == counts["outside"]
    assert pulled.rejected == Counter(
        {
            RejectReason.NOT_TEN_DIGITS: counts["no number"],
            RejectReason.FIELD_COUNT: counts["fields"],
            RejectReason.DUPLICATE_ROW: counts["twice"],
        }
    )
    known = statuses("dream")
    assert all(spell.status == known.get(spell.code, Status.UNKNOWN) for spell in pulled.spells)


def test_a_file_that_grows_while_it_is_read_gives_nothing(tmp_path: Path) -> None:
    """The line end was checked, then somebody's copy went on: what is left over must not be dropped silently."""
    file = write(tmp_path / NAME, "PNR,y_2001", f"{ANNE},730")

    def grow(done: int, total: int) -> None:
        with file.open("a") as more:
            more.write(BO)

    with pytest.raises(FileTruncated):
        pull_file(LocalFile(file), declared("dream"), matcher(), weeks=WEEKS, progress=grow)


@pytest.mark.parametrize("cell", ["\u00a0", "Â\u00a0", " 11", "1 1", "²²²", "."])
def test_a_cell_that_only_looks_empty_is_no_week_off_benefits(tmp_path: Path, cell: str) -> None:
    pulled = pull(tmp_path, "PNR,y_2001,y_2002", f"{ANNE},{cell},")
    assert pulled.unknown_codes == {"(not a code)": 1}


def test_what_sas_writes_where_nothing_is_known_means_what_the_declaration_says(tmp_path: Path) -> None:
    file = SOURCES / "dream.toml"
    own = '[codes]\nsource = "x"\n[codes.statuses]\nno_benefit = [".", ""]\n'
    declaration = load_declaration(file.read_bytes() + own.encode(), file=file.name)
    extract = write(tmp_path / NAME, "PNR,y_2001,y_2002", f"{ANNE},.,730")
    pulled = pull_file(LocalFile(extract), declaration, matcher(), weeks=WEEKS)
    assert [one[3] for one in shown(pulled, A)] == ["no_benefit", "benefit"]
    assert pulled.unknown_codes == {}
