"""Whether a pull looks wrong, by its counts and those of the source's own past. Pure.

A source that suddenly answers with nothing, with half of its rows or with codes of another year is well-formed, and
would move money. What stands out is held until somebody has looked; it is never corrected here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import assert_never

from connectors.hold_limits import HoldLimits

_FEWEST_OF_FEW = 3  # people: what happens to two is no news


class HoldReason(StrEnum):
    """What stands out in a pull."""

    EMPTY = "no_row_at_all"
    NOBODY_FOUND = "nobody_found"
    FEWER_FOUND = "fewer_people_found"
    SHORTER = "fewer_rows"
    UNKNOWN_CODES = "unknown_codes"
    UNCERTAIN = "uncertain_people"
    UNREADABLE = "unreadable_rows"
    ENDED = "ended_benefits"


@dataclass(frozen=True, slots=True)
class PullMeasures:
    """What a pull is judged by: counts of rows and people, as they stand in `PullRow.measures`."""

    rows: int  # of the extract or answer, whoever they are about
    weeks: int  # that it covers
    people: int  # who were asked about
    found: int  # of whom it has something: a benefit, a posting, an event
    unknown: int  # found with a code that no list explains
    uncertain: int  # of whom nothing is concluded
    unreadable: int  # rows that were left out
    before: int  # with a benefit in the last week that was known before, or not yet dead or away
    ended: int  # of these: who have none at the end of this one

    def counts(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class HoldFinding:
    """One thing that stands out: `count` of `of`, which is `share` percent where `limit` is allowed."""

    reason: HoldReason
    count: int
    of: int
    limit: int

    @property
    def share(self) -> int:
        return percent(self.count, self.of)

    def __str__(self) -> str:
        """For municipal eyes: `fewer_people_found: 12 of 60 (20 %, at least 75 %)`. What has to be there at all has no
        share: `no_row_at_all: none, and 60 before`.
        """
        if self.reason is HoldReason.EMPTY:
            return f"{self.reason.value}: none, and {self.of:,} the last time" if self.of else self.reason.value
        if self.reason is HoldReason.NOBODY_FOUND:
            return f"{self.reason.value}: none of {self.of}"
        side = "at least" if self.reason in _LOSSES else "at most"
        return f"{self.reason.value}: {self.count} of {self.of} ({self.share} %, {side} {self.limit} %)"


@dataclass(frozen=True, slots=True)
class SourceTraits:
    """What is usual for a source. `tells_everybody`: it has something of everybody in a cohort, as a civil register has
    not, where no event is the rule. `rows_compare`: each pull tells the whole past, so that two have about as many rows
    and people. `explains_codes`: somebody has said what its codes mean; until then every one of them is unknown, which
    is known.
    """

    tells_everybody: bool
    rows_compare: bool
    explains_codes: bool = True


_LOSSES = frozenset({HoldReason.EMPTY, HoldReason.NOBODY_FOUND, HoldReason.FEWER_FOUND, HoldReason.SHORTER})


def percent(part: int, whole: int) -> int:
    """The share in whole percent, rounded down; 0 of nothing."""
    return 100 * part // whole if whole else 0


def judge_pull(
    now: PullMeasures, past: Sequence[PullMeasures], limits: HoldLimits, traits: SourceTraits
) -> tuple[HoldFinding, ...]:
    """Everything that stands out in a pull; `past` are the pulls of this source that were let through, oldest first."""
    found = (_judge(reason, now, past, limits, traits) for reason in HoldReason)
    return tuple(finding for finding in found if finding is not None)


def _judge(
    reason: HoldReason, now: PullMeasures, past: Sequence[PullMeasures], limits: HoldLimits, traits: SourceTraits
) -> HoldFinding | None:
    match reason:
        case HoldReason.EMPTY:
            return _empty(now, past, limits, traits)
        case HoldReason.NOBODY_FOUND:
            return _nobody_found(now, past, traits)
        case HoldReason.FEWER_FOUND:
            return _fewer_found(now, past, limits, traits)
        case HoldReason.SHORTER:
            return _shorter(now, past, limits, traits)
        case HoldReason.UNKNOWN_CODES | HoldReason.UNCERTAIN | HoldReason.UNREADABLE | HoldReason.ENDED:
            return _too_large_share(reason, now, past, limits, traits)
        case _:
            assert_never(reason)


def _empty(
    now: PullMeasures, past: Sequence[PullMeasures], limits: HoldLimits, traits: SourceTraits
) -> HoldFinding | None:
    """No row at all, where there was one or should be."""
    least = 1 if traits.tells_everybody else limits.fewest_rows_lost
    is_news = past[-1].rows >= least if past else traits.tells_everybody
    return HoldFinding(HoldReason.EMPTY, 0, past[-1].rows if past else 0, 1) if not now.rows and is_news else None


def _nobody_found(now: PullMeasures, past: Sequence[PullMeasures], traits: SourceTraits) -> HoldFinding | None:
    is_news = not past or past[-1].found > 0
    if now.found or not now.people or not is_news or not traits.tells_everybody:
        return None
    return HoldFinding(HoldReason.NOBODY_FOUND, 0, now.people, 1)


def _fewer_found(
    now: PullMeasures, past: Sequence[PullMeasures], limits: HoldLimits, traits: SourceTraits
) -> HoldFinding | None:
    """People of whom it had something at the last pull: not more than it is asked about now."""
    before = min(past[-1].found, now.people) if past and traits.tells_everybody else 0
    # of a month half of a few may well have left; of a whole past nobody has
    fewest = _fewest(limits, before) if traits.rows_compare else limits.fewest_people
    if before - now.found < fewest or 100 * now.found >= limits.fewest_found * before:
        return None
    return HoldFinding(HoldReason.FEWER_FOUND, now.found, before, limits.fewest_found)


def _shorter(
    now: PullMeasures, past: Sequence[PullMeasures], limits: HoldLimits, traits: SourceTraits
) -> HoldFinding | None:
    """An extract shorter than the last; where rows are a period's, than the last of as many weeks."""
    alike = [one.rows for one in past if traits.rows_compare or one.weeks == now.weeks]
    before = alike[-1] if alike else 0
    if before - now.rows < limits.fewest_rows_lost or 100 * now.rows >= limits.fewest_rows * before:
        return None
    return HoldFinding(HoldReason.SHORTER, now.rows, before, limits.fewest_rows)


