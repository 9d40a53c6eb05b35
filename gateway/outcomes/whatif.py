"""A draft contract tried on cohorts before anybody signs: expected payments, what each term moves, best and worst case.

Pure: cohorts come from outside, simulated or historical, and totals are all that is kept of them. `WhatIf.body` is the
JSON form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

from gateway.outcomes.best_seen import best_seen
from gateway.outcomes.bounds import PartyCase, Range, parties, ranges
from gateway.outcomes.contract import Contract
from gateway.outcomes.forecast import Declared, ForecastPayment, Recount, mean
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.schedule import PlannedDocument, schedule
from gateway.outcomes.varied import Term, is_sound, terms
from gateway.outcomes.waits import PricedWait, priced_wait


@dataclass(frozen=True, slots=True)
class Tried:
    """Cohorts to try a contract on: `contract` is the draft on their calendar, `seeds` is empty for real people."""

    name: str
    contract: Contract
    cohorts: tuple[tuple[PersonHistory, ...], ...]
    seeds: tuple[int, ...] = ()

    @property
    def is_of_real_people(self) -> bool:
        return not self.seeds and any(self.cohorts)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What one kind of cohort brings: the mean by window, and the least and most owed in all among the draws."""

    name: str
    people: int
    seeds: tuple[int, ...]
    payments: tuple[ForecastPayment, ...]
    least_minor: int
    most_minor: int
    threshold_met: int | None  # draws in which enough people are in the outcome at the end; None without a threshold


@dataclass(frozen=True, slots=True)
class Swing:
    """How what is owed in all changes when one term alone is a tenth lower or higher; None where that cannot be."""

    term: str
    value: int
    lower: int | None
    lower_change_minor: int | None
    higher: int
    higher_change_minor: int | None

    @property
    def size(self) -> int:
        return max(abs(self.lower_change_minor or 0), abs(self.higher_change_minor or 0))


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Everything that is said of a draft. Swings are those of the scenario named in `swings_of`."""

    contract: str
    version: int
    sha256: str
    currency: str
    scenarios: tuple[Scenario, ...]
    swings_of: str
    swings: tuple[Swing, ...]
    ranges: tuple[Range, ...]
    best_seen_minor: int
    parties: tuple[PartyCase, ...]
    shown: tuple[PlannedDocument, ...]
    assumed: Declared
    not_assumed: tuple[str, ...]  # declared aggregates without a figure here: what rests on them is left out
    wait: PricedWait | None  # of the investor's money; None where every window is shown on time

    def body(self) -> dict[str, Any]:
        """As JSON holds it: integers in minor units, weeks and days as ISO 8601 writes them."""
        found = asdict(self)
        found["schema"] = "what-if/1"
        found["ranges"] = [
            {"window": one.window, "low": one.least.minor, "high": one.most.minor} for one in self.ranges
        ]
        found["shown"] = [
            {
                "recipient": one.recipient,
                "name": one.name,
                "template": one.template,
                "window": one.window.label,
                "from_week": str(one.window.from_week),
                "to_week": str(one.window.to_week),
                "earliest_on": one.earliest_on.isoformat(),
                "adds": list(one.adds),
            }
            for one in self.shown
        ]
        return found


def what_if(
    draft: Contract,
    tried: Sequence[Tried],
    declared: Declared,
    *,
    swings_of: str,
    plans: Mapping[str, Sequence[str]],
    report: Callable[[int, int], None],
) -> WhatIf:
    """Try a draft on each of these cohorts. `report` is told how many steps of how many are done. `plans` are those by
    which the draft's windows may be shown together: name to the windows that end a block.

    Of real people no swings are reckoned: how a total moves with a term tells of the few who move it. Raises
    `ContractNotEvaluable`.
    """
    chosen = next(one for one in tried if one.name == swings_of)
    varied = [] if chosen.is_of_real_people else terms(chosen.contract)
    steps = count(1)

    def step() -> None:
        report(next(steps), len(tried) + len(varied))

    scenarios: list[Scenario] = []
    swings: tuple[Swing, ...] = ()
    for one in tried:
        recounts = [Recount(one.contract, cohort) for cohort in one.cohorts]
        scenarios.append(_scenario(one, recounts, declared))
        step()
        if one is chosen:
            swings = _swings(one.contract, varied, recounts, declared, step)
    return WhatIf(
        contract=draft.id,
        version=draft.version,
        sha256=draft.sha256,
        currency=draft.currency,
        scenarios=tuple(scenarios),
        swings_of=swings_of,
        swings=swings,
        ranges=ranges(draft),
        best_seen_minor=best_seen(draft),
        parties=parties(draft),
        shown=schedule(draft),
        assumed={name: dict(figures) for name, figures in declared.items()},
        not_assumed=tuple(one.id for one in draft.aggregates if one.id not in declared),
        wait=priced_wait(draft, plans, {one.name: one.payments for one in scenarios}),
    )


def _scenario(tried: Tried, recounts: Sequence[Recount], declared: Declared) -> Scenario:
    forecasts = [recount.payments(tried.contract, declared) for recount in recounts]
    totals = [forecast[-1].owed_minor for forecast in forecasts]
    measure, met = tried.contract.people_measure, None
    if measure is not None:
        ends = [recount.series(tried.contract, declared)[-1] for recount in recounts]
        met = sum(1 for end in ends if end.quantities[measure.id] >= measure.goal_people)
    people = len(tried.cohorts[0])
    return Scenario(tried.name, people, tried.seeds, tuple(mean(forecasts)), min(totals), max(totals), met)


def _swings(
    contract: Contract,
    varied: Sequence[Term],
    recounts: Sequence[Recount],
    declared: Declared,
    step: Callable[[], None],
) -> tuple[Swing, ...]:
    """Each term's swing of the mean, the largest first; terms that move nothing stand last, in the contract's order."""

    def total(variant: Contract) -> int:
        return mean([recount.payments(variant, declared) for recount in recounts])[-1].owed_minor

    now = total(contract)
    found = []
    for term in varied:
        changes: list[int | None] = []
        for value in (term.lower(), term.higher()):
            variant = None if value is None else term.with_value(value)
            changes.append(total(variant) - now if variant is not None and is_sound(variant) else None)
        found.append(Swing(term.name, term.value, term.lower(), changes[0], term.higher(), changes[1]))
        step()
    return tuple(sorted(found, key=lambda swing: -swing.size))
