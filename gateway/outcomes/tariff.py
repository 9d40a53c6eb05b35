"""Tariffs: pure functions from whole figures to minor units of the contract's currency.

Everything is cumulative: `owed` says, window by window, what is owed in all by then with today's knowledge, and
`due_lines` what a window's document adds to the documents before it. Nothing is lost to a cap or a late correction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from gateway.outcomes.contract import Contract, MeasureKind
from gateway.outcomes.figures import Figures
from gateway.outcomes.opening import OpeningBalances
from gateway.outcomes.terms import Caps, FigureUnit, Rounding, Tariff, TariffKind, divide

UNIT_OF = {
    MeasureKind.WEEKS: FigureUnit.WEEK,
    MeasureKind.PEOPLE: FigureUnit.PERSON,
    MeasureKind.RETENTION: FigureUnit.PERSON,
    MeasureKind.DAYS: FigureUnit.PERSON,
    MeasureKind.EARNINGS: FigureUnit.PERSON,
    MeasureKind.FOLLOW_UP: FigureUnit.POINT,
}


@dataclass(frozen=True, slots=True)
class DueLine:
    """One line of what is owed for a window. Negative where a relapse or a correction takes back."""

    tariff: str
    kind: str  # "window": earned in this window; "correction": earlier windows seen with today's data
    unit: str
    quantity: int
    amount_minor: int


def price_of(tariff: Tariff, state: str, year: int, rounding: Rounding) -> int:
    """Minor units for one unit in a state, reached in a year. Raises `ValueError` for a year that the index lacks."""
    price = tariff.price_minor if tariff.price_by_state is None else tariff.price_by_state[state]
    if tariff.index is None:
        return price
    if year not in tariff.index.values:
        raise ValueError(f"index {tariff.index.id} has no value for {year}")
    return divide(price * tariff.index.values[year], tariff.index.values[tariff.base_year], rounding)


def owed_before_caps(contract: Contract, tariff: Tariff, figures: Figures) -> int:
    """What a tariff owes in all at the end of a window, before caps."""
    value = figures.quantities.get
    if tariff.gate is not None and value(tariff.gate.of, tariff.gate.at_least - 1) < tariff.gate.at_least:
        return 0
    match tariff.kind:
        case TariffKind.PRICE:
            return figures.personal[tariff.id] if contract.measure(tariff.of) else _declared(tariff, figures)
        case TariffKind.FEE:
            return tariff.price_minor * figures.windows
        case TariffKind.STEPS:
            figure = value(tariff.of)
            reached = [point.amount_minor for point in tariff.points if figure is not None and point.at <= figure]
            return reached[-1] if reached else 0
        case TariffKind.LINEAR:
            figure = value(tariff.of)
            return 0 if figure is None else _on_line(tariff, figure, contract.rounding)
        case TariffKind.SHARE:
            return _share(tariff, figures, contract.rounding)
        case TariffKind.COHORT_THRESHOLD:
            return _by_cohort(contract, tariff, figures)


def owed_amounts(
    contract: Contract, series: Sequence[Figures], opening: OpeningBalances | None = None
) -> list[dict[str, int]]:
    """What each tariff owes in all at the end of each window of `series`, caps applied, in the contract's order.

    A tariff's window cap comes first, then its own cap, then what people's cap cut of declared figures, then the
    contract's cap; the last two are felt by the later tariffs first. With `opening` the stated windows are worth what
    the parties state, and the later ones go on from there; `series` then holds the last stated window.
    """
    found: list[dict[str, int]] = []
    raw_before: dict[str, int] = {}
    held: dict[str, int] = {}
    carried: Mapping[str, int] = {}  # stated less evaluated: neither paid nor taken back, so it stays as it is
    for figures in series if opening is None else _from_stated(contract, series, opening):
        raw = {
            tariff.id: _moved(
                owed_before_caps(contract, tariff, figures), carried.get(tariff.id, 0), tariff.may_be_negative
            )
            for tariff in contract.tariffs
        }
        for tariff in contract.tariffs:
            held[tariff.id] = _in_window(tariff, held.get(tariff.id, 0), raw_before.get(tariff.id, 0), raw[tariff.id])
        raw_before = raw
        found.append(_under_caps(contract, held, figures))
        if opening is None or figures.window not in opening.windows:
            continue
        stated = opening.amounts(figures.window)
        if figures.window == opening.last_window:
            carried = {name: stated[name] - amount for name, amount in found[-1].items()}
            raw_before = {name: amount + carried[name] for name, amount in raw.items()}
            held = {name: amount + carried[name] for name, amount in held.items()}
        found[-1] = stated
    return found


def due_lines(
    contract: Contract,
    *,
    series: Sequence[Figures],
    documented: Mapping[str, tuple[int, int]],
    opening: OpeningBalances | None = None,
) -> tuple[DueLine, ...]:
    """What the last window's payment document must say, so that all documents add up to what is owed by now.

    `series` holds the contract's windows up to this one, all evaluated with the same data. `documented` maps a tariff
    to the (quantity, minor units) that earlier documents, and the opening balances, add up to. The sum of all lines is
    owed - documented.
    """
    amounts = owed_amounts(contract, series, opening)
    lines: list[DueLine] = []
    for tariff in contract.tariffs:
        unit = unit_of(contract, tariff)
        quantities = _quantities(contract, tariff, series, opening)
        now, before = quantities[-1], quantities[-2] if len(series) > 1 else 0
        due_now, due_before = amounts[-1][tariff.id], amounts[-2][tariff.id] if len(series) > 1 else 0
        quantity, paid = documented.get(tariff.id, (0, 0))
        lines.append(DueLine(tariff.id, "window", unit, now - before, due_now - due_before))
        if due_before != paid or before != quantity:
            lines.append(DueLine(tariff.id, "correction", unit, before - quantity, due_before - paid))
    return tuple(lines)


def _from_stated(contract: Contract, series: Sequence[Figures], opening: OpeningBalances) -> list[Figures]:
    """The series with each person-level figure moved, from the last stated window on, to what the parties state there.

    So a step that they reached is not reached again. A gate behind a tariff that they state as owed was open.
    Raises `ValueError` where the last stated window is not in the series.
    """
    start = _start(series, opening)
    at, totals = series[start].quantities, opening.totals()
    moves = {
        tariff.of: totals[tariff.id][0] - at.get(tariff.of, 0)
        for tariff in contract.tariffs
        if contract.measure(tariff.of) is not None
    }
    for tariff in contract.tariffs:
        gate = tariff.gate
        if gate is not None and totals[tariff.id][1] and at.get(gate.of, 0) + moves.get(gate.of, 0) < gate.at_least:
            moves[gate.of] = gate.at_least - at.get(gate.of, 0)
    return [
        figures
        if position < start
        else replace(
            figures,
            quantities=dict(figures.quantities)
            | {
                name: _moved(figures.quantities.get(name, 0), move, may_be_negative=False)
                for name, move in moves.items()
                if name in figures.quantities or position == start
            },
        )
        for position, figures in enumerate(series)
    ]


def _quantities(
    contract: Contract, tariff: Tariff, series: Sequence[Figures], opening: OpeningBalances | None
) -> list[int]:
    """The figure of a tariff as its lines show it, by window; as stated up to the last stated window, then onwards."""
    if opening is None:
        return [quantity_of(tariff, figures) for figures in series]
    found = [quantity_of(tariff, figures) for figures in _from_stated(contract, series, opening)]
    start = _start(series, opening)
    stated = [opening.totals(series[place].window)[tariff.id][0] for place in range(start + 1)]
    return stated + [figure + stated[-1] - found[start] for figure in found[start + 1 :]]


def _start(series: Sequence[Figures], opening: OpeningBalances) -> int:
    labels = [figures.window for figures in series]
    if opening.last_window not in labels:
        raise ValueError(f"the figures of {opening.last_window}, the last stated window, are needed")
    return labels.index(opening.last_window)


def _moved(figure: int, by: int, may_be_negative: bool) -> int:
    """The figure so much further on; one that is never negative takes no more back than was stated."""
    return figure + by if may_be_negative or not by else max(0, figure + by)


def unit_of(contract: Contract, tariff: Tariff) -> FigureUnit:
    """What the quantity of a tariff's lines counts."""
    if tariff.kind is TariffKind.FEE:
        return FigureUnit.WINDOW
    if tariff.kind is TariffKind.COHORT_THRESHOLD:
        return contract.aggregate(tariff.cohorts[0].of).unit
    measure = contract.measure(tariff.of)
    return contract.aggregate(tariff.of).unit if measure is None else UNIT_OF[measure.kind]


