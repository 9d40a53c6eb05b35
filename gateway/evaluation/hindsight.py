"""Use case: what a later correction of a register changed, window by window.

Two evaluations of the same weeks, with what was known at two instants. Beside them stands what each window's freeze
keeps: its documents rest on that, and what was learnt later enters as a correction. Every look is logged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.errors.evaluation import NotYetKnown
from gateway.errors.release import SourcesIncomplete
from gateway.evaluation.evaluating import AsOf, Look, frozen_at, histories, known_by, look, record_evaluation
from gateway.installation.authority import Asking, deciding
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.history import PersonHistory, Remainder
from gateway.outcomes.terms import Window
from gateway.store import basis
from policies.terms import Purpose
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class WindowChange:
    """What a window adds to a measure's total, as known at each instant. `frozen` is that at the window's freeze."""

    window: str
    measure: str
    earlier: int
    later: int
    frozen_at: datetime | None  # None while the window has not frozen by the later instant
    frozen: int | None

    @property
    def difference(self) -> int:
        return self.later - self.earlier


@dataclass(frozen=True, slots=True)
class Changes:
    """All windows up to a week, oldest first, and the digests of both evaluations' inputs."""

    contract: Contract
    week: Week
    earlier: AsOf
    later: AsOf
    rows: tuple[WindowChange, ...]
    earlier_inputs_sha256: str
    later_inputs_sha256: str


def changes(
    gateway: Gateway,
    contract_id: str,
    *,
    earlier: datetime,
    later: datetime | None = None,
    until: Week | None = None,
) -> Changes:
    """What differs between two instants, in every window that was complete at the earlier one and ends by `until`.

    `later` is now if left out. Raises `SourcesIncomplete` where there is no such window, `NotYetKnown`, `PolicyDenied`,
    `ContractUnknown`, `ValueError` where the earlier instant is not the earlier one.
    """
    with deciding(gateway) as asking:
        later = asking.now if later is None else later
        if later > asking.now:
            raise NotYetKnown(instant=later)
        if earlier >= later:
            raise ValueError("the earlier instant must lie before the later one")
        windows = _windows(gateway, asking, contract_id, earlier, until)
        week = windows[-1].to_week
        then = look(gateway, asking, contract_id, week, known_at=earlier)
        now = look(gateway, asking, contract_id, week, known_at=later)
        then.record(asking)
        now.record(asking)
        rows = _rows(gateway, asking, windows, then, now)
    return Changes(
        contract=now.contract,
        week=week,
        earlier=then.as_of,
        later=now.as_of,
        rows=rows,
        earlier_inputs_sha256=then.evaluation.inputs_sha256,
        later_inputs_sha256=now.evaluation.inputs_sha256,
    )


def _windows(
    gateway: Gateway, asking: Asking, contract_id: str, earlier: datetime, until: Week | None
) -> tuple[Window, ...]:
    contract, _ = gateway.contract_and_text(asking.session, contract_id, known_at=earlier)
    complete = known_by(asking.session, contract, earlier).complete_to
    last = complete if until is None or complete is None else min(complete, until)
    found = tuple(window for window in contract.windows if last is not None and window.to_week <= last)
    if not found:
        wanted = min(contract.windows[0].to_week, until or contract.windows[0].to_week)
        shown = "nowhere" if complete is None else f"to {complete}"
        raise SourcesIncomplete(contract=contract_id, week=str(wanted), complete=shown)
    return found


def _rows(
    gateway: Gateway, asking: Asking, windows: Sequence[Window], then: Look, now: Look
) -> tuple[WindowChange, ...]:
    found = []
    for number, window in enumerate(windows):
        ends = [part.to_week for part in windows[max(0, number - 1) : number + 1]]
        frozen = frozen_at(asking.session, now.contract, window)
        is_frozen = frozen is not None and frozen <= now.as_of.known_at
        kept = _at_freeze(gateway, asking, now, frozen, ends) if frozen is not None and is_frozen else {}
        before = _added(then.contract, then.cohort, then.remainder, ends)
        after = _added(now.contract, now.cohort, now.remainder, ends)
        found += [
            WindowChange(window.label, name, before[name], after[name], frozen if is_frozen else None, kept.get(name))
            for name in after
        ]
    return tuple(found)


def _at_freeze(
    gateway: Gateway, asking: Asking, now: Look, frozen: datetime, ends: Sequence[Week]
) -> Mapping[str, int]:
    """What the window adds with the data that its freeze keeps: the look that its documents rest on."""
    programme = gateway.programme(asking.session, now.contract.id)  # as for a document
    cohort = histories(asking.session, now.contract, programme, known_at=frozen)
    remainder = basis.remainder(asking.session, now.contract.id)
    evaluation = evaluate(now.contract, cohort, ends[-1], remainder=remainder)
    record_evaluation(
        asking, now.contract, evaluation, cohort, now.authorised, Purpose.OUTCOME_EVALUATION, known_at=frozen
    )
    return _added(now.contract, cohort, remainder, ends)


def _added(
    contract: Contract, cohort: Sequence[PersonHistory], remainder: Remainder, ends: Sequence[Week]
) -> dict[str, int]:
    """What the last of one or two windows adds to each measure."""
    totals = [evaluate(contract, cohort, week, remainder=remainder) for week in ends]
    before = totals[0] if len(totals) > 1 else None
    return {
        measure.id: totals[-1].quantity(measure.id) - (0 if before is None else before.quantity(measure.id))
        for measure in contract.measures
    }
