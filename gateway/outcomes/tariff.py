"""Tariffs: pure functions from whole figures to minor units of the contract's currency.

Everything is cumulative: `owed` says, window by window, what is owed in all by then with today's knowledge, and
`due_lines` what a window's document adds to the documents before it. Nothing is lost to a cap or a late correction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.figures import Figures
from gateway.outcomes.opening import OpeningBalances
from gateway.outcomes.terms import Caps


@dataclass(frozen=True, slots=True)
class DueLine:
    """One line of what is owed for a window. Negative where a relapse or a correction takes back."""

    tariff: str
    kind: str  # "window": earned in this window; "correction": earlier windows seen with today's data
    unit: str
    quantity: int
    amount_minor: int


def owed_before_caps(contract: Contract, tariff: Tariff, figures: Figures) -> int:
    """What a tariff owes in all at the end of a window, before caps: nothing while its gate is shut."""
    gate = tariff.gate
    if gate is not None and figures.quantities.get(gate.of, gate.at_least - 1) < gate.at_least:
        return 0
    return tariff.owes(contract, figures)


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
            tariff.id: _figure_after(
                owed_before_caps(contract, tariff, figures), carried.get(tariff.id, 0), tariff.can_be_negative
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
        unit = tariff.unit(contract)
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
        tariff.main_figure: totals[tariff.id][0] - at.get(tariff.main_figure, 0)
        for tariff in contract.tariffs
        if contract.measure(tariff.main_figure) is not None
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
                name: _figure_after(figures.quantities.get(name, 0), move, may_be_negative=False)
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
        return [tariff.quantity(figures) for figures in series]
    found = [tariff.quantity(figures) for figures in _from_stated(contract, series, opening)]
    start = _start(series, opening)
    stated = [opening.totals(series[place].window)[tariff.id][0] for place in range(start + 1)]
    return stated + [figure + stated[-1] - found[start] for figure in found[start + 1 :]]


def _start(series: Sequence[Figures], opening: OpeningBalances) -> int:
    labels = [figures.window for figures in series]
    if opening.last_window not in labels:
        raise ValueError(f"the figures of {opening.last_window}, the last stated window, are needed")
    return labels.index(opening.last_window)


def _figure_after(figure: int, by: int, may_be_negative: bool) -> int:
    """The figure so much further on; one that is never negative takes no more back than was stated."""
    return figure + by if may_be_negative or not by else max(0, figure + by)


def capped_by(contract: Contract, series: Sequence[Figures]) -> list[str]:
    """The caps that cut something at the end of the last window, by the name of the term that holds them."""
    own = owed_amounts(replace(contract, caps=Caps()), series)[-1]
    raw = {tariff.id: owed_before_caps(contract, tariff, series[-1]) for tariff in contract.tariffs}
    cut = [f"tariffs.{name}" for name, amount in raw.items() if own[name] < amount]
    if sum(owed_amounts(contract, series)[-1].values()) < sum(own.values()):
        cut.append("caps")
    return cut


def _in_window(tariff: Tariff, held: int, raw_before: int, raw: int) -> int:
    """The cumulative amount under the window's cap: its excess is lost, or carried to later windows.

    Where it is lost, a fall takes back at most what was paid: of what the cap cut nothing was.
    """
    if not tariff.cap_window_minor:
        return raw
    if tariff.carries_excess:
        return min(raw, held + tariff.cap_window_minor)
    if raw < raw_before:
        return max(held + raw - raw_before, min(held, raw, 0))
    return held + min(raw - raw_before, tariff.cap_window_minor)


def _under_caps(contract: Contract, held: Mapping[str, int], figures: Figures) -> dict[str, int]:
    own = {t.id: min(held[t.id], t.cap_minor) if t.cap_minor else held[t.id] for t in contract.tariffs}
    bearing = [tariff.id for tariff in contract.tariffs if tariff.bears_person_excess]
    under_persons = _without(own, max(0, figures.quantities.get(contract.caps.person_excess, 0)), bearing)
    most = contract.caps.most_minor
    return _without(under_persons, max(0, sum(under_persons.values()) - most), list(own)) if most else under_persons


def _without(amounts: Mapping[str, int], over: int, tariffs: Sequence[str]) -> dict[str, int]:
    """The amounts with so much taken off these tariffs, the last one first, and off none more than it is owed."""
    left = dict(amounts)
    for name in reversed(tariffs):
        taken = min(over, max(0, left[name]))
        left[name] -= taken
        over -= taken
    return left
