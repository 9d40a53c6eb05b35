"""What a draft contract comes to for people of a past year, in figures that tell of nobody.

Pure. Outsiders read what comes out, so that everything in it follows from these figures, and from nothing else of
anybody: how many people there are and how many reached something, to the nearest five; and what they reached in each
window, to the nearest five people's worth, the most that a person can reach there being one person's worth.

- What was reached in a window is shown where at least k people moved it and at least k could have moved it further;
  else it is shown with a later window, together.
- Units of several prices are divided in the same steps, before a price is looked at: of two texts that differ in prices
  alone the second tells nothing that the first did not.
- An amount is what the tariffs make of those figures. What a person's cap cuts is cut of all of them together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.figures import Cell, Figures
from gateway.outcomes.forecast import Declared, known_by
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.measures.instrument import instrument_measures
from gateway.outcomes.results import AskedWeeks, units_by_window
from gateway.outcomes.tariff import owed_amounts
from gateway.outcomes.terms import FigureUnit, WeekState, apportion

STEP = 5  # people: figures are whole steps of so many people, or of so many people's worth

Units = Sequence[Mapping[Cell, int]]  # of everybody, in the order of the cohort


@dataclass(frozen=True, slots=True)
class TriedMeasure:
    """One measure by a window's end: people who reached anything so far, and units of this window and of those before
    it that were not shown; None where it is not shown."""

    measure: str
    unit: str
    people: int | None
    units: int | None


@dataclass(frozen=True, slots=True)
class TriedWindow:
    """One window of a trial. `amount_minor` is owed for it and for windows before it of which no amount is shown."""

    window: str
    measures: tuple[TriedMeasure, ...]
    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class TrialFigures:
    """All that a trial shows: people to the nearest five, amounts in minor units of the draft's currency."""

    people: int
    k: int
    windows: tuple[TriedWindow, ...]

    @property
    def owed_minor(self) -> int | None:
        """What is owed in all by the last window of which an amount is shown; None where none is."""
        shown = [one.amount_minor for one in self.windows if one.amount_minor is not None]
        return sum(shown) if shown else None


def cannot_be_tried(contract: Contract) -> str:
    """Why nothing of the draft would come out of a trial; empty where something does."""
    if not contract.measures:
        return "it counts nobody itself: only declared figures decide, and `contract simulate` tries those"
    if instrument_measures(contract):
        return "it counts what an instrument measures, and nobody of a past year was measured by it"
    for measure in contract.measures:
        if measure.unit is FigureUnit.MINOR and measure.pace_limit is None:
            return f"{measure.id!r} adds up pay without a bound for each person: it may be about the one paid most"
    return ""


def try_draft(
    contract: Contract, people: Sequence[PersonHistory], declared: Declared, *, report: Callable[[int, int], None]
) -> TrialFigures:
    """The figures of a draft on the calendar of these people. `report` is told of so many measures of so many.

    May raise `ContractNotEvaluable`.
    """
    k = max(STEP, contract.k)
    asked: dict[tuple[WeekState, ...], list[AskedWeeks]] = {}
    tried: list[_TriedUnits] = []
    for number, measure in enumerate(contract.measures, start=1):
        if measure.states not in asked:
            last = contract.windows[-1].to_week
            asked[measure.states] = [AskedWeeks.of(contract, measure.states, one, last) for one in people]
        plain = measure.without_goal()
        pairs = zip(people, asked[measure.states], strict=True)
        by_person = [units_by_window(contract, plain, one, weeks) for one, weeks in pairs]
        rows = [[units[place] for units in by_person] for place in range(len(contract.windows))]
        tried.append(_TriedUnits(measure, tuple(_shown_units(contract, measure, rows, k))))
        report(number, len(contract.measures))
    everybody = nearest(len(people), STEP)
    return TrialFigures(everybody, k, tuple(_windows(contract, tried, declared, everybody)))


def nearest(value: int, step: int) -> int:
    """The whole step that is nearest; of two the one further from nothing."""
    found = (2 * abs(value) + step) // (2 * step) * step
    return found if value >= 0 else -found


