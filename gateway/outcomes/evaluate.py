"""The evaluator: one readable function decides each week of one person, pays, and explains.

Nothing here knows a clock, a database or an identity. `judge_weeks` gives a verdict a week; the totals are
sums over verdicts, so an explanation can never differ from what is paid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from connectors.records import Month, Status, Week
from gateway.outcomes.contract import Contract, ExitRule, Measure, State
from gateway.outcomes.history import NOBODY, PersonHistory, Remainder, inputs_root

EXITS = {Status.DISABILITY_PENSION, Status.OLD_AGE_PENSION, Status.NOT_RESIDENT, Status.DEAD}


class Reason(StrEnum):
    """Why a week counts or does not, in the order in which the evaluator asks."""

    QUALIFIES = "qualifies"
    REPEATS_WEEK_BEFORE = "repeats the week before (neutral status)"
    PAUSED = "the contract was paused"
    FROZEN = "no longer followed: the outcome stays as it was"
    CENSORED = "no longer followed: in no outcome from then on"
    OUT = "no longer followed: nothing counts"
    AFTER_LAST_WEEK = "after the person's last week under the contract"
    NOT_OBSERVED = "no source covers the week for this person"
    EXIT = "pension, death or not resident: an exit, not an outcome"
    UNKNOWN_CODE = "the source shows a code that no list explains"
    NO_STATE = "the register status is not in any state of the measure"
    NO_INCOME = "no income evidence in the week's month"
    TOO_FEW_HOURS = "too few paid hours in the week's month"


@dataclass(frozen=True, slots=True)
class WeekVerdict:
    """One week of one person under one measure. `state` is empty where the week does not count."""

    week: Week
    reason: Reason
    state: str = ""


@dataclass(frozen=True, slots=True)
class MeasureTotal:
    """Figures of one measure for everyone in the cohort, from the first week to the evaluation's week."""

    measure: str
    kind: str
    quantity: int  # kind weeks: qualifying weeks so far; kind people: persons in the outcome now
    by_state: tuple[tuple[str, int], ...]  # quantity by state, in the contract's order


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The cohort's totals at the end of one week. Municipal eyes only: disclosure control comes after."""

    contract_sha256: str
    week: Week
    participants: int
    totals: tuple[MeasureTotal, ...]
    exits: int  # persons whose last observed week shows an exit
    not_observed: int  # persons for whom the week itself is not covered by the status source
    unknown_weeks: int  # person-weeks with a code that no list explains
    not_followed: int  # persons who used a right, left or were erased: under the contract's exit rule
    inputs_sha256: str

    def quantity(self, measure: str) -> int:
        return next(total.quantity for total in self.totals if total.measure == measure)

    def by_state(self, measure: str) -> dict[str, int]:
        return dict(next(total.by_state for total in self.totals if total.measure == measure))


def evaluate(
    contract: Contract, cohort: Sequence[PersonHistory], week: Week, *, remainder: Remainder = NOBODY
) -> Evaluation:
    """The cohort's totals from each person's first week to the end of `week`; `remainder` is that of erased people."""
    totals = tuple(_total(contract, measure, cohort, week, remainder) for measure in contract.measures)
    followed = [person for person in cohort if person.stop is None or week.ordinal <= person.last_week]
    seen = [person.statuses.get(week.ordinal, frozenset()) for person in followed]
    last_seen = [_last_observed(person, week) for person in cohort]
    return Evaluation(
        contract_sha256=contract.sha256,
        week=week,
        participants=len(cohort) + remainder.people,
        totals=totals,
        exits=sum(1 for statuses in last_seen if statuses & EXITS),
        not_observed=sum(1 for statuses in seen if not statuses),
        unknown_weeks=sum(_unknown_weeks(contract, person, week) for person in cohort),
        not_followed=len(cohort) - len(followed) + remainder.people,
        inputs_sha256=inputs_root(cohort, remainder),
    )


def judge_weeks(contract: Contract, measure: Measure, person: PersonHistory, until: Week) -> tuple[WeekVerdict, ...]:
    """A verdict for every week from the person's first week to `until`, both included.

    Empty where the person's first week lies after `until`.
    """
    week = first_week(contract, person)
    verdicts: list[WeekVerdict] = []
    counted = 0
    while week <= until:
        if any(pause.from_week <= week <= pause.to_week for pause in contract.pauses):
            verdict = WeekVerdict(week, Reason.PAUSED)
        elif (stopped := _stopped(contract, person, week)) is not None:
            verdict = WeekVerdict(week, stopped)
        elif measure.weeks_from_enrolment and counted == measure.weeks_from_enrolment:
            verdict = WeekVerdict(week, Reason.AFTER_LAST_WEEK)
        else:
            counted += 1
            verdict = _judge(contract, measure, person, week, verdicts[-1] if verdicts else None)
        verdicts.append(verdict)
        week += 1
    return tuple(verdicts)


