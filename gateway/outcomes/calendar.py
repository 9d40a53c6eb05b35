"""What a contract plans to show, as the value that `policies.calendar` judges, and when people's time can begin."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache

from gateway.outcomes.contract import Contract, Measure, PersonalTariff
from gateway.outcomes.in_window import first_window_of, version_at, versions_with_windows
from gateway.outcomes.terms import ExitRule, FigureUnit, PlannedRelease
from policies.calendar import AskedThreshold, Calendar, PartOfAnother, PlannedShow
from vocabulary.releases import Template
from vocabulary.weeks import Month, Week


def calendar_of(contract: Contract) -> Calendar:
    """The contract's calendar, ordered by window; no value and no person is looked at."""
    order = {window.label: position for position, window in enumerate(contract.windows)}
    releases = sorted(contract.releases, key=lambda release: (order[release.window], release.template))
    return Calendar(
        people=contract.cohort.size,
        k=contract.k,
        k_cohort=contract.k_cohort,
        shows=tuple(_show(contract, release) for release in releases),
        breakdown_windows=(contract.breakdown_window,) if contract.breakdown_window else (),
        tied=frozenset(frozenset(pair) for pair in contract.tied),
        reasons_windows=(contract.reasons_window,) if contract.reasons_window else (),
        named_windows=tuple(dict.fromkeys(statement.window for statement in contract.statements)),
        creditor=contract.creditor,
        investors=tuple(party.organisation for party in contract.parties_as("investor")),
        billed=tuple(payer.organisation for payer in contract.payers[1:]),
        priced_by_state=tuple(
            tariff.id for tariff in contract.personal_tariffs if _is_priced_by_state(contract, tariff)
        ),
        counted=tuple(measure.id for measure in contract.measures),
        thresholds=tuple(_thresholds(contract)),
        classes=tuple(_classes(contract)),
    )


def _classes(contract: Contract) -> Iterator[PartOfAnother]:
    """The measures that a later version brought, each with every other of which it may be a part, or the whole."""
    for measure in contract.measures:
        if not measure.instead_of and not measure.beside:
            continue
        since = first_window_of(contract, measure)
        if not contract.earlier:  # of a text by itself, that it brings the measure
            since = sum(window.to_week.sunday < contract.effective_from for window in contract.windows)
        labels = tuple(window.label for window in contract.windows[since:])
        for other in contract.measures:
            if other.id != measure.id and _may_be_part(measure, other):
                yield PartOfAnother(measure.id, other.id, labels)


def _may_be_part(one: Measure, other: Measure) -> bool:
    """Whether all that one of them counts may be counted by the other: of the same unit, and the weeks of one qualify
    for the other. What reads no weeks is held against its own kind."""
    states = [{state.id for state in measure.states} for measure in (one, other)]
    is_alike = one.kind == other.kind if not all(states) else states[0] <= states[1] or states[1] <= states[0]
    return is_alike and one.unit is other.unit and one.is_result and other.is_result


def _thresholds(contract: Contract) -> Iterator[AskedThreshold]:
    """Every number of people from which on something is met, open or paid, by whatever version: what a gate or a step
    of an earlier one lets be paid is asked to the end, and a goal in whichever window its answer is shown."""
    figures = _figures_of_people(contract)
    asked: dict[AskedThreshold, str] = {}
    for version in reversed(versions_with_windows(contract)):
        said = "" if version is contract else f" in version {version.version}"
        for one in _thresholds_of(version, figures):
            if not one.is_goal or version is contract or _answers_under(contract, version):
                asked.setdefault(one, said)
    return (replace(one, by=f"{one.by}{said}") for one, said in asked.items())


def _thresholds_of(version: Contract, figures: Mapping[str, str]) -> Iterator[AskedThreshold]:
    for measure in version.measures:
        if measure.id in figures and measure.goal_people:
            by = f"threshold_people of {measure.id}"
            yield AskedThreshold(figures[measure.id], measure.goal_people, by, is_goal=True)
    for tariff in version.tariffs:
        if tariff.gate is not None and tariff.gate.of in figures:
            yield AskedThreshold(figures[tariff.gate.of], tariff.gate.at_least, f"the gate of {tariff.id}")
        if tariff.main_figure in figures:
            for at in sorted(tariff.jumps()):
                yield AskedThreshold(figures[tariff.main_figure], at, f"the steps of {tariff.id}")


