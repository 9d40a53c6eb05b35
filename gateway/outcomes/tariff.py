"""Tariffs: pure functions from whole quantities to minor units of the contract's currency."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.evaluate import Evaluation


@dataclass(frozen=True, slots=True)
class DueLine:
    """One line of what is owed for a window. Negative where a relapse or a correction takes back."""

    measure: str
    kind: str  # "window": earned in this window; "correction": earlier windows seen with today's data
    unit: str  # "week" | "person"
    quantity: int
    amount_minor: int


def amount_due(measure: Measure, quantity: int) -> int:
    """Minor units owed in all for this cumulative quantity, under the measure's price and cap."""
    amount = measure.price_minor * quantity
    return min(amount, measure.cap_minor) if measure.cap_minor else amount


def due_lines(
    contract: Contract,
    *,
    now: Evaluation,
    before: Evaluation | None,
    documented: dict[str, tuple[int, int]],
) -> tuple[DueLine, ...]:
    """What this window's payment document must say, so that all documents add up to what is due by now.

    `before` is the window before, evaluated with the same data as `now`; None for the first window.
    `documented` maps a measure to the (quantity, minor units) that earlier documents add up to.
    The sum of all lines is always due(now) - documented: nothing is lost to a cap or a late correction.
    """
    lines: list[DueLine] = []
    for measure in contract.measures:
        if not measure.price_minor:
            continue
        unit = "week" if measure.kind == "weeks" else "person"
        held = now.quantity(measure.id)
        held_before = before.quantity(measure.id) if before else 0
        paid_quantity, paid_amount = documented.get(measure.id, (0, 0))
        earned = amount_due(measure, held) - amount_due(measure, held_before)
        lines.append(DueLine(measure.id, "window", unit, held - held_before, earned))
        correction = amount_due(measure, held_before) - paid_amount
        if correction or held_before != paid_quantity:
            lines.append(DueLine(measure.id, "correction", unit, held_before - paid_quantity, correction))
    return tuple(lines)
