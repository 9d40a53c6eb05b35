"""What would have to change for a refused calendar to pass: each change is tried, and none is guessed.

Three kinds are tried: fewer releases, other blocks, and terms and tables that let somebody be alone with a part of a
figure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from gateway.attestations.exact_figures import BY_CLASS, BY_REASON
from gateway.attestations.judged_calendar import (
    JudgedCalendar,
    judged_at_contract,
    judged_with_even_starts,
    longest_wait,
    movers_of,
)
from gateway.outcomes.calendar import calendar_of, stands_still
from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.tariffs.price import PriceTariff
from gateway.outcomes.terms import ExitRule
from policies.calendar_rules import CalendarFinding, audit
from vocabulary.releases import Recipient, Template

Exit = TypeVar("Exit")

_MOST_WINDOWS = 200  # by which a contract may say that a figure is late


def passing_changes(judged: JudgedCalendar, finding: CalendarFinding) -> str:
    """The first change of each kind after which the whole calendar passes, in words."""
    changes = (*_other_blocks(judged), *_other_terms(judged, finding))
    found = [_fewer_releases(judged), *(words for words, changed in changes if _passes(changed)), _no_bills(judged)]
    return ", or ".join(filter(None, found))


def _no_bills(judged: JudgedCalendar) -> str:
    """That an investor bears no share, alone or beside what else passes then; empty where it bears none."""
    contract = judged.contract
    if not calendar_of(contract).bears_share:
        return ""
    lenders = {one.organisation for one in contract.parties_as("investor")}
    left_out = [one for one in contract.payers[1:] if one.organisation in lenders]
    others = tuple(one for one in contract.parties if one not in left_out)
    changed = replace(judged, contract=replace(contract, parties=others))
    words = f"leave {' and '.join(one.organisation for one in left_out)} out of [[payers]]"
    if _passes(changed):
        return words
    beside = (_fewer_releases(changed), *(said for said, other in _other_blocks(changed) if _passes(other)))
    return ", or ".join(f"{words} and {said}" for said in beside if said)


def _passes(judged: JudgedCalendar) -> bool:
    contract = judged.contract
    if audit(calendar_of(contract)):
        return False
    if not judged.findings():
        return True
    if not contract.fold.at_most or not judged.has_blocks():
        return False
    expected = judged_with_even_starts(judged).ends()
    return expected is not None and longest_wait(contract, expected) <= contract.fold.at_most


def _fewer_releases(judged: JudgedCalendar) -> str:
    """Totals and answers to leave out, as few as one by one may be shown again. Without any the calendar passes:
    payments to the creditor are exact, whatever they tell. Empty where the text breaks a rule besides."""
    left_out: list[tuple[Template, Recipient, str]] = []
    while not _passes(trial := _without(judged, left_out)):
        found = trial.findings()
        shown = [one for one in trial.contract.releases if found and one.template == found[0].template]
        if not shown:  # what is left breaks a rule of the text
            return ""
        finding = found[0]
        named = [one for one in shown if one.recipient in finding.recipients and one.window in finding.windows]
        last = (named or shown)[-1].window
        left_out += [(one.template, one.recipient, one.window) for one in named or shown if one.window == last]
    for one in [*left_out]:
        fewer = [other for other in left_out if other != one]
        if _passes(_without(judged, fewer)):
            left_out = fewer
    order = [one.label for one in judged.contract.windows]
    said = []
    for template in dict.fromkeys(template for template, _, _ in left_out):
        by_role = {
            role: tuple(sorted((label for *one, label in left_out if one == [template, role]), key=order.index))
            for role in sorted({role for one, role, _ in left_out if one is template})
        }
        where = [
            f"for {' + '.join(role for role in by_role if by_role[role] == labels)} in {', '.join(labels)}"
            for labels in dict.fromkeys(by_role.values())
        ]
        said.append(f"{template} {' and '.join(where)}")
    return f"plan no {', and no '.join(said)}"


def _without(judged: JudgedCalendar, left_out: Collection[tuple[Template, Recipient, str]]) -> JudgedCalendar:
    releases = tuple(
        one for one in judged.contract.releases if (one.template, one.recipient, one.window) not in left_out
    )
    return replace(judged, contract=replace(judged.contract, releases=releases))


def _other_blocks(judged: JudgedCalendar) -> Iterator[tuple[str, JudgedCalendar]]:
    """Blocks where the contract has none, or blocks that wait longer than it allows."""
    contract = judged.contract
    if not judged.has_blocks() or (ends := judged_with_even_starts(judged).ends()) is None:
        return
    most = max(1, longest_wait(contract, ends))
    investors = {one.organisation for one in contract.parties if one.role == "investor"}
    if most > _MOST_WINDOWS or most <= contract.fold.at_most:
        return
    words = f"fold_at_most = {most} under [disclosure]"
    if not contract.fold.at_most:
        words = f'fold = "blocks" and {words}' + (", and who bears it as fold_cost" if investors else "")
    changed = replace(contract, fold=replace(contract.fold, at_most=most))
    yield f"say {words}", replace(judged, contract=changed)


def _other_terms(judged: JudgedCalendar, finding: CalendarFinding) -> Iterator[tuple[str, JudgedCalendar]]:
    """Without tables, what parts a figure of a block by window or by price, and time that is given back."""
    contract = judged.contract
    changes: list[tuple[str, Contract]] = []
    if any(name.startswith(BY_CLASS) for name in finding.figures):
        without = replace(contract, breakdown="", breakdown_window="")
        changes.append(("leave breakdown and breakdown_windows out", without))
    if any(name.startswith(BY_REASON) for name in finding.figures):
        changes.append(("leave reasons_windows out", replace(contract, reasons_window="")))
    if contract.fold.at_most:
        for tariff in contract.tariffs:
            if tariff.cap_window_minor:
                plain = replace(tariff, cap_window_minor=0, carries_excess=False)
                changes.append((f"leave cap_window_minor of {tariff.id} out", _with_tariff(contract, plain)))
            if isinstance(tariff, PriceTariff) and tariff.index is not None:
                plain = replace(tariff, index=None, base_year=0)
                changes.append((f"give {tariff.id} one price for all years", _with_tariff(contract, plain)))
    if finding.rule == "calendar-given-back" and stands_still(contract):
        frozen = replace(
            contract, exits=_without_neutral(contract.exits), register_exits=_without_neutral(contract.register_exits)
        )
        changes.append(("make every neutral exit frozen", frozen))
    for words, changed in changes:
        yield words, judged_at_contract(changed, movers_of(changed))


def _with_tariff(contract: Contract, new: Tariff) -> Contract:
    tariffs = tuple(new if one.id == new.id else one for one in contract.tariffs)
    return replace(contract, tariffs=tariffs)


def _without_neutral(rules: Mapping[Exit, ExitRule]) -> Mapping[Exit, ExitRule]:
    return {exit_: ExitRule.FROZEN if rule is ExitRule.NEUTRAL else rule for exit_, rule in rules.items()}