def _figures_of_people(contract: Contract) -> dict[str, str]:
    """The measures of people, each with its figure: those that count the same are one, called by the first of them."""
    alike: list[Measure] = []
    found: dict[str, str] = {}
    for measure in contract.measures:
        if measure.unit is FigureUnit.PERSON and measure.is_result:
            same = (one.id for one in alike if replace(measure.without_goal(), id=one.id, line=one.line) == one)
            found[measure.id] = next(same, measure.id)
            alike.append(measure.without_goal())
    return found


def _answers_under(contract: Contract, version: Contract) -> bool:
    """Whether an answer, met or not met, is shown of a window of this version."""
    labels = {one.window for one in contract.releases if one.template is Template.PREDICATE}
    return any(
        version_at(contract, place) is version for place, one in enumerate(contract.windows) if one.label in labels
    )


def _is_priced_by_state(contract: Contract, tariff: PersonalTariff) -> bool:
    measure = contract.measure(tariff.of)
    states = [] if measure is None else [state.id for state in measure.states]
    return any(tariff.tells_apart(states[0], other) for other in states[1:])


def state_ids(measure: Measure) -> tuple[str, ...]:
    """The states that the units of a measure are counted by; the empty one alone where it has no states."""
    return tuple(state.id for state in measure.states) or ("",)


def _show(contract: Contract, release: PlannedRelease) -> PlannedShow:
    return PlannedShow(
        template=release.template,
        recipient=release.recipient,
        organisation=contract.party(release.recipient).organisation,
        window=release.window,
    )


def needed_weeks(contract: Contract) -> tuple[Week, Week]:
    """The weeks that the contract may ask a source for: from the first enrolment to the last window."""
    return Week.of(contract.cohort.enrolment_from), contract.windows[-1].to_week


def first_weeks(contract: Contract) -> list[Week]:
    """Every week in which a person of the cohort may begin to count."""
    return sorted({Week.of(day) for day in first_days(contract)})


def first_days(contract: Contract) -> list[date]:
    """Every day that may be the first one that counts of a person of the cohort."""
    span = (contract.cohort.enrolment_to - contract.cohort.enrolment_from).days
    days = (contract.cohort.enrolment_from + timedelta(days=offset) for offset in range(span + 1))
    return sorted({first_day_of(contract, day) for day in days})


def first_day_of(contract: Contract, enrolled_on: date) -> date:
    """The first day that may count of somebody who was enrolled on this one."""
    begins = contract.cohort.begins_on(enrolled_on)
    return begins if contract.qualification.first_week_is_enrolment_week else (Week.of(begins) + 1).monday


def people_by_first_day(contract: Contract) -> Mapping[date, int] | None:
    """How many begin on which day, where the contract's cut-offs say it; None where nobody knows."""
    if not contract.cohort.has_cut_offs:
        return None
    found: dict[date, int] = {}
    for batch in contract.cohort.batches:
        day = first_day_of(contract, contract.cohort.period_of(batch.id)[1])
        found[day] = found.get(day, 0) + batch.size
    return found


@lru_cache(maxsize=65536)
def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last day of a month that is shorter."""
    month = Month.of(day) + months
    last = (month + 1).first_day - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))


def is_paused(contract: Contract, week: Week) -> bool:
    """Whether the week counts for nobody."""
    return any(pause.from_week <= week <= pause.to_week for pause in contract.pauses)


def open_week(contract: Contract, week: Week) -> Week:
    """The week itself, or the first one behind the pauses in which it lies."""
    for pause in contract.pauses:  # in their order, so that one loop is enough
        if pause.from_week <= week <= pause.to_week:
            week = pause.to_week + 1
    return week


def counted_weeks(contract: Contract, first: Week, last: Week) -> int:
    """Weeks from `first` to `last`, both included, that no pause takes out."""
    paused = (min(last, pause.to_week) - max(first, pause.from_week) + 1 for pause in contract.pauses)
    return last - first + 1 - sum(max(0, weeks) for weeks in paused)


def stands_still(contract: Contract) -> bool:
    """Whether an exit can make a person's time stand still, in some week."""
    versions = (*contract.earlier, contract)
    return any(ExitRule.NEUTRAL in {*one.exits.values(), *one.register_exits.values()} for one in versions)


def best_years(rows: Sequence[Sequence[int]], price: Callable[[int], int], *, most: int) -> int:
    """The most that `most` units of one row are worth; a row has the year of each unit that a start makes possible."""
    return max(sum(sorted(map(price, years), reverse=True)[:most]) for years in rows)
