"""Worked examples of a contract's tariffs: invented figures, reckoned by the functions that reckon what is owed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from gateway.outcomes.contract import Contract, Measure, MeasureKind
from gateway.outcomes.evaluate import person_amounts
from gateway.outcomes.figures import Figures
from gateway.outcomes.forecast import priced
from gateway.outcomes.lint import most_units
from gateway.outcomes.tariff import UNIT_OF, due_lines, owed_amounts, owed_before_caps
from gateway.outcomes.terms import FigureUnit, Tariff, TariffKind
from gateway.wording import annexes as words
from gateway.wording import formats


@dataclass(frozen=True, slots=True)
class Example:
    """Figures in words, what the tariff makes of them, and what is left under the tariff's caps."""

    tariff: str
    what: str
    figures: Figures
    before_caps_minor: int
    owed_minor: int


@dataclass(frozen=True, slots=True)
class CoursePeriod:
    """One window of the example that runs through several: counts by tariff, and what its document says."""

    window: str
    what: str
    earned_minor: int
    corrected_minor: int

    @property
    def pays_minor(self) -> int:
        return self.earned_minor + self.corrected_minor


def examples(contract: Contract, tariff: Tariff) -> list[Example]:
    """What one tariff pays for a few figures, as if it were the contract's only one."""
    alone = replace(contract, tariffs=(tariff,))
    last = contract.windows[-1].label
    found = []
    for what, figures in _gated(alone, tariff):
        shown = replace(figures, window=last)
        before = owed_before_caps(alone, tariff, shown)
        found.append(Example(tariff.id, what, shown, before, owed_amounts(alone, [shown])[0][tariff.id]))
    return found


def periods(contract: Contract) -> list[CoursePeriod]:
    """Up to three windows with a result, a relapse or growth, and a correction of the first one seen in the last.

    Empty where no tariff reads a measure: declared figures have no course of their own.
    """
    counted = [tariff for tariff in contract.tariffs if contract.measure(tariff.of) is not None]
    windows = contract.windows[:3]
    if not counted or len(windows) < 2:
        return []
    documented: dict[str, tuple[int, int]] = {}
    found = []
    for end in range(1, len(windows) + 1):
        is_corrected = end == len(windows)
        series = [_course(contract, counted, position, is_corrected) for position in range(end)]
        lines = due_lines(contract, series=series, documented=documented)
        for tariff in contract.tariffs:
            mine = [line for line in lines if line.tariff == tariff.id]
            before = documented.get(tariff.id, (0, 0))
            documented[tariff.id] = (
                before[0] + sum(line.quantity for line in mine),
                before[1] + sum(line.amount_minor for line in mine),
            )
        names = list(dict.fromkeys(tariff.of for tariff in counted))
        shown = [words.figure(contract, name, series[-1].quantities[name]) for name in names]
        named = [f"{name}: {one}" for name, one in zip(names, shown, strict=True)]
        what = formats.enumeration(shown if len(names) == 1 else named)
        if is_corrected:
            what += f". {windows[0].label} viser sig at have haft 1 mindre"
        earned = sum(line.amount_minor for line in lines if line.kind == "window")
        corrected = sum(line.amount_minor for line in lines if line.kind == "correction")
        found.append(CoursePeriod(windows[end - 1].label, what, earned, corrected))
    return found


