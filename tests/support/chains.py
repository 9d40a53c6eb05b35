"""Versions of one contract, one behind the other, and people by how much they have reached at each window's end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.figures import Cell, Figures
from gateway.outcomes.held_units import reached_from
from gateway.outcomes.in_window import first_window_of
from gateway.outcomes.priced_units import PersonalTerms
from gateway.outcomes.tariff import owed_amounts
from gateway.outcomes.tariffs.price import PriceTariff
from gateway.outcomes.tariffs.steps import StepsTariff
from gateway.outcomes.terms import Caps, Gate, Rounding, ScalePoint, Window
from tests.support.histories import example_contract
from vocabulary.weeks import Week

IMPACT60 = example_contract("impact60")
WEEKS = IMPACT60.measures[0].id
FIRST = Week.parse("2019-W01")
STATE = "ordinary_job"
LATE = "late"


def chain(*versions: tuple[int, Mapping[str, Any]], windows: int = 6) -> Contract:
    """The newest of these versions with the earlier ones: each holds from a window on, by its place.

    Of each: `price`, a `cap` of the tariff, `contract_cap`, `person_cap`, a `gate` on the measure, and `points` of
    steps on it, which come behind as a second tariff; and `cut`, the weeks of each window from its first one on. What
    is left out is as in no version. `late` is the price of a second measure, which comes with the first version that
    says it, beside the other. `pays_cut`, `contract_pays_cut` and `person_pays_cut` pay what the cap before cut.
    """
    made: list[Contract] = []
    calendar = _calendar((), FIRST, [13] * windows)
    for number, (since, terms) in enumerate(versions, start=1):
        if "cut" in terms:
            calendar = _calendar(calendar[:since], calendar[since].from_week, terms["cut"], called=f"v{number}-")
        made.append(_version(number, since, terms, calendar))
    return replace(made[-1], earlier=tuple(made[:-1]))


def _calendar(kept: tuple[Window, ...], week: Week, lengths: Sequence[int], *, called: str = "w") -> tuple[Window, ...]:
    found = [*kept]
    for place, weeks in enumerate(lengths, start=len(kept)):
        found.append(Window(f"{called}{place}", week, week + (weeks - 1)))
        week = week + weeks
    return tuple(found)


def _version(number: int, since: int, terms: Mapping[str, Any], calendar: tuple[Window, ...]) -> Contract:
    gate = Gate(WEEKS, terms["gate"]) if terms.get("gate") else None
    unit = PriceTariff("unit", 1, WEEKS, terms.get("price", 0), gate=gate, cap_minor=terms.get("cap", 0))
    tariffs: list[Tariff] = [replace(unit, pays_cut=terms.get("pays_cut", False))]
    if "points" in terms:
        points = tuple(ScalePoint(at, amount) for at, amount in terms["points"])
        tariffs.append(StepsTariff("steps", 1, WEEKS, points))
    measures = IMPACT60.measures[:1]
    if "late" in terms:
        measures = *measures, replace(measures[0], id=LATE, beside=(WEEKS,))
        tariffs.append(PriceTariff("late", 1, LATE, terms["late"]))
    return replace(
        IMPACT60,
        version=number,
        effective_from=calendar[since].from_week.monday,
        rounding=Rounding.NONE,
        measures=measures,
        tariffs=tuple(tariffs),
        caps=Caps(
            contract_minor=terms.get("contract_cap", 0),
            person_minor=terms.get("person_cap", 0),
            pays_cut=terms.get("contract_pays_cut", False),
            person_pays_cut=terms.get("person_pays_cut", False),
        ),
        windows=calendar,
        sha256=f"{number:064x}",
    )


Rows: TypeAlias = Sequence[Sequence[int]]
"""Of each person the units that they have by the end of each window."""


def owed(contract: Contract, people: Rows, late: Rows = ()) -> list[int]:
    """What is owed in all at the end of each window, of people by their units, and by those of the second measure."""
    return [sum(amounts.values()) for amounts in owed_amounts(contract, series(contract, people, late))]


def series(contract: Contract, people: Rows, late: Rows = ()) -> list[Figures]:
    """The figures of these people at the end of each window that is told of."""
    found, terms = list[Figures](), PersonalTerms.of(contract)
    courses = [
        _course(contract, *rows) for rows in zip(people, late or [[0] * len(people[0])] * len(people), strict=True)
    ]
    for place in range(len(people[0])):
        personal = dict.fromkeys(terms.parts(), 0)
        for by_window in courses:
            for name, minor in terms.amounts(by_window[: place + 1]).items():
                personal[name] += minor
        quantities = {
            one.id: sum(sum(by_window[place][one.id].values()) for by_window in courses) for one in contract.measures
        }
        found.append(Figures(contract.windows[place].label, quantities, personal, place + 1))
    return found


def _course(contract: Contract, counts: Sequence[int], late: Sequence[int]) -> list[dict[str, Mapping[Cell, int]]]:
    """One person's units by measure at the end of each window: of the second one what was reached since it came."""
    rows = [[{(STATE, 2019): count} if count else {} for count in one] for one in (counts, late)]
    course: list[dict[str, Mapping[Cell, int]]] = [{WEEKS: cells} for cells in rows[0]]
    if (measure := contract.measure(LATE)) is not None:
        for place, cells in enumerate(reached_from(rows[1], first_window_of(contract, measure))):
            course[place][LATE] = cells
    return course
