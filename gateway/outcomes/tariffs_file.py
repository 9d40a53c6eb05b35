"""Reads the money side of a contract file: indices, evaluators, declared aggregates, tariffs and caps."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from gateway.outcomes.contract import Measure
from gateway.outcomes.measures_file import find_index
from gateway.outcomes.settlement_terms import lent_minor
from gateway.outcomes.terms import (
    Aggregate,
    Caps,
    CohortThreshold,
    Evaluator,
    FigureUnit,
    Gate,
    Index,
    Rounding,
    ScalePoint,
    Tariff,
    TariffKind,
    WeekState,
    Window,
)
from vocabulary.declaration import DeclarationTable, one_of, unique

_DECLARED = (FigureUnit.PERSON, FigureUnit.DAY, FigureUnit.MINOR, FigureUnit.PER_MILLE, FigureUnit.EVENTS_PER_100)
_COUNTED = (FigureUnit.PERSON, FigureUnit.DAY)  # what a price can be for
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")


def read_indices(root: DeclarationTable) -> tuple[Index, ...]:
    found = []
    for table in root.tables("indices", least=0):
        values = table.table("values")
        years = {}
        for year in values:
            if not re.fullmatch(r"[12]\d{3}", year):
                raise values.refuse(year, "must be a year")
            years[int(year)] = values.integer(year, least=1)
        if not years:
            raise table.refuse("values", "must hold at least one year")
        values.finish()
        begins = table.integer("first_month", 1, least=1, most=12)
        found.append(Index(table.text("id"), table.text("source"), years, begins))
        table.finish()
    unique(root, "indices", [index.id for index in found])
    return tuple(found)


def read_aggregates(root: DeclarationTable, windows: tuple[Window, ...]) -> tuple[Aggregate, ...]:
    evaluators = _evaluators(root)
    found = []
    for table in root.tables("aggregates", least=0):
        name = table.text("evaluator")
        evaluator = next((one for one in evaluators if one.id == name), None)
        if evaluator is None:
            raise table.refuse("evaluator", f"knows no evaluator {name!r}")
        due = table.texts("windows")
        for label in due:
            if label not in {window.label for window in windows}:
                raise table.refuse("windows", f"knows no window {label!r}")
        if not due:
            raise table.refuse("windows", "must name the windows in which the figure is due")
        unit = FigureUnit(table.convert("unit", one_of(*_DECLARED)))
        found.append(
            Aggregate(table.text("id"), unit, evaluator, table.text("method"), table.text("source"), due, table.line)
        )
        table.finish()
    unique(root, "aggregates", [aggregate.id for aggregate in found])
    return tuple(found)


def _evaluators(root: DeclarationTable) -> tuple[Evaluator, ...]:
    found = []
    for table in root.tables("evaluators", least=0):
        key = table.text("key")
        if not _THUMBPRINT.fullmatch(key):
            raise table.refuse("key", "must be the RFC 7638 thumbprint of the evaluator's public key")
        found.append(Evaluator(table.text("id"), table.text("name"), key))
        table.finish()
    unique(root, "evaluators", [evaluator.id for evaluator in found])
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the tariffs of one contract may name."""

    measures: dict[str, Measure]
    aggregates: dict[str, Aggregate]
    indices: tuple[Index, ...]
    windows: tuple[Window, ...]
    rounding: Rounding


def read_tariffs(
    root: DeclarationTable,
    measures: tuple[Measure, ...],
    aggregates: tuple[Aggregate, ...],
    indices: tuple[Index, ...],
    windows: tuple[Window, ...],
    rounding: Rounding,
    caps: Caps,
) -> tuple[Tariff, ...]:
    """The priced terms in the order in which caps are applied."""
    known = _Known({m.id: m for m in measures}, {a.id: a for a in aggregates}, indices, windows, rounding)
    both = known.measures.keys() & known.aggregates.keys()
    if both:
        raise root.refuse("aggregates", f"uses the name of a measure: {min(both)}")
    found = tuple(_tariff(table, known) for table in root.tables("tariffs", least=0))
    unique(root, "tariffs", [tariff.id for tariff in found])
    _check_person_cap(root, found, known, caps)
    read = {name for tariff in found for name in tariff.figures()} | {caps.person_excess}
    for aggregate in aggregates:
        if aggregate.id not in read:
            raise root.refuse("aggregates", f"declares {aggregate.id!r}, which no tariff reads")
    return found


