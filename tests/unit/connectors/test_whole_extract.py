"""A whole extract: what the scan refuses, what it counts as left out, and how it reads odd cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from connectors import whole_extract
from connectors.base import Progress, no_progress
from connectors.boundary import EverybodyMatcher
from connectors.errors import FileNameMismatch, FileTruncated, HeaderMismatch, RejectReason
from connectors.source_file import LocalFile
from connectors.whole_extract import Scanned, Sums, Values, scan_extract
from gateway.simulate.registers import replacement_cpr
from keys.blind_index import BlindIndexKey
from keys.cpr import Cpr
from tests.unit.connectors.cohort import ANNE, BO, STRANGER, declared, write
from vocabulary.statuses import Status
from vocabulary.weeks import Week

FIRST = Week.parse("2020-W52")
HEADER = "PNR,y_2052,y_2053,y_2101"
KEY = BlindIndexKey.derive(b"k" * 32, domain="municipality", version=1)
VALUES = {status: number for number, status in enumerate(Status)}
EDUCATION, NOTHING, UNKNOWN = (VALUES[status] for status in (Status.EDUCATION, Status.NO_BENEFIT, Status.UNKNOWN))


def count(values: Values) -> Sums:
    """How often each status stands in the weeks."""
    return np.bincount(values.ravel(), minlength=len(VALUES)).astype(np.int64)


def scan(
    path: Path,
    *,
    cohort: tuple[str, ...] = (),
    weeks: tuple[Week, Week] = (FIRST + 1, FIRST + 2),
    progress: Progress = no_progress,
) -> Scanned:
    return scan_extract(
        LocalFile(path),
        declared("dream"),
        EverybodyMatcher(KEY, [KEY.index_of(Cpr.parse(cpr)) for cpr in cohort]),
        reference=FIRST,
        chosen={Status.EDUCATION},
        weeks=weeks,
        values=VALUES,
        reduce=count,
        progress=progress,
    )


def test_every_row_is_counted_once(tmp_path: Path):
    lines = [
        f"{ANNE},651,651,651",  # of a cohort
        f"{BO},651,,651",
        f"{STRANGER},730,651,651",  # another status in the reference week
        f"{replacement_cpr(7)},651,651",  # too few fields
        f"{replacement_cpr(8)},651,651,651",
        f"{replacement_cpr(8)},651,651,651",  # twice
        "7113801234,651,651,651",
        "610180123x,651,651,651",
        "",
    ]
    found = scan(write(tmp_path / "dream-1.csv", HEADER, *lines), cohort=(ANNE,))
    assert (found.people, found.in_a_cohort, found.other_status, found.rows_read) == (1, 1, 1, 9)
    assert found.rejected == {
        RejectReason.FIELD_COUNT: 1,
        RejectReason.DUPLICATE_ROW: 2,
        RejectReason.NO_SUCH_NUMBER: 1,
        RejectReason.NOT_TEN_DIGITS: 2,
    }
    assert found.sums[EDUCATION] == found.sums[NOTHING] == 1
    assert found.sums.sum() == 2
    assert found.edition == FIRST + 2


def test_a_row_of_the_wrong_length_makes_the_other_row_uncertain(tmp_path: Path):
    """As in a pull: of two rows for one person nobody knows which is right, even where one cannot be read."""
    path = write(tmp_path / "dream-1.csv", HEADER, f"{BO},651,651,651", f"{BO},651", f"{STRANGER},651,,")
    found = scan(path)
    assert (found.people, found.rejected) == (1, {RejectReason.DUPLICATE_ROW: 2})
    assert found.sums[EDUCATION] == 0


ODD = {
    '"651"': EDUCATION, " 651 ": EDUCATION, '" 651"': EDUCATION, '""': NOTHING, "  ": NOTHING, "": NOTHING,
    "115": UNKNOWN, "000": UNKNOWN, "65": UNKNOWN, "6511": UNKNOWN, "65a": UNKNOWN, '"': UNKNOWN, "651\r": EDUCATION,
    "²51": UNKNOWN, "6:1": UNKNOWN, "6/1": UNKNOWN, "\x00": UNKNOWN, ANNE: UNKNOWN,
}  # fmt: skip


@pytest.mark.parametrize("cell", ODD)
@pytest.mark.parametrize("place", [1, 2])
def test_a_cell_is_read_wherever_it_stands(tmp_path: Path, cell: str, place: int):
    cells = ["651", "999", "999"]
    cells[place] = cell
    path = write(tmp_path / "dream-1.csv", HEADER, ",".join([BO, *cells]), encoding="iso-8859-1")
    found = scan(path)
    expected = np.zeros(len(VALUES), dtype=np.int64)
    expected[VALUES[Status.DEAD]] += 1
    expected[ODD[cell]] += 1
    assert list(found.sums) == list(expected)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("y_2052,PNR,y_2053,y_2101", "must be first"),
        ("PNR,y_2053,y_2101,y_2102", "no column for any week of 2020-W52"),
        ("PNR,y_2052,y_2053,y_2102", "y_2101"),
        ("PNR,y_2052,y_2053,y_2053", "stands twice"),
        ("PNR,y_2052,y_2053,br_2020_01", "y_2101"),
    ],
)
def test_a_header_that_lacks_a_week_gives_nothing(tmp_path: Path, header: str, said: str):
    with pytest.raises(HeaderMismatch, match=said):
        scan(write(tmp_path / "dream-1.csv", header, f"{BO},651,651,651"))


def test_a_file_that_is_cut_off_or_named_otherwise_gives_nothing(tmp_path: Path):
    path = write(tmp_path / "dream-1.csv", HEADER, f"{BO},651,651,651")
    path.write_bytes(path.read_bytes().rstrip())
    with pytest.raises(FileTruncated):
        scan(path)
    with pytest.raises(FileNameMismatch):
        scan(write(tmp_path / "other.csv", HEADER))


def test_an_empty_extract_has_nobody(tmp_path: Path):
    found = scan(write(tmp_path / "dream-1.csv", HEADER))
    assert (found.people, found.rows_read, int(found.sums.sum())) == (0, 0, 0)


def test_a_file_that_changes_between_two_readings_gives_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Somebody stands twice, so the file is read again; by then it is another one."""
    path = write(tmp_path / "dream-1.csv", HEADER, f"{BO},651,651,651", f"{BO},651,651,651")

    def change(done: int, total: int) -> None:
        path.write_bytes(path.read_bytes().replace(b"651\n", b"652\n"))

    with pytest.raises(FileTruncated):
        scan(path, progress=change)


@pytest.mark.parametrize("block_bytes", [7, 64, 1 << 19])
def test_the_size_of_a_block_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int):
    rows = [f"{replacement_cpr(number)},651,{'651' if number % 3 else ''},730" for number in range(200)]
    path = write(tmp_path / "dream-1.csv", HEADER, *rows)
    monkeypatch.setattr(whole_extract, "_BLOCK_BYTES", block_bytes)
    told: list[tuple[int, int]] = []
    found = scan(path, progress=lambda done, total: told.append((done, total)))
    assert (found.people, int(found.sums[EDUCATION])) == (200, 133)
    assert found.file_sha256 == whole_extract.hashlib.sha256(path.read_bytes()).hexdigest()
    assert told[-1] == (path.stat().st_size, path.stat().st_size)
