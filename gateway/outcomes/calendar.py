"""What a contract plans to show, as the value that `policies.calendar` judges."""

from __future__ import annotations

from gateway.outcomes.contract import Contract, Measure, MeasureKind, PlannedRelease
from gateway.outcomes.results import later
from gateway.outcomes.terms import Window
from policies.calendar import Calendar, CalendarFigure, PlannedShow
from vocabulary.weeks import Week

_LEAST_WEEKS_A_MONTH = 4


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
        investor=next((party.organisation for party in contract.parties if party.role == "investor"), ""),
        billed=tuple(payer.organisation for payer in contract.payers[1:]),
    )


def _show(contract: Contract, release: PlannedRelease) -> PlannedShow:
    [window] = [one for one in contract.windows if one.label == release.window]  # the reader refuses any other label
    return PlannedShow(
        template=release.template,
        recipient=release.recipient,
        organisation=contract.party(release.recipient).organisation,
        window=release.window,
        figures=tuple(_figure(contract, measure, window) for measure in contract.measures),
    )


def _figure(contract: Contract, measure: Measure, window: Window) -> CalendarFigure:
    weeks = first_weeks(contract)
    can = sum(1 for first in weeks if can_count(contract, measure, first, window))
    return CalendarFigure(measure.id, can, len(weeks))


def first_weeks(contract: Contract) -> list[Week]:
    """Every week in which a person of the cohort may begin to count."""
    later = 0 if contract.qualification.first_week_is_enrolment_week else 1
    first, last = Week.of(contract.cohort.enrolment_from), Week.of(contract.cohort.enrolment_to)
    return [first + later + offset for offset in range(last - first + 1)]


def can_count(contract: Contract, measure: Measure, first: Week, window: Window) -> bool:
    """Whether somebody with this first week can change the measure's figure of the window."""
    start = max(first, window.from_week) if measure.kind is MeasureKind.WEEKS else first
    for pause in contract.pauses:  # in their order, so that one loop is enough
        if pause.from_week <= start <= pause.to_week:
            start = pause.to_week + 1
    if start > window.to_week:
        return False
    weeks = _counted(contract, first, window.to_week)
    match measure.kind:
        case MeasureKind.WEEKS:
            return _counted(contract, first, start) <= measure.weeks_from_enrolment
        case MeasureKind.PEOPLE:
            return weeks >= measure.sustained_weeks
        case MeasureKind.RETENTION:
            return weeks >= measure.needed * (_LEAST_WEEKS_A_MONTH if measure.by_month else 1)
        case MeasureKind.DAYS:
            return 7 * weeks >= measure.needed
        case MeasureKind.EARNINGS:
            return True
        case MeasureKind.FOLLOW_UP:
            return Week.of(later(first.monday, measure.months[0])) <= window.to_week


def _counted(contract: Contract, first: Week, last: Week) -> int:
    """Weeks from `first` to `last`, both included, that no pause takes out."""
    paused = (min(last, pause.to_week) - max(first, pause.from_week) + 1 for pause in contract.pauses)
    return last - first + 1 - sum(max(0, weeks) for weeks in paused)
