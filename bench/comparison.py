"""A comparison group of a whole municipality: 700,000 people × 520 weeks judged from the wide extract, in flat memory.

The whole and a tenth are scanned, each in a process of its own, so that its peak memory is its own. On a twentieth, the
same query runs in DuckDB over long rows, as Parquet and as CSV, and in pandas over the CSV; the query is the plain one
(no neutral status), which spares SQL a window function. On a sample, the evaluator judges person by person with the
contract's own rules. All integers must be equal, or nothing is printed. `BENCH_PEOPLE` sets another size than 700,000.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path
from statistics import median

from bench.extract_scan import _peak_mib, _span
from connectors.boundary import CohortMatcher, EverybodyMatcher
from connectors.codes import shipped_list, statuses
from connectors.declaration import SourceAgreement, SourceDeclaration
from connectors.dream import pull_dream
from connectors.file_form import FileForm
from connectors.hold_limits import DEFAULT_LIMITS
from connectors.source_file import LocalFile
from connectors.transports.file import FileSettings
from connectors.whole_extract import scan_extract
from gateway.outcomes.arrays import GroupMeasure, GroupTotals
from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.measures.weeks import WeeksMeasure
from gateway.simulate.registers import replacement_cpr
from keys.blind_index import BlindIndexKey
from keys.cpr import Cpr
from vocabulary.records import StatusSpell
from vocabulary.statuses import Status
from vocabulary.weeks import Week

_FIRST = Week.parse("2012-W01")  # 2015 and 2020 have 53 weeks
_WEEKS = 520
_COHORT = 120  # people who are left out: the first of the extract
_SAMPLE = 1_000
_REPEATS = 4
_MOST_SECONDS, _MOST_GROWTH = 30, 1.5
_HISTORIES = 997  # distinct ones, which the people share
_CODES = [*[""] * 6, "651", "651", "652", "997", "730", "771", "890", "111", "121", "783", "115", "781"]
_ROOT = Path(__file__).parents[1]
_KEY = BlindIndexKey.derive(bytes(32), domain="municipality", version=1)
_AGREEMENT = SourceAgreement("bench", "bench", frozenset(), "bench", date(2030, 1, 1))
_FILES = FileSettings(FileForm("dream-*.csv", ","))
_DREAM = SourceDeclaration(
    "dream",
    "dream",
    "",
    {"cpr": "PNR"},
    (),
    (),
    shipped_list("dream"),
    None,
    DEFAULT_LIMITS,
    _FILES,
    _AGREEMENT,
    False,
    "",
    "bench",
)


@dataclass(frozen=True, slots=True)
class _Ran:
    seconds: float
    cpu_seconds: float  # of all threads: what a busy machine does not change much
    peak_mib: float
    figures: dict[str, int]


def run() -> list[str]:
    """Lines for the whole municipality, for its memory, for each ratio, and for the sample."""
    people = int(os.environ.get("BENCH_PEOPLE", "700000"))
    with tempfile.TemporaryDirectory() as directory:
        whole, tenth, part, sample = (Path(directory) / f"dream-{n}.csv" for n in ("all", "tenth", "part", "sample"))
        for path, size in ((whole, people), (tenth, people // 10), (part, people // 20), (sample, _SAMPLE)):
            _write(path, size)
        lines = _whole(whole, tenth, people)
        lines += _ratios(part, people // 20)
        ours, theirs = _ran("ours", sample), _ran("persons", sample)
    if ours.figures != theirs.figures:
        raise ValueError("the evaluator finds other figures person by person")
    each = f"{theirs.seconds / ours.seconds:,.0f}× as long person by person"
    return [*lines, f"comparison group, sample of {_SAMPLE:,} people: figures equal to the evaluator's, {each}"]


def _whole(whole: Path, tenth: Path, people: int) -> list[str]:
    large, small = ([_ran("ours", path) for _ in range(_REPEATS)] for path in (whole, tenth))
    seconds, growth = [ran.seconds for ran in large], _peak(large) / _peak(small)
    processor = median(ran.cpu_seconds for ran in large)
    if processor > _MOST_SECONDS or growth > _MOST_GROWTH:  # the clock on the wall also shows what others do
        raise ValueError(f"{processor:.0f} s of processor time, {growth:.2f} times the memory of a tenth")
    size = f"{people:,} people × {_WEEKS} weeks ({whole.stat().st_size / 1e6:,.0f} MB)"
    memory = f"peak memory {_peak(large):,.0f} MiB, {_peak(small):,.0f} MiB for a tenth: {growth:.2f}×"
    return [f"comparison group, {size}: {_span(seconds)}, processor time {processor:.1f} s; {memory}"]


def _ratios(part: Path, people: int) -> list[str]:
    """Own code on the wide file against the same query over its long rows, in turn and in reverse."""
    csv, parquet = part.with_name("long.csv"), part.with_name("long.parquet")
    _write_long(part, csv)
    _ran("parquet", csv)
    ways = {"plain": part, "duckdb-parquet": parquet, "duckdb-csv": csv, "pandas-csv": csv}
    found: dict[str, list[_Ran]] = {way: [] for way in ways}
    for _ in range(_REPEATS // 2):  # ABBA: none gains from its place
        for way in (*ways, *reversed(ways)):
            found[way].append(_ran(way, ways[way]))
    figures = [ran.figures for rans in found.values() for ran in rans]
    if any(one != figures[0] for one in figures):
        raise ValueError("the engines find different figures")
    ours = median(ran.seconds for ran in found["plain"])
    lines = [
        f"comparison group, {people:,} people: ours from the wide CSV {_span([r.seconds for r in found['plain']])}"
    ]
    for way in list(ways)[1:]:
        seconds = [ran.seconds for ran in found[way]]
        ratio, memory = median(seconds) / ours, _peak(found[way]) / _peak(found["plain"])
        cpu = median(ran.cpu_seconds for ran in found[way]) / median(ran.cpu_seconds for ran in found["plain"])
        lines.append(
            f"  {way} over long rows {_span(seconds)}: {ratio:.1f}×, processor time {cpu:.1f}×, memory {memory:.1f}×"
        )
    return lines


def _peak(rans: list[_Ran]) -> float:
    return median(ran.peak_mib for ran in rans)


def _write(path: Path, people: int) -> None:
    """A wide extract: everybody has one of some hundred histories, in spells of 4 to 52 weeks."""
    rng = random.Random("comparison")
    tails = []
    for _ in range(_HISTORIES):
        codes: list[str] = []
        while len(codes) < _WEEKS:
            codes += [rng.choice(_CODES)] * rng.randint(4, 52)
        tails.append(",".join(codes[:_WEEKS]))
    names = (str(_FIRST + n) for n in range(_WEEKS))
    with path.open("w", encoding="ascii", buffering=1 << 20) as file:
        file.write(",".join(["PNR", *(f"y_{week[2:4]}{week[6:]}" for week in names)]) + "\n")
        for number in range(people):
            file.write(f"{replacement_cpr(number)},{tails[number % _HISTORIES]}\n")


def _write_long(wide: Path, path: Path) -> None:
    """A row per person and week: number, the week's place, code."""
    with wide.open(encoding="ascii") as file, path.open("w", encoding="ascii", buffering=1 << 20) as out:
        out.write("cpr,week,code\n")
        for line in islice(file, 1, None):
            cpr, *codes = line.rstrip("\n").split(",")
            out.write("".join(f"{cpr},{week},{code}\n" for week, code in enumerate(codes)))


