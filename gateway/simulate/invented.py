"""Invented people as the evaluator reads them: the histories of a course without a file, a database or an installation.

Within the course's months they are what the pipeline makes of the files of `gateway simulate`. After its last month
everybody goes on as in that month, so that a contract can be tried whose last window lies later.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.results import person_result
from gateway.simulate.course import Activity, Course, CoursePoint, live
from gateway.simulate.registers import shown_income, shown_status, simulated_source
from vocabulary.records import IncomePosting, StatusSpell, SubjectRef
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Month

_MIX = {  # per cent of those in the outcome, where the contract counts the activity; invented
    Activity.JOB: 60,
    Activity.FLEKSJOB: 15,
    Activity.EDUCATION: 15,
    Activity.PARTIAL_JOB: 5,
    Activity.SKAANEJOB: 5,
}
_WEEKS_A_MONTH = 4
_WHOLE = 1000


def histories(contract: Contract, course: Course, *, seed: int, hours_vary: bool = False) -> list[PersonHistory]:
    """The cohort that this seed draws, through the registers that the contract reads.

    `hours_vary`: everybody in paid work has hours of their own, drawn between what the contract asks for and what the
    registers' files show; else they are those of the files. The same arguments give the same people.
    """
    last = max(course.last_month, contract.windows[-1].to_week.month)
    found = []
    for life in live(course, seed=seed):
        months = {course.first_month + number: activity for number, activity in enumerate(life.activities)}
        goes_on = life.activities[-1]
        months |= {course.last_month + later: goes_on for later in range(1, last - course.last_month + 1)}
        share = random.Random(f"{seed}:hours:{life.number}").random() if hours_vary else 1.0
        found.append(_as_read(contract, f"{life.number:032x}", life.enrolled_on, months, round(share * _WHOLE)))
    return found


def generate_course(contract: Contract, *, per_cent: int) -> Course:
    """A course for a contract: so many per cent are in a counted state at the end of the last window.

    Before that the number grows evenly from the end of the enrolment. What people do is drawn from the activities that
    some measure of the contract counts. Raises `ValueError` where it counts none of them.
    """
    last_day, last_window = Month.of(contract.cohort.enrolment_to), contract.windows[-1].to_week.month
    mix = {activity: share for activity, share in _MIX.items() if _is_counted(contract, activity)}
    if not mix:
        raise ValueError(f"no activity that can be simulated counts: {', '.join(_MIX)}")
    first_month = Month.of(contract.cohort.enrolment_from) + -2
    last_month = max(last_window, last_day + 6)  # room for those who are never in the outcome
    sustained = min(max(map(_months_needed, contract.measures)), last_window - first_month)
    span = max(1, last_window - last_day)
    ends = {window.to_week.month: window.to_week for window in contract.windows if window.to_week.month > last_day}
    ends = {month: week for month, week in ends.items() if month - last_day >= sustained or month == last_window}
    points = [
        CoursePoint(week, contract.cohort.size * per_cent * (month - last_day) // (100 * span), "invented", "invented")
        for month, week in sorted(ends.items())
    ]
    return Course(
        contract=contract.id,
        people=contract.cohort.size,
        enrolment_from=contract.cohort.enrolment_from,
        enrolment_to=contract.cohort.enrolment_to,
        first_month=first_month,
        last_month=last_month,
        status_source=simulated_source(contract.status_sources),
        sustained_months=sustained,
        points=tuple(points),
        activities=tuple(mix.items()),
    )


def scale_course(course: Course, people: int) -> Course:
    """The same course with another number of people; shares stay as near as whole people let them."""
    return replace(
        course,
        people=people,
        points=tuple(
            replace(point, people=(point.people * people * 2 + course.people) // (2 * course.people))
            for point in course.points
        ),
    )


def _as_read(
    contract: Contract, subject: str, enrolled_on: date, months: Mapping[Month, Activity], share: int = _WHOLE
) -> PersonHistory:
    """A life as the registers show it; `share` of 1000 is how far the hours lie above what is asked for."""
    ref = SubjectRef(subject)
    spells, postings = [], []
    for month, activity in months.items():
        weeks = month.weeks()
        status = shown_status(simulated_source(contract.status_sources), activity)
        spells.append(StatusSpell(ref, status, "", weeks[0], weeks[-1]))
        income = shown_income(activity, len(weeks))
        if income is not None:
            kind, hours, minor = income
            least = _most_hours_asked(contract, status, kind, hours // len(weeks)) * len(weeks)
            kept = minor if contract.needs_amounts else 0
            had = least + (hours - least) * share // _WHOLE
            postings.append(IncomePosting(ref, month, kind, had, amount_minor=kept))
    return PersonHistory.build(subject=subject, enrolled_on=enrolled_on, spells=spells, postings=postings)


def _most_hours_asked(contract: Contract, status: Status, kind: IncomeType, most: int) -> int:
    """The most hours a week, in hundredths, that a state of the contract asks of somebody like this."""
    asked = [
        state.hours_per_week_hundredths
        for state in contract.states
        if status in state.statuses and kind in state.income_types
    ]
    return max((hours for hours in asked if hours <= most), default=most)


def _is_counted(contract: Contract, activity: Activity) -> bool:
    """Whether somebody who does nothing else is counted by the end, by a measure that is paid or (without one) any."""
    first, last = Month.of(contract.cohort.enrolment_from) + -1, contract.windows[-1].to_week.month
    months = {first + number: activity for number in range(last - first + 1)}
    person = _as_read(contract, f"{0:032x}", contract.cohort.enrolment_from, months)
    paid = contract.paid_measures or {measure.id for measure in contract.measures}
    measures = [measure for measure in contract.measures if measure.id in paid]
    week = contract.windows[-1].to_week
    return any(person_result(contract, measure, person, week).quantity for measure in measures)


def _months_needed(measure: Measure) -> int:
    return 1 + measure.weeks_needed() // _WEEKS_A_MONTH
