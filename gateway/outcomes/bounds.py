"""The least and the most that a contract can ever cost, from its tariffs alone: no forecast and no probability.

A bound holds for every history that the registers could show and for every figure that an evaluator could declare.
`best_seen` is the other half: what is really reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from gateway.outcomes.calendar import can_count, first_weeks
from gateway.outcomes.contract import Contract, Measure, MeasureKind
from gateway.outcomes.figures import Figures
from gateway.outcomes.forecast import known_by, priced
from gateway.outcomes.lint import most_units
from gateway.outcomes.results import later
from gateway.outcomes.tariff import owed_before_caps, price_of
from gateway.outcomes.terms import ExitRule, Tariff, TariffKind, Window, apportion
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class Range:
    """Minor units owed in all at the end of a window, at least and at most. None: the contract sets no bound there."""

    window: str
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class PartyCase:
    """The contract's whole time as one party sees it, in minor units: paying is negative. None where nothing bounds it.

    `basis` says what the figures are about: "receives", "pays", "earns on its capital", or "not said".
    """

    role: str
    name: str
    worst: int | None
    best: int | None
    basis: str


def ranges(contract: Contract) -> tuple[Range, ...]:
    """The bounds of what is owed in all, window by window, every cap applied."""
    by_tariff = {tariff.id: _held(contract, tariff) for tariff in contract.tariffs}
    found = []
    for position, window in enumerate(contract.windows):
        lows = [by_tariff[tariff.id][position][0] for tariff in contract.tariffs]
        highs = {tariff.id: by_tariff[tariff.id][position][1] for tariff in contract.tariffs}
        low = sum(low for low in lows if low is not None) if None not in lows else None
        found.append(Range(window.label, _at_most(contract, low), _at_most(contract, _together(contract, highs))))
    return tuple(found)


def parties(contract: Contract) -> tuple[PartyCase, ...]:
    """The worst and the best case of each party at the end of the contract.

    The investor's assumes that everything the municipality pays goes on to it, up to its capital with the return that
    the contract allows. Where the contract does not say what was lent, nothing is said; a contract without an investor
    has no third case.
    """
    last = ranges(contract)[-1]
    operator = PartyCase("operator", contract.party("operator").name, last.low, last.high, "receives")
    least, most = (_shares(contract, amount) for amount in (last.low, last.high))
    pay = tuple(
        PartyCase("outcome_payer", payer.name, most[place], least[place], "pays")
        for place, payer in enumerate(contract.payers)
    )
    investor = next((party for party in contract.parties if party.role == "investor"), None)
    if investor is None:
        return operator, *pay
    capital, most_back = capital_lent(contract)
    if not capital:
        return operator, *pay, PartyCase("investor", investor.name, None, None, "not said")
    back = [amount for amount in (last.high, most_back) if amount is not None]
    worst = None if last.low is None else min(last.low, capital) - capital  # without the goal there is no return
    return (
        operator,
        *pay,
        PartyCase("investor", investor.name, worst, min(back) - capital if back else None, "earns on its capital"),
    )


def _shares(contract: Contract, amount: int | None) -> tuple[int | None, ...]:
    """What each payer pays of an amount: negative."""
    if amount is None:
        return (None,) * len(contract.payers)
    return tuple(-share for share in apportion(amount, contract.share_parts))


def capital_lent(contract: Contract) -> tuple[int, int | None]:
    """What the investor lends, and the most that comes back to it; 0 where the contract does not say."""
    terms = contract.settlement.investor if contract.settlement else None
    if terms is not None:
        return terms.capital_minor, terms.capital_minor + terms.max_return_minor
    return contract.caps.capital_minor, contract.caps.most_minor if contract.caps.capital_minor else None


def _held(contract: Contract, tariff: Tariff) -> list[tuple[int | None, int | None]]:
    """The bounds of one tariff by window, its window cap and its own cap applied."""
    raw = [_uncapped(contract, tariff, position) for position in range(len(contract.windows))]
    cap, own = tariff.cap_window_minor, tariff.cap_minor
    highs: list[int | None] = [high for _, high in raw]
    lows: list[int | None] = [low for low, _ in raw]
    if cap:
        held = 0
        for position, (_, high) in enumerate(raw):
            held = held + cap if high is None else min(held + cap, high)
            highs[position] = held
        if not tariff.carries_excess:
            lows = _lowest_when_excess_is_lost(contract, tariff, raw)
    if own:
        highs = [own if high is None else min(high, own) for high in highs]
        lows = [None if low is None else min(low, own) for low in lows]
    return list(zip(lows, highs, strict=True))


def _lowest_when_excess_is_lost(
    contract: Contract, tariff: Tariff, raw: Sequence[tuple[int | None, int | None]]
) -> list[int | None]:
    """A rise is cut by the window's cap and a fall is not, so going up and down can cost more than was ever paid.

    What is held is concave in the raw amounts; its least value lies where each of them is at a bound.
    """
    if not _can_fall(contract, tariff):
        return [low for low, _ in raw]
    at: dict[int, int] = {0: 0}  # raw amount now -> the least that is held
    found: list[int | None] = []
    for low, high in raw:
        if low is None or high is None:
            return [None] * len(raw)
        at = {
            new: min(held + min(new - before, tariff.cap_window_minor) for before, held in at.items())
            for new in (low, high)
        }
        found.append(min(at.values()))
    return found


def _can_fall(contract: Contract, tariff: Tariff) -> bool:
    """Whether what was earned can be lost again without a correction of the register."""
    if tariff.gate is not None:
        return True
    measure = contract.measure(tariff.of)
    if tariff.kind is TariffKind.FEE:
        return False
    is_taken_back = ExitRule.OUT in {*contract.exits.values(), *contract.register_exits.values()}
    return measure is None or is_taken_back or measure.kind in (MeasureKind.PEOPLE, MeasureKind.EARNINGS)


def _uncapped(contract: Contract, tariff: Tariff, position: int) -> tuple[int | None, int | None]:
    """What a tariff can owe before caps; behind a gate that may be shut, nothing is always possible."""
    low, high = _ungated(contract, replace(tariff, gate=None), position)
    if tariff.gate is None:
        return low, high
    return None if low is None else min(low, 0), None if high is None else max(high, 0)


def _ungated(contract: Contract, tariff: Tariff, position: int) -> tuple[int | None, int | None]:
    window = contract.windows[position]
    match tariff.kind:
        case TariffKind.FEE:
            return (tariff.price_minor * (position + 1),) * 2
        case TariffKind.PRICE if contract.measure(tariff.of) is None:
            return _declared(contract, tariff, position)
        case TariffKind.PRICE:
            most = _person_most(contract, tariff, window)
            cap = contract.caps.person_minor
            return 0, contract.cohort.size * (min(most, cap) if cap else most)
        case TariffKind.STEPS | TariffKind.LINEAR:
            amounts = [
                owed_before_caps(contract, tariff, Figures(window.label, {tariff.of: figure}, {}, position + 1))
                for figure in _figures(contract, tariff, position)
            ]
            return min(amounts, default=0), max(amounts, default=0)
        case TariffKind.SHARE:
            return _declared(contract, tariff, position)
        case TariffKind.COHORT_THRESHOLD:
            due = known_by(contract, _any(contract), position)
            cohorts = {one.of: one.at_least for one in tariff.cohorts if one.of in due}
            pooled = {one.of: one.at_least for one in [tariff.pooled] if one is not None and one.of in due}
            highs = [
                owed_before_caps(contract, tariff, Figures(window.label, figures, {}, position + 1))
                for figures in (cohorts, pooled)
            ]
            return 0, max(highs)


def _declared(contract: Contract, tariff: Tariff, position: int) -> tuple[int | None, int | None]:
    """An amount in step with declared figures: nothing before they are due, and no bound from then on."""
    known = known_by(contract, _any(contract), position)
    if any(name not in known for name in tariff.figures()):
        return 0, 0
    return (None if tariff.may_be_negative else 0), None


def _figures(contract: Contract, tariff: Tariff, position: int) -> list[int]:
    """The figures at which a scale can have its least and its most: its ends and its points."""
    measure = contract.measure(tariff.of)
    places = {point.at for point in tariff.points} | {point.at - 1 for point in tariff.points}
    if measure is None:
        return sorted(places) if tariff.of in known_by(contract, _any(contract), position) else []
    most = contract.cohort.size * _most_of(contract, measure, contract.windows[position])
    return sorted({0, most} | {place for place in places if 0 <= place <= most})


def _any(contract: Contract) -> dict[str, dict[str, int]]:
    return {aggregate.id: dict.fromkeys(aggregate.windows, 0) for aggregate in contract.aggregates}


def _person_most(contract: Contract, tariff: Tariff, window: Window) -> int:
    """The most that one person can have earned under a price by the end of a window, before the person's cap."""
    measure = contract.measure(tariff.of)
    if measure is None:
        return 0

    def price(year: int) -> int:
        if tariff.index is not None and year not in tariff.index.values:
            return 0  # such a unit cannot be evaluated at all
        return max(price_of(tariff, state.id, year, contract.rounding) for state in measure.states)

    if measure.kind in (MeasureKind.WEEKS, MeasureKind.FOLLOW_UP):
        most, end = most_units(contract, measure), window.to_week.thursday.year
        is_later = measure.kind is MeasureKind.FOLLOW_UP and _stands_still(
            contract
        )  # a point handed on to a later week

        def best(year: int) -> int:
            return max(map(price, range(year, end + 1))) if is_later else price(year)

        rows = _year_rows(contract, measure, window)
        return max(sum(sorted(map(best, years), reverse=True)[:most]) for years in rows)
    first = first_weeks(contract)[0]
    if not can_count(contract, measure, first, window):
        return 0
    years = range(first.thursday.year, window.to_week.thursday.year + 1)
    return max(map(price, years))


