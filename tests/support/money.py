"""What contracts with prices alone owe, reckoned without the gateway's tariffs: price × quantity under the cap."""

from __future__ import annotations

from gateway.outcomes.contract import Contract, Measure, Tariff
from gateway.outcomes.evaluate import Evaluation


def tariff_of(contract: Contract, measure: Measure) -> Tariff | None:
    """The one tariff that prices a measure."""
    return next((tariff for tariff in contract.tariffs if tariff.main_figure == measure.id), None)


def owed_at(contract: Contract, evaluation: Evaluation) -> int:
    """Minor units owed in all at the end of an evaluation's week."""
    found = 0
    for tariff in contract.tariffs:
        amount = tariff.single_price * evaluation.quantity(tariff.main_figure)
        found += min(amount, tariff.cap_minor) if tariff.cap_minor else amount
    return found