def _ran(way: str, path: Path) -> _Ran:
    command = [sys.executable, "-m", "bench.comparison", way, str(path)]
    return _Ran(**json.loads(subprocess.run(command, check=True, capture_output=True, cwd=_ROOT).stdout))


def _cohort() -> Iterator[str]:
    yield from (replacement_cpr(number) for number in range(_COHORT))


def _contract(*, is_plain: bool) -> tuple[Contract, Measure]:
    """IMPACT60's weeks in the states that status alone shows, with or without its neutral status, and no last week."""
    text = (_ROOT / "examples" / "contracts" / "impact60.toml").read_bytes()
    contract = load_contract(text, file="impact60.toml")
    by_status = tuple(state for state in contract.measures[0].states if not state.income_types)
    weeks = contract.measures[0]
    measure = WeeksMeasure(weeks.id, by_status, weeks.line, weeks_from_enrolment=0)
    neutral = frozenset[Status]() if is_plain else contract.qualification.neutral_statuses
    qualification = replace(contract.qualification, neutral_statuses=neutral)
    return replace(contract, measures=(measure,), qualification=qualification), measure


def _ours(path: Path, *, is_plain: bool = False) -> tuple[float, dict[str, int]]:
    contract, measure = _contract(is_plain=is_plain)
    matcher = EverybodyMatcher(_KEY, [_KEY.index_of(Cpr.parse(cpr)) for cpr in _cohort()])
    started = time.perf_counter()
    group = GroupMeasure.of(contract, measure, first=_FIRST, weeks=_WEEKS)
    scanned = scan_extract(
        LocalFile(path),
        _DREAM,
        matcher,
        reference=_FIRST,
        chosen=set(Status),
        weeks=(_FIRST, _FIRST + (_WEEKS - 1)),
        values=group.values,
        reduce=group.sums,
    )
    totals = group.totals(scanned.sums)
    return time.perf_counter() - started, _figures(totals)


def _figures(totals: GroupTotals) -> dict[str, int]:
    return {"people": totals.people, "unknown": totals.unknown_weeks, **dict(totals.by_state)}


