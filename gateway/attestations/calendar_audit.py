"""The audit of a contract's calendar by who can still change what: of the text, and of the days when it is sealed.

The cheap rules stand in the loader (`policies.calendar`). This one runs the evaluator on possible lives for each first
day, and asks of all exact figures of a view whether some combination of them is about a few people alone. At the
contract nobody knows how many begin on which day: each first day may be one person. When the last batch is sealed the
days are known, and a contract that says so shows what could not stand by itself with a later window.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache

from gateway.attestations.exact_figures import exact_figures
from gateway.attestations.movers import Movers
from gateway.attestations.view_rules import HeldView, MoverFinding, Starts, judge
from gateway.outcomes.blocks import reader_windows
from gateway.outcomes.calendar import calendar_of
from gateway.outcomes.contract import Contract
from policies.calendar import groups
from policies.folding import Ends, least_wait, waits
from vocabulary.errors import DeclarationInvalid
from vocabulary.releases import Template
from vocabulary.weeks import Week


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


def audit_contract(contract: Contract) -> AuditedContract:
    """The contract, where its calendar isolates nobody; `DeclarationInvalid` with the first finding else.

    A text is audited once in a process. The contract can be evaluated: `ContractNotEvaluable` else, which `lint` says
    beforehand.
    """
    found, passed = _audit_of_text(_Text(contract.sha256, contract))
    for finding in found:
        planned = [one for one in contract.releases if one.template is Template.CONTRACT_TOTAL]
        line = next((one.line for one in planned if one.window in finding.windows), 1)
        windows, figures = ", ".join(finding.windows), ", ".join(finding.figures)
        where = f"{finding.rule}; windows {windows}; figures {figures}; seen by {' + '.join(finding.recipients)}"
        reason = f"{finding.reason} ({where}); {finding.suggestion}"
        raise DeclarationInvalid(
            file=contract.file, line=line, key="releases.windows", reason=reason, rule=finding.rule
        )
    return replace(passed, contract=contract)  # the same text may stand in files of several names


@dataclass(frozen=True, slots=True)
class _Text:
    """A contract by its digest."""

    sha256: str
    contract: Contract = field(compare=False)


@lru_cache(maxsize=16)
def _audit_of_text(text: _Text) -> tuple[list[MoverFinding], AuditedContract]:
    return _audit(text.contract)


def findings_of(contract: Contract) -> tuple[list[MoverFinding], Mapping[tuple[str, ...], int]]:
    """What the audit has against the calendar, and the fewest people of each view. No value and no person is looked
    at."""
    found, passed = _audit(contract)
    return found, passed.smallest


def _audit(contract: Contract) -> tuple[list[MoverFinding], AuditedContract]:
    views = _views(contract)
    judged = [view for view in views if not view.is_free]
    if not judged:
        return [], AuditedContract(contract, dict.fromkeys((view.roles for view in views), 0))
    movers = _movers(contract)
    found: list[tuple[HeldView, MoverFinding]] = []
    for _ in movers.run():
        starts = Starts(movers, None)
        found = [(view, finding) for view in judged if (finding := judge(starts, view)) is not None]
        if found and not contract.fold.at_most:
            return [_with_change(starts, view, finding) for view, finding in found], AuditedContract(contract, {})
    moved = movers.days[0].space.rank > 0
    smallest = {view.roles: contract.cohort.size if moved and not view.is_free else 0 for view in views}
    passed = AuditedContract(contract, smallest)
    return _with_blocks(movers, [finding for _, finding in found], passed) if found else ([], passed)


def _with_blocks(
    movers: Movers, found: Sequence[MoverFinding], passed: AuditedContract
) -> tuple[list[MoverFinding], AuditedContract]:
    """The worst plan and that of people who begin evenly, or why there is none that the contract allows."""
    contract = passed.contract
    worst, expected = _plan(movers, None), _plan(movers, _evenly(contract))
    if expected is None or worst is None:
        change = "no block of windows passes: plan no contract_total for " + " + ".join(found[0].recipients)
        return [replace(found[0], suggestion=change)], passed
    if expected.longest_wait > contract.fold.at_most:
        change = (
            f"where people begin evenly fold_at_most = {expected.longest_wait} passes, and not {contract.fold.at_most}"
        )
        return [replace(found[0], suggestion=change)], passed
    return [], replace(passed, worst=worst, expected=expected)


def plan_of_blocks(contract: Contract, enrolled_on: Iterable[date]) -> BlockPlan:
    """How the windows of a contract are shown whose people were enrolled on these days: the least wait of them all.

    A pure function of the text and the days. Where nothing passes, everything waits for the last window: an audited
    contract has no such days.
    """
    movers = _movers(contract)
    for _ in movers.run():
        pass
    planned = [contract.windows[place].label for place in reader_windows(contract)]
    found = _plan(movers, Counter(first_day_of(contract, day) for day in enrolled_on))
    return BlockPlan(tuple(planned[-1:]), max(0, len(planned) - 1)) if found is None else found


def _plan(movers: Movers, by_day: Mapping[date, int] | None) -> BlockPlan | None:
    contract, starts = movers.contract, Starts(movers, by_day)
    planned = reader_windows(contract)

    def passes(ends: Ends) -> bool:
        return not any(judge(starts, view) for view in _views(contract, ends) if not view.is_free)

    ends = least_wait(planned, passes)
    if ends is None:
        return None
    labels = tuple(contract.windows[place].label for place in ends)
    return BlockPlan(labels, max(waits(planned, ends), default=0))


def _evenly(contract: Contract) -> Mapping[date, int]:
    """As many first days as the contract names people, spread evenly over the days of enrolment."""
    first, people = contract.cohort.enrolment_from, contract.cohort.size
    span = (contract.cohort.enrolment_to - first).days + 1
    return Counter(first_day_of(contract, first + timedelta(days=one * span // people)) for one in range(people))


def first_day_of(contract: Contract, enrolled_on: date) -> date:
    """The first day that counts of somebody who was enrolled on this one."""
    return enrolled_on if contract.qualification.first_week_is_enrolment_week else (Week.of(enrolled_on) + 1).monday


def _movers(contract: Contract) -> Movers:
    return Movers(contract, [one.figure for one in exact_figures(contract)])


def _views(contract: Contract, ends: Collection[int] | None = None) -> list[HeldView]:
    figures = exact_figures(contract, ends)
    return [
        HeldView(roles, tuple(one for one in figures if one.release.recipient in roles))
        for roles in groups(calendar_of(contract))
    ]


def _with_change(starts: Starts, view: HeldView, finding: MoverFinding) -> MoverFinding:
    """The finding with the fewest totals to leave out, of these windows, after which the view passes: tried, and not
    guessed."""
    planned = list(dict.fromkeys(one.release.window for one in view.figures if not one.is_free))
    tries = [{one} for one in reversed(planned) if one in finding.windows]
    tries += [set(planned[place:]) for place in range(len(planned) - 1, -1, -1)]
    for left_out in tries:
        if judge(starts, view.without(left_out)) is None:
            names = ", ".join(one for one in planned if one in left_out)
            return replace(finding, suggestion=f"plan no contract_total for {' + '.join(view.roles)} in {names}")
    return replace(finding, suggestion="plan payment documents for the creditor alone")
