"""What each kind of tariff makes of figures, from docs/outcome-rules.md: which measures an amount tells of.

A scale, a gate and a share are functions of a figure, so whoever reads the amount reads that figure: the attacker is
given it. Prices are what one unit adds to the amount, by state and by the year in which it was earned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.attacks.outsider.documents import Terms


@dataclass(frozen=True)
class TariffModel:
    figures: Callable[[Mapping[str, Any]], list[str]]  # whose totals the amount is a function of, declared ones too
    price: Callable[[Mapping[str, Any], Terms, str, int], int]  # of one unit of one person; 0 where no unit has a price


def _price(tariff: Mapping[str, Any], terms: Terms, state: str, year: int) -> int:
    base = tariff.get("price_by_state", {}).get(state, tariff.get("price_minor", 0))
    if "index" not in tariff:
        return base
    index = next(one for one in terms.raw["indices"] if one["id"] == tariff["index"])
    values = {int(key): value for key, value in index["values"].items()}
    if year not in values:
        return base
    exact = Decimal(base) * values[year] / values[tariff["base_year"]]
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def _no_price(tariff: Mapping[str, Any], terms: Terms, state: str, year: int) -> int:
    return 0


def _cohorts(tariff: Mapping[str, Any]) -> list[str]:
    return [one["of"] for one in (*tariff["cohorts"], tariff["pooled"])]


def _of(tariff: Mapping[str, Any]) -> list[str]:
    return [tariff[name] for name in ("of", "minus", "multiplier") if name in tariff]


TARIFFS: Mapping[str, TariffModel] = {
    "price": TariffModel(_of, _price),
    "steps": TariffModel(_of, _no_price),
    "linear": TariffModel(_of, _no_price),
    "share": TariffModel(_of, _no_price),
    "cohort_threshold": TariffModel(_cohorts, _no_price),
    "fee": TariffModel(lambda tariff: [], _no_price),
}


def read_off(terms: Terms, tariff: Mapping[str, Any]) -> list[str]:
    """The measures whose totals stand in the amount without a price, its gate's figure too."""
    model = TARIFFS[tariff["kind"]]
    names = [] if model.price is _price else model.figures(tariff)
    names += [tariff["gate"]["of"]] if "gate" in tariff else []
    return [name for name in names if terms.measure(name) is not None]


def worth_of(terms: Terms, tariff: Mapping[str, Any], state: str, year: int, units: int) -> int:
    """What so many units of one person are worth; of pay a share, rounded once."""
    if tariff["kind"] == "share":
        exact = Decimal(units) * tariff["share_per_mille"] / 1000
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    return price_of(terms, tariff, state, year) * units


def price_of(terms: Terms, tariff: Mapping[str, Any], state: str, year: int) -> int:
    return TARIFFS[tariff["kind"]].price(tariff, terms, state, year)