@dataclass(frozen=True, slots=True)
class _ShownUnits:
    """What is shown of one measure by a window's end; `cells` are all that was shown by then."""

    people: int | None
    units: int | None
    cells: Mapping[Cell, int]


@dataclass(frozen=True, slots=True)
class _TriedUnits:
    measure: Measure
    windows: tuple[_ShownUnits, ...]


def _shown_units(contract: Contract, measure: Measure, rows: Sequence[Units], k: int) -> Iterator[_ShownUnits]:
    since = -1
    so_far: Counter[Cell] = Counter()
    for place, row in enumerate(rows):
        before: Units = rows[since] if since >= 0 else [{}] * len(row)
        moved = [sum(now.values()) - sum(then.values()) for now, then in zip(row, before, strict=True)]
        most = _most_of_person(contract, measure, since, place)
        is_shown = not measure.is_result or (
            sum(1 for units in moved if units) >= k and sum(1 for units in moved if abs(units) < most) >= k
        )
        step = None
        if is_shown:
            since = place
            step = nearest(sum(moved), STEP * max(1, most))
            so_far.update(_cells_of_step(step, STEP * max(1, most), row, before))
        reached = sum(1 for units in row if sum(units.values()))
        can_tell = not measure.is_result or k <= reached <= len(row) - k
        yield _ShownUnits(nearest(reached, STEP) if can_tell else None, step, dict(so_far))


def _most_of_person(contract: Contract, measure: Measure, since: int, place: int) -> int:
    """The most that one person can add between two windows' ends: by the evaluator's own bound, and by the weeks."""
    window = contract.windows[place]
    whole = measure.best_of_person(contract, window, lambda _: 1)
    if measure.can_fall or since < 0:
        return whole
    return min(whole, measure.most_a_week * (window.to_week - contract.windows[since].to_week))


def _cells_of_step(total: int, step: int, row: Units, before: Units) -> dict[Cell, int]:
    """A rounded number of units by cell, in whole steps, by what each cell came to."""
    moved: Counter[Cell] = Counter()
    for now, then in zip(row, before, strict=True):
        moved.update(now)
        moved.subtract(then)
    cells = sorted(cell for cell, units in moved.items() if units * total > 0)
    if not total or not cells:
        return {}
    parts = apportion(total // step, [abs(moved[cell]) for cell in cells])
    return {cell: part * step for cell, part in zip(cells, parts, strict=True) if part}


def _windows(
    contract: Contract, tried: Sequence[_TriedUnits], declared: Declared, everybody: int
) -> Iterator[TriedWindow]:
    series = [_figures(contract, tried, declared, everybody, place) for place in range(len(contract.windows))]
    owed = [sum(amounts.values()) for amounts in owed_amounts(contract, series)]
    paid, told = contract.paid_measures, 0
    for place, window in enumerate(contract.windows):
        shown = [(one.measure, one.windows[place]) for one in tried]
        amount = None
        if all(now.units is not None for measure, now in shown if measure.id in paid):
            amount, told = owed[place] - told, owed[place]
        measures = tuple(TriedMeasure(measure.id, measure.unit, now.people, now.units) for measure, now in shown)
        yield TriedWindow(window.label, measures, amount)


def _figures(
    contract: Contract, tried: Sequence[_TriedUnits], declared: Declared, everybody: int, place: int
) -> Figures:
    """What tariffs read at a window's end: of what is shown, and of nothing else."""
    shown = {one.measure.id: one.windows[place] for one in tried}
    quantities = {name: sum(one.cells.values()) for name, one in shown.items()}
    earned = {one.id: one.worth_of(shown[one.of].cells, contract.rounding) for one in contract.personal_tariffs}
    if contract.caps.person_minor:
        people = max((one.people or everybody for one in shown.values()), default=0)
        room = people * contract.caps.person_minor
        for name, amount in earned.items():
            earned[name] = min(room, amount)
            room -= earned[name]
    known = known_by(contract, declared, place)
    return Figures(contract.windows[place].label, quantities | known, earned, place + 1)
