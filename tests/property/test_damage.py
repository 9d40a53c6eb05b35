"""No damaged copy of a good file says more than the file, or takes a benefit week or a protection away; and what it
says less, it says with a word: it is refused, or somebody is counted.

The oracle is what the good file means, week by week and month by month: the lives that it was written from.
"""

from __future__ import annotations

import io
import json
import random
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import BinaryIO

import openpyxl
import pytest

from connectors.asking import own_page
from connectors.base import Pulled
from connectors.codes import shipped_list
from connectors.errors import ConnectorError
from connectors.file_form import FileForm
from connectors.postings import months_between, unreadable
from connectors.pull import pull_file
from connectors.record_file import record_pages
from connectors.schema import Schema
from connectors.shapes import LifeEventKind, Owned, read_records
from connectors.source_file import LocalFile
from connectors.transport import Page, Record
from connectors.transports import xml
from connectors.transports.json_answer import Layout, parse_json
from gateway.outcomes.history import PersonHistory
from tests.property.damage import CATALOGUE, Table
from tests.support.examples import every_third
from tests.unit.connectors.cohort import ANNE, BO, INCOME_HEADER, STRANGER, YR_HEADER, A, B, declared, matcher
from vocabulary.records import IncomePosting, StatusSpell, SubjectRef
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Month, Week

PEOPLE = {ANNE: A, BO: B}
WEEKS = Week.parse("2020-W01"), Week.parse("2020-W05")  # the weeks of January
MONTHS = months_between(Month.parse("2019-12"), Month.parse("2020-01"))
BENEFITS = {"Kontanthjælp": Status.UNEMPLOYED, "Fleksløntilskud": Status.FLEKSJOB, "Sygedagpenge": Status.SICKNESS}
CODES = {"130": Status.UNEMPLOYED, "651": Status.EDUCATION, "771": Status.FLEKSJOB}


@dataclass
class Seen:
    """What a copy came to. A week without statuses is not observed, a month whose income is unknown is not there."""

    statuses: dict[tuple[SubjectRef, Week], frozenset[Status]] = field(default_factory=dict)
    income: dict[tuple[SubjectRef, Month], tuple[int, int, int]] = field(default_factory=dict)  # hours, pay, postings
    protected: set[SubjectRef] | None = None  # None: not told
    words: int = 0


@dataclass(frozen=True)
class Memory:
    """A file that lies nowhere."""

    name: str
    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content)


# --- the lives, and what they mean


def _weeks() -> Iterator[Week]:
    return (WEEKS[0] + n for n in range(WEEKS[1] - WEEKS[0] + 1))


def _lives(draw: random.Random, shown: Mapping[str, Status]) -> dict[str, dict[Week, str]]:
    """CPR number -> week -> code; everybody has a benefit somewhere, and somebody a week without."""
    lives = {cpr: {week: draw.choice([*shown, "", ""]) for week in _weeks()} for cpr in (ANNE, BO, STRANGER)}
    for life in lives.values():
        life[WEEKS[0] + draw.randrange(5)] = draw.choice(list(shown))
    return lives


def _meaning(lives: Mapping[str, Mapping[Week, str]], shown: Mapping[str, Status]) -> Seen:
    seen = Seen()
    for cpr, person in PEOPLE.items():
        for week, code in lives[cpr].items():
            seen.statuses[person, week] = frozenset({shown[code] if code else Status.NO_BENEFIT})
    return seen


def good_ydelsesrefusion(draw: random.Random) -> tuple[Table, Seen]:
    lives = _lives(draw, BENEFITS)
    rows = [
        (cpr, str(week).replace("-W", "-"), name, "Ballerup", "2811,00", "562,20", "2248,80")
        for cpr, life in lives.items()
        for week, name in life.items()
        if name
    ]
    words = ("cpr", "week", "benefit", "", "", "", "")
    return Table(words, tuple(YR_HEADER.split(";")), tuple(rows)), _meaning(lives, BENEFITS)


def good_dream(draw: random.Random) -> tuple[Table, Seen]:
    lives = _lives(draw, CODES)
    header = ("PNR", *(f"y_{str(week)[2:4]}{str(week)[6:]}" for week in _weeks()))
    rows = tuple((cpr, *life.values()) for cpr, life in lives.items())
    return Table(("cpr", *["week_code"] * 5), header, rows), _meaning(lives, CODES)


