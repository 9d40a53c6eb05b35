"""Reads the money side of a contract file: indices, evaluators, declared aggregates, tariffs and caps."""

from __future__ import annotations

import re
from dataclasses import replace

from gateway.outcomes.contract import Measure, Tariff
from gateway.outcomes.kinds import TARIFFS
from gateway.outcomes.known_terms import KnownTerms
from gateway.outcomes.settlement_terms import lent_minor
from gateway.outcomes.terms import Aggregate, Caps, ContractParty, Evaluator, FigureUnit, Gate, Index, Rounding, Window
from vocabulary.declaration import DeclarationTable, one_of

_DECLARED = (FigureUnit.PERSON, FigureUnit.DAY, FigureUnit.MINOR, FigureUnit.PER_MILLE, FigureUnit.EVENTS_PER_100)
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")


def read_indices(root: DeclarationTable) -> tuple[Index, ...]:
    return root.rows("indices", _index, least=0, by="id")


def _index(table: DeclarationTable) -> Index:
    values = table.part(lambda: _years(table, table.table("values")))
    begins = table.integer("first_month", 1, least=1, most=12)
    index = Index(table.text("id"), table.text("source"), values, begins)
    table.finish()
    return index


def _years(index: DeclarationTable, table: DeclarationTable) -> dict[int, int]:
    years = {}
    for year in table:
        with table.check():
            if not re.fullmatch(r"[12]\d{3}", year):
                raise table.refuse(year, "must be a year")
            years[int(year)] = table.integer(year, least=1)
    table.finish()
    if not list(table):
        raise index.refuse("values", "must hold at least one year")
    return years


def read_aggregates(root: DeclarationTable, windows: tuple[Window, ...]) -> tuple[Aggregate, ...]:
    evaluators = root.rows("evaluators", _evaluator, least=0, by="id")
    return root.rows("aggregates", lambda table: _aggregate(table, evaluators, windows), least=0, by="id")


def _aggregate(table: DeclarationTable, evaluators: tuple[Evaluator, ...], windows: tuple[Window, ...]) -> Aggregate:
    evaluator = table.part(lambda: _named_evaluator(table, evaluators))
    due = table.part(lambda: _due(table, windows))
    unit = table.part(lambda: FigureUnit(table.convert("unit", one_of(*_DECLARED))))
    aggregate = Aggregate(
        table.text("id"), unit, evaluator, table.text("method"), table.text("source"), due, table.line
    )
    table.finish()
    return aggregate


def _named_evaluator(table: DeclarationTable, evaluators: tuple[Evaluator, ...]) -> Evaluator:
    name = table.text("evaluator")
    evaluator = next((one for one in evaluators if one.id == name), None)
    if evaluator is None:
        raise table.refuse("evaluator", f"knows no evaluator {name!r}")
    return evaluator


def _due(table: DeclarationTable, windows: tuple[Window, ...]) -> tuple[str, ...]:
    due = table.texts("windows")
    for label in due:
        if label not in {window.label for window in windows}:
            raise table.refuse("windows", f"knows no window {label!r}")
    if not due:
        raise table.refuse("windows", "must name the windows in which the figure is due")
    return due


def _evaluator(table: DeclarationTable) -> Evaluator:
    evaluator = Evaluator(table.text("id"), table.text("name"), table.convert("key", _thumbprint))
    table.finish()
    return evaluator


def _thumbprint(text: str) -> str:
    if not _THUMBPRINT.fullmatch(text):
        raise ValueError("must be the RFC 7638 thumbprint of the evaluator's public key")
    return text


def read_tariffs(
    root: DeclarationTable,
    measures: tuple[Measure, ...],
    aggregates: tuple[Aggregate, ...],
    indices: tuple[Index, ...],
    windows: tuple[Window, ...],
    rounding: Rounding,
    caps: Caps,
    parties: tuple[ContractParty, ...],
) -> tuple[Tariff, ...]:
    """The priced terms in the order in which caps are applied."""
    by_measure = root.part(lambda: {measure.id: measure for measure in measures})
    by_aggregate = root.part(lambda: {aggregate.id: aggregate for aggregate in aggregates})
    payers = root.part(lambda: tuple(party for party in parties if party.role == "outcome_payer"))
    known = KnownTerms(by_measure, by_aggregate, indices, windows, rounding, payers, "follows" in root)
    tariffs = root.rows("tariffs", lambda table: _tariff(table, known), least=0, by="id")
    with root.check():
        both = known.measures.keys() & known.aggregates.keys()
        if both:
            raise root.refuse("aggregates", f"uses the name of a measure: {min(both)}")
    with root.check():
        _check_person_cap(root, tariffs, known, caps)
        read = {name for tariff in tariffs for name in tariff.figures()} | {caps.person_excess}
        for table, aggregate in zip(root.tables("aggregates", least=0), aggregates, strict=True):
            with table.check():
                if aggregate.id not in read:
                    raise table.refuse("id", "is declared, and no tariff reads it")
    return tariffs


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
    if known.aggregates[caps.person_excess].unit != FigureUnit.MINOR:
        raise root.table("caps").refuse("person_excess", f"must be in {FigureUnit.MINOR}")
    if not due <= set(known.aggregates[caps.person_excess].windows):
        reason = "must be due in every window in which a priced figure is: else a person would pass the cap meanwhile"
        raise root.table("caps").refuse("person_excess", reason)


