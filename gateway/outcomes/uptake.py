"""Referrals against plan, and what fewer or more people than planned do to what can be owed: from the text alone.

The plan is the contract's own: by month where it says so. Else a batch's people come evenly over the days of referral
to it, which its cut-off ends, or the end of enrolment. Pure; no figure of anybody is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from gateway.outcomes.best_seen import best_seen
from gateway.outcomes.bounds import ranges
from gateway.outcomes.contract import Contract
from gateway.outcomes.terms import FigureUnit, ReferralBatch
from vocabulary.weeks import Month


@dataclass(frozen=True, slots=True)
class PlannedMonth:
    """People who are planned to be referred by a month's end, all months before it included."""

    month: Month
    people: int


@dataclass(frozen=True, slots=True)
class UptakeEffect:
    """What can be owed in all with so many people, in minor units, by bounds and by the best plain life of everybody;
    None where nothing bounds it. `unreachable` are the thresholds that so many people cannot reach, by their terms."""

    people: int
    most_minor: int | None
    best_minor: int
    unreachable: tuple[str, ...]


def planned_by_month(contract: Contract) -> tuple[PlannedMonth, ...]:
    """The plan by the end of each month of enrolment."""
    first, last = Month.of(contract.cohort.enrolment_from), Month.of(contract.cohort.enrolment_to)
    months = [first + number for number in range(last - first + 1)]
    return tuple(PlannedMonth(month, planned_on(contract, last_day(month))) for month in months)


def planned_on(contract: Contract, day: date) -> int:
    """People who are planned to be referred by the end of a day, those of a month evenly over its days."""
    cohort, found = contract.cohort, 0
    for number, people in enumerate(cohort.planned):
        month = Month.of(cohort.enrolment_from) + number
        first, last = max(month.first_day, cohort.enrolment_from), min(last_day(month), cohort.enrolment_to)
        found += _evenly(people, first, last, day)
    if cohort.planned:
        return found
    for batch in cohort.batches:
        first, last = cohort.period_of(batch.id)
        found += _evenly(batch.size, first, last, day)
    return found


def _evenly(people: int, first: date, last: date, day: date) -> int:
    """How many of so many have come by the end of a day, who come evenly between two days."""
    whole = (last - first).days + 1
    return people * min(max(0, (day - first).days + 1), whole) // whole


def last_day(month: Month) -> date:
    return (month + 1).first_day - timedelta(days=1)


def projected_people(contract: Contract, people: int, *, on: date) -> int:
    """People by the end of enrolment at the pace so far; those there are where enrolment has ended or not begun."""
    first, last = contract.cohort.enrolment_from, contract.cohort.enrolment_to
    gone, whole = (on - first).days + 1, (last - first).days + 1
    return people if gone <= 0 or gone >= whole else people * whole // gone


def is_behind(people: int, planned: int, *, per_cent: int) -> bool:
    """Whether more than so many per cent of the people are missing who were planned by now."""
    return 100 * people < (100 - per_cent) * planned


def effect_of(contract: Contract, people: int) -> UptakeEffect:
    """What can be owed where so many people are referred in all. The batches keep their proportions."""
    scaled = with_people(contract, people)
    return UptakeEffect(people, ranges(scaled)[-1].most.minor, best_seen(scaled), tuple(_unreachable(scaled)))


def with_people(contract: Contract, people: int) -> Contract:
    """The same contract for another number of people; what they are worth each stays."""
    cohort = contract.cohort
    batches: list[ReferralBatch] = []
    done = given = 0
    for batch in cohort.batches:
        done += batch.size
        size = people * done // cohort.size - given
        given += size
        batches.append(replace(batch, size=size))
    return replace(contract, cohort=replace(cohort, size=people, batches=tuple(batches)))


def _unreachable(contract: Contract) -> Iterator[str]:
    """Every threshold, gate and step of people, or of units, that is more than all of them together can reach."""
    most = {one.id: contract.cohort.size * one.most_units(contract) for one in contract.measures}
    units = {one.id: one.unit for one in contract.measures}
    for measure in contract.measures:
        if measure.goal_people > contract.cohort.size:
            yield f"threshold_people of {measure.id}: {measure.goal_people}"
    for tariff in contract.tariffs:
        if tariff.gate is not None and most.get(tariff.gate.of, tariff.gate.at_least) < tariff.gate.at_least:
            yield f"the gate of {tariff.id}: {tariff.gate.at_least}"
        figure = tariff.main_figure
        if units.get(figure, FigureUnit.MINOR) is not FigureUnit.MINOR:
            yield from (f"a step of {tariff.id}: {at}" for at in sorted(tariff.jumps()) if at > most[figure])