def _persons(path: Path) -> tuple[float, dict[str, int]]:
    """Everybody outside the cohort, one by one with the evaluator."""
    contract, _ = _contract(is_plain=False)
    strangers = {_KEY.index_of(Cpr.parse(replacement_cpr(n))): f"{n:032x}" for n in range(_COHORT, _SAMPLE)}
    started = time.perf_counter()
    last = _FIRST + (_WEEKS - 1)
    by_person: dict[str, list[StatusSpell]] = {}
    for spell in pull_dream(LocalFile(path), _DREAM, CohortMatcher(_KEY, strangers), weeks=(_FIRST, last)).spells:
        by_person.setdefault(spell.subject.value, []).append(spell)
    people = [
        PersonHistory.build(subject=subject, enrolled_on=_FIRST.monday, spells=spells, postings=[])
        for subject, spells in by_person.items()
    ]
    found = evaluate(contract, people, last)
    seconds = time.perf_counter() - started
    figures = {"people": found.participants, "unknown": found.unknown_weeks, **dict(found.totals[0].by_state)}
    return seconds, figures


def _state_of_code() -> dict[str, str]:
    """Code -> id of the state that it counts for, or `unknown`, for codes that are either."""
    _, measure = _contract(is_plain=True)
    by_status = {status: state.id for state in measure.states for status in state.statuses}
    known = {code: by_status.get(status, "") for code, status in statuses("dream").items()}
    return {code: known.get(code, "unknown") for code in {*known, *_CODES}}


def _duckdb(path: Path, *, reader: str) -> tuple[float, dict[str, int]]:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    connection.execute("CREATE TABLE states (code VARCHAR, state VARCHAR)")
    connection.executemany("INSERT INTO states VALUES (?, ?)", list(_state_of_code().items()))
    connection.execute("CREATE TABLE cohort (cpr VARCHAR)")
    connection.executemany("INSERT INTO cohort VALUES (?)", [[cpr] for cpr in _cohort()])
    started = time.perf_counter()
    found = connection.execute(
        f"""
        WITH rows AS ({reader.format(path)}),
        chosen AS (SELECT cpr FROM rows WHERE week = 0 AND cpr NOT IN (SELECT cpr FROM cohort))
        SELECT 'people', count(*) FROM chosen
        UNION ALL
        SELECT state, count(*) FROM rows JOIN states USING (code) JOIN chosen USING (cpr)
        WHERE week < {_WEEKS} AND state <> '' GROUP BY state
        """
    ).fetchall()
    return time.perf_counter() - started, dict(found)


_FROM_CSV = (
    "SELECT cpr, week, coalesce(code, '') AS code FROM read_csv('{}', header = true,"
    " columns = {{'cpr': 'VARCHAR', 'week': 'INTEGER', 'code': 'VARCHAR'}})"
)


def _parquet(path: Path) -> tuple[float, dict[str, int]]:
    """Write the long rows as Parquet beside the CSV; not measured."""
    import duckdb

    duckdb.execute(f"COPY ({_FROM_CSV.format(path)}) TO '{path.with_suffix('.parquet')}' (FORMAT parquet)")
    return 0.0, {}


def _pandas(path: Path) -> tuple[float, dict[str, int]]:
    import pandas

    states = _state_of_code()
    started = time.perf_counter()
    kinds = {"cpr": "int64", "week": "int16", "code": "category"}  # numbers as integers: faster than texts
    rows = pandas.read_csv(path, dtype=kinds, keep_default_na=False)
    chosen = rows.loc[(rows["week"] == 0) & ~rows["cpr"].isin([int(cpr) for cpr in _cohort()]), "cpr"]
    weeks = rows.loc[(rows["week"] < _WEEKS) & rows["cpr"].isin(chosen), "code"].map(states).value_counts()
    seconds = time.perf_counter() - started
    return seconds, {"people": len(chosen), **{str(state): int(count) for state, count in weeks.items() if state}}


_WAYS: dict[str, Callable[[Path], tuple[float, dict[str, int]]]] = {
    "ours": _ours,
    "plain": lambda path: _ours(path, is_plain=True),
    "persons": _persons,
    "parquet": _parquet,
    "duckdb-parquet": lambda path: _duckdb(path, reader="SELECT * FROM read_parquet('{}')"),
    "duckdb-csv": lambda path: _duckdb(path, reader=_FROM_CSV),
    "pandas-csv": _pandas,
}

if __name__ == "__main__":
    way, path = sys.argv[1:]
    before = time.process_time()  # after imports
    seconds, figures = _WAYS[way](Path(path))
    cpu_seconds = time.process_time() - before  # of our threads, and of the engine's
    ordered = {name: figures[name] for name in sorted(figures) if figures[name]}
    ran = {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mib": _peak_mib(), "figures": ordered}
    print(json.dumps(ran))
