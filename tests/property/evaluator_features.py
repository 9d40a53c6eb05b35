"""Which rule features a case has: only what bears on the person's own time under the contract is counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.property import oracle


def features_of(
    plain: dict[str, Any],
    person: oracle.Person,
    history: dict[str, Any],
    paid: dict[str, bool],
    amounts: list[dict[str, int]],
) -> Iterator[tuple[str, bool]]:
    """Each feature of a case once, and whether anything was paid: for the measure, for the person, under the tariff.

    `paid` says of each measure whether its price paid something at the end of some window.
    """
    last = oracle.WEEK_OF_NAME[plain["windows"][-1][2]]
    for measure in plain["measures"]:
        for name in _measure(measure):
            yield name, paid[measure["id"]]
    for name in {*_terms(plain), *_rows(plain, person, history, last)}:
        yield name, any(paid.values())
    for tariff in plain["tariffs"]:
        kind = tariff["kind"]
        paid = any(row[tariff["id"]] > 0 for row in amounts)
        names = [kind] if kind != "cohort_threshold" else ["pooled" if tariff["pooled"] else "cohorts alone"]
        names += ["cap"] if tariff["cap_minor"] else []
        if tariff["cap_window_minor"]:
            names.append("window cap, carried" if tariff["carries_excess"] else "window cap, lost")
        for name in names:
            yield f"tariff: {name}", paid
    total = any(sum(row.values()) > 0 for row in amounts)
    if plain["caps"]["contract_minor"]:
        yield "tariff: contract's cap", total
    if plain["caps"]["capital_minor"]:
        yield "tariff: capital and return", total
    yield f"rounding: {plain['rounding']}", total


def _measure(measure: dict[str, Any]) -> Iterator[str]:
    kind = measure["kind"]
    if kind == "retention":
        period = "months" if measure["by_month"] else "weeks"
        needed, within = measure["needed"], measure["within"]
        if needed == within == 1:
            yield f"measure: first entry, {period}"
        else:
            yield f"measure: retention, {'n' if needed == within else 'n of m'} {period}"
    elif kind == "earnings":
        pay = measure["earnings"]
        yield "measure: earnings, " + ("index" if pay["index"] else "amount")
        yield "measure: partial months " + ("count" if pay["counts_partial_months"] else "left out")
    elif kind == "week_blocks":
        yield f"measure: blocks of weeks, {'on end' if measure['consecutive'] else 'in all'}"
    else:
        yield f"measure: {kind}"
    if any("off" in state for state in measure["states"]):
        yield "measure: off benefits"
    if measure.get("outcome_state"):
        yield f"measure: outcome state, {measure['outcome_state']}"
    if measure.get("days_from_enrolment"):
        yield "measure: days from enrolment"


def _terms(plain: dict[str, Any]) -> Iterator[str]:
    yield f"first week: {plain['first_week']}"
    yield f"missing month: {plain['missing_month']}"
    if plain["caps"]["person_minor"]:
        yield "price: person's cap"
    for tariff in plain["tariffs"]:
        if tariff["kind"] == "price":
            yield "price: by state" if tariff["price_by_state"] else "price: one for all states"
            if tariff["index"]:
                yield "price: index"


def _rows(plain: dict[str, Any], person: oracle.Person, history: dict[str, Any], last: int) -> Iterator[str]:
    mine = range(person.first, last + 1)
    if any(week in mine for pause in plain["pauses"] for week in map(oracle.WEEK_OF_NAME.get, pause)):
        yield "pause"
    if person.stop_rule and last > person.followed:
        yield f"exit by record: {person.stop_rule}"
    shown = {week: person.shown.get(week, set()) for week in mine if week <= person.followed}
    for statuses in shown.values():
        for status in statuses & set(oracle.EXIT_OF):
            yield f"exit by register: {plain['register_exits'][oracle.EXIT_OF[status]]}"
    if any(len(statuses & set(oracle.EXIT_OF)) > 1 for statuses in shown.values()):
        yield "history: two exits in one week"
    if any("dead" in statuses for statuses in shown.values()):
        yield "history: death"
    if any("unknown" in statuses for statuses in shown.values()):
        yield "history: unknown code"
    if any(statuses and statuses <= set(plain["neutral"]) for statuses in shown.values()):
        yield "history: neutral week"
    if any(len(statuses) > 1 for statuses in shown.values()):
        yield "history: overlapping spells"
    if any(not statuses for statuses in shown.values()):
        yield "history: gap"
    if oracle.WEEK_OF_NAME["2020-W53"] in shown:
        yield "history: week 53"
    if len(set(history["spells"])) < len(history["spells"]):
        yield "history: two sources for one week"
    if person.start // 7 > oracle.WEEK_OF_NAME[plain["windows"][0][2]]:
        yield "history: enrolled after the first window"
    yield from _corrections(person, mine)


def _corrections(person: oracle.Person, mine: range) -> Iterator[str]:
    for month in {oracle.month_of_week(week) for week in mine}:
        rows = [row for row in person.postings if row[0] == month and row[1] == "wage"]
        if any(is_reversal for _, _, _, is_reversal, _ in rows):
            hours = sum(row[2] for row in rows)
            yield "history: pay corrected by a part" if hours > 0 else "history: pay taken back"
        if not rows:
            yield "history: month without pay"
