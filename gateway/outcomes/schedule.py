"""What each recipient will be shown and when: the contract's calendar with its first possible days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gateway.outcomes.contract import Contract
from gateway.outcomes.terms import Window
from vocabulary.releases import Template


@dataclass(frozen=True, slots=True)
class PlannedDocument:
    """One thing that a recipient may get: never before `earliest_on`, and never anything that is not listed.

    `adds` names what a release shows beside its figures: "by_state", "reasons", or nothing.
    """

    recipient: str  # role
    name: str
    template: str  # of a release, or the kind of a statement about single people
    window: Window
    earliest_on: date
    adds: tuple[str, ...] = ()


def schedule(contract: Contract) -> tuple[PlannedDocument, ...]:
    """Every planned release and statement, by day and then by recipient.

    The day is that of the freeze: a source that is complete later moves it, and nothing makes it earlier.
    """
    windows = {window.label: window for window in contract.windows}
    planned: list[tuple[str, str, Window]] = [
        (one.recipient, one.template, windows[one.window]) for one in contract.releases
    ]
    planned += [("operator", one.kind, windows[one.window]) for one in contract.statements]
    found = [
        PlannedDocument(
            role,
            ", ".join(party.name for party in contract.parties_as(role)),
            template,
            window,
            contract.freezes_on(window),
            _adds(contract, role, template, window.label),
        )
        for role, template, window in planned
    ]
    return tuple(sorted(found, key=lambda one: (one.earliest_on, one.recipient, one.template)))


def _adds(contract: Contract, role: str, template: str, label: str) -> tuple[str, ...]:
    if template != Template.CONTRACT_TOTAL:
        return ()
    parts = ["by_state"] if contract.breakdown and label == contract.breakdown_window else []
    return (*parts, "reasons") if role == "operator" and label == contract.reasons_window else tuple(parts)