def good_periods(draw: random.Random) -> tuple[Table, Seen]:
    lives = _lives(draw, CODES)
    rows = [
        (cpr, code, week.monday.isoformat(), week.sunday.isoformat(), "Navn")
        for cpr, life in lives.items()
        for week, code in life.items()
        if code
    ]
    header = ("CPR", "Kode", "Fra", "Til", "Navn")
    return Table(("cpr", "code", "from_day", "to_day", ""), header, tuple(rows)), _meaning(lives, CODES)


def good_income(draw: random.Random) -> tuple[Table, Seen]:
    rows, seen = [], Seen()
    for cpr in (ANNE, BO, STRANGER):
        for month in MONTHS:
            kept = draw.randrange(100_00, 180_00), draw.randrange(10_000_00, 30_000_00)
            taken = (draw.randrange(1_00, 90_00), draw.randrange(1_00, 9_000_00)) if draw.random() < 0.7 else (0, 0)
            parts = [(*kept, ""), *([(*taken, "-")] if any(taken) else [])]
            rows += [(cpr, str(month), "00", _text(h, sign), "99990015", _text(a, sign)) for h, a, sign in parts]
            if cpr in PEOPLE:
                hours, pay = kept[0] - taken[0], kept[1] - taken[1]
                seen.income[PEOPLE[cpr], month] = hours, pay, 0 if any(taken) else 1
    words = ("cpr", "month", "income_type", "paid_hours", "", "amount")
    return Table(words, tuple(INCOME_HEADER.split(";")), tuple(rows)), seen


def good_events(draw: random.Random) -> tuple[Table, Seen]:
    seen = Seen(protected=set())
    rows = []
    for cpr in (ANNE, BO, STRANGER):
        day = date(2020, 1, 1) + timedelta(days=draw.randrange(20))
        rows.append((cpr, "returned", (day - timedelta(days=9)).isoformat(), ""))
        if draw.random() < 0.7:
            rows.append((cpr, "protected", day.isoformat(), ""))
            if cpr in PEOPLE and seen.protected is not None:
                seen.protected.add(PEOPLE[cpr])
    return Table(("cpr", "event", "on", ""), ("cpr", "event", "on", "new_cpr"), tuple(rows)), seen


def _text(hundredths: int, sign: str) -> str:
    return f"{sign}{hundredths // 100},{hundredths % 100:02d}"


# --- reading a copy


def _seen(spells: Sequence[StatusSpell], postings: Sequence[IncomePosting], words: int) -> Seen:
    seen = Seen(words=words)
    for person in (A, B):
        history = PersonHistory.build(
            subject=person.value,
            enrolled_on=WEEKS[0].monday,
            spells=[one for one in spells if one.subject == person],
            postings=[one for one in postings if one.subject == person],
        )
        seen.statuses |= {(person, week): history.statuses.get(week.ordinal, frozenset()) for week in _weeks()}
        for month in MONTHS:
            key = (month.ordinal, IncomeType.WAGE)
            if not history.has_unreadable_income(month):
                found = history.hours.get(key, 0), history.earnings.get(key, 0), history.postings.get(key, 0)
                seen.income[person, month] = found
    return seen


def _of_file(pulled: Pulled) -> Seen:
    words = pulled.rejected.total() + pulled.unknown_codes.total() + pulled.uncertain + pulled.not_found
    return _seen(pulled.spells, pulled.postings, words)


def _file(kind: str, name: str, delimiter: str = ";") -> Callable[[Table, Path], Seen]:
    weeks = WEEKS if kind != "income" else (Week.parse("2019-W49"), WEEKS[1])

    def read(table: Table, folder: Path) -> Seen:
        file = Memory(name, table.content_of(delimiter))
        needed = {"keeps_amounts": True} if kind == "income" else {}
        return _of_file(pull_file(file, declared(kind), matcher(), weeks=weeks, **needed))

    return read


