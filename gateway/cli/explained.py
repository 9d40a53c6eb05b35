"""How an explained evaluation, and what a correction changed, look in the terminal and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from gateway.cli.terminal import columns, console
from gateway.wording.formats import english_money

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.evaluation.explaining import Explanation, PersonShown
    from gateway.evaluation.hindsight import Changes
    from gateway.outcomes.explain import MeasureExplained, TotalExplained, WeekRun, WindowExplained
    from gateway.outcomes.reconciling import Reconciled
    from gateway.wording.views import JsonValue

SCHEMA = "evaluation-explained/1"
_EACH = ("people", "retention", "days", "earnings", "started")  # kinds in which a person is a unit at most
_UNIT = {
    "weeks": "weeks",
    "follow_up": "points",
    "instrument": "points",
    "each_day": "days",
    "week_blocks": "blocks",
    "pay": "minor units",
}


def show(found: Explanation) -> None:
    """Totals first, each with its chain, and then every person, window by window."""
    contract = found.contract
    people = "1 person" if found.participants == 1 else f"{found.participants} people referred"
    console.print(f"{contract.id} at the end of {found.week}: {people}", style="bold")
    console.print(f"  lines are those of {contract.file}, version {contract.version}, SHA-256 {contract.sha256}")
    for total in found.totals:
        _show_total(total)
    for tariff in found.tariffs:
        console.print()
        console.print(f"tariff {tariff.tariff} (line {tariff.line}): owed in all by the end of each window")
        rows = [(label, _money(amount, contract.currency)) for label, amount in tariff.owed_minor]
        columns([("window", "amount"), *rows], indent=2)
    if found.missing_figures:
        console.print(f"\nnothing is said of tariffs: {found.missing_figures}", style="yellow")
    for person in found.people:
        _show_person(person)
    console.print()
    show_reconciled(found.as_of.reconciled)
    if found.protected:
        console.print(f"protected: {found.protected} people")
    if found.erased:
        console.print(f"erased: {found.erased} people, who are in the totals as part of a sum")


def show_reconciled(found: Reconciled) -> None:
    """Where sources disagree, and how much rests on documents; nothing where the contract has one status source."""
    for one in found.on_evidence:
        console.print(f"  documents add {one.quantity:+,} to {one.measure}")
    if found.disagreeing:
        console.print("  sources that disagree; the first has precedence")
        rows = [(one.first, one.second, one.window, f"{one.weeks:,}", f"{one.people:,}") for one in found.disagreeing]
        columns([("first", "second", "window", "person-weeks", "people"), *rows], indent=4)


def _show_total(total: TotalExplained) -> None:
    console.print()
    unit = _UNIT.get(total.kind, "people")
    console.print(f"{total.measure} (line {total.line}): {total.quantity:,} {unit}", style="bold")
    windows = [(part.name, f"{part.quantity:+,}", f"line {part.line}") for part in total.windows]
    states = [(part.name, f"{part.quantity:,}", f"line {part.line}") for part in total.states]
    columns([("window", "adds", "declared"), *windows], indent=2)
    columns([("state", unit, "rule"), *states], indent=2)
    console.print(f"  made from inputs {total.inputs_sha256}")


def _show_person(person: PersonShown) -> None:
    console.print()
    stop = f"  not followed: {person.stop}" if person.stop else ""
    console.print(f"{person.case_reference}{stop}", style="bold")
    show_measures(person.measures)


def show_measures(measures: Sequence[MeasureExplained]) -> None:
    """One person's measures, window by window: which weeks count, by which line of the contract, and why."""
    for measure in measures:
        console.print(f"  {measure.measure} (line {measure.line}): {_result(measure)}")
        rows = [row for window in measure.windows for row in _window_rows(measure, window)]
        if rows:
            columns([("window", "so far", "weeks", "from", "to", "counts", "line", "why"), *rows], indent=4)


def _result(measure: MeasureExplained) -> str:
    if measure.kind in _EACH:
        reached = "in the outcome" if measure.quantity else "not in the outcome"
        return f"{reached}; {measure.counted_weeks} qualifying weeks"
    return f"{measure.quantity} {_UNIT[measure.kind]}"


def _window_rows(measure: MeasureExplained, window: WindowExplained) -> list[tuple[str, ...]]:
    so_far = str(window.units) if measure.kind not in _EACH else ("yes" if window.units else "no")
    rows: list[tuple[str, ...]] = []
    for number, run in enumerate(window.runs):
        label, units = (window.window or "(none)", so_far) if number == 0 else ("", "")
        why = _why(run)
        rows.append((label, units, str(run.weeks), str(run.from_week), str(run.to_week), *why))
    return rows


