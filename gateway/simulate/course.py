"""A course: how many of a cohort are in the outcome at given weeks, and month-by-month lives that fit it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from vocabulary.declaration import parse
from vocabulary.weeks import Month, Week


class Activity(StrEnum):
    """What an invented person does in one month. The first five are outcomes under IMPACT60."""

    JOB = "job"
    FLEKSJOB = "fleksjob"
    EDUCATION = "education"
    PARTIAL_JOB = "partial_job"
    SKAANEJOB = "skaanejob"
    BENEFIT = "benefit"
    # what looks like an outcome and is none
    NO_RECORD = "no_record"  # no benefit and no income: lives on savings or a partner
    WAGE_SUBSIDY = "wage_subsidy"  # paid hours in a benefit week
    SMALL_JOB = "small_job"  # no benefit and too few hours
    SICKNESS = "sickness"
    PENSION = "pension"
    DEAD = "dead"
    UNKNOWN_CODE = "unknown_code"


_LOOK_ALIKES = (
    Activity.NO_RECORD,
    Activity.WAGE_SUBSIDY,
    Activity.SMALL_JOB,
    Activity.SICKNESS,
    Activity.UNKNOWN_CODE,
)
_EXITS = (Activity.PENSION, Activity.DEAD)


@dataclass(frozen=True, slots=True)
class CoursePoint:
    """So many people are in the outcome in this week; `published` and `reading` are shown beside it."""

    week: Week
    people: int
    published: str
    reading: str


@dataclass(frozen=True, slots=True)
class Course:
    contract: str
    people: int
    enrolment_from: date
    enrolment_to: date
    first_month: Month
    last_month: Month
    status_source: str
    sustained_months: int
    points: tuple[CoursePoint, ...]
    activities: tuple[tuple[Activity, int], ...]  # (activity, per cent)


@dataclass(frozen=True, slots=True)
class Life:
    """One invented person: enrolment and an activity for every month of the course."""

    number: int  # 0-based; the registers turn it into a replacement CPR number
    enrolled_on: date
    activities: tuple[Activity, ...]  # from the course's first month on


def load_course(text: bytes, *, file: str) -> Course:
    """Read a course; `DeclarationInvalid` (file, line, key) for anything it does not understand."""
    root = parse(text, file=file)
    points = []
    for table in root.tables("points"):
        points.append(
            CoursePoint(
                table.convert("week", Week.parse),
                table.integer("people"),
                table.text("published"),
                table.text("reading"),
            )
        )
        table.finish()
    shares = root.table("activities")
    activities = tuple((Activity(word), shares.integer(word)) for word in Activity if word in shares)
    shares.finish()
    if root.text("schema") != "course/1":
        raise root.refuse("schema", "must be course/1")
    course = Course(
        contract=root.text("contract"),
        people=root.integer("people", least=1),
        enrolment_from=root.day("enrolment_from"),
        enrolment_to=root.day("enrolment_to"),
        first_month=root.convert("first_month", Month.parse),
        last_month=root.convert("last_month", Month.parse),
        status_source=root.text("status_source"),
        sustained_months=root.integer("sustained_months", least=1),
        points=tuple(points),
        activities=activities,
    )
    root.finish()
    if any(point.people > course.people for point in points):
        raise root.refuse("points", "cannot have more people in the outcome than in the cohort")
    return course


def live(course: Course, *, seed: int) -> list[Life]:
    """Invented lives of the whole cohort that fit the course, the same for the same seed."""
    rng = random.Random(f"{seed}:{course.contract}")
    chosen = _choose(course, rng)
    span = (course.enrolment_to - course.enrolment_from).days
    lives = []
    for number in range(course.people):
        enrolled_on = course.enrolment_from + timedelta(days=rng.randrange(span + 1))
        inside = [number in people for people in chosen]
        lives.append(Life(number, enrolled_on, _months(course, inside, rng)))
    return lives


def _choose(course: Course, rng: random.Random) -> list[set[int]]:
    """Who is in the outcome at each point: as many as possible stay from the point before."""
    chosen: list[set[int]] = []
    before: set[int] = set()
    for point in course.points:
        others = sorted(set(range(course.people)) - before)
        if point.people <= len(before):
            now = set(rng.sample(sorted(before), point.people))
        else:
            now = before | set(rng.sample(others, point.people - len(before)))
        chosen.append(now)
        before = now
    return chosen


def _months(course: Course, inside: list[bool], rng: random.Random) -> tuple[Activity, ...]:
    first = course.first_month
    months = [Activity.BENEFIT] * (course.last_month - first + 1)
    marks = [point.week.month - first for point in course.points]
    enrolled = Month.of(course.enrolment_to) - first + 1
    if not any(inside):
        return _outside(months, enrolled, rng)
    start: int | None = None
    for position, mark in enumerate(marks):
        previous = marks[position - 1] if position else enrolled
        if inside[position] and start is None:
            latest = mark - course.sustained_months + 1
            start = rng.randint(min(previous + 1, latest), latest)
        elif not inside[position] and start is not None:
            _fill(months, start, rng.randint(previous, mark - 1), _draw(course, rng))
            start = None
    if start is not None:
        _fill(months, start, len(months) - 1, _draw(course, rng))
    return tuple(months)


def _outside(months: list[Activity], enrolled: int, rng: random.Random) -> tuple[Activity, ...]:
    """A life that is never in the outcome; one in two looks like it for a while, one in ten ends in an exit."""
    drawn = rng.random()
    start = rng.randint(enrolled, len(months) - 4)
    if drawn < 0.5:
        _fill(months, start, rng.randint(start + 2, len(months) - 1), rng.choice(_LOOK_ALIKES))
    elif drawn < 0.6:
        _fill(months, start, len(months) - 1, rng.choice(_EXITS))
    return tuple(months)


def _draw(course: Course, rng: random.Random) -> Activity:
    activities, shares = zip(*course.activities, strict=True)
    drawn: Activity = rng.choices(activities, weights=shares)[0]
    return drawn


def _fill(months: list[Activity], first: int, last: int, activity: Activity) -> None:
    months[first : last + 1] = [activity] * (last - first + 1)
