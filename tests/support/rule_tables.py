"""The tables of the manual, tests/spec/tables/*.toml, as values: rules, rows, and what the gateway makes of each row.

`tests/spec/test_rule_tables.py` compares every row with the evaluator, and `tests/docs/outcome_rules.py` writes
docs/outcome-rules.md from the same rows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import groupby
from pathlib import Path
from typing import Any

from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.measures.instrument import InstrumentScore, instruments_of, with_marks
from gateway.outcomes.results import PersonResult, person_result
from gateway.outcomes.tariff import owed_amounts
from gateway.outcomes.terms import ExitRule, RegisterExit
from policies.basis import Stop, StopReason
from tests.support.evaluator import declared
from tests.support.histories import LETTERS
from vocabulary.records import IncomePosting, StatusSpell, SubjectRef
from vocabulary.statuses import IncomeType
from vocabulary.weeks import Month, Week

FOLDER = Path(__file__).parents[1] / "spec" / "tables"
START = date(2019, 12, 30)  # Monday of 2020-W01
RULES = tuple(ExitRule)


@dataclass(frozen=True, slots=True)
class Row:
    """One person under one measure."""

    weeks: str
    result: int
    enrolled: date = START
    hours: Mapping[str, int] = field(default_factory=dict)  # hundredths by month
    pay: Mapping[str, int] = field(default_factory=dict)  # minor units by month
    scores: Mapping[str, int] = field(default_factory=dict)  # by day, of the one instrument of the terms
    counts: str = ""
    state: str = ""
    year: int = 0
    why: str = ""  # name of a `Reason`
    says: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A measure, in words and in the contract's, and its quantity under each rule."""

    says: str
    measure: str
    results: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """One history under every exit rule; a row for each measure, a result for each rule in the order of `RULES`."""

    title: str
    text: str
    exit: str
    weeks: str
    rows: tuple[Asked, ...]
    pay: Mapping[str, int] = field(default_factory=dict)
    enrolled: date = START
    shown_from: date = START
    scores: Mapping[str, int] = field(default_factory=dict)  # by day
    since: date | None = None  # when a case worker registered the exit


@dataclass(frozen=True, slots=True)
class Money:
    """What one tariff owes in all by window, for people or for declared figures."""

    tariff: str
    owed: tuple[int, ...]
    people: tuple[str, ...] = ()
    pay: Mapping[str, int] = field(default_factory=dict)  # of each of them, minor units by month
    declared: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    says: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """Terms of a contract, and the rows that show what they mean."""

    title: str
    terms: str
    text: str = ""
    replaces: tuple[tuple[str, str], ...] = ()
    rows: tuple[Row, ...] = ()
    money: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    title: str
    text: str
    rules: tuple[Rules, ...]
    matrices: tuple[Matrix, ...]


def chapters() -> list[Chapter]:
    """Every chapter in the order of the file names."""
    return [_chapter(**tomllib.loads(path.read_text("utf-8"))) for path in sorted(FOLDER.glob("[0-9]*.toml"))]


def contract_of(terms: str, replaces: Sequence[tuple[str, str]] = ()) -> Contract:
    """The contract of the manual with these terms. One without measures says nothing of single people."""
    text = (FOLDER / "contract.toml").read_text("utf-8")
    if "[[measures]]" in terms:
        text += (FOLDER / "people.toml").read_text("utf-8")
    for old, new in replaces:
        if old not in text:
            raise ValueError(f"{old!r} does not stand in the contract of the manual")
        text = text.replace(old, new)
    return load_contract(f"{text}\n{terms}".encode(), file="manual.toml")


def judged(rules: Rules, row: Row) -> PersonResult:
    """What a row's person adds to the one measure of its terms, at the end of the row's last week."""
    contract = contract_of(rules.terms, rules.replaces)
    person = _person(row.weeks, row.enrolled, row.enrolled, row.hours, row.pay, None, 1)
    person = _measured(contract, person, row.scores)
    return person_result(contract, contract.measures[0], person, _last(row.weeks, row.enrolled))


