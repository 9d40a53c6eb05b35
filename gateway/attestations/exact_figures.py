"""Every exact figure of a contract's releases, as what one person adds to it: what `claims` shows, read as sums.

An amount is a code: it is taken apart into its quantities by distinct price, by the end of its window and of the one
before it. A person's cap makes what somebody earned a figure of its own, and the cap of a window makes the quantity of
each earlier window one. Steps, lines, gates and the other caps are functions of these and add nothing. Where terms have
changed from one version to another, units are told apart by the price of the window in which each was reached, and
what a changed cap or scale owes rests on what was reached by windows before.

What is paid is told too. The operator's documents are exact whatever they tell, and so are the bills of a payer that is
no investor. Where the municipality delivers itself they go to an investor, and are figures of its view like any others,
as an investor's cash is, and the bills of one that bears a share.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias, assert_never

from gateway.attestations.reached import CLAIM_OF
from gateway.outcomes.asked_lives import REASONS, Units
from gateway.outcomes.calendar import calendar_of, state_ids
from gateway.outcomes.contract import Contract, PersonalTariff, Tariff
from gateway.outcomes.not_counted import BUCKETS
from gateway.outcomes.possible_courses import Course
from gateway.outcomes.priced_units import PersonalTerms, units_by_price
from gateway.outcomes.tariffs.pay_share import PayShareTariff
from gateway.outcomes.terms import FigureUnit, PlannedRelease
from gateway.outcomes.versions import has_changed_caps, has_changed_terms, part_of, tariff_stretches
from vocabulary.releases import Recipient, Template

CASH, BILL = "cash", "bill: "  # what the investor gets, and before each figure of a bill that it pays
BY_CLASS, BY_REASON = "outcomes_by_class", "not_counted"  # the claims that are tables


@dataclass(frozen=True, slots=True)
class FigurePart:
    """Units of a measure by the end of a window, from enrolment on: all of them, those at one price of a tariff
    (`price_minor`), or what the person earned under the tariff in minor units. Of a table, those in one of its cells.
    """

    of: str  # a measure, with `tariff` one of what it prices, or a cell
    position: int  # of the window
    tariff: str = ""
    price_minor: int = 0  # 0 with a tariff: the amount that the person earned


Series: TypeAlias = tuple[tuple[str, str, int, int], ...]
"""What a figure counts: of which measure, under which tariff and price, and how many times."""


@dataclass(frozen=True, slots=True)
class ExactFigure:
    """One exact figure of a window: a sum of parts, each so many times. Only what is `shown` by itself can be judged by
    how much of it one person may be; the others are what a reader can take an amount apart into."""

    name: str
    window: str
    parts: tuple[tuple[FigurePart, int], ...]
    is_shown: bool = False

    @property
    def positions(self) -> tuple[int, int]:
        """The windows behind and up to which it counts; the first is -1 from the enrolment on."""
        places = sorted({part.position for part, _ in self.parts})
        return (places[0] if len(places) > 1 else -1), places[-1]

    @property
    def series(self) -> Series:
        """What it counts, wherever it begins and ends."""
        at = self.positions[1]
        return tuple((part.of, part.tariff, part.price_minor, many) for part, many in self.parts if part.position == at)


@dataclass(frozen=True, slots=True)
class FigureOfView:
    """A figure that a release shows somebody."""

    figure: ExactFigure
    release: PlannedRelease

    @property
    def is_free(self) -> bool:
        """Whether it stands in what an operator is paid, which is exact whatever it tells (invariant 6)."""
        return self.release.template is Template.PAYMENT_DOCUMENT and self.release.recipient is Recipient.OPERATOR


@dataclass(frozen=True, slots=True)
class _FigureStretch:
    """What a figure is about: from behind the window `since` (-1 for the enrolment) to the end of the window `at`."""

    contract: Contract
    since: int
    at: int

    @property
    def label(self) -> str:
        return self.contract.windows[self.at].label

    @property
    def is_block(self) -> bool:
        """Whether several windows are shown together."""
        return self.at - self.since > 1


def exact_figures(contract: Contract, ends: Collection[int] | None = None) -> tuple[FigureOfView, ...]:
    """Every exact figure of every planned release of totals and payments, in the order of the calendar.

    `ends` are the windows, counted from 0, at whose end totals are shown: each then tells what was added since the one
    before. None where every window is shown by itself.
    """
    positions = {window.label: position for position, window in enumerate(contract.windows)}
    planned = sorted(contract.releases, key=lambda one: positions[one.window])
    found: list[FigureOfView] = []
    for one in planned:
        at = positions[one.window]
        is_paid = one.template is Template.PAYMENT_DOCUMENT
        if ends is None or is_paid:
            since = at - 1
        elif at in ends:
            since = max((end for end in ends if end < at), default=-1)
        else:
            continue
        stretch = _FigureStretch(contract, since, at)
        found += [FigureOfView(figure, one) for figure in _figures(one, stretch)]
        if is_paid and _bills_its_investor(contract):
            bill = replace(one, recipient=Recipient.INVESTOR)
            found += [FigureOfView(figure, bill) for figure in _of_bill(stretch)]
    return tuple(found)


def _bills_its_investor(contract: Contract) -> bool:
    """Whether an investor bears a share. Below k_cohort a rule of the text lets it see one amount in all."""
    calendar = calendar_of(contract)
    return calendar.bears_share and calendar.people >= calendar.k_cohort


def answers(contract: Contract, ends: Collection[int] | None = None) -> tuple[FigureOfView, ...]:
    """The count behind each planned answer, met or not met. Nobody is shown it; what an answer tells of it is judged by
    how many people can be in it by then. `ends` as above."""
    positions, goal = {window.label: at for at, window in enumerate(contract.windows)}, contract.people_measure
    if goal is None:
        return ()
    return tuple(
        FigureOfView(ExactFigure("threshold", one.window, ((FigurePart(goal.id, at), 1),), is_shown=True), one)
        for one in contract.releases
        for at in [positions[one.window]]
        if one.template is Template.PREDICATE and (ends is None or at in ends)
    )


def _figures(planned: PlannedRelease, stretch: _FigureStretch) -> Iterator[ExactFigure]:
    match planned.template:
        case Template.CONTRACT_TOTAL:
            yield from _totals(stretch)
            yield from _cells(planned.recipient, stretch)
            yield from _amounts(stretch)
            if planned.recipient is Recipient.INVESTOR:
                yield from _cash(stretch)
        case Template.PAYMENT_DOCUMENT:
            yield from _lines(stretch)
            yield from _amounts(stretch)
        case Template.PREDICATE:
            return
        case _:
            assert_never(planned.template)


def _totals(stretch: _FigureStretch) -> Iterator[ExactFigure]:
    """What `claims` and `reached` show beside the amount."""
    contract, at, label = stretch.contract, stretch.at, stretch.label
    goal = contract.people_measure
    if goal is not None:
        yield ExactFigure("outcomes_achieved", label, ((FigurePart(goal.id, at), 1),), is_shown=True)
    paid = {name for tariff in contract.tariffs for name in tariff.own_figures()}
    for unit, claim in CLAIM_OF.items():
        parts = [
            FigurePart(one.id, at)
            for one in contract.measures
            if one.id in paid and one is not goal and one.unit is unit and one.is_result
        ]
        if parts:
            yield ExactFigure(claim, label, tuple((part, 1) for part in parts), is_shown=True)
    weeks = [(FigurePart(one.id, at), 1) for one in contract.measures if one.unit is FigureUnit.WEEK]
    if weeks:
        yield ExactFigure("qualifying_weeks", label, _parts_behind(weeks, stretch.since), is_shown=True)


def _cells(recipient: Recipient, stretch: _FigureStretch) -> Iterator[ExactFigure]:
    """The cells of the tables that are shown here, by class and by reason: which are withheld depends on values, so
    that each may be shown. One person is no larger part of a cell than of the people together."""
    contract, at = stretch.contract, stretch.at
    goal = contract.people_measure
    tables: list[tuple[str, str, str, Sequence[str]]] = []
    if goal is not None:
        classes = [state.id for state in goal.states]
        tables.append((contract.breakdown_window, BY_CLASS, contract.breakdown, classes))
        if recipient is Recipient.OPERATOR:
            tables.append((contract.reasons_window, BY_REASON, REASONS, BUCKETS))
    for window, claim, of, cells in tables:
        if window in [one.label for one in contract.windows[stretch.since + 1 : at + 1]]:
            for cell in cells:
                yield ExactFigure(f"{claim}: {cell}", stretch.label, ((FigurePart(cell_name(of, cell), at), 1),))


def cell_name(of: str, cell: str) -> str:
    """What a cell of a table counts, as a part."""
    return f"{of}: {cell}"


def _lines(stretch: _FigureStretch) -> Iterator[ExactFigure]:
    """The quantities of the lines of a payment document."""
    for tariff in stretch.contract.tariffs:
        if stretch.contract.measure(tariff.main_figure) is not None:
            parts = _parts_behind([(FigurePart(tariff.main_figure, stretch.at), 1)], stretch.since)
            yield ExactFigure(f"quantity of {tariff.id}", stretch.label, parts)


def _amounts(stretch: _FigureStretch) -> Iterator[ExactFigure]:
    """What the amount of a window can be taken apart into, and the amount itself."""
    contract, at, since = stretch.contract, stretch.at, stretch.since
    for tariff in contract.tariffs:
        for position in _ends_told_of(contract, tariff, since, at):
            for part, name in _codes(contract, tariff, position):
                yield ExactFigure(f"payable: {name}", contract.windows[position].label, ((part, 1),))
        if stretch.is_block:
            yield from _parts_of_block(stretch, tariff)
    amount = [
        (part, many) for tariff in contract.personal_tariffs for part, many in _parts_earned(contract, tariff, at)
    ]
    if amount:
        yield ExactFigure("payable", stretch.label, _parts_behind(amount, since), is_shown=True)


def _parts_of_block(stretch: _FigureStretch, tariff: Tariff) -> Iterator[ExactFigure]:
    """What the amount of a block says beside the count: the units at each of several prices, and those of each window
    that has a cap. A reader solves for them, so that they are as much shown as a total is."""
    contract, since, at = stretch.contract, stretch.since, stretch.at
    ends = [since, *(one for one in _ends_told_of(contract, tariff, since, at) if since < one)]
    if len(ends) < 3 and (not isinstance(tariff, PersonalTariff) or len(_prices(contract, tariff)) < 2):
        return
    for behind, end in pairwise(ends):
        for part, name in _codes(contract, tariff, end):
            label = contract.windows[end].label
            yield ExactFigure(f"payable: {name}", label, _parts_behind([(part, 1)], behind), is_shown=True)


def _ends_told_of(contract: Contract, tariff: Tariff, since: int, at: int) -> list[int]:
    """The windows, by place, at whose end a tariff's amount behind one and up to another rests on a figure: these two;
    each before, where a cap cuts windows or has changed; and where a scale has, the last one before."""
    if tariff.cap_window_minor or has_changed_caps(contract):
        return [*range(at + 1)]
    ends = {since, at}
    if not isinstance(tariff, PersonalTariff):
        ends |= {one.since - 1 for one in tariff_stretches(contract, tariff) if one.since <= at}
    return sorted(end for end in ends if end >= 0)


def _cash(stretch: _FigureStretch) -> Iterator[ExactFigure]:
    """What flows on to the investor with its total: the amount of what is shown, and nothing before it is."""
    yield from (replace(one, name=CASH, is_shown=False) for one in _amounts(stretch) if one.name == "payable")


def _of_bill(stretch: _FigureStretch) -> Iterator[ExactFigure]:
    """What a payer's bill says of a window: the lines of its payment document, and a share of the amount, which tells
    the amount."""
    for one in _lines(stretch):
        yield replace(one, name=f"{BILL}{one.name}", is_shown=True)
    for one in _amounts(stretch):
        yield replace(one, name=f"{BILL}{one.name}")


def _parts_earned(contract: Contract, tariff: PersonalTariff, position: int) -> list[tuple[FigurePart, int]]:
    """What a person earned under a tariff by the end of a window, in minor units."""
    scale = 1000 if any(isinstance(one, PayShareTariff) for one in contract.tariffs) else 1  # of shares per mille
    if contract.caps.person_minor:
        return [(FigurePart(tariff.of, position, tariff.id), scale)]
    if isinstance(tariff, PayShareTariff):
        return [(FigurePart(tariff.of, position), tariff.share_per_mille)]
    return [(_price_part(contract, tariff, position, price), price * scale) for price in _prices(contract, tariff)]


def _has_one_price(contract: Contract, tariff: PersonalTariff) -> bool:
    return tariff.follows_from_quantity and len(tariff_stretches(contract, tariff)) == 1


def _price_part(contract: Contract, tariff: PersonalTariff, position: int, price: int) -> FigurePart:
    """The units at a price; where every unit has the same one, all of the measure's."""
    is_single = _has_one_price(contract, tariff) and price == tariff.single_price
    return FigurePart(tariff.of, position) if is_single else FigurePart(tariff.of, position, tariff.id, price)


