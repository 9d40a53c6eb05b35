"""Reads `examples/contracts/expected/NAME.toml`: what a contract must amount to, each figure with its source and a tag.

published    stands in the source
recomputed   follows from what stands there
illustrative made up to show the machinery; never anybody's real figure

`reproduces = false` marks a published figure that does not follow from the published inputs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from gateway.outcomes.contract import Contract
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.measures.instrument import InstrumentScore
from policies.basis import Stop, StopReason
from tests.support.histories import EXAMPLES, LETTERS
from vocabulary.declaration import DeclarationTable, one_of, parse
from vocabulary.records import IncomePosting, StatusSpell, SubjectRef
from vocabulary.statuses import IncomeType
from vocabulary.weeks import Month, Week

CONTRACTS = EXAMPLES / "contracts"
TAGS = ("published", "recomputed", "illustrative")
MADE_UP = "made-up"  # the one source that nobody published
KINDS = ("owed", "owed_by", "quantity", "met", "threshold", "most", "product", "sum", "quotient", "reduction")


@dataclass(frozen=True, slots=True)
class Tagged:
    tag: str
    source: str


@dataclass(frozen=True, slots=True)
class Term(Tagged):
    """A place in the contract; `value` is None where it is a whole table."""

    path: str
    value: int | str | None


@dataclass(frozen=True, slots=True)
class Declared(Tagged):
    aggregate: str
    window: str
    value: int


@dataclass(frozen=True, slots=True)
class Result(Tagged):
    """`kind` says what is computed, `of` and `window` of what, `parts` from what."""

    kind: str
    of: str
    window: str
    day: date | None
    parts: tuple[int | str, ...]
    value: int
    reproduces: bool


@dataclass(frozen=True, slots=True)
class Scenario:
    id: str
    says: str
    people: tuple[PersonHistory, ...]
    scores: Mapping[str, Mapping[str, tuple[InstrumentScore, ...]]]  # by person, then by instrument
    declared: tuple[Declared, ...]
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    terms: tuple[Term, ...]
    scenarios: tuple[Scenario, ...]


def load_expected(text: bytes, *, file: str) -> Expected:
    """`DeclarationInvalid` for a figure without source or tag, and for every word that is not known."""
    root = parse(text, file=file)
    sources = root.table("sources")
    known = {key: sources.text(key) for key in sources}
    terms = tuple(_term(row, known) for row in root.tables("terms"))
    scenarios = tuple(_scenario(row, known) for row in root.tables("scenarios"))
    for table in (sources, root):
        table.finish()
    return Expected(terms, scenarios)


def numbers(name: str) -> dict[str, int]:
    """Every whole number in the terms of a contract by its place: `tariffs.premium.points.0.at`."""
    raw = tomllib.loads((CONTRACTS / f"{name}.toml").read_text("utf-8"))
    parts = ("states", "measures", "tariffs", "caps", "indices")
    found = {"cohort.size": raw["cohort"]["size"]}
    for part in parts:
        found |= dict(_leaves(raw.get(part, {}), part))
    return found


def at(contract: Contract, path: str) -> Any:
    """What stands at a place of the contract file; `KeyError` where nothing does."""
    value: Any = tomllib.loads((CONTRACTS / f"{contract.id}.toml").read_text("utf-8"))
    for word in path.split("."):
        if isinstance(value, list):
            named = {row["id"]: row for row in value if isinstance(row, dict) and "id" in row}
            value = named[word] if named else value[int(word)]
        else:
            value = value[word]
    return value


def _leaves(value: Any, path: str) -> list[tuple[str, int]]:
    if type(value) is int:
        return [(path, value)]
    if isinstance(value, dict):
        rows = list(value.items())
    elif isinstance(value, list):
        rows = [(row.get("id", str(n)) if isinstance(row, dict) else str(n), row) for n, row in enumerate(value)]
    else:
        return []
    return [leaf for key, inner in rows for leaf in _leaves(inner, f"{path}.{key}")]


def _tagged(table: DeclarationTable, sources: dict[str, str]) -> tuple[str, str]:
    tag, source = table.convert("tag", one_of(*TAGS)), table.convert("source", one_of(*sources))
    if (tag == "illustrative") != (source == MADE_UP):
        raise table.refuse("tag", f"illustrative and the source {MADE_UP!r} belong together")
    return tag, sources[source]


def _term(table: DeclarationTable, sources: dict[str, str]) -> Term:
    value: int | str | None = None
    if "value" in table:
        value = table.text("value") if table.is_text("value") else table.integer("value", least=-(10**12))
    term = Term(*_tagged(table, sources), table.text("term"), value)
    table.finish()
    return term


def _scenario(table: DeclarationTable, sources: dict[str, str]) -> Scenario:
    people: list[PersonHistory] = []
    scores: dict[str, Mapping[str, tuple[InstrumentScore, ...]]] = {}
    for row in table.tables("people", least=0):
        measured = _scores(row)
        some = _people(row, first=len(people) + 1)
        scores |= {person.subject: measured for person in some}
        people += some
    found = Scenario(
        id=table.text("id"),
        says=table.text("says"),
        people=tuple(people),
        scores=scores,
        declared=tuple(_declared(row, sources) for row in table.tables("declared", least=0)),
        results=tuple(_result(row, sources) for row in table.tables("results")),
    )
    table.finish()
    return found


def _declared(table: DeclarationTable, sources: dict[str, str]) -> Declared:
    tagged, value = _tagged(table, sources), table.integer("value", least=-(10**12))
    found = Declared(*tagged, table.text("aggregate"), table.text("window"), value)
    table.finish()
    return found


def _result(table: DeclarationTable, sources: dict[str, str]) -> Result:
    tagged = _tagged(table, sources)
    parts: tuple[int | str, ...] = ()
    if "parts" in table:
        parts = table.integers("parts") if "numbers" in table and table.flag("numbers") else table.texts("parts")
    found = Result(
        *tagged,
        kind=table.convert("kind", one_of(*KINDS)),
        of=table.text("of", ""),
        window=table.text("window", ""),
        day=table.day("day") if "day" in table else None,
        parts=parts,
        value=table.integer("value", least=-(10**15)),
        reproduces=table.flag("reproduces") if "reproduces" in table else True,
    )
    if not found.reproduces and found.tag != "published":
        raise table.refuse("reproduces", "only what was published can fail to be reproduced")
    table.finish()
    return found


def _people(table: DeclarationTable, *, first: int) -> list[PersonHistory]:
    """`times` people with one history. `weeks` is run-length coded from the week of enrolment: `12B 40F`."""
    table.text("says")
    enrolled, times = table.day("enrolled"), table.integer("times", 1, least=1)
    letters = "".join(_run(word) for word in table.text("weeks").split())
    since = Week.of(enrolled)
    found = []
    postings = [posting for row in table.tables("pay", least=0) for posting in _pay(row)]
    stop = _stop(table.table("stop")) if "stop" in table else None
    for number in range(first, first + times):
        ref = SubjectRef(f"{number:032x}")
        spells = [
            StatusSpell(ref, LETTERS[letter], "", since + n, since + n)
            for n, letter in enumerate(letters)
            if letter != "?"
        ]
        rows = [IncomePosting(ref, *row) for row in postings]
        found.append(
            PersonHistory.build(subject=ref.value, enrolled_on=enrolled, spells=spells, postings=rows, stop=stop)
        )
    table.finish()
    return found


def _scores(table: DeclarationTable) -> dict[str, tuple[InstrumentScore, ...]]:
    """What instruments measured of each of these people."""
    found: dict[str, tuple[InstrumentScore, ...]] = {}
    for row in table.tables("scores", least=0):
        score = InstrumentScore(row.day("on"), row.integer("points"))
        instrument = row.text("instrument")
        found[instrument] = (*found.get(instrument, ()), score)
        row.finish()
    return found


def _run(word: str) -> str:
    return word[-1] * int(word[:-1] or "1")


def _pay(table: DeclarationTable) -> list[tuple[Month, IncomeType, int, bool, int]]:
    first, last = (table.convert(key, Month.parse) for key in ("from", "to"))
    kind = IncomeType(table.text("type", "wage"))
    hours, minor = table.integer("hours", 0), table.integer("minor", 0, least=-(10**9))
    table.finish()
    return [(first + n, kind, hours, minor < 0, minor) for n in range(last - first + 1)]


def _stop(table: DeclarationTable) -> Stop:
    reason, since = StopReason(table.convert("reason", one_of(*StopReason))), table.day("since")
    table.finish()
    return Stop(reason, datetime.combine(since, time.min, tzinfo=UTC))