def _check_person_cap(root: DeclarationTable, tariffs: tuple[Tariff, ...], known: _Known, caps: Caps) -> None:
    """Behind a declared figure no person is known here: only its evaluator can say what a person's cap cuts."""
    declared = {one.of for one in tariffs if one.kind is TariffKind.PRICE and one.of in known.aggregates}
    if bool(caps.person_minor and declared) != bool(caps.person_excess):
        reason = (
            "is needed where person_minor meets prices of aggregates, and nowhere else: what the cap of a person cut"
        )
        raise root.table("caps").refuse("person_excess", reason)
    if not caps.person_excess:
        return
    due = {label for name in declared for label in known.aggregates[name].windows}
    if known.aggregates[caps.person_excess].unit is not FigureUnit.MINOR:
        raise root.table("caps").refuse("person_excess", f"must be in {FigureUnit.MINOR}")
    if not due <= set(known.aggregates[caps.person_excess].windows):
        reason = "must be due in every window in which a priced figure is: else a person would pass the cap meanwhile"
        raise root.table("caps").refuse("person_excess", reason)


def _tariff(table: DeclarationTable, known: _Known) -> Tariff:
    kind = TariffKind(table.convert("kind", one_of(*TariffKind)))
    name, line = table.text("id"), table.line
    cap, cap_window = table.integer("cap_minor", 0), table.integer("cap_window_minor", 0)
    carries = "excess" in table and table.convert("excess", one_of("lost", "carried")) == "carried"
    if ("excess" in table) != bool(cap_window):
        raise table.refuse("excess", "and cap_window_minor belong together: what becomes of what the cap cuts")
    gate = _gate(table.table("gate"), known) if "gate" in table else None
    match kind:
        case TariffKind.PRICE:
            tariff = _price(table, name, line, known)
        case TariffKind.FEE:
            tariff = Tariff(name, kind, "", line, price_minor=table.integer("price_minor", least=1))
        case TariffKind.STEPS | TariffKind.LINEAR:
            tariff = Tariff(name, kind, _figure(table, "of", known), line, points=_points(table, kind, known))
        case TariffKind.SHARE:
            tariff = _share(table, name, line, known)
        case TariffKind.COHORT_THRESHOLD:
            tariff = _cohorts(table, name, line, known)
    table.finish()
    return replace(tariff, cap_minor=cap, cap_window_minor=cap_window, carries_excess=carries, gate=gate)


def _gate(table: DeclarationTable, known: _Known) -> Gate:
    gate = Gate(_figure(table, "of", known), table.integer("at_least", least=1))
    table.finish()
    return gate


def _price(table: DeclarationTable, name: str, line: int, known: _Known) -> Tariff:
    of = _figure(table, "of", known)
    measure = known.measures.get(of)
    if measure is None:
        return _price_of_declared(table, name, line, known.aggregates[of])
    by_state = _prices(table, measure.states) if "price_by_state" in table else None
    if by_state is not None and "price_minor" in table:
        raise table.refuse("price_minor", "and price_by_state contradict each other")
    index = find_index(table, known.indices) if "index" in table else None
    base = table.integer("base_year", least=1) if index else 0
    if index and base not in index.values:
        raise table.refuse("base_year", f"has no value in index {index.id!r}")
    if index and index.first_month != 1:
        raise table.refuse(
            "index", "must follow calendar years: a price is that of the year in which a unit is reached"
        )
    if index and known.rounding is Rounding.NONE:
        raise table.refuse("index", "makes parts of a minor unit: name the contract's rounding")
    return Tariff(
        name,
        TariffKind.PRICE,
        of,
        line,
        price_minor=0 if by_state else table.integer("price_minor", least=1),
        price_by_state=by_state,
        index=index,
        base_year=base,
    )


def _price_of_declared(table: DeclarationTable, name: str, line: int, aggregate: Aggregate) -> Tariff:
    """A price for each unit that an evaluator declares; the figure has no states and no years."""
    if aggregate.unit not in _COUNTED:
        raise table.refuse("of", f"must be in {' or '.join(_COUNTED)}, and {aggregate.id!r} is in {aggregate.unit}")
    price, negative = table.integer("price_minor", least=1), table.flag("may_be_negative")
    return Tariff(name, TariffKind.PRICE, aggregate.id, line, price_minor=price, may_be_negative=negative)


def _prices(table: DeclarationTable, states: tuple[WeekState, ...]) -> dict[str, int]:
    prices = table.table("price_by_state")
    found = {state.id: prices.integer(state.id) for state in states}
    prices.finish()
    return found


