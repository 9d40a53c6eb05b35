"""The tables of docs/outcome-rules.md as cases: what the models of the attacker are held to before they attack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from tests.attacks.outsider.documents import Terms, Window, read, week_of
from tests.attacks.outsider.measures import Life

PAGE = Path(__file__).parents[3] / "docs" / "outcome-rules.md"
STATES = {"F": "fleksjob", "S": "skaanejob", "E": "education", "T": "home"}


@dataclass(frozen=True)
class Case:
    """A row of a table: what a life comes to by its last week, under the one measure of the section."""

    section: str
    terms: Terms
    life: Life
    result: int
    year: int  # in which it was earned; 0 where the row says none


def frame() -> str:
    """The contract of the manual, around which each section puts its terms."""
    parts = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return next(one for one in parts if one.startswith("schema"))


def cases() -> Iterator[Case]:
    """Every row of one measure whose weeks are coded, or whose pay is an amount; hours are not the attacker's."""
    page, around = PAGE.read_text("utf-8").partition("\n## Exits")[0], frame()
    for section in re.split(r"\n(?=##)", page):
        [toml, *_] = [*re.findall(r"```toml\n(.*?)```", section, re.DOTALL), ""]
        if (
            "[[measures]]" not in toml
            or "index =" in toml
            or "in place of" in section
            or toml.count("[[measures]]") > 1
            or "off_benefit" in toml  # told by what is not shown: to the attacker a state as any other
        ):
            continue
        terms = read(f"{around}\n{toml}")
        for row in _rows(section):
            pays = terms.measures[0]["kind"] in ("earnings", "pay")
            if "result" in row and not row.get("paid hours") and (pays or "-" not in row["weeks"]):
                yield _case(section.splitlines()[0], terms, row)


def _rows(section: str) -> Iterator[Mapping[str, str]]:
    lines = [line for line in section.splitlines() if line.startswith("|")]
    names = [one.strip() for one in lines[0].strip("|").split("|")] if lines else []
    for line in lines[2:]:
        yield dict(zip(names, (one.strip() for one in line.strip("|").split("|")), strict=True))


def _case(section: str, terms: Terms, row: Mapping[str, str]) -> Case:
    start = date.fromisoformat(row["enrolled"]) if row.get("enrolled") else date(2019, 12, 30)
    letters = "".join(letter * int(number) for number, letter in re.findall(r"(\d+)(\S)", row["weeks"]))
    states, before = {}, ""
    for at, letter in enumerate(letters):
        before = before if letter == "H" else STATES.get(letter, "")
        states[week_of(start) + at] = before
    pay = {
        int(year) * 12 + int(month) - 1: int(amount)
        for year, month, amount in re.findall(r"(\d+)-(\d+): (-?\d+)", row.get("pay", ""))
    }
    scores = {
        date.fromisoformat(day): int(score)
        for day, score in re.findall(r"(\d+-\d+-\d+): (-?\d+)", row.get("scores", ""))
    }
    used, away = terms.measures[0].get("instrument", {}).get("id", ""), letters.find("N")
    end = week_of(start) + len(letters) - 1
    last = Window("until the row's end", terms.windows[0].first, end)
    return Case(
        section,
        replace(terms, text=f"{terms.text} {end}", windows=(last,)),
        Life(start, states, pay, scores={used: scores}, gone_from=week_of(start) + away if used and away >= 0 else 0),
        int(row["result"]),
        int(row.get("year") or 0),
    )


def neutral_rows() -> Mapping[str, int]:
    """The first table of exits: what each measure comes to where time stands still for the weeks abroad."""
    section = PAGE.read_text("utf-8").partition("\n## Exits")[2].split("\n### ")[1]
    return {row["measure"]: int(row["`neutral`"]) for row in _rows(section)}