def _most_of(contract: Contract, measure: Measure, window: Window) -> int:
    """The most units that one person can have under a measure by the end of a window."""
    if measure.kind in (MeasureKind.WEEKS, MeasureKind.FOLLOW_UP):
        return min(most_units(contract, measure), max(map(len, _year_rows(contract, measure, window))))
    return int(can_count(contract, measure, first_weeks(contract)[0], window))


def _year_rows(contract: Contract, measure: Measure, window: Window) -> list[list[int]]:
    """For every start that a person may have: the year of each unit that can be earned by the window's end.

    Where an exit can make time stand still, weeks after the person's time are among them: any may count instead.
    """
    if measure.kind is MeasureKind.FOLLOW_UP:
        return [_follow_up_years(contract, measure, day, window) for day in _first_days(contract)]
    stands_still = _stands_still(contract)
    rows = []
    for first in first_weeks(contract):
        weeks = [first + offset for offset in range(max(0, window.to_week - first + 1))]
        asked = [week.thursday.year for week in weeks if not _is_paused(contract, week)]
        rows.append(asked if stands_still else asked[: measure.weeks_from_enrolment])
    return rows


def _stands_still(contract: Contract) -> bool:
    """Whether an exit can make a person's time stand still."""
    return ExitRule.NEUTRAL in {*contract.exits.values(), *contract.register_exits.values()}


