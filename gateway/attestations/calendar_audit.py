"""The audit of a contract's calendar by who can still change what: of the text, and of the days when it is sealed.

The cheap rules stand in the loader (`policies.calendar_rules`). This one runs the evaluator on possible lives for each
first day, and asks of all exact figures of a view whether some combination of them is about a few people alone. At the
contract nobody knows how many begin on which day: each first day may be one person. When the last batch is sealed the
days are known, and a contract that says so shows what could not stand by itself with a later window.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from connectors.base import Progress, no_progress
from gateway.attestations.judged_calendar import (
    judged_at_contract,
    judged_with_even_starts,
    longest_wait,
    movers_of,
    views_of,
)
from gateway.attestations.movers import Movers
from gateway.attestations.tried_changes import passing_changes
from gateway.outcomes.blocks import reader_windows
from gateway.outcomes.contract import Contract
from gateway.outcomes.versions import text_key
from policies.calendar_rules import CalendarFinding
from vocabulary.errors import DeclarationInvalid


@dataclass(frozen=True, slots=True)
class BlockPlan:
    """The windows at whose end totals are shown, by label, and by how many windows the longest wait is."""

    ends: tuple[str, ...]
    longest_wait: int


@dataclass(frozen=True, slots=True)
class AuditedContract:
    """A contract whose calendar was audited and passed. `smallest` has the fewest people that any combination of a
    view's exact figures is about, by the view's roles; 0 where it has none. `worst` and `expected` are how it is shown
    where each first day may be one person, and where people begin evenly; None where nothing has to wait. Only
    `audit_contract` makes one."""

    contract: Contract
    smallest: Mapping[tuple[str, ...], int]
    worst: BlockPlan | None = None
    expected: BlockPlan | None = None


def audit_contract(contract: Contract, *, progress: Progress = no_progress) -> AuditedContract:
    """The contract, where its calendar isolates nobody; `DeclarationInvalid` with the first finding else.

    A text is audited once in a process. The contract can be evaluated: `ContractNotEvaluable` else, which `lint` says
    beforehand. `progress` is told of so many first days that are asked of so many.
    """
    found, passed = _audit_of_text(_Text(text_key(contract), contract, progress))
    for finding in found:
        named = [one for one in contract.releases if one.window in finding.windows]
        planned = [one.line for one in named if one.template == finding.template] or [one.line for one in named]
        line = next(iter(planned), 1)  # of a bill: no release plans it
        raise DeclarationInvalid(
            file=contract.file, line=line, key="releases.windows", reason=str(finding), rule=finding.rule
        )
    return replace(passed, contract=contract)  # the same text may stand in files of several names


@dataclass(frozen=True, slots=True)
class _Text:
    """A contract by its digest."""

    sha256: str
    contract: Contract = field(compare=False)
    progress: Progress = field(compare=False)


@lru_cache(maxsize=128)
def _audit_of_text(text: _Text) -> tuple[list[CalendarFinding], AuditedContract]:
    return _audit(text.contract, lambda: _movers_of_text(text))


def known_movers(contract: Contract, *, progress: Progress = no_progress) -> Movers:
    """Who can change what under a contract as it was read, run once in a process: whoever holds the writer's lock has
    it run before."""
    return _movers_of_text(_Text(text_key(contract), contract, progress))


@lru_cache(maxsize=8)
def _movers_of_text(text: _Text) -> Movers:
    return movers_of(text.contract, text.progress)


def findings_of(contract: Contract) -> tuple[list[CalendarFinding], Mapping[tuple[str, ...], int]]:
    """What the audit has against the calendar, and the fewest people of each view. No value and no person is looked
    at."""
    found, passed = _audit(contract, lambda: movers_of(contract, no_progress))
    return found, passed.smallest


def _audit(contract: Contract, run_lives: Callable[[], Movers]) -> tuple[list[CalendarFinding], AuditedContract]:
    """What it finds; lives are run only where somebody is shown a figure that they could tell of."""
    views = views_of(contract)
    if all(view.is_free for view in views):
        return [], AuditedContract(contract, dict.fromkeys((view.roles for view in views), 0))
    judged = judged_at_contract(contract, run_lives())
    moved = judged.starts.movers.days[0].space.rank > 0
    smallest = {view.roles: contract.cohort.denominator if moved and view.has_totals else 0 for view in views}
    passed = AuditedContract(contract, smallest)
    # where it ends early, its blocks are those that were settled before: the text alone is asked what is paid
    found = judged.findings(() if contract.end is not None and contract.fold.at_most else None)
    if not found:
        return [], passed
    if contract.fold.at_most and (worst := judged.ends()) is not None:
        expected = judged_with_even_starts(judged).ends()
        if expected is not None and longest_wait(contract, expected) <= contract.fold.at_most:
            return [], replace(passed, worst=_plan(contract, worst), expected=_plan(contract, expected))
    if contract.fold.at_most and not judged.has_blocks():  # then it is the one block of everything that tells
        found = judged.findings(reader_windows(contract)[-1:])
    return [replace(found[0], suggestion=passing_changes(judged, found[0])), *found[1:]], AuditedContract(contract, {})


def _plan(contract: Contract, ends: Sequence[int]) -> BlockPlan:
    return BlockPlan(tuple(contract.windows[place].label for place in ends), longest_wait(contract, ends))
