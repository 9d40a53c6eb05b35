"""A contract's calendar under one knowledge of who begins when: what is against it, and which windows have to wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from connectors.base import Progress, no_progress
from gateway.attestations.exact_figures import answers, exact_figures
from gateway.attestations.movers import Movers
from gateway.attestations.view_rules import HeldView, Starts, judge
from gateway.outcomes.blocks import reader_windows
from gateway.outcomes.calendar import calendar_of, first_day_of, people_by_first_day
from gateway.outcomes.contract import Contract
from policies.calendar import groups
from policies.calendar_rules import CalendarFinding
from policies.folding import Ends, least_wait, waits


def movers_of(contract: Contract, progress: Progress = no_progress) -> Movers:
    """Who can change what of everything that the contract may ever show, in whatever blocks: a block tells what was
    planned for its inner windows."""
    in_blocks = [one for end in reader_windows(contract) for one in exact_figures(contract, (end,))]
    return Movers(
        contract, [one.figure for one in (*exact_figures(contract), *in_blocks, *answers(contract))], progress
    )


def views_of(contract: Contract, ends: Collection[int] | None = None) -> list[HeldView]:
    """What each recipient holds, tied ones together, and all of them; of blocks that end with these windows."""
    figures, asked = exact_figures(contract, ends), answers(contract, ends)
    return [
        HeldView(roles, *(tuple(one for one in some if one.release.recipient in roles) for some in (figures, asked)))
        for roles in groups(calendar_of(contract))
    ]


@dataclass(frozen=True)
class JudgedCalendar:
    """A contract, and who begins when. Nothing is judged twice: plans of blocks hold the same views again and again."""

    contract: Contract
    starts: Starts
    _known: dict[HeldView, CalendarFinding | None] = field(default_factory=dict)

    def findings(self, ends: Collection[int] | None = None) -> list[CalendarFinding]:
        """What is against each view, one finding a view at most; none where everything may be shown."""
        judged = (self._judge(view) for view in views_of(self.contract, ends) if not view.is_free)
        return [finding for finding in judged if finding is not None]

    def ends(self, shown: Ends = ()) -> Ends | None:
        """The blocks with the least wait under which nothing is found, by the places of their ends, behind those that
        were `shown` already."""
        return least_wait(reader_windows(self.contract), lambda ends: not self._is_refused(ends), shown=shown)

    def has_blocks(self) -> bool:
        """Whether there are such blocks: one of everything tells least."""
        return not self._is_refused(reader_windows(self.contract)[-1:])

    def _is_refused(self, ends: Collection[int]) -> bool:
        views = views_of(self.contract, ends)
        return any(self._judge(view) is not None for view in views if not view.is_free)

    def _judge(self, view: HeldView) -> CalendarFinding | None:
        if view not in self._known:
            self._known[view] = judge(self.starts, view)
        return self._known[view]


def judged_at_contract(contract: Contract, movers: Movers) -> JudgedCalendar:
    """Nobody knows how many will begin when, unless the contract's cut-offs say it."""
    return JudgedCalendar(contract, Starts(movers, people_by_first_day(contract)))


def judged_with_even_starts(judged: JudgedCalendar) -> JudgedCalendar:
    """The same where as many people as the contract names begin evenly over the days of enrolment."""
    return JudgedCalendar(judged.contract, Starts(judged.starts.movers, _evenly(judged.contract)))


def longest_wait(contract: Contract, ends: Sequence[int]) -> int:
    """By how many windows one is shown later at most."""
    return max(waits(reader_windows(contract), tuple(ends)), default=0)


def _evenly(contract: Contract) -> Mapping[date, int]:
    known = people_by_first_day(contract)
    if known is not None:
        return known
    first, people = contract.cohort.enrolment_from, contract.cohort.size
    span = (contract.cohort.enrolment_to - first).days + 1
    return Counter(first_day_of(contract, first + timedelta(days=one * span // people)) for one in range(people))