def _course(contract: Contract, counted: Sequence[Tariff], position: int, is_corrected: bool) -> Figures:
    """Cumulative counts of one window in the running example."""
    quantities, personal = {}, {}
    for tariff in counted:
        measure = contract.measure(tariff.of)
        if measure is None:
            continue
        size = contract.cohort.size // len({one.of for one in counted})  # nobody is in two of them here
        shares = (3, 5, 4) if measure.kind is MeasureKind.PEOPLE else (3, 5, 8)  # tenths; only people relapse
        count = max(position + 1, size * shares[position] // 10)
        if measure.kind is MeasureKind.WEEKS:
            count *= 10
        quantities[measure.id] = count - is_corrected  # seen late, so every window since then is one less
        if tariff.kind is TariffKind.PRICE:
            cells = {measure.id: {(measure.states[0].id, _year(contract, tariff)): 1}}
            one = person_amounts(replace(contract, tariffs=(tariff,)), cells)[tariff.id]
            personal[tariff.id] = one * quantities[measure.id]
    for gate in (tariff.gate for tariff in contract.tariffs):
        if gate is not None:
            quantities.setdefault(gate.of, gate.at_least)
    nobody = {tariff.id: 0 for tariff in priced(contract)}
    return Figures(contract.windows[position].label, quantities, nobody | personal, position + 1)


def _cases(contract: Contract, tariff: Tariff) -> Iterator[tuple[str, Figures]]:
    measure = contract.measure(tariff.of)
    match tariff.kind:
        case TariffKind.PRICE if measure is not None:
            yield from _priced(contract, tariff, measure)
        case TariffKind.PRICE:
            for figure in (1, 10, 1000):
                shown = words.figure(contract, tariff.of, figure)
                yield f"{tariff.of}: {shown}", Figures("", {tariff.of: figure}, {}, 1)
        case TariffKind.FEE:
            for windows in sorted({1, len(contract.windows)}):
                yield f"{windows} {words.unit(FigureUnit.WINDOW, windows)}", Figures("", {}, {}, windows)
        case TariffKind.STEPS | TariffKind.LINEAR:
            for figure in _places(tariff):
                shown = words.figure(contract, tariff.of, figure)
                yield f"{tariff.of}: {shown}", Figures("", {tariff.of: figure}, {}, 1)
        case TariffKind.SHARE:
            yield from _shared(contract, tariff)
        case TariffKind.COHORT_THRESHOLD:
            yield from _by_cohort(contract, tariff)


def _gated(contract: Contract, tariff: Tariff) -> Iterator[tuple[str, Figures]]:
    """The cases of a tariff with its gate open, and the last of them once more with the gate shut."""
    gate = tariff.gate
    case: tuple[str, Figures] | None = None
    for what, figures in _cases(contract, tariff):
        case = what, figures
        is_open = gate is None or gate.of in figures.quantities
        known = {} if gate is None or is_open else {gate.of: gate.at_least}
        yield what, replace(figures, quantities={**figures.quantities, **known})
    if gate is not None and case is not None and gate.of not in case[1].quantities:
        below = words.figure(contract, gate.of, gate.at_least - 1)
        shut = {**case[1].quantities, gate.of: gate.at_least - 1}
        yield f"{case[0]}, men {gate.of} er kun {below}", replace(case[1], quantities=shut)


def _priced(contract: Contract, tariff: Tariff, measure: Measure) -> Iterator[tuple[str, Figures]]:
    """One unit in each state and year that has a price of its own, a longer result, and everybody's best result."""
    unit, most = UNIT_OF[measure.kind], most_units(contract, measure)
    states = measure.states if tariff.price_by_state is not None else measure.states[:1]
    years = sorted(tariff.index.values) if tariff.index else [0]

    def case(units: int, people: int, state: str, year: int) -> Figures:
        cells = {measure.id: {(state, year): units}}
        amount = person_amounts(contract, cells)[tariff.id]
        return Figures("", {measure.id: units * people}, {tariff.id: amount * people}, 1)

    for state in states:
        for year in years:
            parts = ["1 borger" if unit is FigureUnit.PERSON else f"1 borger, 1 {words.unit(unit)}"]
            parts += [state.label_da] if tariff.price_by_state is not None else []
            parts += [f"nået i {year}"] if tariff.index else []
            yield ", ".join(parts), case(1, 1, state.id, year)
    size, year = contract.cohort.size, years[-1]
    first = states[0].id
    if most > 1:
        some = min(26, most) if unit is FigureUnit.WEEK else most
        yield f"1 borger, {formats.danish_number(some)} {words.unit(unit, some)}", case(some, 1, first, year)
    each = f", hver {formats.danish_number(most)} {words.unit(unit, most)}" if unit is not FigureUnit.PERSON else ""
    yield f"Alle {formats.danish_number(size)} borgere{each}", case(most, size, first, year)


def _places(tariff: Tariff) -> list[int]:
    """Just below and at each point, and between two of them where lines are drawn."""
    places = {point.at for point in tariff.points} | {tariff.points[0].at - 1}
    for low, high in pairwise(tariff.points):
        places.add((low.at + high.at) // 2 if tariff.kind is TariffKind.LINEAR else high.at - 1)
    return sorted(places)


def _shared(contract: Contract, tariff: Tariff) -> Iterator[tuple[str, Figures]]:
    people = 10
    for more, less in ((100_000_00, 0), (100_000_00, 60_000_00), (60_000_00, 100_000_00)):
        figures = {tariff.of: more}
        if tariff.minus:
            figures[tariff.minus] = less
        elif less:
            continue
        if tariff.multiplier:
            figures[tariff.multiplier] = people
        shown = [f"{name}: {words.figure(contract, name, figure)}" for name, figure in figures.items()]
        yield formats.enumeration(shown), Figures("", figures, {}, 1)


def _by_cohort(contract: Contract, tariff: Tariff) -> Iterator[tuple[str, Figures]]:
    below = {one.of: one.at_least - 1 for one in tariff.cohorts}
    rows = [below, below | {tariff.cohorts[0].of: tariff.cohorts[0].at_least}]
    rows.append({one.of: one.at_least for one in tariff.cohorts})
    if tariff.pooled is not None:
        rows.append(below | {tariff.pooled.of: tariff.pooled.at_least})
    for figures in rows:
        shown = [f"{name}: {words.figure(contract, name, figure)}" for name, figure in figures.items()]
        yield formats.enumeration(shown), Figures("", figures, {}, 1)


def _year(contract: Contract, tariff: Tariff) -> int:
    return tariff.base_year if tariff.index else contract.windows[0].to_week.thursday.year