def under_rule(matrix: Matrix, measure: str, rule: ExitRule) -> int:
    """The quantity of a measure for the matrix's person where the contract gives the exit this rule."""
    lines = "\n".join(part.strip() for part in measure.split(";"))
    before = "failure" if matrix.exit in set(RegisterExit) else "frozen"
    replaced = (f'{matrix.exit} = "{before}"', f'{matrix.exit} = "{rule}"')
    contract = contract_of(f'[[measures]]\nid = "m"\n{lines}\n', [replaced])
    stop = None
    if matrix.since is not None:
        stop = Stop(StopReason(matrix.exit), datetime.combine(matrix.since, time.min, tzinfo=UTC))
    person = _person(matrix.weeks, matrix.enrolled, matrix.shown_from, {}, matrix.pay, stop, 1)
    person = _measured(contract, person, matrix.scores)
    return person_result(contract, contract.measures[0], person, _last(matrix.weeks, matrix.shown_from)).quantity


def _measured(contract: Contract, person: PersonHistory, scores: Mapping[str, int]) -> PersonHistory:
    """The person with these scores, by day, of every instrument of the contract."""
    known = [InstrumentScore(date.fromisoformat(day), score) for day, score in scores.items()]
    return with_marks(contract, person, dict.fromkeys(instruments_of(contract), known))


def owed_by_window(rules: Rules, row: Money) -> tuple[int, ...]:
    """What the row's tariff, or all of them, owes in all at the end of each window."""
    contract = contract_of(rules.terms, rules.replaces)
    people = [_person(weeks, START, START, {}, row.pay, None, n) for n, weeks in enumerate(row.people, start=1)]
    series = []
    for position, window in enumerate(contract.windows):
        due = [one for one in contract.aggregates if window.label in one.windows]
        known = {
            one.id: declared(contract, one.id, window.label, row.declared[one.id][position])
            for one in due  # a figure that is due in no window yet is absent
        }
        series.append(evaluate(contract, people, window.to_week).figures(contract, known))
    return tuple(
        sum(amounts.values()) if row.tariff == "all" else amounts[row.tariff]
        for amounts in owed_amounts(contract, series)
    )


def unrolled(weeks: str) -> str:
    """`3F 1B` as `FFFB`."""
    return "".join(word[-1] * int(word[:-1]) for word in weeks.split())


def rolled(weeks: str) -> str:
    """`FFFB` as `3F 1B`."""
    return " ".join(f"{len(list(run))}{letter}" for letter, run in groupby(weeks))


def _last(weeks: str, shown_from: date) -> Week:
    return Week.of(shown_from) + (len(unrolled(weeks)) - 1)


def _person(
    weeks: str,
    enrolled: date,
    shown_from: date,
    hours: Mapping[str, int],
    pay: Mapping[str, int],
    stop: Stop | None,
    number: int,
) -> PersonHistory:
    ref, first = SubjectRef(f"{number:032x}"), Week.of(shown_from)
    letters = enumerate(unrolled(weeks))
    spells = [StatusSpell(ref, LETTERS[letter], "", first + n, first + n) for n, letter in letters if letter != "?"]
    postings = [IncomePosting(ref, Month.parse(month), IncomeType.WAGE, paid) for month, paid in hours.items()]
    postings += [
        IncomePosting(ref, Month.parse(month), IncomeType.WAGE, 0, minor < 0, minor) for month, minor in pay.items()
    ]
    return PersonHistory.build(subject=ref.value, enrolled_on=enrolled, spells=spells, postings=postings, stop=stop)


def _chapter(
    title: str,
    text: str,
    tables: Sequence[dict[str, Any]] = (),
    tariffs: Sequence[dict[str, Any]] = (),
    matrices: Sequence[dict[str, Any]] = (),
) -> Chapter:
    """A word that is not known here is a `TypeError`."""
    people = [Rules(**{**one, "rows": tuple(Row(**row) for row in one["rows"])}) for one in tables]
    money = [Rules(**{**_without_rows(one), "money": tuple(Money(**row) for row in one["rows"])}) for one in tariffs]
    exits = [Matrix(**{**one, "rows": tuple(Asked(**row) for row in one["rows"])}) for one in matrices]
    return Chapter(title, text, (*people, *money), tuple(exits))


def _without_rows(table: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key != "rows"}
