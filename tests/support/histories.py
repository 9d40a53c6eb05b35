"""Readable histories: one letter a week, hours by month. `history("JJFB", start="2020-W10")`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.history import PersonHistory
from vocabulary.records import IncomePosting, StatusSpell, SubjectRef
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Month, Week

EXAMPLES = Path(__file__).parents[2] / "examples"

LETTERS = {
    "-": Status.NO_BENEFIT,
    "B": Status.BENEFIT,
    "F": Status.FLEKSJOB,
    "S": Status.SKAANEJOB,
    "E": Status.EDUCATION,
    "W": Status.WAGE_SUBSIDY,
    "I": Status.SICKNESS,
    "H": Status.HOLIDAY,
    "P": Status.DISABILITY_PENSION,
    "O": Status.OLD_AGE_PENSION,
    "N": Status.NOT_RESIDENT,
    "D": Status.DEAD,
    "U": Status.UNKNOWN,
    "T": Status.of_word("housed"),  # a word that a contract declares
}


def example_contract(name: str, **replaced: tuple[str, str]) -> Contract:
    """An example contract, with named texts replaced: `example_contract("impact60", size=("120", "4"))`."""
    text = (EXAMPLES / "contracts" / f"{name}.toml").read_text(encoding="utf-8")
    for old, new in replaced.values():
        if old not in text:
            raise ValueError(f"{old!r} does not stand in {name}.toml")
        text = text.replace(old, new)
    return load_contract(text.encode(), file=f"{name}.toml")


def history(
    weeks: str,
    *,
    start: str = "2020-W10",
    enrolled: str = "",
    hours: dict[str, int] | None = None,
    grants: tuple[str, ...] = (),
    subject: int = 1,
) -> PersonHistory:
    """A person with one letter a week from `start`; `?` is not observed. `hours` maps a month to paid wage
    hours in hundredths; `grants` names months with a student grant.
    """
    first = Week.parse(start)
    ref = SubjectRef(f"{subject:032x}")
    spells = [
        StatusSpell(ref, LETTERS[letter], "", first + n, first + n) for n, letter in enumerate(weeks) if letter != "?"
    ]
    postings = [IncomePosting(ref, Month.parse(month), IncomeType.WAGE, paid) for month, paid in (hours or {}).items()]
    postings += [IncomePosting(ref, Month.parse(month), IncomeType.EDUCATION_GRANT, 0) for month in grants]
    day = date.fromisoformat(enrolled) if enrolled else first.monday
    return PersonHistory.build(subject=ref.value, enrolled_on=day, spells=spells, postings=postings)
