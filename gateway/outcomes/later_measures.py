"""What a later version may say of measures: what counts stays, a goal may be met from other numbers on, more may come.

The other numbers of a measure, such as the weeks that it needs or the month of a follow-up, say what is counted: under
others the same people would be counted twice. A new measure counts what each person reaches from its first window on.
It says `instead_of` which one, of which nothing more is paid, or `beside` which: so that nobody is paid twice unseen.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.outcomes.contract import Contract, Measure, Tariff
from gateway.outcomes.later_windows import Refuse
from gateway.outcomes.tariffs.price import PriceTariff
from gateway.outcomes.terms import FigureUnit


def check_measures(known: Contract, new: Contract, refuse: Refuse, *, plain: Callable[[Measure], object]) -> None:
    """Raise `AmendmentRefused` where a measure would count otherwise, or a new one does not say what becomes of those
    before it. `plain` leaves out what says nothing of that."""
    if len(new.measures) < len(known.measures):
        raise refuse("measures", f"must begin with those of version {known.version}: new ones come behind them")
    for before, after in zip(known.measures, new.measures, strict=False):
        if plain(before.without_goal()) != plain(after.without_goal()):
            raise refuse("measures", f"differs from version {known.version}: what {before.id!r} counts may not change")
        if bool(before.goal_people) != bool(after.goal_people):
            raise refuse("measures", f"may change threshold_people of {before.id!r}, and neither add nor drop it")
    for measure in new.measures[len(known.measures) :]:
        _check_new(known, measure, refuse)
    for measure in new.measures:
        for tariff in new.tariffs:
            if measure.instead_of in tariff.own_figures() and not pays_nothing(tariff):
                reason = f"must pay nothing for {measure.instead_of!r} from here on: price_minor = 0 for {tariff.id!r}"
                raise refuse("tariffs", f"{reason}, or say beside, since {measure.id!r} comes instead of it")


def _check_new(known: Contract, measure: Measure, refuse: Refuse) -> None:
    named = {measure.instead_of, *measure.beside} - {""}
    if known.measures and not named:
        names = ", ".join(one.id for one in known.measures)
        reason = f"must say of {measure.id!r} instead_of which, or beside which, of: {names}"
        raise refuse("measures", f"{reason}. Instead, nothing more is paid of the other; beside, both are")
    if not named <= {one.id for one in known.measures}:
        raise refuse("measures", f"must name of {measure.id!r} measures of the version in force")
    if measure.goal_people:
        raise refuse("measures", f"may not give {measure.id!r} threshold_people: the goal of a contract stays one")
    if measure.unit is FigureUnit.MINOR:
        raise refuse("measures", f"may not bring {measure.id!r}: of pay nobody can say from when on it was reached")


def pays_nothing(tariff: Tariff) -> bool:
    """Whether a tariff prices each unit at nought."""
    return isinstance(tariff, PriceTariff) and not any((tariff.price_by_state or {"": tariff.price_minor}).values())


def changes_measures(known: Contract, new: Contract) -> bool:
    """Whether there is a new measure, or the goal is met from another number of people on."""
    before, after = ({one.id: one.goal_people for one in version.measures} for version in (known, new))
    return before != after