def _first_days(contract: Contract) -> list[date]:
    span = (contract.cohort.enrolment_to - contract.cohort.enrolment_from).days
    days = [contract.cohort.enrolment_from + timedelta(days=offset) for offset in range(span + 1)]
    if contract.qualification.first_week_is_enrolment_week:
        return days
    return sorted({(Week.of(day) + 1).monday for day in days})


def _follow_up_years(contract: Contract, measure: Measure, start: date, window: Window) -> list[int]:
    years = []
    for months in measure.months:
        week = Week.of(later(start, months))
        while _is_paused(contract, week):
            week += 1
        if week <= window.to_week:
            years.append(week.thursday.year)
    return years


def _is_paused(contract: Contract, week: Week) -> bool:
    return any(pause.from_week <= week <= pause.to_week for pause in contract.pauses)


def _together(contract: Contract, highs: dict[str, int | None]) -> int | None:
    """All tariffs added up; priced ones together never exceed everybody's personal cap."""
    of_people = {tariff.id for tariff in priced(contract)}
    personal = [highs[tariff.id] or 0 for tariff in contract.tariffs if tariff.id in of_people]
    others = [highs[tariff.id] for tariff in contract.tariffs if tariff.id not in of_people]
    most = contract.cohort.size * contract.caps.person_minor
    people = min(sum(personal), most) if most else sum(personal)
    if None in others:
        return None
    return people + sum(other for other in others if other is not None)


def _at_most(contract: Contract, amount: int | None) -> int | None:
    most = contract.caps.most_minor
    if not most:
        return amount
    return most if amount is None else min(amount, most)
