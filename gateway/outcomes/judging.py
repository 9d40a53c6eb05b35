"""A verdict for each week of one person: counts, does not count and why, or is not asked.

Nothing here knows a clock, a database or an identity. Everything that is paid is a sum over these verdicts, so an
explanation can never differ from what is paid. Which version of the contract says how a week is read, `readings` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache

from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.readings import readings, version_of_week
from gateway.outcomes.terms import EXIT_OF, ExitRule, Pause, WeekState
from gateway.outcomes.verdicts import SKIPPED, STILL, WeekReason, WeekVerdict, verdict_of
from vocabulary.statuses import Status
from vocabulary.total import total
from vocabulary.weeks import Month, Week, months_of_weeks

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
_UNASKED = {*AFTER_EXIT.values(), WeekReason.PAUSED}  # whatever the states
_NOTHING: frozenset[Status] = frozenset()
_Judged = tuple[WeekReason, str, int]  # the reason, the state and its line


def first_week(contract: Contract, person: PersonHistory) -> Week:
    """The first week that may count: that of the enrolment or the one after, as the contract says."""
    week = Week.of(contract.cohort.begins_on(person.enrolled_on))
    return week if contract.qualification.first_week_is_enrolment_week else week + 1


def first_day(contract: Contract, person: PersonHistory) -> date:
    """The first day that may count: that of the enrolment, or the Monday after."""
    if contract.qualification.first_week_is_enrolment_week:
        return contract.cohort.begins_on(person.enrolled_on)
    return first_week(contract, person).monday


def last_day(contract: Contract, measure: Measure, person: PersonHistory, verdicts: Sequence[WeekVerdict]) -> date:
    """The last day that may count under `days_limit`, later by every week in which time stood still.

    Weeks behind that day are behind the person's time: a pause among them gives no day back.
    """
    end = first_end(contract, measure, person)
    for verdict in verdicts if measure.days_limit else ():
        end = later_end(end, verdict)
    return end


def first_end(contract: Contract, measure: Measure, person: PersonHistory) -> date:
    """The last day that may count under `days_limit` where no time stands still."""
    days = measure.days_limit
    return first_day(contract, person) + timedelta(days=days - 1) if days else date.max


def later_end(end: date, verdict: WeekVerdict) -> date:
    """The last day that may count, after one more week: later by it, where time stood still in it."""
    is_still = verdict.reason in STILL and verdict.week.monday <= end < date.max
    return end + timedelta(days=7) if is_still else end


def judge_weeks(contract: Contract, measure: Measure, person: PersonHistory, until: Week) -> tuple[WeekVerdict, ...]:
    """A verdict for every week from the person's first week to `until`, both included.

    Empty where the person's first week lies after `until`.
    """
    return limit_weeks(contract, measure, person, ask_weeks(contract, measure.states, person, until))


def limit_weeks(
    contract: Contract, measure: Measure, person: PersonHistory, asked: tuple[WeekVerdict, ...]
) -> tuple[WeekVerdict, ...]:
    """What `ask_weeks` says, with the end that the measure sets to the person's time: asked for once and limited for
    each measure with the same states.
    """
    if not measure.weeks_limit and not measure.days_limit:
        return asked
    end, spent, weeks_limit = first_end(contract, measure, person), 0, measure.weeks_limit
    for place, verdict in enumerate(asked):
        if spent >= weeks_limit if weeks_limit else verdict.week.monday > end:  # for good: no time stands still then
            return asked[:place] + tuple(map(_after_last_week, asked[place:]))
        spent += verdict.reason not in STILL
        end = later_end(end, verdict)
    return asked


def ask_weeks(
    contract: Contract, states: Sequence[WeekState], person: PersonHistory, until: Week
) -> tuple[WeekVerdict, ...]:
    """A verdict under these states for every week from the person's first week to `until`, as if time had no end.

    Empty where the person's first week lies after `until`. What is said of a week is the same for every later `until`,
    but where an exit with the rule `out` comes to stand.
    """
    exits = _exits_shown(contract, person)
    censored_from, taken_out_from = _left_for_good(contract, person, exits)
    is_out = taken_out_from is not None and taken_out_from <= until.ordinal
    is_plain = person.stop is None and not exits
    paused, statuses = _paused_weeks(contract.pauses), person.statuses
    documented = person.behind_documents
    first, verdicts = first_week(contract, person).ordinal, list[WeekVerdict]()
    before: WeekVerdict | None = None  # the last week that was for or against
    for reading in readings(contract):
        rules = reading.version
        own_states = states if rules is contract else reading.states(states)
        # weeks of a month that show the same are the same
        judged: dict[tuple[frozenset[Status], frozenset[Status], int], _Judged] = {}
        for ordinal, month in months_of_weeks(max(first, reading.since), min(until.ordinal, reading.until - 1)):
            exited = None if is_plain else _after_exit(contract, person, ordinal, exits, censored_from, is_out=is_out)
            if ordinal in paused:
                verdict = verdict_of(ordinal, WeekReason.PAUSED)
            elif exited is not None:
                verdict = verdict_of(ordinal, exited)
            else:
                shown = statuses.get(ordinal, _NOTHING)
                key = shown, documented.get(ordinal, shown), month
                if key not in judged:
                    judged[key] = _judge(rules, own_states, person, Week(ordinal), *key[:2])
                reason, state, line = judged[key]
                if reason is WeekReason.REPEATS_WEEK_BEFORE and before:
                    state, line = before.state, before.line
                verdict = verdict_of(ordinal, reason, state, line)
            verdicts.append(verdict)
            if verdict.reason not in SKIPPED:
                before = verdict
    return tuple(verdicts)


@lru_cache(maxsize=128)
def _paused_weeks(pauses: tuple[Pause, ...]) -> frozenset[int]:
    return frozenset(week for pause in pauses for week in range(pause.from_week.ordinal, pause.to_week.ordinal + 1))


def _after_last_week(verdict: WeekVerdict) -> WeekVerdict:
    """A week behind the person's time: not asked, where no pause and no exit says more."""
    return verdict if verdict.reason in _UNASKED else verdict_of(verdict.week.ordinal, WeekReason.AFTER_LAST_WEEK)


