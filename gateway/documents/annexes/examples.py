"""Worked examples of a contract's tariffs: invented figures, reckoned by the functions that reckon what is owed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gateway.outcomes.calendar import state_ids
from gateway.outcomes.contract import Contract, PersonalTariff, Tariff
from gateway.outcomes.figures import Figures, TriedFigures
from gateway.outcomes.priced_units import PersonalTerms
from gateway.outcomes.tariff import due_lines, owed_amounts, owed_before_caps
from gateway.outcomes.tariffs.pay_share import PayShareTariff
from gateway.outcomes.terms import FigureUnit
from gateway.wording import annexes as words
from gateway.wording import formats

_TRIED_PAY_MINOR = 100_000_00  # of each person in a worked course


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
    for what, figures in _cases_by_gate(alone, tariff):
        shown = replace(figures, window=last)
        before = owed_before_caps(alone, tariff, shown)
        found.append(Example(tariff.id, what, shown, before, owed_amounts(alone, [shown])[0][tariff.id]))
    return found


def periods(contract: Contract) -> list[CoursePeriod]:
    """Up to three windows with a result, a relapse or growth, and a correction of the first one seen in the last.

    They begin with the first window in which anything can be reached. Empty where no tariff reads a measure: declared
    figures have no course of their own.
    """
    counted = [tariff for tariff in contract.tariffs if contract.measure(tariff.main_figure) is not None]
    first = next((at for at in range(len(contract.windows)) if any(_most(contract, one, at) for one in counted)), 0)
    windows = contract.windows[: first + 3]
    if not counted or len(windows) - first < 2:
        return []
    documented: dict[str, tuple[int, int]] = {}
    found = []
    for end in range(1, len(windows) + 1):
        is_corrected = end == len(windows)
        series = [_course(contract, counted, position, first, is_corrected) for position in range(end)]
        lines = due_lines(contract, series=series, documented=documented)
        for tariff in contract.tariffs:
            mine = [line for line in lines if line.tariff == tariff.id]
            before = documented.get(tariff.id, (0, 0))
            documented[tariff.id] = (
                before[0] + sum(line.quantity for line in mine),
                before[1] + sum(line.amount_minor for line in mine),
            )
        names = list(dict.fromkeys(tariff.main_figure for tariff in counted))
        shown = [words.figure(contract, name, series[-1].quantities[name]) for name in names]
        named = [f"{name}: {one}" for name, one in zip(names, shown, strict=True)]
        what = formats.enumeration(shown if len(names) == 1 else named)
        if is_corrected:
            what += f". {windows[first].label} viser sig at have haft 1 mindre"
        earned = sum(line.amount_minor for line in lines if line.kind == "window")
        corrected = sum(line.amount_minor for line in lines if line.kind == "correction")
        found.append(CoursePeriod(windows[end - 1].label, what, earned, corrected))
    return found[first:]


def _most(contract: Contract, tariff: Tariff, position: int) -> int:
    """How many units of a tariff's measure everybody together can have by the end of a window."""
    measure = contract.measure(tariff.main_figure)
    if measure is None:
        return 0
    return contract.cohort.size * measure.best_of_person(contract, contract.windows[position], lambda _: 1)


def _course(contract: Contract, counted: Sequence[Tariff], position: int, first: int, is_corrected: bool) -> Figures:
    """Cumulative counts of one window in the running example, which begins with the window of the place `first`."""
    quantities, personal = {}, {}
    for tariff in counted:
        measure = contract.measure(tariff.main_figure)
        if measure is None:
            continue
        size = contract.cohort.size // len({one.main_figure for one in counted})  # nobody is in two of them here
        shares = (3, 5, 4) if measure.can_relapse else (3, 5, 8)  # tenths
        at = max(0, position - first)
        count = max(at + 1, size * shares[at] // 10)
        if measure.unit in (FigureUnit.WEEK, FigureUnit.DAY):
            count *= 10 * measure.most_a_week
        count = min(count, _most(contract, tariff, position))
        is_less = is_corrected and position >= first and _most(contract, tariff, first) > 0
        quantities[measure.id] = count - is_less  # seen late, so every window since then is one less
        if isinstance(tariff, PayShareTariff):
            quantities[measure.id] *= _TRIED_PAY_MINOR
            each = tariff.worth_of({("", 0): _TRIED_PAY_MINOR}, contract.rounding)
            personal[tariff.id] = each * (quantities[measure.id] // _TRIED_PAY_MINOR)
        elif isinstance(tariff, PersonalTariff):
            year = tariff.plain_year(contract.windows[0].to_week.thursday.year)
            cells = {measure.id: {(state_ids(measure)[0], year): 1}}
            one = PersonalTerms.of(replace(contract, tariffs=(tariff,), earlier=())).amounts([cells])[tariff.id]
            personal[tariff.id] = one * quantities[measure.id]
    for gate in (tariff.gate for tariff in contract.tariffs):
        if gate is not None:
            quantities.setdefault(gate.of, gate.at_least)
    nobody = {tariff.id: 0 for tariff in contract.personal_tariffs}
    return Figures(contract.windows[position].label, quantities, nobody | personal, position + 1)


def _cases(contract: Contract, tariff: Tariff) -> Iterator[tuple[str, Figures]]:
    for case in tariff.cases(contract):
        if case.people:
            yield _result(contract, tariff, case), case.figures
        elif case.figures.quantities:
            shown = [f"{name}: {words.figure(contract, name, one)}" for name, one in case.figures.quantities.items()]
            yield formats.enumeration(shown), case.figures
        else:
            windows = case.figures.windows
            yield f"{windows} {words.unit(FigureUnit.WINDOW, windows)}", case.figures


def _result(contract: Contract, tariff: Tariff, case: TriedFigures) -> str:
    """How many people have which result each."""
    unit = tariff.unit(contract)
    each = "" if unit is FigureUnit.PERSON else f"{formats.danish_number(case.units)} {words.unit(unit, case.units)}"
    if unit is FigureUnit.MINOR:
        each = words.money(contract, case.units)
    if case.is_everybody:
        return f"Alle {formats.danish_number(case.people)} borgere{f', hver {each}' if each else ''}"
    parts = ["1 borger", each, case.state, f"nået i {case.year}" if case.year else ""]
    return ", ".join(part for part in parts if part)


def _cases_by_gate(contract: Contract, tariff: Tariff) -> Iterator[tuple[str, Figures]]:
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
