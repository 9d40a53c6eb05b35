"""Tariffs: pure functions from whole figures to minor units of the contract's currency.

Everything is cumulative: `owed` says, window by window, what is owed in all by then with today's knowledge, and
`due_lines` what a window's document adds to the documents before it. Nothing is lost to a cap or a late correction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.outcomes.contract import Contract, PersonalTariff, Tariff
from gateway.outcomes.figures import Figures
from gateway.outcomes.opening import OpeningBalances
from gateway.outcomes.terms import Caps
from gateway.outcomes.under_caps import ChangingCap, taken_off
from gateway.outcomes.versions import caps_at, part_of, tariff_at, tariff_stretches


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
    return tariff.owes(contract, figures) if _is_open(tariff, figures) else 0


def _is_open(tariff: Tariff, figures: Figures) -> bool:
    gate = tariff.gate
    return gate is None or figures.quantities.get(gate.of, gate.at_least - 1) >= gate.at_least


def _raw_amount(contract: Contract, tariff: Tariff, series: Sequence[Figures]) -> int:
    """What a tariff owes in all at the end of the last window, before caps: what each stretch of terms adds, behind its
    own gate, which is asked with today's figure.

    People's units are worth what they were when each was reached. Of one figure a scale pays for the stretch by which
    it grew under it; of several, and for windows, what the amount came to between its first window and its last.
    Raises `ValueError` where terms have changed and a window is missing before the last one.
    """
    stretches, now = tariff_stretches(contract, tariff), series[-1]
    if len(stretches) == 1:
        return owed_before_caps(contract, tariff, now)
    if [one.window for one in series] != [window.label for window in contract.windows[: len(series)]]:
        raise ValueError("where terms have changed the figures of every window are needed")
    begun = [one for one in stretches if one.since < len(series)]
    ends = [*(one.since for one in begun[1:]), len(series)]
    found = 0
    for number, (stretch, end) in enumerate(zip(begun, ends, strict=True)):
        terms = stretch.tariff
        if terms is None or not _is_open(terms, now):
            continue
        if isinstance(terms, PersonalTariff):
            found += now.personal[part_of(terms, stretch)]
        elif terms.own_figures() == (terms.main_figure,):
            starts = [series[one.since - 1].quantities.get(terms.main_figure) for one in begun[max(number, 1) :]]
            found += _grown_by(contract, terms, now, starts, is_first=not number)
        else:
            found += terms.owes(contract, series[end - 1])
            found -= terms.owes(contract, series[stretch.since - 1]) if stretch.since else 0
    return found


def _grown_by(contract: Contract, terms: Tariff, now: Figures, starts: Sequence[int | None], *, is_first: bool) -> int:
    """What a figure adds in one stretch: from what it was when that began to what it is, or was when a later one began.

    `starts` are what it was when this stretch, unless it is the first, and each later one began; None where it was not
    declared yet, so that a stretch before it owes nothing.
    """
    low, later = (None, starts) if is_first else (starts[0], starts[1:])
    figure = now.quantities.get(terms.main_figure)
    if figure is None or None in later:
        return 0
    high = min((one for one in later if one is not None), default=figure)

    def amount(at: int) -> int:
        return terms.owes(contract, replace(now, quantities={**now.quantities, terms.main_figure: at}))

    if low is None:
        return amount(min(figure, high))
    return amount(max(low, min(figure, high))) - amount(low) if low <= high else 0


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
    caps = _CapsWalk(contract)
    moved = list(series) if opening is None else _from_stated(contract, series, opening)
    for number, figures in enumerate(moved, start=1):
        raw = {
            tariff.id: _figure_after(
                _raw_amount(contract, tariff, moved[:number]), carried.get(tariff.id, 0), tariff.can_be_negative
            )
            for tariff in contract.tariffs
        }
        for tariff in contract.tariffs:
            there = tariff_at(contract, tariff, caps.place(figures)) or tariff
            held[tariff.id] = _in_window(there, held.get(tariff.id, 0), raw_before.get(tariff.id, 0), raw[tariff.id])
        raw_before = raw
        found.append(caps.under(held, figures))
        if opening is None or figures.window not in opening.windows:
            continue
        stated = {name: opening.amounts(figures.window).get(name, 0) for name in held}  # nothing of a later tariff
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
        if tariff.id in totals and contract.measure(tariff.main_figure) is not None
    }
    for tariff in contract.tariffs:
        gate = tariff.gate
        if (
            gate is not None
            and totals.get(tariff.id, (0, 0))[1]
            and at.get(gate.of, 0) + moves.get(gate.of, 0) < gate.at_least
        ):
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
    stated = [opening.totals(series[place].window).get(tariff.id, (0, 0))[0] for place in range(start + 1)]
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
    earlier = tuple(replace(one, caps=Caps()) for one in contract.earlier)
    own = owed_amounts(replace(contract, caps=Caps(), earlier=earlier), series)[-1]
    raw = {tariff.id: _raw_amount(contract, tariff, series) for tariff in contract.tariffs}
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


class _CapsWalk:
    """The caps of the tariffs, of people behind declared figures and of the contract, from window to window."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._own = {tariff.id: ChangingCap() for tariff in contract.tariffs}
        self._whole = ChangingCap()
        self._bearing = [tariff.id for tariff in contract.tariffs if tariff.bears_person_excess]

    def place(self, figures: Figures) -> int:
        """The place of the figures' window; the last one of figures of no window of the contract."""
        if not self._contract.earlier:
            return len(self._contract.windows) - 1
        return [window.label for window in self._contract.windows].index(figures.window)

    def under(self, held: Mapping[str, int], figures: Figures) -> dict[str, int]:
        """What is owed of these amounts at the end of the figures' window."""
        contract, place = self._contract, self.place(figures)
        terms = [(tariff.id, tariff_at(contract, tariff, place)) for tariff in contract.tariffs]
        own = {
            name: self._own[name].under(
                held[name], one.cap_minor if one else 0, pays_cut=one is not None and one.pays_cut
            )
            for name, one in terms
        }
        caps = caps_at(contract, place)
        over = max(0, figures.quantities.get(caps.person_excess, 0))
        under_persons = taken_off(own, over, self._bearing)
        whole = sum(under_persons.values())
        owed = self._whole.under(whole, caps.most_minor, pays_cut=caps.pays_cut)
        return taken_off(under_persons, whole - owed, list(own))
