"""Reads the money side of a contract file: indices, evaluators, declared aggregates, tariffs and caps."""

from __future__ import annotations

import re
from dataclasses import replace

from gateway.outcomes.contract import Measure, Tariff
from gateway.outcomes.kinds import TARIFFS
from gateway.outcomes.known_terms import KnownTerms
from gateway.outcomes.settlement_terms import lent_minor
from gateway.outcomes.terms import Aggregate, Caps, ContractParty, Evaluator, FigureUnit, Gate, Index, Rounding, Window
from vocabulary.declaration import DeclarationTable, one_of, unique

_DECLARED = (FigureUnit.PERSON, FigureUnit.DAY, FigureUnit.MINOR, FigureUnit.PER_MILLE, FigureUnit.EVENTS_PER_100)
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


def read_tariffs(
    root: DeclarationTable,
    measures: tuple[Measure, ...],
    aggregates: tuple[Aggregate, ...],
    indices: tuple[Index, ...],
    windows: tuple[Window, ...],
    rounding: Rounding,
    caps: Caps,
    payers: tuple[ContractParty, ...],
) -> tuple[Tariff, ...]:
    """The priced terms in the order in which caps are applied."""
    known = KnownTerms({m.id: m for m in measures}, {a.id: a for a in aggregates}, indices, windows, rounding, payers)
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


def _check_person_cap(root: DeclarationTable, tariffs: tuple[Tariff, ...], known: KnownTerms, caps: Caps) -> None:
    """Behind a declared figure no person is known here: only its evaluator can say what a person's cap cuts."""
    declared = {one.main_figure for one in tariffs if one.bears_person_excess}
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


def _tariff(table: DeclarationTable, known: KnownTerms) -> Tariff:
    kind = TARIFFS[table.convert("kind", one_of(*TARIFFS))]
    name = table.text("id")
    cap, cap_window = table.integer("cap_minor", 0), table.integer("cap_window_minor", 0)
    carries = "excess" in table and table.convert("excess", one_of("lost", "carried")) == "carried"
    if ("excess" in table) != bool(cap_window):
        raise table.refuse("excess", "and cap_window_minor belong together: what becomes of what the cap cuts")
    gate = _gate(table.table("gate"), known) if "gate" in table else None
    prices = known.payer_prices(table)
    tariff = kind.read(table, name, known)
    if prices and tariff.single_price != sum(prices):
        raise table.refuse("price_by_payer", "needs a kind with a price for each unit")
    table.finish()
    return replace(
        tariff, cap_minor=cap, cap_window_minor=cap_window, carries_excess=carries, gate=gate, payer_prices=prices
    )


def _gate(table: DeclarationTable, known: KnownTerms) -> Gate:
    gate = Gate(known.figure(table, "of"), table.integer("at_least", least=1))
    table.finish()
    return gate


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
