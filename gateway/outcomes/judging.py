"""A verdict for each week of one person: counts, does not count and why, or is not asked.

Nothing here knows a clock, a database or an identity. Everything that is paid is a sum over these verdicts, so an
explanation can never differ from what is paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.terms import EXIT_OF, ExitRule, WeekState
from gateway.outcomes.verdicts import SKIPPED, STILL, WeekReason, WeekVerdict
from vocabulary.statuses import Status
from vocabulary.total import total
from vocabulary.weeks import Month, Week

AFTER_EXIT = total(
    {
        ExitRule.FROZEN: WeekReason.FROZEN,
        ExitRule.NEUTRAL: WeekReason.NEUTRAL,
        ExitRule.CENSORED: WeekReason.CENSORED,
        ExitRule.FAILURE: WeekReason.FAILED,
        ExitRule.OUT: WeekReason.OUT,
    },
    ExitRule,
)


def first_week(contract: Contract, person: PersonHistory) -> Week:
    """The first week that may count: that of the enrolment or the one after, as the contract says."""
    week = Week.of(person.enrolled_on)
    return week if contract.qualification.first_week_is_enrolment_week else week + 1


def first_day(contract: Contract, person: PersonHistory) -> date:
    """The first day that may count: that of the enrolment, or the Monday after."""
    if contract.qualification.first_week_is_enrolment_week:
        return person.enrolled_on
    return first_week(contract, person).monday


def last_day(contract: Contract, measure: Measure, person: PersonHistory, verdicts: Sequence[WeekVerdict]) -> date:
    """The last day that may count under `days_limit`, later by every week in which time stood still.

    Weeks behind that day are behind the person's time: a pause among them gives no day back.
    """
    end = _first_end(contract, measure, person)
    for verdict in verdicts:
        end = _with_time_standing_still(end, verdict)
    return end


def _first_end(contract: Contract, measure: Measure, person: PersonHistory) -> date:
    days = measure.days_limit
    return first_day(contract, person) + timedelta(days=days - 1) if days else date.max


def _with_time_standing_still(end: date, verdict: WeekVerdict) -> date:
    is_still = verdict.reason in STILL and verdict.week.monday <= end < date.max
    return end + timedelta(days=7) if is_still else end


def judge_weeks(contract: Contract, measure: Measure, person: PersonHistory, until: Week) -> tuple[WeekVerdict, ...]:
    """A verdict for every week from the person's first week to `until`, both included.

    Empty where the person's first week lies after `until`.
    """
    week, end = first_week(contract, person), _first_end(contract, measure, person)
    left = _left_for_good(contract, person, until)
    verdicts: list[WeekVerdict] = []
    before: WeekVerdict | None = None  # the last week that was for or against
    spent, weeks_limit = 0, measure.weeks_limit
    while week <= until:
        exited = _after_exit(contract, person, week, left)
        is_over = spent >= weeks_limit if weeks_limit else week.monday > end
        if any(pause.from_week <= week <= pause.to_week for pause in contract.pauses):
            verdict = WeekVerdict(week, WeekReason.PAUSED)
        elif exited is not None:
            verdict = WeekVerdict(week, exited)
        elif is_over:
            verdict = WeekVerdict(week, WeekReason.AFTER_LAST_WEEK)
        else:
            verdict = _judge(contract, measure, person, week, before)
        verdicts.append(verdict)
        spent += verdict.reason not in STILL
        end = _with_time_standing_still(end, verdict)
        before = before if verdict.reason in SKIPPED else verdict
        week += 1
    return tuple(verdicts)


def is_taken_out(contract: Contract, person: PersonHistory, until: Week) -> bool:
    """Whether an exit with the rule `out` stands by the end of a week: nothing of the person counts then."""
    return _left_for_good(contract, person, until)[1]


def _left_for_good(contract: Contract, person: PersonHistory, until: Week) -> tuple[Week | None, bool]:
    """The first week of a registered exit that ends the asking for good, and whether nothing of the person counts.

    Only the person's own weeks are looked at, and none behind the last one that was followed: who moved here before
    the enrolment has not left, and the register is not asked about somebody who is no longer followed.
    """
    last = until.ordinal if person.stop is None else min(until.ordinal, person.last_week)
    is_out = person.stop is not None and last < until.ordinal and contract.exits[person.stop] is ExitRule.OUT
    censored_from: Week | None = None
    for ordinal in range(first_week(contract, person).ordinal, last + 1):
        shown = person.statuses.get(ordinal, frozenset())
        rules = {contract.register_exits[EXIT_OF[status]] for status in shown if status in EXIT_OF}
        is_out = is_out or ExitRule.OUT in rules
        if censored_from is None and ExitRule.CENSORED in rules:
            censored_from = Week(ordinal)
    return censored_from, is_out


def _after_exit(
    contract: Contract, person: PersonHistory, week: Week, left: tuple[Week | None, bool]
) -> WeekReason | None:
    """What the contract's exit rules make of a week, or None where it is asked as any other.

    Of two exits in one week, `out` comes first, then `censored`, `failure`, `frozen` and `neutral`.
    """
    censored_from, is_out = left
    if is_out:
        return WeekReason.OUT
    if censored_from is not None and week >= censored_from:
        return WeekReason.CENSORED
    if person.stop is not None and week.ordinal > person.last_week:
        return AFTER_EXIT[contract.exits[person.stop]]
    shown = [EXIT_OF[status] for status in person.statuses.get(week.ordinal, frozenset()) if status in EXIT_OF]
    rules = {contract.register_exits[exit_] for exit_ in shown}
    if not rules or ExitRule.FAILURE in rules:
        return None  # judged below, and told as what it is
    return AFTER_EXIT[min(rules, key=list(ExitRule).index)]


def _judge(
    contract: Contract, measure: Measure, person: PersonHistory, week: Week, before: WeekVerdict | None
) -> WeekVerdict:
    shown = person.statuses.get(week.ordinal, frozenset())
    if not shown:
        return WeekVerdict(week, WeekReason.NOT_OBSERVED)
    if any(status in EXIT_OF for status in shown):
        return WeekVerdict(week, WeekReason.EXIT)
    if Status.UNKNOWN in shown:
        return WeekVerdict(week, WeekReason.UNKNOWN_CODE)
    if shown <= contract.qualification.neutral_statuses:
        state, line = (before.state, before.line) if before else ("", 0)
        return WeekVerdict(week, WeekReason.REPEATS_WEEK_BEFORE, state, line)
    refusal = WeekVerdict(week, WeekReason.NO_STATE)
    for state_rule in measure.states:
        if not shown & state_rule.statuses:
            continue
        lacking = _lacks_income(contract, state_rule, person, week)
        if lacking is None:
            return WeekVerdict(week, WeekReason.QUALIFIES, state_rule.id, state_rule.line)
        # the state that came nearest explains the refusal best
        if refusal.reason is not WeekReason.TOO_FEW_HOURS:
            refusal = WeekVerdict(week, lacking, "", state_rule.line)
    return refusal


def _lacks_income(contract: Contract, state: WeekState, person: PersonHistory, week: Week) -> WeekReason | None:
    """Why the month's income does not carry the state, or None where it does or is not asked for."""
    if not state.income_types:
        return None
    month = week.month
    if person.has_unreadable_income(month):
        return WeekReason.INCOME_UNREADABLE
    if contract.qualification.carries_missing_month_forward and not _shows_pay(state, person, month):
        month = month + -1
        if person.has_unreadable_income(month):
            return WeekReason.INCOME_UNREADABLE
    if not _shows_pay(state, person, month):
        return WeekReason.NO_INCOME
    hours = sum(person.hours.get((month.ordinal, kind), 0) for kind in state.income_types)
    if hours < state.hours_per_week_hundredths * len(month.weeks()):
        return WeekReason.TOO_FEW_HOURS
    return None


def _shows_pay(state: WeekState, person: PersonHistory, month: Month) -> bool:
    """Whether pay of the state's types was posted and not taken back: where a posting was corrected by a part of it,
    hours are left."""
    keys = [(month.ordinal, kind) for kind in state.income_types]
    return any(person.postings.get(key, 0) > 0 or person.hours.get(key, 0) > 0 for key in keys)
