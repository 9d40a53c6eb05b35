"""Reads the person-level part of a contract file: states and measures."""

from __future__ import annotations

from gateway.outcomes.contract import EarningsThreshold, Measure, MeasureKind
from gateway.outcomes.terms import EXIT_OF, Index, WeekState
from vocabulary.declaration import DeclarationTable, one_of, unique
from vocabulary.statuses import IncomeType, Status

ANY_STATUS = frozenset(Status) - {Status.UNKNOWN} - EXIT_OF.keys()


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
        label = table.table("label")
        types = table.texts("income_types", [])
        known = {kind.value for kind in IncomeType if kind is not IncomeType.UNKNOWN}
        for word in types:
            if word not in known:
                raise table.refuse("income_types", f"knows no income type {word!r}")
        shown = statuses(table, "statuses")
        if not shown:
            raise table.refuse("statuses", "must name at least one status")
        if Status.NO_BENEFIT in shown and not types:
            raise table.refuse("statuses", "no_benefit alone never counts as work: name income_types")
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
            )
        )
        label.finish()
        table.finish()
    unique(root, "states", [state.id for state in found])
    return tuple(found)


def read_measures(
    root: DeclarationTable, states: tuple[WeekState, ...], indices: tuple[Index, ...]
) -> tuple[Measure, ...]:
    """Every person-level outcome. None is needed where all that is paid rests on declared aggregates."""
    found = tuple(_measure(table, states, indices) for table in root.tables("measures", least=0))
    unique(root, "measures", [measure.id for measure in found])
    return found


def _measure(table: DeclarationTable, states: tuple[WeekState, ...], indices: tuple[Index, ...]) -> Measure:
    by_id = {state.id: state for state in states}
    for word in table.texts("states"):
        if word not in by_id:
            raise table.refuse("states", f"knows no state {word!r}")
    chosen = tuple(by_id[word] for word in table.texts("states"))
    kind = MeasureKind(table.convert("kind", one_of(*MeasureKind)))
    measure = _READ[kind](table, table.text("id"), chosen, indices)
    if not chosen:
        raise table.refuse("states", "must name at least one state")
    table.finish()
    return measure


def _weeks(table: DeclarationTable, name: str, states: tuple[WeekState, ...], _indices: tuple[Index, ...]) -> Measure:
    longest = table.integer("weeks_from_enrolment", least=1, most=1040)
    return Measure(name, MeasureKind.WEEKS, states, table.line, weeks_from_enrolment=longest)


def _people(table: DeclarationTable, name: str, states: tuple[WeekState, ...], _indices: tuple[Index, ...]) -> Measure:
    return Measure(
        name,
        MeasureKind.PEOPLE,
        states,
        table.line,
        sustained_weeks=table.integer("sustained_weeks", least=1, most=520),
        threshold_people=table.integer("threshold_people", 0),
    )


def _retention(
    table: DeclarationTable, name: str, states: tuple[WeekState, ...], _indices: tuple[Index, ...]
) -> Measure:
    needed = table.integer("needed", least=1, most=520)
    within = table.integer("within", needed, most=520)
    if within < needed:
        raise table.refuse("within", "holds fewer periods than are needed: nobody could reach it")
    return Measure(
        name,
        MeasureKind.RETENTION,
        states,
        table.line,
        needed=needed,
        within=within,
        by_month=table.convert("period", one_of("week", "month")) == "month",
        days_from_enrolment=_end(table),
        threshold_people=table.integer("threshold_people", 0),
    )


def _days(table: DeclarationTable, name: str, states: tuple[WeekState, ...], _indices: tuple[Index, ...]) -> Measure:
    needed, end = table.integer("needed", least=1, most=3660), _end(table)
    if end and end < needed:
        raise table.refuse("days_from_enrolment", "holds fewer days than are needed: nobody could reach it")
    return Measure(name, MeasureKind.DAYS, states, table.line, needed=needed, days_from_enrolment=end)


def _earnings(table: DeclarationTable, name: str, states: tuple[WeekState, ...], indices: tuple[Index, ...]) -> Measure:
    if len(states) != 1 or not states[0].income_types:
        raise table.refuse("states", "must name one state with income_types: pay of those types is added up")
    pay = table.table("earnings")
    by_index = "index" in pay
    hours = pay.integer("hours_per_week_hundredths", least=1) * pay.integer("weeks", least=1) if by_index else 0
    threshold = EarningsThreshold(
        amount_minor=0 if by_index else pay.integer("amount_minor", least=1),
        hours_hundredths=hours,
        index=find_index(pay, indices) if by_index else None,
        counts_partial_months=pay.convert("partial_months", one_of("count", "leave_out")) == "count",
    )
    pay.finish()
    return Measure(name, MeasureKind.EARNINGS, states, table.line, days_from_enrolment=_end(table), earnings=threshold)


def _follow_up(
    table: DeclarationTable, name: str, states: tuple[WeekState, ...], _indices: tuple[Index, ...]
) -> Measure:
    months = table.integers("months", least=1, most=240)
    if list(months) != sorted(set(months)) or not months:
        raise table.refuse("months", "must name months after the start, each once, the earliest first")
    return Measure(name, MeasureKind.FOLLOW_UP, states, table.line, months=months)


def _end(table: DeclarationTable) -> int:
    return table.integer("days_from_enrolment", 0, most=3660)


def find_index(table: DeclarationTable, indices: tuple[Index, ...]) -> Index:
    """The index that a table names under `index`."""
    name = table.text("index")
    found = next((index for index in indices if index.id == name), None)
    if found is None:
        raise table.refuse("index", f"knows no index {name!r}")
    return found


_READ = {
    MeasureKind.WEEKS: _weeks,
    MeasureKind.PEOPLE: _people,
    MeasureKind.RETENTION: _retention,
    MeasureKind.DAYS: _days,
    MeasureKind.EARNINGS: _earnings,
    MeasureKind.FOLLOW_UP: _follow_up,
}
