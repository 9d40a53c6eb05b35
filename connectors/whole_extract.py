"""A whole DREAM-type extract reduced to sums: everybody in it is judged, and nobody's row is kept.

The file is read in blocks of whole lines. In each block the CPR column goes through the boundary, the rows that may
count are chosen, and their week cells become a (people, weeks) array of small integers, one lookup a cell; a function
of the caller turns that array into sums. Two threads share the blocks, since numpy and the cipher work without the
interpreter's lock. Memory is a few blocks and eight bytes a row, by which a person who stands twice is noticed.
A cell means here what it means to `connectors.dream.pull_dream`, row by row (tested).
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from connectors.base import Progress, no_progress
from connectors.boundary import EverybodyMatcher
from connectors.declaration import SourceDeclaration
from connectors.dream import check_columns, cpr_places, week_columns
from connectors.errors import FileTruncated, HeaderMismatch, RejectReason
from connectors.reading import check_is_a_table, check_line_end, check_name, decode, find_columns, first_line, split
from connectors.source_file import SourceFile
from connectors.week_cells import CellReader, CodeBlock
from vocabulary.statuses import Status
from vocabulary.weeks import Week

_BLOCK_BYTES = 1 << 18  # its arrays stay near the cache
_KEPT_BYTES = 31 << 20  # below the 32 MiB up to which glibc learns
_THREADS = 2
_CPR_BYTES = 10

Values = NDArray[np.uint8]  # (people, weeks): what each week of each person is to the caller
Sums = NDArray[np.int64]
Reduce = Callable[[Values], Sums]
Marks = NDArray[np.uint64]


@dataclass(slots=True)
class Scanned:
    """Sums over the people who were chosen, and every other row of the file counted once, by reason.

    `rows_read` = `people` + `in_a_cohort` + `other_status` + all that was `rejected`.
    """

    file: str
    file_sha256: str
    edition: Week  # the last week that the extract has a column for
    sums: Sums
    people: int = 0
    rows_read: int = 0
    in_a_cohort: int = 0  # rows of people who are in a cohort of this installation
    other_status: int = 0  # rows whose reference week shows none of the chosen statuses
    rejected: Counter[RejectReason] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the cells stand; a place is a 0-based column."""

    delimiter: int
    width: int  # columns
    reference: int
    weeks: list[int]  # places of the weeks in their order
    edition: Week


def scan_extract(
    file: SourceFile,
    declaration: SourceDeclaration,
    matcher: EverybodyMatcher,
    *,
    reference: Week,
    chosen: Collection[Status],
    weeks: tuple[Week, Week],
    values: Mapping[Status, int],
    reduce: Reduce,
    progress: Progress = no_progress,
) -> Scanned:
    """The sums of `reduce` over everyone outside all cohorts here whose reference week shows a chosen status.

    `weeks` are the first and the last week of the arrays that `reduce` gets: (people, weeks) in which each status is
    the small integer (0 to 255) that `values` has for it; every status needs one. What it returns, integers of one
    length, is added up over the file. It is called from two threads, and always at least once (with nobody).

    A person with more than one row is left out with all of them: nobody knows which is right.

    Raises `FileNameMismatch`, `HeaderMismatch` (`PNR` not first, or no column for a week that is asked for) or
    `FileTruncated`, also where the file changed while it was read. Then there are no sums.
    """
    check_name(file.name, declaration.form.pattern)
    check_is_a_table(file)
    check_line_end(file)
    header_bytes, offset = first_line(file)
    layout = _layout(header_bytes, declaration, reference, weeks, file=file.name)
    _keep_freed_memory()
    cells = CellReader(declaration.codes.statuses_in(*weeks), values)
    all_statuses = {*Status, *declaration.codes.statuses.values()}
    wanted = CellReader(
        declaration.codes.statuses_in(reference, reference), {status: int(status in chosen) for status in all_statuses}
    )
    scan = _Scan(layout, matcher, wanted, cells, reduce)
    found, marks = scan.run(file, offset, np.empty(0, dtype=np.uint64), progress)
    marks.sort()
    doubled = np.unique(marks[1:][marks[1:] == marks[:-1]])
    if len(doubled):  # rare: the extract has a row per person
        again, _ = scan.run(file, offset, doubled, progress)
        if again.file_sha256 != found.file_sha256:
            raise FileTruncated(file=file.name, line=again.rows_read + 2)  # it changed while it was read
        return again
    return found


def _keep_freed_memory() -> None:
    """Let freed arrays be used again instead of going back to the system, page by page, after every block.

    Where one chunk this large was freed, glibc keeps smaller ones (mallopt(3), M_MMAP_THRESHOLD: it is dynamic). That
    saves four million page faults in a gigabyte, over which two threads would wait for each other. Without effect
    elsewhere.
    """
    np.empty(_KEPT_BYTES, dtype=np.uint8)


def _layout(
    header_bytes: bytes, declaration: SourceDeclaration, reference: Week, weeks: tuple[Week, Week], *, file: str
) -> _Layout:
    header = split(decode(header_bytes, file=file), declaration.form.delimiter)
    if find_columns(header, [declaration.columns["cpr"]], file=file) != [0]:
        raise HeaderMismatch(file=file, column=declaration.columns["cpr"], position=1, reason="must be first")
    first, edition = week_columns(header, (reference, reference), file=file)
    places, _ = week_columns(header, weeks, file=file)
    for week in (weeks[0] + n for n in range(weeks[1] - weeks[0] + 1)):
        if week not in places:
            name = f"y_{str(week)[2:4]}{str(week)[6:]}"
            raise HeaderMismatch(file=file, column=name, position=0, reason="is missing: every week must be there")
    check_columns(header, declaration, file=file)
    delimiter = ord(declaration.form.delimiter)
    return _Layout(delimiter, len(header), first[reference], list(places.values()), edition)