def _fewest(limits: HoldLimits, whole: int) -> int:
    """From how many people on a share of these counts: in a small group from half of it, three at least."""
    return min(max(1, limits.fewest_people), max(_FEWEST_OF_FEW, (whole + 1) // 2))


@dataclass(frozen=True, slots=True)
class _Share:
    """A part of a whole that a pull may have, and the limit of its share in percent."""

    part: Callable[[PullMeasures], int]
    whole: Callable[[PullMeasures], int]
    most: Callable[[HoldLimits], int]


def _too_large_share(
    reason: HoldReason, now: PullMeasures, past: Sequence[PullMeasures], limits: HoldLimits, traits: SourceTraits
) -> HoldFinding | None:
    """A share far above the source's own past."""
    share = _SHARES[reason]
    if reason is HoldReason.UNKNOWN_CODES and not traits.explains_codes:
        return None
    count, of = share.part(now), share.whole(now)
    worst = max((percent(share.part(one), share.whole(one)) for one in past), default=0)
    # past which nothing could stand out is no past to go by: it is never more than half-way from there to everything
    limit = max(share.most(limits), min(limits.times_past * worst, (100 + worst) // 2))
    fewest = max(1, limits.fewest_people) if reason is HoldReason.ENDED else _fewest(limits, of)
    if count < fewest or 100 * count <= limit * of:
        return None
    return HoldFinding(reason, count, of, limit)


_SHARES: Mapping[HoldReason, _Share] = {
    HoldReason.UNKNOWN_CODES: _Share(
        lambda one: one.unknown, lambda one: one.found, lambda limits: limits.most_unknown
    ),
    HoldReason.UNCERTAIN: _Share(
        lambda one: one.uncertain, lambda one: one.people, lambda limits: limits.most_uncertain
    ),
    HoldReason.UNREADABLE: _Share(
        lambda one: one.unreadable, lambda one: one.rows, lambda limits: limits.most_unreadable
    ),
    HoldReason.ENDED: _Share(lambda one: one.ended, lambda one: one.before, lambda limits: limits.most_ended),
}
