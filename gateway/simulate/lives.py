"""The same invented lives as each simulated source knows them: one course, one seed, one story told in many ways.

Periods and benefits are whole weeks, as the registers' files are; what a life shows in a register is written in
`gateway.simulate.registers`, for files and services alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from gateway.simulate.course import Activity, Course, Life
from gateway.simulate.kombit_answers import Benefit, Report
from gateway.simulate.kombit_answers import CivilRecord as CivilLife
from gateway.simulate.registers import dream_code, pay_of, refunded_benefit, replacement_cpr
from gateway.simulate.rest_sources import BenefitPeriod
from vocabulary.weeks import Month

_SUBJECT = "32.24.04"  # KLE; the same for every benefit, since nothing rests on it
_STRANGER = "651"


@dataclass(frozen=True, slots=True)
class Lives:
    """A cohort that follows a course, and so many strangers whom sources know as well. `offset` as in a drop."""

    course: Course
    lives: Sequence[Life]
    offset: int = 0
    strangers: int = 0

    def number(self, life: Life) -> str:
        return replacement_cpr(self.offset + life.number)

    def periods(self) -> list[BenefitPeriod]:
        """Who has which DREAM code from when to when, ordered by first day; weeks without a code are no period."""
        found = []
        for life in self.lives:
            for place, (first, last, code) in enumerate(self._spans(life, dream_code)):
                name = f"{life.number:05d}-{place:02d}"
                found.append(BenefitPeriod(name, self.number(life), code, _monday(first), _sunday(last)))
        begins = _monday(self.course.first_month)
        for stranger in range(self.strangers):
            cpr = replacement_cpr(self.offset + self.course.people + stranger)
            found.append(BenefitPeriod(f"x{stranger:05d}", cpr, _STRANGER, begins))
        return sorted(found, key=lambda period: (period.from_day, period.id))

    def benefits(self) -> dict[str, list[Benefit]]:
        """Number -> the benefits that were paid, by name and month."""
        told: dict[str, list[Benefit]] = {}
        for life in self.lives:
            for month, activity in self._months(life):
                name = refunded_benefit(activity)
                if name:
                    weeks = month.weeks()
                    benefit = Benefit(name, _SUBJECT, weeks[0].monday, weeks[-1].sunday)
                    told.setdefault(self.number(life), []).append(benefit)
        return told

    def reports(self) -> dict[str, list[Report]]:
        """Number -> what employers and payers reported, a report a month."""
        told: dict[str, list[Report]] = {}
        for life in self.lives:
            for month, activity in self._months(life):
                paid = pay_of(activity, len(month.weeks()))
                if paid is not None:
                    kind, hours, kroner = paid
                    last = (month + 1).first_day - timedelta(days=1)
                    report = Report(month.first_day, last, kind, f"{hours // 100}.{hours % 100:02d}", f"{kroner}.00")
                    told.setdefault(self.number(life), []).append(report)
        return told

    def civil(self) -> dict[str, CivilLife]:
        """Number -> what the civil register knows: who died, in the week in which the benefit registers say so."""
        told = {}
        for life in self.lives:
            deaths = [month for month, activity in self._months(life) if activity is Activity.DEAD]
            told[self.number(life)] = CivilLife("90", deaths[0].weeks()[0].monday) if deaths else CivilLife()
        return told

    def _months(self, life: Life) -> Iterator[tuple[Month, Activity]]:
        for place, activity in enumerate(life.activities):
            yield self.course.first_month + place, activity

    def _spans(self, life: Life, shown: Callable[[Activity], str]) -> Iterator[tuple[Month, Month, str]]:
        """Consecutive months with one code: first, last, code. Months without a code are left out."""
        begun: tuple[Month, str] | None = None
        last = self.course.first_month
        for month, activity in self._months(life):
            code = shown(activity)
            if begun is not None and code != begun[1]:
                if begun[1]:
                    yield begun[0], last, begun[1]
                begun = None
            begun, last = begun or (month, code), month
        if begun is not None and begun[1]:
            yield begun[0], last, begun[1]


def _monday(month: Month) -> str:
    return month.weeks()[0].monday.isoformat()


def _sunday(month: Month) -> str:
    return month.weeks()[-1].sunday.isoformat()
