"""What one recipient holds, as exact sums over people: read from docs/attestation-format.md, template by template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from tests.attacks.outsider.courses import EARNED, Part, parts_of
from tests.attacks.outsider.documents import Release, Terms
from tests.attacks.outsider.measures import MEASURES
from tests.attacks.outsider.tables import BY_CLASS, BY_REASON, REASONS
from tests.attacks.outsider.tariffs import price_of, read_off


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    at: int
    column: np.ndarray  # how often each part of a person stands in it
    threshold: int = 0  # where no sum is told but whether it is so much: met or not met
    table: str = ""  # where it is a cell, which a table may withhold


@dataclass(frozen=True, slots=True)
class Reading:
    """How well a reader reads: with amounts taken apart by price, and with the cap of a person as a figure."""

    expands: bool = False
    caps: bool = True
    cells: bool = True  # those of a table: each may be large enough to be shown


def _sum(terms: Terms, wanted: dict[Part, int]) -> np.ndarray:
    return np.array([wanted.get(part, 0) for part in parts_of(terms)], dtype=np.int64)


def _by_end(terms: Terms, names: list[str], at: int, sign: int = 1) -> dict[Part, int]:
    return {part: sign for part in parts_of(terms) if part.measure in names and part.at == at}


def _added(terms: Terms, names: list[str], told: Release) -> dict[Part, int]:
    return {**_by_end(terms, names, told.at), **_by_end(terms, names, told.since, -1)}


def _totals(terms: Terms, told: Release) -> list[Figure]:
    found, at = [], told.at
    if terms.goal:
        found.append(Figure("outcomes_achieved", at, _sum(terms, _by_end(terms, [terms.goal], at))))
    paid = {tariff.get("of") for tariff in terms.tariffs}
    for claim in ("outcomes_reached", "points_reached", "days_reached"):
        names = [one["id"] for one in terms.measures if MEASURES[one["kind"]].claim == claim]
        names = [name for name in names if name in paid and name != terms.goal]
        if names:
            found.append(Figure(claim, at, _sum(terms, _by_end(terms, names, at))))
    weeks = [one["id"] for one in terms.measures if one["kind"] == "weeks"]
    if weeks:
        found.append(Figure("qualifying_weeks", at, _sum(terms, _added(terms, weeks, told))))
    return found


def cells_of(terms: Terms, released: Sequence[Release]) -> list[Figure]:
    """The cells of the tables of these releases: people in the outcome by the state for which it counts, and for the
    operator the others by why they are not."""
    totals = [one for one in released if one.template == "contract_total"]
    found = []
    for at in sorted({one.at for one in totals if one.since < terms.table_at <= one.at}):
        held = _by_end(terms, [terms.goal], at)
        for state in dict.fromkeys(part.state for part in held):
            column = _sum(terms, {part: 1 for part in held if part.state == state})
            found.append(Figure(f"in {state}", at, column, table=BY_CLASS))
    mine = [one for one in totals if one.recipient == "operator"]
    for at in sorted({one.at for one in mine if one.since < terms.reasons_at <= one.at}):
        columns = {one: _sum(terms, {Part(BY_REASON, at, one): 1}) for one in REASONS}
        possible = [one for one in REASONS if columns[one].any() or one == REASONS[-1]]
        found += [Figure(f"not counted: {one}", at, columns[one], table=BY_REASON) for one in possible]
    return found


def _lines(terms: Terms, told: Release) -> list[Figure]:
    named = [one for one in terms.tariffs if terms.measure(one.get("of", "")) is not None]
    return [Figure(f"quantity {one['id']}", told.at, _sum(terms, _added(terms, [one["of"]], told))) for one in named]


def _amounts(terms: Terms, told: Release, reading: Reading) -> list[Figure]:
    found, at = [], told.at
    if reading.caps or "person_minor" not in terms.caps:
        found.append(Figure("payable", at, _sum(terms, {Part(EARNED, at, ""): 1, Part(EARNED, told.since, ""): -1})))
    for tariff in terms.tariffs:
        ends = _ends_read(tariff, told)
        for place in ends:
            read = [_sum(terms, _by_end(terms, [name], place)) for name in read_off(terms, tariff)]
            found += [Figure(f"read off {tariff['id']}", place, column) for column in read]
        if reading.expands or not reading.caps:
            found += _by_price(terms, tariff, ends)
    return found


def _ends_read(tariff: Mapping[str, Any], told: Release) -> Sequence[int]:
    """Windows by whose ends an amount tells quantities: its own and the one before; all, where each has a cap."""
    ends = (told.since, told.at) if told.since >= 0 else (told.at,)
    return range(told.at + 1) if "cap_window_minor" in tariff else ends


def _by_price(terms: Terms, tariff: Mapping[str, Any], ends: Sequence[int]) -> list[Figure]:
    found = []
    for place in ends:
        prices: dict[int, dict[Part, int]] = {}
        for part in parts_of(terms):
            if part.measure == tariff.get("of") and part.at == place:
                price = price_of(terms, tariff, part.state, part.year)
                prices.setdefault(price, {})[part] = 1
        found += [Figure(f"{tariff['id']} at {price}", place, _sum(terms, prices[price])) for price in prices]
    return found


def figures_of(terms: Terms, released: list[Release], reading: Reading) -> list[Figure]:
    """Every exact figure of these releases, each sum once."""
    found: dict[bytes, Figure] = {}
    for one in sorted(released, key=lambda release: release.at):
        figures = []
        if one.template == "contract_total":
            figures = _totals(terms, one) + _amounts(terms, one, reading)
            figures += cells_of(terms, [one]) if reading.cells else []
        elif one.template == "payment_document":
            figures = _lines(terms, one) + _amounts(terms, one, reading)
        for figure in figures:
            if figure.column.any():
                found.setdefault(figure.column.tobytes(), figure)
    return list(found.values())


def answers_of(terms: Terms, released: list[Release]) -> list[Figure]:
    """What is told as met or not met and nothing else: whether so many people are in a measure by the window's end."""
    asked = [one for one in terms.measures if "threshold_people" in one]
    return [
        Figure(
            f"{one['id']} met",
            release.at,
            _sum(terms, _by_end(terms, [one["id"]], release.at)),
            one["threshold_people"],
        )
        for release in released
        if release.template == "predicate"
        for one in asked
    ]


def held_releases(terms: Terms, roles: frozenset[str]) -> list[Release]:
    return [one for one in terms.releases if one.recipient in roles]


def matrix(terms: Terms, figures: list[Figure]) -> np.ndarray:
    """Parts × figures."""
    if not figures:
        return np.zeros((len(parts_of(terms)), 0), dtype=np.int64)
    return np.array([one.column for one in figures], dtype=np.int64).T


def with_sums(figures: list[Figure]) -> list[Figure]:
    """The figures, and the sum and the difference of each two."""
    pairs = [
        Figure(
            f"{first.name} {sign} {second.name}", second.at, first.column + (1 if sign == "+" else -1) * second.column
        )
        for first, second in combinations(figures, 2)
        for sign in "+-"
    ]
    return [*figures, *(one for one in pairs if one.column.any())]


def with_differences(figures: list[Figure]) -> list[Figure]:
    """The figures, and what two windows differ in under one name."""
    found = list(figures)
    for first in figures:
        later = [one for one in figures if one.name == first.name and one.at > first.at]
        found += [Figure(first.name, one.at, one.column - first.column) for one in later]
    return found
