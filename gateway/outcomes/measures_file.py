"""Reads the person-level part of a contract file: states and measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.outcomes.contract import Measure
from gateway.outcomes.kinds import MEASURES
from gateway.outcomes.known_terms import MeasureKind
from gateway.outcomes.measures.instrument import Instrument, InstrumentMeasure
from gateway.outcomes.off_benefit import statuses_off_benefit
from gateway.outcomes.status_words import StatusWord
from gateway.outcomes.terms import EXIT_OF, Index, WeekState
from vocabulary.declaration import DeclarationTable, one_of
from vocabulary.statuses import IncomeType, Status

NEUTRAL = ["holiday"]  # where [qualification] names none
ANY_STATUS = frozenset(Status).difference({Status.UNKNOWN}, EXIT_OF)


def statuses(
    table: DeclarationTable, key: str, default: list[str] | None = None, *, own: Sequence[StatusWord] = ()
) -> frozenset[Status]:
    """The statuses that a key names, of the closed list and of the contract's own words; `["any"]` is each of the list
    but the exits and what no list explains."""
    words = table.texts(key, default)
    if words == ("any",):
        return ANY_STATUS
    known = {status.value for status in Status if status is not Status.UNKNOWN}
    declared = {word.id: word.status for word in own}
    for word in words:
        if word not in known and word not in declared:
            raise table.refuse(key, f"knows no status {word!r}; known are: any, {', '.join(sorted(known))}")
    return frozenset(declared.get(word) or Status(word) for word in words)


def read_states(root: DeclarationTable, own: Sequence[StatusWord] = ()) -> tuple[WeekState, ...]:
    """Every named condition on a week; `own` are the contract's words. None is needed where the contract counts nobody
    itself."""
    return root.rows("states", lambda table: _read_state(root, table, own), least=0, by="id")


def _read_state(root: DeclarationTable, table: DeclarationTable, own: Sequence[StatusWord]) -> WeekState:
    is_off_benefit = table.flag("off_benefit") if "off_benefit" in table else False
    label = table.table("label")
    label_da, label_en = table.part(lambda: label.text("da")), table.part(lambda: label.text("en"))
    with table.check():
        label.finish()
    types = table.part(lambda: _income_types(table))
    shown = table.part(lambda: _states_statuses(root, table, is_off_benefit, own))
    hours = table.integer("hours_per_week_hundredths", 0, most=7 * 24 * 100)
    state = WeekState(table.text("id"), label_da, label_en, shown, types, hours, table.line, is_off_benefit)
    table.finish()
    if Status.NO_BENEFIT in shown and not types and not is_off_benefit:
        reason = "no_benefit alone never counts as work: name income_types, or say off_benefit = true in its place"
        raise table.refuse("statuses", reason)
    if hours and not types:
        raise table.refuse("hours_per_week_hundredths", "needs income_types")
    return state


def _income_types(table: DeclarationTable) -> frozenset[IncomeType]:
    types = table.texts("income_types", [])
    known = {kind.value for kind in IncomeType} - {IncomeType.UNKNOWN, IncomeType.UNREADABLE}
    for word in types:
        if word not in known:
            raise table.refuse("income_types", f"knows no income type {word!r}")
    return frozenset(IncomeType(word) for word in types)


def _states_statuses(
    root: DeclarationTable, table: DeclarationTable, is_off_benefit: bool, own: Sequence[StatusWord]
) -> frozenset[Status]:
    """What a register shows in weeks of a state."""
    table.knows("statuses", "benefits")
    if is_off_benefit:
        named = statuses(table, "benefits") if "benefits" in table else None
        neutral = statuses(root.table("qualification", or_empty=True), "neutral_statuses", NEUTRAL)
        return statuses_off_benefit(table, named, neutral)
    if "benefits" in table:
        raise table.refuse("benefits", "belongs to a state with off_benefit = true")
    shown = statuses(table, "statuses", own=own)
    if not shown:
        raise table.refuse("statuses", "must name at least one status")
    return shown


def read_measures(
    root: DeclarationTable, states: tuple[WeekState, ...], indices: tuple[Index, ...]
) -> tuple[Measure, ...]:
    """Every person-level outcome. None is needed where all that is paid rests on declared aggregates."""
    if "measures" not in root:
        return ()
    found = root.rows("measures", lambda table: _measure(table, states, indices), by="id")
    with root.check():
        _check_instruments(root, found)
    with root.check():
        _check_named(root, found)
    return found


def _check_named(root: DeclarationTable, measures: Sequence[Measure]) -> None:
    """A measure that a later version brings says what becomes of those that stand before it."""
    known: list[str] = []
    for table, measure in zip(root.tables("measures"), measures, strict=True):
        if measure.instead_of and measure.beside:
            raise table.refuse("beside", "and instead_of contradict each other: is the other one paid on, or not?")
        for key, names in (("instead_of", [*filter(None, [measure.instead_of])]), ("beside", measure.beside)):
            for name in names:
                if name not in known:
                    raise table.refuse(key, f"knows no measure {name!r} before this one")
        known.append(measure.id)


def _check_instruments(root: DeclarationTable, measures: Sequence[Measure]) -> None:
    """Scores are registered by the instrument's id: it stands for one version and one range of scores."""
    known: dict[str, Instrument] = {}
    for table, measure in zip(root.tables("measures"), measures, strict=True):
        if isinstance(measure, InstrumentMeasure) and known.setdefault(measure.instrument.id, measure.instrument) != (
            measure.instrument
        ):
            raise table.refuse("instrument", f"says of {measure.instrument.id!r} what another measure does not")


def _measure(table: DeclarationTable, states: tuple[WeekState, ...], indices: tuple[Index, ...]) -> Measure:
    kind, name = MEASURES[table.convert("kind", one_of(*MEASURES))], table.text("id")
    chosen = table.part(lambda: _chosen_states(table, kind, states))
    instead, beside = table.text("instead_of", ""), table.texts("beside", [])
    measure = table.whole(lambda: kind.read(table, name, chosen, indices))
    return replace(measure, instead_of=instead, beside=beside)


def _chosen_states(table: DeclarationTable, kind: MeasureKind, states: tuple[WeekState, ...]) -> tuple[WeekState, ...]:
    if not kind.has_states:
        if "states" in table:
            raise table.refuse("states", f"says nothing of kind {kind.word!r}, which counts whatever registers show")
        return ()
    words = table.texts("states")
    by_id = {state.id: state for state in states}
    for word in words:
        if word not in by_id:
            raise table.refuse("states", f"knows no state {word!r}")
    if not words:
        raise table.refuse("states", "must name at least one state")
    return tuple(by_id[word] for word in words)
