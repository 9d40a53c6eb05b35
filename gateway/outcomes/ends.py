"""A contract that ends early (ophør): its time is cut at a whole week, and nothing of what was told before changes.

The window in which the week lies is settled until then, and later ones are gone with all that was planned for them.
What it comes to is paid, exactly, and no reader gets a figure of it: whoever chooses a last week chooses what a figure
is about. A window that ends with that very week was planned and audited, and stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date

from gateway.errors.contracts import AmendmentRefused
from gateway.outcomes.contract import Contract
from gateway.outcomes.end_terms import ContractEnd, EndRight
from vocabulary.releases import Template


def cut_at(contract: Contract, end: ContractEnd) -> Contract:
    """The contract until its last week. Raises `ValueError` for a week in which it does not run, or in no time of
    which anybody can be referred."""
    first, last = contract.windows[0].from_week, contract.windows[-1].to_week
    if not first <= end.last_week < last or end.last_week.sunday < contract.cohort.enrolment_from:
        raise ValueError(f"must be a week of its windows before the last, {last}, and not before people are referred")
    windows = tuple(
        replace(one, to_week=min(one.to_week, end.last_week))
        for one in contract.windows
        if one.from_week <= end.last_week
    )
    left = {one.label for one in windows}
    whole = {one.label for one in windows if one in contract.windows}

    def if_whole(label: str) -> str:
        return label if label in whole else ""

    return replace(
        contract,
        windows=windows,
        aggregates=tuple(
            replace(one, windows=tuple(label for label in one.windows if label in left)) for one in contract.aggregates
        ),
        releases=tuple(
            one
            for one in contract.releases
            if one.window in whole or (one.window in left and one.template is Template.PAYMENT_DOCUMENT)
        ),
        statements=tuple(one for one in contract.statements if one.window in whole),
        breakdown=contract.breakdown if if_whole(contract.breakdown_window) else "",
        breakdown_window=if_whole(contract.breakdown_window),
        reasons_window=if_whole(contract.reasons_window),
        end=replace(end, cut="" if windows[-1].label in whole else windows[-1].label),
    )


def until_it_ended(contract: Contract) -> Contract:
    """The newest version that did not end it yet, with those before it; of a chain in which one did."""
    running = [one for one in contract.earlier if one.end is None]
    return replace(running[-1], earlier=tuple(running[:-1]))


def right_used(known: Contract, new: Contract) -> EndRight | None:
    """The right of one party by which a later version ends the one in force; None where it ends nothing, or by all.
    Raises `AmendmentRefused` for one that the version in force does not give."""
    if new.end is None or known.end is not None or not new.end.right:
        return None
    for right in known.end_rights:
        if right.id == new.end.right:
            return right
    reason = f"names {new.end.right!r}, which version {known.version} does not give anybody"
    raise AmendmentRefused(file=new.file, part="end.right", reason=reason)


def under_notice(known: Contract, notice: Contract) -> Contract:
    """The version that everybody accepted, cut as one party's notice says by a right that it has there. The notice is a
    text of that party alone: what is signed rests on the version that gives the right."""
    if notice.end is None:
        raise ValueError("a notice ends a contract")
    return replace(cut_at(known, notice.end), earlier=(*known.earlier, replace(known, earlier=())))


def may_be_read(contract: Contract, *, on: date) -> bool:
    """Whether registers may still be asked on a day: of a contract that ended, until a declared day."""
    return contract.end is None or on <= contract.end.read_until


def check_end(known: Contract, new: Contract, *, told: Collection[str]) -> Contract:
    """The version in force as it is when it ends as the later one says, which has to say the same; raises
    `AmendmentRefused` where it may not end so. `told` are the labels of windows of which anything was released."""

    def refuse(part: str, reason: str) -> AmendmentRefused:
        return AmendmentRefused(file=new.file, part=part, reason=reason)

    if known.end is not None or new.end is None:
        raise refuse("end", f"stays as version {known.version} has it, which ended the contract")
    right_used(known, new)
    try:
        expected = cut_at(known, new.end)
    except ValueError as error:
        raise refuse("end.last_week", str(error)) from None
    last = expected.windows[-1]
    if last.label in told:
        raise refuse("end.last_week", f"lies in {last.label}, of which something was released: end with a later window")
    if later := [one.label for one in known.windows if one.label in told and one.from_week > new.end.last_week]:
        raise refuse("end.last_week", f"lies before {later[0]}, of which something was released")
    begins, ends = last.from_week.monday, last.to_week.sunday
    if not begins <= new.effective_from <= ends:
        reason = f"must lie in the last window, from {begins} to {ends}: it is settled by this version"
        raise refuse("effective_from", reason)
    return expected