def _points(table: DeclarationTable, kind: TariffKind, known: _Known) -> tuple[ScalePoint, ...]:
    points = []
    for row in table.tables("points", least=2 if kind is TariffKind.LINEAR else 1):
        points.append(ScalePoint(row.integer("at", least=-1_000_000), row.integer("amount_minor")))
        row.finish()
    for before, after in pairwise(points):
        if after.at <= before.at:
            raise table.refuse("points", f"overlap: {after.at} does not lie above {before.at}")
    if kind is TariffKind.LINEAR and known.rounding is Rounding.NONE:
        raise table.refuse("points", "make parts of a minor unit between them: name the contract's rounding")
    return tuple(points)


def _share(table: DeclarationTable, name: str, line: int, known: _Known) -> Tariff:
    of = _figure(table, "of", known, units=(FigureUnit.MINOR,))
    minus = _figure(table, "minus", known, units=(FigureUnit.MINOR,)) if "minus" in table else ""
    times = _figure(table, "multiplier", known, units=(FigureUnit.PERSON,)) if "multiplier" in table else ""
    if known.rounding is Rounding.NONE:
        raise table.refuse("share_per_mille", "makes parts of a minor unit: name the contract's rounding")
    return Tariff(
        name,
        TariffKind.SHARE,
        of,
        line,
        minus=minus,
        multiplier=times,
        share_per_mille=table.integer("share_per_mille", least=1, most=1000),
        may_be_negative=table.flag("may_be_negative"),
    )


def _cohorts(table: DeclarationTable, name: str, line: int, known: _Known) -> Tariff:
    cohorts = tuple(_cohort(row, known) for row in table.tables("cohorts"))
    units = {known.aggregates[one.of].unit for one in cohorts}
    if len(units) > 1 or len({one.of for one in cohorts}) < len(cohorts):
        raise table.refuse("cohorts", "must name aggregates of one unit, each once")
    pooled = _cohort(table.table("pooled"), known, extra=("from_window",)) if "pooled" in table else None
    from_window = table.table("pooled").text("from_window") if pooled else ""
    if pooled and from_window not in {window.label for window in known.windows}:
        raise table.table("pooled").refuse("from_window", f"knows no window {from_window!r}")
    return Tariff(
        name,
        TariffKind.COHORT_THRESHOLD,
        "",
        line,
        price_minor=table.integer("price_minor", least=1),
        cohorts=cohorts,
        pooled=pooled,
        pooled_from=from_window,
    )


def _cohort(row: DeclarationTable, known: _Known, *, extra: tuple[str, ...] = ()) -> CohortThreshold:
    of = row.text("of")
    if of not in known.aggregates:
        raise row.refuse("of", f"knows no aggregate {of!r}")
    threshold = CohortThreshold(of, row.integer("at_least", least=1))
    for key in extra:
        row.text(key)
    row.finish()
    return threshold


def _figure(table: DeclarationTable, key: str, known: _Known, *, units: tuple[FigureUnit, ...] = ()) -> str:
    name = table.text(key)
    if name not in known.aggregates and (units or name not in known.measures):
        word = "aggregate" if units else "measure or aggregate"
        raise table.refuse(key, f"knows no {word} {name!r}")
    if units and known.aggregates[name].unit not in units:
        raise table.refuse(key, f"must be in {' or '.join(units)}, and {name!r} is in {known.aggregates[name].unit}")
    return name


def read_caps(root: DeclarationTable, aggregates: tuple[Aggregate, ...]) -> Caps:
    """Upper bounds over all tariffs; a contract without the table has none."""
    if "caps" not in root:
        return Caps()
    table = root.table("caps")
    lent = lent_minor(root)
    if lent and "capital_minor" in table:
        raise table.refuse("capital_minor", "stands in [settlement.investor] already: the draws added up")
    has_return = "return_per_mille_a_year" in table
    capital = (lent if has_return else 0) or table.integer("capital_minor", 0)
    excess = table.text("person_excess") if "person_excess" in table else ""
    if excess and excess not in {aggregate.id for aggregate in aggregates}:
        raise table.refuse("person_excess", f"knows no aggregate {excess!r}")
    caps = Caps(
        contract_minor=table.integer("contract_minor", 0),
        person_minor=table.integer("person_minor", 0),
        person_excess=excess,
        capital_minor=capital,
        return_per_mille_a_year=table.integer("return_per_mille_a_year", most=1000) if capital else 0,
        return_years=table.integer("return_years", least=1, most=30) if capital else 0,
        line=table.line,
    )
    table.finish()
    return caps