def capped_by(contract: Contract, series: Sequence[Figures]) -> list[str]:
    """The caps that cut something at the end of the last window, by the name of the term that holds them."""
    own = owed_amounts(replace(contract, caps=Caps()), series)[-1]
    raw = {tariff.id: owed_before_caps(contract, tariff, series[-1]) for tariff in contract.tariffs}
    cut = [f"tariffs.{name}" for name, amount in raw.items() if own[name] < amount]
    if sum(owed_amounts(contract, series)[-1].values()) < sum(own.values()):
        cut.append("caps")
    return cut


def quantity_of(tariff: Tariff, figures: Figures) -> int:
    """The figure of a tariff as its lines show it."""
    if tariff.kind is TariffKind.FEE:
        return figures.windows
    if tariff.kind is TariffKind.COHORT_THRESHOLD:
        return sum(figures.quantities.get(one.of, 0) for one in tariff.cohorts)
    return figures.quantities.get(tariff.of, 0)


def _declared(tariff: Tariff, figures: Figures) -> int:
    amount = tariff.price_minor * figures.quantities.get(tariff.of, 0)
    return amount if tariff.may_be_negative else max(amount, 0)


def _on_line(tariff: Tariff, figure: int, rounding: Rounding) -> int:
    first, last = tariff.points[0], tariff.points[-1]
    if figure <= first.at:
        return first.amount_minor
    if figure >= last.at:
        return last.amount_minor
    low, high = next((a, b) for a, b in pairwise(tariff.points) if a.at <= figure < b.at)
    rise, run = high.amount_minor - low.amount_minor, high.at - low.at
    return divide(low.amount_minor * run + rise * (figure - low.at), run, rounding)


