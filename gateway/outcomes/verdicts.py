"""What is said of one week of one person under one measure, and why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from vocabulary.statuses import WordEnum
from vocabulary.weeks import Week


class WeekReason(WordEnum):
    """Why a week counts or does not, in the order in which the evaluator asks."""

    QUALIFIES = "qualifies"
    REPEATS_WEEK_BEFORE = "repeats the week before (neutral status)"
    PAUSED = "the contract was paused"
    FROZEN = "after an exit: the outcome stays as it was"
    NEUTRAL = "during an exit: the week is not asked, and the person's time stands still"
    CENSORED = "after an exit: in no outcome from then on"
    FAILED = "after an exit: a week without a result"
    OUT = "after an exit: nothing counts"
    AFTER_LAST_WEEK = "after the person's last week under the contract"
    NOT_OBSERVED = "no source covers the week for this person"
    EXIT = "pension, death or not resident: an exit, not an outcome"
    UNKNOWN_CODE = "the source shows a code that no list explains"
    NO_STATE = "the register status is not in any state of the measure"
    INCOME_UNREADABLE = "a posting of the week's month could not be read: its income is unknown"
    NO_INCOME = "no income evidence in the week's month"
    TOO_FEW_HOURS = "too few paid hours in the week's month"


# weeks that are neither for nor against: an unbroken run goes on behind them
SKIPPED = frozenset({WeekReason.PAUSED, WeekReason.FROZEN, WeekReason.NEUTRAL})


# weeks by which a person's time is longer
STILL = frozenset({WeekReason.PAUSED, WeekReason.NEUTRAL})


@dataclass(frozen=True, slots=True)
class WeekVerdict:
    """One week of one person under one measure. `state` is empty where the week does not count; `line` is that of the
    state in the contract file that decided, 0 where none did."""

    week: Week
    reason: WeekReason
    state: str = ""
    line: int = 0


@lru_cache(maxsize=16384)
def verdict_of(week: int, reason: WeekReason, state: str = "", line: int = 0) -> WeekVerdict:
    """The verdict on a week by its ordinal: people of one cohort share the few that there are."""
    return WeekVerdict(Week(week), reason, state, line)