def _of_records(kind: str, words: Sequence[str], pages: Sequence[Page]) -> Seen:
    """What the store makes of records: see `store_whole`, which needs a database."""
    own = [own_page(matcher(), page, words, str) for page in pages]
    owned: list[Owned] = [one for page in own for one in page.owned]
    weeks = WEEKS if kind != "postings" else (Week.parse("2019-W49"), WEEKS[1])
    read = read_records(kind, owned, words, weeks=weeks, codes=shipped_list("dream"), keeps_amounts=True)
    lost = [record for page in own for record in page.unowned]
    postings = [*read.postings, *(unreadable([A, B], MONTHS) if lost and kind == "postings" else [])]
    shown = {one.subject for one in read.spells}
    certain = {person for person in (A, B) if not lost or person in shown} - read.uncertain
    spells = [one for one in read.spells if one.subject in certain]
    told = {(one.subject, one.from_week + n) for one in spells for n in range(one.to_week - one.from_week + 1)}
    if not lost:
        for person, week in ((person, week) for person in certain for week in _weeks()):
            if (person, week) not in told:
                spells.append(StatusSpell(person, Status.NO_BENEFIT, "", week, week))
    words_said = read.rejected.total() + read.unknown_codes.total() + len(lost)
    seen = _seen(spells, postings, words_said)
    if kind == "life_events":
        seen.protected = {one.subject for one in read.events if one.kind is LifeEventKind.PROTECTED}
        seen.protected |= {A, B} if lost else read.uncertain  # of whom nothing is certain, what was known stays
    return seen


def _schema(kind: str, table: Table) -> tuple[list[str], Schema]:
    """The words in the order of a declaration's columns, and the columns."""
    given = dict(zip(table.words, table.header, strict=True))
    given.pop("")
    return list(given), Schema(tuple(given.values()), ("Navn", "SE-nummer", "new_cpr"), (), kind == "postings")


Through = Callable[[Table, Schema, Path], Sequence[Page]]


def _csv(table: Table, schema: Schema, _: Path) -> Sequence[Page]:
    return list(record_pages(Memory("x.csv", table.content()), FileForm("*.csv", ";"), schema))


def _xlsx(table: Table, schema: Schema, folder: Path) -> Sequence[Page]:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("S")
    for row in (table.header, *table.rows):
        sheet.append([text or None for text in row])
    book.save(folder / "x.xlsx")
    return list(record_pages(LocalFile(folder / "x.xlsx"), FileForm("*", format="xlsx", sheet="S"), schema))


def _rest(table: Table, schema: Schema, _: Path) -> Sequence[Page]:
    rows = [{f"c{place}": text or None for place, text in enumerate(row)} for row in table.rows]
    columns = tuple(f"r[*].c{table.header.index(name)}" for name in schema.columns)
    dropped = tuple(f"r[*].c{table.header.index(name)}" for name in schema.dropped if name in table.header)
    layout = Layout(Schema(columns, dropped), records="r[*]", types={}, optional=columns, own=[])
    answer = parse_json(json.dumps({"r": rows}).encode(), source="s")
    return [Page(layout.records(answer, source="s"))]


def _sql(table: Table, schema: Schema, folder: Path) -> Sequence[Page]:
    """A table in memory: what a statement gives is NULL, or text."""
    with sqlite3.connect(":memory:") as database:
        names = ", ".join(f'"{name}"' for name in table.header)
        database.execute(f"CREATE TABLE x ({names})")
        places = ", ".join("?" * len(table.header))
        database.executemany(f"INSERT INTO x VALUES ({places})", [[text or None for text in row] for row in table.rows])
        wanted = ", ".join(f"coalesce(\"{name}\", '')" for name in schema.columns)
        found: list[Record] = [tuple(row) for row in database.execute(f"SELECT {wanted} FROM x")]
    database.close()
    return [Page(found)]


def _soap(table: Table, schema: Schema, _: Path) -> Sequence[Page]:
    rows = [
        xml.element("{urn:x}r", *(xml.element(f"{{urn:x}}c{place}", text) for place, text in enumerate(row)))
        for row in table.rows
    ]
    answer = xml.read(xml.xml_bytes(xml.element("{urn:x}rs", *rows)), source="s")
    places = [table.header.index(name) for name in schema.columns]
    return [Page([tuple(xml.text_of(row, f"{{urn:x}}c{place}", source="s") for place in places) for row in answer])]


def _records(kind: str, through: Through) -> Callable[[Table, Path], Seen]:
    schemas: dict[str, tuple[list[str], Schema]] = {}

    def read(table: Table, folder: Path) -> Seen:
        words, schema = schemas.setdefault(kind, _schema(kind, table))  # of the good table, which comes first
        return _of_records(kind, words, through(table, schema, folder))

    return read