def _codes(contract: Contract, tariff: Tariff, position: int) -> Iterator[tuple[FigurePart, str]]:
    if isinstance(tariff, PersonalTariff):
        for price in _prices(contract, tariff):
            yield _price_part(contract, tariff, position, price), f"{tariff.id} at {price}"
        if contract.caps.person_minor:
            yield FigurePart(tariff.of, position, tariff.id), f"{tariff.id} under the cap of a person"
    for name in tariff.figures():
        is_priced = isinstance(tariff, PersonalTariff) and not isinstance(tariff, PayShareTariff) and name == tariff.of
        if contract.measure(name) is not None and not is_priced:
            yield FigurePart(name, position), name


def _prices(contract: Contract, tariff: PersonalTariff) -> list[int]:
    """The distinct prices of a unit, above nought, in all years of the calendar and under all versions."""
    measure = contract.measure(tariff.of)
    years = range(contract.cohort.enrolment_from.year, contract.windows[-1].to_week.sunday.year + 1)
    states = () if measure is None or not measure.is_result else state_ids(measure)
    found: set[int] = set()
    for terms in (one.tariff for one in tariff_stretches(contract, tariff)):
        if isinstance(terms, PersonalTariff):
            known = terms.published_index.values if terms.published_index else years
            found |= {terms.price_of(one, year, contract.rounding) for one in states for year in years if year in known}
    return sorted(found - {0})


