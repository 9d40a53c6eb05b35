"""Why people are not in an outcome at the end of a window, as numbers for the operator: each in exactly one bucket.

Coarse on purpose: a bucket says what to look at (papers, hours, time), and disclosure control decides which numbers
are shown; what it withholds is counted under `other`. Erased people fall under `other` too: what kept them out is
forgotten with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.history import NOBODY, PersonHistory, Remainder
from gateway.outcomes.results import person_result
from gateway.outcomes.verdicts import WeekReason, WeekVerdict
from vocabulary.total import total
from vocabulary.weeks import Week

NOT_LONG_ENOUGH = "not_long_enough"
OTHER = "other"
_BUCKETS = total(
    {
        WeekReason.QUALIFIES: NOT_LONG_ENOUGH,
        WeekReason.REPEATS_WEEK_BEFORE: NOT_LONG_ENOUGH,
        WeekReason.NO_STATE: "on_benefit",
        WeekReason.NO_INCOME: "no_pay_reported",
        WeekReason.TOO_FEW_HOURS: "too_few_hours",
        WeekReason.EXIT: "left",
        WeekReason.FROZEN: "left",
        WeekReason.NEUTRAL: "left",
        WeekReason.CENSORED: "left",
        WeekReason.FAILED: "left",
        WeekReason.OUT: "left",
        WeekReason.NOT_OBSERVED: "not_observed",
        WeekReason.INCOME_UNREADABLE: "not_observed",
        WeekReason.UNKNOWN_CODE: OTHER,
        WeekReason.AFTER_LAST_WEEK: OTHER,
        WeekReason.PAUSED: OTHER,  # and no paused week is asked below
    },
    WeekReason,
)
BUCKETS = (NOT_LONG_ENOUGH, "on_benefit", "no_pay_reported", "too_few_hours", "left", "not_observed", OTHER)


def not_counted(
    contract: Contract,
    measure: Measure,
    cohort: Sequence[PersonHistory],
    week: Week,
    *,
    remainder: Remainder = NOBODY,
) -> dict[str, int]:
    """People by bucket, in the order of `BUCKETS`; together they are everybody who is not in the outcome."""
    found: Counter[str] = Counter()
    for person in (one for one in cohort if one.counts_at(week)):
        result = person_result(contract, measure, person, week)
        if result.quantity:
            continue
        found[bucket_of(result.verdicts)] += 1
    found[OTHER] += remainder.people_at(week) - sum(remainder.at(week).get(measure.id, {}).values())
    return {bucket: found[bucket] for bucket in BUCKETS}


def bucket_of(verdicts: Sequence[WeekVerdict]) -> str:
    """The bucket of somebody who is not in the outcome, by the verdicts up to the end of the window."""
    asked = next((one.reason for one in reversed(verdicts) if one.reason is not WeekReason.PAUSED), None)
    bucket = OTHER if asked is None else _BUCKETS[asked]
    # a neutral week behind one that did not count repeats that, and is no week of work
    return bucket if bucket != NOT_LONG_ENOUGH or verdicts[-1].state else "on_benefit"
