"""Reads the person-level part of a contract file: states and measures."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.outcomes.contract import Measure
from gateway.outcomes.kinds import MEASURES
from gateway.outcomes.off_benefit import statuses_off_benefit
from gateway.outcomes.terms import EXIT_OF, Index, WeekState
from vocabulary.declaration import DeclarationTable, one_of, unique
from vocabulary.statuses import IncomeType, Status

ANY_STATUS = frozenset(Status).difference({Status.UNKNOWN}, EXIT_OF)


def statuses(table: DeclarationTable, key: str) -> frozenset[Status]:
    """The statuses that a key names; `["any"]` is each of them but the exits and what no list explains."""
    words = table.texts(key)
    if words == ("any",):
        return ANY_STATUS
    known = {status.value for status in Status if status is not Status.UNKNOWN}
    for word in words:
        if word not in known:
            raise table.refuse(key, f"knows no status {word!r}; known are: any, {', '.join(sorted(known))}")
    return frozenset(Status(word) for word in words)


def read_states(root: DeclarationTable) -> tuple[WeekState, ...]:
    """Every named condition on a week. None is needed where the contract counts nobody itself."""
    found = []
    for table in root.tables("states", least=0):
        is_off_benefit = "off_benefit" in table and table.flag("off_benefit")
        label = table.table("label")
        types = table.texts("income_types", [])
        known = {kind.value for kind in IncomeType} - {IncomeType.UNKNOWN, IncomeType.UNREADABLE}
        for word in types:
            if word not in known:
                raise table.refuse("income_types", f"knows no income type {word!r}")
        if is_off_benefit:
            named = statuses(table, "benefits") if "benefits" in table else None
            shown = statuses_off_benefit(table, named, statuses(root.table("qualification"), "neutral_statuses"))
        else:
            shown = _shown_statuses(table, types)
        hours = table.integer("hours_per_week_hundredths", 0, most=7 * 24 * 100)
        if hours and not types:
            raise table.refuse("hours_per_week_hundredths", "needs income_types")
        found.append(
            WeekState(
                table.text("id"),
                label.text("da"),
                label.text("en"),
                shown,
                frozenset(IncomeType(word) for word in types),
                hours,
                table.line,
                is_off_benefit,
            )
        )
        label.finish()
        table.finish()
    unique(root, "states", [state.id for state in found])
    return tuple(found)


def _shown_statuses(table: DeclarationTable, types: Sequence[str]) -> frozenset[Status]:
    """What a register shows in weeks of a state, of which at least one income type is named for work."""
    shown = statuses(table, "statuses")
    if not shown:
        raise table.refuse("statuses", "must name at least one status")
    if Status.NO_BENEFIT in shown and not types:
        reason = "no_benefit alone never counts as work: name income_types, or say off_benefit = true in its place"
        raise table.refuse("statuses", reason)
    return shown


def read_measures(
    root: DeclarationTable, states: tuple[WeekState, ...], indices: tuple[Index, ...]
) -> tuple[Measure, ...]:
    """Every person-level outcome. None is needed where all that is paid rests on declared aggregates."""
    found = tuple(_measure(table, states, indices) for table in root.tables("measures", least=0))
    unique(root, "measures", [measure.id for measure in found])
    return found


def _measure(table: DeclarationTable, states: tuple[WeekState, ...], indices: tuple[Index, ...]) -> Measure:
    kind = MEASURES[table.convert("kind", one_of(*MEASURES))]
    if not kind.has_states and "states" in table:
        raise table.refuse("states", f"says nothing of kind {kind.word!r}, which counts whatever registers show")
    by_id = {state.id: state for state in states}
    words = table.texts("states") if kind.has_states else ()
    for word in words:
        if word not in by_id:
            raise table.refuse("states", f"knows no state {word!r}")
    chosen = tuple(by_id[word] for word in words)
    measure = kind.read(table, table.text("id"), chosen, indices)
    if kind.has_states and not chosen:
        raise table.refuse("states", "must name at least one state")
    table.finish()
    return measure