def _share(tariff: Tariff, figures: Figures, rounding: Rounding) -> int:
    values = [figures.quantities.get(name) for name in (tariff.of, tariff.minus, tariff.multiplier) if name]
    if any(value is None for value in values):
        return 0
    difference = figures.quantities[tariff.of] - (figures.quantities[tariff.minus] if tariff.minus else 0)
    if tariff.multiplier:
        difference *= figures.quantities[tariff.multiplier]
    amount = divide(difference * tariff.share_per_mille, 1000, rounding)
    return amount if tariff.may_be_negative else max(amount, 0)


def _by_cohort(contract: Contract, tariff: Tariff, figures: Figures) -> int:
    """The price for each cohort that reached its threshold; where none did, that of all if pooled they do."""
    reached = [one for one in tariff.cohorts if figures.quantities.get(one.of, one.at_least - 1) >= one.at_least]
    if reached or tariff.pooled is None:
        return tariff.price_minor * len(reached)
    labels = [window.label for window in contract.windows]
    is_asked = labels.index(figures.window) >= labels.index(tariff.pooled_from)
    figure = figures.quantities.get(tariff.pooled.of)
    if is_asked and figure is not None and figure >= tariff.pooled.at_least:
        return tariff.price_minor * len(tariff.cohorts)
    return 0


def _in_window(tariff: Tariff, held: int, raw_before: int, raw: int) -> int:
    """The cumulative amount under the window's cap: its excess is lost, or carried to later windows."""
    if not tariff.cap_window_minor:
        return raw
    if tariff.carries_excess:
        return min(raw, held + tariff.cap_window_minor)
    return held + min(raw - raw_before, tariff.cap_window_minor)


def _under_caps(contract: Contract, held: Mapping[str, int], figures: Figures) -> dict[str, int]:
    most = contract.caps.most_minor
    own = {t.id: min(held[t.id], t.cap_minor) if t.cap_minor else held[t.id] for t in contract.tariffs}
    over = max(0, figures.quantities.get(contract.caps.person_excess, 0))
    for tariff in reversed(contract.tariffs):
        if tariff.kind is TariffKind.PRICE and not contract.measure(tariff.of):
            taken = min(over, max(0, own[tariff.id]))
            own[tariff.id] -= taken
            over -= taken
    amounts: dict[str, int] = {}
    for tariff in contract.tariffs:
        amount = own[tariff.id]
        room = most - sum(amounts.values())
        amounts[tariff.id] = min(amount, room) if most else amount
    return amounts