Good = Callable[[random.Random], tuple[Table, Seen]]
SOURCES: Mapping[str, tuple[Good, Callable[[Table, Path], Seen]]] = {
    "ydelsesrefusion": (good_ydelsesrefusion, _file("ydelsesrefusion", "yr-ydelsesrefusion-beregning-2020-02-10.csv")),
    "dream": (good_dream, _file("dream", "dream-2020.csv", ",")),
    "income": (good_income, _file("income", "indkomst-2019-12_2020-01.csv")),
    **{
        f"{name} in {way}": (good, _records(name, through))
        for name, good in (("periods", good_periods), ("postings", good_income), ("life_events", good_events))
        for way, through in (("csv", _csv), ("xlsx", _xlsx), ("rest", _rest), ("sql", _sql), ("soap", _soap))
    },
}
_SLOW = {name for name in SOURCES if "xlsx" in name}
_BYTES = {
    "UTF-16", "ISO-8859-1", "a mark before", "a byte that is none", "a byte of zeros", "cut off",
    "an empty line at the end", "a quote is opened",
}  # fmt: skip
_LINES = {"a field is missing", "a field too many"}
_HEADER = {
    "a column is called otherwise", "a column stands twice", "no header", "columns in another order", "a row of totals",
    "the header again", "the file holds itself twice",
}  # fmt: skip


def _kinds(source: str) -> list[str]:
    """The damage that can happen to a source: an answer has no bytes of its own, a database no header."""
    left_out: set[str] = set()
    if source == "dream":
        left_out = {"a row is shifted"}  # codes in other weeks are codes
    elif any(way in source for way in ("rest", "sql", "soap")):
        left_out = _BYTES | _LINES | _HEADER
    elif "xlsx" in source:
        left_out = _BYTES | _LINES
    return [kind for kind in CATALOGUE if kind not in left_out]


def _complaint(good: Seen, copy: Seen) -> str:
    """What a copy says that it may not; empty where it is as good as the file, or says less with a word."""
    for key, statuses in good.statuses.items():
        found = copy.statuses[key]
        if found and found != statuses and Status.UNKNOWN not in found:
            return f"week {key[1]} shows {sorted(found)} for {sorted(statuses)}"
    for which, income in good.income.items():
        at = copy.income.get(which)
        if at is not None and any(one > other for one, other in zip(at, income, strict=True)):
            return f"month {which[1]} rose from {income} to {at}"
    if good.protected is not None and copy.protected is not None and good.protected - copy.protected:
        return "a protection has gone"
    is_less = any(copy.statuses[key] != statuses for key, statuses in good.statuses.items())
    is_less = is_less or any(copy.income.get(which) != income for which, income in good.income.items())
    return "less without a word" if is_less and not copy.words else ""


def find_complaints(source: str, seed: int, kinds: Sequence[str], folder: Path) -> list[str]:
    draw = random.Random(f"{source}{seed}")
    make, read = SOURCES[source]
    table, oracle = make(draw)
    good = read(table, folder)
    assert replace(good, words=0) == replace(oracle, words=0, **_not_told(oracle, good)), "the good file"
    assert not good.words
    found = []
    for kind in kinds:
        try:
            copy = read(CATALOGUE[kind](draw, table), folder)
        except ConnectorError:
            continue  # refused
        if complaint := _complaint(oracle, copy):
            found.append(f"{kind}, seed {seed}: {complaint}")
    return found


def _not_told(oracle: Seen, good: Seen) -> dict[str, object]:
    """What this kind of source says nothing of."""
    return {name: getattr(good, name) for name in ("statuses", "income") if not getattr(oracle, name)}


def test_the_catalogue_is_large_enough() -> None:
    assert len(CATALOGUE) >= 20
    assert all(len(_kinds(source)) >= 20 for source in SOURCES)


@pytest.mark.parametrize("source", every_third(SOURCES))
def test_no_damaged_copy_says_more(source: str, tmp_path: Path) -> None:
    seeds = range(1 if source in _SLOW else 4)
    assert [found for seed in seeds for found in find_complaints(source, seed, _kinds(source), tmp_path)] == []


@pytest.mark.long
@pytest.mark.parametrize("source", every_third(SOURCES))
def test_no_damaged_copy_of_two_hundred_files_says_more(source: str, tmp_path: Path) -> None:
    kinds = _kinds(source)
    # of records, which share a reader, each seed has a quarter of the damage; a workbook takes long to write
    step = 8 if source in _SLOW else 4 if " in " in source else 1
    assert [
        found for seed in range(200) for found in find_complaints(source, seed, kinds[seed % step :: step], tmp_path)
    ] == []
