"""The most that one plain history, lived by everybody in the cohort, really brings under a contract.

Where it meets the upper bound, the bound is reached. Where it stays below, the measures cannot all be at their best for
the same person, or an amount grows with a declared figure, which has no best one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gateway.outcomes.calendar import first_day_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.figures import Figures
from gateway.outcomes.forecast import Recount
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.measures.instrument import possible_marks
from gateway.outcomes.tariff import owed_amounts, owed_before_caps
from gateway.outcomes.tariffs.pay_share import PayShareTariff
from gateway.outcomes.terms import WeekState
from vocabulary.statuses import IncomeType
from vocabulary.weeks import Week

_FULL_TIME = 168_00  # hours a week in hundredths: more than any state can ask for
_PAY_MINOR = 10**12  # a month's pay that reaches every threshold


def best_seen(contract: Contract) -> int:
    """The most that is owed in all when everybody in the cohort lives one and the same plain history.

    Each state, entered in the first week and held to the end, is tried for everybody; declared figures are taken where
    they pay most. Where an amount grows with one, none is the best, and it is left out.
    """
    starts = (contract.cohort.enrolment_from, contract.cohort.enrolment_to)
    lives = [plain_life(contract, state, day) for state in contract.states or (None,) for day in starts]
    declared = {
        aggregate.id: dict.fromkeys(aggregate.windows, _dearest(contract, aggregate.id))
        for aggregate in contract.aggregates
        if not _is_boundless(contract, aggregate.id)
    }
    found = []
    cohorts: list[list[PersonHistory]] = [[life] for life in lives] or [[]]
    for cohort in cohorts:
        series = [_for_everybody(contract, one) for one in Recount(contract, cohort).series(contract, declared)]
        found.append(sum(owed_amounts(contract, series)[-1].values()))
    return max(found)


def _for_everybody(contract: Contract, figures: Figures) -> Figures:
    """The figures of one person, as if everybody in the cohort were one like that; declared ones stay."""
    size, counted = contract.cohort.size, {measure.id for measure in contract.measures}
    boundless = {
        one.id for one in contract.tariffs if isinstance(one, PayShareTariff) and one.most_minor(contract) is None
    }
    quantities = {name: number * size if name in counted else number for name, number in figures.quantities.items()}
    return replace(
        figures,
        quantities=quantities,
        personal={name: 0 if name in boundless else amount * size for name, amount in figures.personal.items()},
    )


def plain_life(contract: Contract, state: WeekState | None, enrolled_on: date) -> PersonHistory:
    """Somebody who is in a state from the first week to the last, with all the hours and pay there can be; of whom the
    registers show nothing where the contract has no states."""
    first, last = Week.of(contract.cohort.enrolment_from), contract.windows[-1].to_week
    months = range(first.month.ordinal - 1, last.month.ordinal + 1)
    types: list[IncomeType] = sorted(state.income_types) if state else []
    full = {(month, kind): _FULL_TIME * 5 for month in months for kind in types}
    return PersonHistory(
        subject=f"{1:032x}",
        enrolled_on=enrolled_on,
        statuses=dict.fromkeys(range(first.ordinal, last.ordinal + 1), frozenset({state.plain_status}))
        if state
        else {},
        hours=full,
        postings=dict.fromkeys(full, 1),
        earnings=dict.fromkeys(full, _PAY_MINOR),
        reached=possible_marks(
            contract, first_day_of(contract, enrolled_on), 0, range(first.ordinal, last.ordinal + 1)
        ),
    )


def _is_boundless(contract: Contract, name: str) -> bool:
    """Whether an amount grows with the figure, so that none is the best; or falls with it."""
    return name == contract.caps.person_excess or any(tariff.grows_with(name) for tariff in contract.tariffs)


def _dearest(contract: Contract, name: str) -> int:
    """The figure at which the tariffs that read an aggregate pay most."""
    readers = [tariff for tariff in contract.tariffs if name in tariff.figures()]
    places = {place for tariff in readers for place in tariff.turning_points()}
    places |= {tariff.gate.at_least for tariff in readers if tariff.gate}
    last = contract.windows[-1].label

    def amount_at(figure: int) -> int:
        figures = Figures(last, {name: figure}, {tariff.id: 1 for tariff in readers}, len(contract.windows))
        return sum(owed_before_caps(contract, tariff, figures) for tariff in readers)

    return max(sorted(places), key=amount_at, default=0)
