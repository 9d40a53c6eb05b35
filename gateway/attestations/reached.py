"""How much was reached of what a contract pays for, beside the people in the outcome with the threshold and the weeks.

One number for each unit: people are counted once for each measure that counts a person once, points for each follow-up
month and each block of weeks, days for each day that is paid for. Who began is among the participants already. Of
several measures only the sum is shown, and that only where nobody can reckon back to a small one.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.evaluate import Evaluation
from gateway.outcomes.terms import FigureUnit
from policies.disclosure import DisclosureRules, may_show_sum

CLAIM_OF: Mapping[FigureUnit, str] = {
    FigureUnit.PERSON: "outcomes_reached",
    FigureUnit.POINT: "points_reached",
    FigureUnit.DAY: "days_reached",
}


def reached_claims(contract: Contract, evaluation: Evaluation) -> dict[str, int | None]:
    """The claims by name: what was reached by the window's end, from the enrolment on; None for withheld.

    Without one where no tariff reads such a measure.
    """
    goal = contract.people_measure
    paid = {name for tariff in contract.tariffs for name in tariff.own_figures()}
    results = [one for one in contract.measures if one.id in paid and one.is_result]
    measures = [one for one in results if one is not goal and one.unit in CLAIM_OF]
    parts = {one.id: evaluation.quantity(one.id) for one in measures}
    known = measures if goal is None else [*measures, goal]
    may_show = may_show_sum(
        parts,
        beside={} if goal is None else {goal.id: evaluation.quantity(goal.id)},
        related=[(one.id, other.id) for one, other in combinations(known, 2) if _may_count_the_same(one, other)],
        rules=DisclosureRules(k=contract.k, k_cohort=contract.k_cohort),
    )
    return {
        CLAIM_OF[unit]: sum(parts[one.id] for one in measures if one.unit is unit) if may_show else None
        for unit in dict.fromkeys(one.unit for one in measures)
    }


def _may_count_the_same(one: Measure, other: Measure) -> bool:
    """Whether a week can count under both, so that the people of one may be a part of those of the other.

    Pay is added up whatever the register shows beside it.
    """
    return (
        one.counts_pay
        or other.counts_pay
        or any(state.statuses & another.statuses for state in one.states for another in other.states)
    )
