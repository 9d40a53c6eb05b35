"""Weeks off benefits (*uden ydelse*): what says so of a state in a contract file, and what a reader must know of it.

Such a week is one of which a register that covers it shows none of the named benefits. It is no week in work: whoever
moves in with somebody, goes to prison, moves away or dies leaves benefits too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.outcomes.contract import Contract
from gateway.outcomes.findings import LintFinding
from gateway.outcomes.manual_evidence import EVIDENCE
from gateway.outcomes.terms import EXIT_OF, ExitRule, RegisterExit
from policies.basis import StopReason
from vocabulary.declaration import DeclarationTable
from vocabulary.statuses import Status

_WITHOUT_BENEFIT = {Status.NO_BENEFIT, Status.SELF_EMPLOYED, Status.WORK_ABROAD, Status.UNKNOWN, *EXIT_OF}
BENEFITS = frozenset(Status) - _WITHOUT_BENEFIT  # fleksjob, SU and the like among them: each is paid by the public
_RECORDED = (StopReason.COHABITATION, StopReason.PRISON)  # ways out of benefits that are no result
_SHOWN = (RegisterExit.MOVED, RegisterExit.DEAD)
_KEEPS = (ExitRule.FROZEN, ExitRule.NEUTRAL)


def statuses_off_benefit(
    table: DeclarationTable, named: frozenset[Status] | None, neutral: frozenset[Status]
) -> frozenset[Status]:
    """What a register may show in a week of a state that says `off_benefit = true`: whatever is no benefit and no exit.

    `named` are the benefits that the state names; without them all count that are not among the `neutral` statuses, in
    whose weeks the verdict of the week before holds.
    """
    for key in ("statuses", "income_types", "hours_per_week_hundredths"):
        if key in table:
            raise table.refuse(key, "is not said of weeks off benefits: they are told by what is not shown")
    benefits = BENEFITS - neutral if named is None else named
    if not benefits:
        raise table.refuse("benefits", "must name at least one benefit")
    if others := sorted(benefits - BENEFITS):
        raise table.refuse("benefits", f"names {', '.join(others)}: no benefit")
    if both := sorted(benefits & neutral):
        raise table.refuse("benefits", f"names {', '.join(both)}, whose weeks repeat the week before")
    return frozenset(Status).difference(benefits, EXIT_OF, {Status.UNKNOWN})


def lint_off_benefit(contract: Contract, shown_by: Mapping[str, frozenset[Status]]) -> Iterator[LintFinding]:
    """What is no result although it ends a benefit, what the contract makes of it, and what no register here tells."""
    registers = [source for source in contract.status_sources if source != EVIDENCE]
    shown = frozenset[Status]().union(*(shown_by.get(one, frozenset(Status)) for one in registers))
    rules = [contract.exits[exit_] for exit_ in _RECORDED] + [contract.register_exits[exit_] for exit_ in _SHOWN]
    given = list(zip((*_RECORDED, *_SHOWN), rules, strict=True))
    said = ", ".join(f'{exit_} = "{rule}"' for exit_, rule in given)
    kept = [str(exit_) for exit_, rule in given if rule in _KEEPS]
    unseen = sorted({Status.DEAD, Status.NOT_RESIDENT} - shown)
    for state in contract.states:
        if not state.is_off_benefit:
            continue
        yield LintFinding(
            "off-benefit",
            state.line,
            f"{state.id!r} is off benefits, not in work: who moves in with somebody, goes to prison, moves away or dies"
            f" leaves benefits too, and that is no result. [exits] says {said}",
            f"{' and '.join(kept)} would keep what was reached until then: is that meant?"
            if kept
            else "have case workers register who is provided for and who is in prison: no register tells it",
        )
        if unseen:
            yield LintFinding(
                "off-benefit-unseen",
                state.line,
                f"{' and '.join(registers)} never shows {' or '.join(unseen)}: such weeks look like weeks off benefits",
                "let the programme read a civil register too",
            )