def _why(run: WeekRun) -> tuple[str, str, str]:
    return (f"as {run.state}" if run.state else "no", line_said(run.line, run.earlier_version), str(run.reason))


def line_said(line: int, earlier: int) -> str:
    """A line of a contract's file, with the earlier version whose file it is; 0 where it is that which is explained."""
    return f"{line} of version {earlier}" if earlier else str(line)


def _money(minor: int, currency: str) -> str:
    return f"{english_money(minor, currency)} {currency}"


def as_json(found: Explanation) -> dict[str, JsonValue]:
    """The same as JSON values: weeks as ISO weeks, amounts in minor units."""
    contract = found.contract
    return {
        "schema": SCHEMA,
        "contract": {
            "id": contract.id,
            "version": contract.version,
            "file": contract.file,
            "sha256": contract.sha256,
            "currency": contract.currency,
        },
        "week": str(found.week),
        "known_at": found.as_of.known_at.isoformat(),
        "complete_to": str(found.as_of.complete_to),
        "participants": found.participants,
        "protected": found.protected,
        "erased": found.erased,
        "inputs_sha256": found.inputs_sha256,
        "totals": [_total_json(total) for total in found.totals],
        "tariffs": [
            {"tariff": one.tariff, "line": one.line, "owed_minor": dict(one.owed_minor)} for one in found.tariffs
        ],
        "missing_figures": found.missing_figures,
        "disagreements": [asdict(one) for one in found.as_of.reconciled.disagreeing],
        "on_evidence": {one.measure: one.quantity for one in found.as_of.reconciled.on_evidence},
        "people": [
            {
                "case_reference": person.case_reference,
                "stop": person.stop and str(person.stop),
                "measures": [_measure_json(measure) for measure in person.measures],
            }
            for person in found.people
        ],
    }


def _total_json(total: TotalExplained) -> dict[str, JsonValue]:
    return {
        "measure": total.measure,
        "kind": total.kind,
        "line": total.line,
        "quantity": total.quantity,
        "windows": [{"window": part.name, "line": part.line, "adds": part.quantity} for part in total.windows],
        "states": [{"state": part.name, "line": part.line, "quantity": part.quantity} for part in total.states],
        "inputs_sha256": total.inputs_sha256,
    }


def _measure_json(measure: MeasureExplained) -> dict[str, JsonValue]:
    return {
        "measure": measure.measure,
        "kind": measure.kind,
        "line": measure.line,
        "quantity": measure.quantity,
        "windows": [
            {
                "window": window.window,
                "to_week": str(window.to_week),
                "quantity": window.units,
                "weeks_counted": window.counted_weeks,
                "weeks_not_counted": window.not_counted,
                "runs": [
                    {
                        "from_week": str(run.from_week),
                        "to_week": str(run.to_week),
                        "state": run.state or None,
                        "reason": run.reason.name.lower(),
                        "line": run.line,
                        "version": run.earlier_version or None,
                    }
                    for run in window.runs
                ],
            }
            for window in measure.windows
        ],
    }


def show_changes(found: Changes) -> None:
    """A line for each window and measure; the digests last, so that either evaluation can be asked for again."""
    from gateway.evaluation.evaluating import utc_text

    earlier, later = utc_text(found.earlier.known_at), utc_text(found.later.known_at)
    console.print(f"{found.contract.id} up to {found.week}, known at {earlier} and at {later}", style="bold")
    rows = [("window", "measure", "adds then", "adds now", "difference", "frozen on", "kept by the freeze")]
    for row in found.rows:
        frozen = ("not yet", "") if row.frozen_at is None else (f"{row.frozen_at:%Y-%m-%d}", f"{row.frozen:+,}")
        difference = f"{row.difference:+,}" if row.difference else "none"
        rows.append((row.window, row.measure, f"{row.earlier:+,}", f"{row.later:+,}", difference, *frozen))
    columns(rows)
    for word, instant, digest in (
        ("then", earlier, found.earlier_inputs_sha256),
        ("now", later, found.later_inputs_sha256),
    ):
        console.print(f"  {word}: known at {instant}, inputs {digest}")
    console.print("  what was learnt after a window's freeze enters its documents as a correction")
