"""A DREAM-type extract of a whole municipality scanned, matched and reduced to a cohort of 120, in flat memory.

The extract is written for everybody and for a tenth; every scan is a process of its own, so that its peak memory is
its own. On the tenth, the cohort's weeks are compared with what two loops over the csv module find: a plain one by
number, and one that stores every person-week in SQLite under an HMAC of the number, which is what one would write
first.
`BENCH_PEOPLE` sets another size than 700,000. A longer file of `BENCH_ROWS` rows (30 million, with a few weeks each)
and a third of it show that memory does not grow with rows.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from connectors.boundary import Boundary
from connectors.codes import shipped_list
from connectors.declaration import SourceAgreement, SourceDeclaration
from connectors.file_form import FileForm
from connectors.hold_limits import DEFAULT_LIMITS
from connectors.pull import pull_file
from connectors.source_file import LocalFile
from connectors.transports.file import FileSettings
from gateway.simulate.registers import replacement_cpr
from keys.linkage import Linkage
from tests.unit.connectors.cohort import MemoryVault
from vocabulary.weeks import Week

_WEEKS = 156
_FIRST = Week.parse("2018-W40")
_COHORT = 120
_CONTRACT = "bench"
_REPEATS = 6
_TAILS = 997  # distinct histories that the people outside the cohort share
_CODES = ("", "", "", "", "", "", "651", "652", "997", "730", "771", "890", "111", "783", "115")
_LONG_WEEKS = 4
_LONG_REPEATS = 2
_BLOCK = 500_000
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class _Scan:
    seconds: float
    peak_mib: float
    digest: str  # of the cohort's weeks


def run() -> list[str]:
    """One line for time and memory of the whole extract, one for the ratio to the csv module on a tenth of it."""
    people = int(os.environ.get("BENCH_PEOPLE", "700000"))
    with tempfile.TemporaryDirectory() as directory:
        large, small = (Path(directory) / f"dream-{size}.csv" for size in ("all", "tenth"))
        _write(large, people)
        _write(small, people // 10)
        whole = [_scan("scan", large, people) for _ in range(_REPEATS)]
        tenth, plain, naive = [], [], []
        for _ in range(_REPEATS // 2):  # ABBA: neither gains from running first
            tenth.append(_scan("scan", small, people // 10))
            plain += [_scan("csv", small, people // 10), _scan("csv", small, people // 10)]
            naive.append(_scan("hmac", small, people // 10))
            tenth.append(_scan("scan", small, people // 10))
        if len({scan.digest for scan in tenth + plain + naive}) != 1:
            raise ValueError("the scan and the loops find different weeks")
        size_mb = large.stat().st_size / 1e6
    small_peak, peak = (statistics.median(scan.peak_mib for scan in scans) for scans in (tenth, whole))
    ours, theirs, all_of_it = ([scan.seconds for scan in scans] for scans in (tenth, plain, whole))
    work = f"{people:,} people × {_WEEKS} weeks ({size_mb:,.0f} MB) to a cohort of {_COHORT}: {_span(all_of_it)}"
    memory = f"peak memory {peak:,.0f} MiB, {small_peak:,.0f} MiB for a tenth: {peak / small_peak:.2f}×"
    loops = [scan.seconds for scan in naive]
    times = f"{_span(ours)}, csv module {_span(theirs)}: {statistics.median(theirs) / statistics.median(ours):.1f}×"
    slower = f"csv, HMAC a row and SQLite {_span(loops)}: {statistics.median(loops) / statistics.median(ours):.1f}×"
    return [
        f"extract scan, {work}; {memory}",
        f"extract scan, {people // 10:,} people: ours {times}; {slower}",
        _many_rows(int(os.environ.get("BENCH_ROWS", "30000000"))),
    ]


def _many_rows(rows: int) -> str:
    """Peak memory of a scan of so many rows, against a third of them."""
    peaks, seconds = [], 0.0
    for size in (rows // 3, rows):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "dream-long.csv"
            _write_long(path, size)
            scans = [_scan("long", path, size) for _ in range(_LONG_REPEATS)]
        peaks.append(statistics.median(scan.peak_mib for scan in scans))
        seconds = statistics.median(scan.seconds for scan in scans)
    told = f"{rows:,} rows in {seconds:.1f} s, {rows / seconds / 1e6:.1f} million a second"
    return f"extract scan, {told}; peak memory {peaks[1]:,.0f} MiB, {peaks[1] / peaks[0]:.2f}× that of a third"


def _write_long(path: Path, rows: int) -> None:
    """The cohort, and the same strangers again and again: who is nobody here may stand twice."""
    weeks = [str(_FIRST + n) for n in range(_LONG_WEEKS)]
    tail = ",730" * _LONG_WEEKS
    strangers = "".join(f"{replacement_cpr(_BLOCK + n)}{tail}\n" for n in range(_BLOCK)).encode()
    with path.open("wb") as file:
        file.write((",".join(["PNR", *(f"y_{week[2:4]}{week[6:]}" for week in weeks)]) + "\n").encode())
        left = rows - _COHORT
        while left > 0:
            file.write(strangers if left >= _BLOCK else strangers[: left * (10 + len(tail) + 1)])
            left -= _BLOCK
        for cpr in _cohort(_BLOCK):
            file.write(f"{cpr}{tail}\n".encode())


def _write(path: Path, people: int) -> None:
    """A wide extract: everybody has one of a few hundred histories, each code held for a quarter of a year."""
    weeks = [str(_FIRST + n) for n in range(_WEEKS)]
    tails = [
        ",".join(_CODES[(tail * 7 + week // 13 * (1 + tail % 11)) % len(_CODES)] for week in range(_WEEKS))
        for tail in range(_TAILS)
    ]
    with path.open("w", encoding="ascii", buffering=1 << 20) as file:
        file.write(",".join(["PNR", *(f"y_{week[2:4]}{week[6:]}" for week in weeks)]) + "\n")
        for number in range(people):
            file.write(f"{replacement_cpr(number)},{tails[number % _TAILS]}\n")


def _scan(way: str, path: Path, people: int) -> _Scan:
    command = [sys.executable, "-m", "bench.extract_scan", way, str(path), str(people)]
    done = subprocess.run(command, check=True, capture_output=True, cwd=_ROOT)
    return _Scan(**json.loads(done.stdout))


def _cohort(people: int) -> Iterator[str]:
    """The cohort's numbers, spread over the whole extract."""
    yield from (replacement_cpr(people * n // _COHORT) for n in range(_COHORT))


def _naive(path: Path, people: int) -> tuple[float, dict[str, list[str]]]:
    """What one would write first: every person-week goes into SQLite under an HMAC of the number, and the cohort is
    selected from there.
    """
    key = bytes(32)

    def tag(cpr: str) -> bytes:
        return hmac.digest(key, cpr.encode(), "sha256")

    with sqlite3.connect(path.with_suffix(".sqlite")) as store, path.open(encoding="iso-8859-1", newline="") as file:
        store.execute("PRAGMA synchronous = OFF")  # the loop gets what speed there is
        store.execute("CREATE TABLE weeks (tag BLOB, week INTEGER, code TEXT)")
        started = time.perf_counter()
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            if len(row[0]) == 10 and row[0].isdigit():
                whose = tag(row[0])
                store.executemany(
                    "INSERT INTO weeks VALUES (?, ?, ?)", [(whose, week, code) for week, code in enumerate(row[1:])]
                )
        store.execute("CREATE TABLE cohort (tag BLOB PRIMARY KEY, cpr TEXT)")
        store.executemany("INSERT INTO cohort VALUES (?, ?)", [(tag(cpr), cpr) for cpr in _cohort(people)])
        found: dict[str, list[str]] = {}
        query = "SELECT cpr, code FROM weeks JOIN cohort USING (tag) ORDER BY cpr, week"
        for cpr, code in store.execute(query):
            found.setdefault(cpr, []).append(code)
        seconds = time.perf_counter() - started
    path.with_suffix(".sqlite").unlink()
    return seconds, found


def _ours(path: Path, people: int) -> tuple[float, dict[str, list[str]]]:
    """Seconds of the pull alone, and number -> the week's codes."""
    agreement = SourceAgreement("bench", "bench", frozenset(), "bench", date(2030, 1, 1))
    columns = {"cpr": "PNR"}
    files = FileSettings(FileForm("dream-*.csv", ","))
    declaration = SourceDeclaration(
        "dream",
        "dream",
        "",
        columns,
        (),
        (),
        shipped_list("dream"),
        None,
        DEFAULT_LIMITS,
        files,
        agreement,
        False,
        "",
        "bench",
    )
    boundary = Boundary(Linkage(MemoryVault(), secret=bytes(32), vault_key=bytes(32)))
    numbers = {boundary.enrol(cpr, _CONTRACT, refuse_elsewhere=True): cpr for cpr in _cohort(people)}
    matcher = boundary.matcher(_CONTRACT)
    started = time.perf_counter()
    pulled = pull_file(LocalFile(path), declaration, matcher, weeks=(_FIRST, _FIRST + (_WEEKS - 1)))
    if pulled.rejected.total():
        raise ValueError("rows of the bench's own file were rejected")
    seconds = time.perf_counter() - started
    found: dict[str, list[str]] = {}
    for spell in sorted(pulled.spells, key=lambda spell: spell.from_week):
        codes = found.setdefault(numbers[spell.subject], [])
        codes += [spell.code] * (spell.to_week - spell.from_week + 1)
    return seconds, found


def _plain(path: Path, people: int) -> tuple[float, dict[str, list[str]]]:
    """The same with the csv module, by the number itself: no blind index, no digest of the file."""
    cohort = frozenset(_cohort(people))
    started = time.perf_counter()
    with path.open(encoding="iso-8859-1", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        found = {row[0]: row[1:] for row in rows if len(row[0]) == 10 and row[0].isdigit() and row[0] in cohort}
    return time.perf_counter() - started, found


def _peak_mib() -> float:
    """The peak resident memory of this process image (proc(5), VmHWM); `ru_maxrss` would count its parent's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("this system does not tell a process its peak memory")


def _span(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} s ({min(seconds):.2f}..{max(seconds):.2f}, n = {len(seconds)})"


if __name__ == "__main__":
    way, path, people = sys.argv[1:]
    ways: dict[str, Callable[[Path, int], tuple[float, dict[str, list[str]]]]] = {
        "scan": _ours,
        "csv": _plain,
        "hmac": _naive,
        "long": lambda path, _: _ours(path, _BLOCK),
    }
    seconds, found = ways[way](Path(path), int(people))
    if len(found) != _COHORT:
        raise ValueError("not everybody of the cohort was found")
    digest = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
    print(json.dumps({"seconds": seconds, "peak_mib": _peak_mib(), "digest": digest}))