def first_week(contract: Contract, person: PersonHistory) -> Week:
    """The first week that may count: that of the enrolment or the one after, as the contract says."""
    week = Week.of(person.enrolled_on)
    return week if contract.qualification.first_week_is_enrolment_week else week + 1


def outcome_state(measure: Measure, verdicts: Sequence[WeekVerdict]) -> str:
    """The state in which the person holds the outcome at the last verdict, or an empty text.

    The last `sustained_weeks` weeks, paused and frozen ones left out, must all qualify: one relapse reopens it.
    """
    weeks = [verdict for verdict in verdicts if verdict.reason not in (Reason.PAUSED, Reason.FROZEN)]
    last = weeks[-measure.sustained_weeks :]
    if len(last) < measure.sustained_weeks or not all(verdict.state for verdict in last):
        return ""
    return last[-1].state


def _stopped(contract: Contract, person: PersonHistory, week: Week) -> Reason | None:
    """What the contract's exit rule makes of a week, or None where the person is followed."""
    if person.stop is None:
        return None
    rule = contract.exits[person.stop]
    if rule is ExitRule.OUT:
        return Reason.OUT
    if week.ordinal <= person.last_week:
        return None
    return Reason.FROZEN if rule is ExitRule.FROZEN else Reason.CENSORED


def _judge(
    contract: Contract, measure: Measure, person: PersonHistory, week: Week, before: WeekVerdict | None
) -> WeekVerdict:
    shown = person.statuses.get(week.ordinal, frozenset())
    if not shown:
        return WeekVerdict(week, Reason.NOT_OBSERVED)
    if shown & EXITS:
        return WeekVerdict(week, Reason.EXIT)
    if Status.UNKNOWN in shown:
        return WeekVerdict(week, Reason.UNKNOWN_CODE)
    if shown <= contract.qualification.neutral_statuses:
        state = before.state if before else ""
        return WeekVerdict(week, Reason.REPEATS_WEEK_BEFORE, state)
    refusal = Reason.NO_STATE
    for state_rule in measure.states:
        if not shown & state_rule.statuses:
            continue
        lacking = _lacks_income(contract, state_rule, person, week)
        if lacking is None:
            return WeekVerdict(week, Reason.QUALIFIES, state_rule.id)
        # the state that came nearest explains the refusal best
        refusal = lacking if refusal is not Reason.TOO_FEW_HOURS else refusal
    return WeekVerdict(week, refusal)


def _lacks_income(contract: Contract, state: State, person: PersonHistory, week: Week) -> Reason | None:
    """Why the month's income does not carry the state, or None where it does or is not asked for."""
    if not state.income_types:
        return None
    month = week.month
    if contract.qualification.carries_missing_month_forward and not _has_posting(state, person, month):
        month = month + -1
    if not _has_posting(state, person, month):
        return Reason.NO_INCOME
    hours = sum(person.hours.get((month.ordinal, kind), 0) for kind in state.income_types)
    if hours < state.hours_per_week_hundredths * len(month.weeks()):
        return Reason.TOO_FEW_HOURS
    return None


def _has_posting(state: State, person: PersonHistory, month: Month) -> bool:
    return any(person.postings.get((month.ordinal, kind), 0) > 0 for kind in state.income_types)


def _total(
    contract: Contract, measure: Measure, cohort: Sequence[PersonHistory], week: Week, remainder: Remainder
) -> MeasureTotal:
    states: Counter[str] = Counter(remainder.at(week).get(measure.id, {}))
    for person in cohort:
        verdicts = judge_weeks(contract, measure, person, week)
        if measure.kind == "weeks":
            states.update(verdict.state for verdict in verdicts if verdict.state)
        else:
            states.update([state] if (state := outcome_state(measure, verdicts)) else [])
    by_state = tuple((state.id, states[state.id]) for state in measure.states)
    return MeasureTotal(measure.id, measure.kind, states.total(), by_state)


def _last_observed(person: PersonHistory, until: Week) -> frozenset[Status]:
    weeks = [week for week in person.statuses if week <= until.ordinal]
    return person.statuses[max(weeks)] if weeks else frozenset()


def _unknown_weeks(contract: Contract, person: PersonHistory, until: Week) -> int:
    first = first_week(contract, person).ordinal
    return sum(
        1 for week, shown in person.statuses.items() if first <= week <= until.ordinal and Status.UNKNOWN in shown
    )
