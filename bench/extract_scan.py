"""A DREAM-type extract of a whole municipality scanned, matched and reduced to a cohort of 120, in flat memory.

The extract is written for everybody and for a tenth; every scan is a process of its own, so that its peak memory is
its own. On the tenth, the cohort's weeks are compared with what a plain loop of the csv module finds by number.
`BENCH_PEOPLE` sets another size than 700,000.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from connectors.boundary import Boundary
from connectors.declaration import Agreement, SourceDeclaration
from connectors.file_form import FileForm
from connectors.pull import pull_file
from connectors.records import Week
from connectors.source_file import LocalFile
from connectors.transports.file import FileSettings
from gateway.simulate.registers import replacement_cpr
from keys.linkage import BlindIndexRow, Linkage

_WEEKS = 156
_FIRST = Week.parse("2018-W40")
_COHORT = 120
_CONTRACT = "bench"
_REPEATS = 6
_TAILS = 997  # distinct histories that the people outside the cohort share
_CODES = ("", "", "", "", "", "", "651", "652", "997", "730", "771", "890", "111", "783", "115")
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
        tenth, plain = [], []
        for _ in range(_REPEATS // 2):  # ABBA: neither gains from running first
            tenth.append(_scan("scan", small, people // 10))
            plain += [_scan("csv", small, people // 10), _scan("csv", small, people // 10)]
            tenth.append(_scan("scan", small, people // 10))
        if len({scan.digest for scan in tenth + plain}) != 1:
            raise ValueError("the scan and the csv module find different weeks")
        size_mb = large.stat().st_size / 1e6
    small_peak, peak = (statistics.median(scan.peak_mib for scan in scans) for scans in (tenth, whole))
    ours, theirs, all_of_it = ([scan.seconds for scan in scans] for scans in (tenth, plain, whole))
    work = f"{people:,} people × {_WEEKS} weeks ({size_mb:,.0f} MB) to a cohort of {_COHORT}: {_span(all_of_it)}"
    memory = f"peak memory {peak:,.0f} MiB, {small_peak:,.0f} MiB for a tenth: {peak / small_peak:.2f}×"
    times = f"{_span(ours)}, csv module {_span(theirs)}: {statistics.median(theirs) / statistics.median(ours):.1f}×"
    return [f"extract scan, {work}; {memory}", f"extract scan, {people // 10:,} people: ours {times}"]


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


class _Vault:
    """What the scan needs of a `keys.linkage.VaultStore`: the blind indexes."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, int], dict[bytes, str]] = {}

    def add(self, subject: str, *, sealed_cpr: bytes, wrapped_key: bytes, indexes: list[BlindIndexRow]) -> None:
        for row in indexes:
            self.rows.setdefault((row.domain, row.key_version), {})[row.index] = subject

    def subjects_at(self, domain: str, key_version: int, index: bytes) -> list[str]:
        found = self.rows.get((domain, key_version), {}).get(index)
        return [] if found is None else [found]

    def subjects_in(self, domain: str, key_version: int) -> dict[bytes, str]:
        return self.rows.get((domain, key_version), {})


def _ours(path: Path, people: int) -> tuple[float, dict[str, list[str]]]:
    """Seconds of the pull alone, and number -> the week's codes."""
    agreement = Agreement("bench", "bench", frozenset(), "bench", date(2030, 1, 1))
    columns = {"cpr": "PNR"}
    files = FileSettings(FileForm("dream-*.csv", ","))
    declaration = SourceDeclaration(
        "dream", "dream", "", columns, (), (), "", None, files, agreement, False, "", "bench"
    )
    boundary = Boundary(Linkage(_Vault(), secret=bytes(32), vault_key=bytes(32)))
    numbers = {boundary.enrol(cpr, _CONTRACT, refuse_elsewhere=True): cpr for cpr in _cohort(people)}
    matcher = boundary.matcher(_CONTRACT)
    started = time.perf_counter()
    pulled = pull_file(LocalFile(path), declaration, matcher, weeks=(_FIRST, _FIRST + (_WEEKS - 1)))
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
    seconds, found = (_ours if way == "scan" else _plain)(Path(path), int(people))
    if len(found) != _COHORT:
        raise ValueError("not everybody of the cohort was found")
    digest = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
    print(json.dumps({"seconds": seconds, "peak_mib": _peak_mib(), "digest": digest}))