def _parts_behind(parts: Sequence[tuple[FigurePart, int]], since: int) -> tuple[tuple[FigurePart, int], ...]:
    """What was added behind a window: by the end, less by the end of that window."""
    earlier = [(FigurePart(part.of, since, part.tariff, part.price_minor), -many) for part, many in parts if since >= 0]
    return (*parts, *earlier)


def differences(figures: tuple[FigureOfView, ...]) -> tuple[ExactFigure, ...]:
    """What two windows, one after the other in a view, differ in under one name."""
    shown: dict[str, list[ExactFigure]] = {}
    for one in figures:
        if one.figure.is_shown and one.figure not in shown.setdefault(one.figure.name, []):
            shown[one.figure.name].append(one.figure)
    return tuple(
        ExactFigure(
            name, f"{before.window} to {after.window}", (*after.parts, *((part, -many) for part, many in before.parts))
        )
        for name, found in shown.items()
        for before, after in pairwise(found)
        if name != "qualifying_weeks" and not name.startswith(("payable", BILL))  # shown window by window
    )


def parts_of_measure(contract: Contract, name: str, units: Units) -> dict[FigurePart, int]:
    """What a person with these units of a measure adds to each part of it, before the cap of a person."""
    found: dict[FigurePart, int] = {}
    tariffs = [one for one in contract.personal_tariffs if one.of == name and not _has_one_price(contract, one)]
    priced = {tariff.id: units_by_price(contract, tariff, units) for tariff in tariffs}
    for position, cells in enumerate(units):
        if not cells:
            continue
        found[FigurePart(name, position)] = sum(cells.values())
        for (cell, _), many in cells.items() if name in (contract.breakdown, REASONS) else ():
            part = FigurePart(cell_name(name, cell), position)
            found[part] = found.get(part, 0) + many
        for tariff in tariffs:
            for (_, price), many in priced[tariff.id][position].items():
                part = FigurePart(name, position, tariff.id, price)
                if price:
                    found[part] = found.get(part, 0) + many
    return found


def is_reason(part: FigurePart) -> bool:
    """Whether a part is a cell of the table of why people are in no outcome."""
    return part.of in {cell_name(REASONS, bucket) for bucket in BUCKETS}


def parts_earned(contract: Contract, course: Course) -> dict[FigurePart, int]:
    """What a person of this course earned under each tariff, where a cap of a person makes it a part of its own."""
    if not contract.caps.person_minor:
        return {}
    found: dict[FigurePart, int] = {}
    ends = [
        {name: by_window[position] for name, by_window in course.items()} for position in range(len(contract.windows))
    ]
    terms, rests_on_all = PersonalTerms.of(contract), has_changed_terms(contract)
    for position, at_end in enumerate(ends):
        behind = ends[: position + 1] if rests_on_all else [at_end]
        amounts = terms.amounts(behind) if any(any(one.values()) for one in behind) else {}
        for tariff, stretches in terms.tariffs:
            parts = [part_of(tariff, stretch) for stretch in stretches]
            if earned := sum(amounts.get(name, 0) for name in parts):
                found[FigurePart(tariff.of, position, tariff.id)] = earned
    return found
