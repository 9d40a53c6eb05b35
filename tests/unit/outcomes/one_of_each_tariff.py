"""One contract of the manual with a tariff of each kind: 100 people, four quarters of 2020, weeks and people in two
states, and declared figures.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.outcomes.contract import Tariff
from tests.support.rule_tables import contract_of

QUARTERS = ("Q1", "Q2", "Q3", "Q4")


def aggregate(name: str, unit: str, windows: tuple[str, ...] = QUARTERS) -> str:
    due = ", ".join(f'"{window}"' for window in windows)
    return (
        f'[[aggregates]]\nid = "{name}"\nunit = "{unit}"\nevaluator = "evaluator"\nmethod = "a method"\n'
        f'source = "a register"\nwindows = [{due}]\n'
    )


AGGREGATES = "".join(
    (
        aggregate("rate", "per_mille"),
        aggregate("late", "per_mille", ("Q3", "Q4")),
        aggregate("control", "minor"),
        aggregate("group", "minor", ("Q2", "Q4")),
        aggregate("drawn", "person"),
        aggregate("days", "day", ("Q2", "Q4")),
    )
)
MEASURES = """
[[measures]]
id = "weeks"
kind = "weeks"
states = ["fleksjob", "education"]
weeks_from_enrolment = 30

[[measures]]
id = "people"
kind = "people"
states = ["fleksjob", "education"]
sustained_weeks = 4
"""
STEPS = "steps; of = 'rate'; points = [{ at = 100, amount_minor = 10 }, { at = 200, amount_minor = 50 }]"
LINEAR = """linear; of = 'late'; points = [
    { at = 0, amount_minor = 10 }, { at = 3, amount_minor = 20 }, { at = 10, amount_minor = 90 }]"""
COHORTS = """cohort_threshold; price_minor = 1000
cohorts = [{ of = 'rate', at_least = 100 }, { of = 'late', at_least = 150 }]
pooled = { of = 'late', at_least = 120, from_window = 'Q3' }"""
TARIFFS = {  # the kind, and what stands in its row
    "weekly": "price; of = 'weeks'; price_minor = 1000",
    "by_state": "price; of = 'weeks'; price_by_state = { fleksjob = 500, education = 700 }",
    "indexed": "price; of = 'people'; price_minor = 1001; index = 'wage'; base_year = 2019",
    "daily": "price; of = 'days'; price_minor = 30; may_be_negative = false",
    "taken_back": "price; of = 'days'; price_minor = 20; may_be_negative = true",
    "steps": STEPS,
    "counted": STEPS.replace("rate", "weeks").replace("200", "9000"),
    "linear": LINEAR,
    "half": (
        "share; of = 'control'; minus = 'group'; multiplier = 'drawn'; share_per_mille = 500; may_be_negative = false"
    ),
    "plain": "share; of = 'control'; share_per_mille = 250; may_be_negative = true",
    "cohorts": COHORTS,
    "fee": "fee; price_minor = 700",
}


def tariff_row(name: str, text: str) -> str:
    kind, _, rest = text.partition("; ")
    return f"[[tariffs]]\nid = '{name}'\nkind = '{kind}'\n" + rest.replace("; ", "\n") + "\n"


def terms(**changed: str) -> str:
    rows = {**TARIFFS, **changed}
    return AGGREGATES + MEASURES + "".join(tariff_row(*row) for row in rows.items())


CONTRACT = contract_of(terms())
TARIFF: Mapping[str, Tariff] = {tariff.id: tariff for tariff in CONTRACT.tariffs}
