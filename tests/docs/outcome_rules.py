"""Writes docs/outcome-rules.md from the tables of tests/spec/tables: `python -m tests.docs.outcome_rules`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from gateway.outcomes.verdicts import WeekReason
from tests.support.histories import LETTERS
from tests.support.rule_tables import FOLDER, RULES, START, Chapter, Matrix, Money, Row, Rules, chapters

PAGE = Path(__file__).parents[2] / "docs" / "outcome-rules.md"
_HEAD = """# Outcome rules

What a contract's words mean, as tables: weeks → terms → result. Nothing here is written by hand: the page is made by
`python -m tests.docs.outcome_rules` from [tests/spec/tables](../tests/spec/tables), and every row is a test.

A row of weeks is read from the left: `3F 1B` are three weeks of fleksjob and one on benefit, from the week of enrolment
on; 2020-W01 where no day of enrolment is shown. Under *counts*, a dot is a week that does not count. Hours are those of
a month; amounts are in minor units (øre).
"""


def page() -> str:
    """The whole page."""
    found = chapters()
    parts = [_HEAD, _legend(), *(_chapter(chapter) for chapter in found), _contract()]
    return "\n".join(parts)


def _legend() -> str:
    rows = [[f"`{letter}`", status.value] for letter, status in LETTERS.items()]
    return _table(["letter", "status"], [*rows, ["`?`", "no source covers the week"]])


def _contract() -> str:
    text = (FOLDER / "contract.toml").read_text("utf-8") + (FOLDER / "people.toml").read_text("utf-8")
    return (
        "## The contract of the manual\n\nThe terms above stand in this contract. One without measures leaves out "
        f"`[sources]`, `[qualification]`, `[[states]]` and `[exits]`.\n\n```toml\n{text.strip()}\n```\n"
    )


def _chapter(chapter: Chapter) -> str:
    parts = [f"## {chapter.title}\n\n{chapter.text}\n"]
    parts += [_rules(rules) for rules in chapter.rules]
    parts += [_matrix(matrix) for matrix in chapter.matrices]
    return "\n".join(parts)


def _lines(new: str) -> str:
    """What stands in another's place, a piece of code for each line."""
    return " and ".join(f"`{line}`" for line in new.splitlines())


def _rules(rules: Rules) -> str:
    replaced = "".join(f"{_lines(new)} in place of `{old}`.\n" for old, new in rules.replaces)
    text = "\n".join(part for part in (rules.text, replaced.strip()) if part)
    head = f"### {rules.title}\n" + (f"\n{text}\n" if text else "")
    table = _people(rules.rows) if rules.rows else _money(rules.money)
    return f"{head}\n```toml\n{rules.terms.strip()}\n```\n\n{table}"


def _people(rows: Sequence[Row]) -> str:
    columns = {
        "enrolled": [row.enrolled.isoformat() if row.enrolled != START else "" for row in rows],
        "weeks": [f"`{row.weeks}`" for row in rows],
        "paid hours": [_by_month(row.hours, 100) for row in rows],
        "pay": [_by_month(row.pay, 1) for row in rows],
        "scores": [", ".join(f"{day}: {score}" for day, score in row.scores.items()) for row in rows],
        "counts": [f"`{row.counts}`" if row.counts else "" for row in rows],
        "result": [str(row.result) for row in rows],
        "state": [row.state for row in rows],
        "year": [str(row.year or "") for row in rows],
        "why not": [WeekReason[row.why].value if row.why else "" for row in rows],
        "in words": [row.says for row in rows],
    }
    return _columns(columns)


def _money(rows: Sequence[Money]) -> str:
    columns = {
        "people": [", ".join(f"`{weeks}`" for weeks in row.people) for row in rows],
        "pay of each": [_by_month(row.pay, 1) for row in rows],
        "declared": [
            "; ".join(f"{name} {', '.join(map(str, values))}" for name, values in row.declared.items()) for row in rows
        ],
        "tariff": [row.tariff for row in rows],
        "owed in all, by window": [" → ".join(map(str, row.owed)) for row in rows],
        "each window pays": [", ".join(map(str, _steps(row.owed))) for row in rows],
        "in words": [row.says for row in rows],
    }
    return _columns(columns)


def _matrix(matrix: Matrix) -> str:
    since = f", registered {matrix.since}" if matrix.since else ""
    head = f"### {matrix.title}\n\n{matrix.text} `{matrix.weeks}`, exit `{matrix.exit}`{since}.\n"
    rows = [[asked.says, *map(str, asked.results)] for asked in matrix.rows]
    return f"{head}\n{_table(['measure', *(f'`{rule}`' for rule in RULES)], rows)}"


def _steps(owed: Sequence[int]) -> list[int]:
    return [now - before for before, now in zip([0, *owed], owed, strict=False)]


def _by_month(values: Mapping[str, int], unit: int) -> str:
    shown = {month: f"{value / unit:g}" if unit > 1 else str(value) for month, value in values.items()}
    return ", ".join(f"{month}: {value}" for month, value in shown.items())


def _columns(columns: Mapping[str, Sequence[str]]) -> str:
    """The columns in which something stands."""
    used = {name: cells for name, cells in columns.items() if any(cells)}
    return _table(list(used), [list(row) for row in zip(*used.values(), strict=True)])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