def out_from(contract: Contract, person: PersonHistory) -> Week | None:
    """The first week by whose end an exit with the rule `out` stands, or None: nothing of the person counts then."""
    ordinal = _left_for_good(contract, person, _exits_shown(contract, person))[1]
    return None if ordinal is None else Week(ordinal)


def is_taken_out(contract: Contract, person: PersonHistory, until: Week) -> bool:
    """Whether an exit with the rule `out` stands by the end of a week: nothing of the person counts then."""
    week = out_from(contract, person)
    return week is not None and week <= until


def week_of_stop(contract: Contract, person: PersonHistory) -> int:
    """The first week in which somebody was not followed any more, by its ordinal; their own first where nobody was ever
    followed."""
    return max(person.last_week + 1, first_week(contract, person).ordinal)


def rule_of_stop(contract: Contract, person: PersonHistory) -> ExitRule | None:
    """What becomes of the results of somebody who is not followed any more, by the version of the week of that; None of
    whoever is followed."""
    if person.stop is None:
        return None
    return version_of_week(contract, week_of_stop(contract, person)).exits[person.stop]


def _exits_shown(contract: Contract, person: PersonHistory) -> dict[int, set[ExitRule]]:
    """The rules of the exits that the register shows, by week; most people have none."""
    if all(shown.isdisjoint(EXIT_OF) for shown in set(person.statuses.values())):
        return {}
    return {
        ordinal: {
            version_of_week(contract, ordinal).register_exits[EXIT_OF[status]] for status in shown if status in EXIT_OF
        }
        for ordinal, shown in person.statuses.items()
        if not shown.isdisjoint(EXIT_OF)
    }


def _left_for_good(
    contract: Contract, person: PersonHistory, exits: Mapping[int, set[ExitRule]]
) -> tuple[int | None, int | None]:
    """The first week of a registered exit that ends the asking for good, and the one by which nothing counts any more.

    Only the person's own weeks are looked at, and none behind the last one that was followed: who moved here before
    the enrolment has not left, and the register is not asked about somebody who is no longer followed.
    """
    first = first_week(contract, person).ordinal
    own = [week for week in sorted(exits) if first <= week and (person.stop is None or week <= person.last_week)]
    censored_from = next((week for week in own if ExitRule.CENSORED in exits[week]), None)
    out_weeks = [week for week in own if ExitRule.OUT in exits[week]]
    if rule_of_stop(contract, person) is ExitRule.OUT:
        out_weeks.append(person.last_week + 1)
    return censored_from, min(out_weeks, default=None)


def _after_exit(
    contract: Contract,
    person: PersonHistory,
    ordinal: int,
    exits: Mapping[int, set[ExitRule]],
    censored_from: int | None,
    *,
    is_out: bool,
) -> WeekReason | None:
    """What the contract's exit rules make of a week, or None where it is asked as any other.

    Of two exits in one week, `out` comes first, then `censored`, `failure`, `frozen` and `neutral`.
    """
    if is_out:
        return WeekReason.OUT
    if censored_from is not None and ordinal >= censored_from:
        return WeekReason.CENSORED
    stopped = rule_of_stop(contract, person)
    if stopped is not None and ordinal > person.last_week:
        return AFTER_EXIT[stopped]
    rules = exits.get(ordinal)
    if not rules or ExitRule.FAILURE in rules:
        return None  # judged below, and told as what it is
    return AFTER_EXIT[min(rules, key=list(ExitRule).index)]


def _judge(
    contract: Contract,
    states: Sequence[WeekState],
    person: PersonHistory,
    week: Week,
    shown: frozenset[Status],
    by_registers: frozenset[Status],
) -> _Judged:
    """What a week that shows this is by itself: the reason, the state and the line that it rests on."""
    if not shown:
        return WeekReason.NOT_OBSERVED, "", 0
    if not shown.isdisjoint(EXIT_OF):
        return WeekReason.EXIT, "", 0
    if Status.UNKNOWN in shown:
        return WeekReason.UNKNOWN_CODE, "", 0
    if shown <= contract.qualification.neutral_statuses:
        return WeekReason.REPEATS_WEEK_BEFORE, "", 0
    refusal: _Judged = (WeekReason.NO_STATE, "", 0)
    for state_rule in states:
        if not state_rule.fits(shown, by_registers):
            continue
        lacking = _lacks_income(contract, state_rule, person, week)
        if lacking is None:
            return WeekReason.QUALIFIES, state_rule.id, state_rule.line
        # the state that came nearest explains the refusal best
        if refusal[0] is not WeekReason.TOO_FEW_HOURS:
            refusal = lacking, "", state_rule.line
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