@dataclass(slots=True)
class _Block:
    """What one block of lines comes to."""

    sums: Sums
    marks: Marks  # of every row with a number of nobody in a cohort here
    people: int
    rows: int
    in_a_cohort: int
    other_status: int
    rejected: Counter[RejectReason]


class _Scan:
    """One extract's layout and what to do with its rows."""

    def __init__(
        self, layout: _Layout, matcher: EverybodyMatcher, wanted: CellReader, cells: CellReader, reduce: Reduce
    ) -> None:
        self._layout = layout
        self._matcher = matcher
        self._wanted = wanted
        self._cells = cells
        self._reduce = reduce

    def run(self, source: SourceFile, offset: int, doubled: Marks, progress: Progress) -> tuple[Scanned, Marks]:
        """The sums without rows whose mark is in `doubled`, and the mark of every row outside the cohorts."""
        nobody = self._reduce(np.zeros((0, len(self._layout.weeks)), dtype=np.uint8))
        total = Scanned(source.name, "", self._layout.edition, np.zeros_like(nobody))
        marks: list[Marks] = []
        digest = hashlib.sha256()
        for block in self._blocks(source, offset, digest, doubled, progress):
            total.sums += block.sums
            total.people += block.people
            total.rows_read += block.rows
            total.in_a_cohort += block.in_a_cohort
            total.other_status += block.other_status
            total.rejected.update(block.rejected)
            marks.append(block.marks)
        total.rejected = +total.rejected
        total.file_sha256 = digest.hexdigest()
        return total, np.concatenate(marks) if marks else doubled

    def _blocks(
        self, source: SourceFile, offset: int, digest: hashlib._Hash, doubled: Marks, progress: Progress
    ) -> Iterator[_Block]:
        """Every block of whole lines, judged by two threads and given in the file's order, few at a time."""
        size, rows = source.size, 0
        waiting: deque[Future[_Block]] = deque()
        with source.open() as file, ThreadPoolExecutor(_THREADS) as pool:
            digest.update(file.read(offset))
            rest = b""
            while chunk := file.read(_BLOCK_BYTES):
                digest.update(chunk)  # of the bytes that are believed, in the same pass
                cut = chunk.rfind(b"\n") + 1
                if not cut:
                    rest += chunk
                    continue
                waiting.append(pool.submit(self._judge, rest + chunk[:cut], doubled))
                rest = chunk[cut:]
                if len(waiting) > 2 * _THREADS:
                    block = waiting.popleft().result()
                    rows += block.rows
                    yield block
                progress(file.tell(), size)
            for future in waiting:
                block = future.result()
                rows += block.rows
                yield block
        if rest:
            raise FileTruncated(file=source.name, line=rows + 2)  # it changed while it was read

    def _judge(self, data: bytes, doubled: Marks) -> _Block:
        layout = self._layout
        view = np.frombuffer(data, dtype=np.uint8)
        is_end = view == ord("\n")
        ends = np.flatnonzero(is_end)
        starts = np.concatenate(([0], ends[:-1] + 1))
        # 1 whose row: the CPR column
        is_row, first = cpr_places(view, starts, ends, layout.delimiter)
        known = self._matcher.rows(view[first[:, None] + np.arange(_CPR_BYTES)])
        fit = known.is_number & known.is_possible
        twice = fit & ~known.in_a_cohort & np.isin(known.marks, doubled, kind="sort")
        # 2 the grid of cells: a row with another number of them is left out
        places = np.flatnonzero((view == layout.delimiter) | is_end)
        grid, is_whole = _grid(places, ends, layout.width)
        whole = is_whole[is_row]
        stays = fit & ~known.in_a_cohort & ~twice
        rejected = Counter(
            {
                RejectReason.NOT_TEN_DIGITS: int((~is_row).sum() + (~known.is_number).sum()),
                RejectReason.NO_SUCH_NUMBER: int((known.is_number & ~known.is_possible).sum()),
                RejectReason.DUPLICATE_ROW: int(twice.sum()),
                RejectReason.FIELD_COUNT: int((stays & ~whole).sum()),
            }
        )
        rows = np.flatnonzero(is_row)[stays & whole]  # lines of the block
        grid = grid[(np.cumsum(is_whole) - 1)[rows]] if len(rows) < len(grid) else grid
        # 3 who matches, and what the weeks of those are
        block = CodeBlock(view, len(places))
        matches = self._wanted.read(block, grid, [layout.reference])[:, 0] == 1
        values = self._cells.read(block, grid if matches.all() else grid[matches], layout.weeks)
        return _Block(
            sums=self._reduce(values),
            marks=known.marks[fit & ~known.in_a_cohort],
            people=len(values),
            rows=len(ends),
            in_a_cohort=int((fit & known.in_a_cohort).sum()),
            other_status=int((~matches).sum()),
            rejected=rejected,
        )


def _grid(
    places: NDArray[np.int64], ends: NDArray[np.int64], width: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """A row of cell ends for every line of `width` cells, and for every line whether it is one.

    `places` are all delimiters and line ends of the block, `ends` the line ends.
    """
    if len(places) == width * len(ends) and np.array_equal(places[width - 1 :: width], ends):
        return places.reshape(-1, width), np.ones(len(ends), dtype=np.bool_)
    last = np.searchsorted(places, ends)
    counts = np.diff(last, prepend=-1)
    is_whole = counts == width
    return places[last[is_whole, None] + np.arange(1 - width, 1)], is_whole
