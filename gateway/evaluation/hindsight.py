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
from gateway.evaluation.cohort import histories
from gateway.evaluation.evaluating import (
    AsOf,
    Look,
    ask_to_look,
    freeze_of,
    known_by,
    look,
    record_evaluation,
)
from gateway.evaluation.looking import Snapshot, look_apart
from gateway.installation.authority import Asking, Authorised
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.outcomes.evaluate import Evaluation, evaluate
from gateway.outcomes.history import PersonHistory, Remainder
from gateway.outcomes.terms import Window
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

    def authorise(asking: Asking) -> _Asked:
        until_now = asking.now if later is None else later
        if until_now > asking.now:
            raise NotYetKnown(instant=until_now)
        if earlier >= until_now:
            raise ValueError("the earlier instant must lie before the later one")
        windows = _windows(gateway, asking, contract_id, earlier, until)
        authorised = ask_to_look(gateway, asking, contract_id, windows[-1].to_week, known_at=earlier)
        return _Asked(authorised, windows, until_now)

    def see(at: Snapshot, asked: _Asked) -> _Compared:
        week = asked.windows[-1].to_week
        then = look(gateway, at, contract_id, week, known_at=earlier)
        now = look(gateway, at, contract_id, week, known_at=asked.later)
        kept = _kept_looks(gateway, at, asked.windows, now)
        return _Compared(then, now, kept, _rows(asked.windows, then, now, kept))

    return look_apart(gateway, contract_id, Purpose.OUTCOME_EVALUATION, authorise=authorise, look=see, record=_record)


@dataclass(frozen=True, slots=True)
class _Asked:
    authorised: Authorised
    windows: tuple[Window, ...]
    later: datetime


@dataclass(frozen=True, slots=True)
class _KeptLook:
    """A window with the data that its freeze keeps: the look that its documents rest on."""

    frozen_at: datetime
    cohort: list[PersonHistory]
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class _Compared:
    then: Look
    now: Look
    kept: Mapping[str, _KeptLook]  # by window; none where it has not frozen by the later instant
    rows: tuple[WindowChange, ...]


def _record(asking: Asking, asked: _Asked, seen: _Compared) -> Changes:
    then, now = seen.then, seen.now
    then.record(asking, asked.authorised)
    now.record(asking, asked.authorised)
    for kept in seen.kept.values():
        record_evaluation(
            asking,
            now.contract,
            kept.evaluation,
            kept.cohort,
            asked.authorised,
            Purpose.OUTCOME_EVALUATION,
            known_at=kept.frozen_at,
        )
    return Changes(
        contract=now.contract,
        week=now.evaluation.week,
        earlier=then.as_of,
        later=now.as_of,
        rows=seen.rows,
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


def _kept_looks(gateway: Gateway, at: Snapshot, windows: Sequence[Window], now: Look) -> dict[str, _KeptLook]:
    found = {}
    for window in windows:
        freeze = freeze_of(at.session, now.contract, window)
        if freeze is None or freeze.at > now.as_of.known_at:
            continue
        programme = gateway.programme(at.session, now.contract.id)  # as for a document
        cohort = histories(at.session, now.contract, programme, known_at=freeze.at)
        evaluation = evaluate(now.contract, cohort, window.to_week, remainder=now.remainder)
        found[window.label] = _KeptLook(freeze.at, cohort, evaluation)
    return found


def _rows(windows: Sequence[Window], then: Look, now: Look, kept: Mapping[str, _KeptLook]) -> tuple[WindowChange, ...]:
    found = []
    for number, window in enumerate(windows):
        ends = [part.to_week for part in windows[max(0, number - 1) : number + 1]]
        before = _added_quantities(then.contract, then.cohort, then.remainder, ends)
        after = _added_quantities(now.contract, now.cohort, now.remainder, ends)
        frozen = kept.get(window.label)
        at_freeze = {} if frozen is None else _added_quantities(now.contract, frozen.cohort, now.remainder, ends)
        instant = None if frozen is None else frozen.frozen_at
        found += [
            WindowChange(window.label, name, before[name], after[name], instant, at_freeze.get(name)) for name in after
        ]
    return tuple(found)


def _added_quantities(
    contract: Contract, cohort: Sequence[PersonHistory], remainder: Remainder, ends: Sequence[Week]
) -> dict[str, int]:
    """What the last of one or two windows adds to each measure."""
    totals = [evaluate(contract, cohort, week, remainder=remainder) for week in ends]
    before = totals[0] if len(totals) > 1 else None
    return {
        measure.id: totals[-1].quantity(measure.id) - (0 if before is None else before.quantity(measure.id))
        for measure in contract.measures
    }