def _tariff(table: DeclarationTable, known: KnownTerms) -> Tariff:
    name = table.text("id")
    cap, cap_window = table.integer("cap_minor", 0), table.integer("cap_window_minor", 0)
    pays_cut = table.flag("pays_cut", False)
    excess = table.convert("excess", one_of("lost", "carried"), "lost")
    gate = table.part(lambda: _gate(table.table("gate"), known)) if "gate" in table else None
    with table.check():
        if ("excess" in table) != bool(cap_window):
            raise table.refuse("excess", "and cap_window_minor belong together: what becomes of what the cap cuts")
    kind = TARIFFS[table.convert("kind", one_of(*TARIFFS))]
    table.knows("price_by_payer")
    tariff = table.whole(lambda: kind.read(table, name, known))
    carries = table.part(lambda: excess == "carried")
    tariff = replace(tariff, cap_minor=cap, cap_window_minor=cap_window, carries_excess=carries, gate=gate)
    tariff = replace(tariff, pays_cut=pays_cut)
    return replace(tariff, payer_prices=table.part(lambda: _payer_prices(table, tariff, known)))


def _payer_prices(table: DeclarationTable, tariff: Tariff, known: KnownTerms) -> tuple[int, ...]:
    has_price = (
        bool(tariff.single_price) or known.is_later
    )  # first: of a price that cannot be read nothing more is said
    if "price_by_payer" in table:
        if not has_price:
            raise table.refuse("price_by_payer", "needs a kind with a price for each unit")
        return known.payer_prices(table)
    if not any(payer.share_parts for payer in known.payers):
        raise table.refuse("price_by_payer", "is missing: no share_parts say what each payer bears")
    return ()


def _gate(table: DeclarationTable, known: KnownTerms) -> Gate:
    gate = Gate(known.figure(table, "of"), table.integer("at_least", least=1))
    table.finish()
    return gate


def read_caps(root: DeclarationTable, aggregates: tuple[Aggregate, ...]) -> Caps:
    """Upper bounds over all tariffs; a contract without the table has none."""
    if "caps" not in root:
        return Caps()
    table = root.table("caps")
    returns = table.part(lambda: _read_return(root, table))
    contract, person = table.integer("contract_minor", 0), table.integer("person_minor", 0)
    excess = table.part(lambda: _person_excess(table, aggregates)) if "person_excess" in table else ""
    pays = [table.flag(key, False) for key in ("pays_cut", "person_pays_cut")]
    table.finish()
    capital, per_mille, years = returns
    return Caps(contract, person, excess, capital, per_mille, years, table.line, *pays)


def _person_excess(table: DeclarationTable, aggregates: tuple[Aggregate, ...]) -> str:
    excess = table.text("person_excess")
    if excess not in {aggregate.id for aggregate in aggregates}:
        raise table.refuse("person_excess", f"knows no aggregate {excess!r}")
    return excess


def _read_return(root: DeclarationTable, table: DeclarationTable) -> tuple[int, int, int]:
    """The capital that a return is reckoned of, per mille a year, and years; noughts where nothing bounds a return."""
    keys = ("capital_minor", "return_per_mille_a_year", "return_years")
    table.knows(*keys)
    if not any(key in table for key in keys):
        return 0, 0, 0
    per_mille = table.integer("return_per_mille_a_year", most=1000)
    years, given = table.integer("return_years", least=1, most=30), table.integer("capital_minor", 0)
    lent = lent_minor(root)
    if lent and "capital_minor" in table:
        raise table.refuse("capital_minor", "stands in [settlement.investor] already: the draws added up")
    if not (lent or given):
        raise table.refuse("capital_minor", "is missing: a return is reckoned of what was lent", rule="key-missing")
    return lent or given, per_mille, years
